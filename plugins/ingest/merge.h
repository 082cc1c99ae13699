/* SPDX-License-Identifier: Apache-2.0 */
/* One span of two: what a log record or a later message says about a span that
 * is there, in whichever order they come. */
#ifndef INGEST_MERGE_H
#define INGEST_MERGE_H

#include "ingest.h"

/* What an obs_merge_fn returns; `ingest` prices.
 *
 * A span that comes again whole changes nothing. A fragment fills what is absent;
 * what is an update (OBS_SPAN_UPDATE) replaces what it names. Objects are merged
 * member by member, tags, events, links and messages that came by events item by
 * item, tokens and reported costs as a whole. What can change the cost prices the
 * span anew.  Thread: [any]. */
int span_merge(const obs_span *stored, const obs_span *added, obs_arena *arena, obs_span *ret_span,
               const struct ingest *ingest);

#endif
