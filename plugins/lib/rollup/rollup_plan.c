/* SPDX-License-Identifier: Apache-2.0 */
/* Each bucket of the query is covered by itself, so that no cell reaches into two of
 * them; neighbours of one resolution are then one part. */
#include "rollup_plan.h"
#include "cell.h"

#define S_NS INT64_C(1000000000)
#define MAX_SPAN_PARTS 8 /* with more of them spans are as fast */
#define MAX_DEPTH 1000

const int64_t rollup_ns[ROLLUP_N_RESOLUTIONS] = {60 * S_NS, 900 * S_NS, 3600 * S_NS, 86400 * S_NS};

const uint32_t rollup_dimensions[ROLLUP_N_DIMENSIONS] = {
    OBS_FIELD_PROJECT_ID, OBS_FIELD_OPERATION_TYPE, OBS_FIELD_STATUS,      OBS_FIELD_PROVIDER,
    OBS_FIELD_MODEL,      OBS_FIELD_ENVIRONMENT,    OBS_FIELD_SERVICE_NAME};

/* How many of the dimensions each family has. */
static const size_t n_dimensions[ROLLUP_N_FAMILIES] = {3, 5, 7};

bool rollup_has(int family, size_t dimension)
{
    return dimension < n_dimensions[family];
}

/* Of each combination they would be large and many. */
bool rollup_has_distinct(int family)
{
    return family != ROLLUP_ALL;
}

/* --- what can be answered ------------------------------------------------------------- */

/* The least family that has a dimension; ROLLUP_N_FAMILIES: none. */
static int family_of(uint32_t field)
{
    for (size_t i = 0; i < ROLLUP_N_DIMENSIONS; i++)
        if (rollup_dimensions[i] == field)
            for (int family = 0; family < ROLLUP_N_FAMILIES; family++)
                if (rollup_has(family, i))
                    return family;
    return ROLLUP_N_FAMILIES;
}

static int greater(int a, int b)
{
    return a > b ? a : b;
}

/* The least family that a filter can be held against. */
static int family_of_filter(const obs_filter *filter, int depth)
{
    int family = 0;

    if (!filter)
        return 0;
    if (depth == 0)
        return ROLLUP_N_FAMILIES;
    if (filter->kind == OBS_FILTER_LEAF)
        return filter->key.len || filter->op == OBS_OP_SEARCH ? ROLLUP_N_FAMILIES
                                                              : family_of(filter->field);
    for (size_t i = 0; i < filter->n_children; i++)
        family = greater(family, family_of_filter(filter->children[i], depth - 1));
    return family;
}

static bool can_measure(const obs_measure *m, int family)
{
    int number = cell_number_of(m->field);

    switch (m->kind) {
    case OBS_MEASURE_COUNT:
    case OBS_MEASURE_ERRORS:
        return true;
    case OBS_MEASURE_SUM:
    case OBS_MEASURE_AVG:
    case OBS_MEASURE_PRESENT:
        return number >= 0;
    case OBS_MEASURE_MIN:
    case OBS_MEASURE_MAX:
        return number >= 0 && cell_kinds[number].extremes;
    case OBS_MEASURE_STDDEV:
        return number >= 0 && cell_kinds[number].squares;
    case OBS_MEASURE_QUANTILE:
        return number >= 0 && number < CELL_N_SKETCHES;
    default:
        return rollup_has_distinct(family) &&
               (m->field == OBS_FIELD_USER_ID || m->field == OBS_FIELD_SESSION_ID);
    }
}

int rollup_family(const obs_aggregate_query *q)
{
    int family = family_of_filter(q->filter, MAX_DEPTH);

    for (size_t i = 0; i < q->n_dimensions; i++)
        family = greater(family, q->dimensions[i].key.len ? ROLLUP_N_FAMILIES
                                                          : family_of(q->dimensions[i].field));
    if (family == ROLLUP_N_FAMILIES)
        return family;
    for (size_t i = 0; i < q->n_measures; i++)
        if (!can_measure(&q->measures[i], family))
            return ROLLUP_N_FAMILIES;
    return family;
}

/* --- covering the range ------------------------------------------------------------------ */

/* A multiple of `step` at or before `ns`, at or after it; ends of open ranges stay. */
static int64_t floor_to(int64_t ns, int64_t step)
{
    int64_t rest = ns % step;

    if (ns == INT64_MIN || ns == INT64_MAX)
        return ns;
    return ns - rest - (rest < 0 ? step : 0);
}

static int64_t ceil_to(int64_t ns, int64_t step)
{
    int64_t low = floor_to(ns, step), high;

    return low == ns || __builtin_add_overflow(low, step, &high) ? ns : high;
}

struct cover {
    struct rollup_plan *plan;
    const struct rollup_horizon *horizon;
    obs_arena *arena;
    size_t span_parts;
};

static int add(struct cover *c, int resolution, int64_t from_ns, int64_t to_ns)
{
    struct rollup_plan *p = c->plan;

    if (p->n && p->parts[p->n - 1].resolution == resolution &&
        p->parts[p->n - 1].to_ns == from_ns) {
        p->parts[p->n - 1].to_ns = to_ns;
        return OBS_OK;
    }
    if (resolution == ROLLUP_SPANS && c->span_parts++ == MAX_SPAN_PARTS)
        return OBS_E_UNSUPPORTED;
    if (p->n == p->capacity) {
        size_t capacity = p->capacity ? 2 * p->capacity : 16;
        struct rollup_part *parts = obs_arena_alloc(c->arena, capacity * sizeof(*parts));

        if (!parts)
            return OBS_E_NOMEM;
        if (p->n)
            memcpy(parts, p->parts, p->n * sizeof(*parts));
        p->parts = parts;
        p->capacity = capacity;
    }
    p->parts[p->n++] = (struct rollup_part){resolution, from_ns, to_ns};
    return OBS_OK;
}

/* What no cell fits: spans, or days when there are no spans any more. */
static int add_rest(struct cover *c, int64_t from_ns, int64_t to_ns)
{
    int64_t day = rollup_ns[ROLLUP_DAY], low, high;

    if (from_ns >= c->horizon->spans_ns)
        return add(c, ROLLUP_SPANS, from_ns, to_ns);
    c->plan->coarse = true;
    low = ceil_to(from_ns, day);
    high = ceil_to(to_ns, day);
    return low < high ? add(c, ROLLUP_DAY, low, high) : OBS_OK;
}

static int cover(struct cover *c, int resolution, int64_t from_ns, int64_t to_ns)
{
    int64_t step, low, high;
    int rc = OBS_OK;

    if (from_ns >= to_ns)
        return OBS_OK;
    if (resolution < 0)
        return add_rest(c, from_ns, to_ns);
    step = rollup_ns[resolution];
    low = ceil_to(from_ns > c->horizon->cells_ns[resolution] ? from_ns
                                                             : c->horizon->cells_ns[resolution],
                  step);
    if (from_ns == INT64_MIN && c->horizon->cells_ns[resolution] == INT64_MIN)
        low = INT64_MIN;
    high = floor_to(to_ns, step);
    if (low >= high)
        return cover(c, resolution - 1, from_ns, to_ns);
    rc = cover(c, resolution - 1, from_ns, low);
    if (rc == OBS_OK)
        rc = add(c, resolution, low, high);
    return rc == OBS_OK ? cover(c, resolution - 1, high, to_ns) : rc;
}

int rollup_plan(const obs_aggregate_query *q, const struct rollup_horizon *horizon,
                obs_arena *arena, struct rollup_plan *ret)
{
    struct cover c = {.plan = ret, .horizon = horizon, .arena = arena};
    int rc = OBS_OK;

    *ret = (struct rollup_plan){0};
    if (q->n_edges == 0)
        return cover(&c, ROLLUP_DAY, q->from_ns, q->to_ns);
    for (size_t i = 1; i < q->n_edges && rc == OBS_OK; i++)
        rc = cover(&c, ROLLUP_DAY, q->edges[i - 1], q->edges[i]);
    return rc;
}
