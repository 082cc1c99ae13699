/* SPDX-License-Identifier: Apache-2.0 */
/* ingest: takes spans in, from OpenTelemetry exporters and as native JSON, and
 * stores them. Read handler_otlp.c and handler_native.c for the routes, job.c
 * for the way of a request, map_table.c for what is mapped to what. */
#include "commands.h"
#include "job.h"

#include <stdlib.h>

static void destroy(void *self)
{
    struct ingest *ingest = self;

    if (!ingest)
        return;
    map_index_destroy(ingest->index);
    free(ingest);
}

static int create(obs_instance *instance, const void *config_data, void **ret_self)
{
    const struct ingest_config *config = config_data;
    struct ingest *ingest;
    int rc = OBS_E_NOMEM;

    if (!config->default_project || config->default_project[0] == '\0') {
        obs_log(instance, OBS_LOG_ERROR, "default_project is empty: every span needs a project");
        return OBS_E_INVALID;
    }
    ingest = calloc(1, sizeof(*ingest));
    if (!ingest)
        goto fail;
    ingest->instance = instance;
    ingest->config = config;
    ingest->project = obs_str_of(config->default_project);
    ingest->index = map_index_create();
    if (!ingest->index)
        goto fail;
    rc = ingest_metrics_register(instance, &ingest->metrics);
    if (rc < 0)
        goto fail;
    *ret_self = ingest;
    return OBS_OK;

fail:
    if (rc == OBS_E_NOMEM)
        obs_log(instance, OBS_LOG_ERROR, "cannot create: out of memory");
    destroy(ingest);
    return rc;
}

static int start(void *self)
{
    struct ingest *ingest = self;
    obs_service service;
    int rc = obs_service_get(ingest->instance, OBS_STORE_ID, &service);

    if (rc < 0) {
        obs_log(ingest->instance, OBS_LOG_ERROR, "cannot start: no store");
        return rc;
    }
    ingest->store = service.table;
    ingest->store_self = service.provider;
    rc = obs_service_get(ingest->instance, OBS_PRICES_ID, &service);
    if (rc < 0) {
        obs_log(ingest->instance, OBS_LOG_ERROR, "cannot start: no prices");
        return rc;
    }
    ingest->prices = service.table;
    ingest->prices_self = service.provider;
    return OBS_OK;
}

static const obs_option options[] = {
    {
        .name = "max_body",
        .type = OBS_OPT_SIZE,
        .offset = offsetof(struct ingest_config, max_body_bytes),
        .def = "16MiB",
        .min = "1KiB",
        .max = "1GiB",
        .help = "longest request body in bytes after decompression; over it 413",
    },
    {
        .name = "max_spans",
        .type = OBS_OPT_INT,
        .offset = offsetof(struct ingest_config, max_spans),
        .def = "50000",
        .min = "1",
        .max = "10000000",
        .help = "most spans or log records in one OTLP request; over it 413",
    },
    {
        .name = "max_request_memory",
        .type = OBS_OPT_SIZE,
        .offset = offsetof(struct ingest_config, max_job_bytes),
        .def = "256MiB",
        .min = "1MiB",
        .max = "16GiB",
        .help = "memory in bytes that decoding one request may take; over it 503",
    },
    {
        .name = "max_message_parts",
        .type = OBS_OPT_INT,
        .offset = offsetof(struct ingest_config, max_message_parts),
        .def = "4096",
        .min = "1",
        .max = "1000000",
        .help = "most indexed attributes of a span that become messages; others stay attributes",
    },
    {
        .name = "inline_body",
        .type = OBS_OPT_SIZE,
        .offset = offsetof(struct ingest_config, inline_bytes),
        .def = "64KiB",
        .min = "0",
        .max = "16MiB",
        .help = "bodies up to this many bytes are decoded on the loop, longer ones on the pool",
    },
    {
        .name = "default_project",
        .type = OBS_OPT_STRING,
        .offset = offsetof(struct ingest_config, default_project),
        .def = "default",
        .help = "project of spans that name none",
    },
};

static const obs_param params[] = {
    {.name = "Content-Type", .in = "header", .schema = "string", .help = "encoding of the body"},
    {.name = "Content-Encoding", .in = "header", .schema = "string", .help = "gzip or zstd"},
};

#define N_PARAMS (sizeof(params) / sizeof(params[0]))

/* Exporters are configured with whole URLs, so any query is taken. */
#define OTLP_ROUTE(path_, handler_, summary_)                                                      \
    {                                                                                              \
        .methods = OBS_POST, .body = OBS_BODY_BUFFER, .flags = OBS_ROUTE_ANY_QUERY,                \
        .max_age_s = -1, .path = (path_), .handler = (handler_), .permission = "traces:write",     \
        .limit_class = "ingest", .body_limit_option = "max_body", .summary = (summary_),           \
        .params = params, .n_params = N_PARAMS,                                                    \
    }

/* All signals under one prefix: exporters have one endpoint for the three. */
#define OTLP_ROUTES(prefix)                                                                        \
    OTLP_ROUTE(prefix "/v1/traces", handle_traces,                                                 \
               "OTLP/HTTP: takes an ExportTraceServiceRequest, protobuf or JSON"),                 \
        OTLP_ROUTE(prefix "/v1/logs", handle_logs,                                                 \
                   "OTLP/HTTP: joins the GenAI events of an ExportLogsServiceRequest to spans"),   \
        OTLP_ROUTE(prefix "/v1/metrics", handle_metrics,                                           \
                   "OTLP/HTTP: counts the data points of an ExportMetricsServiceRequest")

static const obs_route routes[] = {
    OTLP_ROUTES(""),
    OTLP_ROUTES("/api/public/otel"),     /* Langfuse */
    OTLP_ROUTES("/v1/private/otel"),     /* Opik */
    OTLP_ROUTES("/api/v1/private/otel"), /* Opik behind its web server */
    {
        .methods = OBS_POST,
        .body = OBS_BODY_BUFFER,
        .max_age_s = -1,
        .path = "/api/v1/traces",
        .handler = handle_native,
        .permission = "traces:write",
        .limit_class = "ingest",
        .body_limit_option = "max_body",
        .summary = "Takes one span or an array of up to 10,000 in the names of this API",
        .params = params,
        .n_params = N_PARAMS,
    },
    {
        .methods = OBS_POST,
        .body = OBS_BODY_BUFFER,
        .max_age_s = -1,
        .path = "/api/public/ingestion",
        .handler = handle_langfuse,
        .permission = "traces:write",
        .limit_class = "ingest",
        .body_limit_option = "max_body",
        .summary = "Takes a batch of events of Langfuse's SDKs",
        .params = params,
        .n_params = sizeof(params) / sizeof(params[0]),
    },
    {
        .methods = OBS_GET,
        .max_age_s = -1,
        .path = "/api/public/health",
        .handler = handle_langfuse_health,
        .limit_class = "system",
        .summary = "Tells Langfuse's SDKs that the server is there",
    },
    {
        .methods = OBS_GET,
        .max_age_s = -1,
        .path = "/api/public/projects",
        .handler = handle_langfuse_projects,
        .permission = "traces:write",
        .limit_class = "ingest",
        .summary = "Tells Langfuse's SDKs which project they write to",
    },
    {
        .methods = OBS_GET | OBS_POST | OBS_PATCH | OBS_PUT | OBS_DELETE,
        .flags = OBS_ROUTE_ANY_QUERY,
        .max_age_s = -1,
        .path = "/api/public/{path...}",
        .handler = handle_langfuse_other,
        .permission = "traces:write",
        .limit_class = "ingest",
        .summary = "Answers 404 for what there is not of Langfuse's API",
    },
};

static const obs_need needs[] = {{.service = OBS_STORE_ID}, {.service = OBS_PRICES_ID}};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "ingest",
    .version = OBS_VERSION,
    .license = "Apache-2.0",
    .summary = "takes spans in: OTLP and native JSON, mapped, priced, stored",
    .needs = needs,
    .n_needs = sizeof(needs) / sizeof(needs[0]),
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .config_size = sizeof(struct ingest_config),
    .routes = routes,
    .n_routes = sizeof(routes) / sizeof(routes[0]),
    .commands = ingest_commands,
    .n_commands = N_INGEST_COMMANDS,
    .create = create,
    .start = start,
    .destroy = destroy,
};
OBS_PLUGIN_NOTE("ingest", OBS_VERSION);
