/* SPDX-License-Identifier: Apache-2.0 */
/* Workers that do not turn. blame.h measures a callback when it has returned;
 * here the main thread looks at the pulse of each worker, so that one that
 * never returns is told too: in the log, as the component "worker-N" of
 * /health, which the other workers answer, and in the metrics. */
#ifndef HOST_RUNTIME_STALL_H
#define HOST_RUNTIME_STALL_H

#include "runtime/runtime.h"

struct stall;

struct stall_limits {
    int64_t warning_ns;   /* over it a worker is degraded; at least STALL_LEAST_NS */
    int64_t unhealthy_ns; /* over it the server is not ready */
};

/* An idle loop turns twice a second and is looked at four times: what is below
 * this may be sleep. */
#define STALL_LEAST_NS INT64_C(1000000000)

/* Looks at the runtime's workers four times a second. Errors: OBS_E_NOMEM.
 * Thread: the loop's. */
OBS_MUST_CHECK int stall_open(uv_loop_t *loop, struct runtime *runtime,
                              const struct stall_limits *limits, struct stall **ret_stall);

/* Goes by other limits from now on. Thread: the loop's. */
void stall_limit(struct stall *stall, const struct stall_limits *limits);

/* Looks once. Thread: the loop's. */
void stall_look(struct stall *stall);

/* Comes before the end of the runtime; freed when the loop turns once more.
 * NULL is a no-op. Thread: the loop's. */
void stall_close(struct stall *stall);

#endif
