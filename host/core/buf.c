/* SPDX-License-Identifier: Apache-2.0 */
/* Buffer: contiguous bytes that double as they grow, freed with the arena. */
#include "core/buf.h"
#include "core/arena.h"
#include "runtime/misuse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MIN_BLOCK_BYTES ((size_t)1024)
#define MAX_BYTES (SIZE_MAX / 2)

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
    buf->data = buf->first;
    buf->len = 0;
    buf->limit_bytes = limit_bytes ? limit_bytes : SIZE_MAX;
    buf->capacity = sizeof(buf->first) - BUF_SLACK_BYTES;
    if (buf->capacity > buf->limit_bytes)
        buf->capacity = buf->limit_bytes;
    buf->arena = arena;
    buf->error = OBS_OK;
    return buf;
}

/* Moves the content out of the struct, or on to a larger block. */
static char *grow_data(struct obs_buf *buf, size_t capacity)
{
    char *data;

    if (buf->data != buf->first)
        return realloc(buf->data, capacity);
    data = malloc(capacity);
    if (!data)
        return NULL;
    if (obs_arena_defer(buf->arena, free_data, buf) < 0) {
        free(data);
        return NULL;
    }
    memcpy(data, buf->first, buf->len);
    return data;
}

bool buf_grow(struct obs_buf *buf, size_t len)
{
    size_t capacity = buf->capacity < MIN_BLOCK_BYTES ? MIN_BLOCK_BYTES : buf->capacity;
    char *data;

    if (buf->error)
        return false;
    if (len > buf->limit_bytes || buf->len > buf->limit_bytes - len) {
        buf->error = OBS_E_TOO_LARGE;
        return false;
    }
    while (capacity - buf->len < len && capacity <= MAX_BYTES / 2)
        capacity *= 2;
    if (capacity > buf->limit_bytes)
        capacity = buf->limit_bytes;
    data = capacity - buf->len < len ? NULL : grow_data(buf, capacity + BUF_SLACK_BYTES);
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
    size_t room = buf->error ? 0 : buf->capacity - buf->len;
    char *to = room ? buf->data + buf->len : NULL;
    va_list args;
    int len;

    /* the NUL goes into the slack */
    va_start(args, format);
    len = vsnprintf(to, room ? room + 1 : 0, format, args);
    va_end(args);
    if (len > 0 && (size_t)len > room && (to = buf_reserve(buf, (size_t)len))) {
        va_start(args, format);
        vsnprintf(to, (size_t)len + 1, format, args);
        va_end(args);
    }
    if (len > 0 && !buf->error)
        buf->len += (size_t)len;
}

char *obs_buf_reserve(obs_buf *buf, size_t len)
{
    return buf_reserve(buf, len);
}

void obs_buf_commit(obs_buf *buf, size_t len)
{
    if (buf->error)
        return;
    if (len > buf->capacity - buf->len)
        misuse_abort(&(struct misuse){.function = __func__,
                                      .what = "of more than was reserved",
                                      .right = "obs_buf_reserve() what will be written"});
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
