/* SPDX-License-Identifier: Apache-2.0 */
/* The reading pool: one list, one condition, threads that take from it. */
#include "reader.h"
#include "metrics.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct reader {
    struct readers *pool;
    obs_thread *thread;
    struct db *db;
    struct statements statements;
};

struct readers {
    obs_instance *instance;
    const struct settings *settings;
    struct reader *items;
    size_t n_items;
    obs_series *duration_s[N_READ_OPS];

    pthread_mutex_t lock; /* for all below */
    pthread_cond_t filled;
    struct read_job *first, **last;
    int64_t queued;
    bool ending;
};

static struct read_job *take(struct readers *pool)
{
    struct read_job *job;

    pthread_mutex_lock(&pool->lock);
    while (!pool->first && !pool->ending)
        pthread_cond_wait(&pool->filled, &pool->lock);
    job = pool->first;
    if (job) {
        pool->first = job->next;
        if (!pool->first)
            pool->last = &pool->first;
        pool->queued--;
    }
    pthread_mutex_unlock(&pool->lock);
    return job;
}

static void finish_job(void *arg)
{
    struct read_job *job = arg;
    job->done(job);
}

static void run_job(struct reader *reader, struct read_job *job)
{
    int64_t start_ns = obs_clock_mono_ns();

    db_set_deadline(reader->db, job->deadline_ns);
    job->run(job, &reader->statements);
    obs_series_observe(reader->pool->duration_s[job->op],
                       (double)(obs_clock_mono_ns() - start_ns) / 1e9);
}

static void read_jobs(void *arg)
{
    struct reader *reader = arg;
    struct read_job *job;

    while ((job = take(reader->pool))) {
        run_job(reader, job);
        /* an answer must not get lost for want of memory: wait for some */
        while (obs_post(reader->pool->instance, job->worker, finish_job, job) < 0)
            nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
}

int readers_submit(struct readers *pool, struct read_job *job, int64_t timeout_ns)
{
    int rc = OBS_OK;

    if (!pool)
        return OBS_E_CLOSED; /* the store did not start */
    if (timeout_ns <= 0)
        timeout_ns = pool->settings->query_timeout_ns;
    if (__builtin_add_overflow(obs_clock_mono_ns(), timeout_ns, &job->deadline_ns))
        job->deadline_ns = INT64_MAX;

    job->next = NULL;
    job->worker = obs_worker_current();
    pthread_mutex_lock(&pool->lock);
    if (pool->ending)
        rc = OBS_E_CLOSED;
    else if (pool->queued >= pool->settings->read_queue)
        rc = OBS_E_BUSY;
    else {
        *pool->last = job;
        pool->last = &job->next;
        pool->queued++;
        pthread_cond_signal(&pool->filled);
    }
    pthread_mutex_unlock(&pool->lock);
    return rc;
}

static int start_reader(struct readers *pool, struct reader *reader, char *error, size_t error_size)
{
    int rc = db_open(pool->settings, /* read_only= */ true, &reader->db, error, error_size);

    reader->pool = pool;
    if (rc < 0)
        return rc;
    reader->statements.db = reader->db;
    rc = obs_thread_start(pool->instance, "store-reader", read_jobs, reader, &reader->thread);
    if (rc < 0)
        snprintf(error, error_size, "no thread for a reader");
    return rc;
}

static int register_metrics(struct readers *pool)
{
    static const obs_str ops[N_READ_OPS] = {
        [READ_SEARCH] = OBS_STR("search"),
        [READ_AGGREGATE] = OBS_STR("aggregate"),
        [READ_FEEDBACK] = OBS_STR("feedback"),
        [READ_RECORD] = OBS_STR("record"),
    };
    obs_metric *query;
    int rc = store_register_duration(pool->instance, &query);

    for (size_t i = 0; i < N_READ_OPS && rc == OBS_OK; i++)
        pool->duration_s[i] = obs_metric_series(query, &ops[i]);
    return rc;
}

int readers_start(obs_instance *instance, const struct settings *settings,
                  struct readers **ret_readers, char *error, size_t error_size)
{
    struct readers *pool = calloc(1, sizeof(*pool));
    int rc;

    snprintf(error, error_size, "out of memory");
    if (!pool)
        return OBS_E_NOMEM;
    pool->instance = instance;
    pool->settings = settings;
    pool->last = &pool->first;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->filled, NULL);
    pool->items = calloc((size_t)settings->readers, sizeof(*pool->items));
    rc = pool->items ? register_metrics(pool) : OBS_E_NOMEM;
    for (; rc == OBS_OK && pool->n_items < (size_t)settings->readers; pool->n_items++)
        rc = start_reader(pool, &pool->items[pool->n_items], error, error_size);
    if (rc < 0) {
        readers_stop(pool);
        return rc;
    }
    *ret_readers = pool;
    return OBS_OK;
}

void readers_stop(struct readers *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    pthread_cond_broadcast(&pool->filled);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->n_items; i++) {
        obs_thread_join(pool->items[i].thread);
        statements_finish(&pool->items[i].statements);
        db_close(pool->items[i].db);
    }
    pthread_cond_destroy(&pool->filled);
    pthread_mutex_destroy(&pool->lock);
    free(pool->items);
    free(pool);
}
