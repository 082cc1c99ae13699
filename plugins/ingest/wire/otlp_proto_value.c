/* SPDX-License-Identifier: Apache-2.0 */
/* Errors, texts and attributes of OTLP/protobuf. Nesting of values is bounded by
 * OTLP_MAX_DEPTH. */
#include "otlp_proto_value.h"

#include <stdio.h>

void walk_init(struct walk *walk, obs_str body, obs_arena *arena, void *batch,
               struct decode_error *error)
{
    *walk = (struct walk){
        .arena = arena,
        .batch = batch,
        .stack = {.arena = arena},
        .error = error,
        .start = wire_of(body).p,
    };
    error->text[0] = '\0';
}

/* --- errors ---------------------------------------------------------------- */

int walk_malformed(struct walk *walk, const unsigned char *at, const char *message,
                   const char *problem)
{
    struct decode_error *e = walk->error;

    *e = (struct decode_error){.offset = (uint64_t)(at - walk->start)};
    snprintf(e->text, sizeof(e->text), "byte %llu, in %s: %s", (unsigned long long)e->offset,
             message, problem);
    return OBS_E_SYNTAX;
}

int walk_wrong_type(struct walk *walk, const struct wire_field *f, const char *message)
{
    struct decode_error *e = walk->error;

    *e = (struct decode_error){.offset = (uint64_t)(f->at - walk->start)};
    snprintf(e->text, sizeof(e->text), "byte %llu, in %s: field %u has wire type %u",
             (unsigned long long)e->offset, message, f->number, f->type);
    return OBS_E_SYNTAX;
}

int walk_too_many(struct walk *walk, const unsigned char *at, size_t max, const char *items)
{
    struct decode_error *e = walk->error;

    *e = (struct decode_error){.offset = (uint64_t)(at - walk->start)};
    snprintf(e->text, sizeof(e->text), "more than %zu %s in one request", max, items);
    return OBS_E_TOO_LARGE;
}

/* --- values ---------------------------------------------------------------- */

int walk_repaired_text(struct walk *walk, obs_str bytes, obs_str *ret)
{
    obs_str repaired = utf8_repair(walk->arena, bytes);

    if (!repaired.ptr)
        return OBS_E_NOMEM;
    walk->n_replaced++;
    *ret = repaired;
    return OBS_OK;
}

static int any_value(struct walk *walk, obs_str bytes, unsigned depth, struct otlp_value *ret);

/* ArrayValue: the values go on the stack with no key. */
static int array_value(struct walk *walk, obs_str bytes, unsigned depth, struct otlp_value *ret)
{
    struct wire w = wire_of(bytes);
    struct wire_field f = {0};
    size_t mark = walk->stack.n;
    int more, rc;

    while ((more = wire_next(&w, &f)) > 0) {
        struct otlp_value value;
        struct otlp_attr *item;

        if (f.number != 1)
            continue;
        if (f.type != WIRE_BYTES)
            return walk_wrong_type(walk, &f, "ArrayValue");
        rc = any_value(walk, f.bytes, depth + 1, &value);
        if (rc < 0)
            return rc;
        item = attr_stack_push(&walk->stack);
        if (!item)
            return OBS_E_NOMEM;
        item->value = value;
    }
    if (more < 0)
        return walk_malformed(walk, w.p, "ArrayValue", w.problem);
    *ret = (struct otlp_value){.kind = OTLP_ARRAY};
    return attr_stack_take_values(&walk->stack, mark, &ret->items, &ret->n) ? OBS_OK : OBS_E_NOMEM;
}

static int key_value(struct walk *walk, obs_str bytes, unsigned depth)
{
    struct wire w = wire_of(bytes);
    struct wire_field f = {0};
    struct otlp_attr attr, *item;
    int more, rc = OBS_OK;

    attr.key = obs_str_n("", 0);
    attr.value = (struct otlp_value){.kind = OTLP_NONE};
    while ((more = wire_next(&w, &f)) > 0) {
        if (f.number != 1 && f.number != 2)
            continue;
        if (f.type != WIRE_BYTES)
            return walk_wrong_type(walk, &f, "KeyValue");
        if (f.number == 1)
            rc = walk_text(walk, f.bytes, &attr.key);
        else
            rc = any_value(walk, f.bytes, depth, &attr.value);
        if (rc < 0)
            return rc;
    }
    if (more < 0)
        return walk_malformed(walk, w.p, "KeyValue", w.problem);
    item = attr_stack_push(&walk->stack);
    if (!item)
        return OBS_E_NOMEM;
    *item = attr;
    return OBS_OK;
}

static int kvlist_value(struct walk *walk, obs_str bytes, unsigned depth, struct otlp_value *ret)
{
    struct wire w = wire_of(bytes);
    struct wire_field f = {0};
    size_t mark = walk->stack.n;
    int more, rc;

    while ((more = wire_next(&w, &f)) > 0) {
        if (f.number != 1)
            continue;
        if (f.type != WIRE_BYTES)
            return walk_wrong_type(walk, &f, "KeyValueList");
        rc = key_value(walk, f.bytes, depth + 1);
        if (rc < 0)
            return rc;
    }
    if (more < 0)
        return walk_malformed(walk, w.p, "KeyValueList", w.problem);
    *ret = (struct otlp_value){.kind = OTLP_KVLIST};
    return attr_stack_take(&walk->stack, mark, &ret->attrs, &ret->n) ? OBS_OK : OBS_E_NOMEM;
}

static int any_field(struct walk *walk, const struct wire_field *f, unsigned depth,
                     struct otlp_value *ret)
{
    static const uint8_t types[] = {
        [1] = WIRE_BYTES, [2] = WIRE_VARINT, [3] = WIRE_VARINT, [4] = WIRE_FIXED64,
        [5] = WIRE_BYTES, [6] = WIRE_BYTES,  [7] = WIRE_BYTES,
    };

    if (f->number >= sizeof(types))
        return OBS_OK;
    if (f->type != types[f->number])
        return walk_wrong_type(walk, f, "AnyValue");
    switch (f->number) {
    case 1:
        *ret = (struct otlp_value){.kind = OTLP_STRING};
        return walk_text(walk, f->bytes, &ret->s);
    case 2:
        *ret = (struct otlp_value){.kind = OTLP_BOOL, .i = f->value != 0};
        return OBS_OK;
    case 3:
        *ret = (struct otlp_value){.kind = OTLP_INT, .i = (int64_t)f->value};
        return OBS_OK;
    case 4:
        *ret = (struct otlp_value){.kind = OTLP_DOUBLE};
        memcpy(&ret->d, &f->value, sizeof(ret->d));
        return OBS_OK;
    case 5:
        return array_value(walk, f->bytes, depth, ret);
    case 6:
        return kvlist_value(walk, f->bytes, depth, ret);
    default:
        *ret = (struct otlp_value){.kind = OTLP_BYTES, .s = f->bytes};
        return OBS_OK;
    }
}

static int any_value(struct walk *walk, obs_str bytes, unsigned depth, struct otlp_value *ret)
{
    struct wire w = wire_of(bytes);
    struct wire_field f = {0};
    int more, rc;

    if (depth > OTLP_MAX_DEPTH)
        return walk_malformed(walk, w.p, "AnyValue", "nested too deep");
    *ret = (struct otlp_value){.kind = OTLP_NONE};
    while ((more = wire_next(&w, &f)) > 0) {
        rc = any_field(walk, &f, depth, ret);
        if (rc < 0)
            return rc;
    }
    return more < 0 ? walk_malformed(walk, w.p, "AnyValue", w.problem) : OBS_OK;
}

int walk_any_value(struct walk *walk, obs_str bytes, struct otlp_value *ret)
{
    return any_value(walk, bytes, /* depth= */ 0, ret);
}

int walk_attr(struct walk *walk, obs_str bytes)
{
    return key_value(walk, bytes, /* depth= */ 0);
}

int walk_leaf(struct walk *walk, obs_str bytes, const struct field_rule *rules, size_t n_rules,
              void *object, struct otlp_attrs *attrs, const char *message)
{
    struct wire w = wire_of(bytes);
    struct wire_field f = {0};
    size_t mark = walk->stack.n;
    int more, rc;

    while ((more = wire_next(&w, &f)) > 0) {
        rc = walk_field(walk, &f, rules, n_rules, object, message);
        if (rc > 0)
            rc = walk_attr(walk, f.bytes);
        if (rc < 0)
            return rc;
    }
    if (more < 0)
        return walk_malformed(walk, w.p, message, w.problem);
    return attr_stack_take(&walk->stack, mark, &attrs->items, &attrs->n) ? OBS_OK : OBS_E_NOMEM;
}
