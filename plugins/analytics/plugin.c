/* SPDX-License-Identifier: Apache-2.0 */
/* analytics: questions over many spans - how fast, how well, at what price. Each file
 * that is named like a route answers it: question.c reads what all have in common,
 * ask.c asks the store. */
#include "analytics.h"
#include "budgets.h"
#include "filter_params.h"
#include "question.h"

#include <sodium.h>
#include <stddef.h>
#include <stdlib.h>

static void destroy(void *self)
{
    struct analytics *analytics = self;

    if (analytics)
        budgets_free(analytics->budgets);
    free(analytics);
}

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    struct analytics *analytics = calloc(1, sizeof(*analytics));
    char error[512] = "budgets: out of memory";
    int rc;

    if (!analytics || sodium_init() < 0) {
        obs_log(instance, OBS_LOG_ERROR, "cannot create: out of memory or randomness");
        free(analytics);
        return OBS_E_NOMEM;
    }
    analytics->instance = instance;
    analytics->settings = config;
    rc = budgets_read(analytics, analytics->settings->budgets, &analytics->budgets, error,
                      sizeof(error));
    if (rc < 0) {
        obs_log(instance, OBS_LOG_ERROR, "%s", error);
        free(analytics);
        return rc;
    }
    *ret_self = analytics;
    return OBS_OK;
}

static int start(void *self)
{
    struct analytics *analytics = self;
    obs_service service;
    int rc = obs_service_get(analytics->instance, OBS_STORE_ID, &service);

    if (rc < 0) {
        obs_log(analytics->instance, OBS_LOG_ERROR, "cannot start: no store");
        return rc;
    }
    analytics->store = service.table;
    analytics->store_self = service.provider;
    return OBS_OK;
}

/* One worker watches for all. */
static int worker_start(void *self, obs_worker *worker, void **ret_context)
{
    struct analytics *analytics = self;

    *ret_context = NULL;
    return analytics->budgets && obs_worker_index(worker) == 0 ? budgets_watch(analytics->budgets)
                                                               : OBS_OK;
}

static void worker_stop(void *self, obs_worker *worker, void *context)
{
    struct analytics *analytics = self;

    (void)context;
    if (analytics->budgets && obs_worker_index(worker) == 0)
        budgets_end_watch(analytics->budgets);
}

#define AT(member) offsetof(struct settings, member)
/* name, type, flags, offset, default, min, max, choices, help */
static const obs_option options[] = {
    {"max_groups", OBS_OPT_INT, 0, AT(max_groups), "1000", "1", "100000", NULL,
     "groups that one answer may have"},
    {"max_points", OBS_OPT_INT, 0, AT(max_points), "5000", "10", "50000", NULL,
     "buckets of time that one answer may have"},
    {"min_samples", OBS_OPT_INT, 0, AT(min_samples), "30", "2", "1000000", NULL,
     "requests below which a comparison warns and nothing is recommended"},
    {"query_timeout", OBS_OPT_DURATION, 0, AT(query_timeout_ns), "0s", "0s", "1h", NULL,
     "how long each question to the store may take; 0: the store's own limit"},
    {"budgets", OBS_OPT_TREE, 0, AT(budgets), NULL, NULL, NULL, NULL,
     "a list of {name, project, period: day|week|month, limit_usd, thresholds, timezone}"},
    {"budget_interval", OBS_OPT_DURATION, 0, AT(budget_interval_ns), "1m", "10ms", "1d", NULL,
     "how often budgets are looked at"},
    {"filter_depth", OBS_OPT_INT, 0, AT(filter_depth), "16", "1", "200", NULL,
     "levels of a filter at most; the store has a limit of its own"},
    {"filter_nodes", OBS_OPT_INT, 0, AT(filter_nodes), "256", "1", "10000", NULL,
     "conditions of a filter at most"},
    {"filter_values", OBS_OPT_INT, 0, AT(filter_values), "1000", "1", "30000", NULL,
     "values of one list in a filter at most"},
};

/* --- routes -------------------------------------------------------------------------- */

static const obs_param metrics_params[] = {
    {"metrics", "query", "list", "names of metrics; request_count when absent"},
    {"aggregation", "query", "list",
     "avg, sum, min, max, count, p50, p75, p90, p95, p99, p99.9, stddev; the usual one of each "
     "metric when absent"},
    {"sort_by", "query", "string", "the metric that groups are sorted by; the first when absent"},
    {"sort_order", "query", "string", "asc or desc; desc when absent"},
    QUESTION_PARAMS,
    FILTER_PARAMS,
};
static const obs_param usual_params[] = {QUESTION_PARAMS, FILTER_PARAMS};
static const obs_param cost_params[] = {
    {"include", "query", "string", "traces: the most expensive ones too, which reads all spans"},
    QUESTION_PARAMS,
    FILTER_PARAMS,
};
static const obs_param attribution_params[] = {
    {"min_group_cost", "query", "number", "only groups that cost at least so much, in USD"},
    QUESTION_PARAMS,
    FILTER_PARAMS,
};
static const obs_param forecast_params[] = {
    {"horizon", "query", "integer", "days to come, 1 to 90; 30 when absent"},
    QUESTION_PARAMS,
    FILTER_PARAMS,
};
static const obs_param compare_params[] = {
    {"models", "query", "list", "two to ten names of models"},
    QUESTION_PARAMS,
    FILTER_PARAMS,
};

#define N(array) (sizeof(array) / sizeof(array[0]))
#define GET(at, handle, may, text, list)                                                           \
    {                                                                                              \
        .methods = OBS_GET, .flags = OBS_ROUTE_CACHE, .max_age_s = 0, .path = (at),                \
        .handler = (handle), .permission = (may), .limit_class = "query", .summary = (text),       \
        .params = (list), .n_params = N(list),                                                     \
    }
#define BUDGETS(at, handle, may, text)                                                             \
    {                                                                                              \
        .methods = OBS_GET, .max_age_s = 0, .path = (at), .handler = (handle),                     \
        .permission = (may), .limit_class = "query", .summary = (text),                            \
    }
#define POST(at, handle, may, text)                                                                \
    {                                                                                              \
        .methods = OBS_POST, .body = OBS_BODY_BUFFER, .flags = OBS_ROUTE_CACHE, .max_age_s = -1,   \
        .path = (at), .handler = (handle), .permission = (may), .limit_class = "query",            \
        .summary = (text),                                                                         \
    }

static const obs_route routes[] = {
    GET("/api/v1/metrics", handle_metrics, "metrics:read",
        "Metrics over spans, by groups and over time", metrics_params),
    POST("/api/v1/metrics/query", handle_metrics, "metrics:query",
         "The same, by a filter of any shape"),
    GET("/api/v1/metrics/summary", handle_summary, "metrics:read",
        "A period against the one before it", usual_params),
    GET("/api/v1/metrics/performance", handle_performance, "metrics:read",
        "Latency, throughput and speed over time", usual_params),
    GET("/api/v1/analytics/performance", handle_performance, "metrics:read",
        "Another name of metrics/performance", usual_params),
    GET("/api/v1/metrics/quality", handle_quality, "metrics:read", "Errors and feedback over time",
        usual_params),
    GET("/api/v1/analytics/quality", handle_quality, "metrics:read",
        "Another name of metrics/quality", usual_params),
    GET("/api/v1/costs/summary", handle_costs, "costs:read",
        "What was spent, on what, and whether it is more than before", cost_params),
    GET("/api/v1/costs/analytics", handle_costs, "costs:read", "Another name of costs/summary",
        cost_params),
    GET("/api/v1/analytics/costs", handle_costs, "costs:read", "Another name of costs/summary",
        cost_params),
    GET("/api/v1/costs/attribution", handle_attribution, "costs:read",
        "Cost by user, or by any other dimensions", attribution_params),
    GET("/api/v1/costs/breakdown", handle_breakdown, "costs:read",
        "Cost by provider, model, environment, service and operation", usual_params),
    BUDGETS("/api/v1/costs/budgets", handle_budgets, "costs:read",
            "What is spent of each budget of the configuration"),
    GET("/api/v1/costs/forecast", handle_forecast, "costs:read",
        "What the days to come will probably cost", forecast_params),
    POST("/api/v1/models/compare", handle_compare, "metrics:read",
         "Which of some models is better at what"),
    GET("/api/v1/analytics/models/compare", handle_compare, "metrics:read",
        "Which of some models is better at what", compare_params),
    GET("/api/v1/analytics/optimization", handle_optimization, "metrics:read",
        "What could be cheaper, faster or more reliable", usual_params),
};

static const obs_need needs[] = {{.service = OBS_STORE_ID}};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "analytics",
    .version = OBS_VERSION,
    .license = "Apache-2.0",
    .summary = "performance, quality, cost and models over many spans",
    .needs = needs,
    .n_needs = N(needs),
    .options = options,
    .n_options = N(options),
    .config_size = sizeof(struct settings),
    .routes = routes,
    .n_routes = N(routes),
    .create = create,
    .start = start,
    .worker_start = worker_start,
    .worker_stop = worker_stop,
    .destroy = destroy,
};
OBS_PLUGIN_NOTE("analytics", OBS_VERSION);
