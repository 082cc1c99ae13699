/* SPDX-License-Identifier: Apache-2.0 */
/* Threads of plugins, as the ledger sees them. */
#ifndef HOST_RUNTIME_THREAD_H
#define HOST_RUNTIME_THREAD_H

#include <observatory/worker.h>

/* Joins the threads that `instance` left running, waiting at most `timeout_ns`
 * in all. Returns how many there were, or OBS_E_TIMEOUT when one goes on: then
 * the instance's memory must stay. Thread: control. */
int thread_revoke(obs_instance *instance, int64_t timeout_ns);

#endif
