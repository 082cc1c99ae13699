/* SPDX-License-Identifier: Apache-2.0 */
/* old-client: descriptor and life. The header says what this plugin is for. */
#include "client.h"
#include "tally.h"

#include <stdio.h>
#include <stdlib.h>

static void destroy(void *self)
{
    free(self);
}

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    struct client *client = calloc(1, sizeof(*client));
    int rc;

    if (!client)
        return OBS_E_NOMEM;
    client->instance = instance;
    client->settings = config;
    rc = host_register(client);
    if (rc < 0) {
        destroy(client);
        return rc;
    }
    *ret_self = client;
    return OBS_OK;
}

static int start(void *self)
{
    struct client *client = self;
    int rc = obs_service_get(client->instance, TALLY_ID, &client->tally);

    if (rc == OBS_OK)
        rc = obs_service_get(client->instance, OBS_STORE_ID, &client->store);
    if (rc == OBS_OK && obs_log_enabled(client->instance, OBS_LOG_INFO))
        obs_log(client->instance, OBS_LOG_INFO, "old-client of ABI %d.%d speaks", OBS_ABI_MAJOR,
                OBS_ABI_MINOR);
    return rc;
}

static void stop(void *self)
{
    background_stop(self);
}

static void later(void *arg)
{
    *(int *)arg = 1;
}

/* observatory old-client sum NUMBER… */
static int sum(obs_command_call *call, void *self)
{
    const struct client *client = self;
    int done = 0;
    long total = 0;

    for (int i = 0; i < obs_command_argc(call); i++)
        total += strtol(obs_command_arg(call, i), NULL, 10);
    if (obs_post(client->instance, obs_worker_current(), later, &done) < 0 ||
        obs_command_wait(call, &done) < 0)
        return 70;
    printf("%ld\n", total);
    return 0;
}

static const obs_need needs[] = {{.service = TALLY_ID},
                                 {.service = OBS_STORE_ID, .flags = OBS_NEED_OPTIONAL}};
static const obs_param params[] = {
    {.name = "by", .in = "query", .schema = "string", .help = "timer, offload or post"},
};
static const obs_route routes[] = {
    {.methods = OBS_GET,
     .path = "${prefix}/settings",
     .handler = settings_show,
     .summary = "Options"},
    {.methods = OBS_GET,
     .flags = OBS_ROUTE_ANY_QUERY,
     .path = "${prefix}/request/{name}",
     .handler = request_show,
     .summary = "The request"},
    {.methods = OBS_POST,
     .body = OBS_BODY_BUFFER,
     .body_limit = 1000,
     .path = "${prefix}/json",
     .handler = request_json,
     .summary = "JSON in, JSON out"},
    {.methods = OBS_POST | OBS_PUT,
     .body = OBS_BODY_STREAM,
     .path = "${prefix}/stream/{rest...}",
     .handler = request_stream,
     .summary = "The body"},
    {.methods = OBS_GET,
     .path = "${prefix}/error",
     .handler = request_error,
     .summary = "An error"},
    {.methods = OBS_GET,
     .path = "${prefix}/later",
     .handler = background_later,
     .params = params,
     .n_params = 1,
     .summary = "An answer that comes later"},
    {.methods = OBS_GET,
     .max_age_s = -1,
     .path = "${prefix}/counters",
     .handler = background_counters,
     .summary = "Counters"},
    {.methods = OBS_GET, .path = "${prefix}/host", .handler = host_show, .summary = "The host"},
    {.methods = OBS_GET,
     .flags = OBS_ROUTE_ANY_QUERY,
     .path = "${prefix}/tally",
     .handler = services_tally,
     .summary = "A service of an old plugin"},
    {.methods = OBS_POST,
     .body = OBS_BODY_BUFFER,
     .path = "${prefix}/spans",
     .handler = services_spans,
     .summary = "The store"},
};
static const obs_command commands[] = {
    {.name = "sum", .usage = "NUMBER…", .summary = "adds numbers up", .run = sum},
};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .flags = OBS_PLUGIN_UNLOADABLE,
    .name = "old-client",
    .version = "1.0.0",
    .license = "Apache-2.0",
    .summary = "calls everything that ABI 1.0 offers",
    .needs = needs,
    .n_needs = sizeof(needs) / sizeof(needs[0]),
    .options = settings_options,
    .n_options = SETTINGS_COUNT,
    .config_size = sizeof(struct settings),
    .routes = routes,
    .n_routes = sizeof(routes) / sizeof(routes[0]),
    .hooks = hooks_table,
    .n_hooks = HOOKS_COUNT,
    .commands = commands,
    .n_commands = 1,
    .create = create,
    .start = start,
    .worker_start = background_worker_start,
    .worker_stop = background_worker_stop,
    .stop = stop,
    .destroy = destroy,
    .state_version = 1,
    .state_oldest = 1,
    .export_state = background_export,
    .import_state = background_import,
};
OBS_PLUGIN_NOTE("old-client", "1.0.0");
