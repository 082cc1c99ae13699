/* SPDX-License-Identifier: Apache-2.0 */
/* The output side of a connection: one growing buffer, sent in one call. What
 * the socket does not take stays where it is until the next edge. */
#include "http/connection.h"
#include "http/server.h"
#include "http/socket.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

enum { FLUSH_BYTES = 65536 }; /* collected output that is not left to grow */

static void give_back(struct http_worker *w, char *buffer, size_t cap)
{
    if (cap == OUT_BUFFER_BYTES)
        http_worker_give_buffer(w, buffer);
    else
        free(buffer);
}

/* Room for `len` more, by moving what was not sent to the front or elsewhere. */
static bool grow(struct conn *c, size_t len)
{
    size_t left = c->out_len - c->out_at, cap = c->out_cap;
    char *more;

    while (cap < left + len)
        cap *= 2;
    more = cap == c->out_cap ? c->out : malloc(cap);
    if (!more)
        return false;
    memmove(more, c->out + c->out_at, left);
    if (more != c->out) {
        give_back(c->worker, c->out, c->out_cap);
        c->out = more;
        c->out_cap = cap;
    }
    c->out_at = 0;
    c->out_len = left;
    return true;
}

char *conn_out(struct conn *c, size_t len)
{
    if (c->out_len - c->out_at >= FLUSH_BYTES)
        (void)conn_flush(c); /* nobody is waiting in the middle of an answer */
    if (!c->out) {
        c->out = http_worker_take_buffer(c->worker);
        c->out_cap = OUT_BUFFER_BYTES;
        c->out_at = c->out_len = 0;
    }
    if (!c->out || (c->out_cap - c->out_len < len && !grow(c, len))) {
        c->broken = -ENOMEM;
        return NULL;
    }
    return c->out + c->out_len;
}

static void drop_out(struct conn *c)
{
    if (c->out)
        give_back(c->worker, c->out, c->out_cap);
    c->out = NULL;
    c->out_at = c->out_len = c->out_cap = 0;
}

void conn_drop_output(struct conn *c)
{
    c->tail = obs_str_n(NULL, 0);
    drop_out(c);
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
    return c->out_len - c->out_at;
}

static ssize_t send_some(struct conn *c)
{
    struct iovec parts[2] = {{c->out ? c->out + c->out_at : NULL, c->out_len - c->out_at},
                             {(char *)(uintptr_t)c->tail.ptr, c->tail.len}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t n;

    do {
        if (c->tail.len == 0)
            n = socket_send(c->fd, parts[0].iov_base, parts[0].iov_len);
        else
            n = sendmsg(c->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* Bytes that the client has not acknowledged; -1 when the system cannot say. */
static int unsent(const struct conn *c)
{
    int n = -1;

    return ioctl(c->fd, SIOCOUTQ, &n) == 0 ? n : -1;
}

static void block(struct conn *c)
{
    c->blocked = true;
    c->unsent = unsent(c);
    deadline_arm(&c->worker->deadlines[DEADLINE_WRITE], &c->output, worker_now_ms(c->worker));
}

bool conn_write_stalled(struct conn *c)
{
    int now = unsent(c);

    if (now < 0 || c->unsent < 0 || now >= c->unsent)
        return true;
    block(c);
    return false;
}

bool conn_flush(struct conn *c)
{
    bool taken = false;

    while (!c->blocked && !c->broken && (c->out_at < c->out_len || c->tail.len > 0)) {
        size_t left = c->out_len - c->out_at;
        ssize_t n = send_some(c);

        if (n == -EAGAIN || n == -ENOBUFS) {
            block(c);
            return taken && c->wait_output;
        }
        if (n < 0) {
            c->broken = (int)n;
            return true;
        }
        taken = true;
        if ((size_t)n < left) {
            c->out_at += (size_t)n;
            continue;
        }
        if (c->tail.len > 0)
            c->tail = obs_str_n(c->tail.ptr + ((size_t)n - left), c->tail.len - ((size_t)n - left));
        drop_out(c);
    }
    if (c->blocked || c->broken)
        return false;
    deadline_disarm(&c->output);
    return c->wait_output;
}
