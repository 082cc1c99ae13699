/* SPDX-License-Identifier: Apache-2.0 */
/* The test encoders. */
#include "fixture_encode.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void bytes_add(struct bytes *b, const void *data, size_t len)
{
    if (b->len + len > b->capacity) {
        b->capacity = (b->len + len) * 2 + 64;
        b->data = realloc(b->data, b->capacity);
        if (!b->data)
            abort();
    }
    if (len)
        memcpy(b->data + b->len, data, len);
    b->len += len;
}

void bytes_printf(struct bytes *b, const char *format, ...)
{
    char text[512];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof(text))
        abort();
    bytes_add(b, text, (size_t)n);
}

void bytes_finish(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){0};
}

/* --- protobuf -------------------------------------------------------------- */

static void varint(struct bytes *b, uint64_t value)
{
    do {
        unsigned char byte = (unsigned char)(value & 0x7F);

        value >>= 7;
        if (value)
            byte |= 0x80;
        bytes_add(b, &byte, 1);
    } while (value);
}

static void tag(struct bytes *b, unsigned field, unsigned type)
{
    varint(b, field << 3 | type);
}

static void field_bytes(struct bytes *b, unsigned field, obs_str value)
{
    tag(b, field, 2);
    varint(b, value.len);
    bytes_add(b, value.ptr, value.len);
}

static void field_text(struct bytes *b, unsigned field, obs_str value)
{
    if (value.len)
        field_bytes(b, field, value);
}

static void field_varint(struct bytes *b, unsigned field, uint64_t value)
{
    tag(b, field, 0);
    varint(b, value);
}

static void field_uint(struct bytes *b, unsigned field, uint64_t value)
{
    if (value)
        field_varint(b, field, value);
}

static void field_fixed(struct bytes *b, unsigned field, uint64_t value, unsigned n)
{
    tag(b, field, n == 8 ? 1 : 5);
    for (unsigned i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)(value >> (8 * i));

        bytes_add(b, &byte, 1);
    }
}

static void field_message(struct bytes *b, unsigned field, struct bytes *message)
{
    field_bytes(b, field, bytes_str(message));
    bytes_finish(message);
}

static void proto_attr(struct bytes *b, unsigned field, const struct otlp_attr *attr);

static void proto_value(struct bytes *b, unsigned field, const struct otlp_value *v)
{
    struct bytes m = {0}, list = {0};
    uint64_t bits;

    switch (v->kind) {
    case OTLP_STRING:
        field_bytes(&m, 1, v->s);
        break;
    case OTLP_BOOL:
        field_varint(&m, 2, (uint64_t)v->i);
        break;
    case OTLP_INT:
        field_varint(&m, 3, (uint64_t)v->i);
        break;
    case OTLP_DOUBLE:
        memcpy(&bits, &v->d, 8);
        field_fixed(&m, 4, bits, 8);
        break;
    case OTLP_ARRAY:
        for (uint32_t i = 0; i < v->n; i++)
            proto_value(&list, 1, &v->items[i]);
        field_message(&m, 5, &list);
        break;
    case OTLP_KVLIST:
        for (uint32_t i = 0; i < v->n; i++)
            proto_attr(&list, 1, &v->attrs[i]);
        field_message(&m, 6, &list);
        break;
    case OTLP_BYTES:
        field_bytes(&m, 7, v->s);
        break;
    default:
        break;
    }
    field_message(b, field, &m);
}

static void proto_attr(struct bytes *b, unsigned field, const struct otlp_attr *attr)
{
    struct bytes m = {0};

    field_text(&m, 1, attr->key);
    proto_value(&m, 2, &attr->value);
    field_message(b, field, &m);
}

static void proto_attrs(struct bytes *b, unsigned field, const struct otlp_attrs *attrs)
{
    for (uint32_t i = 0; i < attrs->n; i++)
        proto_attr(b, field, &attrs->items[i]);
}

static void proto_event(struct bytes *b, const struct otlp_event *e)
{
    struct bytes m = {0};

    field_fixed(&m, 1, e->time_ns, 8);
    field_text(&m, 2, e->name);
    proto_attrs(&m, 3, &e->attrs);
    field_uint(&m, 4, e->attrs.dropped);
    field_message(b, 11, &m);
}

static void proto_link(struct bytes *b, const struct otlp_link *l)
{
    struct bytes m = {0};

    field_text(&m, 1, l->trace_id);
    field_text(&m, 2, l->span_id);
    field_text(&m, 3, l->trace_state);
    proto_attrs(&m, 4, &l->attrs);
    field_uint(&m, 5, l->attrs.dropped);
    if (l->flags)
        field_fixed(&m, 6, l->flags, 4);
    field_message(b, 13, &m);
}

static void proto_span(struct bytes *b, const struct otlp_span *s)
{
    struct bytes m = {0}, status = {0};

    field_text(&m, 1, s->trace_id);
    field_text(&m, 2, s->span_id);
    field_text(&m, 3, s->trace_state);
    field_text(&m, 4, s->parent_span_id);
    field_text(&m, 5, s->name);
    field_uint(&m, 6, s->kind);
    field_fixed(&m, 7, s->start_ns, 8);
    field_fixed(&m, 8, s->end_ns, 8);
    proto_attrs(&m, 9, &s->attrs);
    field_uint(&m, 10, s->attrs.dropped);
    for (uint32_t i = 0; i < s->n_events; i++)
        proto_event(&m, &s->events[i]);
    field_uint(&m, 12, s->dropped_events);
    for (uint32_t i = 0; i < s->n_links; i++)
        proto_link(&m, &s->links[i]);
    field_uint(&m, 14, s->dropped_links);
    field_text(&status, 2, s->status_message);
    field_uint(&status, 3, s->status);
    field_message(&m, 15, &status);
    if (s->flags)
        field_fixed(&m, 16, s->flags, 4);
    field_message(b, 2, &m);
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

    field_text(&scope, 1, from->name);
    field_text(&scope, 2, from->version);
    proto_attrs(&scope, 3, &from->attrs);
    field_uint(&scope, 4, from->attrs.dropped);
    field_message(&m, 1, &scope);
    for (; i < end; i++)
        proto_span(&m, &batch->spans[i]);
    field_message(b, 2, &m);
}

void encode_proto(const struct otlp_batch *batch, struct bytes *out)
{
    for (size_t i = 0; i < batch->n_spans;) {
        const struct otlp_resource *from = batch->spans[i].resource;
        size_t end = run_end(batch, i, /* resource_only= */ true);
        struct bytes m = {0}, resource = {0};

        proto_attrs(&resource, 1, &from->attrs);
        field_uint(&resource, 2, from->attrs.dropped);
        field_message(&m, 1, &resource);
        while (i < end) {
            size_t scope_end = run_end(batch, i, /* resource_only= */ false);

            proto_scope_spans(&m, batch, i, scope_end);
            i = scope_end;
        }
        field_message(out, 1, &m);
    }
}

/* --- JSON ------------------------------------------------------------------ */

struct writer {
    struct bytes *out;
    const struct json_style *style;
};

static void put(struct writer *w, const char *text)
{
    bytes_add(w->out, text, strlen(text));
}

static void space(struct writer *w)
{
    if (w->style->spaced)
        put(w, " \n\t");
}

/* One character of valid UTF-8 as \uXXXX, in pairs beyond 16 bits. */
static size_t escape(struct writer *w, const char *text)
{
    unsigned char lead = (unsigned char)text[0];
    size_t n = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t code = n == 1 ? lead : lead & (0xFFu >> (n + 1));

    for (size_t i = 1; i < n; i++)
        code = code << 6 | ((unsigned char)text[i] & 63);
    if (code > 0xFFFF) {
        code -= 0x10000;
        bytes_printf(w->out, "\\u%04X", 0xD800 + (code >> 10));
        code = 0xDC00 + (code & 0x3FF);
    }
    bytes_printf(w->out, "\\u%04x", code);
    return n;
}

static void text(struct writer *w, obs_str s)
{
    put(w, "\"");
    for (size_t i = 0; i < s.len;) {
        char c = s.ptr[i];

        if (w->style->escape_all || (unsigned char)c < 0x20) {
            i += escape(w, s.ptr + i);
            continue;
        }
        if (c == '"' || c == '\\')
            put(w, "\\");
        bytes_add(w->out, &c, 1);
        i++;
    }
    put(w, "\"");
}

/* `"name":`, given in camelCase. */
static void name(struct writer *w, bool *first, const char *camel)
{
    if (!*first)
        put(w, ",");
    *first = false;
    space(w);
    put(w, "\"");
    for (const char *p = camel; *p; p++) {
        char c = *p;

        if (w->style->snake && c >= 'A' && c <= 'Z') {
            put(w, "_");
            c = (char)(c | 32);
        }
        bytes_add(w->out, &c, 1);
    }
    put(w, "\"");
    space(w);
    put(w, ":");
    space(w);
}

static void strange(struct writer *w, bool *first)
{
    if (!w->style->unknown_fields)
        return;
    name(w, first, "somethingNew");
    put(w, "{\"a\":[1,-2.5e3,true,false,null,\"x\\n\"],\"b\":{}}");
    name(w, first, "attributes");
    put(w, "null");
}

static void hex(struct writer *w, obs_str id)
{
    put(w, "\"");
    for (size_t i = 0; i < id.len; i++)
        bytes_printf(w->out, w->style->upper_hex ? "%02X" : "%02x", (unsigned char)id.ptr[i]);
    put(w, "\"");
}

static void put_uint(struct writer *w, uint64_t value)
{
    bytes_printf(w->out, w->style->number_ints ? "%llu" : "\"%llu\"", (unsigned long long)value);
}

static void put_int(struct writer *w, int64_t value)
{
    bytes_printf(w->out, w->style->number_ints ? "%lld" : "\"%lld\"", (long long)value);
}

static void base64(struct writer *w, obs_str data)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    put(w, "\"");
    for (size_t i = 0; i < data.len; i += 3) {
        unsigned char in[3] = {0};
        char group[4];

        for (size_t k = 0; k < 3 && i + k < data.len; k++)
            in[k] = (unsigned char)data.ptr[i + k];
        group[0] = digits[in[0] >> 2];
        group[1] = digits[(in[0] & 3) << 4 | in[1] >> 4];
        group[2] = i + 1 < data.len ? digits[(in[1] & 15) << 2 | in[2] >> 6] : '=';
        group[3] = i + 2 < data.len ? digits[in[2] & 63] : '=';
        bytes_add(w->out, group, 4);
    }
    put(w, "\"");
}

static void real(struct writer *w, double value)
{
    if (isnan(value))
        put(w, "\"NaN\"");
    else if (isinf(value))
        put(w, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    else
        bytes_printf(w->out, "%.17g", value);
}

static void json_attr_list(struct writer *w, const struct otlp_attr *items, uint32_t n);

static void json_value(struct writer *w, const struct otlp_value *v)
{
    bool first = true, inner = true;

    put(w, "{");
    switch (v->kind) {
    case OTLP_STRING:
        name(w, &first, "stringValue");
        text(w, v->s);
        break;
    case OTLP_BOOL:
        name(w, &first, "boolValue");
        put(w, v->i ? "true" : "false");
        break;
    case OTLP_INT:
        name(w, &first, "intValue");
        put_int(w, v->i);
        break;
    case OTLP_DOUBLE:
        name(w, &first, "doubleValue");
        real(w, v->d);
        break;
    case OTLP_ARRAY:
        name(w, &first, "arrayValue");
        put(w, "{");
        name(w, &inner, "values");
        put(w, "[");
        for (uint32_t i = 0; i < v->n; i++) {
            if (i)
                put(w, ",");
            json_value(w, &v->items[i]);
        }
        put(w, "]}");
        break;
    case OTLP_KVLIST:
        name(w, &first, "kvlistValue");
        put(w, "{");
        name(w, &inner, "values");
        json_attr_list(w, v->attrs, v->n);
        put(w, "}");
        break;
    case OTLP_BYTES:
        name(w, &first, "bytesValue");
        base64(w, v->s);
        break;
    default:
        break;
    }
    space(w);
    put(w, "}");
}

static void json_attr_list(struct writer *w, const struct otlp_attr *items, uint32_t n)
{
    put(w, "[");
    for (uint32_t i = 0; i < n; i++) {
        bool first = true;

        if (i)
            put(w, ",");
        space(w);
        put(w, "{");
        name(w, &first, "key");
        text(w, items[i].key);
        name(w, &first, "value");
        json_value(w, &items[i].value);
        put(w, "}");
    }
    space(w);
    put(w, "]");
}

static void json_attrs(struct writer *w, bool *first, const struct otlp_attrs *attrs)
{
    name(w, first, "attributes");
    json_attr_list(w, attrs->items, attrs->n);
    name(w, first, "droppedAttributesCount");
    bytes_printf(w->out, "%u", attrs->dropped);
    strange(w, first);
}

static void json_event(struct writer *w, const struct otlp_event *e)
{
    bool first = true;

    put(w, "{");
    name(w, &first, "timeUnixNano");
    put_uint(w, e->time_ns);
    name(w, &first, "name");
    text(w, e->name);
    json_attrs(w, &first, &e->attrs);
    put(w, "}");
}

static void json_link(struct writer *w, const struct otlp_link *l)
{
    bool first = true;

    put(w, "{");
    name(w, &first, "traceId");
    hex(w, l->trace_id);
    name(w, &first, "spanId");
    hex(w, l->span_id);
    name(w, &first, "traceState");
    text(w, l->trace_state);
    json_attrs(w, &first, &l->attrs);
    name(w, &first, "flags");
    bytes_printf(w->out, "%u", l->flags);
    put(w, "}");
}

static void enumeration(struct writer *w, const char *const *names, uint32_t n, uint32_t value)
{
    if (w->style->named_enums && value < n)
        bytes_printf(w->out, "\"%s\"", names[value]);
    else
        bytes_printf(w->out, "%u", value);
}

static void json_span_head(struct writer *w, bool *first, const struct otlp_span *s)
{
    static const char *const kinds[] = {"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL",
                                        "SPAN_KIND_SERVER",      "SPAN_KIND_CLIENT",
                                        "SPAN_KIND_PRODUCER",    "SPAN_KIND_CONSUMER"};

    name(w, first, "traceId");
    hex(w, s->trace_id);
    name(w, first, "spanId");
    hex(w, s->span_id);
    name(w, first, "parentSpanId");
    hex(w, s->parent_span_id);
    name(w, first, "traceState");
    text(w, s->trace_state);
    name(w, first, "name");
    text(w, s->name);
    name(w, first, "kind");
    enumeration(w, kinds, 6, s->kind);
    name(w, first, "startTimeUnixNano");
    put_uint(w, s->start_ns);
    name(w, first, "endTimeUnixNano");
    put_uint(w, s->end_ns);
}

static void json_status(struct writer *w, bool *first, const struct otlp_span *s)
{
    static const char *const codes[] = {"STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"};
    bool inner = true;

    name(w, first, "status");
    put(w, "{");
    name(w, &inner, "message");
    text(w, s->status_message);
    name(w, &inner, "code");
    enumeration(w, codes, 3, s->status);
    put(w, "}");
}

static void json_span(struct writer *w, const struct otlp_span *s)
{
    bool first = true;

    put(w, "{");
    json_span_head(w, &first, s);
    json_attrs(w, &first, &s->attrs);
    name(w, &first, "events");
    put(w, "[");
    for (uint32_t i = 0; i < s->n_events; i++) {
        if (i)
            put(w, ",");
        json_event(w, &s->events[i]);
    }
    put(w, "]");
    name(w, &first, "links");
    put(w, "[");
    for (uint32_t i = 0; i < s->n_links; i++) {
        if (i)
            put(w, ",");
        json_link(w, &s->links[i]);
    }
    put(w, "]");
    name(w, &first, "droppedEventsCount");
    bytes_printf(w->out, "%u", s->dropped_events);
    name(w, &first, "droppedLinksCount");
    bytes_printf(w->out, "%u", s->dropped_links);
    json_status(w, &first, s);
    name(w, &first, "flags");
    bytes_printf(w->out, "%u", s->flags);
    put(w, "}");
}

static void json_scope_spans(struct writer *w, const struct otlp_batch *batch, size_t i, size_t end)
{
    const struct otlp_scope *from = batch->spans[i].scope;
    bool first = true, inner = true;

    put(w, "{");
    name(w, &first, "scope");
    put(w, "{");
    name(w, &inner, "name");
    text(w, from->name);
    name(w, &inner, "version");
    text(w, from->version);
    json_attrs(w, &inner, &from->attrs);
    put(w, "}");
    name(w, &first, "spans");
    put(w, "[");
    for (size_t k = i; k < end; k++) {
        if (k > i)
            put(w, ",");
        json_span(w, &batch->spans[k]);
    }
    put(w, "]}");
}

void encode_json(const struct otlp_batch *batch, const struct json_style *style, struct bytes *out)
{
    struct writer writer = {.out = out, .style = style}, *w = &writer;
    bool outer = true;

    put(w, "{");
    name(w, &outer, "resourceSpans");
    put(w, "[");
    for (size_t i = 0; i < batch->n_spans;) {
        size_t end = run_end(batch, i, /* resource_only= */ true);
        bool first = true, inner = true;

        if (i)
            put(w, ",");
        put(w, "{");
        name(w, &first, "resource");
        put(w, "{");
        json_attrs(w, &inner, &batch->spans[i].resource->attrs);
        put(w, "}");
        name(w, &first, "scopeSpans");
        put(w, "[");
        for (size_t start = i; i < end;) {
            size_t scope_end = run_end(batch, i, /* resource_only= */ false);

            if (i > start)
                put(w, ",");
            json_scope_spans(w, batch, i, scope_end);
            i = scope_end;
        }
        put(w, "]}");
    }
    put(w, "]}");
    space(w);
}
