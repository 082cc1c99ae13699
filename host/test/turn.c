/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting is turning the loop. A tick wakes it every few milliseconds, because
 * what is waited for may come about on another thread. */
#include "test/test.h"

#include <stdlib.h>

#define MS_NS INT64_C(1000000)
#define TICK_MS 5

static void on_tick(uv_timer_t *tick)
{
    (void)tick; /* that the loop turned is all */
}

int test_turn_until(obs_test *t, int (*done)(void *user), void *user, int64_t timeout_ms)
{
    uv_loop_t *loop = &test_worker(t)->loop;
    int64_t until_ns = obs_clock_mono_ns() + timeout_ms * MS_NS;
    int result = done(user);

    if (result)
        return result;
    uv_update_time(loop);
    uv_timer_start(t->tick, on_tick, TICK_MS, TICK_MS);
    while (!result && obs_clock_mono_ns() < until_ns) {
        uv_run(loop, UV_RUN_ONCE);
        result = done(user);
    }
    uv_timer_stop(t->tick);
    test_reap(t);
    return result;
}

static int never(void *user)
{
    (void)user;
    return 0;
}

void obs_test_turn(obs_test *t, int64_t ms)
{
    if (test_running(t) == OBS_OK)
        (void)test_turn_until(t, never, /* user= */ NULL, ms);
}

int obs_test_until(obs_test *t, int (*done)(void *user), void *user)
{
    int rc = test_running(t);

    if (rc < 0)
        return rc;
    if (test_turn_until(t, done, user, t->timeout_ms))
        return OBS_OK;
    return test_fail(t, OBS_E_TIMEOUT, "what was waited for did not come within %lld ms",
                     (long long)t->timeout_ms);
}
