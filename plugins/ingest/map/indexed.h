/* SPDX-License-Identifier: Apache-2.0 */
/* Lists that arrive as one attribute for each part, such as
 * "llm.input_messages.0.message.tool_calls.1.tool_call.function.name": the
 * parts are collected, put in order and written as the array they came from.
 * Bounded: parts over the limit stay among the attributes. */
#ifndef INGEST_INDEXED_H
#define INGEST_INDEXED_H

#include "draft.h"

#define INDEXED_DEFAULT_PARTS 4096u

/* What the parts are of. */
enum indexed_list { LIST_INPUT, LIST_OUTPUT, LIST_DOCUMENTS, LIST_FEEDBACK };

enum indexed_group { INDEXED_PLAIN, INDEXED_FUNCTION, INDEXED_CONTENTS, INDEXED_CALLS };

struct indexed_part {
    struct otlp_attr *attr;
    const struct map_row *row;
    obs_str name;   /* what is left of the key: "role", "function.name" */
    uint32_t index; /* of the message, document or score */
    uint32_t sub;   /* of the content part or tool call */
    uint32_t order; /* as sent */
    uint8_t list;   /* LIST_* */
    uint8_t group;  /* INDEXED_* */
};

struct indexed_parts {
    struct indexed_part *items;
    uint32_t n;
    uint32_t capacity;
    uint32_t max;
    bool sorted;
    uint8_t over; /* bits of lists of which some did not fit */
};

/* Adds `attr` with its row, whose key had the index `index` and `rest` behind
 * it. What is not taken (over the limit, or out of memory) stays an attribute. */
void indexed_add(struct indexed_parts *parts, obs_arena *arena, const struct map_row *row,
                 uint32_t index, obs_str rest, struct otlp_attr *attr);

/* Whether a row is of a list. */
bool indexed_is(const struct map_row *row);

/* The parts of one list in order, up to `ret_end`; of feedback row by row. */
const struct indexed_part *indexed_of(struct indexed_parts *parts, enum indexed_list list,
                                      const struct indexed_part **ret_end);

/* Writes the elements of one list as an array, of messages
 * [{role, content, tool_calls …}], and marks their attributes as mapped.
 * `ret_row` (may be NULL) is a row that they came by. Returns the text, ptr NULL
 * when there is none of that list or memory ran out. */
obs_str indexed_write(struct indexed_parts *parts, struct json_out *out, enum indexed_list list,
                      const struct map_row **ret_row);

#endif
