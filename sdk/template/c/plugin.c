/* SPDX-License-Identifier: Apache-2.0 */
/* @NAME@: answers GET /@NAME@ with how often it was asked. Read it from the
 * bottom: the descriptor is the whole story. */
#include <observatory/observatory.h>

#include <stdlib.h>

/* Filled by the host from the options below; lives until destroy(). */
struct config {
    const char *greeting;
};

/* What create() returns and every function gets as `self`. All workers read it,
 * so it is constant afterwards. */
struct plugin {
    obs_instance *instance;
    const struct config *config;
};

/* What worker_start() makes for each worker: only that worker touches it, so no
 * lock is needed. */
struct lane {
    uint64_t n_asked;
};

/* GET /@NAME@. Memory of the request's arena needs no freeing. An error that is
 * returned the host answers. */
static int answer(obs_request *req, void *self)
{
    const struct plugin *plugin = self;
    struct lane *lane = obs_request_worker_context(req);
    obs_arena *arena = obs_request_arena(req);
    obs_buf *body = obs_buf_new(arena, /* limit_bytes= */ 0);
    obs_jw *jw = body ? obs_jw_new(arena, body) : NULL;

    if (!jw)
        return OBS_E_NOMEM;
    lane->n_asked++;
    obs_jw_object(jw);
    obs_jw_key(jw, "message");
    obs_jw_cstr(jw, plugin->config->greeting);
    obs_jw_key(jw, "asked");
    obs_jw_uint(jw, lane->n_asked);
    obs_jw_end_object(jw);
    return obs_respond_json(req, 200, body);
}

/* ---- life ------------------------------------------------------------------ */

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    struct plugin *plugin = calloc(1, sizeof(*plugin));

    if (!plugin)
        return OBS_E_NOMEM;
    plugin->instance = instance;
    plugin->config = config;
    *ret_self = plugin;
    return OBS_OK;
}

static int worker_start(void *self, obs_worker *worker, void **ret_context)
{
    (void)self;
    (void)worker;
    *ret_context = calloc(1, sizeof(struct lane));
    return *ret_context ? OBS_OK : OBS_E_NOMEM;
}

static void worker_stop(void *self, obs_worker *worker, void *context)
{
    (void)self;
    (void)worker;
    free(context);
}

static void destroy(void *self)
{
    free(self);
}

/* ---- state that survives a hot swap ------------------------------------------ */

#define STATE_VERSION 1

/* Bytes without pointers; called on each worker in the moment that it goes over
 * to the new build, and once without a worker for what all share. */
static int export_state(void *self, obs_worker *worker, void *context, obs_buf *state)
{
    const struct lane *lane = context;

    (void)self;
    if (worker)
        obs_buf_append(state, &lane->n_asked, sizeof(lane->n_asked));
    return OBS_OK;
}

static int import_state(void *self, obs_worker *worker, void *context, uint32_t version,
                        obs_str state)
{
    struct lane *lane = context;

    (void)self;
    (void)version; /* there is one so far */
    if (!worker)
        return OBS_OK;
    if (state.len != sizeof(lane->n_asked))
        return OBS_E_INVALID;
    memcpy(&lane->n_asked, state.ptr, state.len);
    return OBS_OK;
}

/* ---- descriptor --------------------------------------------------------------- */

static const obs_option options[] = {
    {
        .name = "greeting",
        .type = OBS_OPT_STRING,
        .offset = offsetof(struct config, greeting),
        .def = "Hello from @NAME@",
        .help = "what is answered",
    },
};

static const obs_route routes[] = {
    {
        .methods = OBS_GET,
        .path = "/@NAME@",
        .handler = answer,
        .summary = "Greets, and says how often this worker was asked",
    },
};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .flags = OBS_PLUGIN_UNLOADABLE,
    .name = "@NAME@",
    .version = "0.1.0",
    .license = "Apache-2.0",
    .summary = "answers GET /@NAME@",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .config_size = sizeof(struct config),
    .routes = routes,
    .n_routes = sizeof(routes) / sizeof(routes[0]),
    .create = create,
    .worker_start = worker_start,
    .worker_stop = worker_stop,
    .destroy = destroy,
    .state_version = STATE_VERSION,
    .state_oldest = STATE_VERSION,
    .export_state = export_state,
    .import_state = import_state,
};
OBS_PLUGIN_NOTE("@NAME@", "0.1.0");
