/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/metrics/summary: a period against the one before, and who leads. */
#include "groups.h"
#include "preset.h"

#include <stdlib.h>

#define TOP 5

static const struct preset presets[] = {
    {"request_count", NULL, "request_count"},
    {"total_cost", NULL, "total_cost_usd"},
    {"total_tokens", NULL, "total_tokens"},
    {"duration", "avg", "avg_duration_ms"},
    {"error_count", NULL, "error_count"},
    {"unique_users", NULL, "unique_users"},
    {"unique_sessions", NULL, "unique_sessions"},
    {"prompt_tokens", NULL, "prompt_tokens"},
    {"completion_tokens", NULL, "completion_tokens"},
    {"total_cost", "avg", "avg_cost_usd"},
    {"duration", "p50", "p50_duration_ms"},
    {"duration", "p95", "p95_duration_ms"},
    {"duration", "p99", "p99_duration_ms"},
    {"error_rate", NULL, "error_rate"},
    {"success_rate", NULL, "success_rate"},
    {"throughput", NULL, "throughput_rps"},
};

static const obs_dimension by_model[] = {{.field = OBS_FIELD_PROVIDER}, {.field = OBS_FIELD_MODEL}};

struct summary {
    struct question q;
    struct measures measures;
    struct period before;
};

/* --- changes ------------------------------------------------------------------------------ */

static void write_changes(struct ask *ask, const struct summary *x)
{
    static const char *const of[] = {"request_count",   "total_cost_usd",  "total_tokens",
                                     "avg_duration_ms", "p95_duration_ms", "error_count",
                                     "unique_users",    "unique_sessions"};

    obs_jw_key(ask->jw, "change_percent");
    obs_jw_object(ask->jw);
    for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++) {
        obs_jw_key(ask->jw, of[i]);
        change_write(preset_value(&x->q, of[i], ask->answers[0].all.numbers),
                     preset_value(&x->q, of[i], ask->answers[1].all.numbers), ask->jw);
    }
    obs_jw_end_object(ask->jw);
}

/* --- leaders ------------------------------------------------------------------------------- */

struct leader {
    const struct ask_row *row;
    double value;
};

static int compare(const void *left, const void *right)
{
    const struct leader *a = left, *b = right;

    return (b->value > a->value) - (b->value < a->value);
}

/* The models with the most of something. */
static int write_top(struct ask *ask, const struct summary *x, const char *name, const char *alias)
{
    size_t n = 0, i = 0;
    struct leader *leaders;
    obs_jw *jw = ask->jw;

    for (const struct ask_row *row = ask->answers[2].groups; row; row = row->next)
        n++;
    leaders = obs_arena_calloc(ask->arena, n + 1, sizeof(*leaders));
    if (!leaders)
        return OBS_E_NOMEM;
    for (const struct ask_row *row = ask->answers[2].groups; row; row = row->next)
        leaders[i++] = (struct leader){row, preset_value(&x->q, alias, row->numbers)};
    qsort(leaders, n, sizeof(*leaders), compare);
    obs_jw_key(jw, name);
    obs_jw_array(jw);
    for (i = 0; i < n && i < TOP; i++) {
        obs_jw_object(jw);
        obs_jw_key(jw, "provider");
        dimension_write(jw, &by_model[0], leaders[i].row->dimensions[0]);
        obs_jw_key(jw, "model");
        dimension_write(jw, &by_model[1], leaders[i].row->dimensions[1]);
        metrics_write(ask, &x->q, leaders[i].row->numbers, period_s(&x->q.period));
        obs_jw_end_object(jw);
    }
    obs_jw_end_array(jw);
    return OBS_OK;
}

static void write_total(struct ask *ask, const struct summary *x, size_t at, const char *name,
                        const struct period *period)
{
    obs_jw_key(ask->jw, name);
    obs_jw_object(ask->jw);
    obs_jw_key(ask->jw, "from");
    obs_jw_time(ask->jw, period->from_ns);
    obs_jw_key(ask->jw, "to");
    obs_jw_time(ask->jw, period->to_ns);
    metrics_write(ask, &x->q, ask->answers[at].all.numbers, period_s(period));
    obs_jw_end_object(ask->jw);
}

static int write(struct ask *ask)
{
    static const char *const tops[][2] = {{"by_cost", "total_cost_usd"},
                                          {"by_requests", "request_count"},
                                          {"by_duration", "avg_duration_ms"},
                                          {"by_errors", "error_count"}};
    struct summary *x = ask->user;
    int rc = OBS_OK;

    obs_jw_key(ask->jw, "data");
    obs_jw_object(ask->jw);
    write_total(ask, x, 0, "current", &x->q.period);
    write_total(ask, x, 1, "previous", &x->before);
    write_changes(ask, x);
    obs_jw_key(ask->jw, "top_models");
    obs_jw_object(ask->jw);
    for (size_t i = 0; i < 4 && rc == OBS_OK; i++)
        rc = write_top(ask, x, tops[i][0], tops[i][1]);
    obs_jw_end_object(ask->jw);
    obs_jw_end_object(ask->jw);
    return rc;
}

int handle_summary(obs_request *req, void *self)
{
    struct analytics *analytics = self;
    struct ask *ask = ask_new(req, analytics, write, NULL);
    struct summary *x = ask ? obs_arena_calloc(ask->arena, 1, sizeof(*x)) : NULL;
    int rc;

    if (!x)
        return OBS_E_NOMEM;
    ask->user = x;
    rc = question_read(&x->q, ask, NULL, 86400, NULL);
    if (rc != OBS_OK)
        return rc == OBS_RESPONDED ? OBS_OK : rc;
    x->q.period.edges = NULL;
    x->q.period.n_edges = 0;
    x->before = period_before(&x->q.period);
    preset_take(&x->q, presets, sizeof(presets) / sizeof(*presets), &x->measures);
    (void)ask_add(ask, &x->q.period, x->q.filter, NULL, 0, x->measures.items, x->measures.n);
    (void)ask_add(ask, &x->before, x->q.filter, NULL, 0, x->measures.items, x->measures.n);
    (void)ask_add(ask, &x->q.period, x->q.filter, by_model, 2, x->measures.items, x->measures.n);
    return ask_run(ask);
}
