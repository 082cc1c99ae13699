/* SPDX-License-Identifier: Apache-2.0 */
/* What /health says: collected from the host into an arena, judged, written.
 * Nobody is asked while a probe waits: components have reported before. */
#ifndef HEALTH_REPORT_H
#define HEALTH_REPORT_H

#include <observatory/host.h>
#include <observatory/json.h>

#include <stdbool.h>

struct component {
    struct component *next;
    obs_str name;
    obs_str detail;
    uint32_t state; /* OBS_HEALTHY … */
};

struct plugin_state {
    struct plugin_state *next;
    obs_str instance, name, version, state;
    uint64_t generation;
};

/* Lives in `arena`, one a request. */
struct report {
    obs_arena *arena;
    obs_host_info host;
    struct component *components;
    struct plugin_state *plugins;
    struct component **last_component; /* where the next one is linked */
    struct plugin_state **last_plugin;
    bool failed; /* out of memory on the way */
};

/* Makes an empty report about `host`. */
void report_init(struct report *report, obs_arena *arena, const obs_host_info *host);

/* Adds one; strings are copied. Fit obs_health_each() and obs_host_plugins(),
 * `user` being the report. */
void report_component(const char *name, uint32_t state, const char *detail, void *user);
void report_plugin(const obs_plugin_info *plugin, void *user);

/* The worst state of a component; OBS_HEALTHY when there is none. */
uint32_t report_state(const struct report *report);

/* No component is unhealthy and the server is not on its way out. */
bool report_ready(const struct report *report);

/* Write the bodies of /health and /health/ready. Errors: OBS_E_NOMEM and those
 * of the buffer. */
int report_write_health(const struct report *report, int64_t now_ns, obs_buf *out);
int report_write_ready(const struct report *report, obs_buf *out);

#endif
