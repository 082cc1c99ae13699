/* SPDX-License-Identifier: Apache-2.0 */
/* From events, one of each thing, to spans as Langfuse's OpenTelemetry SDKs send
 * them. */
#include "attr_stack.h"
#include "ids.h"
#include "json_value.h"
#include "langfuse.h"

#include <observatory/span.h>

struct maker {
    const struct langfuse_batch *batch;
    struct otlp_batch *to;
    struct attr_stack stack;
    struct json_out out;
};

/* --- attributes --------------------------------------------------------------- */

static bool push(struct maker *m, const char *key, struct otlp_value value)
{
    struct otlp_attr *attr = attr_stack_push(&m->stack);

    if (attr)
        *attr = (struct otlp_attr){obs_str_of(key), value};
    return attr != NULL;
}

/* Whether a row further down has the same attribute and a value. */
static bool is_outdone(const struct langfuse_event *e, uint32_t index)
{
    const struct langfuse_fields *fields = &langfuse_fields[e->body];

    for (uint32_t i = index + 1; i < fields->n; i++)
        if (e->set >> i & 1 &&
            strcmp(fields->rows[i].attribute, fields->rows[index].attribute) == 0)
            return true;
    return false;
}

/* "prefix.key"; ptr NULL when out of memory. */
static obs_str joined(obs_arena *arena, const char *prefix, obs_str key)
{
    size_t len = strlen(prefix);
    char *text = obs_arena_alloc(arena, len + 1 + key.len);

    if (!text)
        return obs_str_n(NULL, 0);
    memcpy(text, prefix, len);
    text[len] = '.';
    if (key.len)
        memcpy(text + len + 1, key.ptr, key.len);
    return obs_str_n(text, len + 1 + key.len);
}

/* The members of metadata, an attribute each. */
static bool push_members(struct maker *m, const char *prefix, obs_str object)
{
    struct json_cursor c;
    bool first = true;
    obs_str key;
    int rc;

    json_cursor_init(&c, object, m->out.arena, /* error= */ NULL);
    rc = json_open(&c, '{');
    while (rc >= 0 && (rc = json_key(&c, &first, &key)) > 0) {
        struct otlp_attr *attr = attr_stack_push(&m->stack);

        if (!attr)
            return false;
        attr->key = joined(m->out.arena, prefix, key);
        rc = attr->key.ptr ? json_value_read(&c, &m->out, &attr->value) : OBS_E_NOMEM;
    }
    return rc == OBS_OK;
}

static bool push_row(struct maker *m, const struct langfuse_field *row,
                     const struct otlp_value *value)
{
    if (row->kind == KIND_METADATA && value->kind == OTLP_JSON && value->s.ptr[0] == '{')
        return push_members(m, row->attribute, value->s);
    return push(m, row->attribute, *value);
}

/* The values of an event, or of its shared rows only; later ones count more. */
static bool push_values(struct maker *m, const struct langfuse_event *e, bool shared)
{
    for (uint32_t left = e->set; left; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(left);
        const struct langfuse_field *row = &langfuse_fields[e->body].rows[i];

        if ((shared && !row->shared) || is_outdone(e, i))
            continue;
        if (!push_row(m, row, &e->values[i]))
            return false;
    }
    return true;
}

static bool push_attributes(struct maker *m, const struct langfuse_event *e,
                            const struct langfuse_event *trace)
{
    struct otlp_value type = {.kind = OTLP_STRING, .s = obs_str_of(e->observation)};

    return (!trace || push_values(m, trace, /* shared= */ true)) &&
           (!e->observation || push(m, "langfuse.observation.type", type)) &&
           push_values(m, e, /* shared= */ false);
}

/* --- spans -------------------------------------------------------------------- */

/* An observation without a parent is below its trace. An update does not tell. */
static bool is_below_trace(const struct langfuse_event *e)
{
    return e->body == BODY_OBSERVATION && !e->update && !e->parent.len && e->trace.len;
}

/* `trace` is what the batch says about the trace of an observation, or NULL. */
static bool emit(struct maker *m, struct langfuse_event *e, const struct langfuse_event *trace)
{
    static const struct otlp_resource nothing;
    struct otlp_span *span = otlp_batch_add(m->to);
    bool below_trace = is_below_trace(e);

    if (!span)
        return false;
    span->resource = &nothing;
    span->scope = &m->batch->scope;
    span->trace_id = obs_str_n((const char *)e->trace_id, sizeof(e->trace_id));
    span->span_id = obs_str_n((const char *)e->span_id, sizeof(e->span_id));
    if (below_trace)
        langfuse_root_id(e->trace_id, e->parent_id);
    if (below_trace || e->parent.len)
        span->parent_span_id = obs_str_n((const char *)e->parent_id, sizeof(e->parent_id));
    span->name = e->name;
    span->start_ns = (uint64_t)e->start_ns;
    span->end_ns = (uint64_t)(e->end_ns > e->start_ns ? e->end_ns : e->start_ns);
    span->store_flags = OBS_SPAN_UPDATE | (e->start_ns ? 0 : OBS_SPAN_FRAGMENT);
    return push_attributes(m, e, trace) &&
           attr_stack_take(&m->stack, /* mark= */ 0, &span->attrs.items, &span->attrs.n);
}

/* --- traces ----------------------------------------------------------------- */

/* A trace has no end: it is over when its last observation is. Its root span covers
 * those of this request, the store's those of others. */
static bool emit_root_end(struct maker *m, const struct langfuse_event *first, int64_t end_ns)
{
    struct langfuse_event *root = obs_arena_calloc(m->batch->arena, 1, sizeof(*root));

    if (!root)
        return false;
    root->body = BODY_TRACE;
    root->end_ns = end_ns;
    memcpy(root->trace_id, first->trace_id, sizeof(root->trace_id));
    langfuse_root_id(root->trace_id, root->span_id);
    return emit(m, root, NULL);
}

/* The events of one trace, `n` of them, its own first. */
static bool emit_trace(struct maker *m, struct langfuse_event *events, size_t n)
{
    struct langfuse_event *trace = events->body == BODY_TRACE ? events : NULL;
    int64_t end_ns = 0;

    for (size_t i = trace ? 1 : 0; i < n; i++) {
        struct langfuse_event *e = &events[i];
        int64_t until_ns = e->end_ns > e->start_ns ? e->end_ns : e->start_ns;

        if (!emit(m, e, trace))
            return false;
        if (e->trace.len && until_ns > end_ns)
            end_ns = until_ns;
    }
    if (!trace)
        return end_ns == 0 || emit_root_end(m, events, end_ns);
    trace->end_ns = end_ns;
    return emit(m, trace, NULL);
}

int langfuse_spans(const struct langfuse_batch *batch, struct otlp_batch *ret)
{
    struct maker m = {.batch = batch, .to = ret, .stack = {.arena = batch->arena}};

    json_out_init(&m.out, batch->arena);
    for (size_t i = 0, n; i < batch->n_events; i += n) {
        struct langfuse_event *first = &batch->events[i];

        for (n = 1; i + n < batch->n_events; n++)
            if (memcmp(first[n].trace_id, first->trace_id, sizeof(first->trace_id)) != 0)
                break;
        if (!emit_trace(&m, first, n))
            return OBS_E_NOMEM;
    }
    return OBS_OK;
}
