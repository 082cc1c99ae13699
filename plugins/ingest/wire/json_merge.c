/* SPDX-License-Identifier: Apache-2.0 */
/* Merging by lists of slices: what both sides have is found by a sorted copy, so
 * that spans with thousands of attributes merge in no time. */
#include "json_merge.h"
#include "json_cursor.h"

#include <stdlib.h>

#define MAX_DEPTH 32u /* of objects that are merged member by member */

struct member {
    obs_str key; /* items of arrays: their text */
    obs_str value;
    uint32_t index; /* in the order of the text */
};

struct members {
    struct member *items;
    uint32_t n, capacity;
};

static bool add(obs_arena *arena, struct members *m, struct member member)
{
    if (m->n == m->capacity) {
        uint32_t capacity = m->capacity ? 2 * m->capacity : 16;
        struct member *items = obs_arena_alloc(arena, capacity * sizeof(*items));

        if (!items)
            return false;
        if (m->n)
            memcpy(items, m->items, m->n * sizeof(*items));
        m->items = items;
        m->capacity = capacity;
    }
    member.index = m->n;
    m->items[m->n++] = member;
    return true;
}

/* False: out of memory. Of JSON that is none, what comes before counts. */
static bool read_members(obs_arena *arena, obs_str json, struct members *ret)
{
    bool object = json.len && json.ptr[0] == '{', first = true;
    struct member member = {0};
    struct json_cursor c;
    int rc;

    *ret = (struct members){0};
    json_cursor_init(&c, json, arena, /* error= */ NULL);
    rc = json_open(&c, object ? '{' : '[');
    while (rc >= 0 &&
           (rc = object ? json_key(&c, &first, &member.key) : json_item(&c, &first)) > 0) {
        rc = json_skip(&c, &member.value);
        if (!object)
            member.key = member.value;
        if (rc >= 0 && !add(arena, ret, member))
            return false;
    }
    return rc != OBS_E_NOMEM;
}

static int compare_text(obs_str a, obs_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_key(const void *a, const void *b)
{
    return compare_text(((const struct member *)a)->key, ((const struct member *)b)->key);
}

/* A copy of `m` in the order of the keys. */
static bool sorted(obs_arena *arena, const struct members *m, struct members *ret)
{
    *ret = (struct members){obs_arena_alloc(arena, m->n * sizeof(*m->items) + 1), m->n, m->n};
    if (!ret->items)
        return false;
    if (m->n)
        memcpy(ret->items, m->items, m->n * sizeof(*m->items));
    qsort(ret->items, ret->n, sizeof(*ret->items), by_key);
    return true;
}

static const struct member *find(const struct members *in, obs_str key)
{
    struct member wanted = {.key = key};

    return in->n ? bsearch(&wanted, in->items, in->n, sizeof(*in->items), by_key) : NULL;
}

static void put_member(struct json_out *out, bool *first, obs_str key, obs_str value)
{
    if (!*first)
        json_out_char(out, ',');
    *first = false;
    json_out_str(out, key);
    json_out_char(out, ':');
    json_out_raw(out, value);
}

static bool is_object(obs_str json)
{
    return json.len && json.ptr[0] == '{';
}

static obs_str merge_objects(struct json_out *out, obs_str a, obs_str b, bool over, unsigned depth);

/* What becomes of a member that both have. */
static obs_str merge_values(struct json_out *out, obs_str a, obs_str b, bool over, unsigned depth)
{
    if (is_object(a) && is_object(b) && depth < MAX_DEPTH)
        return merge_objects(out, a, b, over, depth + 1);
    return over ? b : a;
}

/* Values of members that both have are made first, since `out` holds one text
 * at a time. */
static bool merge_common(struct json_out *out, struct members *ma, const struct members *in_b,
                         bool over, unsigned depth)
{
    for (uint32_t i = 0; i < ma->n; i++) {
        const struct member *other = find(in_b, ma->items[i].key);

        if (!other)
            continue;
        ma->items[i].value = merge_values(out, ma->items[i].value, other->value, over, depth);
        if (!ma->items[i].value.ptr)
            return false;
    }
    return true;
}

static obs_str merge_objects(struct json_out *out, obs_str a, obs_str b, bool over, unsigned depth)
{
    const obs_str failed = {0};
    struct members ma, mb, in_a, in_b;
    bool first = true;

    if (!read_members(out->arena, a, &ma) || !read_members(out->arena, b, &mb) ||
        !sorted(out->arena, &ma, &in_a) || !sorted(out->arena, &mb, &in_b) ||
        !merge_common(out, &ma, &in_b, over, depth))
        return failed;
    json_out_char(out, '{');
    for (uint32_t i = 0; i < ma.n; i++)
        put_member(out, &first, ma.items[i].key, ma.items[i].value);
    for (uint32_t i = 0; i < mb.n; i++)
        if (!find(&in_a, mb.items[i].key))
            put_member(out, &first, mb.items[i].key, mb.items[i].value);
    json_out_char(out, '}');
    return json_out_take(out);
}

obs_str json_merge_objects(struct json_out *out, obs_str a, obs_str b, bool over)
{
    if (!a.len || !b.len || obs_str_eq(a, b))
        return a.len ? a : b;
    return merge_objects(out, a, b, over, /* depth= */ 0);
}

obs_str json_merge_arrays(struct json_out *out, obs_str a, obs_str b)
{
    const obs_str failed = {0};
    struct members ma, mb, in_a;
    bool first = true;

    if (!a.len || !b.len || obs_str_eq(a, b))
        return a.len ? a : b;
    if (!read_members(out->arena, a, &ma) || !read_members(out->arena, b, &mb) ||
        !sorted(out->arena, &ma, &in_a))
        return failed;
    json_out_char(out, '[');
    for (uint32_t i = 0; i < ma.n + mb.n; i++) {
        const struct member *m = i < ma.n ? &ma.items[i] : &mb.items[i - ma.n];

        if (i >= ma.n && find(&in_a, m->key))
            continue;
        if (!first)
            json_out_char(out, ',');
        first = false;
        json_out_raw(out, m->value);
    }
    json_out_char(out, ']');
    return json_out_take(out);
}
