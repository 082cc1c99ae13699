/* SPDX-License-Identifier: Apache-2.0 */
/* Clients are non-blocking sockets on the loopback; waiting means turning the
 * loop. Nothing sleeps but the poll for a deadline to pass. */
#include "fixture.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define LIMIT_NS 10000000000

/* --- server --------------------------------------------------------------- */

struct http_settings fixture_settings(void)
{
    return (struct http_settings){
        .max_body_bytes = 1 << 20,
        .max_header_bytes = 8192,
        .max_headers = 100,
        .max_target_bytes = 2048,
        .max_request_memory_bytes = 64 << 20,
        .send_high_water_bytes = 65536,
        .max_connections = 1000,
        .backlog = 128,
        .header_timeout_ns = 10000000000,
        .body_timeout_ns = 10000000000,
        .write_timeout_ns = 10000000000,
        .idle_timeout_ns = 10000000000,
        .request_timeout_ns = 10000000000,
        .compress_min_bytes = 1024,
        .compress_level = 3,
        .compress = 1,
    };
}

static const obs_plugin descriptor = {OBS_PLUGIN_HEADER, .name = "fixture"};

struct fixture *fixture_open(const struct http_settings *settings, const obs_route *routes,
                             size_t n_routes, const struct hook_list *hooks)
{
    obs_str address = obs_str_of("127.0.0.1:0");
    obs_str_list listen = {&address, 1};
    struct fixture *f = calloc(1, sizeof(*f));
    char error[256];

    signal(SIGPIPE, SIG_IGN);
    strcpy(f->name, "fixture");
    f->instance.name = f->name;
    f->instance.self = f;
    f->instance.plugin = &descriptor;
    f->generation.number = 1;
    f->generation.router = router_create();
    f->generation.pins = &f->pins;
    f->generation.n_workers = 1;
    for (size_t i = 0; i < n_routes; i++) {
        struct endpoint endpoint = {.decl = &routes[i],
                                    .instance = &f->instance,
                                    .pattern = obs_str_of(routes[i].path),
                                    .body_limit = routes[i].body_limit};

        if (router_add(f->generation.router, &endpoint, error, sizeof(error)) < 0)
            fail_msg("%s", error);
    }
    if (hooks)
        memcpy(f->generation.hooks, hooks, sizeof(f->generation.hooks));
    uv_loop_init(&f->worker.loop);
    worker_adopt(&f->worker);
    f->worker.generation = &f->generation;
    if (http_server_open(settings, &listen, /* access_log= */ false, &f->server, error,
                         sizeof(error)) < 0)
        fail_msg("%s", error);
    assert_int_equal(http_worker_open(f->server, &f->worker), OBS_OK);
    http_server_addresses(f->server, error, sizeof(error));
    f->port = (uint16_t)atoi(strrchr(error, ':') + 1);
    return f;
}

void fixture_close(struct fixture *f)
{
    http_worker_close(&f->worker);
    worker_end(&f->worker); /* runs what is left */
    assert_int_equal(uv_loop_close(&f->worker.loop), 0);
    http_server_close(f->server);
    assert_int_equal(generation_pins(&f->generation), 0);
    router_destroy(f->generation.router);
    free(f);
}

void fixture_turn(struct fixture *f)
{
    uv_run(&f->worker.loop, UV_RUN_NOWAIT);
}

static void check_limit(int64_t began_ns, const char *what)
{
    if (obs_clock_mono_ns() - began_ns > LIMIT_NS)
        fail_msg("waited 10 s for %s", what);
}

void fixture_until(struct fixture *f, const int *done)
{
    int64_t began_ns = obs_clock_mono_ns();

    while (!*done) {
        fixture_turn(f);
        poll(NULL, 0, 1);
        check_limit(began_ns, "an event");
    }
}

/* --- clients -------------------------------------------------------------- */

struct client client_open(struct fixture *f)
{
    struct client c = {.f = f, .cap = 65536};
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons(f->port),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;

    c.bytes = calloc(1, c.cap);
    c.fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(c.fd >= 0);
    assert_int_equal(connect(c.fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    fcntl(c.fd, F_SETFL, O_NONBLOCK);
    setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    fixture_turn(f);
    return c;
}

void client_close(struct client *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    free(c->bytes);
    c->bytes = NULL;
}

bool client_poll(struct client *c)
{
    ssize_t n;

    fixture_turn(c->f);
    if (c->eof)
        return false;
    if (c->cap - c->len < 65536) {
        c->cap *= 2;
        c->bytes = realloc(c->bytes, c->cap);
    }
    n = recv(c->fd, c->bytes + c->len, c->cap - c->len - 1, 0);
    if (n > 0) {
        c->len += (size_t)n;
        c->bytes[c->len] = 0;
        return true;
    }
    if (n == 0)
        c->eof = true;
    if (n < 0 && errno != EAGAIN)
        c->eof = c->reset = true;
    return c->eof;
}

void client_send(struct client *c, const char *bytes, size_t len)
{
    int64_t began_ns = obs_clock_mono_ns();

    while (len > 0) {
        ssize_t n = send(c->fd, bytes, len, 0);

        if (n < 0 && errno != EAGAIN)
            return; /* the server has closed: the test looks at what it said */
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
        fixture_turn(c->f);
        check_limit(began_ns, "the server to read");
    }
}

void client_text(struct client *c, const char *text)
{
    client_send(c, text, strlen(text));
}

void client_shut(struct client *c)
{
    shutdown(c->fd, SHUT_WR);
}

static void wait_for(struct client *c)
{
    struct pollfd p = {.fd = c->fd, .events = POLLIN};

    poll(&p, 1, 1);
}

void client_drain(struct client *c)
{
    int64_t began_ns = obs_clock_mono_ns();

    while (!c->eof) {
        if (!client_poll(c))
            wait_for(c);
        check_limit(began_ns, "the end of the connection");
    }
    fixture_turn(c->f);
}

void client_await(struct client *c, size_t n)
{
    int64_t began_ns = obs_clock_mono_ns();

    while (c->len < n && !c->eof) {
        if (!client_poll(c))
            wait_for(c);
        check_limit(began_ns, "bytes");
    }
}

void client_await_text(struct client *c, const char *text)
{
    int64_t began_ns = obs_clock_mono_ns();

    while (!memmem(c->bytes, c->len, text, strlen(text))) {
        if (!client_poll(c))
            wait_for(c);
        if (c->eof && !memmem(c->bytes, c->len, text, strlen(text)))
            fail_msg("ended without \"%s\": %s", text, c->bytes);
        check_limit(began_ns, text);
    }
}

void client_forget(struct client *c)
{
    c->len = 0;
    c->bytes[0] = 0;
}

/* --- answers -------------------------------------------------------------- */

static void mask_value(char *text, const char *before, const char *stop)
{
    char *from = text;

    while ((from = strstr(from, before))) {
        char *end;

        from += strlen(before);
        end = strpbrk(from, stop);
        if (!end || end == from)
            return;
        *from = '*';
        memmove(from + 1, end, strlen(end) + 1);
    }
}

void mask(char *text)
{
    mask_value(text, "\r\nDate: ", "\r");
    mask_value(text, "\r\nX-Request-Id: ", "\r");
    mask_value(text, "\"request_id\":\"", "\"");
    mask_value(text, "\"timestamp\":\"", "\"");
}

static char *finish(struct client *c)
{
    char *text;

    client_shut(c);
    client_drain(c);
    text = c->bytes;
    c->bytes = NULL;
    client_close(c);
    mask(text);
    return text;
}

char *exchange(struct fixture *f, const char *bytes, size_t len)
{
    struct client c = client_open(f);

    client_send(&c, bytes, len);
    return finish(&c);
}

char *exchange_split(struct fixture *f, const char *bytes, size_t len, size_t at)
{
    struct client c = client_open(f);

    client_send(&c, bytes, at);
    fixture_turn(f);
    client_poll(&c);
    client_send(&c, bytes + at, len - at);
    return finish(&c);
}

int status_at(const char *text, size_t index)
{
    const char *p = text;

    for (;; p += 9, index--) {
        p = strstr(p, "HTTP/1.1 ");
        if (!p)
            return 0;
        if (index == 0)
            return atoi(p + 9);
    }
}

const char *body_of(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n");

    return end ? end + 4 : "";
}

bool has_line(const char *text, const char *line)
{
    const char *end = strstr(text, "\r\n\r\n");
    const char *at = strstr(text, line);
    size_t len = strlen(line);

    return at && end && at < end && at > text && at[-1] == '\n' && at[len] == '\r';
}
