/* SPDX-License-Identifier: Apache-2.0 */
/* Where a span's fields came from: the attribute "observatory.sources",
 * {dialect: {field: attribute name}}. What came from a current name of
 * OpenTelemetry is not in it, so that spans which follow the conventions have
 * none. */
#ifndef INGEST_SOURCES_H
#define INGEST_SOURCES_H

#include "draft.h"

#define SOURCES_MAX (N_MAP_TARGETS + DRAFT_MAX_PARAMETERS + DRAFT_MAX_ATTRIBUTES)

struct source {
    const char *field; /* with a group before it: "model_parameters." and "top_k" */
    const char *key;
    uint8_t dialect;
    uint8_t group; /* SOURCE_* */
};

#define SOURCE_FIELD 0u
#define SOURCE_PARAMETER 1u
#define SOURCE_ATTRIBUTE 2u

/* Of the span under way, and of the last one that was written: spans of one
 * instrumentation look alike, and then its text is taken again. */
struct sources {
    struct source items[SOURCES_MAX];
    struct source last[SOURCES_MAX];
    uint32_t n;
    uint32_t n_last;
    obs_str text; /* of `last` */
};

/* Adds the source of a field that is in no slot of the draft. */
void sources_add(struct sources *sources, const char *field, uint8_t dialect, const char *key);
void sources_add_row(struct sources *sources, const char *field, const struct map_row *row);

/* Adds the winners of `draft` but for content, which is added when it is read. */
void sources_add_draft(struct sources *sources, const struct draft *draft);

/* The object as JSON, empty when there is nothing in it. Begins anew. */
obs_str sources_take(struct sources *sources, struct json_out *out);

#endif
