/* SPDX-License-Identifier: Apache-2.0 */
/* From events to spans. Events about the same thing become one before they are
 * mapped: the usage that an update brings is then read with the model that the
 * creation told. What comes in another request is merged by the store. */
#include "attr_stack.h"
#include "ids.h"
#include "langfuse.h"

#include <observatory/span.h>

#include <stdlib.h>

struct folder {
    const struct langfuse_batch *batch;
    struct otlp_batch *to;
    struct attr_stack stack;
};

/* --- putting together ------------------------------------------------------- */

static int by_identity(const struct langfuse_event *a, const struct langfuse_event *b)
{
    int order = memcmp(a->trace_id, b->trace_id, sizeof(a->trace_id));

    if (order == 0) /* the trace before its observations */
        order = (a->body > b->body) - (a->body < b->body);
    return order ? order : memcmp(a->span_id, b->span_id, sizeof(a->span_id));
}

static int by_order(const void *x, const void *y)
{
    const struct langfuse_event *a = x, *b = y;
    int order = by_identity(a, b);

    if (order == 0)
        order = a->update - b->update;
    if (order == 0)
        order = (a->time_ns > b->time_ns) - (a->time_ns < b->time_ns);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

static void replace(obs_str *to, obs_str text)
{
    if (text.len)
        *to = text;
}

/* The lists of both; of the same name the mapper takes the later. */
static bool append(obs_arena *arena, struct otlp_attrs *to, const struct otlp_attrs *more)
{
    struct otlp_attr *items;

    if (more->n == 0)
        return true;
    items = obs_arena_alloc(arena, ((size_t)to->n + more->n) * sizeof(*items));
    if (!items)
        return false;
    if (to->n)
        memcpy(items, to->items, to->n * sizeof(*items));
    memcpy(items + to->n, more->items, more->n * sizeof(*items));
    *to = (struct otlp_attrs){.items = items, .n = to->n + more->n};
    return true;
}

/* What a later event says takes the place of what an earlier one said, but for the
 * start, which is the earliest. */
static bool add(obs_arena *arena, struct langfuse_event *to, const struct langfuse_event *more)
{
    to->update &= more->update;
    if (more->observation)
        to->observation = more->observation;
    if (more->parent.len)
        memcpy(to->parent_id, more->parent_id, sizeof(to->parent_id));
    if (more->start_ns && (!to->start_ns || more->start_ns < to->start_ns))
        to->start_ns = more->start_ns;
    if (more->end_ns)
        to->end_ns = more->end_ns;
    replace(&to->id, more->id);
    replace(&to->trace, more->trace);
    replace(&to->parent, more->parent);
    replace(&to->name, more->name);
    for (uint32_t left = more->set; left; left &= left - 1)
        to->values[__builtin_ctz(left)] = more->values[__builtin_ctz(left)];
    to->set |= more->set;
    return append(arena, &to->metadata, &more->metadata);
}

/* Leaves one event of all with the same identity; false when out of memory. */
static bool put_together(struct langfuse_batch *batch)
{
    size_t n = 0;

    if (batch->n_events)
        qsort(batch->events, batch->n_events, sizeof(*batch->events), by_order);
    for (size_t i = 0; i < batch->n_events; i++) {
        const struct langfuse_event *event = &batch->events[i];

        if (n == 0 || by_identity(&batch->events[n - 1], event) != 0)
            batch->events[n++] = *event;
        else if (!add(batch->arena, &batch->events[n - 1], event))
            return false;
    }
    batch->n_events = n;
    return true;
}

/* --- spans ------------------------------------------------------------------ */

static bool push(struct folder *f, const char *key, struct otlp_value value)
{
    struct otlp_attr *attr = attr_stack_push(&f->stack);

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

/* The values of an event, or of its shared rows only; later ones count more. */
static bool push_values(struct folder *f, const struct langfuse_event *e, bool shared)
{
    for (uint32_t left = e->set; left; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(left);
        const struct langfuse_field *row = &langfuse_fields[e->body].rows[i];

        if ((shared && !row->shared) || is_outdone(e, i))
            continue;
        if (!push(f, row->attribute, e->values[i]))
            return false;
    }
    return true;
}

static bool push_metadata(struct folder *f, const struct otlp_attrs *metadata)
{
    for (uint32_t i = 0; i < metadata->n; i++) {
        struct otlp_attr *attr = attr_stack_push(&f->stack);

        if (!attr)
            return false;
        *attr = metadata->items[i];
    }
    return true;
}

static bool push_attributes(struct folder *f, const struct langfuse_event *e,
                            const struct langfuse_event *trace)
{
    struct otlp_value type = {.kind = OTLP_STRING, .s = obs_str_of(e->observation)};

    return (!trace || push_values(f, trace, /* shared= */ true)) &&
           (!e->observation || push(f, "langfuse.observation.type", type)) &&
           push_values(f, e, /* shared= */ false) && push_metadata(f, &e->metadata);
}

/* An observation without a parent is below its trace. An update does not tell. */
static bool is_below_trace(const struct langfuse_event *e)
{
    return e->body == BODY_OBSERVATION && !e->update && !e->parent.len && e->trace.len;
}

/* `trace` is what the batch says about the trace of an observation, or NULL. */
static bool emit(struct folder *f, struct langfuse_event *e, const struct langfuse_event *trace)
{
    static const struct otlp_resource nothing;
    struct otlp_span *span = otlp_batch_add(f->to);
    bool below_trace = is_below_trace(e);

    if (!span)
        return false;
    span->resource = &nothing;
    span->scope = &f->batch->scope;
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
    return push_attributes(f, e, trace) &&
           attr_stack_take(&f->stack, /* mark= */ 0, &span->attrs.items, &span->attrs.n);
}

/* --- traces ----------------------------------------------------------------- */

/* A trace has no end: it is over when its last observation is. Its root span covers
 * those of this request, the store's those of others. */
static bool emit_root_end(struct folder *f, const struct langfuse_event *first, int64_t end_ns)
{
    struct langfuse_event *root = obs_arena_calloc(f->batch->arena, 1, sizeof(*root));

    if (!root)
        return false;
    root->body = BODY_TRACE;
    root->end_ns = end_ns;
    memcpy(root->trace_id, first->trace_id, sizeof(root->trace_id));
    langfuse_root_id(root->trace_id, root->span_id);
    return emit(f, root, NULL);
}

/* The events of one trace, `n` of them, its own first. */
static bool emit_trace(struct folder *f, struct langfuse_event *events, size_t n)
{
    struct langfuse_event *trace = events->body == BODY_TRACE ? events : NULL;
    int64_t end_ns = 0;

    for (size_t i = trace ? 1 : 0; i < n; i++) {
        struct langfuse_event *e = &events[i];
        int64_t until_ns = e->end_ns > e->start_ns ? e->end_ns : e->start_ns;

        if (!emit(f, e, trace))
            return false;
        if (e->trace.len && until_ns > end_ns)
            end_ns = until_ns;
    }
    if (!trace)
        return end_ns == 0 || emit_root_end(f, events, end_ns);
    trace->end_ns = end_ns;
    return emit(f, trace, NULL);
}

int langfuse_fold(struct langfuse_batch *batch, struct otlp_batch *ret)
{
    struct folder f = {.batch = batch, .to = ret, .stack = {.arena = batch->arena}};

    if (!put_together(batch))
        return OBS_E_NOMEM;
    for (size_t i = 0, n; i < batch->n_events; i += n) {
        struct langfuse_event *first = &batch->events[i];

        for (n = 1; i + n < batch->n_events; n++)
            if (memcmp(first[n].trace_id, first->trace_id, sizeof(first->trace_id)) != 0)
                break;
        if (!emit_trace(&f, first, n))
            return OBS_E_NOMEM;
    }
    return OBS_OK;
}
