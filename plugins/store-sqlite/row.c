/* SPDX-License-Identifier: Apache-2.0 */
/* The statements are made from the table of columns, and their parameters bound
 * by it, so that no column can be forgotten in one of them. */
#include "row.h"
#include "columns.h"

#include <stdbool.h>
#include <stddef.h>

/* Which columns a statement is about. */
enum part {
    SPAN,    /* those of spans */
    CHANGES, /* those of spans without the identity */
    CONTENT, /* those of contents */
    WHOLE,   /* all */
};

static bool is_identity(const struct column *column)
{
    return column->offset == offsetof(obs_span, trace_id) ||
           column->offset == offsetof(obs_span, span_id) ||
           column->offset == offsetof(obs_span, project_id);
}

static bool is_in(const struct column *column, enum part part)
{
    switch (part) {
    case SPAN:
        return !column->content;
    case CHANGES:
        return !column->content && !is_identity(column);
    case CONTENT:
        return column->content;
    default:
        return true;
    }
}

/* --- statements --------------------------------------------------------------- */

/* "a,b,c", or "a=?,b=?,c=?" with `suffix` "=?". */
static void put_columns(obs_buf *sql, enum part part, const char *suffix)
{
    const char *before = "";

    for (size_t i = 0; i < n_columns; i++)
        if (is_in(&columns[i], part)) {
            obs_buf_printf(sql, "%s%s%s", before, columns[i].name, suffix);
            before = ",";
        }
}

/* "?,?,?" */
static void put_marks(obs_buf *sql, enum part part)
{
    const char *mark = "?";

    for (size_t i = 0; i < n_columns; i++)
        if (is_in(&columns[i], part)) {
            obs_buf_printf(sql, "%s", mark);
            mark = ",?";
        }
}

static void put_insert(obs_buf *sql)
{
    obs_buf_printf(sql, "INSERT INTO spans(");
    put_columns(sql, SPAN, "");
    obs_buf_printf(sql, ") VALUES(");
    put_marks(sql, SPAN);
    obs_buf_printf(sql, ") ON CONFLICT(trace_id,span_id,project_id) DO NOTHING");
}

static void put_content(obs_buf *sql)
{
    obs_buf_printf(sql, "REPLACE INTO contents(");
    put_columns(sql, CONTENT, "");
    obs_buf_printf(sql, ",id) VALUES(");
    put_marks(sql, CONTENT);
    obs_buf_printf(sql, ",?)");
}

static void put_find(obs_buf *sql)
{
    obs_buf_printf(sql, "SELECT ");
    put_columns(sql, WHOLE, "");
    obs_buf_printf(sql, ",s.id FROM spans s LEFT JOIN contents c ON c.id=s.id"
                        " WHERE trace_id=? AND span_id=? AND project_id=?");
}

static void put_change(obs_buf *sql)
{
    obs_buf_printf(sql, "UPDATE spans SET ");
    put_columns(sql, CHANGES, "=?");
    obs_buf_printf(sql, " WHERE id=?");
}

static void put_no_content(obs_buf *sql)
{
    obs_buf_printf(sql, "DELETE FROM contents WHERE id=?");
}

static int prepare(sqlite3 *db, obs_arena *arena, void (*put)(obs_buf *sql), sqlite3_stmt **ret)
{
    obs_buf *sql = obs_buf_new(arena, /* limit_bytes= */ 0);
    obs_str text;

    if (!sql)
        return SQLITE_NOMEM;
    put(sql);
    if (obs_buf_error(sql) < 0)
        return SQLITE_NOMEM;
    text = obs_buf_str(sql);
    return sqlite3_prepare_v3(db, text.ptr, (int)text.len, SQLITE_PREPARE_PERSISTENT, ret, NULL);
}

int rows_init(struct rows *rows, sqlite3 *db)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    int rc = arena ? SQLITE_OK : SQLITE_NOMEM;

    *rows = (struct rows){.db = db};
    if (rc == SQLITE_OK)
        rc = prepare(db, arena, put_insert, &rows->insert);
    if (rc == SQLITE_OK)
        rc = prepare(db, arena, put_content, &rows->content);
    if (rc == SQLITE_OK)
        rc = prepare(db, arena, put_find, &rows->find);
    if (rc == SQLITE_OK)
        rc = prepare(db, arena, put_change, &rows->change);
    if (rc == SQLITE_OK)
        rc = prepare(db, arena, put_no_content, &rows->no_content);
    obs_arena_destroy(arena);
    return rc;
}

void rows_finish(struct rows *rows)
{
    sqlite3_finalize(rows->insert);
    sqlite3_finalize(rows->content);
    sqlite3_finalize(rows->find);
    sqlite3_finalize(rows->change);
    sqlite3_finalize(rows->no_content);
    *rows = (struct rows){0};
}

/* Binds the columns of a part, in order; `ret_next` is the parameter after them. */
static int bind(sqlite3_stmt *stmt, enum part part, const obs_span *span, int *ret_next)
{
    int rc = SQLITE_OK, parameter = 1;

    for (size_t i = 0; i < n_columns && rc == SQLITE_OK; i++)
        if (is_in(&columns[i], part))
            rc = column_bind(&columns[i], span, stmt, parameter++);
    *ret_next = parameter;
    return rc;
}

static int run(sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);

    sqlite3_reset(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* --- writing -------------------------------------------------------------------- */

static bool has_content(const obs_span *span)
{
    return span->input_text.len || span->output_text.len || span->input_messages.len ||
           span->output_messages.len;
}

static int write_content(struct rows *rows, int64_t row, const obs_span *span)
{
    int next, rc = bind(rows->content, CONTENT, span, &next);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(rows->content, next, row);
    return rc == SQLITE_OK ? run(rows->content) : rc;
}

static int remove_content(struct rows *rows, int64_t row)
{
    int rc = sqlite3_bind_int64(rows->no_content, 1, row);

    return rc == SQLITE_OK ? run(rows->no_content) : rc;
}

int row_insert(struct rows *rows, const obs_span *span, int64_t *ret_row)
{
    int next, rc = bind(rows->insert, SPAN, span, &next);

    *ret_row = 0;
    if (rc == SQLITE_OK)
        rc = run(rows->insert);
    if (rc != SQLITE_OK || sqlite3_changes(rows->db) == 0)
        return rc;
    *ret_row = sqlite3_last_insert_rowid(rows->db);
    return has_content(span) ? write_content(rows, *ret_row, span) : SQLITE_OK;
}

bool row_same_content(const obs_span *a, const obs_span *b)
{
    for (size_t i = 0; i < n_columns; i++)
        if (columns[i].content && memcmp((const char *)a + columns[i].offset,
                                         (const char *)b + columns[i].offset, sizeof(obs_str)) != 0)
            return false;
    return true;
}

int row_change(struct rows *rows, int64_t row, const obs_span *stored, const obs_span *changed)
{
    int next, rc = bind(rows->change, CHANGES, changed, &next);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(rows->change, next, row);
    if (rc == SQLITE_OK)
        rc = run(rows->change);
    if (rc != SQLITE_OK || row_same_content(stored, changed))
        return rc;
    return has_content(changed) ? write_content(rows, row, changed) : remove_content(rows, row);
}

/* --- reading -------------------------------------------------------------------- */

/* The row at hand. Its texts are copied, since they only live until the next step. */
static int read_row(sqlite3_stmt *stmt, obs_arena *arena, obs_span *span)
{
    obs_span_init(span);
    for (size_t i = 0; i < n_columns; i++) {
        char *member = (char *)span + columns[i].offset;
        obs_str text;

        column_read(&columns[i], stmt, (int)i, span);
        if (columns[i].kind != COLUMN_TEXT)
            continue;
        memcpy(&text, member, sizeof(text));
        if (text.len == 0)
            continue;
        text = obs_arena_dup(arena, text);
        if (!text.ptr)
            return SQLITE_NOMEM;
        memcpy(member, &text, sizeof(text));
    }
    return SQLITE_OK;
}

int row_find(struct rows *rows, const obs_span *like, obs_arena *arena, int64_t *ret_row,
             obs_span *ret_span)
{
    int rc = column_bind_identity(rows->find, like);

    *ret_row = 0;
    if (rc == SQLITE_OK)
        rc = sqlite3_step(rows->find);
    if (rc == SQLITE_ROW) {
        *ret_row = sqlite3_column_int64(rows->find, (int)n_columns);
        rc = read_row(rows->find, arena, ret_span);
    } else if (rc == SQLITE_DONE) {
        rc = SQLITE_OK;
    }
    sqlite3_reset(rows->find);
    return rc;
}
