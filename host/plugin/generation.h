/* SPDX-License-Identifier: Apache-2.0 */
/* A generation: the immutable set of instances, routes and hooks that requests
 * run on. Its life on the main thread: plan_generation() makes it without
 * running plugin code, generation_start() brings it up, runtime_publish()
 * makes requests run on it, generation_drain() and generation_retire() end it,
 * generation_destroy() frees it. */
#ifndef HOST_PLUGIN_GENERATION_H
#define HOST_PLUGIN_GENERATION_H

#include "plugin/instance.h"

struct router;
struct runtime;

struct bound_hook {
    obs_hook_fn fn;
    obs_instance *instance;
};

struct hook_list {
    const struct bound_hook *items;
    size_t count;
};

struct generation {
    uint64_t number; /* from 1 */
    struct router *router;
    struct hook_list hooks[OBS_N_PHASES];
    obs_instance **instances; /* in the order of creation */
    size_t n_instances;
    obs_instance **in_config_order; /* the same ones: the order of hooks */
    size_t n_created;               /* of those, how many create() succeeded for */
    size_t n_started;               /* and how many start() was called for */
    obs_arena *arena;               /* all of this, the generation itself too */
};

/* Fills the route table and the hook lists from the instances' descriptors and
 * bound options. Complaints go to `fail`, one call each; returns how many, or
 * OBS_E_NOMEM. Thread: control. */
OBS_MUST_CHECK int generation_bind(struct generation *generation, uint64_t max_body_bytes,
                                   void (*fail)(void *user, const obs_instance *instance,
                                                const char *sentence),
                                   void *user);

/* create() and start() of every instance in order, then worker_start() on
 * every worker of the runtime. On failure the reason has been logged, and
 * generation_retire() cleans up. Errors: OBS_E_*, the plugin's.
 * Thread: control. */
OBS_MUST_CHECK int generation_start(struct generation *generation, struct runtime *runtime);

/* drain() of every started instance, users before providers.
 * Thread: control. */
void generation_drain(struct generation *generation);

/* worker_stop(), stop(), revocation and destroy(), each in reverse order, as
 * far as the instances had come. Ends what is under way first and waits for it
 * until `deadline_ns` (monotonic). OBS_E_TIMEOUT: something still runs, has
 * been logged, and nothing may be freed: end the process without destructors.
 * Thread: control. */
OBS_MUST_CHECK int generation_retire(struct generation *generation, struct runtime *runtime,
                                     int64_t deadline_ns);

/* NULL is a no-op. It has been retired, or was never started. */
void generation_destroy(struct generation *generation);

#endif
