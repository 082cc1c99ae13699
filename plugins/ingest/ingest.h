/* SPDX-License-Identifier: Apache-2.0 */
/* The instance: its settings, what it maps and prices with, where it stores,
 * what it counts. Made in create() and start(), read-only afterwards, so that
 * every worker and every job off the loop may read it. */
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include "feedback_count.h"
#include "map.h"

#include <observatory/observatory.h>
#include <observatory/prices.h>
#include <observatory/store.h>

/* The options, filled by the host. */
struct ingest_config {
    uint64_t max_body_bytes; /* read by the host: routes' body_limit_option */
    uint64_t max_job_bytes;
    uint64_t inline_bytes;
    int64_t max_spans;
    int64_t max_message_parts;
    const char *default_project;
};

enum ingest_protocol {
    PROTOCOL_OTLP, /* spans */
    PROTOCOL_OTLP_LOGS,
    PROTOCOL_OTLP_METRICS,
    PROTOCOL_NATIVE,
    PROTOCOL_LANGFUSE,
    N_PROTOCOLS
};
enum ingest_encoding {
    ENCODING_PROTOBUF,
    ENCODING_JSON,
    ENCODING_NATIVE,
    ENCODING_LANGFUSE,
    N_ENCODINGS
};
enum ingest_outcome {
    OUTCOME_OK,
    OUTCOME_PARTIAL, /* some spans were refused */
    OUTCOME_INVALID, /* the request cannot be understood */
    OUTCOME_BUSY,
    OUTCOME_FAILED, /* the store, or memory */
    N_OUTCOMES
};

struct ingest_metrics {
    obs_series *stored, *repeated, *merged, *waiting, *rejected;
    obs_series *records_joined, *records_feedback, *records_rejected, *records_discarded;
    obs_series *points_genai, *points_other;
    obs_series *bytes[N_ENCODINGS];
    obs_series *requests[N_PROTOCOLS][N_OUTCOMES];
    obs_series *replaced;
    struct feedback_counters feedback;
};

struct ingest {
    obs_instance *instance;
    const struct ingest_config *config;
    obs_str project;
    struct map_index *index;
    const obs_store *store; /* bound in start(), as the next three */
    void *store_self;
    const obs_prices *prices;
    void *prices_self;
    struct ingest_metrics metrics;
};

/* Prices a span, unless it is the fragment of one or brings the price book's figure along, as a
 * span does that was exported. Texts are in `arena`. Errors: OBS_E_NOMEM. Thread: any. */
static inline int ingest_price(const struct ingest *ingest, obs_span *span, obs_arena *arena)
{
    if (span->flags & OBS_SPAN_FRAGMENT || (span->book_cost >= 0 && span->total_cost >= 0))
        return OBS_OK;
    return ingest->prices->price(ingest->prices_self, span, arena);
}

/* Registers the metrics. Errors: those of obs_metric_register(). */
OBS_MUST_CHECK int ingest_metrics_register(obs_instance *instance, struct ingest_metrics *ret);

#endif
