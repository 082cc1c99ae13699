/* SPDX-License-Identifier: Apache-2.0 */
/* A name comes first, because it says what whoever opened the socket had in
 * mind: the bound address of "localhost:0" can be known to nobody else. */
#include "http/inherited.h"

#include "http/server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

static struct {
    int fd; /* -1: taken */
    char name[INHERITED_NAME_BYTES];
} table[INHERITED_MAX];
static size_t n_inherited;

/* ---- opening ----------------------------------------------------------------- */

static long number_of(const char *variable)
{
    const char *text = getenv(variable);

    return text ? strtol(text, /* end= */ NULL, 10) : 0;
}

/* The next of the names that colons part, "" when there are no more. */
static void next_name(const char **names, char *name)
{
    size_t len = *names ? strcspn(*names, ":") : 0;

    snprintf(name, INHERITED_NAME_BYTES, "%.*s", (int)len, len ? *names : "");
    if (*names)
        *names = (*names)[len] ? *names + len + 1 : NULL;
}

/* Others that accept from it may have set it to wait. */
static void prepare(int fd)
{
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void inherited_open(void)
{
    const char *names = getenv("LISTEN_FDNAMES");
    long n = number_of("LISTEN_PID") == getpid() ? number_of("LISTEN_FDS") : 0;

    n_inherited = n < 0 ? 0 : n < INHERITED_MAX ? (size_t)n : INHERITED_MAX;
    for (size_t i = 0; i < n_inherited; i++) {
        table[i].fd = INHERITED_FIRST_FD + (int)i;
        next_name(&names, table[i].name);
        prepare(table[i].fd);
    }
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDNAMES");
}

/* ---- matching ---------------------------------------------------------------- */

void inherited_name(obs_str configured, char *name)
{
    snprintf(name, INHERITED_NAME_BYTES, "%.*s", OBS_STR_ARG(configured));
    for (; *name; name++)
        if (*name == ':')
            *name = ';';
}

static bool is_stream(int fd)
{
    socklen_t len = sizeof(int);
    int type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

static bool is_bound_to(int fd, const struct sockaddr *wanted)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in4;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
    } bound = {.un = {.sun_path = ""}};
    const struct sockaddr_in *in4 = (const void *)wanted;
    const struct sockaddr_in6 *in6 = (const void *)wanted;
    const struct sockaddr_un *un = (const void *)wanted;
    socklen_t len = sizeof(bound);

    if (getsockname(fd, &bound.any, &len) < 0 || bound.any.sa_family != wanted->sa_family)
        return false;
    switch (wanted->sa_family) {
    case AF_INET:
        return bound.in4.sin_port == in4->sin_port &&
               bound.in4.sin_addr.s_addr == in4->sin_addr.s_addr;
    case AF_INET6:
        return bound.in6.sin6_port == in6->sin6_port &&
               bound.in6.sin6_scope_id == in6->sin6_scope_id &&
               memcmp(&bound.in6.sin6_addr, &in6->sin6_addr, sizeof(in6->sin6_addr)) == 0;
    case AF_UNIX:
        return strncmp(bound.un.sun_path, un->sun_path, sizeof(un->sun_path)) == 0;
    default:
        return false;
    }
}

static int take(size_t i)
{
    int fd = table[i].fd;

    table[i].fd = -1;
    return fd;
}

int inherited_take(obs_str configured, const struct sockaddr *address)
{
    char name[INHERITED_NAME_BYTES];

    inherited_name(configured, name);
    for (size_t i = 0; i < n_inherited; i++) {
        if (strcmp(table[i].name, name) == 0 && is_stream(table[i].fd))
            return take(i);
    }
    for (size_t i = 0; i < n_inherited; i++) {
        if (is_stream(table[i].fd) && is_bound_to(table[i].fd, address))
            return take(i);
    }
    return -1;
}

void inherited_close(void)
{
    for (size_t i = 0; i < n_inherited; i++) {
        char *address;

        if (table[i].fd < 0)
            continue;
        address = listener_address(table[i].fd);
        obs_log(NULL, OBS_LOG_WARN,
                "inherited descriptor %d (%s%s%s) is no stream socket for an address of `listen`, "
                "closing it",
                table[i].fd, table[i].name, table[i].name[0] ? ", " : "",
                address ? address : "no socket");
        free(address);
        close(table[i].fd);
    }
    n_inherited = 0;
}
