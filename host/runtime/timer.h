/* SPDX-License-Identifier: Apache-2.0 */
/* Timers of plugins, as the ledger sees them. */
#ifndef HOST_RUNTIME_TIMER_H
#define HOST_RUNTIME_TIMER_H

#include <observatory/worker.h>

/* Stops every timer that `instance` left on this worker and returns how many.
 * Thread: the worker. */
size_t timer_revoke(obs_instance *instance, const obs_worker *worker);

#endif
