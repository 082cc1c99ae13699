/* SPDX-License-Identifier: Apache-2.0 */
/* The reading of token counts. In order: a detail larger than its total must
 * be beside it; a given grand total picks the reading that adds up to it; else
 * the sender's habit, flagged when it is no rule. */
#include "tokens.h"

static int64_t or_zero(int64_t n)
{
    return n < 0 ? 0 : n;
}

/* A total without its parts: what is missing is the difference. */
static bool fill_from_total(struct token_counts *c)
{
    if (c->total < 0)
        return false;
    if (c->input < 0 && c->output < 0) {
        c->input = c->total;
        return !c->embedding; /* how much of it was output nobody said */
    }
    if (c->output < 0 && c->total >= c->input && !c->embedding)
        c->output = c->total - c->input;
    else if (c->input < 0 && c->total >= c->output)
        c->input = c->total - c->output;
    return false;
}

/* Sum of the parts under one reading; -1 when the reading is impossible. */
static int64_t sum_of(const struct token_counts *c, bool cache_beside, bool reason_beside)
{
    int64_t cache = or_zero(c->cache_read) + or_zero(c->cache_write);
    int64_t reasoning = or_zero(c->reasoning);

    if ((!cache_beside && cache > or_zero(c->input)) ||
        (!reason_beside && reasoning > or_zero(c->output)))
        return -1;
    return or_zero(c->input) + or_zero(c->output) + (cache_beside ? cache : 0) +
           (reason_beside ? reasoning : 0);
}

/* Chooses where the details are; true when only an uncertain habit decided. */
static bool choose(const struct token_counts *c, bool *ret_cache_beside, bool *ret_reason_beside)
{
    int64_t cache = or_zero(c->cache_read) + or_zero(c->cache_write);

    for (unsigned i = 0; c->total >= 0 && i < 4; i++) {
        /* the habit first, then one change, then both */
        bool cache_beside = c->beside ^ (i & 1), reason_beside = (i & 2) != 0;

        if (sum_of(c, cache_beside, reason_beside) == c->total) {
            *ret_cache_beside = cache_beside;
            *ret_reason_beside = reason_beside;
            return false;
        }
    }
    *ret_reason_beside = or_zero(c->reasoning) > or_zero(c->output);
    if (cache > or_zero(c->input)) {
        *ret_cache_beside = true;
        return false;
    }
    *ret_cache_beside = c->beside;
    return cache > 0 && c->doubtful;
}

bool tokens_split(const struct token_counts *counts, obs_span *span)
{
    struct token_counts c = *counts;
    bool ambiguous = fill_from_total(&c);
    bool cache_beside, reason_beside;

    ambiguous |= choose(&c, &cache_beside, &reason_beside);
    if (cache_beside && c.cache_info) {
        c.cache_read = c.cache_write = OBS_ABSENT;
        cache_beside = false;
    }
    if (reason_beside && c.reason_info) {
        c.reasoning = OBS_ABSENT;
        reason_beside = false;
    }
    span->cache_read_tokens = c.cache_read;
    span->cache_write_tokens = c.cache_write;
    span->reasoning_tokens = c.reasoning;
    span->input_tokens = c.input;
    span->output_tokens = c.output;
    if (!cache_beside && c.input >= 0)
        span->input_tokens -= or_zero(c.cache_read) + or_zero(c.cache_write);
    if (!reason_beside && c.output >= 0)
        span->output_tokens -= or_zero(c.reasoning);
    return ambiguous;
}
