// SPDX-License-Identifier: Apache-2.0
// latency: how long requests take, by route. A LOG hook counts every request on
// its own worker; GET /latency asks all workers and merges what they say. The
// example in C++17; read it from the bottom.
//
// What C++ adds to the rules of plugin.h: no exception may leave a function that
// the host calls (here: -fno-exceptions), no static object with a destructor and
// no thread_local one, because their ends are tied to this file staying mapped.
#include "histogram.hpp"

#include <observatory/observatory.h>

#include <array>
#include <cstdlib>
#include <new>

namespace
{

constexpr size_t max_routes = 64; // further ones are counted together
constexpr size_t name_bytes = 96;

struct Route {
    char name[name_bytes];
    Histogram histogram;
};

// Plain data: it is copied to other threads and handed to the next build.
struct Table {
    uint32_t n_routes;
    Route routes[max_routes];

    Histogram &of(obs_str name)
    {
        size_t len = name.len < name_bytes - 1 ? name.len : name_bytes - 1;

        for (uint32_t i = 0; i < n_routes; i++)
            if (strlen(routes[i].name) == len && memcmp(routes[i].name, name.ptr, len) == 0)
                return routes[i].histogram;
        if (n_routes == max_routes)
            return routes[max_routes - 1].histogram;
        if (n_routes == max_routes - 1)
            name = obs_str_of("other"), len = name.len;
        memcpy(routes[n_routes].name, name.ptr, len);
        return routes[n_routes++].histogram;
    }

    void merge(const Table &other)
    {
        for (uint32_t i = 0; i < other.n_routes; i++)
            of(obs_str_of(other.routes[i].name)).merge(other.routes[i].histogram);
    }
};

// Of one worker.
struct Lane {
    obs_worker *worker;
    Table table;
};

struct Latency {
    static constexpr size_t max_workers = 64;

    obs_instance *instance;
    std::array<Lane *, max_workers> lanes; // complete before the first request
    size_t n_lanes;
};

// ---- GET /latency -----------------------------------------------------------------

// An answer that is being put together, on the worker of its request.
struct Gathering {
    Latency *latency;
    obs_request *req;
    obs_worker *home;
    size_t n_waiting;
    Table sum;
};

// What goes to another worker and comes back with a copy of its table.
struct Errand {
    Gathering *gathering;
    const Lane *lane;
    Table copy;
};

void write_route(obs_jw *jw, const Route &route)
{
    const Histogram &h = route.histogram;
    constexpr unsigned ns_as_ms = 6; // decimals

    obs_jw_object(jw);
    obs_jw_key(jw, "route");
    obs_jw_cstr(jw, route.name);
    obs_jw_key(jw, "count");
    obs_jw_uint(jw, h.count);
    obs_jw_key(jw, "mean_ms");
    obs_jw_fixed(jw, static_cast<int64_t>(h.sum_ns / h.count), ns_as_ms);
    for (double q : {0.5, 0.95, 0.99}) {
        obs_jw_key(jw, q < 0.9 ? "p50_ms" : q < 0.98 ? "p95_ms" : "p99_ms");
        obs_jw_fixed(jw, static_cast<int64_t>(h.quantile_ns(q)), ns_as_ms);
    }
    obs_jw_end_object(jw);
}

void answer(const Gathering &g)
{
    obs_arena *arena = obs_request_arena(g.req);
    obs_buf *body = obs_buf_new(arena, 0);
    obs_jw *jw = body ? obs_jw_new(arena, body) : nullptr;

    if (!jw) {
        obs_respond_error(g.req, OBS_E_NOMEM, nullptr, nullptr);
        return;
    }
    obs_jw_object(jw);
    obs_jw_key(jw, "routes");
    obs_jw_array(jw);
    for (uint32_t i = 0; i < g.sum.n_routes; i++)
        write_route(jw, g.sum.routes[i]);
    obs_jw_end_array(jw);
    obs_jw_end_object(jw);
    obs_respond_json(g.req, 200, body);
}

void done(Gathering *g)
{
    if (--g->n_waiting == 0)
        answer(*g);
}

void on_back(void *arg)
{
    auto *errand = static_cast<Errand *>(arg);
    Gathering *g = errand->gathering;

    g->sum.merge(errand->copy);
    delete errand;
    done(g);
}

// On the worker that was asked. Without memory for the way back nobody could be
// told, and the request would wait for ever: better to end.
void on_errand(void *arg)
{
    auto *errand = static_cast<Errand *>(arg);
    Gathering *g = errand->gathering;

    errand->copy = errand->lane->table;
    if (obs_post(g->latency->instance, g->home, on_back, errand) < 0)
        abort();
}

int show(obs_request *req, void *self)
{
    auto *latency = static_cast<Latency *>(self);
    void *memory = obs_arena_calloc(obs_request_arena(req), 1, sizeof(Gathering));
    Gathering *g = memory ? new (memory) Gathering{} : nullptr;

    if (!g)
        return OBS_E_NOMEM;
    g->latency = latency;
    g->req = req;
    g->home = obs_worker_current();
    g->n_waiting = latency->n_lanes + 1; // and this function
    for (size_t i = 0; i < latency->n_lanes; i++) {
        auto *errand = new (std::nothrow) Errand{g, latency->lanes[i], {}};

        if (errand && obs_post(latency->instance, errand->lane->worker, on_errand, errand) == 0)
            continue;
        delete errand; // without that worker's figures, then
        g->n_waiting--;
    }
    done(g);
    return OBS_PENDING;
}

// ---- counting ---------------------------------------------------------------------

int count(obs_request *req, void *)
{
    auto *lane = static_cast<Lane *>(obs_request_worker_context(req));
    obs_str route = obs_request_route(req);

    if (route.len > 0)
        lane->table.of(route).add(obs_request_age_ns(req));
    return OBS_CONTINUE;
}

// ---- life -------------------------------------------------------------------------

int create(obs_instance *instance, const void *, void **ret_self)
{
    auto *latency = new (std::nothrow) Latency{};

    if (!latency)
        return OBS_E_NOMEM;
    latency->instance = instance;
    *ret_self = latency;
    return OBS_OK;
}

// The host starts one worker after the other, before the first request.
int worker_start(void *self, obs_worker *worker, void **ret_context)
{
    auto *latency = static_cast<Latency *>(self);
    auto *lane = new (std::nothrow) Lane{};

    if (!lane)
        return OBS_E_NOMEM;
    lane->worker = worker;
    if (latency->n_lanes == latency->lanes.size()) {
        delete lane;
        return OBS_E_UNSUPPORTED;
    }
    latency->lanes[latency->n_lanes++] = lane;
    *ret_context = lane;
    return OBS_OK;
}

// A post may still be on its way to a lane, so they are freed in the end.
void destroy(void *self)
{
    auto *latency = static_cast<Latency *>(self);

    for (size_t i = 0; i < latency->n_lanes; i++)
        delete latency->lanes[i];
    delete latency;
}

// ---- state that survives a hot swap -------------------------------------------------

constexpr uint32_t state_version = 1; // the bytes of Table, routes in use only

int export_state(void *, obs_worker *worker, void *context, obs_buf *state)
{
    if (worker) {
        const Table &table = static_cast<Lane *>(context)->table;

        obs_buf_append(state, &table, offsetof(Table, routes) + table.n_routes * sizeof(Route));
    }
    return OBS_OK;
}

int import_state(void *, obs_worker *worker, void *context, uint32_t, obs_str state)
{
    uint32_t n_routes;

    if (!worker)
        return OBS_OK;
    if (state.len < offsetof(Table, routes))
        return OBS_E_INVALID;
    memcpy(&n_routes, state.ptr, sizeof(n_routes));
    if (n_routes > max_routes || state.len != offsetof(Table, routes) + n_routes * sizeof(Route))
        return OBS_E_INVALID;
    memcpy(&static_cast<Lane *>(context)->table, state.ptr, state.len);
    return OBS_OK;
}

// ---- descriptor -----------------------------------------------------------------------

constexpr obs_route route()
{
    obs_route r{};
    r.methods = OBS_GET;
    r.path = "/latency";
    r.handler = show;
    r.summary = "Shows count, mean and quantiles of the time that requests took, by route";
    return r;
}
constexpr obs_route routes[] = {route()};
constexpr obs_hook hooks[] = {{OBS_PHASE_LOG, 0, count}};

constexpr obs_plugin describe()
{
    obs_plugin p = obs_plugin_begin();
    p.name = "latency";
    p.version = "0.1.0";
    p.license = "Apache-2.0";
    p.summary = "shows how long requests take, by route";
    p.routes = routes;
    p.n_routes = 1;
    p.hooks = hooks;
    p.n_hooks = 1;
    p.create = create;
    p.worker_start = worker_start;
    p.destroy = destroy;
    p.state_version = p.state_oldest = state_version;
    p.export_state = export_state;
    p.import_state = import_state;
    return p;
}

} // namespace

const obs_plugin obs_plugin_entry = describe();
OBS_PLUGIN_NOTE("latency", "0.1.0");
