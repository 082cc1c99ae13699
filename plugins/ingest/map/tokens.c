/* SPDX-License-Identifier: Apache-2.0 */
/* The reading of token counts. In order: a detail larger than its total must
 * be beside it, and the input that was not cached tells where the cache is; a
 * given grand total picks the reading that adds up to it; else the sender's
 * habit, flagged when it is no rule. */
#include "tokens.h"

static int64_t or_zero(int64_t n)
{
    return n < 0 ? 0 : n;
}

static int64_t sum3(int64_t a, int64_t b, int64_t c)
{
    return obs_tokens_sum(obs_tokens_sum(a, b), c);
}

/* --- what is missing ---------------------------------------------------------- */

/* A whole that was not sent, but its parts. */
static void fill_from_parts(struct token_counts *c)
{
    if (c->cache_read < 0)
        c->cache_read = sum3(c->cache_read_text, c->cache_read_audio, c->cache_read_image);
    if (c->cache_write < 0)
        c->cache_write = obs_tokens_sum(c->cache_write_5m, c->cache_write_1h);
    if (c->input < 0)
        c->input = c->input_uncached;
    if (c->input < 0 && c->input_text >= 0)
        c->input = sum3(c->input_text, c->input_audio, c->input_image);
    if (c->output < 0 && c->output_text >= 0)
        c->output = sum3(c->output_text, c->output_audio, c->output_image);
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

/* --- inside or beside ----------------------------------------------------------- */

/* What the details of a reading come to. */
struct details {
    int64_t cache, media_in, reasoning, media_out;
};

static struct details details_of(const struct token_counts *c)
{
    return (struct details){
        .cache = or_zero(c->cache_read) + or_zero(c->cache_write),
        .media_in = or_zero(c->input_audio) + or_zero(c->input_image),
        .reasoning = or_zero(c->reasoning),
        .media_out = or_zero(c->output_audio) + or_zero(c->output_image),
    };
}

/* The bits that the numbers leave no choice about: those set in `ret_mask`. */
static uint32_t forced(const struct token_counts *c, const struct details *d, uint32_t *ret_mask)
{
    int64_t input = or_zero(c->input), output = or_zero(c->output);
    bool bare = d->cache > 0 && c->input_uncached >= 0 && c->input_uncached == input;
    uint32_t must = (d->cache > input || bare ? CACHE_BESIDE : 0) |
                    (d->reasoning > output ? REASONING_BESIDE : 0) |
                    (d->media_in > input || d->media_out > output ? MEDIA_BESIDE : 0);

    *ret_mask = must;
    if (c->input_uncached >= 0 && obs_tokens_sum(c->input_uncached, d->cache) == input)
        *ret_mask |= CACHE_BESIDE;
    return must;
}

static int64_t sum_of(const struct token_counts *c, const struct details *d, uint32_t beside)
{
    return or_zero(c->input) + or_zero(c->output) + (beside & CACHE_BESIDE ? d->cache : 0) +
           (beside & REASONING_BESIDE ? d->reasoning : 0) +
           (beside & MEDIA_BESIDE ? d->media_in + d->media_out : 0);
}

/* Chooses where the details are; `ret_ambiguous`: only an uncertain habit decided. */
static uint32_t choose(const struct token_counts *c, bool *ret_ambiguous)
{
    /* the habit first, then one change, then two, then all */
    static const uint8_t changes[] = {0, CACHE_BESIDE, REASONING_BESIDE, MEDIA_BESIDE, 3, 5, 6, 7};
    const struct details d = details_of(c);
    uint32_t mask, must = forced(c, &d, &mask);

    *ret_ambiguous = false;
    for (unsigned i = 0; c->total >= 0 && i < sizeof(changes); i++) {
        uint32_t beside = c->habit ^ changes[i];

        if ((beside & mask) == must && sum_of(c, &d, beside) == c->total)
            return beside;
    }
    *ret_ambiguous = c->doubtful && d.cache > 0 && !(mask & CACHE_BESIDE);
    return (c->habit & ~mask) | must;
}

/* Details that are only used inside their total are no parts when they are not. */
static uint32_t drop_information(struct token_counts *c, uint32_t beside)
{
    if ((beside & CACHE_BESIDE) && c->cache_info) {
        c->cache_read = c->cache_read_audio = c->cache_write = c->cache_write_1h = OBS_ABSENT;
        beside &= ~CACHE_BESIDE;
    }
    if ((beside & REASONING_BESIDE) && c->reason_info) {
        c->reasoning = OBS_ABSENT;
        beside &= ~REASONING_BESIDE;
    }
    return beside;
}

/* --- parts ------------------------------------------------------------------------ */

/* Takes up to `n` off `*part`; returns how much. */
static int64_t take(int64_t *part, int64_t n)
{
    int64_t taken = *part < n ? or_zero(*part) : n;

    if (taken)
        *part -= taken;
    return taken;
}

/* A part of a whole that was sent, but not more than that; absent stays absent. */
static int64_t cut(int64_t *whole, int64_t part)
{
    return part < 0 ? OBS_ABSENT : take(whole, part);
}

static void split_cache(struct token_counts *c, obs_span *span)
{
    span->cache_read_tokens = c->cache_read;
    span->cache_read_audio_tokens = cut(&span->cache_read_tokens, c->cache_read_audio);
    span->cache_write_tokens = c->cache_write;
    span->cache_write_1h_tokens = cut(&span->cache_write_tokens, c->cache_write_1h);
}

/* Returns true when media and cached tokens overlap and nobody said how. */
static bool split_input(struct token_counts *c, uint32_t beside, obs_span *span)
{
    int64_t cache = or_zero(c->cache_read) + or_zero(c->cache_write), both;

    span->input_audio_tokens = c->input_audio;
    span->input_image_tokens = c->input_image;
    span->input_tokens = c->input;
    split_cache(c, span);
    if (!(beside & CACHE_BESIDE)) { /* cached media are among the media */
        (void)take(&span->input_audio_tokens, or_zero(c->cache_read_audio));
        (void)take(&span->input_image_tokens, or_zero(c->cache_read_image));
    }
    if (c->input < 0)
        return false;
    if (!(beside & CACHE_BESIDE))
        span->input_tokens -= cache;
    if (!(beside & MEDIA_BESIDE))
        span->input_tokens -= or_zero(span->input_audio_tokens) + or_zero(span->input_image_tokens);
    if (span->input_tokens >= 0)
        return false;
    both = -span->input_tokens;
    span->input_tokens = 0;
    (void)take(&span->input_image_tokens, both - take(&span->input_audio_tokens, both));
    return true;
}

/* Reasoning and media inside one output never overlap, unless the numbers are
 * wrong: then what was written as text is nothing. */
static void split_output(const struct token_counts *c, uint32_t beside, obs_span *span)
{
    span->output_tokens = c->output;
    if (beside & REASONING_BESIDE || c->output < 0)
        span->reasoning_tokens = c->reasoning;
    else
        span->reasoning_tokens = cut(&span->output_tokens, c->reasoning);
    if (beside & MEDIA_BESIDE || c->output < 0) {
        span->output_audio_tokens = c->output_audio;
        span->output_image_tokens = c->output_image;
        return;
    }
    span->output_audio_tokens = cut(&span->output_tokens, c->output_audio);
    span->output_image_tokens = cut(&span->output_tokens, c->output_image);
}

bool tokens_split(const struct token_counts *counts, obs_span *span)
{
    struct token_counts c = *counts;
    bool unsaid, doubt;
    uint32_t beside;

    fill_from_parts(&c);
    unsaid = fill_from_total(&c);
    beside = drop_information(&c, choose(&c, &doubt));
    split_output(&c, beside, span);
    return split_input(&c, beside, span) || unsaid || doubt;
}
