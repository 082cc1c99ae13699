/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of one connection: take every step that can be taken, write once,
 * wait. Steps never close the connection; they leave a mark that is acted upon
 * at the end, so no step finds itself on a closed one. */
#include "http/connection.h"
#include "http/body.h"
#include "http/phases.h"
#include "http/request.h"
#include "http/request_misuse.h"
#include "http/response.h"
#include "http/server.h"
#include "http/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READS = 4,               /* of the worker's buffer, before others have their turn */
    STASH_BYTES = 16384,     /* unparsed input over which reading stops */
    EXPIRED_LOG_MS = 1000,   /* between two lines about handlers that do not answer */
    LINGER_BYTES = 64 << 20, /* dropped input over which a lingering close ends */
};

/* --- steps ---------------------------------------------------------------- */

/* The client ended its side in the middle of a request. */
static void cut_short(struct conn *c)
{
    struct obs_request *req = c->req;

    if (req->answer == ANSWER_NONE && req->stage < STAGE_HANDLE) {
        conn_input_failed(c, OBS_E_INVALID, "the connection ended before the request did");
        return;
    }
    c->deaf = true;
    req->keep_alive = false;
    req->out.close = true;
    req->in.error = OBS_E_CLOSED;
    if (req->in.fn && !req->in.ended)
        body_finish(req, OBS_E_CLOSED);
}

static bool receive(struct conn *c)
{
    if (c->in < c->in_end || c->kick)
        return conn_parse(c);
    if (!c->eof || c->deaf)
        return false;
    cut_short(c);
    return true;
}

static bool next_request(struct conn *c)
{
    if (c->ending)
        return false;
    if (c->in == c->in_end) {
        if (c->eof)
            conn_end(c);
        return false;
    }
    if (conn_pending_bytes(c) > c->worker->settings.send_high_water_bytes) {
        c->wait_output = true;
        return false;
    }
    return conn_parse(c);
}

/* The answer is complete: what is left is to send it and to read the rest of
 * the request out of the way of the next one. */
static bool step_answered(struct conn *c, struct obs_request *req)
{
    bool close;

    if (req->owed)
        return false;
    if (c->tail.len > 0) {
        c->wait_output = true;
        return false;
    }
    c->span = obs_str_n(NULL, 0);
    if (!req->complete && !req->out.close && !c->deaf) {
        if (!response_must_close(req))
            return receive(c);
        req->out.close = true;
    }
    /* a head that was sent before the drain began promised to stay: not so */
    close = req->out.close || !req->complete || c->worker->draining;
    if (!req->complete)
        c->deaf = true; /* what still comes is dropped, in a lingering close */
    c->req = NULL;
    c->n_requests++;
    request_release(req);
    if (close)
        conn_end(c);
    return true;
}

/* Waiting for the plugin: a client that ends its side has probably gone, but
 * one that only shut down its writing is still answered. */
static bool watch(struct conn *c, struct obs_request *req)
{
    if (c->eof && !req->aborted && req->answer == ANSWER_NONE)
        request_abort(req);
    return false;
}

static bool step_handled(struct conn *c, struct obs_request *req)
{
    if (!body_wanted(req))
        return watch(c, req);
    if (req->in.error) {
        body_finish(req, req->in.error);
        return true;
    }
    if (body_has_more(req)) {
        body_deliver(req);
        return true;
    }
    if (req->complete) {
        body_finish(req, body_gather_end(req) < 0 ? OBS_E_SYNTAX : OBS_BODY_END);
        return true;
    }
    return receive(c);
}

static bool step(struct conn *c)
{
    struct obs_request *req = c->req;

    if (c->lingering)
        return false;
    if (!req)
        return next_request(c);
    if (req->answer == ANSWER_DONE)
        return step_answered(c, req);
    if (req->out.wants_drain) {
        if (conn_pending_bytes(c) <= c->worker->settings.send_high_water_bytes / 4) {
            request_drain(req);
            return true;
        }
        c->wait_output = true;
    }
    switch (req->stage) {
    case STAGE_HEAD:
        return receive(c);
    case STAGE_ROUTE:
        phases_route(req);
        return true;
    case STAGE_RESUME:
        phases_resume(req);
        return true;
    case STAGE_BODY:
        return receive(c);
    case STAGE_HANDLE:
        phases_handle(req);
        return true;
    case STAGE_ANSWER:
        return step_handled(c, req);
    default:
        return watch(c, req);
    }
}

/* --- after the steps ------------------------------------------------------ */

/* Input that could not be parsed yet moves out of the worker's buffer. */
static void keep_rest(struct conn *c)
{
    const char *from = c->span.len > 0 ? c->span.ptr : c->in;
    size_t len = (size_t)(c->in_end - from);
    char *stash;

    if (len == 0) {
        free(c->stash);
        c->stash = NULL;
        c->in = c->in_end = NULL;
        return;
    }
    if (c->stash)
        return;
    stash = malloc(len);
    if (!stash) {
        c->broken = -ENOMEM;
        return;
    }
    memcpy(stash, from, len);
    c->in = stash + (c->in - from);
    c->in_end = stash + len;
    if (c->span.len > 0)
        c->span.ptr = stash;
    c->stash = stash;
}

static void arm(struct conn *c, uint32_t kind)
{
    deadline_arm(&c->worker->deadlines[kind], &c->input, worker_now_ms(c->worker));
}

static void arm_deadlines(struct conn *c)
{
    struct obs_request *req = c->req;
    bool waits = false;

    if (!req) {
        /* stray blank lines between requests do not keep it alive */
        if (!deadline_armed(&c->input) || c->input.kind != DEADLINE_IDLE ||
            c->idle_since != c->n_requests)
            arm(c, DEADLINE_IDLE);
        c->idle_since = c->n_requests;
        return;
    }
    if (req->stage == STAGE_HEAD) {
        if (!deadline_armed(&c->input) || c->input.kind != DEADLINE_HEADER)
            arm(c, DEADLINE_HEADER);
    } else if (!req->complete && !c->deaf &&
               (req->stage == STAGE_BODY || body_wanted(req) ||
                (req->answer == ANSWER_DONE && c->tail.len == 0))) {
        if (c->got_input || !deadline_armed(&c->input) || c->input.kind != DEADLINE_BODY)
            arm(c, DEADLINE_BODY);
    } else {
        deadline_disarm(&c->input);
        waits = req->stage >= STAGE_HOOKS && req->answer == ANSWER_NONE;
    }
    if (!waits)
        deadline_disarm(&req->deadline);
    else if (!deadline_armed(&req->deadline))
        deadline_arm(&c->worker->deadlines[DEADLINE_REQUEST], &req->deadline,
                     worker_now_ms(c->worker));
}

static bool wants_input(const struct conn *c)
{
    const struct obs_request *req = c->req;

    if (c->eof || c->broken)
        return false;
    if (c->lingering || c->deaf)
        return true;
    if (req && req->stage == STAGE_ANSWER && !req->complete && req->answer != ANSWER_DONE)
        return body_wanted(req) && c->span.len == 0;
    /* reading on while a plugin works is how a client's going is noticed */
    return !c->stash || (req && (size_t)(c->in_end - c->in) < STASH_BYTES);
}

/* --- input ---------------------------------------------------------------- */

static void append_stash(struct conn *c, const char *bytes, size_t len)
{
    const char *from = c->span.len > 0 ? c->span.ptr : c->in;
    size_t old = (size_t)(c->in_end - from), parsed = (size_t)(c->in - from);
    char *stash = malloc(old + len);

    if (!stash) {
        c->broken = -ENOMEM;
        return;
    }
    memcpy(stash, from, old);
    memcpy(stash + old, bytes, len);
    free(c->stash);
    c->stash = stash;
    if (c->span.len > 0)
        c->span.ptr = stash;
    c->in = stash + parsed;
    c->in_end = stash + old + len;
}

/* What arrived in `buffer` becomes input. */
static void take_input(struct conn *c, const char *buffer, size_t len)
{
    if (c->deaf) {
        c->lingered += len;
        if (c->lingered > LINGER_BYTES && c->lingering)
            c->broken = -ECONNABORTED;
    } else if (c->stash) {
        append_stash(c, buffer, len);
    } else {
        c->in = c->head_at = buffer;
        c->in_end = buffer + len;
    }
}

/* Reads once. A short read has emptied the socket: the next bytes come with an
 * edge of their own. */
static void receive_some(struct conn *c)
{
    char *buffer = c->worker->read_buffer;
    size_t room = READ_BUFFER_BYTES;
    ssize_t n;

    if (!c->stash && !c->deaf && c->req)
        (void)body_direct(c->req, &buffer, &room);
    n = socket_receive(c->fd, buffer, room);
    if (n > 0) {
        c->got_input = true;
        c->readable = c->hup || (size_t)n == room;
        take_input(c, buffer, (size_t)n);
    } else if (n == 0) {
        c->readable = false;
        c->eof = true;
    } else if (errno == EAGAIN) {
        c->readable = false;
    } else if (errno != EINTR) {
        c->broken = -errno;
    }
}

/* --- the loop --------------------------------------------------------------- */

/* Everything is written: closes, in a way that lets the client read it. A
 * close with input unread or still coming would send a reset, and the reset
 * can overtake the answer (RFC 9112 §9.6). */
static void end_now(struct conn *c)
{
    if (c->reset || c->eof || (!c->deaf && c->in == c->in_end)) {
        conn_close(c);
        return;
    }
    c->lingering = c->deaf = true;
    c->in = c->in_end;
    shutdown(c->fd, SHUT_WR);
    arm(c, DEADLINE_LINGER);
}

/* Steps and sending, until neither brings the other on. */
static void work(struct conn *c)
{
    do {
        c->wait_output = false;
        while (!c->broken && step(c))
            ;
        if (c->req && c->req->out.unflushed)
            response_flush(c->req);
    } while (conn_flush(c) && !c->broken);
    if (!c->broken)
        keep_rest(c);
}

void conn_process(struct conn *c)
{
    int reads = READS;

    if (c->busy || c->closing)
        return;
    c->busy = true;
    do {
        if (c->readable && wants_input(c))
            receive_some(c);
        if (!c->broken)
            work(c);
    } while (c->readable && wants_input(c) && --reads > 0);
    c->busy = false;
    if (!c->broken && c->ending && !c->req && !c->lingering && conn_pending_bytes(c) == 0)
        end_now(c);
    if (c->closing)
        return;
    if (c->broken || (c->lingering && c->eof)) {
        conn_close(c);
        return;
    }
    if (!c->lingering)
        arm_deadlines(c);
    c->got_input = false;
    if (c->readable && wants_input(c)) /* the others first */
        conn_schedule(c);
}

void conn_schedule(struct conn *c)
{
    struct http_worker *w = c->worker;

    if (c->busy || c->ready || c->closing)
        return;
    c->ready = true;
    c->ready_next = NULL;
    if (w->ready_last)
        w->ready_last->ready_next = c;
    else
        w->ready_first = c;
    w->ready_last = c;
}

/* --- events --------------------------------------------------------------- */

void conn_event(struct conn *c, uint32_t events)
{
    if (c->closing)
        return;
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        c->readable = true;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        c->hup = true;
    if (events & EPOLLERR)
        c->broken = -ECONNRESET;
    if (events & EPOLLOUT)
        c->blocked = false;
    conn_process(c);
}

void conn_end(struct conn *c)
{
    c->ending = true;
    if (c->in < c->in_end)
        c->deaf = true;
}

void conn_input_failed(struct conn *c, int error, const char *text)
{
    struct obs_request *req = c->req;

    c->deaf = true;
    c->in = c->in_end;
    c->span = obs_str_n(NULL, 0);
    c->kick = false;
    req->keep_alive = false;
    req->out.close = true;
    req->in.error = error;
    request_set_id(req);
    if (req->in.fn && !req->in.ended)
        body_finish(req, error);
    if (req->answer == ANSWER_NONE && !req->owed) {
        req->stage = STAGE_ANSWER;
        (void)obs_respond_error(req, error, NULL, text ? "%s" : NULL, text);
    }
}

/* Answers in the stead of the plugin, which has not begun to. */
static void answer_instead(struct conn *c, int error, const char *text)
{
    struct obs_request *req = c->req;

    response_replace(req, error, text);
    if (!req->complete || req->out.close) {
        c->deaf = c->deaf || !req->complete;
        conn_end(c);
    }
    c->req = NULL;
    c->n_requests++;
    request_detach(req);
    conn_process(c);
}

/* Says who did not answer; when many do not, one a second. */
static void log_expired(struct obs_request *req)
{
    struct http_worker *w = req->worker;
    char request[REQUEST_NOTE_BYTES];

    if (worker_now_ms(w) < w->expired_logged_ms + EXPIRED_LOG_MS)
        return;
    w->expired_logged_ms = worker_now_ms(w);
    request_describe(req, request, sizeof(request));
    obs_log(req->running, OBS_LOG_WARN,
            "%s %s within http.request_timeout (%.1f s), answering 504 in its stead",
            req->hook_waits ? "a hook did not resume" : "the handler did not answer", request,
            (double)w->settings.request_timeout_ns / 1e9);
}

void conn_request_expired(struct conn *c)
{
    log_expired(c->req);
    answer_instead(c, OBS_E_TIMEOUT, "the request was not answered in time");
}

void conn_cut(struct conn *c)
{
    if (c->req->answer == ANSWER_NONE) {
        answer_instead(c, OBS_E_CLOSED, "the plugin was replaced and did not answer in time");
    } else {
        c->reset = true;
        conn_close(c);
    }
}

void conn_expired(struct conn *c, uint32_t kind)
{
    switch (kind) {
    case DEADLINE_HEADER:
        conn_input_failed(c, OBS_E_REQUEST_TIMEOUT, "the header did not arrive in time");
        conn_process(c);
        return;
    case DEADLINE_BODY:
        conn_input_failed(c, OBS_E_REQUEST_TIMEOUT, "the body did not arrive in time");
        conn_process(c);
        return;
    case DEADLINE_WRITE:
        if (conn_write_stalled(c))
            conn_close(c);
        return;
    default:
        conn_close(c);
    }
}

/* --- open and close ------------------------------------------------------- */

void conn_free(struct conn *c)
{
    struct http_worker *w = c->worker;

    free(c);
    http_worker_unref(w);
}

static void unlink_conn(struct conn *c)
{
    struct http_worker *w = c->worker;

    if (c->prev)
        c->prev->next = c->next;
    else
        w->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
    w->n_conns--;
    obs_series_add(w->server->traffic.connections, -1);
    if (!w->closed && !w->draining)
        acceptors_resume(w);
}

static void bury(struct conn *c)
{
    struct http_worker *w = c->worker;

    if (c->ready)
        return; /* it is buried when that list is walked */
    c->ready_next = w->closed_conns;
    w->closed_conns = c;
}

void conn_close(struct conn *c)
{
    static const struct linger abortive = {.l_onoff = 1, .l_linger = 0};
    struct obs_request *req = c->req;

    if (c->closing)
        return;
    c->closing = true;
    deadline_disarm(&c->input);
    deadline_disarm(&c->output);
    c->req = NULL;
    if (req)
        request_detach(req);
    free(c->stash);
    conn_drop_output(c);
    unlink_conn(c);
    if (c->reset)
        (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &abortive, sizeof(abortive));
    close(c->fd);
    /* events of this turn may still name it */
    bury(c);
}

void conn_open(struct http_worker *w, int fd, bool is_unix, const struct sockaddr *peer,
               socklen_t peer_len)
{
    struct conn *c = calloc(1, sizeof(*c));
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c};
    int one = 1;

    if (!c) {
        close(fd);
        return;
    }
    c->worker = w;
    c->is_unix = is_unix;
    c->fd = fd;
    if (!is_unix) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* only slower without */
        memcpy(&c->peer, peer, peer_len < sizeof(c->peer) ? peer_len : sizeof(c->peer));
    }
    conn_parser_init(c);
    c->next = w->conns;
    if (w->conns)
        w->conns->prev = c;
    w->conns = c;
    w->n_conns++;
    w->n_live++;
    obs_series_add(w->server->traffic.connections, 1);
    http_worker_wake_sweep(w);
    arm_deadlines(c);
    if (epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
        conn_close(c);
}

size_t conn_peer(const struct conn *c, char *out, size_t size)
{
    char text[INET6_ADDRSTRLEN] = "?";
    int n;

    if (c->is_unix) {
        n = snprintf(out, size, "unix:");
    } else if (c->peer.any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &c->peer.in6.sin6_addr, text, sizeof(text));
        n = snprintf(out, size, "[%s]:%u", text, ntohs(c->peer.in6.sin6_port));
    } else {
        inet_ntop(AF_INET, &c->peer.in4.sin_addr, text, sizeof(text));
        n = snprintf(out, size, "%s:%u", text, ntohs(c->peer.in4.sin_port));
    }
    return (size_t)n < size ? (size_t)n : size - 1;
}
