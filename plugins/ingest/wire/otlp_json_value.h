/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of the OTLP/JSON reader that every message needs: its members by
 * name, scalars, and attributes. Internal to otlp_*json*.c
 * and otlp_metrics*.c. */
#ifndef INGEST_OTLP_JSON_VALUE_H
#define INGEST_OTLP_JSON_VALUE_H

#include "attr_stack.h"
#include "json_cursor.h"

struct reader {
    struct json_cursor c;
    void *batch; /* of the signal that is read */
    struct attr_stack stack;
};

/* Begins at the start of `body`. */
void reader_init(struct reader *r, obs_str body, obs_arena *arena, void *batch,
                 struct decode_error *error);

/* --- names ----------------------------------------------------------------- */

/* A member's two spellings and its number in the message's switch. */
struct member {
    const char *camel;
    const char *snake;
    uint8_t camel_len;
    uint8_t snake_len;
};

#define MEMBER(camel_name, snake_name)                                                             \
    {                                                                                              \
        (camel_name), (snake_name), sizeof(camel_name) - 1, sizeof(snake_name) - 1                 \
    }

/* The number of `key`, -1 when it is unknown. */
static inline int member_of(const struct member *members, size_t n, obs_str key)
{
    for (size_t i = 0; i < n; i++)
        if (members[i].camel_len == key.len && memcmp(members[i].camel, key.ptr, key.len) == 0)
            return (int)i;
    for (size_t i = 0; i < n; i++)
        if (members[i].snake_len == key.len && memcmp(members[i].snake, key.ptr, key.len) == 0)
            return (int)i;
    return -1;
}

/* The next known member with a value: its number, -1 at the end of the object,
 * below that OBS_E_*. */
#define NO_MORE (-1)

static inline int next_member(struct reader *r, bool *first, const struct member *members, size_t n)
{
    for (;;) {
        obs_str key;
        int member, rc = json_key(&r->c, first, &key);

        if (rc <= 0)
            return rc < 0 ? rc : NO_MORE;
        member = member_of(members, n, key);
        if (json_null(&r->c))
            continue;
        if (member >= 0)
            return member;
        rc = json_skip(&r->c, NULL);
        if (rc < 0)
            return rc;
    }
}

/* OBS_E_INTERNAL is the error with NO_MORE's value; no reader returns it. */
_Static_assert(OBS_E_INTERNAL == NO_MORE, "the end of an object is told from errors by this value");
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* An id in hexadecimal. What is none becomes one byte, a length that no id
 * has, so that its span is refused and not the request. */
int read_id(struct reader *r, obs_str *ret);

int read_uint32(struct reader *r, uint32_t *ret);

/* An enum by number or by its protobuf name; an unknown one counts as 0. */
int read_enum(struct reader *r, const char *const *names, uint32_t n, uint32_t *ret);

/* An AnyValue. */
int read_any_value(struct reader *r, struct otlp_value *ret);

/* A list of KeyValue. */
int read_attrs(struct reader *r, struct otlp_attrs *ret);

#endif
