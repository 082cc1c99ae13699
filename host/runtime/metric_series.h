/* SPDX-License-Identifier: Apache-2.0 */
/* One series: its label values and its numbers, sharded by worker.
 *
 * A cell is written by one thread with relaxed loads and stores, no locked
 * instruction, and read by all; the shared cell is the one that several
 * threads write, atomically. Cells are cache lines of their own, made when a
 * worker first writes, so a series that one worker uses costs one line. */
#ifndef HOST_RUNTIME_METRIC_SERIES_H
#define HOST_RUNTIME_METRIC_SERIES_H

#include <observatory/metric.h>
#include <stdatomic.h>
#include <stdbool.h>

#define METRIC_MAX_BOUNDS 64u

/* Counter and gauge: `sum` is the value. Histogram: n_bounds + 1 counts too;
 * the number of observations is their total, so the two never disagree. */
struct metric_cell {
    _Atomic double sum;
    _Atomic uint64_t buckets[];
};

/* The opaque obs_series. All but the atomics is constant once published. */
struct obs_series {
    uint32_t kind;
    uint32_t n_bounds;
    const double *bounds; /* the family's */
    struct metric_cell *shared;
    obs_series *_Atomic next; /* in the family, in the order of making */
    uint64_t hash;
    obs_str *values; /* valid UTF-8, at most METRIC_MAX_VALUE_BYTES each */
    size_t n_values;
    _Atomic double base; /* what set() adds to the cells to make the value */
    _Atomic bool hidden;
    uint32_t n_shards;
    struct metric_cell *_Atomic shards[]; /* NULL until its worker writes */
};

/* What the making of a series needs to know of its family. */
struct metric_series_shape {
    uint32_t kind;
    const double *bounds; /* borrowed as long as the process */
    size_t n_bounds;
    const obs_str *values; /* copied */
    size_t n_values;
    uint64_t hash;
};

/* NULL when out of memory. */
obs_series *metric_series_create(const struct metric_series_shape *shape);

/* The value (the sum of a histogram), and into `ret_buckets` n_bounds + 1
 * counts when the series is a histogram. */
double metric_series_read(const obs_series *series, uint64_t *ret_buckets);

#endif
