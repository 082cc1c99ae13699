/* SPDX-License-Identifier: Apache-2.0 */
/* Writing to where log lines go. Standard error may be a pipe that another
 * process has made non-blocking: EAGAIN is no reason to lose lines. */
#include "core/log_stream.h"

#include <observatory/base.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TURN_MS 50
#define HURRIED_TURNS 20 /* a second */

static int open_file(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
}

int log_stream_open(struct log_stream *stream, const char *path, char *error, size_t error_size)
{
    *stream = (struct log_stream){.fd = STDERR_FILENO};
    if (!path || strcmp(path, "/dev/stderr") == 0)
        return OBS_OK;
    if (strcmp(path, "/dev/stdout") == 0) {
        stream->fd = STDOUT_FILENO;
        return OBS_OK;
    }
    stream->path = strdup(path);
    if (!stream->path) {
        snprintf(error, error_size, "log file %s: out of memory", path);
        return OBS_E_NOMEM;
    }
    stream->fd = open_file(path);
    if (stream->fd >= 0)
        return OBS_OK;
    snprintf(error, error_size, "log file %s: %s", path, strerror(errno));
    log_stream_close(stream);
    return OBS_E_INVALID;
}

void log_stream_reopen(struct log_stream *stream)
{
    int fd = stream->path ? open_file(stream->path) : -1;

    if (fd < 0)
        return;
    close(stream->fd);
    stream->fd = fd;
}

static uint64_t count_lines(const char *data, size_t len)
{
    uint64_t lines = 0;

    for (size_t i = 0; i < len; i++)
        lines += data[i] == '\n';
    return lines;
}

uint64_t log_stream_write(struct log_stream *stream, const char *data, size_t len,
                          const _Atomic(bool) *hurry)
{
    int turns = 0;

    while (len > 0) {
        ssize_t n = write(stream->fd, data, len);
        if (n >= 0) {
            data += n;
            len -= (size_t)n;
            turns = 0; /* somebody reads */
        } else if (errno == EAGAIN) {
            struct pollfd ready = {.fd = stream->fd, .events = POLLOUT};
            if (atomic_load(hurry) && ++turns > HURRIED_TURNS)
                break;
            (void)poll(&ready, 1, TURN_MS); /* whatever it says, write() knows */
        } else if (errno != EINTR) {
            break;
        }
    }
    return count_lines(data, len);
}

void log_stream_close(struct log_stream *stream)
{
    if (stream->path && stream->fd >= 0)
        close(stream->fd);
    free(stream->path);
    *stream = (struct log_stream){.fd = STDERR_FILENO};
}
