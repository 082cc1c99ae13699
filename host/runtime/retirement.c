/* SPDX-License-Identifier: Apache-2.0 */
/* Pins are read, not signalled: a request pays for no more than a count of its
 * own worker, and nobody minds when an old generation lives some milliseconds
 * longer. */
#include "runtime/retirement.h"

#include "core/spawn.h"
#include "http/http.h"
#include "runtime/runtime.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MS_NS INT64_C(1000000)
#define FIRST_PAUSE_NS (MS_NS / 4)
#define LAST_PAUSE_NS (20 * MS_NS)
#define REMIND_NS (60000 * MS_NS)

enum { DRAINING, STOPPING, STUCK, GONE };

struct retirement {
    struct generation *generation;
    struct runtime *runtime;
    uint64_t number;
    int64_t began_ns, drain_timeout_ns;
    _Atomic uint64_t pins;
    _Atomic uint32_t step;
    void (*ended)(void *user);
    void *user;
    pthread_t thread;
};

static void pause_for(int64_t ns)
{
    const struct timespec pause = {.tv_sec = ns / (1000 * MS_NS), .tv_nsec = ns % (1000 * MS_NS)};

    nanosleep(&pause, NULL);
}

struct cut {
    const struct generation *generation;
    size_t n;
};

static void cut_on_worker(obs_worker *worker, void *arg)
{
    struct cut *cut = arg;

    cut->n += http_worker_cut(worker, cut->generation);
}

static void cut_requests(const struct retirement *r)
{
    struct cut cut = {.generation = r->generation};

    for (uint32_t i = 0; i < r->runtime->n_workers; i++)
        worker_call(r->runtime->workers[i], cut_on_worker, &cut);
    obs_log(NULL, OBS_LOG_WARN,
            "generation %llu: reload.drain_timeout (%.1f s) is over, cut %zu requests off; %llu "
            "wait for a plugin",
            (unsigned long long)r->number, (double)r->drain_timeout_ns / (1000.0 * MS_NS), cut.n,
            (unsigned long long)generation_pins(r->generation));
}

/* Names whom the requests wait for, as far as that can be told from outside. */
static void remind(const struct retirement *r, int64_t age_ns)
{
    char names[256] = "";
    size_t len = 0;

    for (size_t i = 0; i < r->generation->n_instances && len < sizeof(names); i++) {
        const obs_instance *instance = r->generation->instances[i];

        if (atomic_load(&instance->replaced))
            len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", len ? ", " : "",
                                    instance->name);
    }
    obs_log(NULL, OBS_LOG_WARN,
            "generation %llu is %lld s old and %llu requests hold it; to go: %s",
            (unsigned long long)r->number, (long long)(age_ns / (1000 * MS_NS)),
            (unsigned long long)generation_pins(r->generation), names);
}

/* Returns when no request runs on the generation, and none ever will. */
static void wait_for_requests(struct retirement *r)
{
    int64_t pause_ns = FIRST_PAUSE_NS, reminded_ns = r->began_ns;
    uint64_t pins;
    bool cut = false;

    while ((pins = generation_pins(r->generation)) > 0) {
        int64_t now_ns = obs_clock_mono_ns();

        atomic_store(&r->pins, pins);
        if (!cut && now_ns - r->began_ns > r->drain_timeout_ns) {
            cut = true;
            cut_requests(r);
        }
        if (now_ns - reminded_ns > REMIND_NS) {
            reminded_ns = now_ns;
            remind(r, now_ns - r->began_ns);
        }
        pause_for(pause_ns);
        if (pause_ns < LAST_PAUSE_NS)
            pause_ns *= 2;
    }
    atomic_store(&r->pins, 0);
    runtime_turn(r->runtime); /* what unpinned the last one has returned, too */
}

static void *retire(void *arg)
{
    struct retirement *r = arg;
    int64_t deadline_ns;

    generation_drain(r->generation);
    wait_for_requests(r);
    atomic_store(&r->step, STOPPING);
    deadline_ns = obs_clock_mono_ns() + r->drain_timeout_ns;
    if (generation_retire(r->generation, r->runtime, deadline_ns) < 0) {
        obs_log(NULL, OBS_LOG_ERROR, "generation %llu cannot be freed; it stays until the end",
                (unsigned long long)r->number);
        atomic_store(&r->step, STUCK);
    } else {
        generation_destroy(r->generation);
        atomic_store(&r->step, GONE);
    }
    r->ended(r->user);
    return NULL;
}

int retirement_begin(struct generation *generation, struct runtime *runtime,
                     int64_t drain_timeout_ns, void (*ended)(void *user), void *user,
                     struct retirement **ret_retirement)
{
    struct retirement *r = calloc(1, sizeof(*r));
    int rc;

    if (!r)
        return OBS_E_NOMEM;
    r->generation = generation;
    r->runtime = runtime;
    r->number = generation->number;
    r->began_ns = obs_clock_mono_ns();
    r->drain_timeout_ns = drain_timeout_ns;
    r->ended = ended;
    r->user = user;
    rc = spawn(&r->thread, "obs-retire", retire, r);
    if (rc < 0) {
        free(r);
        return rc;
    }
    *ret_retirement = r;
    return OBS_OK;
}

struct retirement_status retirement_status(const struct retirement *r)
{
    static const char *const steps[] = {"draining", "stopping", "stuck", "gone"};

    return (struct retirement_status){
        .number = r->number,
        .pins = atomic_load(&r->pins),
        .age_ns = obs_clock_mono_ns() - r->began_ns,
        .step = steps[atomic_load(&r->step)],
    };
}

bool retirement_ended(const struct retirement *r)
{
    return atomic_load(&r->step) >= STUCK;
}

bool retirement_close(struct retirement *r)
{
    bool gone;

    pthread_join(r->thread, /* ret= */ NULL);
    gone = atomic_load(&r->step) == GONE;
    free(r);
    return gone;
}
