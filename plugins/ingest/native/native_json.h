/* SPDX-License-Identifier: Apache-2.0 */
/* The native JSON of POST /api/v1/traces and of JSONL files: one span object
 * or an array of them, with the field names of the API. An item that cannot be
 * stored is reported with its index, the others are taken; only text that is
 * no JSON fails as a whole. */
#ifndef INGEST_NATIVE_JSON_H
#define INGEST_NATIVE_JSON_H

#include "otlp.h"

#include <observatory/span.h>

#define NATIVE_MAX_ITEMS 10000u
#define NATIVE_MAX_ERRORS 100u /* reported; all are counted */

struct native_error {
    size_t index;      /* of the item, from 0 */
    const char *field; /* static, or NULL: see `unknown` */
    obs_str unknown;   /* an unknown field's name */
    int error;         /* OBS_E_INVALID, OBS_E_MISSING, OBS_E_UNKNOWN, OBS_E_RANGE */
    const char *text;  /* what was expected, static */
};

/* Set `arena`, `max_spans` and `project` (for spans that name none), leave the
 * rest zero. Spans point into the arena and the body. */
struct native_batch {
    obs_arena *arena;
    size_t max_spans;
    obs_str project;
    obs_span *spans;
    size_t n_spans;
    size_t capacity;
    size_t n_items;
    size_t n_rejected;
    struct native_error *errors;
    size_t n_errors;
};

/* Decodes `body`, borrowed as long as the batch. Errors: OBS_E_SYNTAX with
 * `error` filled, OBS_E_TOO_LARGE (more items than max_spans), OBS_E_NOMEM. */
OBS_MUST_CHECK int native_json_decode(obs_str body, struct native_batch *batch,
                                      struct decode_error *error);

#endif
