/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets: bound once, then watched by every worker (accept.c). What
 * goes wrong is told in a sentence, since the operator reads it on the terminal. */
#include "http/server.h"

#include "http/inherited.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* --- binding -------------------------------------------------------------- */

static const char *hint(int err)
{
    switch (err) {
    case EACCES:
        return "permission denied; ports below 1024 need CAP_NET_BIND_SERVICE, a socket path a "
               "writable folder";
    case EADDRINUSE:
        return "address in use; another process listens there";
    case EADDRNOTAVAIL:
        return "no interface of this machine has that address";
    case EAFNOSUPPORT:
        return "this machine does not support that kind of address";
    default:
        return strerror(err);
    }
}

/* Not inlined: the checks of a sanitizer would have gcc see a NULL address here. */
static __attribute__((noinline)) int complain(char *error, size_t size, obs_str address,
                                              const char *why)
{
    snprintf(error, size, "listen %.*s: %s", OBS_STR_ARG(address), why);
    return OBS_E_INVALID;
}

static int listen_on(int fd, int64_t backlog, char *error, size_t size, obs_str address)
{
    if (listen(fd, (int)backlog) == 0)
        return OBS_OK;
    return complain(error, size, address, hint(errno));
}

/* True when somebody has opened the socket for us. */
static bool take_inherited(struct listener *l, obs_str address, const struct sockaddr *resolved)
{
    l->fd = inherited_take(address, resolved);
    l->is_inherited = l->fd >= 0;
    return l->is_inherited;
}

/* True when the socket file is there and nobody accepts on it. */
static bool is_stale(const struct sockaddr_un *un)
{
    struct stat st;
    bool stale;
    int fd;

    if (lstat(un->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    stale = connect(fd, (const struct sockaddr *)un, sizeof(*un)) < 0 && errno == ECONNREFUSED;
    close(fd);
    return stale;
}

static int bind_unix(struct listener *l, const struct sockaddr_un *un)
{
    mode_t mask;
    int rc;

    if (is_stale(un))
        unlink(un->sun_path);
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0)
        return -errno;
    mask = umask(0117); /* 0660 from the first moment on */
    rc = bind(l->fd, (const struct sockaddr *)un, sizeof(*un)) < 0 ? -errno : 0;
    umask(mask);
    if (rc == 0)
        l->unix_path = strdup(un->sun_path);
    return rc;
}

static int open_unix(struct listener *l, obs_str address, int64_t backlog, char *error, size_t size)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    size_t len = address.len - 5;
    int rc = 0;

    if (len == 0 || len >= sizeof(un.sun_path) || memchr(address.ptr, 0, address.len))
        return complain(error, size, address, "the path is empty or too long");
    memcpy(un.sun_path, address.ptr + 5, len);
    if (!take_inherited(l, address, (const struct sockaddr *)&un))
        rc = bind_unix(l, &un);
    if (rc < 0)
        return complain(error, size, address, hint(-rc));
    l->is_unix = true;
    l->address = strndup(address.ptr, address.len);
    return listen_on(l->fd, backlog, error, size, address);
}

/* "host:port" into its parts; host "" for every address. */
static bool split(obs_str address, char *host, size_t host_size, char *port, size_t port_size)
{
    const char *colon = memrchr(address.ptr, ':', address.len);
    const char *end = address.ptr + address.len;
    obs_str name;
    char *stop;

    if (!colon || colon + 1 == end || (size_t)(end - colon) > port_size)
        return false;
    memcpy(port, colon + 1, (size_t)(end - colon - 1));
    port[end - colon - 1] = 0;
    if (port[0] < '0' || port[0] > '9' || strtoul(port, &stop, 10) > 65535 || *stop)
        return false;
    name = obs_str_n(address.ptr, (size_t)(colon - address.ptr));
    if (name.len >= 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']')
        name = obs_str_n(name.ptr + 1, name.len - 2);
    else if (name.len && memchr(name.ptr, ':', name.len))
        return false; /* IPv6 goes into brackets */
    if (obs_str_is(name, "*"))
        name.len = 0;
    if (name.len >= host_size)
        return false;
    memcpy(host, name.ptr, name.len);
    host[name.len] = 0;
    return true;
}

char *listener_address(int fd)
{
    struct sockaddr_storage addr = {.ss_family = AF_UNSPEC};
    const struct sockaddr_un *un = (const void *)&addr;
    socklen_t len = sizeof(addr);
    char host[INET6_ADDRSTRLEN + 16], port[8], text[128];

    if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
        return NULL;
    if (addr.ss_family == AF_UNIX) {
        snprintf(text, sizeof(text), "unix:%.*s", (int)sizeof(un->sun_path), un->sun_path);
        return strdup(text);
    }
    if (getnameinfo((struct sockaddr *)&addr, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return NULL;
    snprintf(text, sizeof(text), addr.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
    return strdup(text);
}

static int bind_tcp(struct listener *l, const struct addrinfo *ai, bool any)
{
    int one = 1, zero = 0;

    l->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0)
        return -errno;
    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (ai->ai_family == AF_INET6) /* "*" serves IPv4 by the same socket */
        setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, any ? &zero : &one, sizeof(int));
    if (bind(l->fd, ai->ai_addr, ai->ai_addrlen) == 0)
        return 0;
    return -errno;
}

static int open_tcp(struct listener *l, obs_str address, int64_t backlog, char *error, size_t size)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char host[256], port[8];
    int rc;

    if (!split(address, host, sizeof(host), port, sizeof(port)))
        return complain(error, size, address,
                        "expected host:port, [ipv6]:port, *:port, :port or unix:/path");
    if (!host[0])
        hints.ai_family = AF_INET6;
    rc = getaddrinfo(host[0] ? host : NULL, port, &hints, &found);
    if (rc != 0)
        return complain(error, size, address, gai_strerror(rc));
    if (!take_inherited(l, address, found->ai_addr))
        rc = bind_tcp(l, found, !host[0]);
    freeaddrinfo(found);
    if (rc == -EAFNOSUPPORT && !host[0]) { /* no IPv6 here */
        struct sockaddr_in in4 = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
        struct addrinfo ai = {
            .ai_family = AF_INET, .ai_addr = (struct sockaddr *)&in4, .ai_addrlen = sizeof(in4)};

        rc = bind_tcp(l, &ai, true);
    }
    if (rc < 0)
        return complain(error, size, address, hint(-rc));
    rc = listen_on(l->fd, backlog, error, size, address);
    if (rc == OBS_OK)
        l->address = listener_address(l->fd);
    return rc;
}

int listener_open(obs_str address, int64_t backlog, struct listener **ret_listener, char *error,
                  size_t error_size)
{
    struct listener *l = calloc(1, sizeof(*l));
    int rc;

    if (!l) {
        snprintf(error, error_size, "listen: out of memory");
        return OBS_E_NOMEM;
    }
    l->fd = -1;
    l->n_uses = 1;
    if (address.len >= 5 && memcmp(address.ptr, "unix:", 5) == 0)
        rc = open_unix(l, address, backlog, error, error_size);
    else
        rc = open_tcp(l, address, backlog, error, error_size);
    l->configured = strndup(address.ptr, address.len);
    if (rc == OBS_OK && (!l->address || !l->configured)) {
        snprintf(error, error_size, "listen: out of memory");
        rc = OBS_E_NOMEM;
    }
    if (rc < 0)
        listener_release(l);
    else
        *ret_listener = l;
    return rc;
}

void listener_refuse(struct listener *l)
{
    if (l->is_inherited)
        (void)shutdown(l->fd, SHUT_RD);
}

void listener_release(struct listener *l)
{
    if (atomic_fetch_sub(&l->n_uses, 1) > 1)
        return;
    if (l->fd >= 0)
        close(l->fd);
    if (l->unix_path)
        unlink(l->unix_path);
    free(l->unix_path);
    free(l->address);
    free(l->configured);
    free(l);
}
