/* SPDX-License-Identifier: Apache-2.0 */
/* Encoders for tests: decoded spans back to a request body, written for being
 * obviously right, not fast. Consecutive spans that share resource and scope
 * share the messages around them. */
#ifndef TESTS_FIXTURE_ENCODE_H
#define TESTS_FIXTURE_ENCODE_H

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

/* How JSON is spelled. */
struct json_style {
    bool snake;          /* trace_id instead of traceId */
    bool upper_hex;      /* ids */
    bool number_ints;    /* 64-bit integers as numbers */
    bool named_enums;    /* "SPAN_KIND_CLIENT" */
    bool escape_all;     /* every character of a text as \uXXXX */
    bool spaced;         /* white space everywhere */
    bool unknown_fields; /* a member that nobody knows, and nulls */
};

void encode_proto(const struct otlp_batch *batch, struct bytes *out);
void encode_json(const struct otlp_batch *batch, const struct json_style *style, struct bytes *out);

#endif
