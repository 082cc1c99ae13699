/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the generation in use when the server ends. Plugins are called on a
 * thread of its own, so that one that does not return cannot keep the process. */
#ifndef HOST_RUNTIME_ENDING_H
#define HOST_RUNTIME_ENDING_H

#include "plugin/generation.h"

struct ending;

/* Drains the plugins, and then waits for ending_stop(). `ended(user)` is called
 * on the thread when it is over. Errors: OBS_E_NOMEM. Thread: control. */
OBS_MUST_CHECK int ending_begin(struct generation *generation, struct runtime *runtime,
                                void (*ended)(void *user), void *user, struct ending **ret_ending);

/* No request is left: stops and destroys the plugins until `deadline_ns`
 * (monotonic). Thread: control. */
void ending_stop(struct ending *ending, int64_t deadline_ns);

bool ending_is_over(const struct ending *ending);

/* Whose stop() is being called, or would be next; NULL when all have ended.
 * Thread: any. */
const char *ending_waits_for(const struct ending *ending);

/* Joins the thread, which is over, and frees. False when plugins still run, and
 * nothing that they use may be freed. NULL is a no-op. Thread: control. */
bool ending_close(struct ending *ending);

#endif
