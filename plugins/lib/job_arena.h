/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for work off the loop: the request's own arena is the worker's. */
#ifndef PLUGINS_LIB_JOB_ARENA_H
#define PLUGINS_LIB_JOB_ARENA_H

#include <observatory/request.h>

/* An arena of at most `limit_bytes` (0: no limit) that ends with the request; NULL
 * when out of memory. Thread: [worker]. */
obs_arena *job_arena(obs_request *req, size_t limit_bytes);

#endif
