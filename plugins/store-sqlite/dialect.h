/* SPDX-License-Identifier: Apache-2.0 */
/* What SQLite's SQL is like, for the filter compiler. */
#ifndef STORE_SQLITE_DIALECT_H
#define STORE_SQLITE_DIALECT_H

#include "filter_sql.h"

extern const struct sql_dialect sqlite_dialect;

/* The expression to sort by, NULL when the field cannot be sorted; `ret_nullable`
 * tells whether it may be absent. */
const char *sort_column(uint32_t field, int *ret_nullable);

#endif
