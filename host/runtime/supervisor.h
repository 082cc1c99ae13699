/* SPDX-License-Identifier: Apache-2.0 */
/* `serve --supervise`: a small process that opens the listening sockets, runs
 * the server as its child and starts it again after a crash. Its copies of the
 * sockets keep the addresses open in between: clients wait instead of being
 * refused. */
#ifndef HOST_RUNTIME_SUPERVISOR_H
#define HOST_RUNTIME_SUPERVISOR_H

#include <stddef.h>

/* What the server is started with; borrowed. */
struct supervisor_spec {
    const char *config;
    const char *const *sets;
    size_t n_sets;
};

/* Runs until the server has ended for good: after TERM or INT, with exit code 0,
 * or on its first start with EX_CONFIG or EX_USAGE. Returns its exit code, or
 * 128 and the signal that ended it. Thread: the only one. */
int supervisor_run(const struct supervisor_spec *spec);

#endif
