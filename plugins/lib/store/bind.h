/* SPDX-License-Identifier: Apache-2.0 */
/* A statement of plugins/lib/filter_sql.h with its parameters. */
#ifndef PLUGINS_LIB_STORE_BIND_H
#define PLUGINS_LIB_STORE_BIND_H

#include "filter_sql.h"
#include "statement.h"

/* The prepared statement of `sql` with its parameters bound; they are borrowed
 * until statement_release(). Returns a code of the database. */
int statement_bound(struct statements *statements, const struct sql *sql,
                    struct statement **ret_stmt);

#endif
