/* SPDX-License-Identifier: Apache-2.0 */
/* Whose code runs on this thread now, in what kind of callback, and for how
 * long: a callback that holds its loop is logged with the name of its instance.
 * Wrap every call into a plugin that happens on a loop:
 *
 *     struct blame outer = blame_enter(timer->instance, CALLBACK_TIMER);
 *     timer->fn(timer->user);
 *     blame_leave(outer);
 *
 * Two reads of the clock (about 40 ns together); nests. A callback that never
 * returns is not seen from here but by stall.h, through the thread's pulse. */
#ifndef HOST_RUNTIME_BLAME_H
#define HOST_RUNTIME_BLAME_H

#include "plugin/instance.h"

#include <observatory/worker.h>
#include <stdatomic.h>

enum callback {
    CALLBACK_NONE, /* the host's own code */
    CALLBACK_HANDLER,
    CALLBACK_HOOK,
    CALLBACK_BODY,  /* of obs_request_read_body() */
    CALLBACK_DRAIN, /* of obs_response_on_drain() */
    CALLBACK_ABORT, /* of obs_request_on_abort() */
    CALLBACK_TIMER,
    CALLBACK_POST,
    CALLBACK_DONE,  /* of obs_offload() */
    CALLBACK_WORK,  /* of obs_offload(), on the pool */
    CALLBACK_STATE, /* export_state() and import_state() */
    CALLBACK_LIFE,  /* create(), start(), ... */
    CALLBACK_COMMAND,
    CALLBACK_THREAD, /* a thread of the plugin's own */
    N_CALLBACKS
};

/* "handler", "timer", ... */
extern const char *const callback_names[N_CALLBACKS];

/* What a thread shows of itself to another one that watches it. It alone
 * writes, without ever waiting. `source` and `kind` are two words: who looks
 * while callbacks come and go may see the kind of one and the source of the
 * next, but nothing is stuck then. */
struct pulse {
    _Atomic uint64_t n_turns;                  /* of its loop */
    _Atomic(const struct log_source *) source; /* outlives the instance; NULL: it has none */
    _Atomic uint32_t kind;                     /* enum callback */
};

extern _Thread_local struct pulse blame_pulse;

/* The instance whose callback runs; NULL while the host's own code does. */
extern _Thread_local obs_instance *blame_instance;

/* Callbacks longer than this are reported, nanoseconds. */
extern _Atomic int64_t blame_limit;

static inline int64_t blame_limit_ns(void)
{
    return atomic_load_explicit(&blame_limit, memory_order_relaxed);
}

/* Thread: any. */
static inline void blame_set_limit(int64_t limit_ns)
{
    atomic_store_explicit(&blame_limit, limit_ns, memory_order_relaxed);
}

struct blame {
    obs_instance *instance;
    enum callback kind;
    int64_t began_ns;
};

/* Logs that `blame_instance` held the loop; at most once a second a thread. */
void blame_report(int64_t held_ns);

/* How many callbacks of this thread were over the limit. */
uint64_t blame_count(void);

static inline enum callback blame_kind(void)
{
    return (enum callback)atomic_load_explicit(&blame_pulse.kind, memory_order_relaxed);
}

/* Says what runs, for callers that measure the time themselves or not at all. */
static inline void blame_set(obs_instance *instance, enum callback kind)
{
    blame_instance = instance;
    atomic_store_explicit(&blame_pulse.kind, kind, memory_order_relaxed);
    /* release: who sees the source sees its name */
    atomic_store_explicit(&blame_pulse.source, instance ? instance->log : NULL,
                          memory_order_release);
}

static inline void blame_clear(void)
{
    blame_set(/* instance= */ NULL, CALLBACK_NONE);
}

static inline struct blame blame_enter_at(obs_instance *instance, enum callback kind,
                                          int64_t now_ns)
{
    struct blame outer = {blame_instance, blame_kind(), now_ns};

    blame_set(instance, kind);
    return outer;
}

static inline void blame_leave_at(struct blame outer, int64_t now_ns)
{
    if (now_ns - outer.began_ns > blame_limit_ns())
        blame_report(now_ns - outer.began_ns);
    blame_set(outer.instance, outer.kind);
}

static inline struct blame blame_enter(obs_instance *instance, enum callback kind)
{
    return blame_enter_at(instance, kind, obs_clock_mono_ns());
}

static inline void blame_leave(struct blame outer)
{
    blame_leave_at(outer, obs_clock_mono_ns());
}

#endif
