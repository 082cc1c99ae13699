/* SPDX-License-Identifier: Apache-2.0 */
/* JSON (RFC 8259): a streaming writer for answers of any size and a tree
 * parser for configuration and small bodies. */
#ifndef OBSERVATORY_JSON_H
#define OBSERVATORY_JSON_H

#include <observatory/memory.h>

OBS_BEGIN_DECLS

/* Writes JSON text into a buffer: commas, quoting and escaping are its work,
 * nesting is the caller's. It never allocates besides the buffer. Bytes that
 * are not UTF-8 come out as U+FFFD, so the output is always valid. Errors are
 * those of the buffer and sticky.  Since: ABI 1.0. */
typedef struct obs_jw obs_jw;

/* A writer that appends to `out`, living as long as `arena`. NULL when out of
 * memory. Nesting deeper than 64 is a programmer's error and aborts.
 * Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK obs_jw *obs_jw_new(obs_arena *arena, obs_buf *out);

/* Structure. obs_jw_key() comes before each value inside an object; `key` is
 * NUL-terminated and escaped like any string.
 * Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API void obs_jw_object(obs_jw *jw);
OBS_API void obs_jw_end_object(obs_jw *jw);
OBS_API void obs_jw_array(obs_jw *jw);
OBS_API void obs_jw_end_array(obs_jw *jw);
OBS_API void obs_jw_key(obs_jw *jw, const char *key);
OBS_API void obs_jw_key_str(obs_jw *jw, obs_str key);

/* Values. A double that is not finite is written as null; a finite one is
 * written with the fewest digits that read back to the same double.
 * Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API void obs_jw_str(obs_jw *jw, obs_str value);
OBS_API void obs_jw_cstr(obs_jw *jw, const char *value); /* NULL writes null */
OBS_API void obs_jw_int(obs_jw *jw, int64_t value);
OBS_API void obs_jw_uint(obs_jw *jw, uint64_t value);
OBS_API void obs_jw_double(obs_jw *jw, double value);
OBS_API void obs_jw_bool(obs_jw *jw, int value);
OBS_API void obs_jw_null(obs_jw *jw);

/* `value` × 10^-`decimals` exactly, trailing zeros dropped: nano-dollars as
 * dollars with decimals = 9, nanoseconds as milliseconds with decimals = 6.
 * decimals: 0 .. 18.  Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API void obs_jw_fixed(obs_jw *jw, int64_t value, unsigned decimals);

/* `unix_ns` as an RFC 3339 string in UTC with exactly as many fraction digits
 * as needed of 0, 3, 6 or 9 ("2026-11-23T07:00:00.123Z").
 * Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API void obs_jw_time(obs_jw *jw, int64_t unix_ns);

/* `value` as lower-case hexadecimal string of `len` bytes.
 * Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API void obs_jw_hex(obs_jw *jw, const uint8_t *value, size_t len);

/* Text that is already one valid JSON value; the empty slice writes null. The
 * caller vouches for it: it is not checked.
 * Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API void obs_jw_raw(obs_jw *jw, obs_str json);

/* A parsed value: null, boolean, number, string, array or object. Immutable,
 * owned by the arena it was parsed into.  Since: ABI 1.0. */
typedef struct obs_json obs_json;

#define OBS_JSON_NULL 0u
#define OBS_JSON_BOOL 1u
#define OBS_JSON_INT 2u
#define OBS_JSON_REAL 3u
#define OBS_JSON_STRING 4u
#define OBS_JSON_ARRAY 5u
#define OBS_JSON_OBJECT 6u

/* Where and why parsing stopped. The caller sets `size`.  Since: ABI 1.0. */
typedef struct obs_json_error {
    uint32_t size;
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1, in characters */
    uint32_t reserved;
    uint64_t offset; /* bytes from the start */
    char text[160];  /* what was found, what was expected; NUL-terminated */
} obs_json_error;

/* Parses `text` (one value, UTF-8, duplicate keys refused, depth at most
 * 64) into `arena`. `error` may be NULL; it is set on failure only.
 * Errors: OBS_E_SYNTAX, OBS_E_NOMEM.
 * Thread: [any], one at a time for an arena.  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_json_parse(obs_arena *arena, obs_str text,
                                          const obs_json **ret_value, obs_json_error *error);

/* OBS_JSON_* of `value`; OBS_JSON_NULL for NULL.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API uint32_t obs_json_type(const obs_json *value);

/* The member `key` of an object, NULL when absent or when `object` is none.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API const obs_json *obs_json_get(const obs_json *object, const char *key);

/* Members of an object or elements of an array; 0 for anything else.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API size_t obs_json_count(const obs_json *value);

/* Element `index` of an array, NULL past the end.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API const obs_json *obs_json_at(const obs_json *array, size_t index);

/* Calls `fn` for each member in the order of the text until it returns
 * non-zero; returns what the last call did.
 * Thread: [any].  Since: ABI 1.0. */
OBS_API int obs_json_each(const obs_json *object,
                          int (*fn)(obs_str key, const obs_json *value, void *user), void *user);

/* Scalars; what the value is not gives "", 0, 0.0 or 0. A number asked for as
 * integer is cut towards zero.  Thread: [any].  Since: ABI 1.0. */
OBS_API obs_str obs_json_str(const obs_json *value);
OBS_API int64_t obs_json_int(const obs_json *value);
OBS_API double obs_json_double(const obs_json *value);
OBS_API int obs_json_bool(const obs_json *value);

OBS_END_DECLS
#endif
