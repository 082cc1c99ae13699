/* SPDX-License-Identifier: Apache-2.0 */
/* Counters, gauges and histograms with labels, after the Prometheus and
 * OpenMetrics 1.0 data model. Each thread writes to a shard of its own, so an
 * update is a few nanoseconds and takes no lock; readers add the shards up. */
#ifndef OBSERVATORY_METRIC_H
#define OBSERVATORY_METRIC_H

#include <observatory/log.h>

OBS_BEGIN_DECLS

/* A named family of series.  Since: ABI 1.0. */
typedef struct obs_metric obs_metric;

/* One combination of label values of a family.  Since: ABI 1.0. */
typedef struct obs_series obs_series;

#define OBS_METRIC_COUNTER 0u
#define OBS_METRIC_GAUGE 1u
#define OBS_METRIC_HISTOGRAM 2u
#define OBS_METRIC_MAX_LABELS 8u

/* What obs_metric_register() needs. Strings are copied. `size` first.
 * Since: ABI 1.0. */
typedef struct obs_metric_spec {
    uint32_t size;
    uint32_t kind;    /* OBS_METRIC_* */
    const char *name; /* without unit suffix rules broken: see OpenMetrics §5 */
    const char *help;
    const char *const *labels; /* n_labels names */
    size_t n_labels;
    const double *bounds; /* histogram: ascending upper bounds; NULL: 1 ms … 10 s */
    size_t n_bounds;
    uint32_t max_series; /* label combinations kept; 0: 1000. Over it goes to a series whose
                            labels are all "other" */
    uint32_t reserved;
} obs_metric_spec;

/* Registers a family, or finds the one of that name with the same kind and
 * labels (so that a family outlives the instance that made it and counters do
 * not jump back). Errors: OBS_E_INVALID (bad name or labels), OBS_E_CONFLICT
 * (registered otherwise), OBS_E_NOMEM.
 * Thread: [control].  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_metric_register(obs_instance *instance, const obs_metric_spec *spec,
                                               obs_metric **ret_metric);

/* The series with these label values (n_labels of them, NULL when there are
 * none), made on first use. Takes a lock: look up once, keep the pointer; it
 * is valid as long as the process. Never NULL: out of memory gives the
 * "other" series.  Thread: [any].  Since: ABI 1.0. */
OBS_API obs_series *obs_metric_series(obs_metric *metric, const obs_str *values);

/* Adds to a counter (`amount` >= 0) or to a gauge.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API void obs_series_add(obs_series *series, double amount);

/* Sets a gauge.  Thread: [any].  Since: ABI 1.0. */
OBS_API void obs_series_set(obs_series *series, double value);

/* Adds one observation to a histogram.  Thread: [any].  Since: ABI 1.0. */
OBS_API void obs_series_observe(obs_series *series, double value);

/* One series at the moment of reading; all pointers borrowed for the call.
 * Since: ABI 1.0. */
typedef struct obs_metric_sample {
    uint32_t size;
    uint32_t kind; /* OBS_METRIC_* */
    const char *name;
    const char *help;
    const char *const *labels;
    const obs_str *values;
    size_t n_labels;
    double value;            /* counter, gauge */
    const double *bounds;    /* histogram */
    const uint64_t *buckets; /* n_bounds + 1 counts, not cumulative; the last is +Inf */
    size_t n_bounds;
    double sum;
    uint64_t count;
} obs_metric_sample;

/* Calls `fn` for each series, families in order of their names, each family's
 * series together. Gauges of the process (memory, files, CPU) are refreshed
 * first.  Thread: [any].  Since: ABI 1.0. */
OBS_API void obs_metrics_each(void (*fn)(const obs_metric_sample *sample, void *user), void *user);

OBS_END_DECLS
#endif
