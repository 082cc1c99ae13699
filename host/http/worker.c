/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP part of a worker: what its connections share, and when they are
 * looked at. Everything answered outside a connection's own callback is sent
 * from the prepare handle, that is once a turn of the loop, so answers that
 * come together leave together. */
#include "http/connection.h"
#include "http/request.h"
#include "http/server.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS = 256,              /* taken from the set at a time */
    SWEEP_MS = 100,            /* how late a deadline may be noticed */
    WALL_CHECK_NS = 100000000, /* how late a step of the wall clock may be */
};

/* --- clock and ids -------------------------------------------------------- */

int64_t http_worker_wall_ns(struct http_worker *w, int64_t mono_ns)
{
    if (mono_ns - w->wall_checked_ns > WALL_CHECK_NS || w->wall_checked_ns == 0) {
        int64_t now_ns = obs_clock_mono_ns();

        w->wall_offset_ns = obs_clock_wall_ns() - now_ns;
        w->wall_checked_ns = now_ns;
    }
    return mono_ns + w->wall_offset_ns;
}

void http_worker_date(struct http_worker *w, int64_t wall_ns)
{
    time_t second = (time_t)(wall_ns / 1000000000);
    struct tm tm;

    if (second == w->date_s)
        return;
    w->date_s = second;
    gmtime_r(&second, &tm);
    /* the C locale: nothing in this process calls setlocale() */
    strftime(w->date, sizeof(w->date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

/* xorshift128+: ids must be unique, not unpredictable. */
static uint64_t next_random(struct http_worker *w)
{
    uint64_t a = w->random[0], b = w->random[1];

    w->random[0] = b;
    a ^= a << 23;
    a ^= a >> 17;
    a ^= b ^ (b >> 26);
    w->random[1] = a;
    return a + b;
}

void http_worker_random_id(struct http_worker *w, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (int half = 0; half < 2; half++) {
        uint64_t bits = next_random(w);

        for (int i = 0; i < 16; i++, bits >>= 4)
            *out++ = digits[bits & 15];
    }
}

/* --- pools ---------------------------------------------------------------- */

char *http_worker_take_buffer(struct http_worker *w)
{
    void *buffer = w->free_buffers;

    if (!buffer)
        return malloc(OUT_BUFFER_BYTES);
    memcpy(&w->free_buffers, buffer, sizeof(void *));
    w->n_free_buffers--;
    return buffer;
}

void http_worker_give_buffer(struct http_worker *w, char *buffer)
{
    if (!buffer)
        return;
    if (w->closed || w->n_free_buffers >= POOL_BUFFERS) {
        free(buffer);
        return;
    }
    memcpy(buffer, &w->free_buffers, sizeof(void *));
    w->free_buffers = buffer;
    w->n_free_buffers++;
}

static void free_requests(struct http_worker *w)
{
    while (w->free_requests) {
        struct obs_request *req = w->free_requests;

        w->free_requests = req->next;
        request_free(req);
    }
    w->n_free_requests = 0;
}

static void free_pools(struct http_worker *w)
{
    free_requests(w);
    while (w->free_buffers) {
        void *buffer = w->free_buffers;

        memcpy(&w->free_buffers, buffer, sizeof(void *));
        free(buffer);
    }
}

void http_worker_unref(struct http_worker *w)
{
    if (--w->n_live > 0)
        return;
    free_pools(w);
    for (size_t i = 0; i < sizeof(w->encoders) / sizeof(w->encoders[0]); i++)
        encoder_destroy(w->encoders[i]);
    free(w->read_buffer);
    free(w);
}

/* --- turns ---------------------------------------------------------------- */

/* Those that were ready when the turn began: one that has more to do goes
 * behind the others. */
static void process_ready(struct http_worker *w)
{
    struct conn *c = w->ready_first, *next;

    w->ready_first = w->ready_last = NULL;
    for (; c; c = next) {
        next = c->ready_next;
        c->ready = false;
        if (c->closing) {
            c->ready_next = w->closed_conns;
            w->closed_conns = c;
        } else {
            conn_process(c);
        }
    }
}

static void free_closed(struct http_worker *w)
{
    struct conn *c;

    while ((c = w->closed_conns)) {
        w->closed_conns = c->ready_next;
        conn_free(c);
    }
}

static void release_late(struct http_worker *w)
{
    struct obs_request *req;

    while ((req = w->late)) {
        w->late = req->next;
        request_release(req);
    }
}

static void on_again(uv_idle_t *idle)
{
    (void)idle; /* that it is active keeps the loop from sleeping */
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct http_worker *w = prepare->data;

    process_ready(w);
    release_late(w);
    free_closed(w);
    if (w->ready_first)
        uv_idle_start(&w->again, on_again);
    else
        uv_idle_stop(&w->again);
}

static void on_events(uv_poll_t *poll, int status, int events)
{
    struct http_worker *w = poll->data;
    struct epoll_event fired[EVENTS];
    int n;

    (void)events;
    if (status < 0)
        return;
    n = epoll_wait(w->epoll_fd, fired, EVENTS, /* timeout= */ 0);
    for (int i = 0; i < n; i++)
        conn_event(fired[i].data.ptr, fired[i].events);
}

static void sweep_connections(struct http_worker *w, uint32_t kind, size_t offset)
{
    struct deadline *d;

    while ((d = deadline_expired(&w->deadlines[kind], worker_now_ms(w)))) {
        struct conn *c = (struct conn *)((char *)d - offset);

        deadline_disarm(d);
        conn_expired(c, kind);
    }
}

static void on_sweep(uv_timer_t *timer)
{
    struct http_worker *w = timer->data;
    struct deadline *d;

    sweep_connections(w, DEADLINE_IDLE, offsetof(struct conn, input));
    sweep_connections(w, DEADLINE_HEADER, offsetof(struct conn, input));
    sweep_connections(w, DEADLINE_BODY, offsetof(struct conn, input));
    sweep_connections(w, DEADLINE_LINGER, offsetof(struct conn, input));
    sweep_connections(w, DEADLINE_WRITE, offsetof(struct conn, output));
    while ((d = deadline_expired(&w->deadlines[DEADLINE_REQUEST], worker_now_ms(w)))) {
        struct obs_request *req =
            (struct obs_request *)((char *)d - offsetof(struct obs_request, deadline));

        deadline_disarm(d);
        conn_request_expired(req->conn);
    }
    acceptors_resume(w);
    /* an idle process shall not wake up for nothing */
    if (w->n_conns == 0 && w->accepting)
        uv_timer_stop(timer);
}

void http_worker_wake_sweep(struct http_worker *w)
{
    if (!uv_is_active((uv_handle_t *)&w->sweep))
        uv_timer_start(&w->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
}

/* --- open and close ------------------------------------------------------- */

static void init_deadlines(struct http_worker *w)
{
    const struct http_settings *s = &w->settings;

    deadline_list_init(&w->deadlines[DEADLINE_IDLE], DEADLINE_IDLE, s->idle_timeout_ns);
    deadline_list_init(&w->deadlines[DEADLINE_HEADER], DEADLINE_HEADER, s->header_timeout_ns);
    deadline_list_init(&w->deadlines[DEADLINE_BODY], DEADLINE_BODY, s->body_timeout_ns);
    deadline_list_init(&w->deadlines[DEADLINE_WRITE], DEADLINE_WRITE, s->write_timeout_ns);
    deadline_list_init(&w->deadlines[DEADLINE_REQUEST], DEADLINE_REQUEST, s->request_timeout_ns);
    deadline_list_init(&w->deadlines[DEADLINE_LINGER], DEADLINE_LINGER, LINGER_NS);
}

static void on_handle_closed(uv_handle_t *handle)
{
    http_worker_unref(handle->data);
}

int http_worker_open(struct http_server *server, obs_worker *worker)
{
    struct http_worker *w = calloc(1, sizeof(*w));
    int rc = OBS_OK;

    if (!w)
        return OBS_E_NOMEM;
    w->server = server;
    w->settings = server->settings;
    w->access_log = server->access_log;
    w->worker = worker;
    w->read_buffer = malloc(READ_BUFFER_BYTES);
    w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!w->read_buffer || w->epoll_fd < 0 ||
        uv_poll_init(&worker->loop, &w->events, w->epoll_fd) < 0) {
        if (w->epoll_fd >= 0)
            close(w->epoll_fd);
        free(w->read_buffer);
        free(w);
        return OBS_E_NOMEM;
    }
    if (getrandom(w->random, sizeof(w->random), 0) != sizeof(w->random))
        w->random[0] = (uint64_t)obs_clock_wall_ns();
    w->random[1] |= 1; /* all zero would stay so */
    init_deadlines(w);
    uv_timer_init(&worker->loop, &w->sweep);
    uv_prepare_init(&worker->loop, &w->prepare);
    uv_idle_init(&worker->loop, &w->again);
    w->sweep.data = w->prepare.data = w->again.data = w->events.data = w;
    w->n_live = 4;
    uv_prepare_start(&w->prepare, on_prepare);
    uv_poll_start(&w->events, UV_READABLE, on_events);
    atomic_fetch_add(&server->n_workers, 1);
    worker->http = w;
    w->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (struct listener *l = server->listeners; l && rc == OBS_OK; l = l->next)
        rc = acceptor_open(w, l);
    acceptors_resume(w);
    if (rc < 0)
        http_worker_close(worker);
    return rc;
}

void http_worker_configure(struct http_worker *w, const struct http_settings *settings,
                           bool access_log)
{
    w->settings = *settings;
    w->access_log = access_log;
    deadline_list_resize(&w->deadlines[DEADLINE_IDLE], settings->idle_timeout_ns);
    deadline_list_resize(&w->deadlines[DEADLINE_HEADER], settings->header_timeout_ns);
    deadline_list_resize(&w->deadlines[DEADLINE_BODY], settings->body_timeout_ns);
    deadline_list_resize(&w->deadlines[DEADLINE_WRITE], settings->write_timeout_ns);
    deadline_list_resize(&w->deadlines[DEADLINE_REQUEST], settings->request_timeout_ns);
    free_requests(w); /* their memory is bounded by the old settings */
    acceptors_resume(w);
}

void http_worker_drain(obs_worker *worker)
{
    struct http_worker *w = worker->http;
    struct conn *next;

    if (!w || w->draining)
        return;
    w->draining = true;
    acceptors_close(w);
    for (struct conn *c = w->conns; c; c = next) {
        next = c->next;
        if (!c->req && conn_pending_bytes(c) == 0 && c->in == c->in_end && !c->lingering)
            conn_close(c);
    }
}

size_t http_worker_connections(const obs_worker *worker)
{
    const struct http_worker *w = worker->http;

    return w ? w->n_conns + w->n_detached : 0;
}

size_t http_worker_cut(obs_worker *worker, const struct generation *generation)
{
    struct http_worker *w = worker->http;
    struct conn *next;
    size_t n = 0;

    for (struct conn *c = w ? w->conns : NULL; c; c = next) {
        next = c->next;
        if (!c->req || c->req->generation != generation)
            continue;
        conn_cut(c);
        n++;
    }
    return n;
}

void http_worker_close(obs_worker *worker)
{
    struct http_worker *w = worker->http;

    if (!w)
        return;
    worker->http = NULL;
    w->draining = true;
    acceptors_close(w);
    while (w->conns)
        conn_close(w->conns);
    release_late(w);
    w->closed = true;
    process_ready(w);
    atomic_fetch_sub(&w->server->n_workers, 1);
    uv_close((uv_handle_t *)&w->sweep, on_handle_closed);
    uv_close((uv_handle_t *)&w->prepare, on_handle_closed);
    uv_close((uv_handle_t *)&w->again, on_handle_closed);
    uv_close((uv_handle_t *)&w->events, on_handle_closed);
    close(w->epoll_fd);
    free_closed(w);
}
