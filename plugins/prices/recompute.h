/* SPDX-License-Identifier: Apache-2.0 */
/* Pricing what is stored anew: one job at a time, in small steps on one worker, so
 * that nobody else is held up. Its state is a record of the store, and so it goes on
 * after a restart, here or in another process. */
#ifndef PRICES_RECOMPUTE_H
#define PRICES_RECOMPUTE_H

#include "prices.h"
#include "recompute_job.h"

/* NULL when out of memory. Thread: control. */
struct recompute *recompute_create(struct prices *prices);
void recompute_destroy(struct recompute *recompute);

/* Looks for a job that nobody works at, and goes on with it. Thread: worker. */
void recompute_resume(struct recompute *recompute);

/* Begins `job`. Errors: OBS_E_CONFLICT (one is under way here), OBS_E_NOMEM.
 * Thread: worker. */
int recompute_begin(struct recompute *recompute, const struct recompute_job *job);

/* Ends the work at the next step; the record says that it is unfinished.
 * Thread: control. */
void recompute_stop(struct recompute *recompute);

/* Leaves nothing on a worker that the instance leaves. Thread: that worker. */
void recompute_leave(struct recompute *recompute, const obs_worker *worker);

/* An obs_merge_fn: prices the stored span anew, keeping the figure that it had.
 * `user` is the struct prices. */
int recompute_merge(const struct prices *prices, const obs_span *stored, obs_arena *arena,
                    obs_span *ret_span);

#endif
