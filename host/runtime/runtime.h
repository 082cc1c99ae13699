/* SPDX-License-Identifier: Apache-2.0 */
/* The running process: its workers, its pool, the generation in force. There
 * is one at a time, because the SDK's functions that name no instance
 * (obs_worker_count(), obs_health_each()) must find it. */
#ifndef HOST_RUNTIME_RUNTIME_H
#define HOST_RUNTIME_RUNTIME_H

#include "runtime/worker.h"
#include <stdatomic.h>

struct generation;
struct health;
struct http_change;
struct offload_pool;

struct runtime_spec {
    uint32_t n_workers;
    uint32_t offload_threads;
    uint32_t offload_queue;
    bool inline_worker; /* the calling thread is the only worker */
};

/* How the last reload went. */
struct reload_outcome {
    int64_t ended_ns; /* wall clock, 0: there was none */
    int32_t result;   /* OBS_OK or why it was refused */
    char error[256];
};

/* Written by the main thread before the workers begin, constant afterwards,
 * except for the atomics and what `lock` guards. */
struct runtime {
    obs_worker **workers;
    uint32_t n_workers;
    struct offload_pool *offload;
    struct health *health;
    int64_t started_ns;
    _Atomic uint64_t generation;    /* number of the current one, 0: none yet */
    _Atomic uint32_t n_generations; /* alive: the current one and those that drain */
    _Atomic uint32_t draining;
    pthread_mutex_t lock; /* over `outcome` */
    struct reload_outcome outcome;
};

/* Makes the runtime and starts its threads. Errors: OBS_E_NOMEM.
 * Thread: control. */
OBS_MUST_CHECK int runtime_create(const struct runtime_spec *spec, struct runtime **ret_runtime);

/* Ends the threads; NULL is a no-op. No instance is left. Thread: control. */
void runtime_destroy(struct runtime *runtime);

/* The one that runs; NULL when none does. Thread: any. */
struct runtime *runtime_get(void);

/* Makes `generation` the one that new requests run on, and `change` (NULL: none)
 * the settings of HTTP: each worker, in one callback, takes over state from the
 * instances before and switches. Thread: control. */
void runtime_publish(struct runtime *runtime, struct generation *generation,
                     const struct http_change *change);

/* Notes how a reload went. Thread: any. */
void runtime_reloaded(struct runtime *runtime, int result, const char *error);

/* Lets every worker run what was posted to it before. Thread: control. */
void runtime_turn(struct runtime *runtime);

/* Cores that this process may use. */
uint32_t runtime_cores(void);

#endif
