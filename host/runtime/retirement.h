/* SPDX-License-Identifier: Apache-2.0 */
/* The end of one generation, on a thread of its own: it waits for the requests
 * that began on it, and a plugin that does not stop holds nobody else up. */
#ifndef HOST_RUNTIME_RETIREMENT_H
#define HOST_RUNTIME_RETIREMENT_H

#include "plugin/generation.h"

struct retirement;

/* How far it has come, for operators. */
struct retirement_status {
    uint64_t number; /* of the generation */
    uint64_t pins;
    int64_t age_ns;   /* since it was replaced */
    const char *step; /* "draining", "stopping", "stuck", "gone" */
};

/* Retires `generation`, which is current no longer. Requests that are still
 * there after `drain_timeout_ns` are cut. `ended(user)` is called on the new
 * thread when it is over. Errors: OBS_E_NOMEM. Thread: control. */
OBS_MUST_CHECK int retirement_begin(struct generation *generation, struct runtime *runtime,
                                    int64_t drain_timeout_ns, void (*ended)(void *user), void *user,
                                    struct retirement **ret_retirement);

struct retirement_status retirement_status(const struct retirement *retirement);

/* Whether the thread is done: the generation is gone, or stuck for good. */
bool retirement_ended(const struct retirement *retirement);

/* Joins the thread and frees. False when the generation is stuck: then plugins
 * still run and nothing that they use may be freed. Thread: control. */
bool retirement_close(struct retirement *retirement);

#endif
