/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked and noted on the way up from calls to the spans around them, for many
 * at a time; each store brings it. Calls return a code of the database and belong
 * inside a transaction. */
#ifndef PLUGINS_LIB_STORE_USAGE_ROWS_H
#define PLUGINS_LIB_STORE_USAGE_ROWS_H

#include "statement.h"

#include <observatory/span.h>

/* A condition: a span s has tokens or cost of its own. */
#define USAGE_IS_THERE                                                                             \
    "COALESCE(s.total_cost,s.input_tokens,s.output_tokens,s.cache_read_tokens,"                    \
    "s.cache_write_tokens,s.reasoning_tokens,s.input_audio_tokens,s.input_image_tokens,"           \
    "s.cache_read_audio_tokens,s.cache_write_1h_tokens,s.output_audio_tokens,"                     \
    "s.output_image_tokens) IS NOT NULL"

/* A span that is told what is below it. */
struct usage_target {
    uint8_t trace_id[16], span_id[8];
    obs_str project_id; /* borrowed */
    uint32_t flags;     /* what it is told: OBS_SPAN_OUTER_* */

    /* What usage_find() finds. */
    int64_t row; /* 0: it is not there */
    uint32_t has;
    uint8_t parent[8]; /* zeroes: a root */
    bool has_usage;    /* tokens or cost of its own */
};

/* Takes away what was noted for spans that have come; `ret_flags` is 0 where nothing
 * was. Spans whose row is 0 have not come. */
int usage_take_notes(struct statements *statements, const obs_span *spans, const int64_t *rows,
                     size_t n, uint32_t *ret_flags);

/* Leaves notes for spans that are yet to come. */
int usage_leave_notes(struct statements *statements, const struct usage_target *targets, size_t n);

/* Fills in what there is of each. No two are of the same span. */
int usage_find(struct statements *statements, struct usage_target *targets, size_t n);

/* Adds flags to rows. */
int usage_set_flags(struct statements *statements, const int64_t *rows, const uint32_t *flags,
                    size_t n);

#endif
