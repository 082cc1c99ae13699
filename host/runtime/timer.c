/* SPDX-License-Identifier: Apache-2.0 */
/* A timer is a libuv timer on the worker's loop plus an entry in the list that
 * the instance's ledger keeps for this worker; only that worker touches it. */
#include "runtime/timer.h"

#include "plugin/instance.h"
#include "plugin/ledger.h"
#include "runtime/blame.h"
#include "runtime/misuse.h"
#include "runtime/worker.h"

#include <assert.h>
#include <stdlib.h>

#define MS_NS UINT64_C(1000000)

struct obs_timer {
    struct ledger_entry entry; /* first: timer_revoke() casts back */
    uv_timer_t uv;
    obs_instance *instance;
    void (*fn)(void *user);
    void *user;
};

static void on_fire(uv_timer_t *uv)
{
    obs_timer *timer = uv->data;
    struct blame outer = blame_enter(timer->instance, CALLBACK_TIMER);

    timer->fn(timer->user); /* may stop the timer: it lives until its close callback */
    blame_leave(outer);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* uv_timer_start() counts from the time the loop's turn began; a callback that
 * ran for a while would otherwise get its timer early. */
static uint64_t behind_ms(const uv_loop_t *loop)
{
    uint64_t now_ms = uv_hrtime() / MS_NS;

    return now_ms > uv_now(loop) ? now_ms - uv_now(loop) : 0;
}

int obs_timer_start(obs_instance *instance, uint64_t delay_ms, uint64_t period_ms,
                    void (*fn)(void *user), void *user, obs_timer **ret_timer)
{
    obs_worker *worker = obs_worker_current();
    obs_timer *timer;

    assert(instance && fn && ret_timer);
    MISUSE_UNLESS_WORKER(instance, "a timer belongs to a worker; obs_post() gets there");
    timer = calloc(1, sizeof(*timer));
    if (!timer)
        return OBS_E_NOMEM;
    timer->instance = instance;
    timer->fn = fn;
    timer->user = user;
    timer->uv.data = timer;
    uv_timer_init(&worker->loop, &timer->uv);
    uv_timer_start(&timer->uv, on_fire, delay_ms + behind_ms(&worker->loop), period_ms);
    ledger_link(&instance->ledger->timers[worker->index], &timer->entry);
    *ret_timer = timer;
    return OBS_OK;
}

void obs_timer_stop(obs_timer *timer)
{
    if (!timer)
        return;
    MISUSE_UNLESS(timer->uv.loop->data == obs_worker_current(), .function = __func__,
                  .plugin = timer->instance->name,
                  .what = "on a thread that is not the timer's worker",
                  .right = "stop it where it was started; obs_post() gets there");
    MISUSE_UNLESS(!uv_is_closing((uv_handle_t *)&timer->uv), .function = __func__,
                  .plugin = timer->instance->name, .what = "on a timer that was stopped before",
                  .right = "the first stop frees it, forget it then");
    ledger_unlink(&timer->entry);
    uv_close((uv_handle_t *)&timer->uv, on_closed); /* stops it too */
}

size_t timer_revoke(obs_instance *instance, const obs_worker *worker)
{
    struct ledger_entry *list = &instance->ledger->timers[worker->index];
    size_t n = 0;

    for (; !ledger_is_empty(list); n++)
        obs_timer_stop((obs_timer *)list->next);
    instance->ledger->n_revoked += n;
    return n;
}
