/* SPDX-License-Identifier: Apache-2.0 */
/* Life of a request, from the pool and back to it. */
#include "http/request.h"
#include "http/access.h"
#include "http/body.h"
#include "http/connection.h"
#include "http/phases.h"
#include "http/request_misuse.h"
#include "http/response.h"
#include "http/server.h"
#include "runtime/blame.h"

#include <stdlib.h>

/* What obs_request_status() has no number for: the client left first. */
#define STATUS_CLIENT_LEFT 499

/* --- pool ----------------------------------------------------------------- */

/* Requests are taken from the pool while it has this many. One: the last one
 * given is the next one taken, as the cache likes it. In debug builds all: the
 * one that was given first is taken, late, and a handle that a plugin kept
 * meanwhile does not look like another request's. */
#ifdef NDEBUG
#define POOL_LEAST 1
#else
#define POOL_LEAST POOL_REQUESTS
#endif

static struct obs_request *make(struct http_worker *w)
{
    struct obs_request *req = calloc(1, sizeof(*req));

    if (!req)
        return NULL;
    arena_init(&req->arena, w->settings.max_request_memory_bytes);
    if (head_init(&req->head) < 0) {
        free(req);
        return NULL;
    }
    return req;
}

void request_free(struct obs_request *req)
{
    if (!req)
        return;
    head_finish(&req->head);
    arena_finish(&req->arena);
    free(req->out.fields);
    free(req);
}

/* NULL: none to spare. */
static struct obs_request *take(struct http_worker *w)
{
    struct obs_request *req = w->free_requests;

    if (w->n_free_requests < POOL_LEAST)
        return NULL;
    w->free_requests = req->next;
    w->n_free_requests--;
    arena_unseal(&req->arena);
    return req;
}

static void give(struct http_worker *w, struct obs_request *req)
{
    struct obs_request **place = &w->free_requests;

    while (POOL_LEAST > 1 && *place)
        place = &(*place)->next;
    arena_seal(&req->arena);
    req->next = *place;
    *place = req;
    w->n_free_requests++;
}

struct obs_request *request_open(struct conn *c)
{
    struct http_worker *w = c->worker;
    struct obs_request *req = take(w);

    if (!req)
        req = make(w);
    if (!req)
        return NULL;
    request_mark_open(req);
    req->conn = c;
    req->worker = w;
    w->n_live++;
    obs_series_add(w->server->traffic.in_flight, 1);
    return req;
}

/* Out of line so that the size is not a constant: for one of this size gcc would
 * write `rep stos`, which takes longer to start than memset() takes to finish. */
static __attribute__((noinline)) void wipe(void *from, void *to)
{
    memset(from, 0, (size_t)((char *)to - (char *)from));
}

/* Everything but the memory that is worth keeping back to its start. `match`
 * and `peer` are large, and written before they are read. */
static void clear(struct obs_request *req)
{
    char *fields = req->out.fields;
    size_t cap = req->out.fields_cap;

    wipe(&req->conn, &req->arena);
    wipe(&req->target, &req->match);
    wipe(&req->query, &req->id_text);
    req->match.n_params = 0;
    req->peer_len = 0;
    req->out.fields = fields;
    req->out.fields_cap = cap;
}

void request_release(struct obs_request *req)
{
    struct http_worker *w = req->worker;
    struct generation *generation = req->generation;

    deadline_disarm(&req->deadline);
    if (!req->conn)
        w->n_detached--;
    phases_log(req);
    request_count(req);
    body_free(req);
    response_free(req);
    obs_series_add(w->server->traffic.in_flight, -1);
    request_mark_over(req);
    if (w->closed || w->n_free_requests >= POOL_REQUESTS) {
        request_free(req);
    } else {
        arena_reset(&req->arena);
        head_reset(&req->head);
        clear(req);
        give(w, req);
    }
    if (generation)
        generation_unpin(generation, w->worker->index);
    http_worker_unref(w);
}

/* --- leaving the connection ----------------------------------------------- */

void request_settle(struct obs_request *req)
{
    struct http_worker *w = req->worker;

    if (req->owed || req->late || req->held > 0)
        return;
    if (w->closed) {
        request_release(req);
        return;
    }
    req->late = true;
    req->next = w->late;
    w->late = req;
}

void request_abort(struct obs_request *req)
{
    struct abort_call *call;
    struct blame outer;

    if (req->aborted)
        return;
    outer = blame_enter(req->running, CALLBACK_ABORT);
    req->aborted = true;
    req->held++;
    while ((call = req->aborts)) {
        req->aborts = call->next;
        call->fn(call->data);
    }
    req->held--;
    blame_leave(outer);
}

void request_drain(struct obs_request *req)
{
    struct blame outer;

    req->out.wants_drain = false;
    if (!req->out.drain)
        return;
    outer = blame_enter(req->running, CALLBACK_DRAIN);
    req->out.drain(req, req->out.drain_user);
    blame_leave(outer);
}

void request_detach(struct obs_request *req)
{
    req->held++;
    if (req->peer_len == 0)
        req->peer_len = conn_peer(req->conn, req->peer, sizeof(req->peer));
    request_count(req);
    req->conn = NULL;
    req->worker->n_detached++;
    deadline_disarm(&req->deadline);
    if (req->in.fn && !req->in.ended)
        body_finish(req, OBS_E_CLOSED);
    if (req->answer != ANSWER_DONE)
        request_abort(req);
    if (req->answer == ANSWER_STREAM)
        request_drain(req);
    req->held--;
    request_settle(req);
}

void request_count(struct obs_request *req)
{
    struct http_server *server = req->worker->server;
    struct endpoint_telemetry *telemetry;
    int64_t duration_ns;
    int status = req->out.status;

    if (req->counted)
        return;
    req->counted = true;
    if (req->start_mono_ns == 0 && status == 0)
        return; /* a client that left before it said anything */
    duration_ns = req->end_mono_ns ? req->end_mono_ns : obs_clock_mono_ns();
    duration_ns = req->start_mono_ns ? duration_ns - req->start_mono_ns : 0;
    if (status == 0)
        status = STATUS_CLIENT_LEFT;
    telemetry = req->endpoint ? req->endpoint->telemetry : server->unrouted;
    traffic_count(&server->traffic, telemetry, req->method_bit, status, duration_ns, req->out.sent);
    if (req->worker->access_log)
        access_write(req, status, duration_ns);
}

uint64_t request_body_limit(const struct obs_request *req)
{
    uint64_t limit = req->endpoint ? req->endpoint->body_limit : 0;

    return limit ? limit : req->worker->settings.max_body_bytes;
}
