/* SPDX-License-Identifier: Apache-2.0 */
/* Writing and reading never wait for each other, as in a client that pipelines;
 * whatever ends the connection early ends all requests of the round that have no
 * answer, each with the same outcome. */
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_BYTES 4096 /* kernel buffer of a client that reads slowly */

/* ---- outcomes ---------------------------------------------------------------------- */

static void disconnect(struct client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
}

static void end_round(struct client *client, uint64_t now_us)
{
    client->under_way = false;
    client->next_us = now_us + (client->mode->n_pieces ? 0 : client->mode->pause_ms * 1000u);
    if (client->mode->closes)
        disconnect(client);
}

/* Counts what is no answer, and says so for the first ones. */
static void count(struct client *client, enum outcome outcome, const char *why)
{
    struct report *report = client->report;

    tally_add(&report->tally, outcome, '\0', /* latency_us= */ 0);
    if (outcome == OUTCOME_GIVEN_UP ||
        report->n_sentences == sizeof(report->sentences) / sizeof(report->sentences[0]))
        return;
    snprintf(report->sentences[report->n_sentences++], sizeof(report->sentences[0]),
             "%s request %llu: %s, %s", client->mode->name,
             (unsigned long long)client->first + client->n_answered, outcome_name(outcome), why);
}

/* The connection is over: so are the requests that wait for an answer. */
static void lose(struct client *client, enum outcome outcome, const char *why, uint64_t now_us)
{
    for (; client->n_answered < client->mode->n_requests; client->n_answered++)
        count(client, outcome, why);
    disconnect(client);
    end_round(client, now_us);
}

/* Nor may a connection that waits for its next request be closed: the request
 * could be on its way. */
static void lose_idle(struct client *client)
{
    count(client, OUTCOME_EOF, "the server closed an idle connection");
    disconnect(client);
}

static void expect_next(struct client *client)
{
    answer_begin(&client->answer, client->first + client->n_answered, client->mode->run_bytes);
}

static void take_answer(struct client *client, uint64_t now_us)
{
    enum outcome outcome = answer_judge(&client->answer);

    if (outcome == OUTCOME_OK)
        tally_add(&client->report->tally, outcome, client->answer.letter,
                  now_us - client->began_us);
    else
        count(client, outcome, client->answer.why);
    client->n_answered++;
    if (client->n_answered < client->mode->n_requests)
        expect_next(client);
    else
        end_round(client, now_us);
}

/* ---- writing ----------------------------------------------------------------------- */

static void watch(struct client *client)
{
    struct epoll_event event = {.data.ptr = client};

    if (client->out_at < client->out_bytes)
        event.events |= EPOLLOUT;
    if (client->mode->read_bytes == 0)
        event.events |= EPOLLIN; /* else it is read by the clock */
    if (client->fd < 0 || event.events == client->watched)
        return;
    client->watched = event.events;
    epoll_ctl(client->epoll_fd, EPOLL_CTL_MOD, client->fd, &event);
}

static void flush(struct client *client, uint64_t now_us)
{
    while (client->fd >= 0 && client->out_at < client->out_bytes) {
        ssize_t n = send(client->fd, client->out + client->out_at,
                         client->out_bytes - client->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n < 0)
            lose(client, OUTCOME_RESET, strerror(errno), now_us);
        else
            client->out_at += (size_t)n;
    }
    if (client->out_at == client->out_bytes)
        client->out_at = client->out_bytes = 0;
}

__attribute__((format(printf, 2, 3))) static void put(struct client *client, const char *format,
                                                      ...)
{
    va_list args;

    va_start(args, format);
    client->out_bytes += (size_t)vsnprintf(client->out + client->out_bytes,
                                           OUT_BYTES - client->out_bytes, format, args);
    va_end(args);
}

static uint64_t next_random(struct client *client)
{
    client->random = client->random * UINT64_C(6364136223846793005) + 1;
    return client->random >> 33;
}

/* Every second body is sent in chunks. */
static bool is_chunked(const struct client *client)
{
    return client->mode->n_pieces > 0 && client->first % 2 == 0;
}

static void put_request(struct client *client, uint64_t number)
{
    const struct mode *mode = client->mode;

    put(client, "%s %s?n=%u", mode->n_pieces ? "POST" : "GET", mode->path, mode->run_bytes);
    if (mode->max_wait_ms)
        put(client, "&ms=%u", (unsigned)(next_random(client) % mode->max_wait_ms));
    if (mode->pace_ms)
        put(client, "&pace=%u", mode->pace_ms);
    put(client, " HTTP/1.1\r\nHost: test\r\nX-Request-Id: %llu\r\n", (unsigned long long)number);
    if (mode->n_pieces && is_chunked(client))
        put(client, "Transfer-Encoding: chunked\r\n");
    else if (mode->n_pieces)
        put(client, "Content-Length: %u\r\n", mode->run_bytes);
    if (mode->expects)
        put(client, "Expect: 100-continue\r\n");
    if (mode->closes)
        put(client, "Connection: close\r\n");
    put(client, "\r\n");
}

static void put_piece(struct client *client)
{
    const struct mode *mode = client->mode;
    uint32_t bytes = mode->run_bytes / mode->n_pieces; /* divides evenly */

    if (is_chunked(client))
        put(client, "%x\r\n", bytes);
    memset(client->out + client->out_bytes, 'x', bytes);
    client->out_bytes += bytes;
    if (is_chunked(client))
        put(client, "\r\n");
    client->n_pieces_sent++;
    if (is_chunked(client) && client->n_pieces_sent == mode->n_pieces)
        put(client, "0\r\n\r\n");
}

/* The next piece of the body, when it is its time and the one before is out. */
static void send_piece(struct client *client, uint64_t now_us)
{
    const struct mode *mode = client->mode;

    if (client->n_pieces_sent == mode->n_pieces || now_us < client->next_us ||
        client->out_bytes > 0 || (mode->expects && !client->answer.continued))
        return;
    put_piece(client);
    client->next_us = now_us + mode->pause_ms * 1000u;
    flush(client, now_us);
    watch(client);
}

/* ---- reading ----------------------------------------------------------------------- */

static void end_of_input(struct client *client, ssize_t n, uint64_t now_us)
{
    const struct answer *answer = &client->answer;
    bool in_body = answer->state != ANSWER_HEAD;

    if (!client->under_way)
        lose_idle(client);
    else if (n < 0)
        lose(client, OUTCOME_RESET, strerror(errno), now_us);
    else
        lose(client, in_body ? OUTCOME_SHORT : OUTCOME_EOF, "the server closed", now_us);
}

static void take_input(struct client *client, const char *data, size_t len, uint64_t now_us)
{
    size_t at = 0;

    while (at < len && client->under_way) {
        at += answer_feed(&client->answer, data + at, len - at);
        if (client->answer.state == ANSWER_DONE)
            take_answer(client, now_us);
    }
    if (at < len) {
        count(client, OUTCOME_MIXED, "bytes that nobody asked for"); /* beside the request */
        disconnect(client);
    }
}

static void receive(struct client *client, size_t max_bytes, uint64_t now_us)
{
    char data[65536];
    ssize_t n;

    if (client->fd < 0)
        return;
    n = recv(client->fd, data, max_bytes < sizeof(data) ? max_bytes : sizeof(data), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        take_input(client, data, (size_t)n, now_us);
    else
        end_of_input(client, n, now_us);
}

/* ---- connecting -------------------------------------------------------------------- */

static void set_options(const struct client *client, int fd)
{
    int one = 1, bytes = RECEIVE_BYTES;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (client->mode->read_bytes > 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

/* Blocking: on the loopback it is over at once, or it is refused. */
static bool dial(struct client *client)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)client->port)};
    struct epoll_event event = {.data.ptr = client};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        return false;
    set_options(client, fd);
    if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0 ||
        epoll_ctl(client->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
        close(fd);
        return false;
    }
    client->fd = fd;
    client->watched = 0;
    return true;
}

static void begin_round(struct client *client, uint64_t now_us)
{
    client->under_way = true;
    client->began_us = now_us;
    client->give_up_us = 0;
    if (client->mode->patience_ms)
        client->give_up_us = now_us + next_random(client) % (client->mode->patience_ms * 1000u);
    client->first = *client->next_number;
    *client->next_number += client->mode->n_requests;
    client->n_answered = client->n_pieces_sent = 0;
    client->out_at = client->out_bytes = 0;
    expect_next(client);
    if (client->fd < 0 && !dial(client)) {
        lose(client, OUTCOME_REFUSED, strerror(errno), now_us);
        client->next_us = now_us + 10000; /* a server that is gone need not be asked so often */
        return;
    }
    for (uint32_t i = 0; i < client->mode->n_requests; i++)
        put_request(client, client->first + i);
    flush(client, now_us);
    watch(client);
}

/* ---- turns ------------------------------------------------------------------------- */

void client_turn(struct client *client, uint64_t now_us, bool stopping)
{
    if (!client->under_way) {
        if (!stopping && now_us >= client->next_us)
            begin_round(client, now_us);
        return;
    }
    if (now_us - client->began_us > TALLY_TIMEOUT_S * UINT64_C(1000000)) {
        lose(client, OUTCOME_TIMEOUT, "no answer", now_us);
        return;
    }
    if (client->give_up_us && now_us >= client->give_up_us) {
        lose(client, OUTCOME_GIVEN_UP, "", now_us);
        return;
    }
    send_piece(client, now_us);
    if (client->mode->read_bytes > 0)
        receive(client, client->mode->read_bytes, now_us);
}

void client_event(struct client *client, uint32_t events, uint64_t now_us)
{
    if (events & EPOLLOUT)
        flush(client, now_us);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        receive(client, client->mode->read_bytes ? client->mode->read_bytes : 65536, now_us);
    watch(client);
}
