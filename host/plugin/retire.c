/* SPDX-License-Identifier: Apache-2.0 */
/* The end of instances that no later generation shares. Users of a service end
 * before its provider; no instance is destroyed while a callback of any other of
 * them is under way, because callbacks cross from one to the next.
 *
 * Two old generations that share a provider may end at the same time. Each ends
 * what is its own first and lets go of the rest afterwards: whoever lets go last
 * ends the provider, and by then the users of both are gone. */
#include "plugin/generation.h"

#include "plugin/ledger.h"
#include "runtime/blame.h"
#include "runtime/health.h"
#include "runtime/runtime.h"
#include "runtime/thread.h"
#include "runtime/timer.h"

#include <time.h>

#define MS_NS INT64_C(1000000)

static bool has(const struct generation *generation, const obs_instance *instance)
{
    for (size_t i = 0; generation && i < generation->n_instances; i++)
        if (generation->instances[i] == instance)
            return true;
    return false;
}

void generation_succeed(struct generation *generation, const struct generation *successor)
{
    for (size_t i = 0; i < generation->n_instances; i++)
        if (!has(successor, generation->instances[i]))
            atomic_store(&generation->instances[i]->replaced, true);
}

/* Two generations that share an instance may end at the same time: the state
 * says which of them drains it. */
static void drain_instance(obs_instance *instance)
{
    uint32_t started = INSTANCE_STARTED;

    if (atomic_compare_exchange_strong(&instance->state, &started, INSTANCE_DRAINING) &&
        instance->plugin->drain) {
        blame_set(instance, CALLBACK_LIFE);
        instance->plugin->drain(instance->self);
        blame_clear();
    }
}

void generation_drain(struct generation *generation)
{
    for (size_t i = generation->n_instances; i-- > 0;)
        if (atomic_load(&generation->instances[i]->replaced))
            drain_instance(generation->instances[i]);
}

static void stop_on_worker(obs_worker *worker, void *arg)
{
    obs_instance *instance = arg;

    blame_set(instance, CALLBACK_LIFE);
    if (instance->plugin->worker_stop)
        instance->plugin->worker_stop(instance->self, worker, instance->contexts[worker->index]);
    blame_clear();
    instance->contexts[worker->index] = NULL;
}

/* Instances that end together, in the order of creation. */
struct set {
    obs_instance **items;
    size_t n;
};

static void stop_all(const struct set *set, struct runtime *runtime)
{
    for (size_t i = set->n; i-- > 0;) {
        obs_instance *instance = set->items[i];

        while (instance->n_workers > 0)
            worker_call(runtime->workers[--instance->n_workers], stop_on_worker, instance);
    }
    for (size_t i = set->n; i-- > 0;) {
        obs_instance *instance = set->items[i];

        if (instance->state < INSTANCE_STARTING)
            continue;
        blame_set(instance, CALLBACK_LIFE);
        if (instance->plugin->stop)
            instance->plugin->stop(instance->self);
        blame_clear();
        instance->state = INSTANCE_STOPPED;
    }
}

struct revocation {
    obs_instance *instance;
    size_t n_timers;
};

static void revoke_on_worker(obs_worker *worker, void *arg)
{
    struct revocation *revocation = arg;

    revocation->n_timers += timer_revoke(revocation->instance, worker);
}

/* Takes back what the plugin left, and says so. */
static int revoke_all(obs_instance *instance, struct runtime *runtime, int64_t deadline_ns)
{
    struct revocation revocation = {.instance = instance};
    int64_t left_ns = deadline_ns - obs_clock_mono_ns();
    int n_threads;

    for (uint32_t i = 0; i < runtime->n_workers; i++)
        worker_call(runtime->workers[i], revoke_on_worker, &revocation);
    if (revocation.n_timers > 0)
        obs_log(instance, OBS_LOG_WARN, "left %zu timers running after stop; revoked",
                revocation.n_timers);
    n_threads = thread_revoke(instance, left_ns > 0 ? left_ns : 0);
    if (n_threads < 0) {
        obs_log(instance, OBS_LOG_ERROR, "left a thread running that does not end");
        return n_threads;
    }
    if (n_threads > 0)
        obs_log(instance, OBS_LOG_WARN, "left %d threads to join after stop; joined", n_threads);
    return OBS_OK;
}

/* The first instance with callbacks under way; NULL when there is none. */
static obs_instance *find_busy(const struct set *set)
{
    for (size_t i = 0; i < set->n; i++) {
        if (ledger_in_flight(set->items[i]->ledger) > 0)
            return set->items[i];
    }
    return NULL;
}

/* Lets the workers turn until no post and no offloaded job is left. Afterwards
 * every worker has turned once more, so that no ledger is still being touched. */
static int settle(const struct set *set, struct runtime *runtime, int64_t deadline_ns)
{
    const struct timespec pause = {.tv_nsec = MS_NS / 2};
    obs_instance *busy;

    for (;;) {
        runtime_turn(runtime);
        busy = find_busy(set);
        if (!busy)
            break;
        if (obs_clock_mono_ns() > deadline_ns) {
            obs_log(busy, OBS_LOG_ERROR, "%zu posts, offloaded jobs or holds do not end",
                    ledger_in_flight(busy->ledger));
            return OBS_E_TIMEOUT;
        }
        nanosleep(&pause, NULL);
    }
    runtime_turn(runtime);
    return OBS_OK;
}

static void destroy_all(const struct set *set, struct runtime *runtime)
{
    for (size_t i = set->n; i-- > 0;) {
        obs_instance *instance = set->items[i];

        health_forget(runtime->health, instance);
        blame_set(instance, CALLBACK_LIFE);
        if (instance->state != INSTANCE_PLANNED && instance->plugin->destroy)
            instance->plugin->destroy(instance->self);
        blame_clear();
        instance->self = NULL;
        instance->state = INSTANCE_PLANNED;
    }
}

static int end_all(const struct set *set, struct runtime *runtime, int64_t deadline_ns)
{
    int rc;

    if (set->n == 0)
        return OBS_OK;
    stop_all(set, runtime);
    rc = settle(set, runtime, deadline_ns);
    for (size_t i = set->n; rc == OBS_OK && i-- > 0;)
        rc = revoke_all(set->items[i], runtime, deadline_ns);
    if (rc == OBS_OK)
        rc = settle(set, runtime, deadline_ns); /* a revoked thread may have posted */
    if (rc == OBS_OK)
        destroy_all(set, runtime);
    return rc;
}

int generation_retire(struct generation *generation, struct runtime *runtime, int64_t deadline_ns)
{
    struct set own = {generation->instances, generation_own(generation)};
    struct set rest = {generation->instances + own.n, 0};
    int rc = end_all(&own, runtime, deadline_ns);

    if (rc < 0)
        return rc; /* what still runs may need what it shares */
    rest.n = generation_let_go(generation, own.n);
    return end_all(&rest, runtime, deadline_ns);
}
