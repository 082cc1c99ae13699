/* SPDX-License-Identifier: Apache-2.0 */
/* Feedback that comes with spans, log records and scores: collected while a
 * request is mapped, stored after its spans. */
#ifndef INGEST_FEEDBACK_H
#define INGEST_FEEDBACK_H

#include "map.h"

#include "feedback_id.h"

/* Adds empty feedback (feedback_init()) to what `mapped` has; fill it, then call
 * feedback_finish(). It moves when the next one is added. NULL when out of memory. */
obs_feedback *feedback_add(struct mapped *mapped, obs_arena *arena);

/* Makes what was filled fit to be stored: a name when it has none, numbers that are
 * none absent, and the id of feedback_id() with `key` when it has none or one that
 * is too long, which then is the key. Project, source and target must be set.
 * Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int feedback_finish(obs_arena *arena, obs_feedback *feedback, obs_str key);

#endif
