/* SPDX-License-Identifier: Apache-2.0 */
/* The wish to die with the supervisor is uttered here and not by whoever forked,
 * since the kernel forgets it at the exec of a file with capabilities. */
#include "runtime/supervised.h"

#include "runtime/crash.h"

#include <observatory/log.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static char before[SUPERVISOR_MESSAGE_BYTES]; /* how the child before ended */

int supervised_open(void)
{
    const char *text = getenv(SUPERVISOR_VARIABLE);
    int supervisor, fd;
    ssize_t n;

    if (!text || sscanf(text, "%d %d", &supervisor, &fd) != 2)
        return OBS_OK;
    unsetenv(SUPERVISOR_VARIABLE);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != supervisor)
        return OBS_E_CLOSED;
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    n = recv(fd, before, sizeof(before) - 1, MSG_DONTWAIT);
    before[n > 0 ? n : 0] = '\0';
    crash_tell(fd);
    return OBS_OK;
}

void supervised_report(void)
{
    if (before[0])
        obs_log(NULL, OBS_LOG_WARN, "restarted after %s", before);
}
