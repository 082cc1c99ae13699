/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics are checked and counted, not kept: what they say of model calls the
 * spans say exactly. */
#ifndef INGEST_OTLP_METRICS_H
#define INGEST_OTLP_METRICS_H

#include "otlp.h"

/* Set `arena`, leave the rest zero. */
struct otlp_metrics {
    obs_arena *arena;
    uint64_t n_genai;    /* data points of metrics of generative AI, by the metric's name */
    uint64_t n_other;    /* all other data points */
    uint64_t n_replaced; /* texts that were not UTF-8 */
};

/* Reads an ExportMetricsServiceRequest to its end and counts its data points.
 * Errors and `error`: as otlp_*_decode(). */
OBS_MUST_CHECK int otlp_metrics_proto_read(obs_str body, struct otlp_metrics *metrics,
                                           struct decode_error *error);
OBS_MUST_CHECK int otlp_metrics_json_read(obs_str body, struct otlp_metrics *metrics,
                                          struct decode_error *error);

#endif
