/* SPDX-License-Identifier: Apache-2.0 */
/* The output side of a connection: one growing buffer, written in one call,
 * and at most one queued write for what the socket did not take. */
#include "http/connection.h"
#include "http/server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { FLUSH_BYTES = 65536 }; /* collected output that is not left to grow */

static void give_back(struct http_worker *w, char *buffer, size_t cap)
{
    if (cap == OUT_BUFFER_BYTES)
        http_worker_give_buffer(w, buffer);
    else
        free(buffer);
}

static bool grow(struct conn *c, size_t len)
{
    size_t cap = c->out_cap * 2;
    char *more;

    while (cap < c->out_len + len)
        cap *= 2;
    more = malloc(cap);
    if (!more)
        return false;
    memcpy(more, c->out, c->out_len);
    give_back(c->worker, c->out, c->out_cap);
    c->out = more;
    c->out_cap = cap;
    return true;
}

char *conn_out(struct conn *c, size_t len)
{
    if (c->out_len >= FLUSH_BYTES && !c->flight)
        conn_flush(c);
    if (!c->out) {
        c->out = http_worker_take_buffer(c->worker);
        c->out_cap = OUT_BUFFER_BYTES;
        c->out_len = 0;
    }
    if (!c->out || (c->out_cap - c->out_len < len && !grow(c, len))) {
        c->broken = UV_ENOMEM;
        return NULL;
    }
    return c->out + c->out_len;
}

void conn_put(struct conn *c, const char *bytes, size_t len)
{
    char *room;

    if (len == 0)
        return;
    room = conn_out(c, len);
    if (!room)
        return;
    memcpy(room, bytes, len);
    c->out_len += len;
}

size_t conn_pending_bytes(const struct conn *c)
{
    return c->out_len + (c->flight ? uv_stream_get_write_queue_size(&c->uv.stream) : 0);
}

static void drop_out(struct conn *c)
{
    if (c->out)
        give_back(c->worker, c->out, c->out_cap);
    c->out = NULL;
    c->out_len = c->out_cap = 0;
}

static void on_written(uv_write_t *write, int status)
{
    struct flight *flight = write->data;
    struct conn *c = flight->conn;
    bool has_tail = flight->has_tail;

    if (flight->buffer)
        give_back(c->worker, flight->buffer, flight->cap);
    free(flight);
    c->flight = NULL;
    if (c->closing)
        return;
    deadline_disarm(&c->output);
    if (status < 0)
        c->broken = status;
    if (has_tail)
        c->tail = obs_str_n(NULL, 0);
    conn_process(c);
}

/* Hands what is left of `out` and `tail` after `sent` bytes to libuv. */
static void queue_rest(struct conn *c, size_t sent)
{
    struct flight *flight = malloc(sizeof(*flight));
    uv_buf_t bufs[2];
    unsigned n = 0;
    int rc;

    if (!flight) {
        c->broken = UV_ENOMEM;
        return;
    }
    *flight = (struct flight){
        .conn = c, .buffer = c->out, .cap = c->out_cap, .has_tail = c->tail.len > 0};
    flight->write.data = flight;
    if (sent < c->out_len) {
        bufs[n++] = uv_buf_init(c->out + sent, (unsigned)(c->out_len - sent));
        sent = 0;
    } else {
        sent -= c->out_len;
    }
    if (c->tail.len > sent)
        bufs[n++] =
            uv_buf_init((char *)(uintptr_t)c->tail.ptr + sent, (unsigned)(c->tail.len - sent));
    c->out = NULL;
    c->out_len = c->out_cap = 0;
    c->flight = flight;
    rc = uv_write(&flight->write, &c->uv.stream, bufs, n, on_written);
    if (rc < 0) {
        give_back(c->worker, flight->buffer, flight->cap);
        free(flight);
        c->flight = NULL;
        c->broken = rc;
        return;
    }
    c->flight_seen = uv_stream_get_write_queue_size(&c->uv.stream);
    deadline_arm(&c->worker->deadlines[DEADLINE_WRITE], &c->output, worker_now_ms(c->worker));
}

/* What uv_try_write() does when nothing is queued, which is known here, by
 * send(): it is cheaper than write() on a socket, and raises no SIGPIPE. */
static ssize_t send_now(struct conn *c)
{
    struct iovec parts[2] = {{c->out, c->out_len}, {(char *)(uintptr_t)c->tail.ptr, c->tail.len}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t n;

    do {
        if (c->tail.len == 0)
            n = send(c->fd, c->out, c->out_len, MSG_NOSIGNAL);
        else
            n = sendmsg(c->fd, &message, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n >= 0)
        return n;
    return errno == EAGAIN || errno == ENOBUFS ? 0 : -errno;
}

bool conn_flush(struct conn *c)
{
    size_t total = c->out_len + c->tail.len;
    ssize_t sent;

    if (c->flight || total == 0 || c->broken)
        return false;
    sent = send_now(c);
    if (sent < 0) {
        c->broken = (int)sent;
        return true;
    }
    if ((size_t)sent < total) {
        queue_rest(c, (size_t)sent);
        return false;
    }
    drop_out(c);
    c->tail = obs_str_n(NULL, 0);
    return c->wait_output;
}
