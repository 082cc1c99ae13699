/* SPDX-License-Identifier: Apache-2.0 */
/* Prepared statements of one connection, kept by their text: making the one of a
 * list costs 90 us, a third of running it. One thread's. */
#ifndef PLUGINS_LIB_STORE_STATEMENT_H
#define PLUGINS_LIB_STORE_STATEMENT_H

#include "database.h"

#define STATEMENTS_KEPT 64

struct statements {
    struct db *db;                            /* borrowed */
    struct statement *items[STATEMENTS_KEPT]; /* last used first; NULL: free */
};

/* The statement of `sql`, unbound, the store's own to step; end with
 * statement_release() before the next one of the same text. Returns a code
 * of the database. */
int statement_get(struct statements *statements, obs_str sql, struct statement **ret_stmt);

void statements_finish(struct statements *statements);

#endif
