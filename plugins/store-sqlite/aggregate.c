/* SPDX-License-Identifier: Apache-2.0 */
/* One GROUP BY. SQLite's sum() fails when it does not fit, total() is a double:
 * so the sum is a function of our own (functions.h). */
#include "aggregate.h"
#include "bind.h"
#include "conditions.h"
#include "dialect.h"

#include <stdio.h>

#define MAX_DIMENSIONS 8
#define MAX_MEASURES 16
#define MAX_JOB_BYTES ((size_t)4 << 20)

struct aggregate {
    struct read_job job; /* first: a read_job is cast to an aggregate */
    struct sql sql;
    size_t n_dimensions, n_measures;
    uint32_t limit;
    obs_group_fn group;
    obs_search_fn done;
    void *user;
    obs_search_result result;
};

/* --- building -------------------------------------------------------------------------- */

#define KIND(id, number, name, kind) [number] = OBS_KIND_##kind,
static const uint8_t kinds[OBS_N_SPAN_FIELDS] = {OBS_SPAN_FIELD_MAP(KIND)};
#undef KIND

static bool can_measure(const obs_measure *m)
{
    uint32_t kind = m->field < OBS_N_SPAN_FIELDS ? kinds[m->field] : 0;

    switch (m->kind) {
    case OBS_MEASURE_COUNT:
        return true;
    case OBS_MEASURE_SUM:
    case OBS_MEASURE_MIN:
    case OBS_MEASURE_MAX:
        return kind == OBS_KIND_INT || kind == OBS_KIND_MONEY || kind == OBS_KIND_DURATION ||
               (kind == OBS_KIND_TIME && m->kind != OBS_MEASURE_SUM);
    default:
        return false;
    }
}

static bool is_valid(const obs_aggregate_query *q)
{
    if (q->limit == 0 || q->from_ns > q->to_ns || q->n_dimensions > MAX_DIMENSIONS ||
        q->n_measures == 0 || q->n_measures > MAX_MEASURES || q->sort_measure >= q->n_measures)
        return false;
    for (size_t i = 0; i < q->n_dimensions; i++)
        if (q->dimensions[i] >= OBS_N_SPAN_FIELDS || kinds[q->dimensions[i]] != OBS_KIND_TEXT)
            return false;
    for (size_t i = 0; i < q->n_measures; i++)
        if (!can_measure(&q->measures[i]))
            return false;
    return true;
}

static void put_measure(obs_buf *text, const obs_measure *m)
{
    static const char *const functions[] = {
        [OBS_MEASURE_SUM] = "obs_sum", [OBS_MEASURE_MIN] = "min", [OBS_MEASURE_MAX] = "max"};

    if (m->kind == OBS_MEASURE_COUNT)
        obs_buf_printf(text, "count(*)");
    else
        obs_buf_printf(text, "%s(%s)", functions[m->kind], sqlite_dialect.column(m->field));
}

/* "1,2,…": the dimensions are the first columns. */
static void put_columns(obs_buf *text, const char *before, size_t n)
{
    for (size_t i = 0; i < n; i++)
        obs_buf_printf(text, "%s%zu", i ? "," : before, i + 1);
}

static int build(struct sql *sql, const struct settings *settings, const obs_scope *scope,
                 const obs_aggregate_query *q)
{
    bool contents = false;
    int rc;

    obs_buf_printf(sql->text, "SELECT ");
    for (size_t i = 0; i < q->n_dimensions; i++) {
        obs_buf_printf(sql->text, "%s,", sqlite_dialect.column(q->dimensions[i]));
        contents |=
            q->dimensions[i] == OBS_FIELD_INPUT_TEXT || q->dimensions[i] == OBS_FIELD_OUTPUT_TEXT;
    }
    for (size_t i = 0; i < q->n_measures; i++) {
        if (i)
            obs_buf_append(sql->text, ",", 1);
        put_measure(sql->text, &q->measures[i]);
    }
    from_sql(sql, settings, q->filter, contents);
    rc = conditions_sql(sql, settings, scope, q->from_ns, q->to_ns, q->filter);
    if (rc < 0)
        return rc;
    put_columns(sql->text, " GROUP BY ", q->n_dimensions);
    obs_buf_printf(sql->text, " ORDER BY %zu DESC", q->n_dimensions + q->sort_measure + 1);
    put_columns(sql->text, ",", q->n_dimensions); /* a total order */
    obs_buf_printf(sql->text, " LIMIT ");
    rc = sql_bind_int(sql, (int64_t)q->limit + 1);
    return rc < 0 ? rc : obs_buf_error(sql->text);
}

/* --- running ---------------------------------------------------------------------------- */

/* Hands out the group at hand; true when the caller has enough. */
static bool give_group(struct aggregate *a, sqlite3_stmt *stmt)
{
    obs_str dimensions[MAX_DIMENSIONS];
    int64_t measures[MAX_MEASURES];

    for (size_t i = 0; i < a->n_dimensions; i++)
        dimensions[i] = obs_str_n((const char *)sqlite3_column_text(stmt, (int)i),
                                  (size_t)sqlite3_column_bytes(stmt, (int)i));
    for (size_t i = 0; i < a->n_measures; i++) {
        int column = (int)(a->n_dimensions + i);

        measures[i] = sqlite3_column_type(stmt, column) == SQLITE_NULL
                          ? OBS_ABSENT
                          : sqlite3_column_int64(stmt, column);
    }
    a->result.n_rows++;
    return a->group(dimensions, measures, a->user);
}

static void run(struct read_job *job, struct statements *statements)
{
    struct aggregate *a = (struct aggregate *)job;
    sqlite3_stmt *stmt = NULL;
    bool enough = false;
    int rc;

    rc = statement_bound(statements, &a->sql, &stmt);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    while (rc == SQLITE_ROW && !enough) {
        enough = give_group(a, stmt) || a->result.n_rows == a->limit;
        rc = sqlite3_step(stmt);
    }
    a->result.has_more = rc == SQLITE_ROW;
    a->result.error = db_error(statements->db, rc);
    statement_release(stmt);
}

static void finish(struct read_job *job)
{
    struct aggregate *a = (struct aggregate *)job;

    a->done(&a->result, a->user);
    obs_arena_destroy(a->sql.arena);
}

/* --- calls -------------------------------------------------------------------------------- */

static int create(const struct settings *settings, const obs_scope *scope,
                  const obs_aggregate_query *query, struct aggregate **ret)
{
    obs_arena *arena;
    struct aggregate *a;
    int rc;

    if (!is_valid(query))
        return OBS_E_INVALID;
    arena = obs_arena_create(MAX_JOB_BYTES);
    a = arena ? obs_arena_calloc(arena, 1, sizeof(*a)) : NULL;
    rc = a ? sql_init(&a->sql, arena, &sqlite_dialect) : OBS_E_NOMEM;
    if (rc == OBS_OK)
        rc = build(&a->sql, settings, scope, query);
    if (rc < 0)
        obs_arena_destroy(arena);
    else
        *ret = a;
    return rc;
}

int aggregate_submit(struct readers *readers, const struct settings *settings,
                     const obs_scope *scope, const obs_aggregate_query *query, obs_group_fn group,
                     obs_search_fn done, void *user)
{
    struct aggregate *a;
    int rc = create(settings, scope, query, &a);

    if (rc < 0)
        return rc;
    a->job.op = READ_AGGREGATE;
    a->job.run = run;
    a->job.done = finish;
    a->n_dimensions = query->n_dimensions;
    a->n_measures = query->n_measures;
    a->limit = query->limit;
    a->group = group;
    a->done = done;
    a->user = user;
    a->result.size = sizeof(a->result);
    a->result.total = OBS_ABSENT;
    rc = readers_submit(readers, &a->job, query->timeout_ns);
    if (rc < 0)
        obs_arena_destroy(a->sql.arena);
    return rc;
}

int aggregate_explain(const struct settings *settings, const obs_scope *scope,
                      const obs_aggregate_query *query, char *text, size_t size)
{
    struct aggregate *a;
    int rc = create(settings, scope, query, &a);

    if (rc < 0)
        return rc;
    snprintf(text, size, "%.*s", OBS_STR_ARG(obs_buf_str(a->sql.text)));
    obs_arena_destroy(a->sql.arena);
    return OBS_OK;
}
