/* SPDX-License-Identifier: Apache-2.0 */
/* First the series that match are looked up, then the cells of each project in the
 * parts of the plan are read in order, and those of other series passed over. */
#include "aggregate_cells.h"
#include "bind.h"
#include "dialect.h"
#include "rollup_row.h"

#include <stdlib.h>

#define S_NS INT64_C(1000000000)

/* A series that matches. */
struct series {
    int64_t id, project;
    bool errors;
    obs_str dimensions[TALLY_MAX_DIMENSIONS]; /* of the query */
};

struct series_list {
    struct series *items; /* in order of their ids */
    size_t n, capacity;
};

/* --- building ---------------------------------------------------------------------------- */

int cells_build(struct cells_query *cells, obs_arena *arena, const struct settings *settings,
                const obs_scope *scope, const obs_aggregate_query *query)
{
    struct sql_limits limits = {(uint32_t)settings->filter_depth, (uint32_t)settings->filter_nodes,
                                (uint32_t)settings->filter_values};
    struct sql *sql = &cells->series;
    int rc = sql_init(sql, arena, &store_dialect);

    cells->family = query->flags & OBS_QUERY_RAW ? ROLLUP_N_FAMILIES : rollup_family(query);
    if (rc < 0 || cells->family == ROLLUP_N_FAMILIES)
        return rc;
    obs_buf_printf(sql->text, "SELECT s.id,s.project");
    for (size_t i = 0; i < ROLLUP_N_DIMENSIONS; i++)
        obs_buf_printf(sql->text, ",%s", store_dialect.column(rollup_dimensions[i]));
    obs_buf_printf(sql->text, " FROM rollup_series s WHERE s.family=");
    rc = sql_bind_int(sql, cells->family);
    if (rc == OBS_OK)
        rc = scope_sql(sql, scope, "s.project_id");
    if (rc == OBS_OK && query->filter) {
        obs_buf_printf(sql->text, " AND ");
        rc = sql_filter(sql, query->filter, &limits);
    }
    obs_buf_printf(sql->text, " ORDER BY s.id");
    return rc < 0 ? rc : obs_buf_error(sql->text);
}

/* --- planning ------------------------------------------------------------------------------ */

static int read_state(struct statements *statements, struct rollup_horizon *horizon,
                      bool *ret_complete)
{
    static const obs_str sql = OBS_STR(
        "SELECT counted>=last,minutes_ns,quarters_ns,hours_ns,days_ns,spans_ns FROM rollup_state");
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    *ret_complete = false;
    if (rc == DB_OK)
        rc = statement_step(stmt);
    if (rc == DB_ROW) {
        *ret_complete = (int)statement_int(stmt, 0) != 0;
        for (int i = 0; i < ROLLUP_N_RESOLUTIONS; i++)
            horizon->cells_ns[i] = statement_int(stmt, 1 + i);
        horizon->spans_ns = statement_int(stmt, 1 + ROLLUP_N_RESOLUTIONS);
        rc = DB_OK;
    }
    statement_release(stmt);
    return rc;
}

int cells_plan(const struct cells_query *cells, struct statements *statements, obs_arena *arena,
               struct rollup_plan *ret_plan, int *ret_code)
{
    struct rollup_horizon horizon;
    bool complete;

    *ret_code = DB_OK;
    if (cells->family == ROLLUP_N_FAMILIES)
        return OBS_E_UNSUPPORTED;
    *ret_code = read_state(statements, &horizon, &complete);
    if (*ret_code != DB_OK || !complete)
        return OBS_E_UNSUPPORTED;
    return rollup_plan(cells->query, &horizon, arena, ret_plan);
}

/* --- series -------------------------------------------------------------------------------- */

static struct series *new_series(struct series_list *list, obs_arena *arena)
{
    if (list->n == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        struct series *items = obs_arena_alloc(arena, capacity * sizeof(*items));

        if (!items)
            return NULL;
        if (list->n)
            memcpy(items, list->items, list->n * sizeof(*items));
        list->items = items;
        list->capacity = capacity;
    }
    return memset(&list->items[list->n++], 0, sizeof(struct series));
}

/* Which column of the statement has a field. */
static int column_of(uint32_t field)
{
    int i = 0;

    while (rollup_dimensions[i] != field)
        i++;
    return 2 + i;
}

static obs_str status_name(int status)
{
    static const char *const names[] = {"UNSET", "OK", "ERROR"};

    return obs_str_of(names[status == OBS_STATUS_OK || status == OBS_STATUS_ERROR ? status : 0]);
}

static int take_series(const obs_aggregate_query *q, struct statement *stmt, obs_arena *arena,
                       struct series_list *list)
{
    struct series *s = new_series(list, arena);

    if (!s)
        return DB_NOMEM;
    s->id = statement_int(stmt, 0);
    s->project = statement_int(stmt, 1);
    s->errors = (int)statement_int(stmt, column_of(OBS_FIELD_STATUS)) == OBS_STATUS_ERROR;
    for (size_t i = 0; i < q->n_dimensions; i++) {
        int column = column_of(q->dimensions[i].field);

        if (q->dimensions[i].field == OBS_FIELD_STATUS) {
            s->dimensions[i] = status_name((int)statement_int(stmt, column));
            continue;
        }
        s->dimensions[i] = obs_arena_dup(arena, statement_text(stmt, column));
        if (!s->dimensions[i].ptr)
            return DB_NOMEM;
    }
    return DB_OK;
}

static int find_series(const struct cells_query *cells, struct statements *statements,
                       obs_arena *arena, struct series_list *list)
{
    struct statement *stmt = NULL;
    int rc = statement_bound(statements, &cells->series, &stmt);

    while (rc == DB_OK && (rc = statement_step(stmt)) == DB_ROW)
        rc = take_series(cells->query, stmt, arena, list);
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

static int compare_ids(const void *left, const void *right)
{
    const int64_t *id = left;
    const struct series *s = right;

    return (*id > s->id) - (*id < s->id);
}

static int compare_projects(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

/* The projects that have such series, each once. */
static int64_t *projects_of(const struct series_list *list, obs_arena *arena, size_t *ret_n)
{
    int64_t *projects = obs_arena_calloc(arena, list->n + 1, sizeof(*projects));
    size_t n = 0;

    for (size_t i = 0; projects && i < list->n; i++)
        projects[i] = list->items[i].project;
    if (projects)
        qsort(projects, list->n, sizeof(*projects), compare_projects);
    for (size_t i = 0; projects && i < list->n; i++)
        if (n == 0 || projects[n - 1] != projects[i])
            projects[n++] = projects[i];
    *ret_n = n;
    return projects;
}

/* --- cells ---------------------------------------------------------------------------------- */

/* Only what the measures need is read. */
static int put_select(obs_buf *sql, const obs_aggregate_query *q)
{
    bool durations = false, ttfts = false, users = false, sessions = false;

    for (size_t i = 0; i < q->n_measures; i++) {
        const obs_measure *m = &q->measures[i];

        durations |= m->kind == OBS_MEASURE_QUANTILE && m->field == OBS_FIELD_DURATION;
        ttfts |= m->kind == OBS_MEASURE_QUANTILE && m->field == OBS_FIELD_TTFT;
        users |= m->kind == OBS_MEASURE_DISTINCT && m->field == OBS_FIELD_USER_ID;
        sessions |= m->kind == OBS_MEASURE_DISTINCT && m->field == OBS_FIELD_SESSION_ID;
    }
    obs_buf_printf(sql,
                   "SELECT start_s,series,sums,%s,%s,%s,%s FROM rollups WHERE level=?1"
                   " AND project=?2 AND start_s>=?3 AND start_s<?4",
                   durations ? "durations" : "NULL", ttfts ? "ttfts" : "NULL",
                   users ? "users" : "NULL", sessions ? "sessions" : "NULL");
    return obs_buf_error(sql);
}

struct reading {
    const struct cells_query *cells;
    struct statements *statements;
    const struct series_list *list;
    struct tally *tally;
    struct cell cell;
    obs_str sql;
    int error;
};

static int take_cell(struct reading *r, struct statement *stmt)
{
    int64_t id = statement_int(stmt, 1);
    const struct series *s = bsearch(&id, r->list->items, r->list->n, sizeof(*s), compare_ids);
    int rc;

    if (!s)
        return DB_OK;
    cell_clear(&r->cell);
    rc = rollup_read_cell(stmt, 2, &r->cell);
    if (rc != DB_OK)
        return rc;
    r->error =
        tally_add_cell(r->tally, s->dimensions, s->errors, statement_int(stmt, 0) * S_NS, &r->cell);
    return r->error == OBS_OK ? DB_OK : DB_ABORT;
}

static int64_t seconds(int64_t ns)
{
    return ns == INT64_MIN || ns == INT64_MAX ? ns : ns / S_NS;
}

static int read_part(struct reading *r, const struct rollup_part *part, int64_t project)
{
    struct statement *stmt = NULL;
    int rc = statement_get(r->statements, r->sql, &stmt);

    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 1, rollup_level(r->cells->family, part->resolution));
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 2, project);
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 3, seconds(part->from_ns));
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 4, seconds(part->to_ns));
    while (rc == DB_OK && (rc = statement_step(stmt)) == DB_ROW)
        rc = take_cell(r, stmt);
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}

int cells_read(const struct cells_query *cells, struct statements *statements, obs_arena *arena,
               const struct rollup_plan *plan, struct tally *tally, int *ret_error)
{
    struct series_list list = {0};
    struct reading r = {
        .cells = cells, .statements = statements, .list = &list, .tally = tally, .error = OBS_OK};
    obs_buf *text = obs_buf_new(arena, /* limit_bytes= */ 0);
    int64_t *projects = NULL;
    size_t n_projects = 0;
    int rc = text && put_select(text, cells->query) == OBS_OK ? DB_OK : DB_NOMEM;

    cell_init(&r.cell);
    if (rc == DB_OK) {
        r.sql = obs_buf_str(text);
        rc = find_series(cells, statements, arena, &list);
    }
    if (rc == DB_OK && !(projects = projects_of(&list, arena, &n_projects)))
        rc = DB_NOMEM;
    for (size_t i = 0; i < plan->n && rc == DB_OK; i++)
        for (size_t k = 0; k < n_projects && rc == DB_OK; k++)
            if (plan->parts[i].resolution != ROLLUP_SPANS)
                rc = read_part(&r, &plan->parts[i], projects[k]);
    cell_free(&r.cell);
    *ret_error = r.error;
    return rc;
}
