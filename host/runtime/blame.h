/* SPDX-License-Identifier: Apache-2.0 */
/* Whose code runs on this thread now, and for how long: a callback that holds
 * its loop is logged with the name of its instance. Wrap every call into a
 * plugin that happens on a loop:
 *
 *     struct blame outer = blame_enter(endpoint->instance);
 *     rc = endpoint->decl->handler(req, endpoint->instance->self);
 *     blame_leave(outer);
 *
 * Two reads of the clock (about 40 ns together); nests. */
#ifndef HOST_RUNTIME_BLAME_H
#define HOST_RUNTIME_BLAME_H

#include <observatory/worker.h>

struct blame {
    obs_instance *instance;
    int64_t began_ns;
};

/* The instance whose callback runs; NULL while the host's own code does. */
extern _Thread_local obs_instance *blame_instance;

/* Callbacks longer than this are reported, nanoseconds. Set before the workers
 * begin, constant afterwards. */
extern int64_t blame_limit_ns;

/* Logs that `blame_instance` held the loop; at most once a second a thread. */
void blame_report(int64_t held_ns);

/* How many callbacks of this thread were over the limit. */
uint64_t blame_count(void);

static inline struct blame blame_enter(obs_instance *instance)
{
    struct blame outer = {blame_instance, obs_clock_mono_ns()};

    blame_instance = instance;
    return outer;
}

static inline void blame_leave(struct blame outer)
{
    int64_t held_ns = obs_clock_mono_ns() - outer.began_ns;

    if (held_ns > blame_limit_ns)
        blame_report(held_ns);
    blame_instance = outer.instance;
}

#endif
