/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP as a plugin sees it: routes, the request, the answer, phase hooks.
 *
 * A request lives on one worker. Its handler runs there and either answers,
 * or returns OBS_PENDING and answers later on the same worker (obs_post(),
 * obs_offload() and timers bring it back there). A request that is pending
 * stays valid, even when the client has gone, until it is answered: every
 * handler answers exactly once. */
#ifndef OBSERVATORY_REQUEST_H
#define OBSERVATORY_REQUEST_H

#include <observatory/json.h>

OBS_BEGIN_DECLS

/* One HTTP request and its answer.  Since: ABI 1.0. */
typedef struct obs_request obs_request;

/* Results of handlers and hooks besides OBS_OK and OBS_E_*.
 * OBS_PENDING: the answer (or obs_request_resume()) comes later.
 * OBS_RESPONDED: from a hook: this hook answered, skip the rest.
 * OBS_CONTINUE: from a hook: go on with the next one. Since: ABI 1.0. */
#define OBS_CONTINUE 0
#define OBS_PENDING 1
#define OBS_RESPONDED 2

/* Methods, as bits so that a route can take several (RFC 9110 §9). Every
 * route with GET answers HEAD too, and OPTIONS is answered by the host unless
 * a route takes it.  Since: ABI 1.0. */
#define OBS_GET 1u
#define OBS_HEAD 2u
#define OBS_POST 4u
#define OBS_PUT 8u
#define OBS_PATCH 16u
#define OBS_DELETE 32u
#define OBS_OPTIONS 64u
#define OBS_ANY_METHOD 127u

/* How a route receives the request body.
 * IGNORE: read and dropped, at most the host's limit.
 * BUFFER: decoded and complete before the handler runs: obs_request_body().
 * STREAM: the handler runs when the header is complete and reads with
 *         obs_request_read_body(). Since: ABI 1.0. */
#define OBS_BODY_IGNORE 0u
#define OBS_BODY_BUFFER 1u
#define OBS_BODY_STREAM 2u

/* Flags of a route.
 * NO_DECODE: hand out the body as sent, Content-Encoding untouched.
 * ANY_QUERY: unknown query parameters are the handler's business; otherwise
 *            the host refuses what `params` does not name (400, 1202).
 * CACHE: the answer follows from the request, the projects that the caller may
 *        see, the clock and the store, and nothing else; a range of times in it
 *        ends where parameter `to` or `end_time` says. A cache may answer.
 * Since: ABI 1.0. */
#define OBS_ROUTE_NO_DECODE 1u
#define OBS_ROUTE_ANY_QUERY 2u
#define OBS_ROUTE_CACHE 4u

/* A parameter of a route, for validation and documentation. All strings are
 * static storage of the plugin.  Since: ABI 1.0. */
typedef struct obs_param {
    const char *name;
    const char *in;     /* "path", "query" or "header" */
    const char *schema; /* "string", "integer", "number", "boolean", "time", "list" */
    const char *help;   /* one line */
} obs_param;

/* Answers one request. Runs after the phases before the handler let it pass.
 * `self` is what create() returned. Returns OBS_OK when it answered,
 * OBS_PENDING when it will, or OBS_E_*: the host then answers that error.
 * Thread: [worker].  Since: ABI 1.0. */
typedef int (*obs_handler_fn)(obs_request *req, void *self);

/* One route. Static storage of the plugin.
 *
 * path: literal segments, `{name}` for one segment, `{name...}` as the last
 *       one for the rest of the path, at least one character. `${option}` at
 *       the start stands for the value of a string option of the instance.
 * permission: what the caller needs ("traces:read"); NULL: none. The host
 *       only carries it to the authorize hooks.
 * limit_class: for rate limiting ("query", "ingest"); NULL: "default".
 * body_limit: decoded bytes; 0: the host's http.max_body. `body_limit_option`
 *       names an option of type OBS_OPT_SIZE that overrides it, or is NULL.
 * max_age_s: Cache-Control of a 200; -1: no-store, 0: none.
 * Since: ABI 1.0. */
typedef struct obs_route {
    uint32_t methods; /* OBS_GET | … */
    uint32_t body;    /* OBS_BODY_* */
    uint32_t flags;   /* OBS_ROUTE_* */
    int32_t max_age_s;
    const char *path;
    obs_handler_fn handler;
    const char *permission;
    const char *limit_class;
    const char *body_limit_option;
    uint64_t body_limit;
    const char *summary;     /* one line for the API reference */
    const obs_param *params; /* may be NULL */
    size_t n_params;
} obs_route;

/* Phases, in the order in which a request passes them. EARLY to LIMIT run
 * when the header is complete and a route was found, before the body is read;
 * HANDLE is the last one before the handler: the body of a BUFFER route is there.
 * RESPOND before the head of the answer is written, for added headers; LOG
 * when the request is over, however it ended (its result is ignored). Numbers
 * are names here and no order.
 * Since: ABI 1.0. */
#define OBS_PHASE_EARLY 0u
#define OBS_PHASE_AUTHENTICATE 1u
#define OBS_PHASE_AUTHORIZE 2u
#define OBS_PHASE_LIMIT 3u
#define OBS_PHASE_RESPOND 4u
#define OBS_PHASE_LOG 5u
#define OBS_PHASE_HANDLE 6u
#define OBS_N_PHASES 7u

/* A hook: OBS_CONTINUE, OBS_RESPONDED after answering, OBS_PENDING to be
 * continued by obs_request_resume() (not in RESPOND and LOG), or OBS_E_*: the
 * host answers that error. Order inside a phase: plugins in the order of the
 * config file, hooks in the order of the table.
 * Thread: [worker].  Since: ABI 1.0. */
typedef int (*obs_hook_fn)(obs_request *req, void *self);

/* One hook. Static storage of the plugin.  Since: ABI 1.0. */
typedef struct obs_hook {
    uint32_t phase; /* OBS_PHASE_* */
    uint32_t reserved;
    obs_hook_fn fn;
} obs_hook;

/* Continues a request whose hook returned OBS_PENDING; `result` is what the
 * hook would have returned. Once a pause; a second call aborts.
 * Thread: [worker], the request's own.  Since: ABI 1.0. */
OBS_API void obs_request_resume(obs_request *req, int result);

/* ---- reading the request ------------------------------------------------ */

/* The request's memory, limited by http.max_request_memory; ends after LOG.
 * Thread: [worker]; an offloaded job of a pending request may use it while
 * the worker does not.  Since: ABI 1.0. */
OBS_API obs_arena *obs_request_arena(obs_request *req);

/* One of OBS_GET …; HEAD stays HEAD.  Thread: [worker].  Since: ABI 1.0. */
OBS_API uint32_t obs_request_method(const obs_request *req);

/* The method as sent ("GET").  Borrowed for the request's life.
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API obs_str obs_request_method_name(const obs_request *req);

/* The path, percent-decoded, valid UTF-8, dot segments removed (RFC 3986
 * §5.2.4); an encoded slash stays "%2F". Borrowed for the request's life.
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API obs_str obs_request_path(const obs_request *req);

/* The target exactly as sent, query included; for logs and echoes. Borrowed.
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API obs_str obs_request_target(const obs_request *req);

/* The pattern of the route that matched, for metrics: bounded in number.
 * Borrowed for the request's life.  Thread: [worker].  Since: ABI 1.0. */
OBS_API obs_str obs_request_route(const obs_request *req);

/* The route itself as its plugin declared it, "${…}" not expanded; NULL
 * before routing.  Thread: [worker].  Since: ABI 1.0. */
OBS_API const obs_route *obs_request_route_decl(const obs_request *req);

/* The value of path parameter `name`, percent-decoded; ptr NULL when the
 * route has none of that name. Borrowed.
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API obs_str obs_request_param(const obs_request *req, const char *name);

/* The first value of query parameter `name`, decoded ('+' is a space); ptr
 * NULL when absent. Borrowed.  Thread: [worker].  Since: ABI 1.0. */
OBS_API obs_str obs_request_query(obs_request *req, const char *name);

/* Calls `fn` for each query parameter in order until it returns non-zero;
 * returns what the last call did.  Thread: [worker].  Since: ABI 1.0. */
OBS_API int obs_request_each_query(obs_request *req,
                                   int (*fn)(obs_str name, obs_str value, void *user), void *user);

/* The value of header `name` (any case, RFC 9110 §5.1), fields of the same
 * name joined with ", "; ptr NULL when absent. Borrowed.
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API obs_str obs_request_header(obs_request *req, const char *name);

/* Calls `fn` for each header field in order until it returns non-zero;
 * returns what the last call did.  Thread: [worker].  Since: ABI 1.0. */
OBS_API int obs_request_each_header(obs_request *req,
                                    int (*fn)(obs_str name, obs_str value, void *user), void *user);

/* The request id: the client's X-Request-Id when it is sane (1-128 of
 * [A-Za-z0-9._-]), else a new one. Borrowed for the request's life.
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API obs_str obs_request_id(obs_request *req);

/* The W3C traceparent of the request, valid or ptr NULL (Trace Context 1).
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API obs_str obs_request_traceparent(obs_request *req);

/* The peer's address as text ("127.0.0.1:1234", "unix:"). Borrowed.
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API obs_str obs_request_peer(obs_request *req);

/* When the header was complete, wall clock.
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API int64_t obs_request_time_ns(const obs_request *req);

/* Nanoseconds since the header was complete, monotonic.
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API int64_t obs_request_age_ns(const obs_request *req);

/* The whole decoded body of a BUFFER route; empty otherwise. Borrowed for the
 * request's life.  Thread: [worker], and off the loop while pending.
 * Since: ABI 1.0. */
OBS_API obs_str obs_request_body(const obs_request *req);

/* Receives a streamed body: status OBS_OK with a piece of at least one byte,
 * then once OBS_BODY_END or OBS_E_* with an empty piece. `piece` is borrowed
 * for the call.  Thread: [worker].  Since: ABI 1.0. */
#define OBS_BODY_END 1
typedef void (*obs_body_fn)(obs_request *req, int status, obs_str piece, void *user);

/* Starts delivering the body of a STREAM route; once a request. A body that is
 * never read is dropped (and the connection closed when it is long).
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API void obs_request_read_body(obs_request *req, obs_body_fn fn, void *user);

/* Stops and restarts delivery; while paused the host stops reading from the
 * socket.  Thread: [worker].  Since: ABI 1.0. */
OBS_API void obs_request_pause_body(obs_request *req);
OBS_API void obs_request_resume_body(obs_request *req);

/* 1 when the client is gone and an answer would reach nobody.
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API int obs_request_aborted(const obs_request *req);

/* Calls `fn(data)` once when the client goes away before the answer is out.
 * Errors: OBS_E_NOMEM.  Thread: [worker].  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_request_on_abort(obs_request *req, void (*fn)(void *data),
                                                void *data);

/* A pointer kept with the request under `key` (any address unique to the
 * caller): how a hook hands something to a handler. NULL when never set.
 * set: Errors: OBS_E_NOMEM.  Thread: [worker].  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_request_set(obs_request *req, const void *key, void *value);
OBS_API void *obs_request_get(const obs_request *req, const void *key);

/* What worker_start() of the plugin whose handler or hook is running made for
 * this worker.  Thread: [worker].  Since: ABI 1.0. */
OBS_API void *obs_request_worker_context(const obs_request *req);

/* ---- answering ---------------------------------------------------------- */

/* Adds a header to the coming answer; name and value are copied. The host
 * writes Date, Content-Length, Transfer-Encoding, Connection, X-Request-Id
 * and Vary: Accept-Encoding itself. Errors: OBS_E_INVALID (not a token, CR or
 * LF in the value, head already sent, a header of the host's), OBS_E_NOMEM.
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API int obs_response_header(obs_request *req, const char *name, obs_str value);

/* Answers with `body`, borrowed until the request ends: from the request's
 * arena, its body, or static. Compressed by negotiation from 1 KiB on. HEAD
 * sends the head only. `content_type` NULL: no body. Always OBS_OK, so that a
 * handler can end with it; answering twice aborts.
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API int obs_respond(obs_request *req, int status, const char *content_type, obs_str body);

/* Answers with the content of `buf` as application/json; when the buffer has
 * an error, answers that.  Thread: [worker].  Since: ABI 1.0. */
OBS_API int obs_respond_json(obs_request *req, int status, obs_buf *buf);

/* Answers `error` with its status and the error body of the API. `field` is
 * the offending field or NULL; the text says what was wrong, where, and what
 * was expected, and never shows internals; NULL takes the error's own text.
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API OBS_PRINTF(4, 5) int obs_respond_error(obs_request *req, int error, const char *field,
                                               const char *format, ...);

/* Starts a streamed answer: the head goes out now. `length` in bytes when
 * known, else -1 (chunked, or until close for HTTP/1.0).
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API int obs_response_begin(obs_request *req, int status, const char *content_type,
                               int64_t length);

/* Queues `piece` (copied). OBS_OK, or OBS_PENDING: taken, but more than
 * http.send_high_water waits, so go on after on_drain; OBS_E_CLOSED: the
 * client is gone.  Thread: [worker].  Since: ABI 1.0. */
OBS_API int obs_response_write(obs_request *req, obs_str piece);

/* Calls `fn(req, user)` each time the queue falls to a quarter of the high
 * water after a write returned OBS_PENDING, and once when the client goes.
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API void obs_response_on_drain(obs_request *req, void (*fn)(obs_request *req, void *user),
                                   void *user);

/* Ends a streamed answer. Ending before `length` bytes were written, or with
 * `failed` = 1, closes the connection so that the client sees the cut.
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API void obs_response_end(obs_request *req, int failed);

/* A whole answer that is about to be sent. All is borrowed for the hook; `etag`
 * has a NULL ptr when no ETag was added.  Since: ABI 1.0. */
typedef struct obs_response_view {
    uint32_t size;
    int32_t status;
    obs_str content_type;
    obs_str body;
    obs_str etag; /* with its quotes */
} obs_response_view;

/* Fills `view` (its size set by the caller) in a RESPOND hook. Errors:
 * OBS_E_NOT_FOUND: the answer is streamed, an error's, or this is no RESPOND hook.
 * Thread: [worker].  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_response_describe(const obs_request *req, obs_response_view *view);

/* The status of the answer, 0 before there is one; bytes of body sent. For
 * LOG hooks.  Thread: [worker].  Since: ABI 1.0. */
OBS_API int obs_response_status(const obs_request *req);
OBS_API uint64_t obs_response_bytes(const obs_request *req);

OBS_END_DECLS
#endif
