/* SPDX-License-Identifier: Apache-2.0 */
/* Messages in protobuf by their shape. Lists of numbers may be packed or not. */
#include "shape.h"

static const uint8_t wire_types[N_SHAPE_KINDS] = {
    [SHAPE_TEXT] = WIRE_BYTES,     [SHAPE_NAME] = WIRE_BYTES,       [SHAPE_ID] = WIRE_BYTES,
    [SHAPE_ENUM] = WIRE_VARINT,    [SHAPE_BOOL] = WIRE_VARINT,      [SHAPE_UINT] = WIRE_VARINT,
    [SHAPE_SINT] = WIRE_VARINT,    [SHAPE_FIXED64] = WIRE_FIXED64,  [SHAPE_SFIXED64] = WIRE_FIXED64,
    [SHAPE_DOUBLE] = WIRE_FIXED64, [SHAPE_ATTRIBUTES] = WIRE_BYTES, [SHAPE_MESSAGE] = WIRE_BYTES,
};

static const struct shape_field *field_of(const struct shape *shape, uint32_t number)
{
    for (size_t i = 0; i < shape->n_fields; i++)
        if (shape->fields[i].number == number)
            return &shape->fields[i];
    return NULL;
}

static int packed(struct walk *walk, const struct wire_field *f, uint8_t wire_type,
                  const char *message)
{
    struct wire w = wire_of(f->bytes);
    uint64_t value;

    if (wire_type == WIRE_FIXED64)
        return f->bytes.len % 8 == 0
                   ? OBS_OK
                   : walk_malformed(walk, f->at, message, "the last number of the list is cut off");
    while (w.p < w.end)
        if (!wire_varint(&w, &value))
            return walk_malformed(walk, w.p, message, w.problem);
    return OBS_OK;
}

static int attribute(struct walk *walk, obs_str bytes)
{
    size_t mark = walk->stack.n;
    int rc = walk_attr(walk, bytes);

    walk->stack.n = mark; /* it was read for being right */
    return rc;
}

static int field(struct walk *walk, const struct wire_field *f, const struct shape *shape,
                 struct shape_count *count)
{
    const struct shape_field *known = field_of(shape, f->number);
    obs_str text;

    if (!known)
        return OBS_OK;
    if (f->type != wire_types[known->kind]) {
        if (known->list && f->type == WIRE_BYTES)
            return packed(walk, f, wire_types[known->kind], shape->name);
        return walk_wrong_type(walk, f, shape->name);
    }
    switch (known->kind) {
    case SHAPE_TEXT:
        return walk_text(walk, f->bytes, &text);
    case SHAPE_NAME:
        return walk_text(walk, f->bytes, &count->name);
    case SHAPE_ATTRIBUTES:
        return attribute(walk, f->bytes);
    case SHAPE_MESSAGE:
        return shape_walk(walk, f->bytes, known->message, count);
    default:
        return OBS_OK;
    }
}

int shape_walk(struct walk *walk, obs_str bytes, const struct shape *shape,
               struct shape_count *count)
{
    struct wire w = wire_of(bytes);
    struct wire_field f = {0};
    int more, rc;

    shape_begins(shape, count);
    while ((more = wire_next(&w, &f)) > 0) {
        rc = field(walk, &f, shape, count);
        if (rc < 0)
            return rc;
    }
    if (more < 0)
        return walk_malformed(walk, w.p, shape->name, w.problem);
    shape_ends(shape, count);
    return OBS_OK;
}
