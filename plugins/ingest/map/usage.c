/* SPDX-License-Identifier: Apache-2.0 */
/* Taking the usage out of a draft. */
#include "usage.h"

#define USAGE_BITS ((UINT64_C(2) << LAST_COST) - (UINT64_C(1) << FIRST_COUNT))

static obs_str tier_of(const struct draft *draft)
{
    const struct named *asked = draft_parameter(draft, "service_tier");
    obs_str tier = draft_text(draft, TO_SERVICE_TIER);

    if (tier.len || !asked || asked->value.kind != OTLP_STRING)
        return tier;
    return asked->value.s;
}

const struct usage *usage_new(obs_arena *arena, const struct draft *draft)
{
    uint64_t set = draft->set & USAGE_BITS;
    size_t n = (size_t)__builtin_popcountll(set);
    struct usage *usage = obs_arena_alloc(arena, sizeof(*usage) + n * sizeof(usage->items[0]));
    const struct map_row *total;

    if (!usage)
        return NULL;
    *usage = (struct usage){
        .set = set,
        .service_tier = tier_of(draft),
        .region = draft_text(draft, TO_REGION),
        .host = draft_text(draft, TO_HOST),
    };
    for (size_t i = 0; i < n; i++, set &= set - 1) {
        const struct slot *slot = &draft->slots[__builtin_ctzll(set)];

        usage->items[i] = (struct usage_item){slot->row, slot->number};
    }
    total = usage_row(usage, TO_TOTAL_COST);
    usage->batch = obs_str_is(usage->service_tier, "batch");
    usage->provider_cost =
        total && (total->marks & MARK_GROSS || draft_has(draft, TO_COST_REPORTER));
    return usage;
}
