/* SPDX-License-Identifier: Apache-2.0 */
/* A call tells the spans around it, one after the other, up to the root or to one that
 * knows already. Many go up together, a generation a round: those that came with them
 * are told in memory, those in the database in one statement, and one that is not there
 * gets a note that it finds when it comes. */
#include "usage.h"
#include "usage_rows.h"

#include <observatory/worker.h>

#include <stdlib.h>

#define OUTER (OBS_SPAN_OUTER_TOKENS | OBS_SPAN_OUTER_COST)
#define MAX_DEPTH 10000 /* of a trace; also ends rings */

static bool is_call(const obs_span *span)
{
    return span->cost_source.len && !obs_str_is(span->cost_source, "no_usage");
}

/* What a span tells those around it: what it has itself, and what it was told. */
static uint32_t told_by(const obs_span *span)
{
    uint32_t flags = span->flags & OUTER;

    if (!is_call(span))
        return flags;
    if (obs_span_total_tokens(span) > 0)
        flags |= OBS_SPAN_OUTER_TOKENS;
    if (span->total_cost > 0)
        flags |= OBS_SPAN_OUTER_COST;
    return flags;
}

/* --- identities -------------------------------------------------------------------------- */

static int compare_projects(obs_str a, obs_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_ids(const uint8_t *trace_a, const uint8_t *span_a, obs_str project_a,
                       const uint8_t *trace_b, const uint8_t *span_b, obs_str project_b)
{
    int order = memcmp(trace_a, trace_b, 16);

    if (order == 0)
        order = memcmp(span_a, span_b, 8);
    return order ? order : compare_projects(project_a, project_b);
}

static int compare_targets(const void *left, const void *right)
{
    const struct usage_target *a = left, *b = right;

    return compare_ids(a->trace_id, a->span_id, a->project_id, b->trace_id, b->span_id,
                       b->project_id);
}

/* --- spans that came together -------------------------------------------------------------- */

/* One of them, in the order of identities. */
struct arrival {
    obs_span *span;
    int64_t row;
    bool told; /* its flags are not those of its row any more */
};

static int compare_arrivals(const void *left, const void *right)
{
    const obs_span *a = ((const struct arrival *)left)->span;
    const obs_span *b = ((const struct arrival *)right)->span;

    return compare_ids(a->trace_id, a->span_id, a->project_id, b->trace_id, b->span_id,
                       b->project_id);
}

struct ascent {
    struct writing *writing;
    struct arrival *arrivals;
    size_t n_arrivals;
    struct usage_target *targets; /* of this round */
    size_t n, capacity;
};

static struct arrival *find_arrival(const struct ascent *a, const struct usage_target *target)
{
    obs_span like = {.project_id = target->project_id};
    const struct arrival key = {.span = &like};

    if (a->n_arrivals == 0)
        return NULL;
    memcpy(like.trace_id, target->trace_id, sizeof(like.trace_id));
    memcpy(like.span_id, target->span_id, sizeof(like.span_id));
    return bsearch(&key, a->arrivals, a->n_arrivals, sizeof(*a->arrivals), compare_arrivals);
}

/* --- the way up -------------------------------------------------------------------------------
 */

static int add_target(struct ascent *a, const struct usage_target *target)
{
    if (a->n == a->capacity) {
        size_t capacity = a->capacity ? 2 * a->capacity : 64;
        struct usage_target *targets = realloc(a->targets, capacity * sizeof(*targets));

        if (!targets)
            return DB_NOMEM;
        a->targets = targets;
        a->capacity = capacity;
    }
    a->targets[a->n++] = *target;
    return DB_OK;
}

/* Tells a span that it is around others; those that came with it pass it on at once, until
 * one is in the database: that is a target of the next round. */
static int tell(struct ascent *a, const uint8_t *trace_id, obs_str project, const uint8_t *parent,
                uint32_t flags)
{
    static const uint8_t none[8];
    struct usage_target target = {.project_id = project, .flags = flags};

    memcpy(target.trace_id, trace_id, sizeof(target.trace_id));
    memcpy(target.span_id, parent, sizeof(target.span_id));
    for (int depth = 0; depth < MAX_DEPTH && target.flags; depth++) {
        struct arrival *arrival;

        if (memcmp(target.span_id, none, sizeof(none)) == 0)
            return DB_OK;
        arrival = find_arrival(a, &target);
        if (!arrival)
            return add_target(a, &target);
        target.flags &= ~arrival->span->flags;
        arrival->span->flags |= target.flags;
        arrival->told |= target.flags != 0;
        memcpy(target.span_id, arrival->span->parent_span_id, sizeof(target.span_id));
    }
    return DB_OK;
}

/* Each span once, told all that it is told. */
static void join_targets(struct usage_target *targets, size_t *n)
{
    size_t kept = 0;

    if (*n)
        qsort(targets, *n, sizeof(*targets), compare_targets);
    for (size_t i = 0; i < *n; i++)
        if (kept && compare_targets(&targets[kept - 1], &targets[i]) == 0)
            targets[kept - 1].flags |= targets[i].flags;
        else
            targets[kept++] = targets[i];
    *n = kept;
}

/* What the rollups counted of a span is not counted any more. */
static int uncount(struct writing *w, const struct usage_target *target)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    obs_span identity = {.project_id = target->project_id}, old, span;
    int64_t row = 0;
    int rc = arena ? DB_OK : DB_NOMEM;

    memcpy(identity.trace_id, target->trace_id, sizeof(identity.trace_id));
    memcpy(identity.span_id, target->span_id, sizeof(identity.span_id));
    if (rc == DB_OK)
        rc = row_find(&w->rows, &identity, arena, &row, &old);
    if (rc == DB_OK && row) {
        span = old;
        span.flags |= target->flags;
        rc = rollups_change(&w->rollups, row, &old, &span);
    }
    obs_arena_destroy(arena);
    return rc;
}

/* Of the targets, those that are not there come first; `ret_missing` is how many. */
static void part_missing(struct usage_target *targets, size_t n, size_t *ret_missing)
{
    size_t missing = 0;

    for (size_t i = 0; i < n; i++)
        if (targets[i].row == 0) {
            struct usage_target here = targets[i];

            targets[i] = targets[missing];
            targets[missing++] = here;
        }
    *ret_missing = missing;
}

/* Writes what spans in the database are told, and has them tell it on. */
static int tell_found(struct ascent *a, struct usage_target *targets, size_t n)
{
    struct statements *statements = &a->writing->statements;
    int64_t *rows = malloc((n + 1) * sizeof(*rows));
    uint32_t *flags = malloc((n + 1) * sizeof(*flags));
    size_t changed = 0;
    int rc = rows && flags ? DB_OK : DB_NOMEM;

    for (size_t i = 0; i < n && rc == DB_OK; i++) {
        struct usage_target *t = &targets[i];

        t->flags &= ~t->has;
        if (!t->flags)
            continue;
        rows[changed] = t->row;
        flags[changed++] = t->flags;
        if (t->has_usage)
            rc = uncount(a->writing, t);
        if (rc == DB_OK)
            rc = tell(a, t->trace_id, t->project_id, t->parent, t->flags);
    }
    if (rc == DB_OK && changed)
        rc = usage_set_flags(statements, rows, flags, changed);
    free(rows);
    free(flags);
    return rc;
}

static int go_round(struct ascent *a)
{
    struct usage_target *targets = a->targets;
    struct statements *statements = &a->writing->statements;
    size_t n = a->n, missing = 0;
    int rc;

    a->targets = NULL;
    a->n = a->capacity = 0;
    join_targets(targets, &n);
    rc = usage_find(statements, targets, n);
    if (rc == DB_OK)
        part_missing(targets, n, &missing);
    if (rc == DB_OK && missing)
        rc = usage_leave_notes(statements, targets, missing);
    if (rc == DB_OK)
        rc = tell_found(a, targets + missing, n - missing);
    free(targets);
    return rc;
}

static int ascend(struct ascent *a)
{
    int rc = DB_OK;

    for (int depth = 0; depth < MAX_DEPTH && a->n && rc == DB_OK; depth++)
        rc = go_round(a);
    free(a->targets);
    a->targets = NULL;
    return rc;
}

/* --- calls --------------------------------------------------------------------------------- */

/* Flags that spans were told become those of their rows. */
static int write_told(struct ascent *a)
{
    int64_t *rows = malloc((a->n_arrivals + 1) * sizeof(*rows));
    uint32_t *flags = malloc((a->n_arrivals + 1) * sizeof(*flags));
    size_t n = 0;
    int rc = rows && flags ? DB_OK : DB_NOMEM;

    for (size_t i = 0; i < a->n_arrivals && rc == DB_OK; i++)
        if (a->arrivals[i].told) {
            rows[n] = a->arrivals[i].row;
            flags[n++] = a->arrivals[i].span->flags & OUTER;
        }
    if (rc == DB_OK && n)
        rc = usage_set_flags(&a->writing->statements, rows, flags, n);
    free(rows);
    free(flags);
    return rc;
}

/* What was noted for spans before they came. */
static int take_notes(struct ascent *a, obs_span *spans, const int64_t *rows, size_t n)
{
    uint32_t *flags = calloc(n, sizeof(*flags));
    int rc = flags ? usage_take_notes(&a->writing->statements, spans, rows, n, flags) : DB_NOMEM;

    for (size_t i = 0; i < n && rc == DB_OK; i++)
        if (rows[i]) {
            spans[i].flags |= flags[i] & OUTER;
            a->arrivals[a->n_arrivals++] =
                (struct arrival){&spans[i], rows[i], (flags[i] & OUTER) != 0};
        }
    free(flags);
    if (a->n_arrivals)
        qsort(a->arrivals, a->n_arrivals, sizeof(*a->arrivals), compare_arrivals);
    return rc;
}

int usage_arrived(struct writing *w, const int64_t *rows, obs_span *spans, size_t n)
{
    struct ascent a = {.writing = w, .arrivals = calloc(n + 1, sizeof(struct arrival))};
    int rc = a.arrivals ? take_notes(&a, spans, rows, n) : DB_NOMEM;

    for (size_t i = 0; i < n && rc == DB_OK; i++)
        if (rows[i])
            rc = tell(&a, spans[i].trace_id, spans[i].project_id, spans[i].parent_span_id,
                      told_by(&spans[i]));
    if (rc == DB_OK)
        rc = ascend(&a);
    if (rc == DB_OK)
        rc = write_told(&a);
    free(a.targets);
    free(a.arrivals);
    return rc;
}

int usage_changed(struct writing *w, const obs_span *old, const obs_span *span)
{
    bool moved = memcmp(old->parent_span_id, span->parent_span_id, 8) != 0;
    uint32_t flags = moved ? told_by(span) : told_by(span) & ~told_by(old);
    struct ascent a = {.writing = w};
    int rc = tell(&a, span->trace_id, span->project_id, span->parent_span_id, flags);

    return rc == DB_OK ? ascend(&a) : rc;
}

int usage_expire(struct statements *statements, int64_t before_ns, int n)
{
    static const obs_str sql =
        OBS_STR("DELETE FROM usage_below WHERE (trace_id,span_id,project_id) IN(SELECT"
                " trace_id,span_id,project_id FROM usage_below WHERE seen_ns<?1 LIMIT ?2)");
    struct statement *stmt = NULL;
    int rc = statement_get(statements, sql, &stmt);

    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 1, before_ns);
    if (rc == DB_OK)
        rc = statement_bind_int(stmt, 2, n);
    if (rc == DB_OK)
        rc = statement_step(stmt);
    statement_release(stmt);
    return rc == DB_DONE ? DB_OK : rc;
}
