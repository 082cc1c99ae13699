/* SPDX-License-Identifier: Apache-2.0 */
/* A worker with a hand-made generation, and clients that speak raw bytes to it.
 * Everything runs on the test's own thread: the loop turns only inside these
 * functions, so what the server has seen at any moment is known. */
#ifndef TESTS_HTTP_FIXTURE_H
#define TESTS_HTTP_FIXTURE_H

#include "http/http.h"
#include "http/route.h"
#include "http/server.h"
#include "plugin/generation.h"
#include "plugin/instance.h"

#include <stdbool.h>

struct fixture {
    obs_worker worker;
    struct http_server *server;
    struct generation generation;
    struct pin_count pins;
    obs_instance instance;
    char name[8];
    uint16_t port;
};

/* Settings as a config file without an http section would give them. */
struct http_settings fixture_settings(void);

/* Starts a worker that serves `routes` (and the hooks) on 127.0.0.1. */
struct fixture *fixture_open(const struct http_settings *settings, const obs_route *routes,
                             size_t n_routes, const struct hook_list *hooks);
void fixture_close(struct fixture *f);

/* One turn of the loop without waiting. */
void fixture_turn(struct fixture *f);

/* Turns the loop until `*done` is set; fails the test after 10 s. */
void fixture_until(struct fixture *f, const int *done);

struct client {
    struct fixture *f;
    int fd;
    char *bytes; /* received, NUL-terminated */
    size_t len, cap;
    bool eof, reset;
};

struct client client_open(struct fixture *f);
void client_close(struct client *c);

/* Sends all, turning the loop while the socket is full. */
void client_send(struct client *c, const char *bytes, size_t len);
void client_text(struct client *c, const char *text);

/* No more will be sent. */
void client_shut(struct client *c);

/* Turns the loop and takes in what there is; true when anything came. */
bool client_poll(struct client *c);

/* Until the server ends the connection; fails the test after 10 s. */
void client_drain(struct client *c);

/* Until `n` bytes or more, or the end, have come. */
void client_await(struct client *c, size_t n);

/* Until `text` has come. */
void client_await_text(struct client *c, const char *text);

/* Forgets what came so far. */
void client_forget(struct client *c);

/* Sends `bytes`, shuts, and returns everything that comes back with the values
 * of Date, X-Request-Id, request_id and timestamp replaced by "*". Free it. */
char *exchange(struct fixture *f, const char *bytes, size_t len);

/* The same in two pieces that the server reads one after the other. */
char *exchange_split(struct fixture *f, const char *bytes, size_t len, size_t at);

/* `text` with the changing values masked, in place. */
void mask(char *text);

/* The status of answer `index` in `text`, 0 when there is none. Counts status
 * lines, so bodies must not hold any. */
int status_at(const char *text, size_t index);

/* The body of the only answer in `text`. */
const char *body_of(const char *text);

/* True when a header line is in the head of the first answer. */
bool has_line(const char *text, const char *line);

#endif
