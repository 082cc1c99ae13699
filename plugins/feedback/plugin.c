/* SPDX-License-Identifier: Apache-2.0 */
/* feedback: what people and evaluators think of traces, spans and sessions, over HTTP.
 * Read write.c and read.c for the routes, body.c for what can be sent. */
#include "feedback.h"

#include <stdlib.h>

static void destroy(void *self)
{
    free(self);
}

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    const struct settings *settings = config;
    struct feedback *feedback;
    int rc;

    if (!settings->default_project || settings->default_project[0] == '\0') {
        obs_log(instance, OBS_LOG_ERROR, "default_project is empty: all feedback needs a project");
        return OBS_E_INVALID;
    }
    feedback = calloc(1, sizeof(*feedback));
    if (!feedback)
        return OBS_E_NOMEM;
    feedback->instance = instance;
    feedback->settings = settings;
    rc = feedback_counters_register(instance, &feedback->counters);
    if (rc < 0) {
        free(feedback);
        return rc;
    }
    *ret_self = feedback;
    return OBS_OK;
}

static int start(void *self)
{
    struct feedback *feedback = self;
    obs_service service;
    int rc = obs_service_get(feedback->instance, OBS_STORE_ID, &service);

    if (rc < 0) {
        obs_log(feedback->instance, OBS_LOG_ERROR, "cannot start: no store");
        return rc;
    }
    feedback->store = service.table;
    feedback->store_self = service.provider;
    return OBS_OK;
}

static const obs_option options[] = {
    {
        .name = "max_body",
        .type = OBS_OPT_SIZE,
        .offset = offsetof(struct settings, max_body_bytes),
        .def = "4MiB",
        .min = "1KiB",
        .max = "1GiB",
        .help = "longest request body in bytes after decompression; over it 413",
    },
    {
        .name = "max_items",
        .type = OBS_OPT_INT,
        .offset = offsetof(struct settings, max_items),
        .def = "1000",
        .min = "1",
        .max = "1000000",
        .help = "most feedback in one request",
    },
    {
        .name = "max_results",
        .type = OBS_OPT_INT,
        .offset = offsetof(struct settings, max_results),
        .def = "1000",
        .min = "1",
        .max = "1000000",
        .help = "most feedback in one answer, the oldest first",
    },
    {
        .name = "max_response",
        .type = OBS_OPT_SIZE,
        .offset = offsetof(struct settings, max_response_bytes),
        .def = "64MiB",
        .min = "64KiB",
        .max = "4GiB",
        .help = "a list ends after the feedback that exceeds this many bytes; bounds memory",
    },
    {
        .name = "default_project",
        .type = OBS_OPT_STRING,
        .offset = offsetof(struct settings, default_project),
        .def = "default",
        .help = "project of feedback on a session, or on a trace that is not there yet",
    },
};

#define PROJECT                                                                                    \
    {                                                                                              \
        "project_id", "query", "string", "only this project"                                       \
    }

static const obs_param trace_params[] = {
    {"trace_id", "path", "string", "32 hexadecimal digits"},
    PROJECT,
    {"span_id", "query", "string", "only feedback on this span"},
};
#define N_POST_TRACE_PARAMS 2 /* without span_id, which is in the body */
#define N_GET_TRACE_PARAMS 3

static const obs_param session_params[] = {
    {"session_id", "path", "string", "as spans have it"},
    PROJECT,
};

static const obs_param id_params[] = {
    {"id", "path", "string", "as it was given, or as the answer to the post says"},
    PROJECT,
};

static const obs_route routes[] = {
    {
        .methods = OBS_POST,
        .body = OBS_BODY_BUFFER,
        .max_age_s = -1,
        .path = "/api/v1/traces/{trace_id}/feedback",
        .handler = handle_post,
        .permission = "feedback:write",
        .limit_class = "ingest",
        .body_limit_option = "max_body",
        .summary = "Takes feedback on a trace or its spans, one or an array",
        .params = trace_params,
        .n_params = N_POST_TRACE_PARAMS,
    },
    {
        .methods = OBS_GET,
        .max_age_s = -1,
        .path = "/api/v1/traces/{trace_id}/feedback",
        .handler = handle_list,
        .permission = "traces:read",
        .limit_class = "query",
        .summary = "Feedback on a trace and its spans, oldest first",
        .params = trace_params,
        .n_params = N_GET_TRACE_PARAMS,
    },
    {
        .methods = OBS_POST,
        .body = OBS_BODY_BUFFER,
        .max_age_s = -1,
        .path = "/api/v1/sessions/{session_id}/feedback",
        .handler = handle_post,
        .permission = "feedback:write",
        .limit_class = "ingest",
        .body_limit_option = "max_body",
        .summary = "Takes feedback on a whole session, one or an array",
        .params = session_params,
        .n_params = sizeof(session_params) / sizeof(session_params[0]),
    },
    {
        .methods = OBS_GET,
        .max_age_s = -1,
        .path = "/api/v1/sessions/{session_id}/feedback",
        .handler = handle_list,
        .permission = "traces:read",
        .limit_class = "query",
        .summary = "Feedback on a whole session, oldest first",
        .params = session_params,
        .n_params = sizeof(session_params) / sizeof(session_params[0]),
    },
    {
        .methods = OBS_GET,
        .max_age_s = -1,
        .path = "/api/v1/feedback/{id}",
        .handler = handle_one,
        .permission = "traces:read",
        .limit_class = "query",
        .summary = "One piece of feedback",
        .params = id_params,
        .n_params = sizeof(id_params) / sizeof(id_params[0]),
    },
    {
        .methods = OBS_PATCH,
        .body = OBS_BODY_BUFFER,
        .max_age_s = -1,
        .path = "/api/v1/feedback/{id}",
        .handler = handle_patch,
        .permission = "feedback:write",
        .limit_class = "ingest",
        .body_limit_option = "max_body",
        .summary = "Changes what is named: score, label, comment, resolved, metadata, ts",
        .params = id_params,
        .n_params = sizeof(id_params) / sizeof(id_params[0]),
    },
    {
        .methods = OBS_DELETE,
        .max_age_s = -1,
        .path = "/api/v1/feedback/{id}",
        .handler = handle_delete,
        .permission = "feedback:write",
        .limit_class = "ingest",
        .summary = "Removes feedback",
        .params = id_params,
        .n_params = sizeof(id_params) / sizeof(id_params[0]),
    },
};

static const obs_need needs[] = {{.service = OBS_STORE_ID}};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "feedback",
    .version = OBS_VERSION,
    .license = "Apache-2.0",
    .summary = "scores and comments on traces, spans and sessions",
    .needs = needs,
    .n_needs = sizeof(needs) / sizeof(needs[0]),
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .config_size = sizeof(struct settings),
    .routes = routes,
    .n_routes = sizeof(routes) / sizeof(routes[0]),
    .create = create,
    .start = start,
    .destroy = destroy,
};
OBS_PLUGIN_NOTE("feedback", OBS_VERSION);
