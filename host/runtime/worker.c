/* SPDX-License-Identifier: Apache-2.0 */
/* The main thread makes and ends workers; in between each runs its loop alone
 * and is reached through its post queue. */
#include "runtime/worker.h"

#include "core/spawn.h"
#include "runtime/blame.h"
#include "runtime/lag.h"
#include "runtime/metric.h"
#include "runtime/post.h"

#include <assert.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local obs_worker *current;

/* A worker_call() under way, on the caller's stack. */
struct call {
    struct post post;
    obs_worker *worker;
    void (*fn)(obs_worker *worker, void *arg);
    void *arg;
    sem_t done;
};

static void run_call(struct post *post)
{
    struct call *call = (struct call *)post;

    call->fn(call->worker, call->arg);
    sem_post(&call->done);
}

static void *worker_main(void *arg)
{
    obs_worker *worker = arg;

    current = worker;
    metric_thread_shard(worker->index);
    atomic_store(&worker->pulse, &blame_pulse);
    uv_run(&worker->loop, UV_RUN_DEFAULT);
    atomic_store(&worker->pulse, NULL);
    metric_thread_shard(METRIC_SHARD_SHARED);
    return NULL;
}

static void close_own_handles(obs_worker *worker)
{
    post_queue_close(worker->posts);
    lag_close(worker->lag);
    worker->posts = NULL;
    worker->lag = NULL;
}

/* The post that ends the loop: it is the last one, and closing the queue from
 * inside its own batch is what makes uv_run() return. */
static void run_end(struct post *post)
{
    struct call *call = (struct call *)post;

    close_own_handles(call->worker);
}

int worker_create(uint32_t index, obs_worker **ret_worker)
{
    obs_worker *worker = calloc(1, sizeof(*worker));

    if (!worker)
        return OBS_E_NOMEM;
    worker->index = index;
    if (uv_loop_init(&worker->loop) < 0) {
        free(worker);
        return OBS_E_NOMEM;
    }
    worker->loop.data = worker;
    if (post_queue_open(&worker->loop, &worker->posts) < 0 ||
        lag_open(&worker->loop, &worker->lag) < 0) {
        worker_destroy(worker);
        return OBS_E_NOMEM;
    }
    *ret_worker = worker;
    return OBS_OK;
}

int worker_begin(obs_worker *worker)
{
    char name[16];
    int rc;

    snprintf(name, sizeof(name), "obs-w%u", worker->index);
    rc = spawn(&worker->thread, name, worker_main, worker);
    worker->threaded = rc == OBS_OK;
    return rc;
}

void worker_adopt(obs_worker *worker)
{
    assert(!current && !worker->threaded);
    current = worker;
    metric_thread_shard(worker->index);
}

void worker_call(obs_worker *worker, void (*fn)(obs_worker *worker, void *arg), void *arg)
{
    struct call call = {.post = {.run = run_call}, .worker = worker, .fn = fn, .arg = arg};

    if (worker == current) {
        fn(worker, arg);
        return;
    }
    assert(worker->threaded);
    sem_init(&call.done, /* pshared= */ 0, /* value= */ 0);
    post_queue_push(worker->posts, &call.post);
    while (sem_wait(&call.done) < 0)
        ; /* a signal came in between */
    sem_destroy(&call.done);
}

void worker_end(obs_worker *worker)
{
    struct call end = {.post = {.run = run_end}, .worker = worker};

    if (worker->threaded) {
        post_queue_push(worker->posts, &end.post);
        pthread_join(worker->thread, /* ret= */ NULL);
        worker->threaded = false;
    } else if (worker == current) {
        close_own_handles(worker);
        uv_run(&worker->loop, UV_RUN_DEFAULT);
        metric_thread_shard(METRIC_SHARD_SHARED);
        current = NULL;
    }
}

void worker_destroy(obs_worker *worker)
{
    int rc;

    if (!worker)
        return;
    assert(!worker->threaded && worker != current);
    close_own_handles(worker);
    uv_run(&worker->loop, UV_RUN_DEFAULT);
    rc = uv_loop_close(&worker->loop);
    assert(rc == 0); /* something on the loop was not closed */
    (void)rc;
    free(worker);
}

obs_worker *obs_worker_current(void)
{
    return current;
}

uint32_t obs_worker_index(const obs_worker *worker)
{
    return worker->index;
}
