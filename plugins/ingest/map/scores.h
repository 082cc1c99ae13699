/* SPDX-License-Identifier: Apache-2.0 */
/* Feedback that a span carries: annotations and evaluations as indexed attributes,
 * results of evaluators as events. */
#ifndef INGEST_SCORES_H
#define INGEST_SCORES_H

#include "indexed.h"
#include "map.h"

/* Adds what `from` carries to the feedback of `mapped`, whose span n_spans is what
 * `from` was mapped to. It is on that span, its trace or its session; evaluations of
 * a span with exactly one link are on the span that it links to. What has neither
 * score, label nor explanation is none, and so is what is on the session of a span
 * without one. `out` must have nothing under way. Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int scores_map(struct indexed_parts *parts, struct json_out *out,
                              const struct otlp_span *from, struct mapped *mapped);

#endif
