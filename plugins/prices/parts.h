/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a call that are paid for by the token. */
#ifndef PRICES_PARTS_H
#define PRICES_PARTS_H

#include <observatory/span.h>

#include <stdbool.h>

enum price_part {
    PRICE_INPUT,
    PRICE_INPUT_AUDIO,
    PRICE_INPUT_IMAGE,
    PRICE_CACHE_READ,
    PRICE_CACHE_READ_AUDIO,
    PRICE_CACHE_WRITE,
    PRICE_CACHE_WRITE_1H,
    PRICE_OUTPUT,
    PRICE_OUTPUT_AUDIO,
    PRICE_OUTPUT_IMAGE,
    PRICE_REASONING,
    PRICE_N_PARTS
};

struct price_part_info {
    obs_str name;         /* in a price book and in cost_details */
    size_t offset;        /* of its tokens in obs_span */
    enum price_part like; /* it costs as much as this earlier one when nothing is said; itself: no
                             such part */
    bool completion;      /* else it belongs to the prompt */
};

extern const struct price_part_info price_parts[PRICE_N_PARTS];

/* The tokens of a part, OBS_ABSENT when they are not known. */
static inline int64_t price_part_tokens(const obs_span *span, enum price_part part)
{
    int64_t tokens;

    memcpy(&tokens, (const char *)span + price_parts[part].offset, sizeof(tokens));
    return tokens;
}

#endif
