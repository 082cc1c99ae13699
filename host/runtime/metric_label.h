/* SPDX-License-Identifier: Apache-2.0 */
/* Names and label values of metrics: what is allowed, and how a value of any
 * bytes becomes one that every reader accepts. */
#ifndef HOST_RUNTIME_METRIC_LABEL_H
#define HOST_RUNTIME_METRIC_LABEL_H

#include <observatory/metric.h>
#include <stdbool.h>

/* A longer label value is cut here, so that a family's memory is bounded by
 * its number of series. */
#define METRIC_MAX_VALUE_BYTES 256u

/* True when `name` may be a metric's (Prometheus data model) and its suffix
 * fits `kind` (OpenMetrics §5): counters end in _total, others do not, and
 * none ends like a sample of a histogram. */
bool metric_name_valid(const char *name, uint32_t kind);

/* True when `name` may be a label's; "__" is reserved, "le" a histogram's. */
bool metric_label_valid(const char *name, uint32_t kind);

/* Copies `value` to `buffer` (METRIC_MAX_VALUE_BYTES), cut to whole characters,
 * each run of bytes that is no UTF-8 replaced by U+FFFD. Done before series are
 * told apart, else two of them could look the same to a reader. */
obs_str metric_label_clean(obs_str value, char *buffer);

/* FNV-1a over the values and their lengths. */
uint64_t metric_label_hash(const obs_str *values, size_t n);

#endif
