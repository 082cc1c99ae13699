/* SPDX-License-Identifier: Apache-2.0 */
/* metrics: GET /metrics for Prometheus and everything that speaks OpenMetrics.
 * Rendering thousands of series takes longer than a loop may be held up, so it
 * runs on the pool; the worker only sends the result. */
#include "accept.h"
#include "bearer.h"
#include "exposition.h"

#include <observatory/observatory.h>

#include <stdlib.h>

struct config {
    const char *path;
    const char *token;
    uint64_t max_response_bytes;
};

struct metrics {
    obs_instance *instance;
    obs_str token; /* len 0: none is needed */
    size_t max_response_bytes;
};

/* One scrape, in the request's arena. */
struct scrape {
    obs_request *req;
    struct exposition exposition;
};

/* On the pool. */
static void render(void *arg)
{
    struct scrape *scrape = arg;

    obs_metrics_each(exposition_sample, &scrape->exposition);
    exposition_end(&scrape->exposition);
}

/* Back on the worker. */
static void rendered(void *arg)
{
    struct scrape *scrape = arg;
    obs_buf *text = scrape->exposition.out;

    if (obs_buf_error(text) < 0)
        obs_respond_error(scrape->req, OBS_E_NOMEM, /* field= */ NULL,
                          "the metrics do not fit into max_response");
    else
        obs_respond(scrape->req, 200, accept_content_type(scrape->exposition.format),
                    obs_buf_str(text));
}

static struct scrape *scrape_new(obs_request *req, size_t limit_bytes)
{
    struct scrape *scrape = obs_arena_calloc(obs_request_arena(req), 1, sizeof(*scrape));

    if (!scrape)
        return NULL;
    scrape->req = req;
    scrape->exposition.out = obs_buf_new(obs_request_arena(req), limit_bytes);
    scrape->exposition.format = accept_choose(obs_request_header(req, "Accept"));
    return scrape->exposition.out ? scrape : NULL;
}

/* RFC 6750 §3: no credentials are asked for, wrong ones are named. */
static int refuse(obs_request *req, int missing)
{
    obs_response_header(req, "WWW-Authenticate",
                        obs_str_of(missing ? "Bearer realm=\"metrics\""
                                           : "Bearer realm=\"metrics\", error=\"invalid_token\""));
    return obs_respond_error(req, missing ? OBS_E_UNAUTHENTICATED : OBS_E_BAD_CREDENTIALS,
                             /* field= */ NULL, "expected the bearer token of the metrics");
}

/* GET ${path} */
static int get_metrics(obs_request *req, void *self)
{
    const struct metrics *metrics = self;
    obs_str authorization = obs_request_header(req, "Authorization");
    struct scrape *scrape;
    int rc;

    if (metrics->token.len > 0 && !bearer_matches(authorization, metrics->token))
        return refuse(req, /* missing= */ !authorization.ptr);
    scrape = scrape_new(req, metrics->max_response_bytes);
    if (!scrape)
        return OBS_E_NOMEM;
    obs_response_header(req, "Vary", (obs_str)OBS_STR("Accept"));
    rc = obs_offload(metrics->instance, render, rendered, scrape);
    return rc < 0 ? rc : OBS_PENDING;
}

static int create(obs_instance *instance, const void *config_data, void **ret_self)
{
    const struct config *config = config_data;
    struct metrics *metrics = malloc(sizeof(*metrics));

    if (!metrics) {
        obs_log(instance, OBS_LOG_ERROR, "cannot create: out of memory");
        return OBS_E_NOMEM;
    }
    if (config->token && config->token[0] == '\0') {
        /* a secret that came out empty must not open the door */
        obs_log(instance, OBS_LOG_ERROR, "token is empty: give one, or leave the option out");
        free(metrics);
        return OBS_E_INVALID;
    }
    *metrics = (struct metrics){
        .instance = instance,
        .token = obs_str_of(config->token),
        .max_response_bytes = (size_t)config->max_response_bytes,
    };
    *ret_self = metrics;
    return OBS_OK;
}

static void destroy(void *self)
{
    free(self);
}

static const obs_option options[] = {
    {
        .name = "path",
        .type = OBS_OPT_STRING,
        .offset = offsetof(struct config, path),
        .def = "/metrics",
        .help = "where the metrics are served",
    },
    {
        .name = "token",
        .type = OBS_OPT_STRING,
        .flags = OBS_OPT_SECRET,
        .offset = offsetof(struct config, token),
        .help = "bearer token that a scraper must send; without it anybody may read",
    },
    {
        .name = "max_response",
        .type = OBS_OPT_SIZE,
        .offset = offsetof(struct config, max_response_bytes),
        .def = "32MiB",
        .min = "64KiB",
        .max = "1GiB",
        .help = "longest text in bytes, held in memory for each scrape",
    },
};

static const obs_param params[] = {
    {.name = "Accept", .in = "header", .schema = "string", .help = "text/plain or OpenMetrics"},
    {.name = "Authorization", .in = "header", .schema = "string", .help = "Bearer TOKEN"},
};

static const obs_route routes[] = {
    {
        .methods = OBS_GET,
        .flags = OBS_ROUTE_ANY_QUERY, /* scrapers add parameters of their own */
        .max_age_s = -1,
        .path = "${path}",
        .handler = get_metrics,
        .limit_class = "system",
        .summary = "Metrics of the server, Prometheus text 0.0.4 or OpenMetrics 1.0",
        .params = params,
        .n_params = sizeof(params) / sizeof(params[0]),
    },
};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "metrics",
    .version = OBS_VERSION,
    .license = "Apache-2.0",
    .summary = "serves the metrics of the process to Prometheus",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .config_size = sizeof(struct config),
    .routes = routes,
    .n_routes = sizeof(routes) / sizeof(routes[0]),
    .create = create,
    .destroy = destroy,
};
OBS_PLUGIN_NOTE("metrics", OBS_VERSION);
