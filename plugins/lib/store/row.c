/* SPDX-License-Identifier: Apache-2.0 */
/* The statements are made from the table of columns, and their parameters bound
 * by it, so that no column can be forgotten in one of them. */
#include "row.h"
#include "selection.h"

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
    obs_buf_printf(sql, ") ON CONFLICT(trace_id,span_id,project_id) DO NOTHING%s",
                   insert_returning);
}

static void put_content(obs_buf *sql)
{
    obs_buf_printf(sql, "INSERT INTO contents(");
    put_columns(sql, CONTENT, "");
    obs_buf_printf(sql, ",id) VALUES(");
    put_marks(sql, CONTENT);
    obs_buf_printf(sql, ",?) ON CONFLICT(id) DO UPDATE SET ");
    for (size_t i = 0, n = 0; i < n_columns; i++)
        if (is_in(&columns[i], CONTENT))
            obs_buf_printf(sql, "%s%s=excluded.%s", n++ ? "," : "", columns[i].name,
                           columns[i].name);
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

static int prepare(struct db *db, obs_arena *arena, void (*put)(obs_buf *sql),
                   struct statement **ret)
{
    obs_buf *sql = obs_buf_new(arena, /* limit_bytes= */ 0);
    obs_str text;

    if (!sql)
        return DB_NOMEM;
    put(sql);
    if (obs_buf_error(sql) < 0)
        return DB_NOMEM;
    text = obs_buf_str(sql);
    return statement_prepare(db, text, ret);
}

int rows_init(struct rows *rows, struct db *db)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    int rc = arena ? DB_OK : DB_NOMEM;

    *rows = (struct rows){.db = db};
    if (rc == DB_OK)
        rc = prepare(db, arena, put_insert, &rows->insert);
    if (rc == DB_OK)
        rc = prepare(db, arena, put_content, &rows->content);
    if (rc == DB_OK)
        rc = prepare(db, arena, put_find, &rows->find);
    if (rc == DB_OK)
        rc = prepare(db, arena, put_change, &rows->change);
    if (rc == DB_OK)
        rc = prepare(db, arena, put_no_content, &rows->no_content);
    obs_arena_destroy(arena);
    return rc;
}

void rows_finish(struct rows *rows)
{
    statement_finalize(rows->insert);
    statement_finalize(rows->content);
    statement_finalize(rows->find);
    statement_finalize(rows->change);
    statement_finalize(rows->no_content);
    *rows = (struct rows){0};
}

/* Binds the columns of a part, in order; `ret_next` is the parameter after them. */
static int bind(struct statement *stmt, enum part part, const obs_span *span, int *ret_next)
{
    int rc = DB_OK, parameter = 1;

    for (size_t i = 0; i < n_columns && rc == DB_OK; i++)
        if (is_in(&columns[i], part))
            rc = column_bind(&columns[i], span, stmt, parameter++);
    *ret_next = parameter;
    return rc;
}

static int run(struct statement *stmt)
{
    int rc = statement_step(stmt);

    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

/* --- writing -------------------------------------------------------------------- */

bool row_has_content(const obs_span *span)
{
    return span->input_text.len || span->output_text.len || span->input_messages.len ||
           span->output_messages.len;
}

static int write_content(struct rows *rows, int64_t row, const obs_span *span)
{
    int next, rc = bind(rows->content, CONTENT, span, &next);

    if (rc == DB_OK)
        rc = statement_bind_int(rows->content, next, row);
    return rc == DB_OK ? run(rows->content) : rc;
}

static int remove_content(struct rows *rows, int64_t row)
{
    int rc = statement_bind_int(rows->no_content, 1, row);

    return rc == DB_OK ? run(rows->no_content) : rc;
}

int row_insert(struct rows *rows, const obs_span *span, int64_t *ret_row)
{
    int next, rc = bind(rows->insert, SPAN, span, &next);

    *ret_row = 0;
    if (rc == DB_OK)
        rc = statement_insert(rows->insert, ret_row);
    statement_release(rows->insert);
    if (rc != DB_OK || *ret_row == 0)
        return rc;
    return row_has_content(span) ? write_content(rows, *ret_row, span) : DB_OK;
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

    if (rc == DB_OK)
        rc = statement_bind_int(rows->change, next, row);
    if (rc == DB_OK)
        rc = run(rows->change);
    if (rc != DB_OK || row_same_content(stored, changed))
        return rc;
    return row_has_content(changed) ? write_content(rows, row, changed) : remove_content(rows, row);
}

/* --- reading -------------------------------------------------------------------- */

/* The row at hand. Its texts are copied, since they only live until the next step. */
static int read_row(struct statement *stmt, obs_arena *arena, obs_span *span)
{
    struct selection all;

    selection_of(UINT64_MAX, &all);
    selection_read(&all, stmt, 0, span);
    return selection_keep(&all, span, arena) == OBS_OK ? DB_OK : DB_NOMEM;
}

int row_find(struct rows *rows, const obs_span *like, obs_arena *arena, int64_t *ret_row,
             obs_span *ret_span)
{
    int rc = column_bind_identity(rows->find, like);

    *ret_row = 0;
    if (rc == DB_OK)
        rc = statement_step(rows->find);
    if (rc == DB_ROW) {
        *ret_row = statement_int(rows->find, (int)n_columns);
        rc = read_row(rows->find, arena, ret_span);
    } else if (rc == DB_DONE) {
        rc = DB_OK;
    }
    statement_release(rows->find);
    return rc;
}
