/* SPDX-License-Identifier: Apache-2.0 */
/* Threads as the host wants each of its own to be. */
#ifndef HOST_CORE_SPAWN_H
#define HOST_CORE_SPAWN_H

#include <observatory/base.h>
#include <pthread.h>

/* What handlers of crashes need: the register file of wide vector units, the
 * unwinder, a line of the log. */
#define SIGNAL_STACK_BYTES 65536

/* Starts `fn(arg)` in a thread that gets no signal but its own faults (others are
 * the main thread's), called `name` in ps and debuggers (15 bytes), with a stack
 * of its own for handlers, so that an overflow of the other one can be told. To
 * be joined. Errors: OBS_E_NOMEM. Thread: any. */
OBS_MUST_CHECK int spawn(pthread_t *ret_thread, const char *name, void *(*fn)(void *arg),
                         void *arg);

/* Handlers on the calling thread run on `stack` (SIGNAL_STACK_BYTES of it) from
 * now on; NULL: on no stack of their own. */
void spawn_signal_stack(char *stack);

#endif
