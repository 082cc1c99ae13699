/* SPDX-License-Identifier: Apache-2.0 */
/* JSON (RFC 8259) read from front to back without a tree: the caller asks for
 * what it expects next and skips what it does not know. Strings are slices of
 * the text where they hold no escape, else they are unescaped into the arena;
 * what is not UTF-8 is repaired and counted. Everything that is passed over is
 * checked too. Functions return OBS_OK (or a count) and OBS_E_SYNTAX after
 * json_fail() has described the place, or OBS_E_NOMEM. */
#ifndef INGEST_JSON_CURSOR_H
#define INGEST_JSON_CURSOR_H

#include "otlp.h"

#include <stdbool.h>

#define JSON_MAX_DEPTH 128u

struct json_cursor {
    const char *p;
    const char *end;
    const char *start;
    obs_arena *arena;
    struct decode_error *error; /* may be NULL: nobody wants to know */
    uint64_t n_replaced;
    unsigned depth;
    bool spaced; /* white space was passed over */
};

/* A string between its quotes, still escaped. */
struct json_raw {
    obs_str text;
    bool escaped;
};

void json_cursor_init(struct json_cursor *c, obs_str text, obs_arena *arena,
                      struct decode_error *error);

/* Describes an error at the cursor: "line 2, column 3: expected X, found Y".
 * Returns OBS_E_SYNTAX. */
int json_fail(struct json_cursor *c, const char *expected);

/* Passes over white space. */
void json_space_slow(struct json_cursor *c);

static inline void json_space(struct json_cursor *c)
{
    if (c->p < c->end && (unsigned char)*c->p <= ' ')
        json_space_slow(c);
}

/* The first character of the next value, '\0' at the end of the text. */
static inline char json_peek(struct json_cursor *c)
{
    json_space(c);
    return c->p < c->end ? *c->p : '\0';
}

/* Fails unless nothing but white space is left. */
int json_finish(struct json_cursor *c);

/* Objects: json_open(c, '{'), then json_key() until it returns 0, each time
 * followed by reading one value. Arrays: json_open(c, '['), json_item().
 * `first` starts true. */
int json_open(struct json_cursor *c, char bracket);
int json_key(struct json_cursor *c, bool *first, obs_str *ret_key);
int json_item(struct json_cursor *c, bool *first);

/* Consumes `null` if it comes next. */
bool json_null(struct json_cursor *c);

/* Scalars. Integers may also be strings of digits, as protobuf's JSON mapping
 * writes 64-bit ones, and doubles "NaN", "Infinity" and "-Infinity". */
int json_string(struct json_cursor *c, obs_str *ret_text);
int json_string_raw(struct json_cursor *c, struct json_raw *ret_raw);
int json_bool(struct json_cursor *c, bool *ret_value);
int json_int(struct json_cursor *c, int64_t *ret_value);
int json_uint(struct json_cursor *c, uint64_t *ret_value);
int json_double(struct json_cursor *c, double *ret_value);

/* A number exactly as written. */
int json_number(struct json_cursor *c, obs_str *ret_text);

/* The text that `raw` stands for. */
int json_unescape(struct json_cursor *c, struct json_raw raw, obs_str *ret_text);

/* Passes over one value of any kind; `ret_text` (may be NULL) is its text. */
int json_skip(struct json_cursor *c, obs_str *ret_text);

/* A number's text as double, correctly rounded; false when it is none. */
bool json_parse_double(obs_arena *arena, obs_str text, double *ret_value);

/* A decimal integer's text, also "1e3" and "5.0"; false when it is none or
 * does not fit. */
bool json_parse_int(obs_arena *arena, obs_str text, int64_t *ret_value);
bool json_parse_uint(obs_arena *arena, obs_str text, uint64_t *ret_value);

#endif
