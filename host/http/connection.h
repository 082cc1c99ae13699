/* SPDX-License-Identifier: Apache-2.0 */
/* A client's connection: bytes in, bytes out, one request at a time.
 *
 * Input is read into the worker's buffer and parsed there; what cannot be
 * parsed yet, because a request must be answered first, moves into `stash`.
 * Output is collected in `out` and leaves in one call when the connection has
 * nothing more to do. A large body is not copied: it is `tail`, and follows
 * `out`.
 *
 * The sockets of a worker are in an epoll set of its own, edge-triggered, that
 * the loop watches as one descriptor. With libuv's level-triggered streams the
 * kernel asks every socket twice whether it is readable; that was 2 % of the
 * time of a request. Each edge is remembered in `readable` and `blocked` until
 * the socket has said EAGAIN. */
#ifndef HOST_HTTP_CONNECTION_H
#define HOST_HTTP_CONNECTION_H

#include "http/deadline.h"

#include <llhttp.h>
#include <netinet/in.h>
#include <observatory/request.h>
#include <stdbool.h>

struct http_worker;

struct conn {
    int fd;
    llhttp_t parser;
    struct http_worker *worker;
    struct conn *prev, *next; /* of the worker's open ones */
    struct conn *ready_next;  /* of those to be looked at */
    struct obs_request *req;  /* being received or answered */
    struct deadline input;    /* idle, header, body, linger */
    struct deadline output;   /* write */

    const char *in, *in_end; /* to be parsed */
    const char *head_at;     /* first byte of the head within the current input */
    obs_str span;            /* body bytes parsed but not delivered yet */
    char *stash;             /* owned memory behind `in`, NULL: the worker's buffer */

    char *out;
    size_t out_at, out_len, out_cap; /* sent up to out_at */
    obs_str tail;
    int unsent; /* bytes in the kernel when the write deadline was armed */

    uint64_t n_requests;
    uint64_t idle_since; /* n_requests when the idle deadline was armed */
    uint64_t lingered;   /* bytes dropped while closing */
    int fault;           /* OBS_E_* that a parser callback found */
    const char *fault_text;
    int broken;       /* negative errno that ended it, 0: none */
    bool busy;        /* inside conn_process() */
    bool ready;       /* in the ready list */
    bool readable;    /* recv() may have more */
    bool hup;         /* the client's last byte is there or on its way */
    bool blocked;     /* send() said EAGAIN */
    bool eof;         /* the client sent its last byte */
    bool kick;        /* the parser has an event left that needs no input */
    bool ending;      /* no more requests: close once all is written */
    bool lingering;   /* write side shut, input dropped */
    bool closing;     /* the descriptor is closed; freed before the loop sleeps */
    bool wait_output; /* a step waits for the client to take output */
    bool deaf;        /* input no longer makes sense: dropped */
    bool reset;       /* close so that the client sees the answer was cut */
    bool got_input;   /* since the deadline was armed */
    bool is_unix;
    union {
        struct sockaddr any;
        struct sockaddr_in in4;
        struct sockaddr_in6 in6;
    } peer;
};

/* Takes the accepted socket `fd`, also when it fails. */
void conn_open(struct http_worker *w, int fd, bool is_unix, const struct sockaddr *peer,
               socklen_t peer_len);

/* The socket reports `events` of epoll(7). */
void conn_event(struct conn *c, uint32_t events);

/* Takes every step that can be taken now, then writes. */
void conn_process(struct conn *c);

/* Has conn_process() called before the loop sleeps; a no-op inside it. */
void conn_schedule(struct conn *c);

/* Room for `len` more bytes of output; NULL when out of memory. Add to out_len
 * what was written there. */
char *conn_out(struct conn *c, size_t len);

/* Appends output. Out of memory breaks the connection. */
void conn_put(struct conn *c, const char *bytes, size_t len);

/* Bytes that the client has not taken yet. */
size_t conn_pending_bytes(const struct conn *c);

/* Sends what the socket takes. True when something that conn_process() waits
 * for came of it. */
bool conn_flush(struct conn *c);

/* The write deadline passed: false, and armed anew, when the client has taken
 * something since; it is slow, then, but there. */
bool conn_write_stalled(struct conn *c);

/* Forgets what was not sent. */
void conn_drop_output(struct conn *c);

/* No more requests on this one: it closes when its output is gone, lingering
 * when the client may still be sending. */
void conn_end(struct conn *c);

/* Closes now. A request that a plugin still has to answer goes on without it. */
void conn_close(struct conn *c);

/* Frees a closed one that is in no list any more. */
void conn_free(struct conn *c);

/* The input cannot be understood or did not come in time: answers `error`, if
 * there is no answer yet, and closes after it. `text` NULL: the error's own. */
void conn_input_failed(struct conn *c, int error, const char *text);

/* The plugin's time for an answer is over: 504 in its stead. */
void conn_request_expired(struct conn *c);

/* Ends its request, whose generation has to go: 503, or a cut when the answer
 * had begun. */
void conn_cut(struct conn *c);

/* A deadline of this connection passed. */
void conn_expired(struct conn *c, uint32_t kind);

/* The peer's address as text, at most 64 bytes with NUL. */
size_t conn_peer(const struct conn *c, char *out, size_t size);

/* parse.c: one turn of the parser over the input there is. True when it did
 * something. */
bool conn_parse(struct conn *c);

/* The settings of the parser, shared by all connections. */
void conn_parser_init(struct conn *c);

#endif
