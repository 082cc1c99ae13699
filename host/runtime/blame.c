/* SPDX-License-Identifier: Apache-2.0 */
/* The slow path of blame.h. */
#include "runtime/blame.h"

#define MS_NS INT64_C(1000000)
#define SECOND_NS INT64_C(1000000000)

const char *const callback_names[N_CALLBACKS] = {
    [CALLBACK_NONE] = "host",
    [CALLBACK_HANDLER] = "handler",
    [CALLBACK_HOOK] = "hook",
    [CALLBACK_BODY] = "body reader",
    [CALLBACK_DRAIN] = "drain callback",
    [CALLBACK_ABORT] = "abort callback",
    [CALLBACK_TIMER] = "timer",
    [CALLBACK_POST] = "post",
    [CALLBACK_DONE] = "offload result",
    [CALLBACK_WORK] = "offloaded job",
    [CALLBACK_STATE] = "state hand-over",
    [CALLBACK_LIFE] = "life cycle",
    [CALLBACK_COMMAND] = "command",
    [CALLBACK_THREAD] = "thread",
};

_Thread_local struct pulse blame_pulse;
_Thread_local obs_instance *blame_instance;
_Atomic int64_t blame_limit = 50 * MS_NS;

static _Thread_local int64_t reported_ns;
static _Thread_local uint64_t n_slow;

void blame_report(int64_t held_ns)
{
    int64_t now_ns = obs_clock_mono_ns();

    n_slow++;
    if (reported_ns && now_ns - reported_ns < SECOND_NS)
        return;
    reported_ns = now_ns;
    obs_log(blame_instance, OBS_LOG_WARN,
            "a callback held its loop for %lld ms (limit %lld ms); other requests waited",
            (long long)(held_ns / MS_NS), (long long)(blame_limit_ns() / MS_NS));
}

uint64_t blame_count(void)
{
    return n_slow;
}
