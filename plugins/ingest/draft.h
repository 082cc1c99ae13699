/* SPDX-License-Identifier: Apache-2.0 */
/* A span under way: for each target the value that wins so far. The mapper
 * offers attribute after attribute with its row; a row of lower priority
 * number wins, of equal ones the later attribute. */
#ifndef INGEST_DRAFT_H
#define INGEST_DRAFT_H

#include "json_out.h"
#include "map_table.h"

#define DRAFT_MAX_PARAMETERS 32u

struct slot {
    const struct map_row *row; /* NULL: nothing yet */
    struct otlp_attr *attr;
    union {
        obs_str text;
        int64_t number;
    };
    uint32_t priority;
};

struct draft {
    struct slot slots[N_MAP_TARGETS];
    uint32_t n_parameters;
    struct slot parameters[DRAFT_MAX_PARAMETERS];
};

/* Empties it. */
void draft_init(struct draft *draft);

/* Offers `attr`, found in `where` (one IN_*), to the target of `row`. Span
 * attributes win over those of events, and those over the resource's. */
void draft_offer(struct draft *draft, struct json_out *out, const struct map_row *row,
                 struct otlp_attr *attr, uint32_t where);

/* The winning text of a target; empty when there is none. */
static inline obs_str draft_text(const struct draft *draft, enum map_target target)
{
    return draft->slots[target].row ? draft->slots[target].text : obs_str_n(NULL, 0);
}

/* The winning number; OBS_ABSENT (-1) when there is none. */
static inline int64_t draft_number(const struct draft *draft, enum map_target target)
{
    return draft->slots[target].row ? draft->slots[target].number : -1;
}

#endif
