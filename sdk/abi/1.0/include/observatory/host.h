/* SPDX-License-Identifier: Apache-2.0 */
/* What a plugin can learn about, and tell to, the process it runs in:
 * services, health, the list of plugins. */
#ifndef OBSERVATORY_HOST_H
#define OBSERVATORY_HOST_H

#include <observatory/log.h>

OBS_BEGIN_DECLS

/* ---- services ------------------------------------------------------------
 * A service is a constant table of functions that starts with its size, under
 * an id with a major ("obs.store/1"). Consumers see members only within that
 * size: OBS_HAS(). */

/* 1 when the table at `p` is large enough to have `member`.
 * Thread: [any].  Since: ABI 1.0. */
#define OBS_HAS(type, p, member) ((p)->size >= offsetof(type, member) + sizeof(((type *)0)->member))

/* A bound service: call `table->fn(provider, …)`.  Since: ABI 1.0. */
typedef struct obs_service {
    const void *table;
    void *provider;
} obs_service;

/* Offers `table` under `id`, which the descriptor's `provides` must name.
 * `table` is static storage, `provider` is borrowed until destroy(). Errors:
 * OBS_E_INVALID (not declared), OBS_E_CONFLICT (offered twice).
 * Thread: [control], in create().  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_service_provide(obs_instance *instance, const char *id,
                                               const void *table, void *provider);

/* Finds a service that the descriptor's `needs` names; its provider has been
 * started before, and outlives this instance. Errors: OBS_E_INVALID (not
 * declared), OBS_E_NOT_FOUND (optional and absent).
 * Thread: [control], in start().  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_service_get(obs_instance *instance, const char *id,
                                           obs_service *ret_service);

/* ---- health -------------------------------------------------------------- */

#define OBS_HEALTHY 0u
#define OBS_DEGRADED 1u
#define OBS_UNHEALTHY 2u

/* Sets the state of `component` ("database", "redis"), shown by /health. A
 * plugin reports when the state changes; nobody asks it. `detail` is one line
 * for operators without secrets. Unhealthy components make the server not
 * ready. All reports of an instance go when it retires.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API OBS_PRINTF(4, 5) void obs_health_report(obs_instance *instance, const char *component,
                                                uint32_t state, const char *detail, ...);

/* Calls `fn` for each reported component; strings borrowed for the call.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API void obs_health_each(void (*fn)(const char *component, uint32_t state, const char *detail,
                                        void *user),
                             void *user);

/* ---- the process --------------------------------------------------------- */

/* The process, filled up to the caller's `size`. Strings live as long as the
 * process.  Since: ABI 1.0. */
typedef struct obs_host_info {
    uint32_t size;
    uint32_t draining; /* 1 when shutting down */
    const char *version;
    const char *build; /* compiler and commit, one line */
    int64_t started_ns;
    uint64_t generation;   /* of the configuration, from 1 */
    int64_t reloaded_ns;   /* when the last reload ended, 0: there was none */
    int32_t reload_result; /* of the last reload: OBS_OK or the error it was refused with */
    uint32_t n_workers;
    uint32_t n_generations; /* alive: the current one and those that still drain */
    uint32_t reserved;
    char reload_error[256]; /* why the last reload was refused, else "" */
} obs_host_info;

/* Fills `info` (its size set by the caller); with a size that ends before
 * reloaded_ns it takes no lock.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API void obs_host_describe(obs_host_info *info);

/* One plugin instance of the current generation.  Since: ABI 1.0. */
typedef struct obs_plugin_info {
    uint32_t size;
    uint32_t reserved;
    const char *instance; /* key in the config */
    const char *name;     /* of the descriptor */
    const char *version;
    const char *state; /* "created", "started", "draining", "stopped" */
    uint64_t generation;
} obs_plugin_info;

/* Calls `fn` for each instance of the worker's current generation in its
 * order; strings borrowed for the call.  Thread: [worker].  Since: ABI 1.0. */
OBS_API void obs_host_plugins(void (*fn)(const obs_plugin_info *plugin, void *user), void *user);

OBS_END_DECLS
#endif
