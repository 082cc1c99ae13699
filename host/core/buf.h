/* SPDX-License-Identifier: Apache-2.0 */
/* The buffer of the SDK from the inside, for writers on the hot path. */
#ifndef HOST_CORE_BUF_H
#define HOST_CORE_BUF_H

#include <observatory/memory.h>
#include <stdbool.h>

/* Lives in an arena; `data` is malloc'd and freed with it. */
struct obs_buf {
    char *data;
    size_t len, capacity;
    size_t limit_bytes;
    int error; /* sticky, OBS_E_* */
};

/* Makes room for `len` more bytes; false and sticky error when that fails. */
bool buf_grow(struct obs_buf *buf, size_t len);

static inline char *buf_reserve(struct obs_buf *buf, size_t len)
{
    if (buf->error || buf->capacity - buf->len < len || len > buf->limit_bytes - buf->len ||
        !buf->data) {
        if (!buf_grow(buf, len))
            return NULL;
    }
    return buf->data + buf->len;
}

#endif
