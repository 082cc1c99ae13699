/* SPDX-License-Identifier: Apache-2.0 */
/* Prepared statements of one connection, kept by their text: making the one of a
 * list costs 90 us, a third of running it. One thread's. */
#ifndef STORE_SQLITE_STATEMENT_H
#define STORE_SQLITE_STATEMENT_H

#include <observatory/base.h>
#include <sqlite3.h>

#define STATEMENTS_KEPT 32

struct statements {
    sqlite3 *db;                          /* borrowed */
    sqlite3_stmt *items[STATEMENTS_KEPT]; /* last used first; NULL: free */
};

/* The statement of `sql`, unbound, the store's own to step; end with
 * statement_release() before the next one of the same text. Returns a SQLite
 * result code. */
int statement_get(struct statements *statements, obs_str sql, sqlite3_stmt **ret_stmt);

/* Makes it ready for its next use, and forgets what was bound. NULL is a no-op. */
void statement_release(sqlite3_stmt *stmt);

void statements_finish(struct statements *statements);

#endif
