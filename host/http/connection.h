/* SPDX-License-Identifier: Apache-2.0 */
/* A client's connection: bytes in, bytes out, one request at a time.
 *
 * Input is read into the worker's buffer and parsed there; what cannot be
 * parsed yet, because a request must be answered first, moves into `stash`.
 * Output is collected in `out` and leaves in one write when the connection has
 * nothing more to do; only what the socket refuses is queued. A large body is
 * not copied: it is `tail`, and follows `out`. */
#ifndef HOST_HTTP_CONNECTION_H
#define HOST_HTTP_CONNECTION_H

#include "http/deadline.h"

#include <llhttp.h>
#include <netinet/in.h>
#include <observatory/request.h>
#include <stdbool.h>
#include <uv.h>

struct http_worker;

/* What is waiting for the socket to take it. */
struct flight {
    uv_write_t write;
    struct conn *conn;
    char *buffer; /* owned */
    size_t cap;
    bool has_tail;
};

struct conn {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    int fd; /* of the handle, which owns it */
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
    size_t out_len, out_cap;
    obs_str tail;
    struct flight *flight;
    size_t flight_seen; /* queue length when the write deadline was armed */

    uint64_t n_requests;
    uint64_t idle_since; /* n_requests when the idle deadline was armed */
    uint64_t lingered;   /* bytes dropped while closing */
    int fault;           /* OBS_E_* that a parser callback found */
    const char *fault_text;
    int broken; /* libuv error that ended it, 0: none */
    bool busy;  /* inside conn_process() */
    bool ready; /* in the ready list */
    bool reading;
    bool eof;         /* the client sent its last byte */
    bool kick;        /* the parser has an event left that needs no input */
    bool ending;      /* no more requests: close once all is written */
    bool lingering;   /* write side shut, input dropped */
    bool closing;     /* uv_close() called */
    bool wait_output; /* a step waits for the client to take output */
    bool deaf;        /* input no longer makes sense: dropped */
    bool reset;       /* close so that the client sees the answer was cut */
    bool got_input;   /* since the deadline was armed */
    bool closed;      /* the handle is gone; freed when it leaves the ready list */
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

/* Writes what the socket takes and queues the rest. True when something that
 * conn_process() waits for came of it. */
bool conn_flush(struct conn *c);

/* No more requests on this one: it closes when its output is gone, lingering
 * when the client may still be sending. */
void conn_end(struct conn *c);

/* Closes now. A request that a plugin still has to answer goes on without it. */
void conn_close(struct conn *c);

/* Frees one whose handle is closed and that is in no list any more. */
void conn_free(struct conn *c);

/* The input cannot be understood or did not come in time: answers `error`, if
 * there is no answer yet, and closes after it. `text` NULL: the error's own. */
void conn_input_failed(struct conn *c, int error, const char *text);

/* The plugin's time for an answer is over: 504 in its stead. */
void conn_request_expired(struct conn *c);

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
