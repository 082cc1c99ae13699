/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP in protobuf (opentelemetry-proto 1.x, trace service): a walker over the
 * body that copies nothing. Unknown fields are skipped, of a repeated singular
 * field the last one counts, a known field of another wire type is an error.
 * Every function returns OBS_OK or an error that is already described. */
#include "attr_stack.h"
#include "otlp.h"
#include "utf8.h"
#include "wire.h"

#include <stdio.h>

struct walk {
    struct otlp_batch *batch;
    struct attr_stack stack;
    struct decode_error *error;
    const unsigned char *start;
};

/* --- errors ---------------------------------------------------------------- */

static int malformed(struct walk *walk, const unsigned char *at, const char *message,
                     const char *problem)
{
    struct decode_error *e = walk->error;

    *e = (struct decode_error){.offset = (uint64_t)(at - walk->start)};
    snprintf(e->text, sizeof(e->text), "byte %llu, in %s: %s", (unsigned long long)e->offset,
             message, problem);
    return OBS_E_SYNTAX;
}

static int wrong_type(struct walk *walk, const struct wire_field *f, const char *message)
{
    struct decode_error *e = walk->error;

    *e = (struct decode_error){.offset = (uint64_t)(f->at - walk->start)};
    snprintf(e->text, sizeof(e->text), "byte %llu, in %s: field %u has wire type %u",
             (unsigned long long)e->offset, message, f->number, f->type);
    return OBS_E_SYNTAX;
}

/* --- values ---------------------------------------------------------------- */

static int repaired_text(struct walk *walk, obs_str bytes, obs_str *ret)
{
    obs_str repaired = utf8_repair(walk->batch->arena, bytes);

    if (!repaired.ptr)
        return OBS_E_NOMEM;
    walk->batch->n_replaced++;
    *ret = repaired;
    return OBS_OK;
}

static inline int text(struct walk *walk, obs_str bytes, obs_str *ret)
{
    if (!utf8_valid(bytes.ptr, bytes.len))
        return repaired_text(walk, bytes, ret);
    *ret = bytes;
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
            return wrong_type(walk, &f, "ArrayValue");
        rc = any_value(walk, f.bytes, depth + 1, &value);
        if (rc < 0)
            return rc;
        item = attr_stack_push(&walk->stack);
        if (!item)
            return OBS_E_NOMEM;
        item->value = value;
    }
    if (more < 0)
        return malformed(walk, w.p, "ArrayValue", w.problem);
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
            return wrong_type(walk, &f, "KeyValue");
        if (f.number == 1)
            rc = text(walk, f.bytes, &attr.key);
        else
            rc = any_value(walk, f.bytes, depth, &attr.value);
        if (rc < 0)
            return rc;
    }
    if (more < 0)
        return malformed(walk, w.p, "KeyValue", w.problem);
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
            return wrong_type(walk, &f, "KeyValueList");
        rc = key_value(walk, f.bytes, depth + 1);
        if (rc < 0)
            return rc;
    }
    if (more < 0)
        return malformed(walk, w.p, "KeyValueList", w.problem);
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
        return wrong_type(walk, f, "AnyValue");
    switch (f->number) {
    case 1:
        *ret = (struct otlp_value){.kind = OTLP_STRING};
        return text(walk, f->bytes, &ret->s);
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
        return malformed(walk, w.p, "AnyValue", "nested too deep");
    *ret = (struct otlp_value){.kind = OTLP_NONE};
    while ((more = wire_next(&w, &f)) > 0) {
        rc = any_field(walk, &f, depth, ret);
        if (rc < 0)
            return rc;
    }
    return more < 0 ? malformed(walk, w.p, "AnyValue", w.problem) : OBS_OK;
}

/* --- messages --------------------------------------------------------------
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

/* Stores a plain field; 1 when it is a nested one for the caller to read. */
static inline int plain_field(struct walk *walk, const struct wire_field *f,
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
        return wrong_type(walk, f, message);
    at = (char *)object + rule->offset;
    switch (rule->kind) {
    case FIELD_TEXT:
        return text(walk, f->bytes, (obs_str *)(void *)at);
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
static int leaf_message(struct walk *walk, obs_str bytes, const struct field_rule *rules,
                        size_t n_rules, void *object, struct otlp_attrs *attrs, const char *message)
{
    struct wire w = wire_of(bytes);
    struct wire_field f = {0};
    size_t mark = walk->stack.n;
    int more, rc;

    while ((more = wire_next(&w, &f)) > 0) {
        rc = plain_field(walk, &f, rules, n_rules, object, message);
        if (rc > 0)
            rc = key_value(walk, f.bytes, /* depth= */ 0);
        if (rc < 0)
            return rc;
    }
    if (more < 0)
        return malformed(walk, w.p, message, w.problem);
    return attr_stack_take(&walk->stack, mark, &attrs->items, &attrs->n) ? OBS_OK : OBS_E_NOMEM;
}

#define RULE(type, member, field_kind)                                                             \
    {                                                                                              \
        .kind = (field_kind), .offset = offsetof(type, member)                                     \
    }

static int event_message(struct walk *walk, obs_str bytes, struct otlp_event *event)
{
    static const struct field_rule rules[] = {
        [1] = RULE(struct otlp_event, time_ns, FIELD_FIXED64),
        [2] = RULE(struct otlp_event, name, FIELD_TEXT),
        [3] = {.kind = FIELD_NESTED},
        [4] = RULE(struct otlp_event, attrs.dropped, FIELD_UINT32),
    };

    *event = (struct otlp_event){0};
    return leaf_message(walk, bytes, rules, sizeof(rules) / sizeof(rules[0]), event, &event->attrs,
                        "Span.Event");
}

static int link_message(struct walk *walk, obs_str bytes, struct otlp_link *link)
{
    static const struct field_rule rules[] = {
        [1] = RULE(struct otlp_link, trace_id, FIELD_RAW),
        [2] = RULE(struct otlp_link, span_id, FIELD_RAW),
        [3] = RULE(struct otlp_link, trace_state, FIELD_TEXT),
        [4] = {.kind = FIELD_NESTED},
        [5] = RULE(struct otlp_link, attrs.dropped, FIELD_UINT32),
        [6] = RULE(struct otlp_link, flags, FIELD_FIXED32),
    };

    *link = (struct otlp_link){0};
    return leaf_message(walk, bytes, rules, sizeof(rules) / sizeof(rules[0]), link, &link->attrs,
                        "Span.Link");
}

static int status_message(struct walk *walk, obs_str bytes, struct otlp_span *span)
{
    static const struct field_rule rules[] = {
        [2] = RULE(struct otlp_span, status_message, FIELD_TEXT),
        [3] = RULE(struct otlp_span, status, FIELD_UINT32),
    };
    struct wire w = wire_of(bytes);
    struct wire_field f = {0};
    int more, rc;

    while ((more = wire_next(&w, &f)) > 0) {
        rc = plain_field(walk, &f, rules, sizeof(rules) / sizeof(rules[0]), span, "Status");
        if (rc < 0)
            return rc;
    }
    return more < 0 ? malformed(walk, w.p, "Status", w.problem) : OBS_OK;
}

/* Events and links come one by one among the other fields: first they are
 * counted, so that their array is made once. */
static int span_lists(struct walk *walk, obs_str bytes, struct otlp_span *span)
{
    struct wire w = wire_of(bytes);
    struct wire_field f = {0};
    uint32_t e = 0, l = 0;
    int rc = OBS_OK;

    span->events = obs_arena_calloc(walk->batch->arena, span->n_events, sizeof(*span->events));
    span->links = obs_arena_calloc(walk->batch->arena, span->n_links, sizeof(*span->links));
    if ((span->n_events && !span->events) || (span->n_links && !span->links))
        return OBS_E_NOMEM;
    while (rc == OBS_OK && wire_next(&w, &f) > 0) {
        if (f.number == 11)
            rc = event_message(walk, f.bytes, &span->events[e++]);
        else if (f.number == 13)
            rc = link_message(walk, f.bytes, &span->links[l++]);
    }
    return rc;
}

static int span_message(struct walk *walk, obs_str bytes, struct otlp_span *span)
{
    static const struct field_rule rules[] = {
        [1] = RULE(struct otlp_span, trace_id, FIELD_RAW),
        [2] = RULE(struct otlp_span, span_id, FIELD_RAW),
        [3] = RULE(struct otlp_span, trace_state, FIELD_TEXT),
        [4] = RULE(struct otlp_span, parent_span_id, FIELD_RAW),
        [5] = RULE(struct otlp_span, name, FIELD_TEXT),
        [6] = RULE(struct otlp_span, kind, FIELD_UINT32),
        [7] = RULE(struct otlp_span, start_ns, FIELD_FIXED64),
        [8] = RULE(struct otlp_span, end_ns, FIELD_FIXED64),
        [9] = {.kind = FIELD_NESTED},
        [10] = RULE(struct otlp_span, attrs.dropped, FIELD_UINT32),
        [11] = {.kind = FIELD_NESTED},
        [12] = RULE(struct otlp_span, dropped_events, FIELD_UINT32),
        [13] = {.kind = FIELD_NESTED},
        [14] = RULE(struct otlp_span, dropped_links, FIELD_UINT32),
        [15] = {.kind = FIELD_NESTED},
        [16] = RULE(struct otlp_span, flags, FIELD_FIXED32),
    };
    struct wire w = wire_of(bytes);
    struct wire_field f = {0};
    size_t mark = walk->stack.n;
    int more, rc;

    while ((more = wire_next(&w, &f)) > 0) {
        rc = plain_field(walk, &f, rules, sizeof(rules) / sizeof(rules[0]), span, "Span");
        if (rc > 0) {
            if (f.number == 9)
                rc = key_value(walk, f.bytes, /* depth= */ 0);
            else if (f.number == 15)
                rc = status_message(walk, f.bytes, span);
            else if (f.number == 11)
                span->n_events++;
            else
                span->n_links++;
        }
        if (rc < 0)
            return rc;
    }
    if (more < 0)
        return malformed(walk, w.p, "Span", w.problem);
    if (!attr_stack_take(&walk->stack, mark, &span->attrs.items, &span->attrs.n))
        return OBS_E_NOMEM;
    return span->n_events | span->n_links ? span_lists(walk, bytes, span) : OBS_OK;
}

static int scope_message(struct walk *walk, obs_str bytes, struct otlp_scope *scope)
{
    static const struct field_rule rules[] = {
        [1] = RULE(struct otlp_scope, name, FIELD_TEXT),
        [2] = RULE(struct otlp_scope, version, FIELD_TEXT),
        [3] = {.kind = FIELD_NESTED},
        [4] = RULE(struct otlp_scope, attrs.dropped, FIELD_UINT32),
    };

    *scope = (struct otlp_scope){0};
    return leaf_message(walk, bytes, rules, sizeof(rules) / sizeof(rules[0]), scope, &scope->attrs,
                        "InstrumentationScope");
}

static int resource_message(struct walk *walk, obs_str bytes, struct otlp_resource *resource)
{
    static const struct field_rule rules[] = {
        [1] = {.kind = FIELD_NESTED},
        [2] = RULE(struct otlp_resource, attrs.dropped, FIELD_UINT32),
    };

    *resource = (struct otlp_resource){0};
    return leaf_message(walk, bytes, rules, sizeof(rules) / sizeof(rules[0]), resource,
                        &resource->attrs, "Resource");
}

static int too_many(struct walk *walk, const unsigned char *at)
{
    struct decode_error *e = walk->error;

    *e = (struct decode_error){.offset = (uint64_t)(at - walk->start)};
    snprintf(e->text, sizeof(e->text), "more than %zu spans in one request",
             walk->batch->max_spans);
    return OBS_E_TOO_LARGE;
}

static int scope_spans(struct walk *walk, obs_str bytes, const struct otlp_resource *resource)
{
    struct wire w = wire_of(bytes);
    struct wire_field f = {0};
    struct otlp_batch *batch = walk->batch;
    struct otlp_scope *scope = obs_arena_calloc(batch->arena, 1, sizeof(*scope));
    int more, rc = scope ? OBS_OK : OBS_E_NOMEM;

    while (rc == OBS_OK && (more = wire_next(&w, &f)) != 0) {
        struct otlp_span *span;

        if (more < 0)
            return malformed(walk, w.p, "ScopeSpans", w.problem);
        if (f.number != 1 && f.number != 2)
            continue;
        if (f.type != WIRE_BYTES)
            return wrong_type(walk, &f, "ScopeSpans");
        if (f.number == 1) {
            rc = scope_message(walk, f.bytes, scope);
            continue;
        }
        if (batch->max_spans && batch->n_spans >= batch->max_spans)
            return too_many(walk, f.at);
        span = otlp_batch_add(batch);
        if (!span)
            return OBS_E_NOMEM;
        span->resource = resource;
        span->scope = scope;
        rc = span_message(walk, f.bytes, span);
    }
    return rc;
}

static int resource_spans(struct walk *walk, obs_str bytes)
{
    struct wire w = wire_of(bytes);
    struct wire_field f = {0};
    struct otlp_resource *resource = obs_arena_calloc(walk->batch->arena, 1, sizeof(*resource));
    int more, rc = resource ? OBS_OK : OBS_E_NOMEM;

    while (rc == OBS_OK && (more = wire_next(&w, &f)) != 0) {
        if (more < 0)
            return malformed(walk, w.p, "ResourceSpans", w.problem);
        if (f.number != 1 && f.number != 2)
            continue;
        if (f.type != WIRE_BYTES)
            return wrong_type(walk, &f, "ResourceSpans");
        rc = f.number == 1 ? resource_message(walk, f.bytes, resource)
                           : scope_spans(walk, f.bytes, resource);
    }
    return rc;
}

int otlp_proto_decode(obs_str body, struct otlp_batch *batch, struct decode_error *error)
{
    struct wire w = wire_of(body);
    struct walk walk = {
        .batch = batch, .stack = {.arena = batch->arena}, .error = error, .start = w.p};
    struct wire_field f = {0};
    int more, rc = OBS_OK;

    error->text[0] = '\0';
    while (rc == OBS_OK && (more = wire_next(&w, &f)) != 0) {
        if (more < 0)
            return malformed(&walk, w.p, "ExportTraceServiceRequest", w.problem);
        if (f.number != 1)
            continue;
        if (f.type != WIRE_BYTES)
            return wrong_type(&walk, &f, "ExportTraceServiceRequest");
        rc = resource_spans(&walk, f.bytes);
    }
    return rc;
}
