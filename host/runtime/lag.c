/* SPDX-License-Identifier: Apache-2.0 */
/* The timer samples twice a second whatever the load is, so that the histogram
 * is not biased towards busy turns. libuv runs socket callbacks inside its poll
 * step, after it took the time; the check step right behind them therefore
 * sees how long they took together. */
#include "runtime/lag.h"

#include "runtime/blame.h"
#include "runtime/telemetry.h"

#include <stdlib.h>

#define PERIOD_MS 500 /* also how often an idle loop turns, at least: see stall.h */
#define MS_NS INT64_C(1000000)

struct lag {
    uv_timer_t timer;
    uv_check_t check;
    int64_t due_ns;
    uint64_t n_blamed; /* callbacks already reported under a plugin's name */
    int n_open;        /* handles not yet closed */
};

static void on_timer(uv_timer_t *timer)
{
    struct lag *lag = timer->data;
    int64_t now_ns = obs_clock_mono_ns();
    int64_t late_ns = now_ns - lag->due_ns;

    telemetry_loop_lag(late_ns > 0 ? late_ns : 0);
    lag->due_ns = now_ns + PERIOD_MS * MS_NS;
}

static void on_check(uv_check_t *check)
{
    struct lag *lag = check->data;
    uint64_t n_turns = atomic_load_explicit(&blame_pulse.n_turns, memory_order_relaxed);
    int64_t turn_ns = (int64_t)uv_hrtime() - (int64_t)uv_now(check->loop) * MS_NS;

    atomic_store_explicit(&blame_pulse.n_turns, n_turns + 1, memory_order_relaxed);
    if (turn_ns > blame_limit_ns() && blame_count() == lag->n_blamed)
        blame_report(turn_ns); /* nobody's name: the host's own */
    lag->n_blamed = blame_count();
}

static void on_closed(uv_handle_t *handle)
{
    struct lag *lag = handle->data;

    if (--lag->n_open == 0)
        free(lag);
}

int lag_open(uv_loop_t *loop, struct lag **ret_lag)
{
    struct lag *lag = calloc(1, sizeof(*lag));

    if (!lag)
        return OBS_E_NOMEM;
    uv_timer_init(loop, &lag->timer);
    uv_check_init(loop, &lag->check);
    lag->timer.data = lag->check.data = lag;
    lag->n_open = 2;
    lag->due_ns = obs_clock_mono_ns() + PERIOD_MS * MS_NS;
    uv_timer_start(&lag->timer, on_timer, PERIOD_MS, PERIOD_MS);
    uv_check_start(&lag->check, on_check);
    *ret_lag = lag;
    return OBS_OK;
}

void lag_close(struct lag *lag)
{
    if (!lag)
        return;
    uv_close((uv_handle_t *)&lag->timer, on_closed);
    uv_close((uv_handle_t *)&lag->check, on_closed);
}
