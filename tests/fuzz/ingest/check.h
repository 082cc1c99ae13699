/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold for every span that came out of untrusted bytes: JSON fields
 * are one valid compact value of their kind, texts are UTF-8, numbers are
 * absent or not negative. Aborts when it does not. */
#ifndef FUZZ_INGEST_CHECK_H
#define FUZZ_INGEST_CHECK_H

#include "otlp_logs.h"

#include <observatory/store.h>

void check_span(obs_arena *arena, const obs_span *span);

void check_feedback(obs_arena *arena, const obs_feedback *feedback);

/* Maps the batch, or the log records, and checks every span and all feedback. */
void check_batch(struct otlp_batch *batch);
void check_logs(const struct otlp_logs *logs);

#endif
