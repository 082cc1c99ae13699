/* SPDX-License-Identifier: Apache-2.0 */
/* What a rollup keeps of the spans of one stretch of time: how many there were, the
 * sums of their numbers, sketches of their durations, and about how many users and
 * sessions they came from. Spans can be taken out again, since they change; a cell
 * may so be a difference, to be merged into another one. */
#ifndef PLUGINS_LIB_CELL_H
#define PLUGINS_LIB_CELL_H

#include "distinct_sketch.h"
#include "quantile_sketch.h"

#include <observatory/span.h>

#include <stdbool.h>

/* The numbers that are kept, in the order of their numbers in what is stored: these
 * never change, new ones go to the end. */
enum { CELL_DURATION, CELL_TTFT, CELL_N_NUMBERS = 18 };
enum { CELL_N_SKETCHES = 2 }; /* of the first numbers */

struct cell_kind {
    uint32_t field;
    bool squares;  /* the sum of squares is kept */
    bool extremes; /* least and greatest are kept */
};

extern const struct cell_kind cell_kinds[CELL_N_NUMBERS];

/* The index of a field's number, -1 when it is not kept. */
int cell_number_of(uint32_t field);

/* Values are never negative. */
struct cell_number {
    int64_t n; /* spans that have it */
    __int128 sum;
    unsigned __int128 squares;   /* modulo 2^128: of absurd values only */
    int64_t least, greatest;     /* of what was added; OBS_ABSENT: none */
    int64_t least_out, most_out; /* of what was taken out; only in differences */
    bool vague;                  /* an extreme was taken out: nobody knows the next one */
};

/* cell_init() to begin with; cell_free() at the end. */
struct cell {
    int64_t count; /* of all spans */
    uint32_t used; /* bits of the numbers that are not empty */
    struct cell_number numbers[CELL_N_NUMBERS];
    struct sketch sketches[CELL_N_SKETCHES];
    struct distinct users, sessions;
};

void cell_init(struct cell *cell);
void cell_free(struct cell *cell);

/* Empties it but keeps its memory. */
void cell_clear(struct cell *cell);

/* Counts a span; its user and session only `with_distinct`. Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int cell_add(struct cell *cell, const obs_span *span, bool with_distinct);

/* Takes a span out; its user and session stay. Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int cell_remove(struct cell *cell, const obs_span *span);

/* Makes a span that is counted another one of the same keys. Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int cell_change(struct cell *cell, const obs_span *old, const obs_span *span,
                               bool with_distinct);

/* Adds a cell, or a difference, to what is known. Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int cell_merge(struct cell *to, const struct cell *from);

/* Adds a difference to another one. Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int cell_gather(struct cell *to, const struct cell *from);

/* The counts and sums as bytes. */
#define CELL_MAX_BYTES 1400u
size_t cell_encode(const struct cell *cell, uint8_t *to);

/* Merges counts and sums that were encoded. Errors: OBS_E_SYNTAX. */
OBS_MUST_CHECK int cell_merge_encoded(struct cell *to, obs_str bytes);

#endif
