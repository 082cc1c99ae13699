/* SPDX-License-Identifier: Apache-2.0 */
/* Notices changes of files, for development: a rebuilt plugin is swapped in by
 * itself. */
#ifndef HOST_RUNTIME_WATCH_H
#define HOST_RUNTIME_WATCH_H

#include <observatory/base.h>
#include <uv.h>

struct watch;

/* Calls `changed(user)` some time after the last change of a watched file.
 * Errors: OBS_E_NOMEM. Thread: the loop's. */
OBS_MUST_CHECK int watch_open(uv_loop_t *loop, void (*changed)(void *user), void *user,
                              struct watch **ret_watch);

/* Watches the file at `path`, which may come and go; a no-op when it is watched
 * already. A file that cannot be watched is logged. */
void watch_add(struct watch *watch, const char *path);

/* The loop must turn before it is closed. NULL is a no-op. */
void watch_close(struct watch *watch);

#endif
