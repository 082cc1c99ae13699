/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/metrics/performance: how fast, how much, over time. */
#include "groups.h"
#include "preset.h"

static const struct preset presets[] = {
    {"request_count", NULL, "request_count"},
    {"throughput", NULL, "throughput_rps"},
    {"duration", "avg", "avg_duration_ms"},
    {"duration", "p50", "p50_duration_ms"},
    {"duration", "p90", "p90_duration_ms"},
    {"duration", "p95", "p95_duration_ms"},
    {"duration", "p99", "p99_duration_ms"},
    {"duration", "stddev", "stddev_duration_ms"},
    {"ttft", "avg", "avg_ttft_ms"},
    {"ttft", "p50", "p50_ttft_ms"},
    {"ttft", "p95", "p95_ttft_ms"},
    {"ttft", "p99", "p99_ttft_ms"},
    {"tokens_per_second", "avg", "avg_tokens_per_second"},
    {"total_tokens", NULL, "total_tokens"},
    {"completion_tokens", NULL, "completion_tokens"},
    {"error_count", NULL, "error_count"},
    {"error_rate", NULL, "error_rate"},
};

struct performance {
    struct question q;
    struct measures measures;
};

static int write(struct ask *ask)
{
    struct performance *x = ask->user;
    const struct ask_row *total = ask->answers[0].groups;
    obs_jw *jw = ask->jw;

    obs_jw_key(jw, "data");
    obs_jw_object(jw);
    obs_jw_key(jw, "summary");
    obs_jw_object(jw);
    metrics_write(ask, &x->q, ask->answers[0].all.numbers, period_s(&x->q.period));
    obs_jw_end_object(jw);
    obs_jw_key(jw, "time_series");
    if (total)
        series_write(ask, &x->q, total);
    else
        obs_jw_null(jw);
    if (x->q.n_dimensions)
        groups_write(ask, 1, &x->q, "groups");
    obs_jw_end_object(jw);
    period_write(&x->q.period, jw);
    return OBS_OK;
}

int handle_performance(obs_request *req, void *self)
{
    struct analytics *analytics = self;
    struct ask *ask = ask_new(req, analytics, write, NULL);
    struct performance *x = ask ? obs_arena_calloc(ask->arena, 1, sizeof(*x)) : NULL;
    int rc;

    if (!x)
        return OBS_E_NOMEM;
    ask->user = x;
    rc = question_read(&x->q, ask, "auto", 86400, NULL);
    if (rc != OBS_OK)
        return rc == OBS_RESPONDED ? OBS_OK : rc;
    preset_take(&x->q, presets, sizeof(presets) / sizeof(*presets), &x->measures);
    (void)ask_add(ask, &x->q.period, x->q.filter, NULL, 0, x->measures.items, x->measures.n);
    if (x->q.n_dimensions) {
        size_t at = ask_add(ask, &x->q.period, x->q.filter, x->q.dimensions, x->q.n_dimensions,
                            x->measures.items, x->measures.n);
        ask->queries[at].limit = x->q.limit;
    }
    return ask_run(ask);
}
