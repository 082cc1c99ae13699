/* SPDX-License-Identifier: Apache-2.0 */
/* One growing buffer between zlib, which passes plain files through, and the
 * reader; what was taken is dropped before more is read. */
#include "import_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#define CHUNK ((size_t)64 << 10)

struct source {
    gzFile file;
    char *data;
    size_t start, len, capacity; /* data[start, len) is not taken yet */
    bool at_end;
};

struct source *source_open(const char *path, char *error, size_t error_size)
{
    struct source *s = calloc(1, sizeof(*s));
    int fd = STDIN_FILENO;

    if (s && strcmp(path, "-") == 0) {
        fd = dup(STDIN_FILENO);
        s->file = fd < 0 ? NULL : gzdopen(fd, "rb");
    } else if (s) {
        s->file = gzopen(path, "rbe");
    }
    if (s && s->file) {
        gzbuffer(s->file, (unsigned)CHUNK);
        return s;
    }
    snprintf(error, error_size, "%s", s ? strerror(errno) : "out of memory");
    free(s);
    return NULL;
}

void source_close(struct source *s)
{
    if (!s)
        return;
    gzclose_r(s->file);
    free(s->data);
    free(s);
}

static int make_room(struct source *s)
{
    size_t capacity = s->capacity ? s->capacity : CHUNK;
    char *data;

    if (s->start > 0) {
        memmove(s->data, s->data + s->start, s->len - s->start);
        s->len -= s->start;
        s->start = 0;
    }
    while (capacity - s->len < CHUNK)
        capacity *= 2;
    if (capacity == s->capacity)
        return OBS_OK;
    data = realloc(s->data, capacity);
    if (!data)
        return OBS_E_NOMEM;
    s->data = data;
    s->capacity = capacity;
    return OBS_OK;
}

/* Reads one chunk more, or finds the end. */
static int fill(struct source *s)
{
    int rc = make_room(s), n;

    if (rc < 0)
        return rc;
    n = gzread(s->file, s->data + s->len, (unsigned)CHUNK);
    if (n < 0)
        return OBS_E_SYNTAX;
    s->len += (size_t)n;
    s->at_end = n == 0;
    if (!s->at_end)
        return OBS_OK;
    (void)gzerror(s->file, &rc); /* a file cut short is told at the end only */
    return rc == Z_OK || rc == Z_STREAM_END ? OBS_OK : OBS_E_SYNTAX;
}

obs_str source_peek(struct source *s)
{
    while (!s->at_end && s->len - s->start < CHUNK)
        if (fill(s) < 0)
            break; /* told when it is read */
    return obs_str_n(s->data + s->start, s->len - s->start);
}

int source_line(struct source *s, size_t limit_bytes, obs_str *ret_line, bool *ret_end)
{
    size_t seen = 0;

    for (;;) {
        const char *from = s->data + s->start;
        size_t left = s->len - s->start;
        const char *newline = left > seen ? memchr(from + seen, '\n', left - seen) : NULL;
        int rc;
        if (newline || s->at_end) {
            size_t len = newline ? (size_t)(newline - from) : left;
            *ret_end = !newline && left == 0;
            s->start += len + (newline != NULL);
            *ret_line = obs_str_n(from, len - (len && from[len - 1] == '\r'));
            return OBS_OK;
        }
        seen = left;
        if (left > limit_bytes)
            return OBS_E_TOO_LARGE;
        rc = fill(s);
        if (rc < 0)
            return rc;
    }
}

int source_rest(struct source *s, size_t limit_bytes, obs_str *ret_text)
{
    while (!s->at_end) {
        int rc = fill(s);
        if (rc < 0)
            return rc;
        if (s->len - s->start > limit_bytes)
            return OBS_E_TOO_LARGE;
    }
    *ret_text = obs_str_n(s->data + s->start, s->len - s->start);
    return OBS_OK;
}
