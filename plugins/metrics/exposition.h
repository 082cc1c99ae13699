/* SPDX-License-Identifier: Apache-2.0 */
/* Writes metrics as Prometheus text 0.0.4 or OpenMetrics 1.0. Feed it with
 * obs_metrics_each(), whose order (a family's series together) both formats
 * demand; then end it. */
#ifndef METRICS_EXPOSITION_H
#define METRICS_EXPOSITION_H

#include "accept.h"

#include <observatory/memory.h>
#include <observatory/metric.h>

struct exposition {
    obs_buf *out; /* borrowed; its errors are the result */
    enum format format;
    const char *family; /* name of the family under way, borrowed; compared by content */
};

/* Appends one series, before the first of a family its header. `user` is the
 * exposition. Fits obs_metrics_each(). */
void exposition_sample(const obs_metric_sample *sample, void *user);

/* Appends what ends the text. */
void exposition_end(struct exposition *exposition);

#endif
