/* SPDX-License-Identifier: Apache-2.0 */
/* What was said: from all places where instrumentations put prompts and
 * answers to messages, text and tool calls of the span. In order: current
 * message attributes, indexed attributes, message events, other message
 * attributes, plain texts, documents. */
#ifndef INGEST_CONTENT_H
#define INGEST_CONTENT_H

#include "draft.h"
#include "indexed.h"
#include "sources.h"

#include <observatory/span.h>

/* Fills input_* and output_* of `span`, tool_calls, and finish_reason when it
 * has none; adds to `sources` where they came from; marks the attributes whose
 * value is now in a field. Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int content_fill(struct draft *draft, struct indexed_parts *parts,
                                struct otlp_span *from, struct json_out *out,
                                struct sources *sources, obs_span *span);

#endif
