/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server as the rest of the host sees it. */
#ifndef HOST_HTTP_HTTP_H
#define HOST_HTTP_HTTP_H

#include <observatory/option.h>
#include <observatory/worker.h>
#include <stdbool.h>

struct generation;
struct http_server; /* listeners and settings; the main thread's */
struct http_worker; /* connections of one worker */

/* The options below `http:` in the config file, bound by config/options.h.
 * The struct is filled in http/settings.c's table. */
struct http_settings {
    uint64_t max_body_bytes;
    uint64_t max_header_bytes;
    int64_t max_headers;
    uint64_t max_target_bytes;
    uint64_t max_request_memory_bytes;
    uint64_t send_high_water_bytes;
    int64_t max_connections;    /* a worker */
    int64_t max_requests;       /* a connection, 0: no limit */
    int64_t backlog;            /* of each listener */
    int64_t header_timeout_ns;  /* first byte to end of header */
    int64_t body_timeout_ns;    /* between pieces of a body */
    int64_t write_timeout_ns;   /* between pieces taken by the client */
    int64_t idle_timeout_ns;    /* between requests */
    int64_t request_timeout_ns; /* handler time before 504, 0: none */
    uint64_t compress_min_bytes;
    int64_t compress_level;
    int32_t compress; /* bool */
};

extern const obs_option http_options[];
extern const size_t n_http_options;

/* Binds every address of `listen` ("127.0.0.1:8080", "[::1]:8080", "*:8080",
 * ":0", "unix:/path") and listens. On failure a sentence is in `error` and
 * nothing is left bound. `settings` is copied. Thread: control. */
int http_server_open(const struct http_settings *settings, const obs_str_list *listen,
                     bool access_log, struct http_server **ret_server, char *error,
                     size_t error_size);

/* What a reload changes of a server. */
struct http_change;

/* Binds those addresses of `listen` that are not bound yet; nothing is accepted
 * from them, and what is there goes on. Addresses that `listen` lacks are to
 * go. `settings` is copied. On failure a sentence is in `error` and nothing is
 * left. Thread: control. */
int http_change_open(struct http_server *server, const struct http_settings *settings,
                     const obs_str_list *listen, bool access_log, struct http_change **ret_change,
                     char *error, size_t error_size);

/* How many addresses come and go. */
size_t http_change_added(const struct http_change *change);
size_t http_change_removed(const struct http_change *change);

/* Applies it to this worker: its new connections and requests follow the new
 * settings. Clients that wait at an address that goes are accepted before. NULL
 * is a no-op. Thread: the worker. */
void http_worker_change(obs_worker *worker, const struct http_change *change);

/* Ends it, after every worker applied it, or without. NULL is a no-op.
 * Thread: control. */
void http_change_commit(struct http_change *change);
void http_change_cancel(struct http_change *change);

/* Closes the listening sockets, so that clients are refused instead of waiting;
 * every worker has drained before, or never opened. Thread: control. */
void http_server_stop_listening(struct http_server *server);

/* Closes the listeners and frees; the workers have closed before. */
void http_server_close(struct http_server *server);

/* The addresses as really bound ("127.0.0.1:41233, unix:/run/x"). Thread: any. */
void http_server_addresses(struct http_server *server, char *text, size_t size);

/* Starts accepting on this worker; sets worker->http. Thread: the worker. */
int http_worker_open(struct http_server *server, obs_worker *worker);

/* Stops accepting for good, closes idle connections, ends the others after
 * their current request. Thread: the worker. */
void http_worker_drain(obs_worker *worker);

/* Requests and connections still open. Thread: the worker. */
size_t http_worker_connections(const obs_worker *worker);

/* Ends the requests that still run on `generation`; returns how many. Those that
 * a plugin owes an answer stay pinned even so. Thread: the worker. */
size_t http_worker_cut(obs_worker *worker, const struct generation *generation);

/* Closes what is left; the loop must turn once more before it is freed.
 * Thread: the worker. */
void http_worker_close(obs_worker *worker);

#endif
