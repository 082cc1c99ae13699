/* SPDX-License-Identifier: Apache-2.0 */
/* Accepting on one worker: one connection a wake-up, so that they spread over
 * the workers that are free to take them. When descriptors run out, the one kept in reserve
 * is given up to take a waiting client off the queue and close it, which tells
 * it at once; then accepting pauses, because the listener stays readable and
 * would turn the loop at full speed. */
#include "http/connection.h"
#include "http/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    ACCEPT_ALONE = 16,     /* connections a wake-up when there is no other worker */
    ACCEPT_RETRY_MS = 100, /* pause when descriptors or memory ran out */
    ACCEPT_LOG_MS = 1000,
};

static void out_of_descriptors(struct http_worker *w, int fd, int err)
{
    int64_t now_ms = worker_now_ms(w);

    if (w->reserve_fd >= 0) {
        int client;

        close(w->reserve_fd);
        client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        if (client >= 0)
            close(client);
        w->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    if (now_ms >= w->accept_logged_ms + ACCEPT_LOG_MS) {
        w->accept_logged_ms = now_ms;
        obs_log(NULL, OBS_LOG_ERROR, "accept: %s with %zu connections, retrying in %d ms",
                strerror(err), w->n_conns, ACCEPT_RETRY_MS);
    }
    w->accept_retry_ms = now_ms + ACCEPT_RETRY_MS;
    acceptors_pause(w);
}

/* True when there may be another one to take. */
static bool accept_one(struct http_worker *w, const struct listener *listener)
{
    union {
        struct sockaddr any;
        struct sockaddr_un un; /* the largest of them */
    } peer;
    socklen_t len = sizeof(peer);
    int fd = accept4(listener->fd, &peer.any, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd >= 0) {
        conn_open(w, fd, listener->is_unix, &peer.any, len);
        return true;
    }
    switch (errno) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        out_of_descriptors(w, listener->fd, errno);
        return false;
    case ECONNABORTED: /* that one is gone, the next one may not be */
    case EINTR:
        return true;
    default:
        return false;
    }
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct acceptor *acceptor = poll->data;
    struct http_worker *w = acceptor->worker;
    bool alone = atomic_load_explicit(&w->server->n_workers, memory_order_relaxed) == 1;
    int left = alone ? ACCEPT_ALONE : 1;

    (void)events;
    if (status < 0)
        return;
    while (left-- > 0 && w->accepting && accept_one(w, acceptor->listener))
        if ((int64_t)w->n_conns >= w->settings.max_connections)
            acceptors_pause(w);
}

void acceptors_pause(struct http_worker *w)
{
    w->accepting = false;
    for (struct acceptor *a = w->acceptors; a; a = a->next)
        uv_poll_stop(&a->poll);
}

void acceptors_resume(struct http_worker *w)
{
    if (w->accepting || w->draining || w->closed || worker_now_ms(w) < w->accept_retry_ms ||
        (int64_t)w->n_conns >= w->settings.max_connections)
        return;
    w->accepting = true;
    for (struct acceptor *a = w->acceptors; a; a = a->next)
        uv_poll_start(&a->poll, UV_READABLE, on_readable);
}

int acceptor_open(struct http_worker *w, struct listener *listener)
{
    struct acceptor *acceptor = calloc(1, sizeof(*acceptor));

    if (!acceptor || uv_poll_init(&w->worker->loop, &acceptor->poll, listener->fd) < 0) {
        free(acceptor);
        return OBS_E_NOMEM;
    }
    atomic_fetch_add(&listener->n_uses, 1);
    acceptor->poll.data = acceptor;
    acceptor->worker = w;
    acceptor->listener = listener;
    acceptor->next = w->acceptors;
    w->acceptors = acceptor;
    w->n_live++;
    if (w->accepting)
        uv_poll_start(&acceptor->poll, UV_READABLE, on_readable);
    return OBS_OK;
}

static void on_closed(uv_handle_t *handle)
{
    struct acceptor *acceptor = handle->data;
    struct http_worker *w = acceptor->worker;

    free(acceptor);
    http_worker_unref(w);
}

static void end_acceptor(struct acceptor *acceptor)
{
    uv_close((uv_handle_t *)&acceptor->poll, on_closed);
    listener_release(acceptor->listener);
}

/* Whoever waits in the queue would be reset when the socket closes. */
void acceptor_close(struct http_worker *w, const struct listener *listener)
{
    struct acceptor **at = &w->acceptors, *acceptor;

    while (*at && (*at)->listener != listener)
        at = &(*at)->next;
    acceptor = *at;
    if (!acceptor)
        return;
    *at = acceptor->next;
    while (accept_one(w, listener))
        ;
    end_acceptor(acceptor);
}

void acceptors_close(struct http_worker *w)
{
    struct acceptor *acceptor;

    while ((acceptor = w->acceptors)) {
        w->acceptors = acceptor->next;
        end_acceptor(acceptor);
    }
    if (w->reserve_fd >= 0)
        close(w->reserve_fd);
    w->reserve_fd = -1;
}
