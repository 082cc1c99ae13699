/* SPDX-License-Identifier: Apache-2.0 */
/* From decoded OTLP spans to the spans that are stored. What maps to what is
 * the table of plugins/lib/dialects/map_table.c; this file's functions only walk it. */
#ifndef INGEST_MAP_H
#define INGEST_MAP_H

#include "map_table.h"
#include "otlp.h"
#include "usage.h"

#include <observatory/store.h>

#include <stdbool.h>

/* Why a span was not taken. */
#define REJECT_TRACE_ID 0u
#define REJECT_SPAN_ID 1u
#define REJECT_PARENT_ID 2u
#define REJECT_START 3u
#define REJECT_END 4u
#define N_REJECTS 5u

/* The outcome of one request. Spans and what they point to live as long as
 * the arena and the decoded body. */
struct mapped {
    obs_span *spans;
    const struct usage **usages; /* of each span, as sent; NULL for spans that came otherwise */
    size_t n_spans;
    size_t n_rejected;
    size_t rejects[N_REJECTS];
    obs_feedback *feedback; /* feedback_add() */
    size_t n_feedback;
    size_t feedback_capacity;
};

/* Maps every span of `batch`; spans that cannot be stored are counted in
 * `ret`, not reported as an error. Costs that were reported are taken
 * (cost_source "provider" or "emitter"); pricing the others is the caller's. Of a
 * fragment, what nobody said stays absent. `project` is borrowed as long as the
 * spans. Errors: OBS_E_NOMEM. Thread: any, one at a time for a batch. */
OBS_MUST_CHECK int map_batch(const struct map_index *index, obs_str project,
                             struct otlp_batch *batch, struct mapped *ret);

/* An id has `len` bytes that are not all zero. */
bool map_is_id(obs_str id, size_t len);

/* One sentence for OTLP's partial success: how many of `n_items` (named "spans")
 * were refused, and why. */
obs_str map_reject_text(obs_arena *arena, const size_t *rejects, const char *items, size_t n_items);

#endif
