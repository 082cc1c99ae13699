/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/costs/summary, and under its other names: what was spent, on what, and
 * whether it is more than before. */
#include "costs.h"
#include "groups.h"

#define DAY_NS INT64_C(86400000000000)
#define TOP 10

static const struct preset presets[] = COST_PRESETS;

static const obs_dimension by_provider[] = {{.field = OBS_FIELD_PROVIDER}};
static const obs_dimension by_model[] = {{.field = OBS_FIELD_PROVIDER}, {.field = OBS_FIELD_MODEL}};
static const obs_dimension by_environment[] = {{.field = OBS_FIELD_ENVIRONMENT}};
static const obs_dimension by_trace[] = {{.field = OBS_FIELD_TRACE_ID}};

enum { NOW, BEFORE, DAYS, PROVIDERS, MODELS, ENVIRONMENTS, TRACES };

static const struct {
    size_t at;
    const char *name;
    const obs_dimension *dimensions;
    size_t n;
    const char *keys[2];
} lists[] = {
    {PROVIDERS, "by_provider", by_provider, 1, {"provider"}},
    {MODELS, "by_model", by_model, 2, {"provider", "model"}},
    {ENVIRONMENTS, "by_environment", by_environment, 1, {"environment"}},
    {TRACES, "expensive_traces", by_trace, 1, {"trace_id"}},
};

struct costs {
    struct question q;
    struct measures measures;
    struct period before, days; /* days: the last 14 whole ones */
    bool with_traces;
};

/* --- trends -------------------------------------------------------------------------------- */

/* What was spent in days [from, to) of the last 14. */
static double spent(const struct ask *ask, size_t from, size_t to)
{
    const struct ask_row *row = ask->answers[DAYS].groups;
    double sum = 0;

    for (size_t i = from; row && i < to; i++)
        sum += row->buckets[i] ? row->buckets[i]->numbers[COST_SORT].d : 0;
    return sum;
}

static void write_trends(struct ask *ask)
{
    size_t n = ask->answers[DAYS].n_buckets;
    obs_jw *jw = ask->jw;

    obs_jw_key(jw, "trends");
    obs_jw_object(jw);
    obs_jw_key(jw, "day_over_day_percent"); /* of whole days */
    if (n >= 2)
        change_write(spent(ask, n - 1, n), spent(ask, n - 2, n - 1), jw);
    else
        obs_jw_null(jw);
    obs_jw_key(jw, "week_over_week_percent");
    if (n >= 14)
        change_write(spent(ask, n - 7, n), spent(ask, n - 14, n - 7), jw);
    else
        obs_jw_null(jw);
    obs_jw_end_object(jw);
}

/* --- lists ---------------------------------------------------------------------------------- */

static void write_list(struct ask *ask, const struct costs *x, size_t i)
{
    const struct ask_answer *answer = &ask->answers[lists[i].at];
    double total = preset_value(&x->q, "total_cost_usd", answer->all.numbers);
    obs_jw *jw = ask->jw;

    obs_jw_key(jw, lists[i].name);
    obs_jw_array(jw);
    for (const struct ask_row *row = answer->groups; row; row = row->next) {
        obs_jw_object(jw);
        for (size_t k = 0; k < lists[i].n; k++) {
            obs_jw_key(jw, lists[i].keys[k]);
            dimension_write(jw, &lists[i].dimensions[k], row->dimensions[k]);
        }
        metrics_write(ask, &x->q, row->numbers, period_s(&x->q.period));
        obs_jw_key(jw, "share");
        ratio_write(preset_value(&x->q, "total_cost_usd", row->numbers), total, jw);
        obs_jw_end_object(jw);
    }
    obs_jw_end_array(jw);
}

static void write_total(struct ask *ask, const struct costs *x, size_t at, const char *name)
{
    obs_jw_key(ask->jw, name);
    obs_jw_object(ask->jw);
    metrics_write(ask, &x->q, ask->answers[at].all.numbers, period_s(&x->q.period));
    obs_jw_end_object(ask->jw);
}

static int write(struct ask *ask)
{
    struct costs *x = ask->user;
    obs_jw *jw = ask->jw;

    obs_jw_key(jw, "data");
    obs_jw_object(jw);
    write_total(ask, x, NOW, "current");
    write_total(ask, x, BEFORE, "previous");
    obs_jw_key(jw, "change_percent");
    change_write(preset_value(&x->q, "total_cost_usd", ask->answers[NOW].all.numbers),
                 preset_value(&x->q, "total_cost_usd", ask->answers[BEFORE].all.numbers), jw);
    write_trends(ask);
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
        if (lists[i].at != TRACES || x->with_traces)
            write_list(ask, x, i);
    obs_jw_key(jw, "time_series");
    if (ask->answers[NOW].groups)
        series_write(ask, &x->q, ask->answers[NOW].groups);
    else
        obs_jw_null(jw);
    obs_jw_end_object(jw);
    period_write(&x->q.period, jw);
    return OBS_OK;
}

/* --- the question ------------------------------------------------------------------------------
 */

/* The last 14 days of the zone that are over. */
static int cut_days(struct costs *x, obs_arena *arena)
{
    struct period *days = &x->days;
    int64_t today_s;

    *days = x->q.period;
    days->interval = interval_find(obs_str_of("1d"));
    today_s = bucket_begin(days->zone, days->interval->size, days->to_ns / 1000000000);
    days->to_ns = today_s * 1000000000;
    days->from_ns =
        bucket_begin(days->zone, days->interval->size, today_s - 14 * 86400 + 43200) * 1000000000;
    return period_cut(days, /* max_points= */ 16, arena);
}

static int ask_all(struct ask *ask, struct costs *x)
{
    struct period whole = x->q.period;
    int rc = cut_days(x, ask->arena);

    if (rc < 0)
        return rc;
    whole.edges = NULL;
    whole.n_edges = 0;
    x->before = period_before(&x->q.period);
    (void)ask_add(ask, &x->q.period, x->q.filter, NULL, 0, x->measures.items, x->measures.n);
    (void)ask_add(ask, &x->before, x->q.filter, NULL, 0, x->measures.items, x->measures.n);
    (void)ask_add(ask, &x->days, x->q.filter, NULL, 0, x->measures.items, 1);
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
        size_t at;

        if (lists[i].at == TRACES && !x->with_traces)
            continue;
        at = ask_add(ask, &whole, x->q.filter, lists[i].dimensions, lists[i].n, x->measures.items,
                     x->measures.n);
        ask->queries[at].sort_measure = COST_SORT;
        ask->queries[at].limit = lists[i].at == TRACES ? TOP : x->q.limit;
    }
    return ask_run(ask);
}

int handle_costs(obs_request *req, void *self)
{
    struct analytics *analytics = self;
    struct ask *ask = ask_new(req, analytics, write, NULL);
    struct costs *x = ask ? obs_arena_calloc(ask->arena, 1, sizeof(*x)) : NULL;
    int rc;

    if (!x)
        return OBS_E_NOMEM;
    ask->user = x;
    rc = question_read(&x->q, ask, "1d", 30 * 86400, "include");
    if (rc == OBS_OK && x->q.extra.ptr && !obs_str_is(x->q.extra, "traces"))
        rc = question_complain(&x->q, req, OBS_E_INVALID, "include", "traces", x->q.extra);
    if (rc != OBS_OK)
        return rc == OBS_RESPONDED ? OBS_OK : rc;
    x->with_traces = x->q.extra.ptr != NULL;
    preset_take(&x->q, presets, sizeof(presets) / sizeof(*presets), &x->measures);
    return ask_all(ask, x);
}
