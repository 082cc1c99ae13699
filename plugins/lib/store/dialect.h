/* SPDX-License-Identifier: Apache-2.0 */
/* What the SQL of a store's database is like; each store brings its own. */
#ifndef PLUGINS_LIB_STORE_DIALECT_H
#define PLUGINS_LIB_STORE_DIALECT_H

#include "filter_sql.h"

/* For the filter compiler. */
extern const struct sql_dialect store_dialect;

/* Before a column: the database shall not choose an index by it. */
extern const char no_index[];

#endif
