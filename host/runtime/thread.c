/* SPDX-License-Identifier: Apache-2.0 */
/* A thread is joined by the plugin in stop(), or by the host when the plugin
 * forgot. Only the main thread starts and joins, so the list needs no lock. */
#include "runtime/thread.h"

#include "core/spawn.h"
#include "plugin/instance.h"
#include "plugin/ledger.h"
#include "runtime/blame.h"
#include "runtime/misuse.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define SECOND_NS INT64_C(1000000000)

struct obs_thread {
    struct ledger_entry entry; /* first: thread_revoke() casts back */
    pthread_t thread;
    obs_instance *instance;
    void (*fn)(void *arg);
    void *arg;
};

static void *thread_main(void *arg)
{
    obs_thread *thread = arg;

    blame_set(thread->instance, CALLBACK_THREAD);
    thread->fn(thread->arg);
    return NULL;
}

int obs_thread_start(obs_instance *instance, const char *name, void (*fn)(void *arg), void *arg,
                     obs_thread **ret_thread)
{
    obs_thread *thread;
    int rc;

    assert(instance && name && fn && ret_thread);
    MISUSE_UNLESS_CONTROL(instance);
    thread = calloc(1, sizeof(*thread));
    if (!thread)
        return OBS_E_NOMEM;
    thread->instance = instance;
    thread->fn = fn;
    thread->arg = arg;
    rc = spawn(&thread->thread, name, thread_main, thread);
    if (rc < 0) {
        free(thread);
        return rc;
    }
    ledger_link(&instance->ledger->threads, &thread->entry);
    *ret_thread = thread;
    return OBS_OK;
}

void obs_thread_join(obs_thread *thread)
{
    if (!thread)
        return;
    MISUSE_UNLESS_CONTROL(thread->instance);
    pthread_join(thread->thread, /* ret= */ NULL);
    ledger_unlink(&thread->entry);
    free(thread);
}

int thread_revoke(obs_instance *instance, int64_t timeout_ns)
{
    struct ledger_entry *list = &instance->ledger->threads;
    int64_t until_ns = obs_clock_wall_ns() + timeout_ns; /* pthread_timedjoin_np() wants this one */
    struct timespec until = {.tv_sec = until_ns / SECOND_NS, .tv_nsec = until_ns % SECOND_NS};
    int n = 0;

    for (; !ledger_is_empty(list); n++) {
        obs_thread *thread = (obs_thread *)list->next;

        if (pthread_timedjoin_np(thread->thread, /* ret= */ NULL, &until) != 0)
            return OBS_E_TIMEOUT;
        ledger_unlink(&thread->entry);
        free(thread);
        instance->ledger->n_revoked++;
    }
    return n;
}
