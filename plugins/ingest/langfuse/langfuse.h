/* SPDX-License-Identifier: Apache-2.0 */
/* Langfuse's ingestion API, which its SDKs before OpenTelemetry speak: a batch of
 * events becomes spans as their OpenTelemetry SDKs would send them. */
#ifndef INGEST_LANGFUSE_H
#define INGEST_LANGFUSE_H

#include "event.h"
#include "map.h"

/* What became of an event of the request. */
struct langfuse_result {
    obs_str id;    /* as sent; "unknown" when it has none */
    obs_str error; /* why it was refused: one sentence; empty: taken */
};

/* One request. Set `arena` and `max_events`, leave the rest zero. Everything points
 * into the body or the arena. */
struct langfuse_batch {
    obs_arena *arena;
    size_t max_events; /* more is OBS_E_TOO_LARGE */
    struct langfuse_event *events;
    size_t n_events;
    struct langfuse_event *scores;
    size_t n_scores;
    struct langfuse_result *results; /* in the order of the request */
    size_t n_results;
    size_t n_refused;
    uint64_t n_replaced;     /* texts that were not UTF-8 and were repaired */
    struct otlp_scope scope; /* the SDK that sent it, as it says */
};

/* Reads {"batch": […], "metadata": …}. An event that is wrong gets an error of its
 * own and the others stay. On failure `error` says where and why. Errors:
 * OBS_E_SYNTAX, OBS_E_INVALID (no batch), OBS_E_TOO_LARGE, OBS_E_NOMEM. */
OBS_MUST_CHECK int langfuse_decode(obs_str body, struct langfuse_batch *batch,
                                   struct decode_error *error);

/* Makes one event of all about the same thing, in the order of Langfuse: what
 * creates before what updates, and each by its time. Sorts them by trace, the trace
 * itself before its observations. Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int langfuse_fold(struct langfuse_batch *batch);

/* Makes spans of the events of langfuse_fold(). What the batch says about a trace
 * becomes its root span, and its shared fields all spans of it have. Errors:
 * OBS_E_NOMEM. */
OBS_MUST_CHECK int langfuse_spans(const struct langfuse_batch *batch, struct otlp_batch *ret);

/* The member of a score that is wrong, and what was expected; NULL: all is well. */
const char *langfuse_score_problem(const struct langfuse_event *score, const char **ret_expected);

/* Adds the scores to the feedback of `mapped`. `project` is borrowed as long as
 * that. Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int langfuse_scores(const struct langfuse_batch *batch, obs_str project,
                                   struct mapped *mapped);

#endif
