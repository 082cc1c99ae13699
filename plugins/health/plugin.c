/* SPDX-License-Identifier: Apache-2.0 */
/* health: what load balancers, orchestrators and people ask. /health tells
 * everything, /health/live that the loop turns, /health/ready whether to send
 * requests here. */
#include "report.h"

#include <observatory/observatory.h>

#define UNAVAILABLE 503

static void collect(obs_request *req, struct report *report)
{
    obs_host_info host = {.size = sizeof(host)};

    obs_host_describe(&host);
    report_init(report, obs_request_arena(req), &host);
    obs_health_each(report_component, report);
}

/* GET /health */
static int get_health(obs_request *req, void *self)
{
    obs_buf *body = obs_buf_new(obs_request_arena(req), /* limit_bytes= */ 0);
    struct report report;
    int rc;

    (void)self;
    if (!body)
        return OBS_E_NOMEM;
    collect(req, &report);
    obs_host_plugins(report_plugin, &report);
    rc = report_write_health(&report, obs_clock_wall_ns(), body);
    if (rc < 0)
        return rc;
    return obs_respond_json(req, report_state(&report) == OBS_UNHEALTHY ? UNAVAILABLE : 200, body);
}

/* GET /health/ready */
static int get_ready(obs_request *req, void *self)
{
    obs_buf *body = obs_buf_new(obs_request_arena(req), /* limit_bytes= */ 0);
    struct report report;
    int rc;

    (void)self;
    if (!body)
        return OBS_E_NOMEM;
    collect(req, &report);
    rc = report_write_ready(&report, body);
    if (rc < 0)
        return rc;
    return obs_respond_json(req, report_ready(&report) ? 200 : UNAVAILABLE, body);
}

/* GET /health/live: that it answers is the answer. */
static int get_live(obs_request *req, void *self)
{
    (void)self;
    return obs_respond(req, 200, "application/json", (obs_str)OBS_STR("{\"status\":\"alive\"}"));
}

static const obs_route routes[] = {
    {
        .methods = OBS_GET,
        .max_age_s = -1,
        .path = "/health",
        .handler = get_health,
        .limit_class = "system",
        .summary = "State of the server, its components and plugins",
    },
    {
        .methods = OBS_GET,
        .max_age_s = -1,
        .path = "/health/live",
        .handler = get_live,
        .limit_class = "system",
        .summary = "Whether the process serves at all",
    },
    {
        .methods = OBS_GET,
        .max_age_s = -1,
        .path = "/health/ready",
        .handler = get_ready,
        .limit_class = "system",
        .summary = "Whether requests should be sent here now",
    },
};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "health",
    .version = OBS_VERSION,
    .license = "Apache-2.0",
    .summary = "answers health probes",
    .routes = routes,
    .n_routes = sizeof(routes) / sizeof(routes[0]),
};
OBS_PLUGIN_NOTE("health", OBS_VERSION);
