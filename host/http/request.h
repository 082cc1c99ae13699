/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its answer: the opaque obs_request.
 *
 * It is made with the first byte of its head and lives until (a) its answer is
 * out, (b) its last byte has been read or the connection ends, and (c) no
 * plugin owes it anything. When the client goes first, `conn` becomes NULL and
 * the request lives on until the plugin answers into the void. */
#ifndef HOST_HTTP_REQUEST_H
#define HOST_HTTP_REQUEST_H

#include "core/arena.h"
#include "http/deadline.h"
#include "http/encoding.h"
#include "http/head.h"
#include "http/path.h"
#include "http/route.h"
#include "plugin/generation.h"

#include <observatory/plugin.h>

struct conn;
struct http_worker;

enum stage {
    STAGE_HEAD,   /* the head is being received */
    STAGE_ROUTE,  /* the head is complete */
    STAGE_HOOKS,  /* a hook is pending */
    STAGE_RESUME, /* a pending hook came to its result */
    STAGE_BODY,   /* a body is received before the handler runs */
    STAGE_HANDLE, /* the handler is to be called */
    STAGE_ANSWER, /* the handler was called or will not be */
};

enum answer { ANSWER_NONE, ANSWER_STREAM, ANSWER_DONE };

/* The body of the request. */
struct inbound {
    char *ptr; /* BUFFER: all of it; STREAM: room for a decoded piece */
    size_t len, cap;
    uint64_t seen; /* bytes after decoding */
    struct decoder *decoder;
    obs_body_fn fn; /* STREAM: once the handler reads */
    void *user;
    bool paused;
    bool ended; /* `fn` has had its last call */
    int error;  /* receiving failed: OBS_E_* */
};

/* The answer. */
struct outbound {
    char *fields; /* lines added by plugins, ready to send */
    size_t fields_len, fields_cap;
    uint32_t etag, etag_len;
    uint32_t own; /* OWN_*: fields that the host then leaves out */
    int status;
    const obs_response_view *view; /* during RESPOND hooks of a whole answer, else NULL */
    int64_t length;                /* of a streamed answer, -1: unknown */
    uint64_t written;              /* bytes of body given by the plugin */
    uint64_t sent;                 /* bytes of body sent, after compression */
    char *encoded;                 /* compressed body of a whole answer */
    size_t encoded_len, encoded_cap;
    struct encoder *encoder;
    bool chunked, no_body, close, unflushed;
    bool wants_drain;
    void (*drain)(obs_request *req, void *user);
    void *drain_user;
};

enum {
    OWN_CACHE_CONTROL = 1,
    OWN_ENCODING = 2,
    OWN_RETRY_AFTER = 4,
    OWN_AUTHENTICATE = 8,
    OWN_VARY = 16
};

struct query_pair {
    obs_str name, value;
};

struct abort_call {
    struct abort_call *next;
    void (*fn)(void *data);
    void *data;
};

struct slot {
    struct slot *next;
    const void *key;
    void *value;
};

/* What is known of a request that is over, for who uses it nevertheless. */
#define REQUEST_NOTE_BYTES 128
struct request_note {
    uint32_t mark;
    char plugin[64];
    char request[REQUEST_NOTE_BYTES];
};

struct obs_request {
    struct conn *conn; /* NULL when the client is gone */
    struct http_worker *worker;
    struct generation *generation;   /* pinned from routing to release */
    const struct endpoint *endpoint; /* NULL before routing and for no route */
    obs_instance *running;           /* whose code runs or ran last */
    struct obs_arena arena;
    struct head head;
    struct target target;
    obs_str path;   /* as plugins see it */
    obs_str method; /* as sent, in the head's bytes */
    struct route_match match;
    struct query_pair *query;
    uint32_t n_query;
    uint32_t method_bit; /* 0 for a method that no route can have */

    uint8_t stage;  /* enum stage */
    uint8_t answer; /* enum answer */
    uint8_t phase;  /* of the next hook */
    bool complete;  /* its last byte has been parsed */
    bool has_body;
    bool expects; /* 100-continue not sent yet */
    bool keep_alive;
    bool http10;
    bool owed; /* a plugin must still answer or resume */
    bool in_hook, resumed;
    bool hook_waits; /* a hook is pending: it resumes even after it answered */
    bool aborted;
    bool counted;  /* telemetry and access log have it */
    bool late;     /* in the worker's list of those to release */
    uint32_t held; /* callbacks under way that a release must wait for */
    uint32_t hook;
    int resume_result;
    uint64_t content_length;
    uint64_t overhead_bytes; /* trailers and chunk extensions */

    struct inbound in;
    struct outbound out;
    struct deadline deadline; /* the handler's time */
    struct abort_call *aborts;
    struct slot *slots;
    struct obs_request *next; /* in a pool or the late list */

    int64_t start_mono_ns, start_wall_ns;
    int64_t end_mono_ns; /* when the handler answered at once, else 0 */
    obs_str id;
    char id_text[33];
    char peer[64]; /* "" until asked for */
    size_t peer_len;
#ifndef NDEBUG
    struct request_note note;
#endif
};

/* A request from the pool for what arrives on `c`; NULL when out of memory. */
struct obs_request *request_open(struct conn *c);

/* Says what is over: LOG hooks, telemetry, access log; then back to the pool. */
void request_release(struct obs_request *req);

/* Frees a pooled one. */
void request_free(struct obs_request *req);

/* The client is gone or has been answered in the plugin's stead: the request
 * leaves its connection, the plugin is told, and the request is released once
 * nobody owes it anything. */
void request_detach(struct obs_request *req);

/* Tells the plugin, once, that the client went away. */
void request_abort(struct obs_request *req);

/* Calls the plugin's on_drain, if it has one. */
void request_drain(struct obs_request *req);

/* After a detached request was answered: has it released before the loop
 * sleeps, so that the plugin may use its memory until then. */
void request_settle(struct obs_request *req);

/* The head's bytes are complete: sets everything derived from them. Errors:
 * OBS_E_* with a sentence in `ret_text`, for the answer. */
int request_head_complete(struct obs_request *req, const char **ret_text);

/* Gives the request its id, once: the client's, when the head got that far. */
void request_set_id(struct obs_request *req);

/* Telemetry and access log, once. */
void request_count(struct obs_request *req);

/* The limit of the decoded body. */
uint64_t request_body_limit(const struct obs_request *req);

#endif
