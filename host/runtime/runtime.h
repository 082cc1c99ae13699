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
struct offload_pool;

struct runtime_spec {
    uint32_t n_workers;
    uint32_t offload_threads;
    uint32_t offload_queue;
    bool inline_worker; /* the calling thread is the only worker */
};

/* Written by the main thread before the workers begin, constant afterwards,
 * except for the atomics. */
struct runtime {
    obs_worker **workers;
    uint32_t n_workers;
    struct offload_pool *offload;
    struct health *health;
    int64_t started_ns;
    _Atomic(struct generation *) generation;
    _Atomic uint32_t draining;
};

/* Makes the runtime and starts its threads. Errors: OBS_E_NOMEM.
 * Thread: control. */
OBS_MUST_CHECK int runtime_create(const struct runtime_spec *spec, struct runtime **ret_runtime);

/* Ends the threads; NULL is a no-op. No instance is left. Thread: control. */
void runtime_destroy(struct runtime *runtime);

/* The one that runs; NULL when none does. Thread: any. */
struct runtime *runtime_get(void);

/* Makes `generation` the one that new requests run on, on every worker.
 * Thread: control. */
void runtime_publish(struct runtime *runtime, struct generation *generation);

/* Lets every worker run what was posted to it before. Thread: control. */
void runtime_turn(struct runtime *runtime);

/* Cores that this process may use. */
uint32_t runtime_cores(void);

#endif
