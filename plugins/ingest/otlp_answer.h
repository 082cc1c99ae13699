/* SPDX-License-Identifier: Apache-2.0 */
/* Answers after the OTLP/HTTP specification, in the encoding of the request. Those
 * of all signals look alike. */
#ifndef INGEST_OTLP_ANSWER_H
#define INGEST_OTLP_ANSWER_H

#include "job.h"

#include <stdbool.h>

/* 200 with an empty response, or with partial success: `n_rejected` under
 * `rejected_name` ("rejectedSpans") and `text`, which alone is a warning. */
void otlp_answer(struct job *job, const char *rejected_name, size_t n_rejected, obs_str text);

/* The error as google.rpc.Status, or as JSON. */
void otlp_fail(struct job *job, int error);

/* The encoding of a request's body; false when it is none of OTLP's. */
OBS_MUST_CHECK bool otlp_encoding(obs_request *req, enum ingest_encoding *ret);

#endif
