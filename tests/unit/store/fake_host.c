/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_host.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct obs_instance {
    int nothing;
};

struct post {
    struct post *next;
    void (*fn)(void *arg);
    void *arg;
};

struct obs_worker {
    pthread_mutex_t lock; /* over the list */
    pthread_cond_t filled;
    struct post *first, **last;
};

struct obs_thread {
    pthread_t id;
    void (*fn)(void *arg);
    void *arg;
};

static struct obs_instance instance;
static obs_service provided;
static _Atomic uint32_t health;
static _Atomic unsigned n_reports;
static _Thread_local obs_worker *current;

obs_instance *fake_instance(void)
{
    return &instance;
}
obs_service fake_service(void)
{
    return provided;
}
uint32_t fake_health(void)
{
    return health;
}
unsigned fake_health_reports(void)
{
    return n_reports;
}
void fake_worker_adopt(obs_worker *worker)
{
    current = worker;
}
obs_worker *obs_worker_current(void)
{
    return current;
}

obs_worker *fake_worker_create(void)
{
    obs_worker *worker = calloc(1, sizeof(*worker));

    if (!worker)
        abort();
    pthread_mutex_init(&worker->lock, NULL);
    pthread_cond_init(&worker->filled, NULL);
    worker->last = &worker->first;
    return worker;
}

static struct post *take(obs_worker *worker)
{
    struct timespec until;
    struct post *post;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    pthread_mutex_lock(&worker->lock);
    while (!worker->first)
        if (pthread_cond_timedwait(&worker->filled, &worker->lock, &until) != 0) {
            fprintf(stderr, "no answer within a minute\n");
            abort();
        }
    post = worker->first;
    worker->first = NULL;
    worker->last = &worker->first;
    pthread_mutex_unlock(&worker->lock);
    return post;
}

static void run_all(struct post *post)
{
    while (post) {
        struct post *next = post->next;
        post->fn(post->arg);
        free(post);
        post = next;
    }
}

void fake_worker_wait(obs_worker *worker, const int *done)
{
    while (!*done)
        run_all(take(worker));
}

void fake_worker_run(obs_worker *worker)
{
    struct post *first;

    pthread_mutex_lock(&worker->lock);
    first = worker->first;
    worker->first = NULL;
    worker->last = &worker->first;
    pthread_mutex_unlock(&worker->lock);
    run_all(first);
}

void fake_worker_destroy(obs_worker *worker)
{
    run_all(worker->first);
    pthread_cond_destroy(&worker->filled);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
}

int obs_post(obs_instance *of, obs_worker *worker, void (*fn)(void *arg), void *arg)
{
    struct post *post = calloc(1, sizeof(*post));

    (void)of;
    if (!post)
        return OBS_E_NOMEM;
    post->fn = fn;
    post->arg = arg;
    pthread_mutex_lock(&worker->lock);
    *worker->last = post;
    worker->last = &post->next;
    pthread_cond_signal(&worker->filled);
    pthread_mutex_unlock(&worker->lock);
    return OBS_OK;
}

static void *run_thread(void *arg)
{
    obs_thread *thread = arg;

    thread->fn(thread->arg);
    return NULL;
}

int obs_thread_start(obs_instance *of, const char *name, void (*fn)(void *arg), void *arg,
                     obs_thread **ret_thread)
{
    obs_thread *thread = calloc(1, sizeof(*thread));

    (void)of;
    (void)name;
    if (!thread)
        return OBS_E_NOMEM;
    thread->fn = fn;
    thread->arg = arg;
    if (pthread_create(&thread->id, NULL, run_thread, thread) != 0) {
        free(thread);
        return OBS_E_NOMEM;
    }
    *ret_thread = thread;
    return OBS_OK;
}

void obs_thread_join(obs_thread *thread)
{
    if (!thread)
        return;
    pthread_join(thread->id, NULL);
    free(thread);
}

void obs_log(obs_instance *of, uint32_t level, const char *format, ...)
{
    va_list args;

    (void)of;
    if (level > OBS_LOG_INFO || !getenv("STORE_TEST_LOG"))
        return;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

void obs_health_report(obs_instance *of, const char *component, uint32_t state, const char *detail,
                       ...)
{
    (void)of;
    (void)detail;
    if (strcmp(component, "database") != 0)
        return;
    health = state;
    n_reports++;
}

int obs_service_provide(obs_instance *of, const char *id, const void *table, void *provider)
{
    (void)of;
    (void)id;
    provided = (obs_service){.table = table, .provider = provider};
    return OBS_OK;
}
