/* SPDX-License-Identifier: Apache-2.0 */
/* Encoders for tests, written for being obviously right, not fast: fields of
 * protobuf messages, and members of the same messages in JSON. */
#ifndef TESTS_FIXTURE_PARTS_H
#define TESTS_FIXTURE_PARTS_H

#include "otlp.h"

#include <stdbool.h>

/* A growing run of bytes; aborts when out of memory. */
struct bytes {
    char *data;
    size_t len;
    size_t capacity;
};

void bytes_add(struct bytes *b, const void *data, size_t len);
void bytes_printf(struct bytes *b, const char *format, ...) OBS_PRINTF(2, 3);
void bytes_finish(struct bytes *b);
static inline obs_str bytes_str(const struct bytes *b)
{
    return obs_str_n(b->data, b->len);
}

/* A copy that ends where its memory ends, so that the sanitizer sees a step too
 * far; for free(). */
char *exact_copy(obs_str text);

/* --- protobuf: appends a field; text and uint only when there is something ----- */

void proto_bytes(struct bytes *b, unsigned field, obs_str value);
void proto_text(struct bytes *b, unsigned field, obs_str value);
void proto_varint(struct bytes *b, unsigned field, uint64_t value);
void proto_uint(struct bytes *b, unsigned field, uint64_t value);
void proto_fixed(struct bytes *b, unsigned field, uint64_t value, unsigned n);
void proto_message(struct bytes *b, unsigned field, struct bytes *message); /* finishes it */
void proto_value(struct bytes *b, unsigned field, const struct otlp_value *v);
void proto_attrs(struct bytes *b, unsigned field, const struct otlp_attrs *attrs);

/* --- JSON ------------------------------------------------------------------ */

/* How it is spelled. */
struct json_style {
    bool snake;          /* trace_id instead of traceId */
    bool upper_hex;      /* ids */
    bool number_ints;    /* 64-bit integers as numbers */
    bool named_enums;    /* "SPAN_KIND_CLIENT" */
    bool escape_all;     /* every character of a text as \uXXXX */
    bool spaced;         /* white space everywhere */
    bool unknown_fields; /* a member that nobody knows, and nulls */
};

/* Every style in turn. */
struct json_style style_of(uint64_t seed);

struct writer {
    struct bytes *out;
    const struct json_style *style;
};

void write_raw(struct writer *w, const char *text);
void write_space(struct writer *w);
void write_text(struct writer *w, obs_str s);
void write_hex(struct writer *w, obs_str id);
void write_uint(struct writer *w, uint64_t value);
void write_int(struct writer *w, int64_t value);
void write_real(struct writer *w, double value);
void write_enum(struct writer *w, const char *const *names, uint32_t n, uint32_t value);
void write_value(struct writer *w, const struct otlp_value *v);
void write_attr_list(struct writer *w, const struct otlp_attr *items, uint32_t n);

/* `"name":`, given in camelCase. */
void write_name(struct writer *w, bool *first, const char *camel);

/* The members that a message with attributes has. */
void write_attrs(struct writer *w, bool *first, const struct otlp_attrs *attrs);

#endif
