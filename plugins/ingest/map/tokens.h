/* SPDX-License-Identifier: Apache-2.0 */
/* Token counts: from totals and details, as emitters send them, to disjoint
 * parts. Whether a detail is inside its total or beside it differs between
 * emitters; the numbers decide where they can, the sender's habits else. */
#ifndef INGEST_TOKENS_H
#define INGEST_TOKENS_H

#include <observatory/span.h>

#include <stdbool.h>

/* Where details are counted: bits, 0 is inside their total. */
#define CACHE_BESIDE 1u
#define REASONING_BESIDE 2u
#define MEDIA_BESIDE 4u

/* As sent; OBS_ABSENT what was not. Media counts are those of the whole input,
 * cached ones too. */
struct token_counts {
    int64_t input, input_text, input_audio, input_image;
    int64_t input_uncached; /* says whether `input` is with cache */
    int64_t cache_read, cache_read_text, cache_read_audio, cache_read_image;
    int64_t cache_write, cache_write_5m, cache_write_1h;
    int64_t output, output_text, output_audio, output_image;
    int64_t reasoning;
    int64_t total;
    uint32_t habit;   /* of this sender: *_BESIDE */
    bool doubtful;    /* the habit is no rule: say so when only it decides */
    bool cache_info;  /* cache counts are details: used only inside the input */
    bool reason_info; /* the same for reasoning and the output */
    bool embedding;   /* a total alone is input */
};

/* Fills the span's token parts. Returns true when the reading is ambiguous. */
bool tokens_split(const struct token_counts *counts, obs_span *span);

#endif
