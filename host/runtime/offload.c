/* SPDX-License-Identifier: Apache-2.0 */
/* One list under one lock: jobs take milliseconds, so contention on it does
 * not show. A job carries the post that brings its result back, so that a
 * finished job can always be delivered. */
#include "runtime/offload.h"

#include "core/spawn.h"
#include "plugin/instance.h"
#include "plugin/ledger.h"
#include "runtime/blame.h"
#include "runtime/misuse.h"
#include "runtime/post.h"
#include "runtime/runtime.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct job {
    struct post post; /* first: run_done() casts back */
    struct job *next;
    obs_instance *instance;
    obs_worker *worker;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

struct offload_pool {
    pthread_mutex_t lock; /* over all below but the threads */
    pthread_cond_t wake;
    struct job *first;
    struct job **last;
    uint32_t n_waiting;
    uint32_t queue_limit;
    bool ending;
    uint32_t n_threads; /* the main thread's, as the array */
    pthread_t threads[];
};

static void run_done(struct post *post)
{
    struct job job = *(struct job *)post;
    struct blame outer;

    free(post);
    outer = blame_enter(job.instance, CALLBACK_DONE);
    job.done(job.arg);
    blame_leave(outer);
    ledger_leave(job.instance->ledger);
}

static struct job *take_job(struct offload_pool *pool)
{
    struct job *job;

    pthread_mutex_lock(&pool->lock);
    while (!pool->first && !pool->ending)
        pthread_cond_wait(&pool->wake, &pool->lock);
    job = pool->first;
    if (job) {
        pool->first = job->next;
        if (!pool->first)
            pool->last = &pool->first;
        pool->n_waiting--;
    }
    pthread_mutex_unlock(&pool->lock);
    return job;
}

static void *offload_main(void *arg)
{
    struct offload_pool *pool = arg;
    struct job *job;

    while ((job = take_job(pool)) != NULL) {
        blame_set(job->instance, CALLBACK_WORK);
        job->work(job->arg);
        blame_clear();
        post_queue_push(job->worker->posts, &job->post);
    }
    return NULL;
}

static int start_threads(struct offload_pool *pool, uint32_t n_threads)
{
    int rc = OBS_OK;

    while (pool->n_threads < n_threads && rc == OBS_OK) {
        char name[16];

        snprintf(name, sizeof(name), "obs-o%u", pool->n_threads);
        rc = spawn(&pool->threads[pool->n_threads], name, offload_main, pool);
        if (rc == OBS_OK)
            pool->n_threads++;
    }
    return rc;
}

int offload_create(uint32_t n_threads, uint32_t queue_limit, struct offload_pool **ret_pool)
{
    struct offload_pool *pool = calloc(1, sizeof(*pool) + n_threads * sizeof(pool->threads[0]));

    if (!pool)
        return OBS_E_NOMEM;
    pthread_mutex_init(&pool->lock, /* attributes= */ NULL);
    pthread_cond_init(&pool->wake, /* attributes= */ NULL);
    pool->last = &pool->first;
    pool->queue_limit = queue_limit;
    if (start_threads(pool, n_threads) < 0) {
        offload_destroy(pool);
        return OBS_E_NOMEM;
    }
    *ret_pool = pool;
    return OBS_OK;
}

void offload_destroy(struct offload_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (uint32_t i = 0; i < pool->n_threads; i++)
        pthread_join(pool->threads[i], /* ret= */ NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

/* Queues the job when there is room. */
static int push_job(struct offload_pool *pool, struct job *job)
{
    int rc = OBS_E_BUSY;

    pthread_mutex_lock(&pool->lock);
    if (pool->n_waiting < pool->queue_limit) {
        *pool->last = job;
        pool->last = &job->next;
        pool->n_waiting++;
        pthread_cond_signal(&pool->wake);
        rc = OBS_OK;
    }
    pthread_mutex_unlock(&pool->lock);
    return rc;
}

int obs_offload(obs_instance *instance, void (*work)(void *arg), void (*done)(void *arg), void *arg)
{
    obs_worker *worker = obs_worker_current();
    struct job *job;
    int rc;

    assert(instance && work && done);
    MISUSE_UNLESS_WORKER(instance, "only a worker can be answered; obs_post() gets there");
    job = malloc(sizeof(*job));
    if (!job)
        return OBS_E_NOMEM;
    *job = (struct job){.post = {.run = run_done},
                        .instance = instance,
                        .worker = worker,
                        .work = work,
                        .done = done,
                        .arg = arg};
    ledger_enter(instance->ledger);
    rc = push_job(runtime_get()->offload, job);
    if (rc < 0) {
        ledger_leave(instance->ledger);
        free(job);
    }
    return rc;
}
