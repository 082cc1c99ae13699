/* SPDX-License-Identifier: Apache-2.0 */
/* The protobuf wire format, read field by field from a slice: no copies, every
 * length checked against what is left, groups refused. */
#ifndef INGEST_WIRE_H
#define INGEST_WIRE_H

#include <observatory/base.h>

#include <stdbool.h>

#define WIRE_VARINT 0u
#define WIRE_FIXED64 1u
#define WIRE_BYTES 2u
#define WIRE_FIXED32 5u

/* What is left of a message. `problem` is set when reading failed, and then
 * `p` is where. */
struct wire {
    const unsigned char *p;
    const unsigned char *end;
    const char *problem;
};

/* One field: `value` of a number, `bytes` of a length-delimited one; `at` is
 * where it began. */
struct wire_field {
    uint32_t number;
    uint32_t type; /* WIRE_* */
    const unsigned char *at;
    uint64_t value;
    obs_str bytes;
};

static inline struct wire wire_of(obs_str bytes)
{
    struct wire w = {(const unsigned char *)bytes.ptr, (const unsigned char *)bytes.ptr, NULL};

    if (bytes.len)
        w.end += bytes.len;
    return w;
}

/* The varint that does not fit the fast path of wire_varint(). */
static inline bool wire_varint_long(struct wire *w, uint64_t *ret)
{
    uint64_t value = 0;
    const unsigned char *p = w->p;

    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (p == w->end) {
            w->problem = "the varint is cut off";
            return false;
        }
        value |= (uint64_t)(*p & 0x7F) << (shift & 63);
        if (shift == 63 && *p > 1)
            break; /* more than 64 bits */
        if (*p++ < 0x80) {
            w->p = p;
            *ret = value;
            return true;
        }
    }
    w->problem = "the varint is longer than 64 bits";
    return false;
}

static inline bool wire_varint(struct wire *w, uint64_t *ret)
{
    if (w->p < w->end && *w->p < 0x80) {
        *ret = *w->p++;
        return true;
    }
    return wire_varint_long(w, ret);
}

static inline bool wire_fixed(struct wire *w, struct wire_field *f, size_t n)
{
    if ((size_t)(w->end - w->p) < n) {
        w->problem = "the fixed-width number is cut off";
        return false;
    }
    f->value = 0;
    for (size_t i = 0; i < n; i++) /* little-endian on every machine; compilers make it one load */
        f->value |= (uint64_t)w->p[i] << (8 * i);
    w->p += n;
    return true;
}

/* Reads the next field: 1, 0 at the end, -1 when it is malformed. */
static inline int wire_next(struct wire *w, struct wire_field *f)
{
    uint64_t tag, len;

    if (w->p == w->end)
        return 0;
    f->at = w->p;
    if (!wire_varint(w, &tag))
        return -1;
    f->type = (uint32_t)(tag & 7);
    f->number = (uint32_t)(tag >> 3);
    if (tag > UINT32_MAX || f->number == 0) {
        w->p = f->at;
        w->problem = "no field has this number";
        return -1;
    }
    switch (f->type) {
    case WIRE_BYTES:
        if (!wire_varint(w, &len))
            return -1;
        if (len > (size_t)(w->end - w->p)) {
            w->p = f->at;
            w->problem = "the length runs past the end of the message";
            return -1;
        }
        f->bytes = obs_str_n((const char *)w->p, (size_t)len);
        w->p += len;
        return 1;
    case WIRE_VARINT:
        return wire_varint(w, &f->value) ? 1 : -1;
    case WIRE_FIXED64:
        return wire_fixed(w, f, 8) ? 1 : -1;
    case WIRE_FIXED32:
        return wire_fixed(w, f, 4) ? 1 : -1;
    default:
        w->p = f->at;
        w->problem = f->type < 5 ? "groups are not supported" : "no such wire type";
        return -1;
    }
}

#endif
