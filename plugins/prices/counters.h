/* SPDX-License-Identifier: Apache-2.0 */
/* What the plugin counts: priced spans by source, unpriced ones by model, the age of
 * the price book. */
#ifndef PRICES_COUNTERS_H
#define PRICES_COUNTERS_H

#include <observatory/metric.h>
#include <observatory/span.h>

enum { PRICES_N_SOURCES = 6 };

struct prices_counters {
    obs_series *sources[PRICES_N_SOURCES];
    obs_metric *unpriced;
    obs_series *age_s;
};

/* Registers them. Errors: those of obs_metric_register(). Thread: control. */
OBS_MUST_CHECK int counters_register(obs_instance *instance, struct prices_counters *ret);

/* Counts a span that was priced. Thread: any. */
void counters_count(const struct prices_counters *counters, const obs_span *span);

#endif
