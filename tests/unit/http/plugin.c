/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers in the manner of a plugin: only the SDK's functions are used. */
#include "plugin.h"

#include <stdio.h>
#include <stdlib.h>

obs_request *plugin_pending[64];
size_t n_plugin_pending;
int plugin_aborts;
struct plugin_stream plugin_stream;

void plugin_reset(void)
{
    n_plugin_pending = 0;
    plugin_aborts = 0;
    plugin_stream = (struct plugin_stream){0};
}

/* --- whole answers -------------------------------------------------------- */

static int handle_hello(obs_request *req, void *self)
{
    obs_buf *buf = obs_buf_new(obs_request_arena(req), 0);
    obs_jw *jw = obs_jw_new(obs_request_arena(req), buf);

    (void)self;
    obs_jw_object(jw);
    obs_jw_key(jw, "hello");
    obs_jw_str(jw, obs_request_param(req, "name"));
    obs_jw_end_object(jw);
    return obs_respond_json(req, 200, buf);
}

/* Shows how the request was understood. */
static int handle_show(obs_request *req, void *self)
{
    obs_str path = obs_request_path(req);
    obs_str rest = obs_request_param(req, "rest");
    obs_str q = obs_request_query(req, "q");
    obs_str x = obs_request_header(req, "x-test");
    obs_str trace = obs_request_traceparent(req);
    obs_str text;

    (void)self;
    text = obs_arena_printf(obs_request_arena(req), "path=%.*s rest=%.*s q=%.*s x=%.*s trace=%.*s",
                            OBS_STR_ARG(path), OBS_STR_ARG(rest), OBS_STR_ARG(q), OBS_STR_ARG(x),
                            OBS_STR_ARG(trace));
    return obs_respond(req, 200, "text/plain", text);
}

static int handle_echo(obs_request *req, void *self)
{
    (void)self;
    return obs_respond(req, 200, "application/octet-stream", obs_request_body(req));
}

static int handle_ignore(obs_request *req, void *self)
{
    (void)self;
    return obs_respond(req, 200, "text/plain", obs_str_of("ignored"));
}

static int handle_big(obs_request *req, void *self)
{
    obs_str q = obs_request_query(req, "n");
    size_t n =
        (size_t)strtoul(q.ptr ? obs_arena_dup(obs_request_arena(req), q).ptr : "0", NULL, 10);
    char *body = obs_arena_alloc(obs_request_arena(req), n + 1);
    obs_str type = obs_request_query(req, "type");

    (void)self;
    if (!body)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < n; i++)
        body[i] = (char)('a' + i % 26);
    return obs_respond(req, 200, type.ptr ? "application/json" : "application/octet-stream",
                       obs_str_n(body, n));
}

static int handle_etag(obs_request *req, void *self)
{
    (void)self;
    if (obs_response_header(req, "ETag", obs_str_of("\"v1\"")) < 0)
        return OBS_E_INTERNAL;
    return obs_respond(req, 200, "text/plain", obs_str_of("tagged"));
}

static int handle_fields(obs_request *req, void *self)
{
    (void)self;
    if (obs_response_header(req, "X-One", obs_str_of("1")) != OBS_OK ||
        obs_response_header(req, "Content-Length", obs_str_of("1")) != OBS_E_INVALID ||
        obs_response_header(req, "X-Bad", obs_str_of("a\r\nSet-Cookie: b")) != OBS_E_INVALID ||
        obs_response_header(req, "X Bad", obs_str_of("a")) != OBS_E_INVALID)
        return OBS_E_INTERNAL;
    return obs_respond(req, 204, NULL, obs_str_of(NULL));
}

static int handle_none(obs_request *req, void *self)
{
    (void)req;
    (void)self;
    return OBS_OK;
}

static int handle_error(obs_request *req, void *self)
{
    static const struct {
        const char *name;
        int error;
    } errors[] = {
        {"busy", OBS_E_BUSY}, {"auth", OBS_E_UNAUTHENTICATED}, {"rate", OBS_E_RATE_LIMIT}};
    obs_str name = obs_request_param(req, "name");

    (void)self;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (obs_str_is(name, errors[i].name))
            return errors[i].error;
    return obs_respond_error(req, OBS_E_RANGE, "limit", "limit is \"%.*s\"", OBS_STR_ARG(name));
}

/* --- pending -------------------------------------------------------------- */

static void on_abort(void *data)
{
    (void)data;
    plugin_aborts++;
}

static int handle_pending(obs_request *req, void *self)
{
    (void)self;
    if (obs_request_on_abort(req, on_abort, NULL) < 0)
        return OBS_E_NOMEM;
    plugin_pending[n_plugin_pending++] = req;
    return OBS_PENDING;
}

void plugin_answer(size_t index)
{
    obs_request *req = plugin_pending[index];

    (void)obs_respond(req, 200, "text/plain",
                      obs_arena_printf(obs_request_arena(req), "answer %zu", index));
}

/* --- streams -------------------------------------------------------------- */

static void end_piece(obs_request *req, int status)
{
    plugin_stream.status = status;
    if (status == OBS_BODY_END)
        obs_response_end(req, 0);
    else
        obs_response_end(req, 1);
}

static void on_drain(obs_request *req, void *user)
{
    (void)user;
    obs_request_resume_body(req);
}

static void on_piece(obs_request *req, int status, obs_str piece, void *user)
{
    (void)user;
    plugin_stream.calls++;
    if (status != OBS_OK) {
        end_piece(req, status);
        return;
    }
    plugin_stream.bytes += piece.len;
    if (obs_response_write(req, piece) == OBS_PENDING)
        obs_request_pause_body(req);
}

static int handle_stream(obs_request *req, void *self)
{
    obs_str type = obs_request_query(req, "type");

    (void)self;
    plugin_stream.req = req;
    (void)obs_response_begin(req, 200, type.ptr ? "application/json" : "application/octet-stream",
                             -1);
    obs_response_on_drain(req, on_drain, NULL);
    obs_request_read_body(req, on_piece, NULL);
    return OBS_PENDING;
}

static void count_piece(obs_request *req, int status, obs_str piece, void *user)
{
    char text[64];

    (void)user;
    plugin_stream.calls++;
    plugin_stream.bytes += piece.len;
    if (status == OBS_OK) {
        if (plugin_stream.paused)
            obs_request_pause_body(req);
        return;
    }
    plugin_stream.status = status;
    if (status < 0) {
        (void)obs_respond_error(req, status, NULL, NULL);
        return;
    }
    snprintf(text, sizeof(text), "%zu", plugin_stream.bytes);
    (void)obs_respond(req, 200, "text/plain",
                      obs_arena_dup(obs_request_arena(req), obs_str_of(text)));
}

static int handle_count(obs_request *req, void *self)
{
    (void)self;
    plugin_stream.req = req;
    plugin_stream.bytes = plugin_stream.calls = 0;
    obs_request_read_body(req, count_piece, NULL);
    return OBS_PENDING;
}

/* Refuses without reading the body. */
static int handle_refuse(obs_request *req, void *self)
{
    (void)req;
    (void)self;
    return OBS_E_FORBIDDEN;
}

struct drip {
    size_t left;
    char piece[4096];
};

static void drip_on(obs_request *req, void *user)
{
    struct drip *drip = user;

    while (drip->left > 0) {
        int rc;

        drip->left--;
        rc = obs_response_write(req, obs_str_n(drip->piece, sizeof(drip->piece)));
        if (rc == OBS_PENDING) {
            plugin_stream.paused++;
            return;
        }
        if (rc < 0)
            break;
    }
    obs_response_end(req, 0);
}

/* GET /drip?n=: n pieces of 4 KiB, as fast as the client takes them. */
static int handle_drip(obs_request *req, void *self)
{
    struct drip *drip = obs_arena_calloc(obs_request_arena(req), 1, sizeof(*drip));
    obs_str q = obs_arena_dup(obs_request_arena(req), obs_request_query(req, "n"));
    int64_t length =
        obs_request_query(req, "length").ptr ? (int64_t)strtoul(q.ptr, NULL, 10) * 4096 : -1;

    (void)self;
    drip->left = (size_t)strtoul(q.ptr, NULL, 10);
    if (drip->left > 1000000)
        return OBS_E_RANGE;
    memset(drip->piece, 'd', sizeof(drip->piece));
    (void)obs_response_begin(req, 200, "application/octet-stream", length);
    obs_response_on_drain(req, drip_on, drip);
    drip_on(req, drip);
    return OBS_PENDING;
}

/* Ends in the middle. */
static int handle_cut(obs_request *req, void *self)
{
    (void)self;
    (void)obs_response_begin(req, 200, "application/octet-stream", -1);
    (void)obs_response_write(req, obs_str_of("half"));
    obs_response_end(req, 1);
    return OBS_OK;
}

/* --- table ---------------------------------------------------------------- */

static const obs_param checked[] = {{"limit", "query", "integer", "rows"},
                                    {"tag", "query", "list", "tags"}};

#define ROUTE(m, p, h, ...)                                                                        \
    {                                                                                              \
        .methods = (m), .path = (p), .handler = (h), __VA_ARGS__                                   \
    }

const obs_route plugin_routes[] = {
    ROUTE(OBS_GET, "/hello/{name}", handle_hello, .max_age_s = 60),
    ROUTE(OBS_GET | OBS_POST, "/show/{rest...}", handle_show, .flags = OBS_ROUTE_ANY_QUERY,
          .max_age_s = -1),
    ROUTE(OBS_POST | OBS_PUT, "/echo", handle_echo, .body = OBS_BODY_BUFFER, .body_limit = 100000),
    ROUTE(OBS_POST, "/raw", handle_echo, .body = OBS_BODY_BUFFER, .flags = OBS_ROUTE_NO_DECODE),
    ROUTE(OBS_GET | OBS_POST, "/ignore", handle_ignore, .body_limit = 1000),
    ROUTE(OBS_GET, "/big", handle_big, .flags = OBS_ROUTE_ANY_QUERY),
    ROUTE(OBS_GET, "/etag", handle_etag),
    ROUTE(OBS_GET, "/fields", handle_fields),
    ROUTE(OBS_GET, "/none", handle_none),
    ROUTE(OBS_GET, "/error/{name}", handle_error),
    ROUTE(OBS_GET | OBS_POST, "/pending", handle_pending, .body = OBS_BODY_BUFFER,
          .flags = OBS_ROUTE_ANY_QUERY),
    ROUTE(OBS_POST, "/stream", handle_stream, .body = OBS_BODY_STREAM, .body_limit = 64 << 20,
          .flags = OBS_ROUTE_ANY_QUERY),
    ROUTE(OBS_POST, "/count", handle_count, .body = OBS_BODY_STREAM, .body_limit = 1 << 20),
    ROUTE(OBS_POST, "/refuse", handle_refuse, .body = OBS_BODY_STREAM),
    ROUTE(OBS_GET, "/drip", handle_drip, .flags = OBS_ROUTE_ANY_QUERY),
    ROUTE(OBS_GET, "/cut", handle_cut),
    ROUTE(OBS_GET, "/checked", handle_hello, .params = checked, .n_params = 2),
    ROUTE(OBS_OPTIONS, "/own-options", handle_ignore),
};
const size_t n_plugin_routes = sizeof(plugin_routes) / sizeof(plugin_routes[0]);
