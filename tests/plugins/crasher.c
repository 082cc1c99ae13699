/* SPDX-License-Identifier: Apache-2.0 */
/* crasher: ends the process, to see who notices. GET /crash/{how}; with the
 * option at_start already at its start. */
#include <observatory/observatory.h>

#include <stdlib.h>

struct config {
    int32_t at_start;
};

static int *volatile nowhere; /* volatile: the compiler must not know */

static int handle(obs_request *req, void *self)
{
    obs_str how = obs_request_param(req, "how");

    (void)self;
    if (obs_str_is(how, "null"))
        *nowhere = 1;
    if (obs_str_is(how, "abort"))
        abort();
    return OBS_E_NOT_FOUND;
}

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    (void)instance;
    *ret_self = (void *)config; /* lives as long */
    return OBS_OK;
}

static int start(void *self)
{
    const struct config *config = self;

    if (config->at_start)
        abort();
    return OBS_OK;
}

static void destroy(void *self)
{
    (void)self;
}

static const obs_option options[] = {
    {"at_start", OBS_OPT_BOOL, 0, offsetof(struct config, at_start), "false",
     .help = "abort before the first request"},
};

static const obs_param params[] = {
    {"how", "path", "string", "null or abort"},
};

static const obs_route routes[] = {
    {
        .methods = OBS_GET,
        .path = "/crash/{how}",
        .handler = handle,
        .summary = "Ends the process",
        .params = params,
        .n_params = sizeof(params) / sizeof(params[0]),
    },
};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "crasher",
    .version = "1.0.0",
    .license = "Apache-2.0",
    .summary = "ends the process, to see who notices",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .config_size = sizeof(struct config),
    .routes = routes,
    .n_routes = sizeof(routes) / sizeof(routes[0]),
    .create = create,
    .start = start,
    .destroy = destroy,
};
OBS_PLUGIN_NOTE("crasher", "1.0.0");
