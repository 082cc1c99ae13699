/* SPDX-License-Identifier: Apache-2.0 */
/* Both ways to answer put what they find into one tally: the cells of rollups, with
 * spans at the edges that cut a minute, or all spans. From one snapshot. */
#include "aggregate.h"
#include "aggregate_cells.h"
#include "bind.h"
#include "dialect.h"
#include "selection.h"

#include <stdio.h>

#define MAX_JOB_BYTES ((size_t)16 << 20)
#define ROWS_PER_CHECK 1024

struct aggregate {
    struct read_job job; /* first: a read_job is cast to an aggregate */
    const struct settings *settings;
    obs_arena *arena;
    obs_aggregate_query query; /* without its filter */
    struct selection selection;
    struct sql spans;
    bool ranged; /* it has a range, which is bound for each part */
    size_t n_projects;
    struct cells_query cells;
    struct tally *tally;
    obs_group_fn group;
    obs_search_fn done;
    void *user;
    obs_search_result result;
};

/* --- building -------------------------------------------------------------------------- */

/* The range is bound anew for each part. Where all of time is asked for there is none:
 * even that draws a database to the indexes of time. */
static int put_conditions(struct aggregate *a, const obs_scope *scope, const obs_aggregate_query *q)
{
    a->ranged = q->from_ns != INT64_MIN || q->to_ns != INT64_MAX;
    return conditions_sql(&a->spans, a->settings, scope, a->ranged ? INT64_MIN + 1 : INT64_MIN,
                          a->ranged ? INT64_MAX - 1 : INT64_MAX, q->filter);
}

/* Where the parameters of the range are: the first two after the scope. */
static struct sql_bind *range_of(struct aggregate *a)
{
    return &a->spans.binds[a->n_projects];
}

static int build_spans(struct aggregate *a, const obs_scope *scope, const obs_aggregate_query *q)
{
    struct sql *sql = &a->spans;
    int rc = sql_init(sql, a->arena, &store_dialect);

    if (rc < 0)
        return rc;
    selection_of(tally_fields(q), &a->selection);
    obs_buf_printf(sql->text, "SELECT 0");
    selection_sql(&a->selection, sql->text);
    from_sql(sql, a->settings, q->filter, a->selection.contents);
    a->n_projects = scope->all ? 0 : scope->n_projects;
    rc = put_conditions(a, scope, q);
    return rc < 0 ? rc : obs_buf_error(sql->text);
}

static int build(struct aggregate *a, const obs_scope *scope, const obs_aggregate_query *q)
{
    int rc = tally_check(q);

    if (rc == OBS_OK)
        rc = tally_copy_query(a->arena, q, &a->query);
    if (rc == OBS_OK)
        rc = build_spans(a, scope, q);
    a->cells.query = &a->query;
    return rc == OBS_OK ? cells_build(&a->cells, a->arena, a->settings, scope, q) : rc;
}

/* --- running ---------------------------------------------------------------------------- */

/* A database may look at the clock within a step only, and these are many short ones. */
static int count_row(struct aggregate *a, struct statement *stmt, uint64_t i)
{
    obs_span span;

    if (i % ROWS_PER_CHECK == 0 && obs_clock_mono_ns() > a->job.deadline_ns)
        return DB_INTERRUPT;
    selection_read(&a->selection, stmt, 1, &span);
    a->result.error = tally_add_span(a->tally, &span);
    return a->result.error == OBS_OK ? DB_OK : DB_ABORT;
}

/* Returns a code of the database; DB_ABORT: result.error says more. */
static int count_spans(struct aggregate *a, struct statements *statements, int64_t from_ns,
                       int64_t to_ns)
{
    struct statement *stmt = NULL;
    int rc;

    if (from_ns == to_ns)
        return DB_OK;
    if (a->ranged) {
        range_of(a)[0].value.i = from_ns;
        range_of(a)[1].value.i = to_ns;
    }
    rc = statement_bound(statements, &a->spans, &stmt);
    if (rc == DB_OK)
        statement_stream(stmt);
    for (uint64_t i = 0; rc == DB_OK && (rc = statement_step(stmt)) == DB_ROW; i++)
        rc = count_row(a, stmt, i);
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

static int renew_tally(struct aggregate *a)
{
    tally_free(a->tally);
    a->tally = tally_new(&a->query, (size_t)a->settings->aggregate_groups);
    return a->tally ? DB_OK : DB_NOMEM;
}

static bool needs_spans(const struct rollup_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->parts[i].resolution == ROLLUP_SPANS)
            return true;
    return false;
}

static int count_plan(struct aggregate *a, struct statements *statements,
                      const struct rollup_plan *plan)
{
    int rc = cells_read(&a->cells, statements, a->arena, plan, a->tally, &a->result.error);

    for (size_t i = 0; i < plan->n && rc == DB_OK; i++)
        if (plan->parts[i].resolution == ROLLUP_SPANS)
            rc = count_spans(a, statements, plan->parts[i].from_ns, plan->parts[i].to_ns);
    a->result.source = plan->coarse ? OBS_SOURCE_ROLLUP_DAYS : OBS_SOURCE_ROLLUP;
    return rc;
}

static int count(struct aggregate *a, struct statements *statements)
{
    struct rollup_plan plan;
    int rc = renew_tally(a), code = DB_OK, planned;

    if (rc != DB_OK)
        return rc;
    planned = cells_plan(&a->cells, statements, a->arena, &plan, &code);
    if (code != DB_OK || planned == OBS_E_NOMEM)
        return code != DB_OK ? code : DB_NOMEM;
    if (planned == OBS_OK && (a->ranged || !needs_spans(&plan))) {
        rc = count_plan(a, statements, &plan);
        if (rc != DB_ABORT || a->result.error != OBS_E_UNSUPPORTED)
            return rc;
        rc = renew_tally(a); /* a cell does not know its least or greatest any more */
    }
    a->result.error = OBS_OK;
    a->result.source = OBS_SOURCE_RAW;
    return rc == DB_OK ? count_spans(a, statements, a->query.from_ns, a->query.to_ns) : rc;
}

/* Inside a transaction. */
static void count_all(struct aggregate *a, struct statements *statements)
{
    int rc = count(a, statements);

    if (rc != DB_ABORT || a->result.error == OBS_OK)
        a->result.error = db_error(statements->db, rc);
}

static void answer(struct aggregate *a)
{
    if (a->result.error == OBS_OK)
        tally_finish(a->tally, a->group, a->user, &a->result);
    tally_free(a->tally);
    a->tally = NULL;
}

/* The groups are made after the transaction, which is not held open for it. */
static void run(struct read_job *job, struct statements *statements)
{
    struct aggregate *a = (struct aggregate *)job;
    int rc = db_begin(statements->db, /* writes= */ false);

    if (rc == DB_OK)
        count_all(a, statements);
    else
        a->result.error = db_error(statements->db, rc);
    db_rollback(statements->db); /* nothing was written */
    answer(a);
}

static void finish(struct read_job *job)
{
    struct aggregate *a = (struct aggregate *)job;

    a->done(&a->result, a->user);
    obs_arena_destroy(a->arena);
}

/* --- calls -------------------------------------------------------------------------------- */

static int create(const struct settings *settings, const obs_scope *scope,
                  const obs_aggregate_query *query, struct aggregate **ret)
{
    obs_arena *arena = obs_arena_create(MAX_JOB_BYTES);
    struct aggregate *a = arena ? obs_arena_calloc(arena, 1, sizeof(*a)) : NULL;
    int rc = OBS_E_NOMEM;

    if (a) {
        a->settings = settings;
        a->arena = arena;
        rc = build(a, scope, query);
    }
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
    a->group = group;
    a->done = done;
    a->user = user;
    a->result.size = sizeof(a->result);
    a->result.total = OBS_ABSENT;
    rc = readers_submit(readers, &a->job, query->timeout_ns);
    if (rc < 0)
        obs_arena_destroy(a->arena);
    return rc;
}

void aggregate_now(struct statements *statements, const struct settings *settings,
                   const obs_scope *scope, const obs_aggregate_query *query, obs_group_fn group,
                   void *user, obs_search_result *ret)
{
    struct aggregate *a;
    int rc = create(settings, scope, query, &a);

    *ret = (obs_search_result){.size = sizeof(*ret), .error = rc};
    if (rc < 0)
        return;
    a->job.deadline_ns = INT64_MAX;
    a->group = group;
    a->user = user;
    count_all(a, statements);
    answer(a);
    *ret = a->result;
    obs_arena_destroy(a->arena);
}

int aggregate_explain(const struct settings *settings, const obs_scope *scope,
                      const obs_aggregate_query *query, char *text, size_t size)
{
    struct aggregate *a;
    int rc = create(settings, scope, query, &a);

    if (rc < 0)
        return rc;
    snprintf(text, size, "%.*s", OBS_STR_ARG(obs_buf_str(a->spans.text)));
    obs_arena_destroy(a->arena);
    return OBS_OK;
}
