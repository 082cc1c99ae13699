/* SPDX-License-Identifier: Apache-2.0 */
/* The cost corpus, tests/fixtures/costs: what a call sent, and what it cost.
 * README.md there says what a file looks like. */
#ifndef TESTS_COST_CORPUS_H
#define TESTS_COST_CORPUS_H

#include "fixture_span.h"
#include "parts.h"

#include <observatory/conf.h>

/* One call. Texts are in the arena that the file was read into. */
struct cost_case {
    const char *file;
    uint32_t line;
    obs_str name;
    const obs_conf *head; /* what all cases of the file have in common */
    const obs_conf *node;
    int64_t at_ns;
    int64_t parts[PRICE_N_PARTS]; /* OBS_ABSENT: none */
    int64_t prompt, completion;   /* by the arithmetic that is written out, in nano-dollars */
    int64_t cost;                 /* of the call, OBS_ABSENT: it has none */
    obs_str source;
};

struct cost_file {
    const struct cost_case *cases;
    size_t n;
};

/* Reads `name` in the folder of the corpus; fails the test when it is not right,
 * or when the arithmetic of a case does not come to its cost. */
struct cost_file cost_file_read(obs_arena *arena, const char *name);

/* Puts on the span of `one` what the case sent. */
void cost_case_send(const struct cost_case *c, struct one *one);

#endif
