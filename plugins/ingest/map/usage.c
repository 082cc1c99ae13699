/* SPDX-License-Identifier: Apache-2.0 */
/* Taking the usage out of a draft. */
#include "usage.h"

#define USAGE_BITS ((UINT64_C(2) << LAST_COST) - (UINT64_C(1) << FIRST_COUNT))

/* In lower case; `text` itself where it is that already. */
static obs_str lower(obs_arena *arena, obs_str text)
{
    char *copy = NULL;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < 'A' || text.ptr[i] > 'Z')
            continue;
        if (!copy) {
            copy = (char *)(uintptr_t)obs_arena_dup(arena, text).ptr;
            if (!copy)
                return text;
            text.ptr = copy;
        }
        copy[i] = (char)(copy[i] | 32);
    }
    return text;
}

/* The tier that answered, else the one that was asked for. */
static obs_str tier_of(obs_arena *arena, const struct draft *draft)
{
    const struct named *asked = draft_parameter(draft, "service_tier");
    obs_str tier = draft_text(draft, TO_SERVICE_TIER);

    if (!tier.len && asked && asked->value.kind == OTLP_STRING)
        tier = asked->value.s;
    return lower(arena, tier);
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
        .service_tier = tier_of(arena, draft),
        .region = draft_text(draft, TO_REGION),
        .host = draft_text(draft, TO_HOST),
    };
    for (size_t i = 0; i < n; i++, set &= set - 1) {
        const struct slot *slot = &draft->slots[__builtin_ctzll(set)];

        usage->items[i] = (struct usage_item){slot->row, slot->number};
    }
    total = usage_row(usage, TO_TOTAL_COST);
    usage->provider_cost =
        total && (total->marks & MARK_GROSS || draft_has(draft, TO_COST_REPORTER));
    return usage;
}
