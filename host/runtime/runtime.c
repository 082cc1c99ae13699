/* SPDX-License-Identifier: Apache-2.0 */
/* Workers first, then the pool that answers to them; the end is the reverse. */
#include "runtime/runtime.h"

#include "http/http.h"
#include "plugin/handover.h"
#include "runtime/health.h"
#include "runtime/offload.h"

#include <assert.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static struct runtime *running; /* the main thread sets it before any other thread exists */

static int create_workers(struct runtime *runtime, const struct runtime_spec *spec)
{
    int rc = OBS_OK;

    runtime->workers = calloc(spec->n_workers, sizeof(runtime->workers[0]));
    if (!runtime->workers)
        return OBS_E_NOMEM;
    for (uint32_t i = 0; i < spec->n_workers && rc == OBS_OK; i++) {
        rc = worker_create(i, &runtime->workers[i]);
        if (rc == OBS_OK)
            runtime->n_workers++;
    }
    return rc;
}

static int begin_workers(struct runtime *runtime, const struct runtime_spec *spec)
{
    int rc = OBS_OK;

    if (spec->inline_worker)
        worker_adopt(runtime->workers[0]);
    for (uint32_t i = 0; !spec->inline_worker && i < runtime->n_workers && rc == OBS_OK; i++)
        rc = worker_begin(runtime->workers[i]);
    return rc;
}

int runtime_create(const struct runtime_spec *spec, struct runtime **ret_runtime)
{
    struct runtime *runtime;
    int rc = OBS_E_NOMEM;

    assert(!running && spec->n_workers > 0 && (!spec->inline_worker || spec->n_workers == 1));
    runtime = calloc(1, sizeof(*runtime));
    if (!runtime)
        return OBS_E_NOMEM;
    running = runtime;
    pthread_mutex_init(&runtime->lock, /* attributes= */ NULL);
    runtime->started_ns = obs_clock_wall_ns();
    runtime->health = health_create();
    if (!runtime->health)
        goto fail;
    rc = create_workers(runtime, spec);
    if (rc == OBS_OK)
        rc = begin_workers(runtime, spec);
    if (rc == OBS_OK)
        rc = offload_create(spec->offload_threads, spec->offload_queue, &runtime->offload);
    if (rc < 0)
        goto fail;
    *ret_runtime = runtime;
    return OBS_OK;

fail:
    runtime_destroy(runtime);
    return rc;
}

void runtime_destroy(struct runtime *runtime)
{
    if (!runtime)
        return;
    offload_destroy(runtime->offload);
    for (uint32_t i = 0; i < runtime->n_workers; i++) {
        worker_end(runtime->workers[i]);
        worker_destroy(runtime->workers[i]);
    }
    health_destroy(runtime->health);
    pthread_mutex_destroy(&runtime->lock);
    free(runtime->workers);
    free(runtime);
    running = NULL;
}

struct runtime *runtime_get(void)
{
    return running;
}

struct publication {
    struct generation *generation;
    const struct http_change *change;
};

static void switch_worker(obs_worker *worker, void *arg)
{
    const struct publication *publication = arg;

    handover_on_worker(publication->generation, worker);
    worker->generation = publication->generation;
    http_worker_change(worker, publication->change);
}

void runtime_publish(struct runtime *runtime, struct generation *generation,
                     const struct http_change *change)
{
    struct publication publication = {generation, change};

    handover_shared(generation);
    for (uint32_t i = 0; i < runtime->n_workers; i++)
        worker_call(runtime->workers[i], switch_worker, &publication);
    atomic_store(&runtime->generation, generation->number);
}

void runtime_reloaded(struct runtime *runtime, int result, const char *error)
{
    pthread_mutex_lock(&runtime->lock);
    runtime->outcome = (struct reload_outcome){.ended_ns = obs_clock_wall_ns(), .result = result};
    snprintf(runtime->outcome.error, sizeof(runtime->outcome.error), "%s", error);
    pthread_mutex_unlock(&runtime->lock);
}

static void do_nothing(obs_worker *worker, void *arg)
{
    (void)worker;
    (void)arg;
}

void runtime_turn(struct runtime *runtime)
{
    for (uint32_t i = 0; i < runtime->n_workers; i++) {
        obs_worker *worker = runtime->workers[i];

        if (worker->threaded)
            worker_call(worker, do_nothing, /* arg= */ NULL);
        else
            uv_run(&worker->loop, UV_RUN_NOWAIT);
    }
}

uint32_t runtime_cores(void)
{
    cpu_set_t cpus;

    if (sched_getaffinity(/* pid= */ 0, sizeof(cpus), &cpus) < 0)
        return 1;
    return (uint32_t)CPU_COUNT(&cpus);
}

uint32_t obs_worker_count(void)
{
    return running ? running->n_workers : 0;
}
