/* SPDX-License-Identifier: Apache-2.0 */
/* Spans in protobuf (opentelemetry-proto 1.x, trace service): a walker over the
 * body that copies nothing. */
#include "otlp_proto_request.h"

static int event_message(struct walk *walk, obs_str bytes, struct otlp_event *event)
{
    static const struct field_rule rules[] = {
        [1] = RULE(struct otlp_event, time_ns, FIELD_FIXED64),
        [2] = RULE(struct otlp_event, name, FIELD_TEXT),
        [3] = {.kind = FIELD_NESTED},
        [4] = RULE(struct otlp_event, attrs.dropped, FIELD_UINT32),
    };

    *event = (struct otlp_event){0};
    return walk_leaf(walk, bytes, rules, N_RULES(rules), event, &event->attrs, "Span.Event");
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
    return walk_leaf(walk, bytes, rules, N_RULES(rules), link, &link->attrs, "Span.Link");
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
        rc = walk_field(walk, &f, rules, N_RULES(rules), span, "Status");
        if (rc < 0)
            return rc;
    }
    return more < 0 ? walk_malformed(walk, w.p, "Status", w.problem) : OBS_OK;
}

/* Events and links come one by one among the other fields: first they are
 * counted, so that their array is made once. */
static int span_lists(struct walk *walk, obs_str bytes, struct otlp_span *span)
{
    struct wire w = wire_of(bytes);
    struct wire_field f = {0};
    uint32_t e = 0, l = 0;
    int rc = OBS_OK;

    span->events = obs_arena_calloc(walk->arena, span->n_events, sizeof(*span->events));
    span->links = obs_arena_calloc(walk->arena, span->n_links, sizeof(*span->links));
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
        rc = walk_field(walk, &f, rules, N_RULES(rules), span, "Span");
        if (rc > 0) {
            if (f.number == 9)
                rc = walk_attr(walk, f.bytes);
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
        return walk_malformed(walk, w.p, "Span", w.problem);
    if (!attr_stack_take(&walk->stack, mark, &span->attrs.items, &span->attrs.n))
        return OBS_E_NOMEM;
    return span->n_events | span->n_links ? span_lists(walk, bytes, span) : OBS_OK;
}

static int span_item(struct walk *walk, const struct wire_field *f,
                     const struct otlp_resource *resource, const struct otlp_scope *scope)
{
    struct otlp_batch *batch = walk->batch;
    struct otlp_span *span;

    if (batch->max_spans && batch->n_spans >= batch->max_spans)
        return walk_too_many(walk, f->at, batch->max_spans, "spans");
    span = otlp_batch_add(batch);
    if (!span)
        return OBS_E_NOMEM;
    span->resource = resource;
    span->scope = scope;
    return span_message(walk, f->bytes, span);
}

int otlp_proto_decode(obs_str body, struct otlp_batch *batch, struct decode_error *error)
{
    static const struct proto_signal spans = {
        .request = "ExportTraceServiceRequest",
        .of_resource = "ResourceSpans",
        .of_scope = "ScopeSpans",
        .item = span_item,
    };
    struct walk walk;
    int rc;

    walk_init(&walk, body, batch->arena, batch, error);
    rc = walk_request(&walk, body, &spans);
    batch->n_replaced += walk.n_replaced;
    return rc;
}
