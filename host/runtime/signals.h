/* SPDX-License-Identifier: Apache-2.0 */
/* Signals of the process, delivered to a loop of the main thread. SIGPIPE is
 * ignored: libuv 1.44 does not ask the kernel to keep it away. */
#ifndef HOST_RUNTIME_SIGNALS_H
#define HOST_RUNTIME_SIGNALS_H

#include <uv.h>

struct signals;

/* Calls `fn(signal_number, user)` on `loop` for TERM, INT, HUP, USR1 and USR2. After
 * the first TERM or INT both get their default action back: a second one ends
 * the process at once, whatever it is doing. One at a time in a process.
 * Errors: OBS_E_NOMEM. Thread: control. */
int signals_open(uv_loop_t *loop, void (*fn)(int signal_number, void *user), void *user,
                 struct signals **ret_signals);

/* Restores the default actions; freed when the loop turns once more. NULL is a
 * no-op. Thread: control. */
void signals_close(struct signals *signals);

#endif
