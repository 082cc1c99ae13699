/* SPDX-License-Identifier: Apache-2.0 */
/* The client. Its connection is a pair of sockets, one end of which the server
 * gets as if it had accepted it. */
#include "test/response.h"

#include "http/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES 65536

/* ---- connection ----------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static void hang_up(obs_test_response *r)
{
    if (!r->poll)
        return;
    uv_poll_stop(r->poll);
    uv_close((uv_handle_t *)r->poll, on_closed);
    close(r->fd);
    r->poll = NULL;
    r->fd = -1;
}

/* What is not taken now goes when there is room. */
static void send_some(obs_test_response *r)
{
    while (r->sent < r->request.len) {
        ssize_t n = send(r->fd, r->request.ptr + r->sent, r->request.len - r->sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0) {
            r->sent = r->request.len; /* nobody reads it; an answer may come even so */
            return;
        }
        r->sent += (size_t)n;
    }
}

static void receive_some(obs_test_response *r)
{
    char bytes[READ_BYTES];
    ssize_t n = recv(r->fd, bytes, sizeof(bytes), /* flags= */ 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    answer_parse(r, bytes, n > 0 ? (size_t)n : 0);
    if (r->complete || r->fault)
        hang_up(r);
}

static void on_ready(uv_poll_t *poll, int status, int events);

static void watch(obs_test_response *r)
{
    int events = (r->sent < r->request.len ? UV_WRITABLE : 0) | (r->paused ? 0 : UV_READABLE);

    if (r->poll && events)
        uv_poll_start(r->poll, events, on_ready);
    else if (r->poll)
        uv_poll_stop(r->poll);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    obs_test_response *r = poll->data;

    if (events & UV_WRITABLE)
        send_some(r);
    if (status < 0 || (events & UV_READABLE))
        receive_some(r);
    watch(r);
}

/* Opens the connection and gives its other end to the server. */
static int connect_to(obs_test *t, obs_test_response *r)
{
    obs_worker *worker = test_worker(t);
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
        return OBS_E_NOMEM;
    r->poll = calloc(1, sizeof(*r->poll));
    if (!r->poll || uv_poll_init(&worker->loop, r->poll, ends[0]) < 0) {
        free(r->poll);
        r->poll = NULL;
        close(ends[0]);
        close(ends[1]);
        return OBS_E_NOMEM;
    }
    r->poll->data = r;
    r->fd = ends[0];
    conn_open(worker->http, ends[1], /* is_unix= */ true, /* peer= */ NULL, 0);
    return OBS_OK;
}

/* ---- all of them ---------------------------------------------------------- */

static obs_test_response *create(obs_test *t)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    obs_test_response *r = arena ? obs_arena_calloc(arena, 1, sizeof(*r)) : NULL;

    if (r)
        r->body = obs_buf_new(arena, /* limit_bytes= */ 0);
    if (!r || !r->body) {
        obs_arena_destroy(arena);
        return NULL;
    }
    r->test = t;
    r->arena = arena;
    r->fd = -1;
    r->next = t->responses;
    t->responses = r;
    answer_init(r);
    return r;
}

bool responses_are_open(const obs_test *t)
{
    const obs_test_response *r = t->responses;

    while (r && !r->poll)
        r = r->next;
    return r != NULL;
}

void responses_name_open(const obs_test *t, obs_buf *out)
{
    size_t len = obs_buf_str(out).len;

    for (const obs_test_response *r = t->responses; r; r = r->next)
        if (r->poll)
            obs_buf_printf(out, "%s was not answered\n", r->what);
    if (obs_buf_str(out).len == len)
        obs_buf_printf(out, "a request was not answered after its client had gone\n");
}

void responses_resume(obs_test *t)
{
    for (obs_test_response *r = t->responses; r; r = r->next)
        obs_test_resume(r);
}

void responses_hang_up(obs_test *t)
{
    for (obs_test_response *r = t->responses; r; r = r->next)
        hang_up(r);
}

void responses_free(obs_test *t)
{
    while (t->responses)
        obs_test_drop(t->responses);
}

/* ---- public, declared in observatory/test.h -------------------------------- */

obs_test_response *obs_test_send(obs_test *t, const char *method, const char *target,
                                 const char *headers, obs_str body)
{
    obs_test_response *r;
    int rc = test_running(t);

    if (rc < 0)
        return NULL;
    r = create(t);
    rc = r ? request_write(r, method, target, headers, body) : OBS_E_NOMEM;
    if (rc == OBS_OK)
        rc = connect_to(t, r);
    if (rc < 0) {
        obs_test_drop(r);
        (void)test_fail(t, rc, "%s %s: out of memory or files", method, target);
        return NULL;
    }
    watch(r);
    return r;
}

static int has_ended(void *user)
{
    const obs_test_response *r = user;

    return !r->poll;
}

int obs_test_wait(obs_test_response *r)
{
    obs_test *t;

    if (!r)
        return OBS_E_CLOSED;
    t = r->test;
    if (r->poll && !test_turn_until(t, has_ended, r, t->timeout_ms))
        return test_fail(t, OBS_E_TIMEOUT, "%s was not answered within %lld ms", r->what,
                         (long long)t->timeout_ms);
    if (r->complete)
        return OBS_OK;
    return test_fail(t, OBS_E_CLOSED, "%s: %s", r->what,
                     r->fault ? r->fault : "the test host was stopped before the answer came");
}

obs_test_response *obs_test_request(obs_test *t, const char *method, const char *target,
                                    const char *headers, obs_str body)
{
    obs_test_response *r = obs_test_send(t, method, target, headers, body);

    return obs_test_wait(r) == OBS_OK ? r : NULL;
}

void obs_test_pause(obs_test_response *r)
{
    r->paused = true;
    watch(r);
}

void obs_test_resume(obs_test_response *r)
{
    r->paused = false;
    watch(r);
}

void obs_test_drop(obs_test_response *r)
{
    obs_test_response **at;

    if (!r)
        return;
    for (at = &r->test->responses; *at != r;)
        at = &(*at)->next;
    *at = r->next;
    hang_up(r);
    obs_arena_destroy(r->arena); /* the response itself is in it */
}
