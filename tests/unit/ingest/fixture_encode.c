/* SPDX-License-Identifier: Apache-2.0 */
/* Spans as requests. */
#include "fixture_encode.h"

/* --- protobuf -------------------------------------------------------------- */

static void proto_event(struct bytes *b, const struct otlp_event *e)
{
    struct bytes m = {0};

    proto_fixed(&m, 1, e->time_ns, 8);
    proto_text(&m, 2, e->name);
    proto_attrs(&m, 3, &e->attrs);
    proto_uint(&m, 4, e->attrs.dropped);
    proto_message(b, 11, &m);
}

static void proto_link(struct bytes *b, const struct otlp_link *l)
{
    struct bytes m = {0};

    proto_text(&m, 1, l->trace_id);
    proto_text(&m, 2, l->span_id);
    proto_text(&m, 3, l->trace_state);
    proto_attrs(&m, 4, &l->attrs);
    proto_uint(&m, 5, l->attrs.dropped);
    if (l->flags)
        proto_fixed(&m, 6, l->flags, 4);
    proto_message(b, 13, &m);
}

static void proto_span(struct bytes *b, const struct otlp_span *s)
{
    struct bytes m = {0}, status = {0};

    proto_text(&m, 1, s->trace_id);
    proto_text(&m, 2, s->span_id);
    proto_text(&m, 3, s->trace_state);
    proto_text(&m, 4, s->parent_span_id);
    proto_text(&m, 5, s->name);
    proto_uint(&m, 6, s->kind);
    proto_fixed(&m, 7, s->start_ns, 8);
    proto_fixed(&m, 8, s->end_ns, 8);
    proto_attrs(&m, 9, &s->attrs);
    proto_uint(&m, 10, s->attrs.dropped);
    for (uint32_t i = 0; i < s->n_events; i++)
        proto_event(&m, &s->events[i]);
    proto_uint(&m, 12, s->dropped_events);
    for (uint32_t i = 0; i < s->n_links; i++)
        proto_link(&m, &s->links[i]);
    proto_uint(&m, 14, s->dropped_links);
    proto_text(&status, 2, s->status_message);
    proto_uint(&status, 3, s->status);
    proto_message(&m, 15, &status);
    if (s->flags)
        proto_fixed(&m, 16, s->flags, 4);
    proto_message(b, 2, &m);
}

/* The end of the run of spans from `i` on that share what `resource_only` says. */
static size_t run_end(const struct otlp_batch *batch, size_t i, bool resource_only)
{
    const struct otlp_span *head = &batch->spans[i];

    while (i < batch->n_spans && batch->spans[i].resource == head->resource &&
           (resource_only || batch->spans[i].scope == head->scope))
        i++;
    return i;
}

static void proto_scope_spans(struct bytes *b, const struct otlp_batch *batch, size_t i, size_t end)
{
    const struct otlp_scope *from = batch->spans[i].scope;
    struct bytes m = {0}, scope = {0};

    proto_text(&scope, 1, from->name);
    proto_text(&scope, 2, from->version);
    proto_attrs(&scope, 3, &from->attrs);
    proto_uint(&scope, 4, from->attrs.dropped);
    proto_message(&m, 1, &scope);
    for (; i < end; i++)
        proto_span(&m, &batch->spans[i]);
    proto_message(b, 2, &m);
}

void encode_proto(const struct otlp_batch *batch, struct bytes *out)
{
    for (size_t i = 0; i < batch->n_spans;) {
        const struct otlp_resource *from = batch->spans[i].resource;
        size_t end = run_end(batch, i, /* resource_only= */ true);
        struct bytes m = {0}, resource = {0};

        proto_attrs(&resource, 1, &from->attrs);
        proto_uint(&resource, 2, from->attrs.dropped);
        proto_message(&m, 1, &resource);
        while (i < end) {
            size_t scope_end = run_end(batch, i, /* resource_only= */ false);

            proto_scope_spans(&m, batch, i, scope_end);
            i = scope_end;
        }
        proto_message(out, 1, &m);
    }
}

/* --- JSON ------------------------------------------------------------------ */

static void json_event(struct writer *w, const struct otlp_event *e)
{
    bool first = true;

    write_raw(w, "{");
    write_name(w, &first, "timeUnixNano");
    write_uint(w, e->time_ns);
    write_name(w, &first, "name");
    write_text(w, e->name);
    write_attrs(w, &first, &e->attrs);
    write_raw(w, "}");
}

static void json_link(struct writer *w, const struct otlp_link *l)
{
    bool first = true;

    write_raw(w, "{");
    write_name(w, &first, "traceId");
    write_hex(w, l->trace_id);
    write_name(w, &first, "spanId");
    write_hex(w, l->span_id);
    write_name(w, &first, "traceState");
    write_text(w, l->trace_state);
    write_attrs(w, &first, &l->attrs);
    write_name(w, &first, "flags");
    bytes_printf(w->out, "%u", l->flags);
    write_raw(w, "}");
}

static void json_span_head(struct writer *w, bool *first, const struct otlp_span *s)
{
    static const char *const kinds[] = {"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL",
                                        "SPAN_KIND_SERVER",      "SPAN_KIND_CLIENT",
                                        "SPAN_KIND_PRODUCER",    "SPAN_KIND_CONSUMER"};

    write_name(w, first, "traceId");
    write_hex(w, s->trace_id);
    write_name(w, first, "spanId");
    write_hex(w, s->span_id);
    write_name(w, first, "parentSpanId");
    write_hex(w, s->parent_span_id);
    write_name(w, first, "traceState");
    write_text(w, s->trace_state);
    write_name(w, first, "name");
    write_text(w, s->name);
    write_name(w, first, "kind");
    write_enum(w, kinds, 6, s->kind);
    write_name(w, first, "startTimeUnixNano");
    write_uint(w, s->start_ns);
    write_name(w, first, "endTimeUnixNano");
    write_uint(w, s->end_ns);
}

static void json_status(struct writer *w, bool *first, const struct otlp_span *s)
{
    static const char *const codes[] = {"STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"};
    bool inner = true;

    write_name(w, first, "status");
    write_raw(w, "{");
    write_name(w, &inner, "message");
    write_text(w, s->status_message);
    write_name(w, &inner, "code");
    write_enum(w, codes, 3, s->status);
    write_raw(w, "}");
}

static void json_span(struct writer *w, const struct otlp_span *s)
{
    bool first = true;

    write_raw(w, "{");
    json_span_head(w, &first, s);
    write_attrs(w, &first, &s->attrs);
    write_name(w, &first, "events");
    write_raw(w, "[");
    for (uint32_t i = 0; i < s->n_events; i++) {
        if (i)
            write_raw(w, ",");
        json_event(w, &s->events[i]);
    }
    write_raw(w, "]");
    write_name(w, &first, "links");
    write_raw(w, "[");
    for (uint32_t i = 0; i < s->n_links; i++) {
        if (i)
            write_raw(w, ",");
        json_link(w, &s->links[i]);
    }
    write_raw(w, "]");
    write_name(w, &first, "droppedEventsCount");
    bytes_printf(w->out, "%u", s->dropped_events);
    write_name(w, &first, "droppedLinksCount");
    bytes_printf(w->out, "%u", s->dropped_links);
    json_status(w, &first, s);
    write_name(w, &first, "flags");
    bytes_printf(w->out, "%u", s->flags);
    write_raw(w, "}");
}

static void json_scope_spans(struct writer *w, const struct otlp_batch *batch, size_t i, size_t end)
{
    const struct otlp_scope *from = batch->spans[i].scope;
    bool first = true, inner = true;

    write_raw(w, "{");
    write_name(w, &first, "scope");
    write_raw(w, "{");
    write_name(w, &inner, "name");
    write_text(w, from->name);
    write_name(w, &inner, "version");
    write_text(w, from->version);
    write_attrs(w, &inner, &from->attrs);
    write_raw(w, "}");
    write_name(w, &first, "spans");
    write_raw(w, "[");
    for (size_t k = i; k < end; k++) {
        if (k > i)
            write_raw(w, ",");
        json_span(w, &batch->spans[k]);
    }
    write_raw(w, "]}");
}

void encode_json(const struct otlp_batch *batch, const struct json_style *style, struct bytes *out)
{
    struct writer writer = {.out = out, .style = style}, *w = &writer;
    bool outer = true;

    write_raw(w, "{");
    write_name(w, &outer, "resourceSpans");
    write_raw(w, "[");
    for (size_t i = 0; i < batch->n_spans;) {
        size_t end = run_end(batch, i, /* resource_only= */ true);
        bool first = true, inner = true;

        if (i)
            write_raw(w, ",");
        write_raw(w, "{");
        write_name(w, &first, "resource");
        write_raw(w, "{");
        write_attrs(w, &inner, &batch->spans[i].resource->attrs);
        write_raw(w, "}");
        write_name(w, &first, "scopeSpans");
        write_raw(w, "[");
        for (size_t start = i; i < end;) {
            size_t scope_end = run_end(batch, i, /* resource_only= */ false);

            if (i > start)
                write_raw(w, ",");
            json_scope_spans(w, batch, i, scope_end);
            i = scope_end;
        }
        write_raw(w, "]}");
    }
    write_raw(w, "]}");
    write_space(w);
}
