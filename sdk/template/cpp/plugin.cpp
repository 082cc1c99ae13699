// SPDX-License-Identifier: Apache-2.0
// @NAME@: answers GET /@NAME@ with how often it was asked. Read it from the
// bottom: the descriptor is the whole story.
//
// What C++ adds to the rules of observatory/plugin.h: no exception may leave a
// function that the host calls, no static object with a destructor, no
// thread_local one.
#include <observatory/observatory.h>

#include <new>

namespace
{

// Filled by the host from the options below; lives until destroy().
struct Config {
    const char *greeting;
};

// What create() returns and every function gets as `self`. All workers read it,
// so it is constant afterwards.
struct Plugin {
    obs_instance *instance;
    const Config *config;
};

// What worker_start() makes for each worker: only that worker touches it, so no
// lock is needed.
struct Lane {
    uint64_t n_asked;
};

// GET /@NAME@. Memory of the request's arena needs no freeing. An error that is
// returned the host answers.
int answer(obs_request *req, void *self)
{
    const auto *plugin = static_cast<const Plugin *>(self);
    auto *lane = static_cast<Lane *>(obs_request_worker_context(req));
    obs_arena *arena = obs_request_arena(req);
    obs_buf *body = obs_buf_new(arena, /* limit_bytes= */ 0);
    obs_jw *jw = body ? obs_jw_new(arena, body) : nullptr;

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

// ---- life ----------------------------------------------------------------------

int create(obs_instance *instance, const void *config, void **ret_self)
{
    *ret_self = new (std::nothrow) Plugin{instance, static_cast<const Config *>(config)};
    return *ret_self ? OBS_OK : OBS_E_NOMEM;
}

int worker_start(void *, obs_worker *, void **ret_context)
{
    *ret_context = new (std::nothrow) Lane{};
    return *ret_context ? OBS_OK : OBS_E_NOMEM;
}

void worker_stop(void *, obs_worker *, void *context)
{
    delete static_cast<Lane *>(context);
}

void destroy(void *self)
{
    delete static_cast<Plugin *>(self);
}

// ---- state that survives a hot swap ------------------------------------------------

constexpr uint32_t state_version = 1;

// Bytes without pointers; called on each worker in the moment that it goes over to
// the new build, and once without a worker for what all share.
int export_state(void *, obs_worker *worker, void *context, obs_buf *state)
{
    const auto *lane = static_cast<const Lane *>(context);

    if (worker)
        obs_buf_append(state, &lane->n_asked, sizeof(lane->n_asked));
    return OBS_OK;
}

int import_state(void *, obs_worker *worker, void *context, uint32_t, obs_str state)
{
    auto *lane = static_cast<Lane *>(context);

    if (!worker)
        return OBS_OK;
    if (state.len != sizeof(lane->n_asked))
        return OBS_E_INVALID;
    memcpy(&lane->n_asked, state.ptr, state.len);
    return OBS_OK;
}

// ---- descriptor: constants, which no constructor makes ------------------------------

constexpr obs_option greeting()
{
    obs_option o{};
    o.name = "greeting";
    o.type = OBS_OPT_STRING;
    o.offset = offsetof(Config, greeting);
    o.def = "Hello from @NAME@";
    o.help = "what is answered";
    return o;
}
constexpr obs_option options[] = {greeting()};

constexpr obs_route route()
{
    obs_route r{};
    r.methods = OBS_GET;
    r.path = "/@NAME@";
    r.handler = answer;
    r.summary = "Greets, and says how often this worker was asked";
    return r;
}
constexpr obs_route routes[] = {route()};

constexpr obs_plugin describe()
{
    obs_plugin p = obs_plugin_begin();
    p.flags = OBS_PLUGIN_UNLOADABLE;
    p.name = "@NAME@";
    p.version = "0.1.0";
    p.license = "Apache-2.0";
    p.summary = "answers GET /@NAME@";
    p.options = options;
    p.n_options = 1;
    p.config_size = sizeof(Config);
    p.routes = routes;
    p.n_routes = 1;
    p.create = create;
    p.worker_start = worker_start;
    p.worker_stop = worker_stop;
    p.destroy = destroy;
    p.state_version = p.state_oldest = state_version;
    p.export_state = export_state;
    p.import_state = import_state;
    return p;
}

} // namespace

const obs_plugin obs_plugin_entry = describe();
OBS_PLUGIN_NOTE("@NAME@", "0.1.0");
