/* SPDX-License-Identifier: Apache-2.0 */
/* A worker is held while its count of turns stays what it was. How long is
 * known to a look: it began some time before it was first seen. Nothing of the
 * worker is waited for, and nothing of an instance is touched: a reload may be
 * freeing it at this moment. */
#include "runtime/stall.h"

#include "core/log_level.h"
#include "runtime/blame.h"
#include "runtime/health.h"
#include "runtime/telemetry.h"

#include <stdio.h>
#include <stdlib.h>

#define PERIOD_MS 250
#define MS_NS INT64_C(1000000)
#define SECOND_NS INT64_C(1000000000)

/* A worker as the main thread sees it. */
struct watched {
    uint64_t n_turns; /* as last seen */
    int64_t since_ns; /* when it was first seen so */
    int64_t tell_ns;  /* held this long it is logged next */
    uint32_t state;   /* OBS_HEALTHY, ... */
};

struct stall {
    uv_timer_t timer;
    struct runtime *runtime;
    struct stall_limits limits;
    int64_t looked_ns;
    struct watched workers[];
};

/* ---- telling -------------------------------------------------------------- */

/* The first moment after `held_ns` at which a stall is logged. */
static int64_t next_telling(const struct stall_limits *limits, int64_t held_ns)
{
    const int64_t moments[] = {limits->warning_ns, limits->unhealthy_ns, 10 * SECOND_NS,
                               60 * SECOND_NS};
    int64_t next = INT64_MAX;

    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++)
        if (moments[i] > held_ns && moments[i] < next)
            next = moments[i];
    return next;
}

/* Whom a stall is booked on. */
static const char *holder(const struct pulse *pulse)
{
    const struct log_source *source = atomic_load_explicit(&pulse->source, memory_order_acquire);

    if (source)
        return log_source_name(source);
    return atomic_load_explicit(&pulse->kind, memory_order_relaxed) ? "?" : "host";
}

static void report(const struct stall *stall, uint32_t index, uint32_t state, const char *detail)
{
    char component[32];

    snprintf(component, sizeof(component), "worker-%u", index);
    (void)health_set(stall->runtime->health, /* instance= */ NULL, component, state, detail);
}

/* Worker `index` has been held for `held_ns`, which is too long. */
static void tell(struct stall *stall, uint32_t index, const struct pulse *pulse, int64_t held_ns)
{
    struct watched *watched = &stall->workers[index];
    uint32_t state = held_ns < stall->limits.unhealthy_ns ? OBS_DEGRADED : OBS_UNHEALTHY;
    uint32_t kind = atomic_load_explicit(&pulse->kind, memory_order_relaxed);
    const char *name = holder(pulse);
    char text[160];

    if (kind == CALLBACK_NONE)
        snprintf(text, sizeof(text), "held for %.1f s by the host itself",
                 (double)held_ns / (double)SECOND_NS);
    else
        snprintf(text, sizeof(text), "held for %.1f s by plugin %s (%s)",
                 (double)held_ns / (double)SECOND_NS, name, callback_names[kind]);
    if (watched->state == OBS_HEALTHY) {
        telemetry_stall(name);
        telemetry_stalled(index, true);
    }
    watched->state = state;
    report(stall, index, state, text);
    if (held_ns < watched->tell_ns)
        return;
    watched->tell_ns = next_telling(&stall->limits, held_ns);
    obs_log(NULL, OBS_LOG_ERROR, "worker %u has been %s%s", index, text,
            state == OBS_UNHEALTHY ? ", the server is not ready" : "");
}

/* Worker `index` has turned. */
static void tell_end(struct stall *stall, uint32_t index, int64_t held_ns)
{
    obs_log(NULL, OBS_LOG_WARN, "worker %u turned again after %.1f s", index,
            (double)held_ns / (double)SECOND_NS);
    telemetry_stalled(index, false);
    report(stall, index, OBS_HEALTHY, "");
}

/* ---- looking -------------------------------------------------------------- */

static void look_at(struct stall *stall, uint32_t index, int64_t now_ns)
{
    const struct pulse *pulse = atomic_load(&stall->runtime->workers[index]->pulse);
    struct watched *watched = &stall->workers[index];
    uint64_t n_turns;

    if (!pulse)
        return; /* its thread is about to begin */
    n_turns = atomic_load_explicit(&pulse->n_turns, memory_order_relaxed);
    if (n_turns == watched->n_turns) {
        if (now_ns - watched->since_ns >= stall->limits.warning_ns)
            tell(stall, index, pulse, now_ns - watched->since_ns);
        return;
    }
    if (watched->state != OBS_HEALTHY)
        tell_end(stall, index, now_ns - watched->since_ns);
    *watched = (struct watched){.n_turns = n_turns, .since_ns = now_ns};
}

void stall_look(struct stall *stall)
{
    int64_t now_ns = obs_clock_mono_ns();
    bool late = now_ns - stall->looked_ns > 2 * PERIOD_MS * MS_NS;

    stall->looked_ns = now_ns;
    if (late)
        return; /* perhaps the whole process was stopped: the next look knows */
    for (uint32_t i = 0; i < stall->runtime->n_workers; i++)
        look_at(stall, i, now_ns);
}

static void on_timer(uv_timer_t *timer)
{
    stall_look(timer->data);
}

/* ---- open and close ------------------------------------------------------- */

void stall_limit(struct stall *stall, const struct stall_limits *limits)
{
    stall->limits = *limits;
}

int stall_open(uv_loop_t *loop, struct runtime *runtime, const struct stall_limits *limits,
               struct stall **ret_stall)
{
    struct stall *stall =
        calloc(1, sizeof(*stall) + runtime->n_workers * sizeof(stall->workers[0]));

    if (!stall)
        return OBS_E_NOMEM;
    stall->runtime = runtime;
    stall->limits = *limits;
    stall->looked_ns = obs_clock_mono_ns();
    for (uint32_t i = 0; i < runtime->n_workers; i++)
        stall->workers[i].since_ns = stall->looked_ns;
    uv_timer_init(loop, &stall->timer);
    stall->timer.data = stall;
    uv_timer_start(&stall->timer, on_timer, PERIOD_MS, PERIOD_MS);
    *ret_stall = stall;
    return OBS_OK;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void stall_close(struct stall *stall)
{
    if (stall)
        uv_close((uv_handle_t *)&stall->timer, on_closed);
}
