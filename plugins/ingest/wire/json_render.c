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

/* --- repeated names --------------------------------------------------------
 * JSON objects with a name twice read differently everywhere, so of attributes
 * with the same key only the last one is kept. */

#define FEW_ATTRS 64u /* up to here comparing all pairs is the quickest way */

static void mark_among_few(struct otlp_attr *items, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = 0; k < i; k++)
            if (items[i].key.len == items[k].key.len && obs_str_eq(items[i].key, items[k].key))
                items[k].value.mapped = 1;
}

static uint32_t key_hash(obs_str key)
{
    uint32_t h = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < key.len; i++)
        h = (h ^ (unsigned char)key.ptr[i]) * 16777619u;
    return h ^ h >> 15;
}

/* Open addressing over the indexes of the attributes, from the last to the
 * first, so that whoever is found came later. */
static bool mark_among_many(struct json_out *out, struct otlp_attr *items, uint32_t n)
{
    size_t n_slots = 256;
    uint32_t *slots; /* index + 1; 0: free */

    while (n_slots < (size_t)n * 2)
        n_slots *= 2;
    slots = obs_arena_calloc(out->arena, n_slots, sizeof(*slots));
    if (!slots)
        return false;
    for (uint32_t i = n; i-- > 0;) {
        size_t at = key_hash(items[i].key) & (n_slots - 1);

        while (slots[at] && !obs_str_eq(items[slots[at] - 1].key, items[i].key))
            at = (at + 1) & (n_slots - 1);
        if (slots[at])
            items[i].value.mapped = 1;
        else
            slots[at] = i + 1;
    }
    return true;
}

void json_out_mark_repeated(struct json_out *out, const struct otlp_attrs *attrs)
{
    if (attrs->n <= FEW_ATTRS)
        mark_among_few(attrs->items, attrs->n);
    else if (!mark_among_many(out, attrs->items, attrs->n))
        out->failed = true;
}

void json_out_attrs(struct json_out *out, const struct otlp_attrs *attrs)
{
    bool first = true;

    json_out_mark_repeated(out, attrs);
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
    case OTLP_JSON:
        json_out_raw(out, value->s);
        break;
    default:
        JSON_OUT_LITERAL(out, "null");
    }
}
