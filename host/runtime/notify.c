/* SPDX-License-Identifier: Apache-2.0 */
/* By hand, because libsystemd is not worth a dependency: a datagram to a UNIX
 * socket, path or abstract ("@name"). See sd_notify(3), sd_watchdog_enabled(3). */
#include "runtime/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct notify {
    int fd; /* -1: nobody listens */
    socklen_t address_size;
    struct sockaddr_un address;
    uint64_t watchdog_ms;
};

static int parse_address(const char *text, struct notify *notify)
{
    size_t len = strlen(text);

    if ((text[0] != '/' && text[0] != '@') || len < 2 || len >= sizeof(notify->address.sun_path))
        return OBS_E_INVALID;
    notify->address.sun_family = AF_UNIX;
    memcpy(notify->address.sun_path, text, len);
    if (text[0] == '@')
        notify->address.sun_path[0] = '\0';
    notify->address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    return OBS_OK;
}

static uint64_t watchdog_from_environment(void)
{
    const char *usec = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");

    if (!usec || (pid && strtol(pid, NULL, 10) != getpid()))
        return 0;
    return strtoull(usec, NULL, 10) / 2000;
}

int notify_open(struct notify **ret_notify)
{
    const char *address = getenv("NOTIFY_SOCKET");
    struct notify *notify = calloc(1, sizeof(*notify));
    int rc;

    if (!notify)
        return OBS_E_NOMEM;
    notify->fd = -1;
    if (address && address[0]) {
        rc = parse_address(address, notify);
        if (rc < 0)
            goto fail;
        notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        rc = notify->fd < 0 ? OBS_E_INTERNAL : OBS_OK;
        if (rc < 0)
            goto fail;
        notify->watchdog_ms = watchdog_from_environment();
    }
    *ret_notify = notify;
    return OBS_OK;

fail:
    notify_close(notify);
    return rc;
}

void notify_close(struct notify *notify)
{
    if (!notify)
        return;
    if (notify->fd >= 0)
        close(notify->fd);
    free(notify);
}

void notify_send(const struct notify *notify, const char *format, ...)
{
    char text[512];
    va_list args;
    int len;

    if (!notify || notify->fd < 0)
        return;
    va_start(args, format);
    len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof(text))
        return; /* half a message could say something else */
    (void)!sendto(notify->fd, text, (size_t)len, MSG_NOSIGNAL,
                  (const struct sockaddr *)&notify->address, notify->address_size);
}

uint64_t notify_watchdog_ms(const struct notify *notify)
{
    return notify ? notify->watchdog_ms : 0;
}
