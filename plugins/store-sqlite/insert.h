/* SPDX-License-Identifier: Apache-2.0 */
/* Prepared statements that put spans and records into the database. */
#ifndef STORE_SQLITE_INSERT_H
#define STORE_SQLITE_INSERT_H

#include "db.h"

#include <observatory/store.h>

struct insert {
    sqlite3 *db; /* borrowed */
    sqlite3_stmt *span, *content, *put, *get;
};

/* Returns a SQLite result code; insert_finish() takes half-made ones. */
int insert_init(struct insert *insert, sqlite3 *db);
void insert_finish(struct insert *insert);

/* Inserts one span inside the caller's transaction; `ret_new` is 1 when it was
 * not there yet. Returns a SQLite result code. */
int insert_span(struct insert *insert, const obs_span *span, int *ret_new);

/* Writes a record; with OBS_RECORD_NEW an existing one stays, and `ret_existing`
 * (malloc'd, its ptr NULL otherwise) is it. Returns a SQLite result code. */
int insert_record(struct insert *insert, obs_str space, obs_str key, obs_str value, uint32_t flags,
                  obs_str *ret_existing);

#endif
