/* SPDX-License-Identifier: Apache-2.0 */
/* Judging and writing a report. "database" and "redis" are components like any
 * other, only that API clients find them at the top level too. */
#include "report.h"

#define NS_DECIMALS 9

void report_init(struct report *report, obs_arena *arena, const obs_host_info *host)
{
    *report = (struct report){.arena = arena, .host = *host};
    report->last_component = &report->components;
    report->last_plugin = &report->plugins;
}

static obs_str keep(struct report *report, const char *text)
{
    obs_str copy = obs_arena_dup(report->arena, obs_str_of(text ? text : ""));

    report->failed |= !copy.ptr;
    return copy;
}

void report_component(const char *name, uint32_t state, const char *detail, void *user)
{
    struct report *report = user;
    struct component *component = obs_arena_calloc(report->arena, 1, sizeof(*component));

    if (!component) {
        report->failed = true;
        return;
    }
    component->name = keep(report, name);
    component->detail = keep(report, detail);
    component->state = state;
    *report->last_component = component;
    report->last_component = &component->next;
}

void report_plugin(const obs_plugin_info *plugin, void *user)
{
    struct report *report = user;
    struct plugin_state *state = obs_arena_calloc(report->arena, 1, sizeof(*state));

    if (!state) {
        report->failed = true;
        return;
    }
    state->instance = keep(report, plugin->instance);
    state->name = keep(report, plugin->name);
    state->version = keep(report, plugin->version);
    state->state = keep(report, plugin->state);
    state->generation = plugin->generation;
    *report->last_plugin = state;
    report->last_plugin = &state->next;
}

/* ---- judging ------------------------------------------------------------- */

uint32_t report_state(const struct report *report)
{
    uint32_t worst = OBS_HEALTHY;

    for (const struct component *c = report->components; c; c = c->next)
        if (c->state > worst)
            worst = c->state;
    return worst;
}

bool report_ready(const struct report *report)
{
    return !report->host.draining && report_state(report) < OBS_UNHEALTHY;
}

static const char *state_name(uint32_t state)
{
    return state == OBS_HEALTHY ? "healthy" : state == OBS_DEGRADED ? "degraded" : "unhealthy";
}

/* The worst that was reported under `name`, "disabled" when nobody did. */
static const char *component_state(const struct report *report, const char *name)
{
    uint32_t worst = OBS_HEALTHY;
    bool found = false;

    for (const struct component *c = report->components; c; c = c->next) {
        if (!obs_str_is(c->name, name))
            continue;
        found = true;
        if (c->state > worst)
            worst = c->state;
    }
    return found ? state_name(worst) : "disabled";
}

/* ---- writing ------------------------------------------------------------- */

static void write_components(const struct report *report, obs_jw *jw)
{
    obs_jw_key(jw, "components");
    obs_jw_array(jw);
    for (const struct component *c = report->components; c; c = c->next) {
        obs_jw_object(jw);
        obs_jw_key(jw, "name");
        obs_jw_str(jw, c->name);
        obs_jw_key(jw, "status");
        obs_jw_cstr(jw, state_name(c->state));
        obs_jw_key(jw, "detail");
        obs_jw_str(jw, c->detail);
        obs_jw_end_object(jw);
    }
    obs_jw_end_array(jw);
}

static void write_plugins(const struct report *report, obs_jw *jw)
{
    obs_jw_key(jw, "plugins");
    obs_jw_array(jw);
    for (const struct plugin_state *p = report->plugins; p; p = p->next) {
        obs_jw_object(jw);
        obs_jw_key(jw, "name");
        obs_jw_str(jw, p->instance);
        obs_jw_key(jw, "plugin");
        obs_jw_str(jw, p->name);
        obs_jw_key(jw, "version");
        obs_jw_str(jw, p->version);
        obs_jw_key(jw, "state");
        obs_jw_str(jw, p->state);
        obs_jw_key(jw, "generation");
        obs_jw_uint(jw, p->generation);
        obs_jw_end_object(jw);
    }
    obs_jw_end_array(jw);
}

static void write_last_reload(const struct report *report, obs_jw *jw)
{
    const obs_host_info *host = &report->host;
    bool never = host->reloaded_ns == 0;

    obs_jw_key(jw, "last_reload");
    obs_jw_object(jw);
    obs_jw_key(jw, "generation");
    obs_jw_uint(jw, host->generation);
    obs_jw_key(jw, "result");
    obs_jw_cstr(jw, never ? "none" : host->reload_result < 0 ? "failure" : "success");
    obs_jw_key(jw, "time");
    if (never)
        obs_jw_null(jw);
    else
        obs_jw_time(jw, host->reloaded_ns);
    if (host->reload_error[0]) {
        obs_jw_key(jw, "error");
        obs_jw_cstr(jw, host->reload_error);
    }
    obs_jw_key(jw, "generations_alive");
    obs_jw_uint(jw, host->n_generations);
    obs_jw_end_object(jw);
}

int report_write_health(const struct report *report, int64_t now_ns, obs_buf *out)
{
    obs_jw *jw = obs_jw_new(report->arena, out);

    if (!jw || report->failed)
        return OBS_E_NOMEM;
    obs_jw_object(jw);
    obs_jw_key(jw, "status");
    obs_jw_cstr(jw, state_name(report_state(report)));
    obs_jw_key(jw, "database");
    obs_jw_cstr(jw, component_state(report, "database"));
    obs_jw_key(jw, "redis");
    obs_jw_cstr(jw, component_state(report, "redis"));
    write_components(report, jw);
    write_plugins(report, jw);
    write_last_reload(report, jw);
    obs_jw_key(jw, "draining");
    obs_jw_bool(jw, report->host.draining != 0);
    obs_jw_key(jw, "timestamp");
    obs_jw_time(jw, now_ns);
    obs_jw_key(jw, "version");
    obs_jw_cstr(jw, report->host.version);
    obs_jw_key(jw, "uptime_s");
    obs_jw_fixed(jw, now_ns - report->host.started_ns, NS_DECIMALS);
    obs_jw_end_object(jw);
    return obs_buf_error(out);
}

int report_write_ready(const struct report *report, obs_buf *out)
{
    obs_jw *jw = obs_jw_new(report->arena, out);

    if (!jw || report->failed)
        return OBS_E_NOMEM;
    obs_jw_object(jw);
    obs_jw_key(jw, "status");
    obs_jw_cstr(jw, report_ready(report) ? "ready" : "not ready");
    obs_jw_key(jw, "draining");
    obs_jw_bool(jw, report->host.draining != 0);
    obs_jw_key(jw, "unhealthy");
    obs_jw_array(jw);
    for (const struct component *c = report->components; c; c = c->next)
        if (c->state >= OBS_UNHEALTHY)
            obs_jw_str(jw, c->name);
    obs_jw_end_array(jw);
    obs_jw_end_object(jw);
    return obs_buf_error(out);
}
