/* SPDX-License-Identifier: Apache-2.0 */
/* All bytes that a client sends on one connection, in one or two reads, through
 * parser, routing, bodies and answers. The first byte of the input says where
 * the second read begins. What comes back must be whole answers. */
#include "http/connection.h"
#include "http/route.h"
#include "http/server.h"
#include "plugin/generation.h"
#include "plugin/instance.h"

#include "../../unit/http/plugin.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static obs_worker worker;
static struct generation generation;
static struct pin_count pins;
static const obs_plugin descriptor = {OBS_PLUGIN_HEADER, .name = "fixture"};
static obs_instance instance;
static char name[] = "fuzz";

static void start(void)
{
    static const struct http_settings settings = {
        .max_body_bytes = 65536,
        .max_header_bytes = 8192,
        .max_headers = 100,
        .max_target_bytes = 2048,
        .max_request_memory_bytes = 16 << 20,
        .send_high_water_bytes = 65536,
        .max_connections = 100,
        .backlog = 1,
        .header_timeout_ns = INT64_C(10000000000),
        .body_timeout_ns = INT64_C(10000000000),
        .write_timeout_ns = INT64_C(10000000000),
        .idle_timeout_ns = INT64_C(10000000000),
        .request_timeout_ns = INT64_C(10000000000),
        .compress_min_bytes = 64,
        .compress_level = 1,
        .compress = 1,
    };
    static const obs_str_list listen = {NULL, 0};
    struct http_server *server;
    char error[256];

    signal(SIGPIPE, SIG_IGN);
    instance.name = name;
    instance.plugin = &descriptor;
    generation.router = router_create();
    generation.pins = &pins;
    generation.n_workers = 1;
    for (size_t i = 0; i < n_plugin_routes; i++) {
        struct endpoint endpoint = {.decl = &plugin_routes[i],
                                    .instance = &instance,
                                    .pattern = obs_str_of(plugin_routes[i].path),
                                    .body_limit = plugin_routes[i].body_limit};

        if (router_add(generation.router, &endpoint, error, sizeof(error)) < 0)
            abort();
    }
    uv_loop_init(&worker.loop);
    worker_adopt(&worker);
    worker.generation = &generation;
    if (http_server_open(&settings, &listen, false, &server, error, sizeof(error)) < 0 ||
        http_worker_open(server, &worker) < 0)
        abort();
}

static void turn(int client)
{
    char sink[65536];

    uv_run(&worker.loop, UV_RUN_NOWAIT);
    while (n_plugin_pending > 0)
        plugin_answer(--n_plugin_pending);
    while (recv(client, sink, sizeof(sink), MSG_DONTWAIT) > 0)
        ;
}

static void send_all(int client, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t n = send(client, data, size, MSG_DONTWAIT);

        if (n > 0) {
            data += n;
            size -= (size_t)n;
        } else if (worker.http->n_conns == 0) {
            return;
        }
        turn(client);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int pair[2];
    size_t at;

    if (!worker.http)
        start();
    if (size < 1 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
        return 0;
    plugin_reset();
    conn_open(worker.http, pair[1], /* is_unix= */ true, NULL, 0);
    at = data[0] < size - 1 ? data[0] : size - 1;
    send_all(pair[0], data + 1, at);
    send_all(pair[0], data + 1 + at, size - 1 - at);
    shutdown(pair[0], SHUT_WR);
    for (int i = 0; i < 100 && http_worker_connections(&worker) > 0; i++)
        turn(pair[0]);
    close(pair[0]);
    for (int i = 0; i < 1000 && http_worker_connections(&worker) > 0; i++)
        turn(pair[0]);
    if (http_worker_connections(&worker) > 0)
        abort(); /* something would wait for ever */
    return 0;
}
