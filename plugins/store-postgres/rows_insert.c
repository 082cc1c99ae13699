/* SPDX-License-Identifier: Apache-2.0 */
/* Many at a time: an array for each column. Their numbers are taken before, in order,
 * so that those that come back tell which spans are new. */
#include "row.h"
#include "array.h"
#include "columns.h"

#include <stdlib.h>

#define AT_ONCE 2000
#define BYTES_AT_ONCE ((size_t)64 << 20)

struct batch {
    struct statements *statements;
    const obs_span *spans;
    int64_t *rows;
    size_t n;
    obs_arena *arena;
};

/* --- columns ------------------------------------------------------------------------------ */

static Oid type_of(const struct column *column)
{
    switch (column->kind) {
    case COLUMN_TEXT:
        return OID_TEXT;
    case COLUMN_REAL:
        return OID_FLOAT8;
    case COLUMN_ID16:
    case COLUMN_ID8:
    case COLUMN_PARENT:
        return OID_BYTEA;
    default:
        return OID_INT8;
    }
}

static void add(struct array *to, const struct column *column, const obs_span *span)
{
    struct column_value value = column_value(column, span);

    if (value.null)
        array_add_null(to);
    else if (column->kind == COLUMN_TEXT)
        array_add_text(to, value.bytes);
    else if (column->kind == COLUMN_REAL)
        array_add_real(to, value.real);
    else if (value.bytes.ptr)
        array_add_bytes(to, value.bytes);
    else
        array_add_int(to, value.number);
}

/* --- statements ------------------------------------------------------------------------------ */

/* "INSERT INTO t(id,a,b) SELECT * FROM unnest(?1,?2,?3) …" */
static obs_str insert_sql(obs_arena *arena, const char *table, bool content, const char *tail)
{
    obs_buf *sql = obs_buf_new(arena, /* limit_bytes= */ 0);
    int n = 1;

    if (!sql)
        return obs_str_n(NULL, 0);
    obs_buf_printf(sql, "INSERT INTO %s(id", table);
    for (size_t i = 0; i < n_columns; i++)
        if ((columns[i].content != 0) == content) {
            obs_buf_printf(sql, ",%s", columns[i].name);
            n++;
        }
    obs_buf_printf(sql, ") SELECT * FROM unnest(?1");
    for (int i = 2; i <= n; i++)
        obs_buf_printf(sql, ",?%d", i);
    obs_buf_printf(sql, ")%s", tail);
    return obs_buf_error(sql) < 0 ? obs_str_n(NULL, 0) : obs_buf_str(sql);
}

/* Binds the columns of those spans that `rows` has a number for. */
static int bind(struct batch *b, struct statement *stmt, const int64_t *rows, bool content)
{
    struct array array = {0};
    int rc, at = 1;

    for (size_t i = 0; i < b->n; i++)
        if (rows[i])
            array_add_int(&array, rows[i]);
    rc = array_bind(&array, stmt, at++, OID_INT8);
    for (size_t c = 0; c < n_columns && rc == DB_OK; c++) {
        if ((columns[c].content != 0) != content)
            continue;
        for (size_t i = 0; i < b->n; i++)
            if (rows[i])
                add(&array, &columns[c], &b->spans[i]);
        rc = array_bind(&array, stmt, at++, type_of(&columns[c]));
    }
    array_free(&array);
    return rc;
}

static int take_numbers(struct batch *b)
{
    static const obs_str sql = OBS_STR("SELECT nextval(pg_get_serial_sequence('spans','id'))"
                                       " FROM generate_series(1,?1)");
    struct statement *stmt = NULL;
    int rc = statement_get(b->statements, sql, &stmt);

    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 1, (int64_t)b->n);
    for (size_t i = 0; i < b->n && rc == DB_OK; i++) {
        rc = statement_step(stmt);
        if (rc == DB_ROW) {
            b->rows[i] = statement_int(stmt, 0);
            rc = DB_OK;
        }
    }
    statement_release(stmt);
    return rc;
}

/* Rows that do not come back were there already. */
static int keep_returned(struct batch *b, struct statement *stmt)
{
    int rc = statement_step(stmt);

    for (size_t i = 0; i < b->n && (rc == DB_ROW || rc == DB_DONE); i++)
        if (rc == DB_ROW && statement_int(stmt, 0) == b->rows[i])
            rc = statement_step(stmt);
        else
            b->rows[i] = 0;
    return rc == DB_DONE ? DB_OK : rc;
}

static int insert_spans(struct batch *b)
{
    obs_str sql = insert_sql(b->arena, "spans", false,
                             " ON CONFLICT(trace_id,span_id,project_id) DO NOTHING RETURNING id");
    struct statement *stmt = NULL;
    int rc = sql.ptr ? statement_get(b->statements, sql, &stmt) : DB_NOMEM;

    if (rc == DB_OK)
        rc = bind(b, stmt, b->rows, /* content= */ false);
    if (rc == DB_OK)
        rc = keep_returned(b, stmt);
    statement_release(stmt);
    return rc;
}

static int insert_contents(struct batch *b)
{
    obs_str sql = insert_sql(b->arena, "contents", true, "");
    int64_t *rows = obs_arena_calloc(b->arena, b->n, sizeof(*rows));
    struct statement *stmt = NULL;
    bool any = false;
    int rc = sql.ptr && rows ? DB_OK : DB_NOMEM;

    for (size_t i = 0; i < b->n && rc == DB_OK; i++) {
        rows[i] = row_has_content(&b->spans[i]) ? b->rows[i] : 0;
        any |= rows[i] != 0;
    }
    if (rc != DB_OK || !any)
        return rc;
    rc = statement_get(b->statements, sql, &stmt);
    if (rc == DB_OK)
        rc = bind(b, stmt, rows, /* content= */ true);
    if (rc == DB_OK)
        rc = statement_step(stmt);
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

static int insert(struct batch *b)
{
    int rc = take_numbers(b);

    if (rc == DB_OK)
        rc = insert_spans(b);
    return rc == DB_OK ? insert_contents(b) : rc;
}

/* --- batches ------------------------------------------------------------------------------------
 */

static size_t bytes_of(const obs_span *s)
{
    return sizeof(*s) + s->input_text.len + s->output_text.len + s->input_messages.len +
           s->output_messages.len + s->attributes.len + s->resource_attributes.len + s->events.len;
}

static size_t how_many(const obs_span *spans, size_t n)
{
    size_t bytes = bytes_of(&spans[0]), i = 1;

    while (i < n && i < AT_ONCE && (bytes += bytes_of(&spans[i])) < BYTES_AT_ONCE)
        i++;
    return i;
}

static bool is_too_big(const obs_span *s)
{
    const size_t most = (size_t)250 << 20;

    return s->input_text.len > most || s->output_text.len > most || s->input_messages.len > most ||
           s->output_messages.len > most || bytes_of(s) > 4 * most;
}

int rows_insert(struct rows *rows, struct statements *statements, const obs_span *spans, size_t n,
                int64_t *ret_rows)
{
    struct batch b = {.statements = statements};
    int rc = DB_OK;

    (void)rows;
    for (size_t i = 0; i < n && rc == DB_OK; i++)
        rc = is_too_big(&spans[i]) ? DB_TOO_BIG : DB_OK;
    for (size_t at = 0; at < n && rc == DB_OK; at += b.n) {
        b.spans = spans + at;
        b.rows = ret_rows + at;
        b.n = how_many(spans + at, n - at);
        b.arena = obs_arena_create(/* limit_bytes= */ 0);
        rc = b.arena ? insert(&b) : DB_NOMEM;
        obs_arena_destroy(b.arena);
    }
    return rc;
}
