/* SPDX-License-Identifier: Apache-2.0 */
/* The event gen_ai.evaluation.result as feedback: a score, a label, or why there is
 * none, of a span or of a whole trace. */
#ifndef INGEST_EVALUATION_H
#define INGEST_EVALUATION_H

#include "json_out.h"
#include "map.h"

struct evaluation {
    obs_str trace_id; /* 16 bytes */
    obs_str span_id;  /* 8 bytes; empty: of the whole trace */
    struct otlp_attrs attrs;
    uint64_t time_ns; /* 0: now */
};

/* Adds it to the feedback of `mapped`; attributes that are in no field become its
 * metadata. Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int evaluation_add(struct mapped *mapped, struct json_out *out, obs_str project,
                                  const struct evaluation *evaluation);

#endif
