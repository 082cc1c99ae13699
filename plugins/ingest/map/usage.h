/* SPDX-License-Identifier: Apache-2.0 */
/* What a span says about its usage and cost, exactly as it was sent: every
 * count and amount with the row of the table that it came by. tokens.c and
 * price.c make of it what is stored, and can explain it. */
#ifndef INGEST_USAGE_H
#define INGEST_USAGE_H

#include "draft.h"

#include <observatory/span.h>

/* A count in tokens, or an amount in nano-dollars. */
struct usage_item {
    const struct map_row *row;
    int64_t value;
};

struct usage {
    uint64_t set;              /* bits of targets, FIRST_COUNT to LAST_COST: what was sent */
    obs_str service_tier;      /* that answered, else that was asked for */
    obs_str region;            /* of the model, if it was said */
    obs_str host;              /* server.address */
    bool provider_cost;        /* the total cost is the provider's own word, not the emitter's */
    struct usage_item items[]; /* of the bits, in their order */
};

/* What `draft` has, in memory of `arena`; NULL when that ran out. Texts are
 * borrowed from the draft. */
const struct usage *usage_new(obs_arena *arena, const struct draft *draft);

/* A count or a cost by its target; NULL when it was not sent. */
static inline const struct usage_item *usage_item(const struct usage *usage, enum map_target target)
{
    uint64_t bit = UINT64_C(1) << target;

    return usage->set & bit ? &usage->items[__builtin_popcountll(usage->set & (bit - 1))] : NULL;
}

/* Its value, OBS_ABSENT when it was not sent. */
static inline int64_t usage_value(const struct usage *usage, enum map_target target)
{
    const struct usage_item *item = usage_item(usage, target);

    return item ? item->value : OBS_ABSENT;
}

/* Its row, NULL when it was not sent. */
static inline const struct map_row *usage_row(const struct usage *usage, enum map_target target)
{
    const struct usage_item *item = usage_item(usage, target);

    return item ? item->row : NULL;
}

#endif
