/* SPDX-License-Identifier: Apache-2.0 */
/* Reading files. Everything is asked of the opened descriptor, never of the name
 * again: what was checked is what is read. */
#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(char *error, size_t size, const char *why, int code)
{
    snprintf(error, size, "%s", why);
    return code;
}

static int check(const struct file_spec *spec, const struct stat *st, char *error, size_t size)
{
    if (!S_ISREG(st->st_mode))
        return refuse(error, size, "not a regular file", OBS_E_NOT_FOUND);
    if (st->st_mode & spec->refused_mode)
        return refuse(error, size,
                      "is writable by others than its owner; expected mode 0600 or less",
                      OBS_E_INVALID);
    if (st->st_size < 0 || (uint64_t)st->st_size > spec->limit_bytes) {
        snprintf(error, size, "is too large; expected at most %zu bytes", spec->limit_bytes);
        return OBS_E_TOO_LARGE;
    }
    return OBS_OK;
}

/* Fills `text`; returns how much was there, or a negative errno. */
static ssize_t read_all(int fd, char *text, size_t size)
{
    size_t len = 0;

    while (len < size) {
        ssize_t n = read(fd, text + len, size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break; /* it became shorter */
        len += (size_t)n;
    }
    return (ssize_t)len;
}

int file_read(obs_arena *arena, const struct file_spec *spec, obs_str *ret_text, char *error,
              size_t error_size)
{
    /* without O_NONBLOCK a FIFO would wait for a writer */
    int fd = open(spec->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), rc;
    char *text = NULL;
    struct stat st;
    ssize_t len;

    if (fd < 0)
        return refuse(error, error_size, strerror(errno), OBS_E_NOT_FOUND);
    if (fstat(fd, &st) < 0)
        rc = refuse(error, error_size, strerror(errno), OBS_E_NOT_FOUND);
    else
        rc = check(spec, &st, error, error_size);
    if (rc < 0)
        goto out;
    text = obs_arena_alloc(arena, (size_t)st.st_size + 1);
    if (!text) {
        rc = refuse(error, error_size, "out of memory", OBS_E_NOMEM);
        goto out;
    }
    len = read_all(fd, text, (size_t)st.st_size);
    if (len < 0) {
        rc = refuse(error, error_size, strerror((int)-len), OBS_E_NOT_FOUND);
        goto out;
    }
    text[len] = '\0';
    *ret_text = obs_str_n(text, (size_t)len);

out:
    close(fd);
    return rc;
}
