/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that are read for being right and for what is counted in them: a table
 * for each, from which protobuf and JSON are read alike. */
#ifndef INGEST_SHAPE_H
#define INGEST_SHAPE_H

#include "otlp_json_value.h"
#include "otlp_proto_value.h"

enum shape_kind {
    SHAPE_TEXT,
    SHAPE_NAME, /* a text that is told to the count */
    SHAPE_ID,
    SHAPE_ENUM,
    SHAPE_BOOL,
    SHAPE_UINT, /* varints */
    SHAPE_SINT,
    SHAPE_FIXED64,
    SHAPE_SFIXED64,
    SHAPE_DOUBLE,
    SHAPE_ATTRIBUTES,
    SHAPE_MESSAGE,
    N_SHAPE_KINDS,
};

struct shape;

struct shape_field {
    uint8_t number;
    uint8_t kind; /* SHAPE_* */
    bool list;
    struct member name;
    const struct shape *message; /* SHAPE_MESSAGE */
};

/* What a message is to the count. */
enum shape_role { SHAPE_PLAIN, SHAPE_ITEM, SHAPE_GROUP };

struct shape {
    const char *name;
    const struct shape_field *fields;
    size_t n_fields;
    enum shape_role role;
};

/* What was found: `name` and `n_items` are of the SHAPE_GROUP under way, and
 * `ended` is called when it is over. */
struct shape_count {
    obs_str name;
    uint64_t n_items;
    void (*ended)(struct shape_count *count);
    void *user;
};

/* A message of `shape` begins; it is over. */
static inline void shape_begins(const struct shape *shape, struct shape_count *count)
{
    if (shape->role != SHAPE_GROUP)
        return;
    count->name = obs_str_n(NULL, 0);
    count->n_items = 0;
}

static inline void shape_ends(const struct shape *shape, struct shape_count *count)
{
    if (shape->role == SHAPE_ITEM)
        count->n_items++;
    else if (shape->role == SHAPE_GROUP)
        count->ended(count);
}

/* Reads the message `bytes`, or the next JSON value, as `shape`. What is unknown is
 * passed over. Errors: as the functions of walk and reader. */
int shape_walk(struct walk *walk, obs_str bytes, const struct shape *shape,
               struct shape_count *count);
int shape_read(struct reader *r, const struct shape *shape, struct shape_count *count);

#endif
