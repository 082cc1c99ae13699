/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces that requests are encoded from. */
#include "fixture_parts.h"

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

char *exact_copy(obs_str text)
{
    char *copy = malloc(text.len ? text.len : 1);

    if (!copy)
        abort();
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    return copy;
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

void proto_bytes(struct bytes *b, unsigned field, obs_str value)
{
    tag(b, field, 2);
    varint(b, value.len);
    bytes_add(b, value.ptr, value.len);
}

void proto_text(struct bytes *b, unsigned field, obs_str value)
{
    if (value.len)
        proto_bytes(b, field, value);
}

void proto_varint(struct bytes *b, unsigned field, uint64_t value)
{
    tag(b, field, 0);
    varint(b, value);
}

void proto_uint(struct bytes *b, unsigned field, uint64_t value)
{
    if (value)
        proto_varint(b, field, value);
}

void proto_fixed(struct bytes *b, unsigned field, uint64_t value, unsigned n)
{
    tag(b, field, n == 8 ? 1 : 5);
    for (unsigned i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)(value >> (8 * i));

        bytes_add(b, &byte, 1);
    }
}

void proto_message(struct bytes *b, unsigned field, struct bytes *message)
{
    proto_bytes(b, field, bytes_str(message));
    bytes_finish(message);
}

static void proto_attr(struct bytes *b, unsigned field, const struct otlp_attr *attr);

void proto_value(struct bytes *b, unsigned field, const struct otlp_value *v)
{
    struct bytes m = {0}, list = {0};
    uint64_t bits;

    switch (v->kind) {
    case OTLP_STRING:
        proto_bytes(&m, 1, v->s);
        break;
    case OTLP_BOOL:
        proto_varint(&m, 2, (uint64_t)v->i);
        break;
    case OTLP_INT:
        proto_varint(&m, 3, (uint64_t)v->i);
        break;
    case OTLP_DOUBLE:
        memcpy(&bits, &v->d, 8);
        proto_fixed(&m, 4, bits, 8);
        break;
    case OTLP_ARRAY:
        for (uint32_t i = 0; i < v->n; i++)
            proto_value(&list, 1, &v->items[i]);
        proto_message(&m, 5, &list);
        break;
    case OTLP_KVLIST:
        for (uint32_t i = 0; i < v->n; i++)
            proto_attr(&list, 1, &v->attrs[i]);
        proto_message(&m, 6, &list);
        break;
    case OTLP_BYTES:
        proto_bytes(&m, 7, v->s);
        break;
    default:
        break;
    }
    proto_message(b, field, &m);
}

static void proto_attr(struct bytes *b, unsigned field, const struct otlp_attr *attr)
{
    struct bytes m = {0};

    proto_text(&m, 1, attr->key);
    proto_value(&m, 2, &attr->value);
    proto_message(b, field, &m);
}

void proto_attrs(struct bytes *b, unsigned field, const struct otlp_attrs *attrs)
{
    for (uint32_t i = 0; i < attrs->n; i++)
        proto_attr(b, field, &attrs->items[i]);
}

/* --- JSON ------------------------------------------------------------------ */

void write_raw(struct writer *w, const char *text)
{
    bytes_add(w->out, text, strlen(text));
}

void write_space(struct writer *w)
{
    if (w->style->spaced)
        write_raw(w, " \n\t");
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

void write_text(struct writer *w, obs_str s)
{
    write_raw(w, "\"");
    for (size_t i = 0; i < s.len;) {
        char c = s.ptr[i];

        if (w->style->escape_all || (unsigned char)c < 0x20) {
            i += escape(w, s.ptr + i);
            continue;
        }
        if (c == '"' || c == '\\')
            write_raw(w, "\\");
        bytes_add(w->out, &c, 1);
        i++;
    }
    write_raw(w, "\"");
}

/* `"name":`, given in camelCase. */
void write_name(struct writer *w, bool *first, const char *camel)
{
    if (!*first)
        write_raw(w, ",");
    *first = false;
    write_space(w);
    write_raw(w, "\"");
    for (const char *p = camel; *p; p++) {
        char c = *p;

        if (w->style->snake && c >= 'A' && c <= 'Z') {
            write_raw(w, "_");
            c = (char)(c | 32);
        }
        bytes_add(w->out, &c, 1);
    }
    write_raw(w, "\"");
    write_space(w);
    write_raw(w, ":");
    write_space(w);
}

static void strange(struct writer *w, bool *first)
{
    if (!w->style->unknown_fields)
        return;
    write_name(w, first, "somethingNew");
    write_raw(w, "{\"a\":[1,-2.5e3,true,false,null,\"x\\n\"],\"b\":{}}");
    write_name(w, first, "attributes");
    write_raw(w, "null");
}

void write_hex(struct writer *w, obs_str id)
{
    write_raw(w, "\"");
    for (size_t i = 0; i < id.len; i++)
        bytes_printf(w->out, w->style->upper_hex ? "%02X" : "%02x", (unsigned char)id.ptr[i]);
    write_raw(w, "\"");
}

void write_uint(struct writer *w, uint64_t value)
{
    bytes_printf(w->out, w->style->number_ints ? "%llu" : "\"%llu\"", (unsigned long long)value);
}

void write_int(struct writer *w, int64_t value)
{
    bytes_printf(w->out, w->style->number_ints ? "%lld" : "\"%lld\"", (long long)value);
}

static void write_base64(struct writer *w, obs_str data)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    write_raw(w, "\"");
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
    write_raw(w, "\"");
}

void write_real(struct writer *w, double value)
{
    if (isnan(value))
        write_raw(w, "\"NaN\"");
    else if (isinf(value))
        write_raw(w, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    else
        bytes_printf(w->out, "%.17g", value);
}

void write_value(struct writer *w, const struct otlp_value *v)
{
    bool first = true, inner = true;

    write_raw(w, "{");
    switch (v->kind) {
    case OTLP_STRING:
        write_name(w, &first, "stringValue");
        write_text(w, v->s);
        break;
    case OTLP_BOOL:
        write_name(w, &first, "boolValue");
        write_raw(w, v->i ? "true" : "false");
        break;
    case OTLP_INT:
        write_name(w, &first, "intValue");
        write_int(w, v->i);
        break;
    case OTLP_DOUBLE:
        write_name(w, &first, "doubleValue");
        write_real(w, v->d);
        break;
    case OTLP_ARRAY:
        write_name(w, &first, "arrayValue");
        write_raw(w, "{");
        write_name(w, &inner, "values");
        write_raw(w, "[");
        for (uint32_t i = 0; i < v->n; i++) {
            if (i)
                write_raw(w, ",");
            write_value(w, &v->items[i]);
        }
        write_raw(w, "]}");
        break;
    case OTLP_KVLIST:
        write_name(w, &first, "kvlistValue");
        write_raw(w, "{");
        write_name(w, &inner, "values");
        write_attr_list(w, v->attrs, v->n);
        write_raw(w, "}");
        break;
    case OTLP_BYTES:
        write_name(w, &first, "bytesValue");
        write_base64(w, v->s);
        break;
    default:
        break;
    }
    write_space(w);
    write_raw(w, "}");
}

void write_attr_list(struct writer *w, const struct otlp_attr *items, uint32_t n)
{
    write_raw(w, "[");
    for (uint32_t i = 0; i < n; i++) {
        bool first = true;

        if (i)
            write_raw(w, ",");
        write_space(w);
        write_raw(w, "{");
        write_name(w, &first, "key");
        write_text(w, items[i].key);
        write_name(w, &first, "value");
        write_value(w, &items[i].value);
        write_raw(w, "}");
    }
    write_space(w);
    write_raw(w, "]");
}

void write_attrs(struct writer *w, bool *first, const struct otlp_attrs *attrs)
{
    write_name(w, first, "attributes");
    write_attr_list(w, attrs->items, attrs->n);
    write_name(w, first, "droppedAttributesCount");
    bytes_printf(w->out, "%u", attrs->dropped);
    strange(w, first);
}

void write_enum(struct writer *w, const char *const *names, uint32_t n, uint32_t value)
{
    if (w->style->named_enums && value < n)
        bytes_printf(w->out, "\"%s\"", names[value]);
    else
        bytes_printf(w->out, "%u", value);
}

struct json_style style_of(uint64_t seed)
{
    return (struct json_style){
        .snake = seed & 1,
        .upper_hex = seed & 2,
        .number_ints = seed & 4,
        .named_enums = seed & 8,
        .escape_all = seed & 16,
        .spaced = seed & 32,
        .unknown_fields = seed & 64,
    };
}
