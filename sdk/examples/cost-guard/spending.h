/* SPDX-License-Identifier: Apache-2.0 */
/* What was spent in the last while, asked from the store again and again by one
 * worker and read by all. */
#ifndef COST_GUARD_SPENDING_H
#define COST_GUARD_SPENDING_H

#include <observatory/observatory.h>
#include <observatory/store.h>

#include <stdatomic.h>

struct spending {
    obs_instance *instance;
    const obs_store *store;
    void *provider;
    obs_str project; /* empty: all projects */
    int64_t window_ns;

    /* of the worker that asks */
    obs_timer *timer;
    int64_t sum_nano_usd; /* of the search under way */
    int is_asking;

    _Atomic int64_t nano_usd; /* the last known figure; OBS_ABSENT: none yet */
};

/* Asks every `period_ms`, from now on. Errors: OBS_E_NOMEM. Thread: [worker]. */
OBS_MUST_CHECK int spending_watch(struct spending *spending, uint64_t period_ms);

/* Thread: [worker], the one that watches. An answer may still come. */
void spending_stop(struct spending *spending);

#endif
