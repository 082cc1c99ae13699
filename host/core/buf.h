/* SPDX-License-Identifier: Apache-2.0 */
/* The buffer of the SDK from the inside, for writers on the hot path. */
#ifndef HOST_CORE_BUF_H
#define HOST_CORE_BUF_H

#include <observatory/memory.h>
#include <stdbool.h>

/* Bytes behind `capacity`: room for the NUL of a printf. */
#define BUF_SLACK_BYTES ((size_t)1)

#define BUF_FIRST_BYTES 208

/* Lives in an arena. The first bytes are in the struct, so that a small answer
 * needs no malloc; what grows out of it is malloc'd and freed with the arena. */
struct obs_buf {
    char *data;
    size_t len, capacity;
    size_t limit_bytes;
    obs_arena *arena;
    int error; /* sticky, OBS_E_* */
    char first[BUF_FIRST_BYTES];
};

/* Makes room for `len` more bytes; false and sticky error when that fails. */
bool buf_grow(struct obs_buf *buf, size_t len);

static inline char *buf_reserve(struct obs_buf *buf, size_t len)
{
    /* the capacity is never over the limit */
    if ((buf->error || buf->capacity - buf->len < len) && !buf_grow(buf, len))
        return NULL;
    return buf->data + buf->len;
}

#endif
