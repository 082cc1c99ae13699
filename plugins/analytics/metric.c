/* SPDX-License-Identifier: Apache-2.0 */
/* Averages are of all spans, never of averages; rates are of sums. */
#include "metric.h"

#include <math.h>

enum { AVG, SUM, MIN, MAX, COUNT, P50, P75, P90, P95, P99, P999, STDDEV };

const struct aggregation aggregations[] = {
    [AVG] = {"avg", OBS_MEASURE_AVG, 0},
    [SUM] = {"sum", OBS_MEASURE_SUM, 0},
    [MIN] = {"min", OBS_MEASURE_MIN, 0},
    [MAX] = {"max", OBS_MEASURE_MAX, 0},
    [COUNT] = {"count", OBS_MEASURE_PRESENT, 0},
    [P50] = {"p50", OBS_MEASURE_QUANTILE, 0.5},
    [P75] = {"p75", OBS_MEASURE_QUANTILE, 0.75},
    [P90] = {"p90", OBS_MEASURE_QUANTILE, 0.9},
    [P95] = {"p95", OBS_MEASURE_QUANTILE, 0.95},
    [P99] = {"p99", OBS_MEASURE_QUANTILE, 0.99},
    [P999] = {"p99.9", OBS_MEASURE_QUANTILE, 0.999},
    [STDDEV] = {"stddev", OBS_MEASURE_STDDEV, 0},
};
const size_t n_aggregations = sizeof(aggregations) / sizeof(*aggregations);

const struct metric_def metric_defs[] = {
    {"request_count", METRIC_REQUESTS, 0, UNIT_COUNT, COUNT},
    {"duration", METRIC_FIELD, OBS_FIELD_DURATION, UNIT_MS, AVG},
    {"ttft", METRIC_FIELD, OBS_FIELD_TTFT, UNIT_MS, AVG},
    {"tokens_per_second", METRIC_FIELD, OBS_FIELD_TOKENS_PER_SECOND, UNIT_SPEED, AVG},
    {"total_tokens", METRIC_FIELD, OBS_FIELD_TOTAL_TOKENS, UNIT_COUNT, SUM},
    {"prompt_tokens", METRIC_FIELD, OBS_FIELD_PROMPT_TOKENS, UNIT_COUNT, SUM},
    {"completion_tokens", METRIC_FIELD, OBS_FIELD_COMPLETION_TOKENS, UNIT_COUNT, SUM},
    {"cached_tokens", METRIC_FIELD, OBS_FIELD_CACHED_TOKENS, UNIT_COUNT, SUM},
    {"cache_write_tokens", METRIC_FIELD, OBS_FIELD_CACHE_WRITE_TOKENS, UNIT_COUNT, SUM},
    {"reasoning_tokens", METRIC_FIELD, OBS_FIELD_REASONING_TOKENS, UNIT_COUNT, SUM},
    {"total_cost", METRIC_FIELD, OBS_FIELD_TOTAL_COST, UNIT_USD, SUM},
    {"prompt_cost", METRIC_FIELD, OBS_FIELD_PROMPT_COST, UNIT_USD, SUM},
    {"completion_cost", METRIC_FIELD, OBS_FIELD_COMPLETION_COST, UNIT_USD, SUM},
    {"error_count", METRIC_ERRORS, 0, UNIT_COUNT, COUNT},
    {"success_count", METRIC_SUCCESSES, 0, UNIT_COUNT, COUNT},
    {"error_rate", METRIC_ERROR_RATE, 0, UNIT_RATIO, AVG},
    {"success_rate", METRIC_SUCCESS_RATE, 0, UNIT_RATIO, AVG},
    {"throughput", METRIC_THROUGHPUT, 0, UNIT_RATIO, AVG},
    {"unique_users", METRIC_DISTINCT, OBS_FIELD_USER_ID, UNIT_COUNT, COUNT},
    {"unique_sessions", METRIC_DISTINCT, OBS_FIELD_SESSION_ID, UNIT_COUNT, COUNT},
};
const size_t n_metric_defs = sizeof(metric_defs) / sizeof(*metric_defs);

const struct metric_def *metric_find(obs_str name)
{
    for (size_t i = 0; i < n_metric_defs; i++)
        if (obs_str_is(name, metric_defs[i].name))
            return &metric_defs[i];
    return NULL;
}

int aggregation_find(obs_str name)
{
    for (size_t i = 0; i < n_aggregations; i++)
        if (obs_str_is(name, aggregations[i].name))
            return (int)i;
    return -1;
}

obs_str metric_names(obs_arena *arena)
{
    obs_buf *buf = obs_buf_new(arena, /* limit_bytes= */ 0);

    for (size_t i = 0; buf && i < n_metric_defs; i++)
        obs_buf_printf(buf, "%s%s", i ? ", " : "", metric_defs[i].name);
    return buf ? obs_buf_str(buf) : obs_str_n(NULL, 0);
}

/* --- asking ---------------------------------------------------------------------------- */

size_t measure_add(struct measures *m, uint32_t kind, uint32_t field, double argument)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->items[i].kind == kind && m->items[i].field == field &&
            !(m->items[i].argument < argument) && !(m->items[i].argument > argument))
            return i;
    m->items[m->n] = (obs_measure){kind, field, argument};
    return m->n++;
}

bool metric_ask(struct metric *metric, struct measures *m)
{
    const struct aggregation *a = &aggregations[metric->aggregation];

    if (m->n + 2 > sizeof(m->items) / sizeof(m->items[0]))
        return false;
    switch (metric->def->kind) {
    case METRIC_FIELD:
        metric->first = measure_add(m, a->kind, metric->def->field, a->argument);
        break;
    case METRIC_DISTINCT:
        metric->first = measure_add(m, OBS_MEASURE_DISTINCT, metric->def->field, 0);
        break;
    case METRIC_ERRORS:
        metric->first = measure_add(m, OBS_MEASURE_ERRORS, 0, 0);
        break;
    default:
        metric->first = measure_add(m, OBS_MEASURE_COUNT, 0, 0);
        metric->second = measure_add(m, OBS_MEASURE_ERRORS, 0, 0);
    }
    return true;
}

bool metric_bound(const struct metric *metric, double shown, size_t *ret_measure, double *ret_value)
{
    static const double scales[] = {
        [UNIT_COUNT] = 1, [UNIT_MS] = 1e6, [UNIT_USD] = 1e9, [UNIT_SPEED] = 1e6};

    if (metric->def->kind != METRIC_FIELD && metric->def->kind != METRIC_REQUESTS &&
        metric->def->kind != METRIC_ERRORS && metric->def->kind != METRIC_DISTINCT)
        return false;
    *ret_measure = metric->first;
    *ret_value = aggregations[metric->aggregation].kind == OBS_MEASURE_PRESENT
                     ? shown
                     : shown * scales[metric->def->unit];
    return true;
}

/* --- showing --------------------------------------------------------------------------- */

static void real_write(double value, obs_jw *jw)
{
    if (!isfinite(value))
        obs_jw_null(jw);
    else if (fabs(value) < 9e12)
        obs_jw_fixed(jw, llround(value * 1e6), 6);
    else
        obs_jw_double(jw, value);
}

void number_write(enum unit unit, bool whole, obs_number number, obs_jw *jw)
{
    if (isnan(number.d)) {
        obs_jw_null(jw);
        return;
    }
    switch (unit) {
    case UNIT_MS: /* whole microseconds */
        obs_jw_fixed(jw, number.i / 1000 + (number.i % 1000 >= 500), 3);
        break;
    case UNIT_USD:
        obs_jw_fixed(jw, number.i, 9);
        break;
    case UNIT_SPEED:
        obs_jw_fixed(jw, number.i, 6);
        break;
    default:
        if (whole)
            obs_jw_int(jw, number.i);
        else
            real_write(number.d, jw);
    }
}

void ratio_write(double part, double whole, obs_jw *jw)
{
    if (whole > 0)
        real_write(part / whole, jw);
    else
        obs_jw_null(jw);
}

void change_write(double now, double before, obs_jw *jw)
{
    if (before > 0 && isfinite(now))
        obs_jw_fixed(jw, llround((now - before) / before * 1e4), 2);
    else
        obs_jw_null(jw);
}

static bool is_whole(uint32_t kind)
{
    return kind != OBS_MEASURE_AVG && kind != OBS_MEASURE_STDDEV;
}

void metric_write(const struct metric *metric, const obs_number *numbers, double seconds,
                  obs_jw *jw)
{
    double count = numbers[metric->first].d, errors = numbers[metric->second].d;
    uint32_t kind = aggregations[metric->aggregation].kind;

    switch (metric->def->kind) {
    case METRIC_FIELD:
        number_write(kind == OBS_MEASURE_PRESENT ? UNIT_COUNT : metric->def->unit, is_whole(kind),
                     numbers[metric->first], jw);
        break;
    case METRIC_SUCCESSES:
        obs_jw_int(jw, numbers[metric->first].i - numbers[metric->second].i);
        break;
    case METRIC_ERROR_RATE:
        ratio_write(errors, count, jw);
        break;
    case METRIC_SUCCESS_RATE:
        ratio_write(count - errors, count, jw);
        break;
    case METRIC_THROUGHPUT:
        ratio_write(count, seconds, jw);
        break;
    default:
        obs_jw_int(jw, numbers[metric->first].i);
    }
}
