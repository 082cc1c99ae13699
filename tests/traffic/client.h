/* SPDX-License-Identifier: Apache-2.0 */
/* One client: a connection after the other, a round of requests after the other.
 * It never asks twice for the same thing. */
#ifndef TESTS_TRAFFIC_CLIENT_H
#define TESTS_TRAFFIC_CLIENT_H

#include "answer.h"

#define MAX_ROUND 16u
#define OUT_BYTES 16384u

/* What kind of client. */
struct mode {
    const char *name;
    const char *path;
    uint32_t n_requests;  /* a round, all sent before the first answer is read */
    uint32_t run_bytes;   /* of the answer, and of the body of a POST */
    uint32_t max_wait_ms; /* the server waits up to this */
    uint32_t pace_ms;     /* the server waits this long between two pieces */
    uint32_t n_pieces;    /* of the body; 0: there is none */
    uint32_t pause_ms;    /* between two pieces; without a body between two rounds */
    uint32_t read_bytes;  /* at a time, one time a turn; 0: all there is */
    uint32_t patience_ms; /* of a client that gives up before that; 0: it never does */
    bool closes;          /* after each round */
    bool expects;         /* 100 (Continue) before the body */
};

struct report {
    struct tally tally;
    uint32_t n_sentences;
    char sentences[10][256]; /* about the first failures */
};

struct client {
    const struct mode *mode;
    struct report *report;
    uint64_t *next_number; /* shared by all clients */
    int epoll_fd, port;
    int fd;           /* -1: not connected */
    uint32_t watched; /* events */

    bool under_way;       /* a round */
    uint64_t first;       /* its first number */
    uint32_t n_answered;  /* of it */
    uint64_t began_us;    /* it */
    struct answer answer; /* the one being read */
    uint64_t random;

    char out[OUT_BYTES];
    size_t out_bytes, out_at;
    uint32_t n_pieces_sent;
    uint64_t next_us;    /* when the next piece or round is due */
    uint64_t give_up_us; /* when the round is given up; 0: never */
};

/* What is due at `now_us`; no new round begins when `stopping`. */
void client_turn(struct client *client, uint64_t now_us, bool stopping);

/* The socket can be read or written. */
void client_event(struct client *client, uint32_t events, uint64_t now_us);

#endif
