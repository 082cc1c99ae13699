/* SPDX-License-Identifier: Apache-2.0 */
/* One line out, everything until the end in. */
#include "cli/control_client.h"

#include "runtime/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* The number of bytes sent, negative on failure: what json_dump_callback() wants. */
static int send_piece(const char *text, size_t len, void *user)
{
    const int *fd = user;

    while (len > 0) {
        ssize_t n = send(*fd, text, len, MSG_NOSIGNAL);

        if (n <= 0)
            return -1;
        text += n;
        len -= (size_t)n;
    }
    return 0;
}

static size_t receive_piece(void *buffer, size_t size, void *user)
{
    const int *fd = user;
    ssize_t n = recv(*fd, buffer, size, 0);

    return n < 0 ? (size_t)-1 : (size_t)n;
}

static json_t *exchange(int fd, const json_t *question)
{
    if (json_dump_callback(question, send_piece, &fd, JSON_COMPACT) < 0 ||
        send_piece("\n", 1, &fd) < 0)
        return NULL;
    return json_load_callback(receive_piece, &fd, /* flags= */ 0, /* error= */ NULL);
}

int control_ask(const struct settings *settings, const json_t *question, json_t **ret_answer,
                char *error, size_t error_size)
{
    char path[256];
    int rc = settings_control_socket(settings, path, sizeof(path), error, error_size);
    int fd;

    if (rc < 0)
        return rc;
    fd = connect_to(path);
    if (fd < 0) {
        snprintf(error, error_size, "no server of this configuration can be reached at %s: %s",
                 path, strerror(errno));
        return OBS_E_NOT_FOUND;
    }
    *ret_answer = exchange(fd, question);
    close(fd);
    if (*ret_answer)
        return OBS_OK;
    snprintf(error, error_size,
             "the server at %s gave no answer; only root and its own user get one", path);
    return OBS_E_UPSTREAM;
}
