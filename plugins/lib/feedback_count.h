/* SPDX-License-Identifier: Apache-2.0 */
/* The metric feedback_total{source,result}. */
#ifndef PLUGINS_LIB_FEEDBACK_COUNT_H
#define PLUGINS_LIB_FEEDBACK_COUNT_H

#include "feedback_id.h"

#include <observatory/metric.h>

enum feedback_result { FEEDBACK_STORED, FEEDBACK_FAILED, N_FEEDBACK_RESULTS };

/* Every series, from the start. */
struct feedback_counters {
    obs_series *series[N_FEEDBACK_SOURCES][N_FEEDBACK_RESULTS];
};

/* Registers them; several plugins may. Errors: those of obs_metric_register(). */
OBS_MUST_CHECK int feedback_counters_register(obs_instance *instance,
                                              struct feedback_counters *ret);

/* Counts each of `n` by its source. Thread: [any]. */
void feedback_count(const struct feedback_counters *counters, const obs_feedback *feedback,
                    size_t n, enum feedback_result result);

#endif
