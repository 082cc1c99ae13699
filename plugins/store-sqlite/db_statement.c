/* SPDX-License-Identifier: Apache-2.0 */
/* Statements of database.h are those of SQLite. */
#include "db.h"

#include <stdlib.h>

const char insert_returning[] = "";

int statement_prepare(struct db *db, obs_str sql, struct statement **ret_stmt)
{
    return sqlite3_prepare_v3(db->handle, sql.ptr, (int)sql.len, SQLITE_PREPARE_PERSISTENT,
                              (sqlite3_stmt **)ret_stmt, NULL);
}

void statement_finalize(struct statement *stmt)
{
    sqlite3_finalize(sqlite_statement(stmt));
}

obs_str statement_sql(const struct statement *stmt)
{
    return obs_str_of(sqlite3_sql((sqlite3_stmt *)stmt));
}

/* --- parameters -------------------------------------------------------------------------- */

int statement_bind_null(struct statement *stmt, int parameter)
{
    return sqlite3_bind_null(sqlite_statement(stmt), parameter);
}

int statement_bind_int(struct statement *stmt, int parameter, int64_t value)
{
    return sqlite3_bind_int64(sqlite_statement(stmt), parameter, value);
}

int statement_bind_real(struct statement *stmt, int parameter, double value)
{
    return sqlite3_bind_double(sqlite_statement(stmt), parameter, value);
}

int statement_bind_text(struct statement *stmt, int parameter, obs_str text)
{
    return sqlite3_bind_text64(sqlite_statement(stmt), parameter, text.ptr ? text.ptr : "",
                               text.len, SQLITE_STATIC, SQLITE_UTF8);
}

int statement_bind_blob(struct statement *stmt, int parameter, const void *bytes, size_t n)
{
    return sqlite3_bind_blob64(sqlite_statement(stmt), parameter, bytes ? bytes : "", n,
                               SQLITE_STATIC);
}

int statement_bind_own(struct statement *stmt, int parameter, void *bytes, size_t n)
{
    return sqlite3_bind_blob64(sqlite_statement(stmt), parameter, bytes, n, free);
}

/* --- running ------------------------------------------------------------------------------- */

void statement_stream(struct statement *stmt)
{
    (void)stmt; /* it always does */
}

int statement_step(struct statement *stmt)
{
    return sqlite3_step(sqlite_statement(stmt));
}

int statement_insert(struct statement *stmt, int64_t *ret_row)
{
    sqlite3 *handle = sqlite3_db_handle(sqlite_statement(stmt));
    int rc = sqlite3_step(sqlite_statement(stmt));

    *ret_row = 0;
    if (rc != SQLITE_DONE)
        return rc;
    if (sqlite3_changes(handle) > 0)
        *ret_row = sqlite3_last_insert_rowid(handle);
    return SQLITE_OK;
}

void statement_release(struct statement *stmt)
{
    if (!stmt)
        return;
    sqlite3_reset(sqlite_statement(stmt));
    sqlite3_clear_bindings(sqlite_statement(stmt));
}

/* --- rows ------------------------------------------------------------------------------------ */

bool statement_is_null(struct statement *stmt, int column)
{
    return sqlite3_column_type(sqlite_statement(stmt), column) == SQLITE_NULL;
}

int64_t statement_int(struct statement *stmt, int column)
{
    return sqlite3_column_int64(sqlite_statement(stmt), column);
}

double statement_real(struct statement *stmt, int column)
{
    return sqlite3_column_double(sqlite_statement(stmt), column);
}

obs_str statement_text(struct statement *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(sqlite_statement(stmt), column);

    return obs_str_n(text, (size_t)sqlite3_column_bytes(sqlite_statement(stmt), column));
}

obs_str statement_blob(struct statement *stmt, int column)
{
    const char *bytes = sqlite3_column_blob(sqlite_statement(stmt), column);

    return obs_str_n(bytes, (size_t)sqlite3_column_bytes(sqlite_statement(stmt), column));
}
