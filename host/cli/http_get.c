/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.0 with Host, so that the answer is neither chunked nor kept alive:
 * everything after the empty line is the body. */
#include "cli/http_get.h"

#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_ANSWER_BYTES (4u << 20)

static void set_timeouts(int fd)
{
    const struct timeval five_seconds = {.tv_sec = 5};

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &five_seconds, sizeof(five_seconds));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &five_seconds, sizeof(five_seconds));
}

static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    set_timeouts(fd);
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* "[::1]:80", "127.0.0.1:80", "*:80", ":80" into host and port; an address
 * that means all of them is reached through the loopback. */
static int split_address(const char *listen, char *host, size_t host_size, const char **ret_port)
{
    const char *colon = strrchr(listen, ':');
    size_t len;

    if (!colon || !colon[1])
        return OBS_E_INVALID;
    len = (size_t)(colon - listen);
    if (len >= 2 && listen[0] == '[' && listen[len - 1] == ']') {
        listen++;
        len -= 2;
    }
    if (len >= host_size)
        return OBS_E_INVALID;
    memcpy(host, listen, len);
    host[len] = '\0';
    if (!host[0] || !strcmp(host, "*") || !strcmp(host, "0.0.0.0"))
        snprintf(host, host_size, "127.0.0.1");
    else if (!strcmp(host, "::"))
        snprintf(host, host_size, "::1");
    *ret_port = colon + 1;
    return OBS_OK;
}

static int connect_tcp(const char *listen)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char host[256];
    const char *port;
    int fd = -1;

    if (split_address(listen, host, sizeof(host), &port) < 0 ||
        getaddrinfo(host, port, &hints, &found) != 0) {
        errno = EINVAL;
        return -1;
    }
    for (const struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd < 0)
            continue;
        set_timeouts(fd);
        if (connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

static int send_all(int fd, obs_str text)
{
    while (text.len > 0) {
        ssize_t n = send(fd, text.ptr, text.len, MSG_NOSIGNAL);

        if (n <= 0)
            return OBS_E_UPSTREAM;
        text.ptr += n;
        text.len -= (size_t)n;
    }
    return OBS_OK;
}

static int read_all(int fd, obs_buf *answer)
{
    for (;;) {
        char *room = obs_buf_reserve(answer, 4096);
        ssize_t n = room ? recv(fd, room, 4096, 0) : 0;

        if (!room)
            return obs_buf_error(answer);
        if (n < 0)
            return OBS_E_UPSTREAM;
        if (n == 0)
            return OBS_OK;
        obs_buf_commit(answer, (size_t)n);
    }
}

static int parse_answer(obs_str answer, int *ret_status, obs_str *ret_body)
{
    const char *end;

    if (!answer.ptr || answer.len < 12 || memcmp(answer.ptr, "HTTP/1.", 7) != 0)
        return OBS_E_UPSTREAM;
    end = memmem(answer.ptr, answer.len, "\r\n\r\n", 4);
    if (!end)
        return OBS_E_UPSTREAM;
    *ret_status = atoi(answer.ptr + 9); /* "HTTP/1.1 200": a line end follows */
    *ret_body = obs_str_n(end + 4, answer.len - (size_t)(end + 4 - answer.ptr));
    return OBS_OK;
}

static int exchange(obs_arena *arena, int fd, const char *path, int *ret_status, obs_str *ret_body)
{
    obs_str request = obs_arena_printf(
        arena, "GET %s HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n\r\n", path);
    obs_buf *answer = obs_buf_new(arena, MAX_ANSWER_BYTES);
    int rc;

    if (!request.ptr || !answer)
        return OBS_E_NOMEM;
    rc = send_all(fd, request);
    if (rc == OBS_OK)
        rc = read_all(fd, answer);
    return rc < 0 ? rc : parse_answer(obs_buf_str(answer), ret_status, ret_body);
}

int http_get(obs_arena *arena, const char *listen, const char *path, int *ret_status,
             obs_str *ret_body, char *error, size_t error_size)
{
    int fd = strncmp(listen, "unix:", 5) == 0 ? connect_unix(listen + 5) : connect_tcp(listen);
    int rc;

    if (fd < 0) {
        snprintf(error, error_size, "%s cannot be reached: %s", listen, strerror(errno));
        return OBS_E_UPSTREAM;
    }
    rc = exchange(arena, fd, path, ret_status, ret_body);
    if (rc < 0)
        snprintf(error, error_size, "%s did not answer as an HTTP server does", listen);
    close(fd);
    return rc;
}
