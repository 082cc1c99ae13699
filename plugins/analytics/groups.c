/* SPDX-License-Identifier: Apache-2.0 */
/* A bucket without spans has counts of 0 with fill=zero, nothing but null with
 * fill=null, and is left out with fill=none. */
#include "groups.h"
#include "span_value.h"

void dimension_write(obs_jw *jw, const obs_dimension *d, obs_str value)
{
    bool id = !d->key.len && (d->field == OBS_FIELD_TRACE_ID || d->field == OBS_FIELD_SPAN_ID ||
                              d->field == OBS_FIELD_PARENT_SPAN_ID);

    if (value.len == 0)
        obs_jw_null(jw);
    else if (id)
        obs_jw_hex(jw, (const uint8_t *)value.ptr, value.len);
    else
        obs_jw_str(jw, value);
}

void group_key_write(obs_jw *jw, const struct question *q, const struct ask_row *row)
{
    obs_jw_object(jw);
    for (size_t i = 0; i < q->n_dimensions; i++) {
        obs_jw_key_str(jw, q->dimension_names[i]);
        dimension_write(jw, &q->dimensions[i], row->dimensions[i]);
    }
    obs_jw_end_object(jw);
}

/* What a metric of nothing is with fill=zero. */
static void zero_write(const struct metric *metric, obs_jw *jw)
{
    bool counted = metric->def->kind != METRIC_ERROR_RATE &&
                   metric->def->kind != METRIC_SUCCESS_RATE &&
                   (metric->def->kind != METRIC_FIELD ||
                    aggregations[metric->aggregation].kind == OBS_MEASURE_SUM ||
                    aggregations[metric->aggregation].kind == OBS_MEASURE_PRESENT);

    if (counted)
        obs_jw_int(jw, 0);
    else
        obs_jw_null(jw);
}

void metrics_write(struct ask *ask, const struct question *q, const obs_number *numbers,
                   double seconds)
{
    for (size_t i = 0; i < q->n_metrics; i++) {
        obs_jw_key_str(ask->jw, q->metrics[i].alias);
        if (numbers)
            metric_write(&q->metrics[i], numbers, seconds, ask->jw);
        else if (q->fill == FILL_ZERO)
            zero_write(&q->metrics[i], ask->jw);
        else
            obs_jw_null(ask->jw);
    }
}

void series_write(struct ask *ask, const struct question *q, const struct ask_row *row)
{
    obs_jw_array(ask->jw);
    for (size_t i = 0; i + 1 < q->period.n_edges; i++) {
        const struct ask_row *bucket = row->buckets ? row->buckets[i] : NULL;

        if (!bucket && q->fill == FILL_NONE)
            continue;
        obs_jw_object(ask->jw);
        obs_jw_key(ask->jw, "timestamp");
        obs_jw_time(ask->jw, q->period.begins[i]);
        metrics_write(ask, q, bucket ? bucket->numbers : NULL, period_bucket_s(&q->period, i));
        obs_jw_end_object(ask->jw);
    }
    obs_jw_end_array(ask->jw);
}

void groups_write(struct ask *ask, size_t at, const struct question *q, const char *name)
{
    obs_jw_key(ask->jw, name);
    obs_jw_array(ask->jw);
    for (const struct ask_row *row = ask->answers[at].groups; row; row = row->next) {
        obs_jw_object(ask->jw);
        obs_jw_key(ask->jw, "group");
        group_key_write(ask->jw, q, row);
        obs_jw_key(ask->jw, "values");
        obs_jw_object(ask->jw);
        metrics_write(ask, q, row->numbers, period_s(&q->period));
        obs_jw_end_object(ask->jw);
        if (q->period.n_edges) {
            obs_jw_key(ask->jw, "series");
            series_write(ask, q, row);
        }
        obs_jw_end_object(ask->jw);
    }
    obs_jw_end_array(ask->jw);
}
