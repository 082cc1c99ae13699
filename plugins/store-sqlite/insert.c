/* SPDX-License-Identifier: Apache-2.0 */
/* Inserting. The statements are made from the table of columns; a span that is
 * there already - same trace, span and project - is left as it is. */
#include "insert.h"
#include "columns.h"

#include <stdio.h>

#define SQL_BYTES 4096

/* INSERT INTO `table`(columns of that table) VALUES(?,…) */
static int prepare_insert(sqlite3 *db, uint32_t content, const char *begin, const char *end,
                          sqlite3_stmt **ret_stmt)
{
    char sql[SQL_BYTES], marks[SQL_BYTES] = "";
    int at = snprintf(sql, sizeof(sql), "%s", begin);
    size_t n = 0;

    for (size_t i = 0; i < n_columns; i++) {
        if (columns[i].content != content)
            continue;
        at += snprintf(sql + at, sizeof(sql) - (size_t)at, "%s%s", content || n ? "," : "",
                       columns[i].name);
        strcat(marks, content || n ? ",?" : "?");
        n++;
    }
    snprintf(sql + at, sizeof(sql) - (size_t)at, ") VALUES(%s%s)%s", content ? "?" : "", marks,
             end);
    return sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_stmt, NULL);
}

int insert_init(struct insert *insert, sqlite3 *db)
{
    int rc;

    *insert = (struct insert){.db = db};
    rc = prepare_insert(db, 0, "INSERT INTO spans(",
                        " ON CONFLICT(trace_id,span_id,project_id) DO NOTHING", &insert->span);
    if (rc == SQLITE_OK)
        rc = prepare_insert(db, 1, "INSERT INTO contents(id", "", &insert->content);
    return rc;
}

void insert_finish(struct insert *insert)
{
    sqlite3_finalize(insert->span);
    sqlite3_finalize(insert->content);
    *insert = (struct insert){0};
}

static int run(sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);

    sqlite3_reset(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int bind(sqlite3_stmt *stmt, const obs_span *span, uint32_t content)
{
    int index = content ? 2 : 1;

    for (size_t i = 0; i < n_columns; i++)
        if (columns[i].content == content) {
            int rc = column_bind(&columns[i], span, stmt, index++);
            if (rc != SQLITE_OK)
                return rc;
        }
    return SQLITE_OK;
}

int insert_span(struct insert *insert, const obs_span *span, int *ret_new)
{
    int rc = bind(insert->span, span, 0);

    if (rc == SQLITE_OK)
        rc = run(insert->span);
    if (rc != SQLITE_OK)
        return rc;
    *ret_new = sqlite3_changes(insert->db) == 1;
    if (!*ret_new || !(span->input_text.len || span->output_text.len || span->input_messages.len ||
                       span->output_messages.len))
        return SQLITE_OK;
    rc = sqlite3_bind_int64(insert->content, 1, sqlite3_last_insert_rowid(insert->db));
    if (rc == SQLITE_OK)
        rc = bind(insert->content, span, 1);
    return rc == SQLITE_OK ? run(insert->content) : rc;
}
