/* SPDX-License-Identifier: Apache-2.0 */
/* Writes many small JSON values one after another into few large pieces of an
 * arena: json_out_take() cuts off what was written since the last cut. Commas
 * are the caller's. Texts must be UTF-8. After a failed allocation everything
 * is a no-op and json_out_take() gives ptr NULL. */
#ifndef INGEST_JSON_OUT_H
#define INGEST_JSON_OUT_H

#include "otlp.h"

#include <stdbool.h>

struct json_out {
    obs_arena *arena;
    char *start; /* of the value under way */
    char *p;
    char *end;
    size_t piece_bytes;
    bool failed;
};

void json_out_init(struct json_out *out, obs_arena *arena);

/* Makes room for `n` more bytes; false when out of memory. */
bool json_out_grow(struct json_out *out, size_t n);

static inline bool json_out_room(struct json_out *out, size_t n)
{
    return (size_t)(out->end - out->p) >= n || json_out_grow(out, n);
}

static inline void json_out_char(struct json_out *out, char c)
{
    if (json_out_room(out, 1))
        *out->p++ = c;
}

/* Bytes as they are. */
static inline void json_out_raw(struct json_out *out, obs_str text)
{
    if (text.len && json_out_room(out, text.len)) {
        memcpy(out->p, text.ptr, text.len);
        out->p += text.len;
    }
}

#define JSON_OUT_LITERAL(out, literal) json_out_raw((out), (obs_str)OBS_STR(literal))

/* Values. A double keeps a fraction or an exponent, so that it reads back as
 * one; NaN and infinities become strings, as in OTLP. */
void json_out_str(struct json_out *out, obs_str text);
void json_out_int(struct json_out *out, int64_t value);
void json_out_double(struct json_out *out, double value);
void json_out_bool(struct json_out *out, bool value);
void json_out_hex(struct json_out *out, obs_str bytes);
void json_out_base64(struct json_out *out, obs_str bytes);
void json_out_time(struct json_out *out, int64_t unix_ns); /* RFC 3339, UTC */

/* One valid JSON value without its white space. */
void json_out_compact(struct json_out *out, obs_str json);

/* Marks all but the last of attributes with the same key as not to be shown. */
void json_out_mark_repeated(struct json_out *out, const struct otlp_attrs *attrs);

/* An AnyValue; lists of attributes as objects without repeated names. */
void json_out_value(struct json_out *out, const struct otlp_value *value);

/* `"key":value` of one attribute, after a comma unless it is the first. */
void json_out_member(struct json_out *out, bool *first, obs_str key,
                     const struct otlp_value *value);

/* All attributes that were not mapped to a content field, as an object; of
 * repeated names the last. */
void json_out_attrs(struct json_out *out, const struct otlp_attrs *attrs);

/* What was written since the last call; ptr NULL when that failed. */
obs_str json_out_take(struct json_out *out);

/* Forgets what was written since the last take. */
static inline void json_out_drop(struct json_out *out)
{
    out->p = out->start;
}

#endif
