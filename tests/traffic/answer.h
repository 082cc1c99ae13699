/* SPDX-License-Identifier: Apache-2.0 */
/* An answer of tests/plugins/swap, taken in as it comes and judged: whether all
 * of it is of one build, and of the request that was asked. */
#ifndef TESTS_TRAFFIC_ANSWER_H
#define TESTS_TRAFFIC_ANSWER_H

#include "tally.h"

#include <stdbool.h>

#define ANSWER_HEAD_BYTES 4096

enum answer_state {
    ANSWER_HEAD,
    ANSWER_CHUNK_SIZE,
    ANSWER_CHUNK,
    ANSWER_CHUNK_END,
    ANSWER_TRAILER, /* the empty line behind the last chunk */
    ANSWER_BODY,
    ANSWER_DONE,
};

struct answer {
    enum answer_state state;
    uint64_t number;    /* expected: of the request */
    uint64_t run_bytes; /* expected */

    char head[ANSWER_HEAD_BYTES + 1];
    size_t head_bytes;
    bool continued; /* 100 has come */
    int status;
    char letter;

    uint64_t left_bytes; /* of the body or the chunk */
    char line[16];       /* of a chunk's size */
    size_t line_bytes;

    uint64_t seen_bytes; /* of the run */
    char tail[32];       /* behind the run: ".N\n" */
    size_t tail_bytes;
    char why[160]; /* it is no good answer; "" while it is */
    bool is_mixed; /* and it is not only the status */
};

/* Expects the answer to request `number`, a run of `run_bytes`. */
void answer_begin(struct answer *answer, uint64_t number, uint64_t run_bytes);

/* Takes bytes in until the answer is done; returns how many. */
size_t answer_feed(struct answer *answer, const char *data, size_t len);

/* What it is when it is done. */
enum outcome answer_judge(const struct answer *answer);

#endif
