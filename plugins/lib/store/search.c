/* SPDX-License-Identifier: Apache-2.0 */
/* The statement: the columns that the wanted fields need, the scope, the range
 * of time, the filter, the position, an order that ends in the row id so that it
 * is total, and one row more than the limit to know whether there is more. */
#include "search.h"
#include "bind.h"
#include "conditions.h"
#include "dialect.h"
#include "position.h"
#include "selection.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_JOB_BYTES ((size_t)4 << 20)

struct search {
    struct read_job job; /* first: a read_job is cast to a search */
    const struct settings *settings;
    struct sql sql;   /* the search */
    struct sql count; /* OBS_QUERY_TOTAL */
    const char *sort; /* expression */
    int sort_nullable;
    uint32_t sort_field, descending, limit;
    struct selection selection;
    bool with_total;
    obs_row_fn row;
    obs_search_fn done;
    void *user;
    obs_search_result result;
    uint8_t position[POSITION_BYTES];
};

/* --- building ----------------------------------------------------------------- */

/* The expression to sort by, NULL when the field cannot be sorted; `ret_nullable` tells
 * whether it may be absent. */
static const char *sort_column(uint32_t field, int *ret_nullable)
{
    switch (field) {
    case OBS_FIELD_TS:
    case OBS_FIELD_DURATION:
        *ret_nullable = 0;
        return store_dialect.column(field);
    case OBS_FIELD_TTFT:
    case OBS_FIELD_TOTAL_COST:
    case OBS_FIELD_PROMPT_TOKENS:
    case OBS_FIELD_COMPLETION_TOKENS:
    case OBS_FIELD_CACHED_TOKENS:
    case OBS_FIELD_CACHE_WRITE_TOKENS:
    case OBS_FIELD_REASONING_TOKENS:
    case OBS_FIELD_TOTAL_TOKENS:
        *ret_nullable = 1;
        return store_dialect.column(field);
    default:
        return NULL;
    }
}

/* Rows after `p` in the order of put_order(): absent values come last. */
static int put_position(struct search *s, const struct position *p)
{
    const char *compare = s->descending ? "<" : ">";
    struct sql *sql = &s->sql;
    int rc;

    if (p->null) {
        obs_buf_printf(sql->text, " AND %s IS NULL AND s.id%s", s->sort, compare);
        return sql_bind_int(sql, p->row);
    }
    obs_buf_printf(sql->text, " AND ((%s,s.id)%s(", s->sort, compare);
    rc = sql_bind_int(sql, p->value);
    obs_buf_append(sql->text, ",", 1);
    if (rc == OBS_OK)
        rc = sql_bind_int(sql, p->row);
    obs_buf_printf(sql->text, s->sort_nullable ? ") OR %s IS NULL)" : "))", s->sort);
    return rc;
}

static int put_order(struct search *s)
{
    const char *order = s->descending ? "DESC" : "ASC";

    obs_buf_printf(s->sql.text, " ORDER BY ");
    if (s->sort_nullable)
        obs_buf_printf(s->sql.text, "%s IS NULL,", s->sort);
    obs_buf_printf(s->sql.text, "%s %s,s.id %s LIMIT ", s->sort, order, order);
    return sql_bind_int(&s->sql, (int64_t)s->limit + 1);
}

static int read_position(const struct search *s, obs_str bytes, struct position *ret_position)
{
    int rc = position_read(bytes, ret_position);

    if (rc < 0)
        return rc;
    return ret_position->sort_field == s->sort_field && ret_position->descending == s->descending
               ? OBS_OK
               : OBS_E_INVALID;
}

static int build_search(struct search *s, const obs_scope *scope, const obs_span_query *query)
{
    struct position position;
    int rc;

    selection_of(query->fields, &s->selection);
    obs_buf_printf(s->sql.text, "SELECT s.id");
    selection_sql(&s->selection, s->sql.text);
    obs_buf_printf(s->sql.text, ",%s", s->sort);
    from_sql(&s->sql, s->settings, query->filter, s->selection.contents);
    rc = conditions_sql(&s->sql, s->settings, scope, query->from_ns, query->to_ns, query->filter);
    if (rc == OBS_OK && query->after.len) {
        rc = read_position(s, query->after, &position);
        if (rc == OBS_OK)
            rc = put_position(s, &position);
    }
    if (rc == OBS_OK)
        rc = put_order(s);
    return rc < 0 ? rc : obs_buf_error(s->sql.text);
}

static int build_count(struct search *s, const obs_scope *scope, const obs_span_query *query)
{
    int rc = sql_init(&s->count, s->sql.arena, &store_dialect);

    if (rc < 0)
        return rc;
    obs_buf_printf(s->count.text, "SELECT count(*)");
    from_sql(&s->count, s->settings, query->filter, /* contents= */ false);
    rc = conditions_sql(&s->count, s->settings, scope, query->from_ns, query->to_ns, query->filter);
    return rc < 0 ? rc : obs_buf_error(s->count.text);
}

static int build(struct search *s, obs_arena *arena, const obs_scope *scope,
                 const obs_span_query *query)
{
    int rc = sql_init(&s->sql, arena, &store_dialect);

    s->sort_field = query->sort_field;
    s->sort = sort_column(query->sort_field, &s->sort_nullable);
    s->descending = query->flags & OBS_QUERY_DESCENDING;
    s->limit = query->limit;
    s->with_total = (query->flags & OBS_QUERY_TOTAL) != 0;
    if (rc < 0)
        return rc;
    if (!s->sort)
        return OBS_E_UNSUPPORTED;
    if (query->limit == 0 || query->from_ns > query->to_ns)
        return OBS_E_INVALID;
    rc = build_search(s, scope, query);
    return rc == OBS_OK && s->with_total ? build_count(s, scope, query) : rc;
}

/* --- running -------------------------------------------------------------------- */

static void note_position(struct search *s, struct statement *stmt)
{
    int at = s->selection.n + 1;

    position_write(&(struct position){.sort_field = s->sort_field,
                                      .descending = s->descending,
                                      .null = statement_is_null(stmt, at),
                                      .value = statement_int(stmt, at),
                                      .row = statement_int(stmt, 0)},
                   s->position);
    s->result.position = obs_str_n((const char *)s->position, POSITION_BYTES);
}

/* Hands out the row at hand; true when the caller has enough. */
static bool give_row(struct search *s, struct statement *stmt)
{
    obs_span span;

    selection_read(&s->selection, stmt, 1, &span);
    s->result.n_rows++;
    note_position(s, stmt);
    return s->row && s->row(&span, s->user);
}

/* Returns DB_DONE or an error. */
static int read_rows(struct search *s, struct statements *statements)
{
    struct statement *stmt = NULL;
    bool enough = false;
    int rc = statement_bound(statements, &s->sql, &stmt);

    if (rc == DB_OK)
        rc = statement_step(stmt);
    while (rc == DB_ROW && !enough) {
        enough = give_row(s, stmt) || s->result.n_rows == s->limit;
        rc = statement_step(stmt);
    }
    if (rc == DB_ROW) {
        s->result.has_more = 1;
        rc = DB_DONE;
    }
    statement_release(stmt);
    return rc;
}

/* Returns DB_DONE or an error. */
static int read_total(struct search *s, struct statements *statements)
{
    struct statement *stmt = NULL;
    int rc = statement_bound(statements, &s->count, &stmt);

    if (rc == DB_OK && (rc = statement_step(stmt)) == DB_ROW) {
        s->result.total = statement_int(stmt, 0);
        rc = DB_DONE;
    }
    statement_release(stmt);
    return rc;
}

/* A text may go from what the index lacks to what it has, while it is searched. */
static bool finds_texts(const struct sql *sql)
{
    for (size_t i = 0; i < sql->n_binds; i++)
        if (sql->binds[i].kind == BIND_SEARCH)
            return true;
    return false;
}

/* Rows and total come from one snapshot. */
static int read_both(struct search *s, struct statements *statements)
{
    int rc = db_begin(statements->db, /* writes= */ false);

    if (rc != DB_OK)
        return rc;
    rc = read_rows(s, statements);
    if (rc == DB_DONE && s->with_total)
        rc = read_total(s, statements);
    db_rollback(statements->db); /* nothing was written */
    return rc;
}

static void run(struct read_job *job, struct statements *statements)
{
    struct search *s = (struct search *)job;
    int rc;

    rc =
        s->with_total || finds_texts(&s->sql) ? read_both(s, statements) : read_rows(s, statements);
    s->result.error = db_error(statements->db, rc);
}

static void finish(struct read_job *job)
{
    struct search *s = (struct search *)job;

    s->done(&s->result, s->user);
    obs_arena_destroy(s->sql.arena);
}

/* --- calls ------------------------------------------------------------------------ */

static int create(const struct settings *settings, const obs_scope *scope,
                  const obs_span_query *query, struct search **ret_search)
{
    obs_arena *arena = obs_arena_create(MAX_JOB_BYTES);
    struct search *s = arena ? obs_arena_calloc(arena, 1, sizeof(*s)) : NULL;
    int rc = s ? OBS_OK : OBS_E_NOMEM;

    if (s) {
        s->settings = settings;
        rc = build(s, arena, scope, query);
    }
    if (rc < 0)
        obs_arena_destroy(arena);
    else
        *ret_search = s;
    return rc;
}

int search_submit(struct readers *readers, const struct settings *settings, const obs_scope *scope,
                  const obs_span_query *query, obs_row_fn row, obs_search_fn done, void *user)
{
    struct search *s;
    int rc = create(settings, scope, query, &s);

    if (rc < 0)
        return rc;
    s->job.op = READ_SEARCH;
    s->job.run = run;
    s->job.done = finish;
    s->row = row;
    s->done = done;
    s->user = user;
    s->result.size = sizeof(s->result);
    s->result.total = OBS_ABSENT;
    rc = readers_submit(readers, &s->job, query->timeout_ns);
    if (rc < 0)
        obs_arena_destroy(s->sql.arena);
    return rc;
}

int search_explain(const struct settings *settings, const obs_scope *scope,
                   const obs_span_query *query, char *text, size_t size)
{
    struct search *s;
    int rc = create(settings, scope, query, &s);

    if (rc < 0)
        return rc;
    snprintf(text, size, "%.*s", OBS_STR_ARG(obs_buf_str(s->sql.text)));
    obs_arena_destroy(s->sql.arena);
    return OBS_OK;
}
