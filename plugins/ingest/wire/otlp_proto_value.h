/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of the OTLP/protobuf reader that every message needs: errors with their
 * place, texts, attributes, and plain fields by table. Unknown fields are skipped,
 * of a repeated singular field the last one counts, a known field of another wire
 * type is an error. Functions return OBS_OK or an error that is already described.
 * Internal to otlp_*proto*.c and otlp_metrics*.c. */
#ifndef INGEST_OTLP_PROTO_VALUE_H
#define INGEST_OTLP_PROTO_VALUE_H

#include "attr_stack.h"
#include "utf8.h"
#include "wire.h"

struct walk {
    obs_arena *arena;
    void *batch; /* of the signal that is read */
    struct attr_stack stack;
    struct decode_error *error;
    const unsigned char *start;
    uint64_t n_replaced; /* texts that were not UTF-8 */
};

/* Begins at the start of `body`. */
void walk_init(struct walk *walk, obs_str body, obs_arena *arena, void *batch,
               struct decode_error *error);

/* Both return OBS_E_SYNTAX. */
int walk_malformed(struct walk *walk, const unsigned char *at, const char *message,
                   const char *problem);
int walk_wrong_type(struct walk *walk, const struct wire_field *f, const char *message);

/* More than `max` of what `items` names. Returns OBS_E_TOO_LARGE. */
int walk_too_many(struct walk *walk, const unsigned char *at, size_t max, const char *items);

/* What walk_text() does with bytes that are no UTF-8. */
int walk_repaired_text(struct walk *walk, obs_str bytes, obs_str *ret);

static inline int walk_text(struct walk *walk, obs_str bytes, obs_str *ret)
{
    if (!utf8_valid(bytes.ptr, bytes.len))
        return walk_repaired_text(walk, bytes, ret);
    *ret = bytes;
    return OBS_OK;
}

/* An AnyValue. */
int walk_any_value(struct walk *walk, obs_str bytes, struct otlp_value *ret);

/* A KeyValue, pushed on the stack. */
int walk_attr(struct walk *walk, obs_str bytes);

/* --- plain fields ------------------------------------------------------------
 * Fields of a message that are one slice or one number are described by a
 * table; attributes and nested messages are the caller's. */

#define FIELD_TEXT 1u
#define FIELD_RAW 2u    /* bytes */
#define FIELD_UINT32 3u /* varint */
#define FIELD_FIXED32 4u
#define FIELD_FIXED64 5u
#define FIELD_NESTED 6u /* the caller's, length-delimited */

struct field_rule {
    uint8_t kind; /* FIELD_*; 0: unknown, skipped */
    uint16_t offset;
};

#define RULE(type, member, field_kind)                                                             \
    {                                                                                              \
        .kind = (field_kind), .offset = offsetof(type, member)                                     \
    }

#define N_RULES(rules) (sizeof(rules) / sizeof((rules)[0]))

/* Stores a plain field; 1 when it is a nested one for the caller to read. */
static inline int walk_field(struct walk *walk, const struct wire_field *f,
                             const struct field_rule *rules, size_t n_rules, void *object,
                             const char *message)
{
    static const uint8_t types[] = {
        [FIELD_TEXT] = WIRE_BYTES,      [FIELD_RAW] = WIRE_BYTES,
        [FIELD_UINT32] = WIRE_VARINT,   [FIELD_FIXED32] = WIRE_FIXED32,
        [FIELD_FIXED64] = WIRE_FIXED64, [FIELD_NESTED] = WIRE_BYTES,
    };
    const struct field_rule *rule;
    char *at;

    if (f->number >= n_rules || rules[f->number].kind == 0)
        return OBS_OK;
    rule = &rules[f->number];
    if (f->type != types[rule->kind])
        return walk_wrong_type(walk, f, message);
    at = (char *)object + rule->offset;
    switch (rule->kind) {
    case FIELD_TEXT:
        return walk_text(walk, f->bytes, (obs_str *)(void *)at);
    case FIELD_RAW:
        *(obs_str *)(void *)at = f->bytes;
        return OBS_OK;
    case FIELD_UINT32:
    case FIELD_FIXED32:
        *(uint32_t *)(void *)at = (uint32_t)f->value;
        return OBS_OK;
    case FIELD_FIXED64:
        *(uint64_t *)(void *)at = f->value;
        return OBS_OK;
    default:
        return 1;
    }
}

/* A message whose only nested field is its attributes. */
int walk_leaf(struct walk *walk, obs_str bytes, const struct field_rule *rules, size_t n_rules,
              void *object, struct otlp_attrs *attrs, const char *message);

#endif
