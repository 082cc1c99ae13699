/* SPDX-License-Identifier: Apache-2.0 */
/* trace-search: reads spans back. Read list.c and trace.c for the two routes,
 * params.c for what can be asked. */
#include "search.h"

#include <sodium.h>
#include <stddef.h>
#include <stdlib.h>

static void destroy(void *self)
{
    if (self)
        sodium_memzero(self, sizeof(struct search));
    free(self);
}

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    struct search *search = calloc(1, sizeof(*search));

    if (!search || sodium_init() < 0) {
        obs_log(instance, OBS_LOG_ERROR, "cannot create: out of memory or randomness");
        free(search);
        return OBS_E_NOMEM;
    }
    search->instance = instance;
    search->settings = config;
    randombytes_buf(search->own_key, sizeof(search->own_key));
    *ret_self = search;
    return OBS_OK;
}

static int start(void *self)
{
    struct search *search = self;
    obs_service service;
    int rc = obs_service_get(search->instance, OBS_STORE_ID, &service);

    if (rc < 0) {
        obs_log(search->instance, OBS_LOG_ERROR, "cannot start: no store");
        return rc;
    }
    search->store = service.table;
    search->store_self = service.provider;
    return OBS_OK;
}

static int worker_start(void *self, obs_worker *worker, void **ret_context)
{
    struct search *search = self;
    struct key *key = calloc(1, sizeof(*key));

    (void)worker;
    if (!key)
        return OBS_E_NOMEM;
    key_init(key, search->store, search->store_self, search->settings->cursor_key, search->own_key);
    *ret_context = key;
    return OBS_OK;
}

static void worker_stop(void *self, obs_worker *worker, void *context)
{
    (void)self;
    (void)worker;
    if (context)
        sodium_memzero(context, sizeof(struct key));
    free(context);
}

static const obs_option options[] = {
    {
        .name = "max_limit",
        .type = OBS_OPT_INT,
        .offset = offsetof(struct settings, max_limit),
        .def = "1000",
        .min = "1",
        .max = "100000",
        .help = "greatest number of spans that a page may have",
    },
    {
        .name = "max_spans",
        .type = OBS_OPT_INT,
        .offset = offsetof(struct settings, max_spans),
        .def = "10000",
        .min = "1",
        .max = "1000000",
        .help = "spans of one trace that are shown; a longer one is marked as truncated",
    },
    {
        .name = "max_feedback",
        .type = OBS_OPT_INT,
        .offset = offsetof(struct settings, max_feedback),
        .def = "1000",
        .min = "1",
        .max = "1000000",
        .help = "feedback of one trace that is shown; one with more is marked as truncated",
    },
    {
        .name = "max_response",
        .type = OBS_OPT_SIZE,
        .offset = offsetof(struct settings, max_response_bytes),
        .def = "64MiB",
        .min = "64KiB",
        .max = "4GiB",
        .help = "a page or trace ends after the span that exceeds this many bytes; bounds memory",
    },
    {
        .name = "filter_depth",
        .type = OBS_OPT_INT,
        .offset = offsetof(struct settings, filter_depth),
        .def = "16",
        .min = "1",
        .max = "200",
        .help = "levels of a filter at most; the store has a limit of its own",
    },
    {
        .name = "filter_nodes",
        .type = OBS_OPT_INT,
        .offset = offsetof(struct settings, filter_nodes),
        .def = "256",
        .min = "1",
        .max = "10000",
        .help = "conditions of a filter at most",
    },
    {
        .name = "filter_values",
        .type = OBS_OPT_INT,
        .offset = offsetof(struct settings, filter_values),
        .def = "1000",
        .min = "1",
        .max = "30000",
        .help = "values of one list in a filter at most",
    },
    {
        .name = "cursor_key",
        .type = OBS_OPT_STRING,
        .flags = OBS_OPT_SECRET,
        .offset = offsetof(struct settings, cursor_key),
        .help = "authenticates cursors; made once and kept in the store when absent",
    },
};

static const obs_param trace_params[] = {
    {"trace_id", "path", "string", "32 hexadecimal digits"},
    {"flat", "query", "boolean", "spans as a list in order of time, not as a tree"},
    {"span_id", "query", "string", "only this span and what is below it"},
    {"fields", "query", "list", "the fields wanted, separated by commas; all when absent"},
    {"include", "query", "string", "feedback: what there is on the trace and on each span"},
};

static const obs_param remove_params[] = {
    {"trace_id", "path", "string", "32 hexadecimal digits"},
};

#define LIMIT_PARAM                                                                                \
    {                                                                                              \
        "limit", "query", "integer", "groups at most, 1 to 1000; 50 when absent"                   \
    }

static const obs_param group_params[] = {LIMIT_PARAM, FILTER_PARAMS};
static const obs_param session_params[] = {
    {"session_id", "path", "string", "the session"},
    LIMIT_PARAM,
};
static const obs_param facet_params[] = {
    {"field", "query", "string", "a field of text, status_code, tags or attributes.KEY"},
    LIMIT_PARAM,
    FILTER_PARAMS,
};

static const obs_route routes[] = {
    {
        .methods = OBS_GET,
        .flags = OBS_ROUTE_CACHE,
        .max_age_s = -1,
        .path = "/api/v1/traces",
        .handler = handle_list,
        .permission = "traces:read",
        .limit_class = "query",
        .summary = "Lists spans, newest first, by simple filters",
        .params = params_declared,
        .n_params = N_PARAMS_DECLARED,
    },
    {
        .methods = OBS_POST,
        .body = OBS_BODY_BUFFER,
        .flags = OBS_ROUTE_CACHE,
        .max_age_s = -1,
        .path = "/api/v1/traces/search",
        .handler = handle_list,
        .permission = "traces:read",
        .limit_class = "query",
        .summary = "Lists spans by a filter of any shape",
    },
    {
        .methods = OBS_GET,
        .flags = OBS_ROUTE_CACHE,
        .max_age_s = 0,
        .path = "/api/v1/traces/{trace_id}",
        .handler = handle_trace,
        .permission = "traces:read",
        .limit_class = "query",
        .summary = "One trace as a tree, with its totals",
        .params = trace_params,
        .n_params = sizeof(trace_params) / sizeof(trace_params[0]),
    },
    {
        .methods = OBS_DELETE,
        .max_age_s = -1,
        .path = "/api/v1/traces/{trace_id}",
        .handler = handle_remove,
        .permission = "admin:traces",
        .limit_class = "ingest",
        .summary = "Removes a trace with its prompts and feedback",
        .params = remove_params,
        .n_params = sizeof(remove_params) / sizeof(remove_params[0]),
    },
    {
        .methods = OBS_GET,
        .flags = OBS_ROUTE_CACHE,
        .max_age_s = 0,
        .path = "/api/v1/sessions",
        .handler = handle_sessions,
        .permission = "traces:read",
        .limit_class = "query",
        .summary = "Sessions, last seen first",
        .params = group_params,
        .n_params = sizeof(group_params) / sizeof(group_params[0]),
    },
    {
        .methods = OBS_GET,
        .flags = OBS_ROUTE_CACHE,
        .max_age_s = 0,
        .path = "/api/v1/sessions/{session_id}",
        .handler = handle_session,
        .permission = "traces:read",
        .limit_class = "query",
        .summary = "The traces of a session, and its totals",
        .params = session_params,
        .n_params = sizeof(session_params) / sizeof(session_params[0]),
    },
    {
        .methods = OBS_GET,
        .flags = OBS_ROUTE_CACHE,
        .max_age_s = 0,
        .path = "/api/v1/users",
        .handler = handle_users,
        .permission = "traces:read",
        .limit_class = "query",
        .summary = "Users, last seen first",
        .params = group_params,
        .n_params = sizeof(group_params) / sizeof(group_params[0]),
    },
    {
        .methods = OBS_GET,
        .flags = OBS_ROUTE_CACHE,
        .max_age_s = 0,
        .path = "/api/v1/facets",
        .handler = handle_facets,
        .permission = "traces:read",
        .limit_class = "query",
        .summary = "The values of a field, the most frequent first",
        .params = facet_params,
        .n_params = sizeof(facet_params) / sizeof(facet_params[0]),
    },
};

static const obs_need needs[] = {{.service = OBS_STORE_ID}};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "trace-search",
    .version = OBS_VERSION,
    .license = "Apache-2.0",
    .summary = "lists spans and shows traces",
    .needs = needs,
    .n_needs = sizeof(needs) / sizeof(needs[0]),
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .config_size = sizeof(struct settings),
    .routes = routes,
    .n_routes = sizeof(routes) / sizeof(routes[0]),
    .create = create,
    .start = start,
    .worker_start = worker_start,
    .worker_stop = worker_stop,
    .destroy = destroy,
};
OBS_PLUGIN_NOTE("trace-search", OBS_VERSION);
