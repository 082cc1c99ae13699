/* SPDX-License-Identifier: Apache-2.0 */
/* What operators can do to a running server besides ending it: the questions of
 * the control socket, and reloading by itself when files change. */
#ifndef HOST_RUNTIME_OPERATIONS_H
#define HOST_RUNTIME_OPERATIONS_H

#include <observatory/base.h>
#include <uv.h>

struct http_server;
struct operations;
struct reloader;
struct runtime;

/* Opens the control socket and, if configured, watches the files. On failure a
 * sentence is in `error`. Errors: OBS_E_INVALID, OBS_E_NOMEM. Thread: control. */
OBS_MUST_CHECK int operations_open(uv_loop_t *loop, struct runtime *runtime,
                                   struct http_server *http, struct reloader *reloader,
                                   struct operations **ret_operations, char *error,
                                   size_t error_size);

/* A reload has switched: other files may matter now. Thread: control. */
void operations_follow(struct operations *operations);

/* The loop must turn before it is closed. NULL is a no-op. Thread: control. */
void operations_close(struct operations *operations);

#endif
