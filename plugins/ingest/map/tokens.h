/* SPDX-License-Identifier: Apache-2.0 */
/* Token counts: from totals and details, as emitters send them, to disjoint
 * parts. Whether a detail is inside its total or beside it differs between
 * emitters; the numbers decide where they can, the sender's habits else. */
#ifndef INGEST_TOKENS_H
#define INGEST_TOKENS_H

#include <observatory/span.h>

#include <stdbool.h>

/* As sent; OBS_ABSENT what was not. */
struct token_counts {
    int64_t input;
    int64_t output;
    int64_t total;
    int64_t cache_read;
    int64_t cache_write;
    int64_t reasoning;
    bool beside;      /* habit of this sender: cache counts are not in the input */
    bool doubtful;    /* the habit is no rule: say so when only it decides */
    bool cache_info;  /* cache counts are details: used only inside the input */
    bool reason_info; /* the same for reasoning and the output */
    bool embedding;   /* a total alone is input */
};

/* Fills the span's token parts. Returns true when the reading is ambiguous. */
bool tokens_split(const struct token_counts *counts, obs_span *span);

#endif
