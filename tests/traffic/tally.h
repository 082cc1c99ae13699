/* SPDX-License-Identifier: Apache-2.0 */
/* What became of requests, and how long they took. */
#ifndef TESTS_TRAFFIC_TALLY_H
#define TESTS_TRAFFIC_TALLY_H

#include <stddef.h>
#include <stdint.h>

/* Each request ends in exactly one of these. */
enum outcome {
    OUTCOME_OK,
    OUTCOME_REFUSED,  /* no connection */
    OUTCOME_RESET,    /* RST, or EPIPE, while it was under way */
    OUTCOME_EOF,      /* closed before the answer's body */
    OUTCOME_SHORT,    /* closed inside the answer's body */
    OUTCOME_TIMEOUT,  /* no answer for TALLY_TIMEOUT_S */
    OUTCOME_MIXED,    /* the parts of the answer are not of one request or one build */
    OUTCOME_STATUS,   /* another status than 200 */
    OUTCOME_GIVEN_UP, /* by the client, on purpose: no failure */
    N_OUTCOMES,
};

#define TALLY_TIMEOUT_S 20

/* Logarithmic buckets of which each spans less than 2 % of its value. */
#define TALLY_BUCKETS 2048

struct tally {
    uint64_t outcomes[N_OUTCOMES];
    uint64_t letters[26]; /* answers by the build they came from */
    uint64_t buckets[TALLY_BUCKETS];
    uint64_t max_us;
};

void tally_add(struct tally *tally, enum outcome outcome, char letter, uint64_t latency_us);
void tally_merge(struct tally *into, const struct tally *from);

/* All requests; those that were neither answered well nor given up. */
uint64_t tally_total(const struct tally *tally);
uint64_t tally_failed(const struct tally *tally);

/* As members of a JSON object, without its braces. */
void tally_print(const struct tally *tally);

const char *outcome_name(enum outcome outcome);

#endif
