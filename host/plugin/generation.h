/* SPDX-License-Identifier: Apache-2.0 */
/* A generation: the immutable set of instances, routes and hooks that requests
 * run on. Its life: plan_generation() makes it without running plugin code
 * (plan.h), generation_start() brings up what is new in it, runtime_publish()
 * makes requests run on it, generation_drain() and generation_retire() end what
 * no later one shares, generation_destroy() frees it. */
#ifndef HOST_PLUGIN_GENERATION_H
#define HOST_PLUGIN_GENERATION_H

#include "plugin/instance.h"

#include <stdatomic.h>
#include <stdbool.h>

struct progress;
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

/* Why an instance is not the one of the generation before. */
enum change {
    CHANGE_ADDED,    /* there was none */
    CHANGE_KEPT,     /* it is */
    CHANGE_FILE,     /* the plugin's file has another content */
    CHANGE_OPTIONS,  /* its part of the configuration differs */
    CHANGE_CONTENT,  /* a file that it reads at start differs */
    CHANGE_PROVIDER, /* a provider of its was made anew */
};

/* Requests of one worker that run on the generation; written by that worker
 * alone, so the cache line is its own. */
struct pin_count {
    _Alignas(64) _Atomic uint64_t n;
};

struct generation {
    uint64_t number; /* from 1 */
    struct router *router;
    struct hook_list hooks[OBS_N_PHASES];
    obs_instance **instances; /* in the order of creation */
    size_t n_instances;
    obs_instance **in_config_order; /* the same ones: the order of hooks */
    enum change *changes;           /* one an instance */
    obs_instance **predecessors;    /* one an instance: what it takes over from, or NULL */
    struct pin_count *pins;         /* one a worker */
    uint32_t n_workers;
    _Atomic uint32_t n_holds; /* others than requests that look at it */
    bool retired;             /* `instances` are those that ended, or never began, with it */
    obs_arena *arena;         /* all of this, the generation itself too */
};

/* An empty generation with room for `n_instances`. NULL when out of memory. */
struct generation *generation_create(uint64_t number, size_t n_instances, uint32_t n_workers);

/* The instance of this name, NULL when there is none. */
obs_instance *generation_find(const struct generation *generation, const char *name);

/* Fills the route table and the hook lists from the instances' descriptors and
 * bound options. Complaints go to `fail`, one call each; returns how many, or
 * OBS_E_NOMEM. Thread: control. */
OBS_MUST_CHECK int generation_bind(struct generation *generation, uint64_t max_body_bytes,
                                   void (*fail)(void *user, const obs_instance *instance,
                                                const char *sentence),
                                   void *user);

/* create() and start() of every new instance in order, then worker_start() on
 * every worker of the runtime. On failure the reason has been logged and is in
 * progress->error, and generation_retire() cleans up. Errors: OBS_E_*, the
 * plugin's. Thread: control. */
OBS_MUST_CHECK int generation_start(struct generation *generation, struct runtime *runtime,
                                    struct progress *progress);

/* A request begins or ends on the generation. Thread: the worker. */
static inline void generation_pin(struct generation *generation, uint32_t worker)
{
    _Atomic uint64_t *n = &generation->pins[worker].n;

    atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

/* Release: whoever sees no pin left sees what the request did. */
static inline void generation_unpin(struct generation *generation, uint32_t worker)
{
    _Atomic uint64_t *n = &generation->pins[worker].n;

    atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) - 1,
                          memory_order_release);
}

/* Requests that run on it, and holds; no request
 * comes when it is not current. Thread: any. */
uint64_t generation_pins(const struct generation *generation);

/* Notes which instances of `generation` have no future: those that `successor`
 * (NULL: there is none) lacks. Thread: control. */
void generation_succeed(struct generation *generation, const struct generation *successor);

/* drain() of those, as far as they are started, users before providers.
 * Thread: control. */
void generation_drain(struct generation *generation);

/* Puts the instances that only this generation has first, in their order, and
 * returns how many they are: no other can get them any more. Thread: control. */
size_t generation_own(struct generation *generation);

/* Lets go of the instances from `begin` on. Those that now no generation has are
 * this one's to end and follow from `begin`; returns how many they are, and
 * n_instances ends with them. Thread: control. */
size_t generation_let_go(struct generation *generation, size_t begin);

/* worker_stop(), stop(), revocation and destroy() of the instances that no other
 * generation shares, each in reverse order, as far as they had come. Ends what
 * is under way first and waits for it until `deadline_ns` (monotonic).
 * OBS_E_TIMEOUT: something still runs, has been logged, and nothing may be
 * freed. Thread: control. */
OBS_MUST_CHECK int generation_retire(struct generation *generation, struct runtime *runtime,
                                     int64_t deadline_ns);

/* NULL is a no-op. It has been retired, or was never started. */
void generation_destroy(struct generation *generation);

#endif
