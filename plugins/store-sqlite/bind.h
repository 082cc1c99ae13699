/* SPDX-License-Identifier: Apache-2.0 */
/* A statement of plugins/lib/filter_sql.h with its parameters. */
#ifndef STORE_SQLITE_BIND_H
#define STORE_SQLITE_BIND_H

#include "filter_sql.h"
#include "statement.h"

/* The prepared statement of `sql` with its parameters bound; they are borrowed
 * until statement_release(). Returns a SQLite result code. */
int statement_bound(struct statements *statements, const struct sql *sql, sqlite3_stmt **ret_stmt);

#endif
