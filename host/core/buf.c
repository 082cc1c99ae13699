/* SPDX-License-Identifier: Apache-2.0 */
/* Buffer: contiguous bytes that double as they grow, freed with the arena. */
#include "core/buf.h"
#include "core/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_BYTES ((size_t)512)

static void free_data(void *data)
{
    struct obs_buf *buf = data;
    free(buf->data);
}

obs_buf *obs_buf_new(obs_arena *arena, size_t limit_bytes)
{
    struct obs_buf *buf = arena_alloc(arena, sizeof(*buf));

    if (!buf)
        return NULL;
    *buf = (struct obs_buf){.limit_bytes = limit_bytes ? limit_bytes : SIZE_MAX};
    return obs_arena_defer(arena, free_data, buf) < 0 ? NULL : buf;
}

bool buf_grow(struct obs_buf *buf, size_t len)
{
    size_t capacity = buf->capacity ? buf->capacity : FIRST_BYTES;
    char *data;

    if (buf->error)
        return false;
    if (len > buf->limit_bytes || buf->len > buf->limit_bytes - len) {
        buf->error = OBS_E_TOO_LARGE;
        return false;
    }
    while (capacity - buf->len < len) {
        if (capacity > SIZE_MAX / 2) {
            buf->error = OBS_E_NOMEM;
            return false;
        }
        capacity *= 2;
    }
    data = realloc(buf->data, capacity);
    if (!data) {
        buf->error = OBS_E_NOMEM;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

void obs_buf_append(obs_buf *buf, const void *data, size_t len)
{
    char *to = buf_reserve(buf, len);

    if (!to)
        return;
    if (len)
        memcpy(to, data, len);
    buf->len += len;
}

void obs_buf_printf(obs_buf *buf, const char *format, ...)
{
    va_list args;
    char *to;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    to = len < 0 ? NULL : buf_reserve(buf, (size_t)len + 1);
    if (!to)
        return;
    va_start(args, format);
    vsnprintf(to, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}

char *obs_buf_reserve(obs_buf *buf, size_t len)
{
    return buf_reserve(buf, len);
}

void obs_buf_commit(obs_buf *buf, size_t len)
{
    if (!buf->error)
        buf->len += len;
}

void obs_buf_truncate(obs_buf *buf, size_t len)
{
    if (len < buf->len)
        buf->len = len;
}

obs_str obs_buf_str(const obs_buf *buf)
{
    return obs_str_n(buf->data, buf->len);
}

int obs_buf_error(const obs_buf *buf)
{
    return buf->error;
}
