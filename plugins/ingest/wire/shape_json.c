/* SPDX-License-Identifier: Apache-2.0 */
/* Messages in JSON by their shape, as lenient as the readers of spans. */
#include "shape.h"

static const struct shape_field *field_of(const struct shape *shape, obs_str key)
{
    for (size_t i = 0; i < shape->n_fields; i++)
        if (member_of(&shape->fields[i].name, 1, key) == 0)
            return &shape->fields[i];
    return NULL;
}

static int number(struct reader *r, enum shape_kind kind)
{
    uint64_t natural;
    int64_t integer;
    uint32_t choice;
    double real;
    bool truth;

    switch (kind) {
    case SHAPE_ENUM:
        return read_enum(r, /* names= */ NULL, 0, &choice);
    case SHAPE_BOOL:
        return json_bool(&r->c, &truth);
    case SHAPE_UINT:
    case SHAPE_FIXED64:
        return json_uint(&r->c, &natural);
    case SHAPE_SINT:
    case SHAPE_SFIXED64:
        return json_int(&r->c, &integer);
    default:
        return json_double(&r->c, &real);
    }
}

static int value(struct reader *r, const struct shape_field *field, struct shape_count *count)
{
    obs_str text;

    switch (field->kind) {
    case SHAPE_TEXT:
        return json_string(&r->c, &text);
    case SHAPE_NAME:
        return json_string(&r->c, &count->name);
    case SHAPE_ID:
        return read_id(r, &text);
    case SHAPE_MESSAGE:
        return shape_read(r, field->message, count);
    default:
        return number(r, field->kind);
    }
}

static int member_value(struct reader *r, const struct shape_field *field,
                        struct shape_count *count)
{
    struct otlp_attrs attrs;
    bool first = true;
    int rc;

    if (field->kind == SHAPE_ATTRIBUTES)
        return read_attrs(r, &attrs);
    if (!field->list)
        return value(r, field, count);
    rc = json_open(&r->c, '[');
    while (rc >= 0 && (rc = json_item(&r->c, &first)) > 0)
        if (!json_null(&r->c))
            rc = value(r, field, count);
    return rc;
}

int shape_read(struct reader *r, const struct shape *shape, struct shape_count *count)
{
    bool first = true;
    obs_str key;
    int rc = json_open(&r->c, '{');

    shape_begins(shape, count);
    while (rc >= 0 && (rc = json_key(&r->c, &first, &key)) > 0) {
        const struct shape_field *field = field_of(shape, key);

        if (json_null(&r->c))
            continue;
        rc = field ? member_value(r, field, count) : json_skip(&r->c, NULL);
    }
    if (rc == OBS_OK)
        shape_ends(shape, count);
    return rc;
}
