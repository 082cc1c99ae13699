/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a server: workers, generation, listeners, ready, drain, stop. */
#ifndef HOST_RUNTIME_SERVER_H
#define HOST_RUNTIME_SERVER_H

#include <observatory/base.h>

struct generation;
struct settings;

/* Serves, beginning with `generation`, which was planned and not started and is
 * taken, until a signal ends it; returns an exit code of sysexits(3).
 * `began_ns` is when the process began (monotonic), for the line that says
 * "ready". What stops the start goes to stderr. Thread: control. */
int server_run(struct settings *settings, struct generation *generation, int64_t began_ns);

#endif
