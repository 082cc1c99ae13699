/* SPDX-License-Identifier: Apache-2.0 */
/* echo: answers any method on any path below its prefix with the request's
 * body, streamed; with ?as=json with the whole request as the server understood
 * it. Shows STREAM routes, back-pressure, a path that is an option. */
#include "describe.h"
#include "stream.h"

#include <observatory/observatory.h>

#include <stdlib.h>

struct config {
    const char *prefix;
    uint64_t json_limit_bytes;
};

/* ANY ${prefix}, ${prefix}/ and ${prefix}/{rest...}. `self` is the config: echo keeps no
 * state of its own. */
static int echo(obs_request *req, void *self)
{
    const struct config *config = self;
    obs_str as = obs_request_query(req, "as");

    if (obs_str_is(as, "json"))
        return describe_back(req, config->json_limit_bytes);
    return stream_back(req);
}

static int create(obs_instance *instance, const void *config_data, void **ret_self)
{
    struct config *self = malloc(sizeof(*self));

    if (!self) {
        obs_log(instance, OBS_LOG_ERROR, "cannot create: out of memory");
        return OBS_E_NOMEM;
    }
    *self = *(const struct config *)config_data;
    *ret_self = self;
    return OBS_OK;
}

static void destroy(void *self)
{
    free(self);
}

static const obs_option options[] = {
    {
        .name = "prefix",
        .type = OBS_OPT_STRING,
        .offset = offsetof(struct config, prefix),
        .def = "/echo",
        .help = "path below which everything is echoed",
    },
    {
        .name = "json_limit",
        .type = OBS_OPT_SIZE,
        .offset = offsetof(struct config, json_limit_bytes),
        .def = "1MiB",
        .min = "1",
        .max = "64MiB",
        .help = "longest body in bytes that ?as=json shows, since it is held in memory",
    },
};

static const obs_param params[] = {
    {.name = "as", .in = "query", .schema = "string", .help = "json: describe the request"},
};

static const obs_route routes[] = {
    {
        .methods = OBS_ANY_METHOD,
        .body = OBS_BODY_STREAM,
        .flags = OBS_ROUTE_ANY_QUERY,
        .path = "${prefix}",
        .handler = echo,
        .summary = "Answers with the request's body",
        .params = params,
        .n_params = sizeof(params) / sizeof(params[0]),
    },
    {
        .methods = OBS_ANY_METHOD,
        .body = OBS_BODY_STREAM,
        .flags = OBS_ROUTE_ANY_QUERY,
        .path = "${prefix}/", /* {rest...} takes at least one character */
        .handler = echo,
        .summary = "Answers with the request's body",
        .params = params,
        .n_params = sizeof(params) / sizeof(params[0]),
    },
    {
        .methods = OBS_ANY_METHOD,
        .body = OBS_BODY_STREAM,
        .flags = OBS_ROUTE_ANY_QUERY,
        .path = "${prefix}/{rest...}",
        .handler = echo,
        .summary = "Answers with the request's body",
        .params = params,
        .n_params = sizeof(params) / sizeof(params[0]),
    },
};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "echo",
    .version = "0.1.0",
    .license = "Apache-2.0",
    .summary = "answers requests with their own body",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .config_size = sizeof(struct config),
    .routes = routes,
    .n_routes = sizeof(routes) / sizeof(routes[0]),
    .create = create,
    .destroy = destroy,
};
OBS_PLUGIN_NOTE("echo", "0.1.0");
