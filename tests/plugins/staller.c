/* SPDX-License-Identifier: Apache-2.0 */
/* staller: does what no plugin may, and holds its worker: in the handler, or
 * after it in a timer or a post. GET /stall/{where}?ms=N */
#include <observatory/observatory.h>

#include <stdlib.h>
#include <time.h>

struct staller {
    obs_instance *instance;
};

/* A request that is answered after it has held its worker. */
struct stalled {
    obs_request *req;
    obs_timer *timer;
    long ms;
};

static void stall(void *arg)
{
    struct stalled *stalled = arg;
    struct timespec left = {stalled->ms / 1000, stalled->ms % 1000 * 1000000};

    while (nanosleep(&left, &left) < 0)
        ;
    obs_timer_stop(stalled->timer);
    (void)obs_respond(stalled->req, 200, "text/plain", (obs_str)OBS_STR("over\n"));
}

static int handle(obs_request *req, void *self)
{
    struct staller *staller = self;
    obs_str where = obs_request_param(req, "where");
    obs_str ms = obs_arena_dup(obs_request_arena(req), obs_request_query(req, "ms"));
    struct stalled *stalled = obs_arena_calloc(obs_request_arena(req), 1, sizeof(*stalled));
    int rc;

    if (!stalled || !ms.ptr)
        return OBS_E_NOMEM;
    stalled->req = req;
    stalled->ms = strtol(ms.ptr, NULL, 10);
    if (obs_str_is(where, "handler")) {
        stall(stalled);
        return OBS_OK;
    }
    if (obs_str_is(where, "timer"))
        rc = obs_timer_start(staller->instance, 0, 0, stall, stalled, &stalled->timer);
    else
        rc = obs_post(staller->instance, obs_worker_current(), stall, stalled);
    return rc < 0 ? rc : OBS_PENDING;
}

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    struct staller *staller = malloc(sizeof(*staller));

    (void)config;
    if (!staller)
        return OBS_E_NOMEM;
    staller->instance = instance;
    *ret_self = staller;
    return OBS_OK;
}

static const obs_param params[] = {
    {"where", "path", "string", "handler, timer or post"},
    {"ms", "query", "integer", "how long"},
};

static const obs_route routes[] = {
    {
        .methods = OBS_GET,
        .path = "/stall/{where}",
        .handler = handle,
        .summary = "Holds the worker for MS",
        .params = params,
        .n_params = sizeof(params) / sizeof(params[0]),
    },
};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "staller",
    .version = "1.0.0",
    .license = "Apache-2.0",
    .summary = "holds a worker, to see that it is told",
    .routes = routes,
    .n_routes = sizeof(routes) / sizeof(routes[0]),
    .create = create,
    .destroy = free,
};
OBS_PLUGIN_NOTE("staller", "1.0.0");
