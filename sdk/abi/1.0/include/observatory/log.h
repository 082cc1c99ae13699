/* SPDX-License-Identifier: Apache-2.0 */
/* Structured log. Lines go to a bounded queue and are written by a thread of
 * the host; when the queue is full, lines are dropped and counted, callers
 * never wait. Newlines and control characters in values are escaped. */
#ifndef OBSERVATORY_LOG_H
#define OBSERVATORY_LOG_H

#include <observatory/base.h>

OBS_BEGIN_DECLS

typedef struct obs_instance obs_instance;

#define OBS_LOG_ERROR 0u
#define OBS_LOG_WARN 1u
#define OBS_LOG_INFO 2u
#define OBS_LOG_DEBUG 3u

/* 1 when lines of `level` are written now for this instance; lets callers skip
 * costly arguments.  Thread: [any].  Since: ABI 1.0. */
OBS_API int obs_log_enabled(const obs_instance *instance, uint32_t level);

/* Logs one formatted line under the instance's name. Say what was done to what
 * and what happens next ("..., retrying in 200 ms"). Never pass a secret.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API OBS_PRINTF(3, 4) void obs_log(obs_instance *instance, uint32_t level, const char *format,
                                      ...);

OBS_END_DECLS
#endif
