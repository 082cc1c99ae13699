/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of a span when its fields are filled: attributes, events and
 * links as JSON. */
#ifndef INGEST_REST_H
#define INGEST_REST_H

#include "draft.h"

#include <observatory/span.h>

/* The scope as members of the attributes; the same for all its spans. Zero to
 * begin with. */
struct rest {
    const struct otlp_scope *scope;
    obs_str scope_members;
};

/* What the mapping has to say about a span, as attributes "observatory.…". */
struct rest_notes {
    const struct draft *draft;
    obs_str sources; /* JSON object, or empty */
    bool tokens_ambiguous;
    uint8_t lists_over; /* bits of LIST_*: parts over the limit stayed attributes */
};

/* Attributes that are in no content field, those that have a current name under
 * that one too, the scope, and the notes. */
void rest_attributes(struct rest *rest, struct json_out *out, const struct rest_notes *notes,
                     const struct otlp_span *from, obs_span *span);

void rest_events(struct json_out *out, const struct otlp_span *from, obs_span *span);

#endif
