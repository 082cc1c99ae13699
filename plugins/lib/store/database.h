/* SPDX-License-Identifier: Apache-2.0 */
/* The database below a store, as this room's files see it: connections and prepared
 * statements. Each store that has its rows in a database brings these functions of
 * its own; statements are in the SQL that all of them understand, with parameters
 * ?1, ?2 …, and what differs is in the dialect.
 *
 * Statements of one connection may be stepped in between of each other, unless one
 * of them streams. A connection is one thread's at a time. */
#ifndef PLUGINS_LIB_STORE_DATABASE_H
#define PLUGINS_LIB_STORE_DATABASE_H

#include "settings.h"

#include <observatory/plugin.h>

#include <stdbool.h>

struct db;
struct statement;

/* What calls return. Others are the database's own; db_error() tells what they mean.
 * The numbers are those of SQLite. */
enum {
    DB_OK = 0,
    DB_ERROR = 1,
    DB_ABORT = 4, /* the caller's: it has enough */
    DB_BUSY = 5,
    DB_NOMEM = 7,
    DB_READ_ONLY = 8,
    DB_INTERRUPT = 9, /* the deadline is over */
    DB_CORRUPT = 11,
    DB_FULL = 13,
    DB_TOO_BIG = 18,
    DB_CONSTRAINT = 19,
    DB_MISMATCH = 20,
    DB_ROW = 100,
    DB_DONE = 101,
    DB_REFUSED = DB_CONSTRAINT | 4 << 8, /* what was to be written, by this program */
};

/* --- connections --------------------------------------------------------------------- */

/* Opens one, for reading only or for writing (then with the newest schema). On failure
 * a sentence is in `error`. */
OBS_MUST_CHECK int db_open(const struct settings *settings, bool read_only, struct db **ret_db,
                           char *error, size_t error_size);

/* Closes; NULL is a no-op. */
void db_close(struct db *db);

/* What the code of this connection's last call means for a client of the store. */
int db_error(struct db *db, int code);

/* A sentence about the last failure; borrowed until the next call. */
const char *db_message(struct db *db);

/* Runs SQL without a result. */
int db_run(struct db *db, const char *sql);

/* Begins a transaction: of reading, all of one snapshot, or of writing, beside which
 * nobody else writes, in this process or another. */
int db_begin(struct db *db, bool writes);
int db_commit(struct db *db);

/* Ends a transaction, if there is one, as if it had never been. */
void db_rollback(struct db *db);

/* Whether one is under way. */
bool db_in_transaction(struct db *db);

/* Rows that the last statement wrote, and all of this connection. */
int64_t db_changes(struct db *db);
int64_t db_total_changes(struct db *db);

/* A number that is another one when somebody else has written. */
int db_version(struct db *db, int64_t *ret_version);

/* When statements end with DB_INTERRUPT; monotonic, INT64_MAX: never. */
void db_set_deadline(struct db *db, int64_t deadline_ns);

/* Writes something and takes it back: DB_OK when writing works. */
int db_probe(struct db *db);

/* --- statements ------------------------------------------------------------------------ */

int statement_prepare(struct db *db, obs_str sql, struct statement **ret_stmt);
void statement_finalize(struct statement *stmt); /* NULL is a no-op */
obs_str statement_sql(const struct statement *stmt);

/* Binds a parameter, from 1. Texts and blobs are borrowed until release. */
int statement_bind_null(struct statement *stmt, int parameter);
int statement_bind_int(struct statement *stmt, int parameter, int64_t value);
int statement_bind_real(struct statement *stmt, int parameter, double value);
int statement_bind_text(struct statement *stmt, int parameter, obs_str text);
int statement_bind_blob(struct statement *stmt, int parameter, const void *bytes, size_t n);

/* Gives away `bytes`, of malloc(), at release or failure. */
int statement_bind_own(struct statement *stmt, int parameter, void *bytes, size_t n);

/* Its result will be long: rows come as they are found, and no other statement of the
 * connection runs until release. */
void statement_stream(struct statement *stmt);

/* DB_ROW: a row is at hand; DB_DONE: there is no more. */
int statement_step(struct statement *stmt);

/* Runs an INSERT … ON CONFLICT DO NOTHING, whose text ends with insert_returning;
 * `ret_row` is the new row's id, 0: there was a conflict. */
int statement_insert(struct statement *stmt, int64_t *ret_row);
extern const char insert_returning[];

/* Makes it ready for its next use, and forgets what was bound. NULL is a no-op. */
void statement_release(struct statement *stmt);

/* Columns of the row at hand, from 0; slices are borrowed until the next step. */
bool statement_is_null(struct statement *stmt, int column);
int64_t statement_int(struct statement *stmt, int column);
double statement_real(struct statement *stmt, int column);
obs_str statement_text(struct statement *stmt, int column);
obs_str statement_blob(struct statement *stmt, int column);

#endif
