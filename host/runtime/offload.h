/* SPDX-License-Identifier: Apache-2.0 */
/* The pool for work that blocks. Bounded in threads and in waiting jobs; a
 * result always comes back to the worker that asked. */
#ifndef HOST_RUNTIME_OFFLOAD_H
#define HOST_RUNTIME_OFFLOAD_H

#include <observatory/worker.h>

struct offload_pool;

/* Starts `n_threads` threads with room for `queue_limit` waiting jobs. Errors:
 * OBS_E_NOMEM. Thread: control. */
OBS_MUST_CHECK int offload_create(uint32_t n_threads, uint32_t queue_limit,
                                  struct offload_pool **ret_pool);

/* Finishes what waits and ends the threads; the workers must still turn. NULL
 * is a no-op. Thread: control. */
void offload_destroy(struct offload_pool *pool);

#endif
