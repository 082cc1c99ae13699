/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that arrive as one attribute for each part, such as
 * "llm.input_messages.0.message.tool_calls.1.tool_call.function.name": the
 * parts are collected, put in order and written as the array they came from.
 * Bounded: parts over the limit stay among the attributes. */
#ifndef INGEST_INDEXED_H
#define INGEST_INDEXED_H

#include "json_out.h"

#define INDEXED_MAX_PARTS 4096u

enum indexed_group { INDEXED_PLAIN, INDEXED_CONTENTS, INDEXED_CALLS };

struct indexed_part {
    struct otlp_attr *attr;
    obs_str name;   /* what is left of the key: "role", "function.name" */
    uint32_t index; /* of the message */
    uint32_t sub;   /* of the content part or tool call */
    uint32_t order; /* as sent */
    uint8_t output;
    uint8_t group; /* INDEXED_* */
};

struct indexed_parts {
    struct indexed_part *items;
    uint32_t n;
    uint32_t capacity;
    bool sorted;
    bool over; /* some did not fit */
};

/* Adds the attribute whose key had the index `index` and `rest` behind it.
 * False when it was not taken (over the limit, or out of memory). */
bool indexed_add(struct indexed_parts *parts, obs_arena *arena, bool output, uint32_t index,
                 obs_str rest, struct otlp_attr *attr);

/* Writes the messages of one side as an array, [{role, content, tool_calls …}],
 * and marks their attributes as mapped. Returns the text, ptr NULL when there
 * is none of that side or memory ran out. */
obs_str indexed_write(struct indexed_parts *parts, struct json_out *out, bool output);

#endif
