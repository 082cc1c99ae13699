/* SPDX-License-Identifier: Apache-2.0 */
/* Counting feedback: a caller's own source counts as "other", so that the number of
 * series is bounded. */
#include "feedback_count.h"

static obs_str label_of(int source)
{
    return source == FEEDBACK_OTHER ? obs_str_of("other")
                                    : feedback_source_name((enum feedback_source)source);
}

int feedback_counters_register(obs_instance *instance, struct feedback_counters *ret)
{
    static const char *const labels[] = {"source", "result"};
    static const obs_str results[] = {OBS_STR("stored"), OBS_STR("failed")};
    const obs_metric_spec spec = {
        .size = sizeof(spec),
        .kind = OBS_METRIC_COUNTER,
        .name = "feedback_total",
        .help = "Feedback received, by where it came from and what became of it",
        .labels = labels,
        .n_labels = 2,
    };
    obs_metric *metric;
    int rc = obs_metric_register(instance, &spec, &metric);

    if (rc < 0)
        return rc;
    for (int s = 0; s < N_FEEDBACK_SOURCES; s++)
        for (int r = 0; r < N_FEEDBACK_RESULTS; r++) {
            const obs_str values[] = {label_of(s), results[r]};

            ret->series[s][r] = obs_metric_series(metric, values);
        }
    return OBS_OK;
}

void feedback_count(const struct feedback_counters *counters, const obs_feedback *feedback,
                    size_t n, enum feedback_result result)
{
    for (size_t i = 0; i < n; i++) {
        int source = 0;

        while (source < FEEDBACK_OTHER &&
               !obs_str_eq(feedback[i].source, feedback_source_name((enum feedback_source)source)))
            source++;
        obs_series_add(counters->series[source][result], 1);
    }
}
