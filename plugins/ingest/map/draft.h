/* SPDX-License-Identifier: Apache-2.0 */
/* A span under way: for each target the value that wins so far. The mapper
 * offers attribute after attribute with its row; a row of lower priority
 * number wins, of equal ones the later attribute. */
#ifndef INGEST_DRAFT_H
#define INGEST_DRAFT_H

#include "json_out.h"
#include "map_table.h"

#define DRAFT_MAX_PARAMETERS 64u
#define DRAFT_MAX_ATTRIBUTES 16u /* names that rows with TO_ATTRIBUTE give, and more */

/* What is offered, and what won. */
struct slot {
    const struct map_row *row;
    struct otlp_attr *attr;
    struct otlp_attr *whole; /* that the attribute was a member of and that says nothing more */
    union {
        obs_str text;
        int64_t number;
    };
    uint32_t priority;
};

/* A member of model_parameters, or an attribute under its current name. */
struct named {
    obs_str name;
    const struct map_row *row;
    struct otlp_value value;
    uint32_t priority;
};

struct draft {
    uint64_t set; /* bits of targets: which slots hold something */
    struct slot slots[N_MAP_TARGETS];
    uint32_t n_parameters;
    uint32_t n_attributes;
    bool parameters_over; /* there were more than fit */
    struct named parameters[DRAFT_MAX_PARAMETERS];
    struct named attributes[DRAFT_MAX_ATTRIBUTES];
};
_Static_assert(N_MAP_TARGETS <= 64, "targets are bits of draft.set");

/* Empties it, but for the values of `base` (may be NULL). */
void draft_init(struct draft *draft, const struct draft *base);

/* Offers slot's `row`, `attr` and `whole`, found in `where` (one IN_*). Span
 * attributes win over those of events, and those over the resource's. For rows
 * of one value, of TO_PARAMETER and TO_ATTRIBUTE. */
void draft_offer(struct draft *draft, struct json_out *out, const struct slot *offer,
                 uint32_t where);

/* Offers a member of model_parameters by any name. */
void draft_offer_parameter(struct draft *draft, struct json_out *out, const struct named *offer);

static inline bool draft_has(const struct draft *draft, enum map_target target)
{
    return draft->set >> target & 1;
}

/* Forgets a winner that something better was found for. */
static inline void draft_drop(struct draft *draft, enum map_target target)
{
    draft->set &= ~(UINT64_C(1) << target);
}

/* The winner of a target, NULL when there is none. */
static inline struct slot *draft_slot(struct draft *draft, enum map_target target)
{
    return draft_has(draft, target) ? &draft->slots[target] : NULL;
}

/* The winning text of a target; empty when there is none. */
static inline obs_str draft_text(const struct draft *draft, enum map_target target)
{
    return draft_has(draft, target) ? draft->slots[target].text : obs_str_n(NULL, 0);
}

/* The winning number; OBS_ABSENT (-1) when there is none. */
static inline int64_t draft_number(const struct draft *draft, enum map_target target)
{
    return draft_has(draft, target) ? draft->slots[target].number : -1;
}

/* A finite number, also one in a text or alone in an array; a text, number or
 * boolean as text that is not empty. False when the value is none. */
bool value_as_number(struct json_out *out, const struct otlp_value *v, double *ret);
bool value_as_text(struct json_out *out, const struct otlp_value *v, obs_str *ret);

/* The winning parameter or attribute of a name, NULL when there is none. */
const struct named *draft_parameter(const struct draft *draft, const char *name);
const struct named *draft_attribute(const struct draft *draft, const char *name);

#endif
