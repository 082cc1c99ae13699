/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the HTTP server: the listeners that all workers share, and what
 * each worker keeps for its connections. A worker's part is touched by its own
 * thread only. */
#ifndef HOST_HTTP_SERVER_H
#define HOST_HTTP_SERVER_H

#include "http/deadline.h"
#include "http/encoding.h"
#include "http/http.h"
#include "http/traffic.h"
#include "runtime/worker.h"

#include <pthread.h>
#include <stdatomic.h>

struct conn;

/* A listening socket. The server's list holds one use of it, each worker that
 * accepts from it another; the last one closes it. */
struct listener {
    int fd;
    bool is_unix;
    bool is_inherited; /* others have it open, too, and the path is theirs */
    char *configured;  /* the address in the words of the configuration */
    char *address;     /* as really bound */
    char *unix_path;   /* to unlink at the end; NULL for TCP */
    _Atomic uint32_t n_uses;
    struct listener *next;
};

struct http_server {
    struct http_settings settings; /* that a worker starts with */
    bool access_log;
    pthread_mutex_t lock; /* over the list */
    struct listener *listeners;
    struct traffic traffic;
    struct endpoint_telemetry *unrouted; /* route="none" */
    _Atomic uint32_t n_workers;          /* that accept from the listeners */
};

/* One listener as seen by one worker. */
struct acceptor {
    uv_poll_t poll;
    struct http_worker *worker;
    struct listener *listener;
    struct acceptor *next;
};

enum {
    DEADLINE_IDLE,
    DEADLINE_HEADER,
    DEADLINE_BODY,
    DEADLINE_WRITE,
    DEADLINE_REQUEST,
    DEADLINE_LINGER,
    N_DEADLINES
};

enum {
    OUT_BUFFER_BYTES = 16384,  /* of a pooled output buffer */
    READ_BUFFER_BYTES = 65536, /* one a worker */
    POOL_REQUESTS = 64,        /* kept for reuse by a worker */
    POOL_BUFFERS = 64,
    LINGER_NS = 2000000000, /* for a client to read its answer after we are done */
};

struct http_worker {
    struct http_server *server;
    struct http_settings settings; /* its own copy: a reload changes it between two requests */
    bool access_log;
    obs_worker *worker;
    uv_timer_t sweep;
    uv_prepare_t prepare;
    uv_idle_t again;            /* active: something was left for the next turn */
    uv_poll_t events;           /* on epoll_fd */
    int epoll_fd;               /* all connections */
    struct acceptor *acceptors; /* a list */

    struct deadline_list deadlines[N_DEADLINES];
    struct conn *conns; /* open, doubly linked */
    size_t n_conns;
    size_t n_detached;                     /* requests whose client is gone */
    struct conn *ready_first, *ready_last; /* to be looked at before the loop sleeps */
    struct conn *closed_conns;             /* to be freed */
    struct obs_request *late;              /* answered after their client was gone */

    struct obs_request *free_requests;
    size_t n_free_requests;
    void *free_buffers; /* of OUT_BUFFER_BYTES, linked through their first bytes */
    size_t n_free_buffers;
    char *read_buffer;
    struct encoder *encoders[CODING_UNKNOWN]; /* by coding, for whole answers */

    size_t n_live; /* handles, connections and requests that keep this struct */
    bool draining, closed, accepting;

    int reserve_fd; /* given up to refuse politely when descriptors run out */
    int64_t accept_retry_ms, accept_logged_ms;
    int64_t expired_logged_ms;

    int64_t clock_ns; /* monotonic, as last read on this worker */
    int64_t wall_offset_ns, wall_checked_ns;
    int64_t date_s; /* second that `date` shows */
    char date[32];  /* "Mon, 23 Nov 2026 07:00:00 GMT" */
    uint64_t random[2];
};

/* The loop's time, good enough for deadlines. */
static inline int64_t worker_now_ms(const struct http_worker *w)
{
    return (int64_t)uv_now(&w->worker->loop);
}

/* Wall clock of the monotonic time `mono_ns`, resolved anew ten times a second. */
int64_t http_worker_wall_ns(struct http_worker *w, int64_t mono_ns);

/* Brings w->date up to the second of `wall_ns`. */
void http_worker_date(struct http_worker *w, int64_t wall_ns);

/* 32 random hexadecimal digits: unique, not secret. */
void http_worker_random_id(struct http_worker *w, char *out);

/* Takes over settings that a reload changed. */
void http_worker_configure(struct http_worker *w, const struct http_settings *settings,
                           bool access_log);

/* Something else ended that kept the worker alive. */
void http_worker_unref(struct http_worker *w);

/* A connection has come: deadlines are looked at from now on. */
void http_worker_wake_sweep(struct http_worker *w);

/* A buffer of OUT_BUFFER_BYTES from the pool; NULL when out of memory. */
char *http_worker_take_buffer(struct http_worker *w);
void http_worker_give_buffer(struct http_worker *w, char *buffer);

/* listener.c: binds `address` and listens, or takes over the inherited socket that
 * is bound to it (inherited.h); on failure a sentence is in `error`. */
int listener_open(obs_str address, int64_t backlog, struct listener **ret_listener, char *error,
                  size_t error_size);

/* The address that the socket `fd` is bound to, in the words of the configuration;
 * NULL: it has none, or out of memory. To be freed. */
char *listener_address(int fd);

/* Clients are refused from now on, even by a socket that others still have open;
 * closing alone would leave them waiting. Thread: any. */
void listener_refuse(struct listener *listener);

/* One use less; the last one closes the socket. Thread: any. */
void listener_release(struct listener *listener);

/* accept.c: starts and stops watching a listener on this worker. */
int acceptor_open(struct http_worker *w, struct listener *listener);
void acceptor_close(struct http_worker *w, const struct listener *listener);

/* All of them. */
void acceptors_pause(struct http_worker *w);
void acceptors_resume(struct http_worker *w);
void acceptors_close(struct http_worker *w);

#endif
