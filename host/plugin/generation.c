/* SPDX-License-Identifier: Apache-2.0 */
/* The life cycle of a set of instances. Users of a service start after its
 * provider and end before it; no instance is destroyed while a callback of any
 * other is under way, because callbacks cross from one to the next. */
#include "plugin/generation.h"

#include "http/route.h"
#include "plugin/ledger.h"
#include "plugin/service.h"
#include "runtime/health.h"
#include "runtime/runtime.h"
#include "runtime/telemetry.h"
#include "runtime/thread.h"
#include "runtime/timer.h"

#include <time.h>

#define MS_NS INT64_C(1000000)

/* ---- start ---------------------------------------------------------------- */

static int create_instance(obs_instance *instance)
{
    const obs_plugin *plugin = instance->plugin;
    int rc = OBS_OK;

    if (plugin->create)
        rc = plugin->create(instance, instance->config, &instance->self);
    if (rc < 0)
        obs_log(instance, OBS_LOG_ERROR, "create failed: %s", obs_error(rc)->text);
    return rc;
}

static int create_all(struct generation *generation)
{
    for (size_t i = 0; i < generation->n_instances; i++) {
        obs_instance *instance = generation->instances[i];
        const char *missing;
        int rc = create_instance(instance);

        if (rc < 0)
            return rc;
        generation->n_created++;
        missing = service_missing(instance);
        if (missing) {
            obs_log(instance, OBS_LOG_ERROR, "create did not provide %s, which it declares",
                    missing);
            return OBS_E_INVALID;
        }
    }
    return OBS_OK;
}

static int start_all(struct generation *generation)
{
    for (size_t i = 0; i < generation->n_instances; i++) {
        obs_instance *instance = generation->instances[i];
        int rc = OBS_OK;

        generation->n_started++; /* stop() follows a failed start() too */
        if (instance->plugin->start)
            rc = instance->plugin->start(instance->self);
        if (rc < 0) {
            obs_log(instance, OBS_LOG_ERROR, "start failed: %s", obs_error(rc)->text);
            return rc;
        }
        instance->state = INSTANCE_STARTED;
    }
    return OBS_OK;
}

struct worker_step {
    obs_instance *instance;
    int rc;
};

static void start_on_worker(obs_worker *worker, void *arg)
{
    struct worker_step *step = arg;
    obs_instance *instance = step->instance;

    step->rc = OBS_OK;
    if (instance->plugin->worker_start)
        step->rc = instance->plugin->worker_start(instance->self, worker,
                                                  &instance->contexts[worker->index]);
}

static int start_on_workers(obs_instance *instance, struct runtime *runtime)
{
    struct worker_step step = {.instance = instance};

    for (uint32_t i = 0; i < runtime->n_workers; i++) {
        worker_call(runtime->workers[i], start_on_worker, &step);
        if (step.rc < 0) {
            obs_log(instance, OBS_LOG_ERROR, "start on worker %u failed: %s", i,
                    obs_error(step.rc)->text);
            return step.rc;
        }
        instance->n_workers++;
    }
    return OBS_OK;
}

int generation_start(struct generation *generation, struct runtime *runtime)
{
    int rc = create_all(generation);

    if (rc == OBS_OK)
        rc = start_all(generation);
    for (size_t i = 0; rc == OBS_OK && i < generation->n_instances; i++)
        rc = start_on_workers(generation->instances[i], runtime);
    for (size_t i = 0; rc == OBS_OK && i < generation->n_instances; i++) {
        const obs_plugin *plugin = generation->instances[i]->plugin;

        telemetry_plugin(plugin->name, plugin->version, /* present= */ true);
    }
    if (rc == OBS_OK)
        telemetry_generation(generation->number);
    return rc;
}

/* ---- end ------------------------------------------------------------------ */

void generation_drain(struct generation *generation)
{
    for (size_t i = generation->n_started; i-- > 0;) {
        obs_instance *instance = generation->instances[i];

        if (instance->state != INSTANCE_STARTED)
            continue;
        instance->state = INSTANCE_DRAINING;
        if (instance->plugin->drain)
            instance->plugin->drain(instance->self);
    }
}

static void stop_on_worker(obs_worker *worker, void *arg)
{
    obs_instance *instance = arg;

    if (instance->plugin->worker_stop)
        instance->plugin->worker_stop(instance->self, worker, instance->contexts[worker->index]);
    instance->contexts[worker->index] = NULL;
}

static void stop_all(struct generation *generation, struct runtime *runtime)
{
    for (size_t i = generation->n_started; i-- > 0;) {
        obs_instance *instance = generation->instances[i];

        while (instance->n_workers > 0)
            worker_call(runtime->workers[--instance->n_workers], stop_on_worker, instance);
    }
    for (size_t i = generation->n_started; i-- > 0;) {
        obs_instance *instance = generation->instances[i];

        if (instance->plugin->stop)
            instance->plugin->stop(instance->self);
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
static obs_instance *find_busy(const struct generation *generation)
{
    for (size_t i = 0; i < generation->n_created; i++) {
        if (ledger_in_flight(generation->instances[i]->ledger) > 0)
            return generation->instances[i];
    }
    return NULL;
}

/* Lets the workers turn until no post and no offloaded job is left. Afterwards
 * every worker has turned once more, so that no ledger is still being touched. */
static int settle(struct generation *generation, struct runtime *runtime, int64_t deadline_ns)
{
    const struct timespec pause = {.tv_nsec = MS_NS / 2};
    obs_instance *busy;

    for (;;) {
        runtime_turn(runtime);
        busy = find_busy(generation);
        if (!busy)
            break;
        if (obs_clock_mono_ns() > deadline_ns) {
            obs_log(busy, OBS_LOG_ERROR, "%zu posts or offloaded jobs do not end",
                    ledger_in_flight(busy->ledger));
            return OBS_E_TIMEOUT;
        }
        nanosleep(&pause, NULL);
    }
    runtime_turn(runtime);
    return OBS_OK;
}

static void destroy_all(struct generation *generation, struct runtime *runtime)
{
    while (generation->n_created > 0) {
        obs_instance *instance = generation->instances[--generation->n_created];

        health_forget(runtime->health, instance);
        if (instance->plugin->destroy)
            instance->plugin->destroy(instance->self);
        instance->self = NULL;
    }
}

int generation_retire(struct generation *generation, struct runtime *runtime, int64_t deadline_ns)
{
    int rc;

    stop_all(generation, runtime);
    rc = settle(generation, runtime, deadline_ns);
    for (size_t i = generation->n_created; rc == OBS_OK && i-- > 0;)
        rc = revoke_all(generation->instances[i], runtime, deadline_ns);
    if (rc == OBS_OK)
        rc = settle(generation, runtime, deadline_ns); /* a revoked thread may have posted */
    if (rc < 0)
        return rc;
    destroy_all(generation, runtime);
    generation->n_started = 0;
    return OBS_OK;
}

void generation_destroy(struct generation *generation)
{
    if (!generation)
        return;
    router_destroy(generation->router);
    for (size_t i = 0; i < generation->n_instances; i++)
        instance_destroy(generation->instances[i]);
    obs_arena_destroy(generation->arena); /* the generation itself is in it */
}
