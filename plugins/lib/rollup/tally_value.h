/* SPDX-License-Identifier: Apache-2.0 */
/* What is known so far of one field in one group, and the measures that follow. */
#ifndef PLUGINS_LIB_TALLY_VALUE_H
#define PLUGINS_LIB_TALLY_VALUE_H

#include "cell.h"

#include <observatory/store.h>

/* A field that measures ask about, and which of its properties. */
struct tally_need {
    uint32_t field;
    int number; /* of cells; -1: none */
    bool extremes, sketch, distinct;
};

/* Zero is nothing yet, but for the extremes. */
struct tally_value {
    uint64_t n;
    __int128 sum;
    unsigned __int128 squares; /* modulo 2^128: of absurd values only */
    int64_t least, greatest;   /* OBS_ABSENT: none */
    struct sketch *sketch;     /* when it is needed and there was something */
    struct distinct *distinct;
};

/* Spans of a group. */
struct tally_count {
    uint64_t count, errors;
    struct tally_value values[]; /* one for each need */
};

void tally_value_free(struct tally_value *value);

/* Errors of all: OBS_E_NOMEM. */
OBS_MUST_CHECK int tally_value_number(struct tally_value *value, const struct tally_need *need,
                                      int64_t number);
OBS_MUST_CHECK int tally_value_text(struct tally_value *value, obs_str text);
/* OBS_E_UNSUPPORTED too: an extreme is needed that the cell does not know. */
OBS_MUST_CHECK int tally_value_cell(struct tally_value *value, const struct tally_need *need,
                                    const struct cell *cell);
OBS_MUST_CHECK int tally_value_merge(struct tally_value *to, const struct tally_value *from);

/* The measure of a group; `value` is that of its field. */
obs_number tally_measure(const obs_measure *measure, const struct tally_count *count,
                         const struct tally_value *value);

#endif
