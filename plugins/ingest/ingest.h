/* SPDX-License-Identifier: Apache-2.0 */
/* The instance: its settings, what it maps and prices with, where it stores,
 * what it counts. Made in create() and start(), read-only afterwards, so that
 * every worker and every job off the loop may read it. */
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include "map.h"
#include "price.h"

#include <observatory/observatory.h>
#include <observatory/store.h>

/* The options, filled by the host. */
struct ingest_config {
    uint64_t max_body_bytes; /* read by the host: routes' body_limit_option */
    uint64_t max_job_bytes;
    uint64_t inline_bytes;
    int64_t max_spans;
    int64_t max_message_parts;
    const char *default_project;
    const char *prices;
};

enum ingest_protocol { PROTOCOL_OTLP, PROTOCOL_NATIVE, N_PROTOCOLS };
enum ingest_encoding { ENCODING_PROTOBUF, ENCODING_JSON, ENCODING_NATIVE, N_ENCODINGS };
enum ingest_outcome {
    OUTCOME_OK,
    OUTCOME_PARTIAL, /* some spans were refused */
    OUTCOME_INVALID, /* the request cannot be understood */
    OUTCOME_BUSY,
    OUTCOME_FAILED, /* the store, or memory */
    N_OUTCOMES
};

struct ingest_metrics {
    obs_series *stored, *repeated, *rejected;
    obs_series *bytes[N_ENCODINGS];
    obs_series *requests[N_PROTOCOLS][N_OUTCOMES];
    obs_series *replaced;
};

struct ingest {
    obs_instance *instance;
    const struct ingest_config *config;
    obs_str project;
    struct map_index *index;
    obs_arena *arena;              /* of the price book */
    const struct price_book *book; /* NULL: everything is unpriced */
    const obs_store *store;        /* bound in start() */
    void *store_self;
    struct ingest_metrics metrics;
};

/* Registers the metrics. Errors: those of obs_metric_register(). */
OBS_MUST_CHECK int ingest_metrics_register(obs_instance *instance, struct ingest_metrics *ret);

#endif
