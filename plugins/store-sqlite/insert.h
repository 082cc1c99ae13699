/* SPDX-License-Identifier: Apache-2.0 */
/* Prepared statements that put spans into the database. */
#ifndef STORE_SQLITE_INSERT_H
#define STORE_SQLITE_INSERT_H

#include "db.h"

#include <observatory/span.h>

struct insert {
    sqlite3 *db; /* borrowed */
    sqlite3_stmt *span, *content;
};

/* Returns a SQLite result code; insert_finish() takes half-made ones. */
int insert_init(struct insert *insert, sqlite3 *db);
void insert_finish(struct insert *insert);

/* Inserts one span inside the caller's transaction; `ret_new` is 1 when it was
 * not there yet. Returns a SQLite result code. */
int insert_span(struct insert *insert, const obs_span *span, int *ret_new);

#endif
