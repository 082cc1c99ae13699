/* SPDX-License-Identifier: Apache-2.0 */
/* Attribute values and whole JSON texts through the writer. */
#include "json_out.h"

void json_out_compact(struct json_out *out, obs_str json)
{
    const char *p = json.ptr, *end = json.ptr + json.len;
    char *to;

    if (!json.len || !json_out_room(out, json.len))
        return;
    to = out->p;
    while (p < end) {
        if (*p == '"') {
            const char *begin = p++;

            while (*p != '"') /* valid JSON: the quote comes */
                p += *p == '\\' ? 2 : 1;
            p++;
            memcpy(to, begin, (size_t)(p - begin));
            to += p - begin;
        } else if ((unsigned char)*p <= ' ') {
            p++;
        } else {
            *to++ = *p++;
        }
    }
    out->p = to;
}

static void array(struct json_out *out, const struct otlp_value *value)
{
    json_out_char(out, '[');
    for (uint32_t i = 0; i < value->n; i++) {
        if (i)
            json_out_char(out, ',');
        json_out_value(out, &value->items[i]);
    }
    json_out_char(out, ']');
}

void json_out_member(struct json_out *out, bool *first, obs_str key, const struct otlp_value *value)
{
    if (!*first)
        json_out_char(out, ',');
    *first = false;
    json_out_str(out, key);
    json_out_char(out, ':');
    json_out_value(out, value);
}

void json_out_attrs(struct json_out *out, const struct otlp_attrs *attrs)
{
    bool first = true;

    json_out_char(out, '{');
    for (uint32_t i = 0; i < attrs->n; i++)
        if (!attrs->items[i].value.mapped)
            json_out_member(out, &first, attrs->items[i].key, &attrs->items[i].value);
    json_out_char(out, '}');
}

/* Depth is bounded by the decoders (OTLP_MAX_DEPTH). */
void json_out_value(struct json_out *out, const struct otlp_value *value)
{
    struct otlp_attrs list;

    switch (value->kind) {
    case OTLP_STRING:
        json_out_str(out, value->s);
        break;
    case OTLP_BOOL:
        json_out_bool(out, value->i != 0);
        break;
    case OTLP_INT:
        json_out_int(out, value->i);
        break;
    case OTLP_DOUBLE:
        json_out_double(out, value->d);
        break;
    case OTLP_ARRAY:
        array(out, value);
        break;
    case OTLP_KVLIST:
        list = (struct otlp_attrs){.items = value->attrs, .n = value->n};
        json_out_attrs(out, &list);
        break;
    case OTLP_BYTES:
        json_out_base64(out, value->s);
        break;
    default:
        JSON_OUT_LITERAL(out, "null");
    }
}
