/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of the supervisor: what a child takes over from the process
 * that started it, and what it tells. Without a supervisor all are no-ops. */
#ifndef HOST_RUNTIME_SUPERVISED_H
#define HOST_RUNTIME_SUPERVISED_H

#include <observatory/base.h>

/* "PID FD" of the supervisor and of the child's end of a socket. Over it, as one
 * message each, the supervisor tells how the child before ended, and the child
 * how it ends (crash.h). */
#define SUPERVISOR_VARIABLE "OBSERVATORY_SUPERVISOR"

/* Room for either. */
#define SUPERVISOR_MESSAGE_BYTES 256

/* Removes the variable from the environment; from now on the process gets a
 * SIGTERM when its supervisor dies. Errors: OBS_E_CLOSED: it has died already.
 * Thread: control, before there are others. */
OBS_MUST_CHECK int supervised_open(void);

/* Logs how the child before ended. Thread: control. */
void supervised_report(void);

#endif
