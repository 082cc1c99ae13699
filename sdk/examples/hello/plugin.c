/* SPDX-License-Identifier: Apache-2.0 */
/* hello: the smallest useful plugin. One route with a parameter, one option,
 * one JSON answer. Read it from the bottom: the descriptor is the whole story. */
#include "greeting.h"

#include <observatory/observatory.h>

#include <stdlib.h>

/* Filled by the host from the options below. */
struct config {
    const char *greeting;
};

/* What create() returns and every handler gets as `self`. Constant after
 * create(), so all workers may read it without a lock. */
struct hello {
    obs_str greeting;
};

/* GET /hello/{name}. Everything is in the request's arena: nothing to free. */
static int say_hello(obs_request *req, void *self)
{
    const struct hello *hello = self;
    obs_arena *arena = obs_request_arena(req);
    obs_buf *body = obs_buf_new(arena, /* limit_bytes= */ 0);
    int rc;

    if (!body)
        return OBS_E_NOMEM; /* the host answers any error that a handler returns */
    rc = greeting_write(arena, hello->greeting, obs_request_param(req, "name"), body);
    return rc < 0 ? rc : obs_respond_json(req, 200, body);
}

static int create(obs_instance *instance, const void *config_data, void **ret_self)
{
    const struct config *config = config_data; /* lives until destroy() */
    struct hello *hello = malloc(sizeof(*hello));

    if (!hello) {
        obs_log(instance, OBS_LOG_ERROR, "cannot create: out of memory");
        return OBS_E_NOMEM;
    }
    hello->greeting = obs_str_of(config->greeting);
    *ret_self = hello;
    return OBS_OK;
}

static void destroy(void *self)
{
    free(self);
}

static const obs_option options[] = {
    {
        .name = "greeting",
        .type = OBS_OPT_STRING,
        .offset = offsetof(struct config, greeting),
        .def = "Hello",
        .help = "the word that comes before the name",
    },
};

static const obs_param params[] = {
    {.name = "name", .in = "path", .schema = "string", .help = "whom to greet"},
};

static const obs_route routes[] = {
    {
        .methods = OBS_GET,
        .path = "/hello/{name}",
        .handler = say_hello,
        .summary = "Greets NAME",
        .params = params,
        .n_params = sizeof(params) / sizeof(params[0]),
    },
};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "hello",
    .version = "0.1.0",
    .license = "Apache-2.0",
    .summary = "answers GET /hello/{name} with a greeting",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .config_size = sizeof(struct config),
    .routes = routes,
    .n_routes = sizeof(routes) / sizeof(routes[0]),
    .create = create,
    .destroy = destroy,
};
OBS_PLUGIN_NOTE("hello", "0.1.0");
