/* SPDX-License-Identifier: Apache-2.0 */
/* The generator and the comparison. */
#include "fixture_random.h"

#include <math.h>
#include <stdlib.h>

uint64_t dice_roll(struct dice *d, uint64_t n)
{
    d->state ^= d->state << 13; /* xorshift64 */
    d->state ^= d->state >> 7;
    d->state ^= d->state << 17;
    return d->state % n;
}

void *dice_room(struct dice *d, size_t n, size_t size)
{
    void *p = obs_arena_calloc(d->arena, n + 1, size);

    if (!p)
        abort();
    return p;
}

obs_str dice_text(struct dice *d)
{
    static const char *const pieces[] = {
        "a",  "gen_ai.",   "\"",           "\\",           "\n",
        "/",  "\x01",      "\xC3\xA9",     "\xE9\x9B\xAA", "\xF0\x9F\x9A\x80",
        " z", "{\"k\":1}", "\xEF\xBF\xBF", "\t",           "0123456789abcdef"};
    size_t n = dice_roll(d, 12), len = 0;
    char *p = dice_room(d, n * 16, 1);

    for (size_t i = 0; i < n; i++) {
        const char *piece = pieces[dice_roll(d, sizeof(pieces) / sizeof(pieces[0]))];

        memcpy(p + len, piece, strlen(piece));
        len += strlen(piece);
    }
    return obs_str_n(p, len);
}

obs_str dice_raw(struct dice *d, size_t len)
{
    char *p = dice_room(d, len, 1);

    for (size_t i = 0; i < len; i++)
        p[i] = (char)dice_roll(d, 256);
    return obs_str_n(p, len);
}

double dice_real(struct dice *d)
{
    static const double special[] = {0.0, -0.0, 0.1, 1e300, -5e-324, 123456.75, 1e22, 3.0};
    uint64_t bits = dice_roll(d, UINT64_MAX);
    double value;

    if (dice_roll(d, 2))
        return special[dice_roll(d, sizeof(special) / sizeof(special[0]))];
    if (dice_roll(d, 20) == 0)
        return dice_roll(d, 2) ? INFINITY : -INFINITY;
    memcpy(&value, &bits, sizeof(value));
    return isnan(value) ? NAN : value;
}

static void attr_list(struct dice *d, unsigned depth, struct otlp_attr **ret, uint32_t *ret_n);

struct otlp_value dice_value(struct dice *d, unsigned depth)
{
    struct otlp_value v = {.kind = (uint16_t)dice_roll(d, depth > 3 ? 5 : 8)};

    switch (v.kind) {
    case OTLP_STRING:
        v.s = dice_text(d);
        break;
    case OTLP_BOOL:
        v.i = (int64_t)dice_roll(d, 2);
        break;
    case OTLP_INT:
        v.i =
            dice_roll(d, 2) ? (int64_t)dice_roll(d, UINT64_MAX) : (int64_t)dice_roll(d, 1000) - 500;
        break;
    case OTLP_DOUBLE:
        v.d = dice_real(d);
        break;
    case OTLP_ARRAY:
        v.n = (uint32_t)dice_roll(d, 4);
        v.items = dice_room(d, v.n, sizeof(*v.items));
        for (uint32_t i = 0; i < v.n; i++)
            v.items[i] = dice_value(d, depth + 1);
        break;
    case OTLP_KVLIST:
        attr_list(d, depth + 1, &v.attrs, &v.n);
        break;
    case OTLP_BYTES:
        v.s = dice_raw(d, dice_roll(d, 9));
        break;
    default:
        break;
    }
    return v;
}

static void attr_list(struct dice *d, unsigned depth, struct otlp_attr **ret, uint32_t *ret_n)
{
    *ret_n = (uint32_t)dice_roll(d, 5);
    *ret = dice_room(d, *ret_n, sizeof(**ret));
    for (uint32_t i = 0; i < *ret_n; i++) {
        (*ret)[i].key = dice_text(d);
        (*ret)[i].value = dice_value(d, depth);
    }
}

void dice_attrs(struct dice *d, struct otlp_attrs *ret)
{
    attr_list(d, 0, &ret->items, &ret->n);
    ret->dropped = (uint32_t)dice_roll(d, 3) * 1000000007u;
}

static void lists(struct dice *d, struct otlp_span *s)
{
    s->n_events = (uint32_t)dice_roll(d, 4);
    s->events = dice_room(d, s->n_events, sizeof(*s->events));
    for (uint32_t i = 0; i < s->n_events; i++) {
        s->events[i].time_ns = dice_roll(d, UINT64_MAX);
        s->events[i].name = dice_text(d);
        dice_attrs(d, &s->events[i].attrs);
    }
    s->n_links = (uint32_t)dice_roll(d, 3);
    s->links = dice_room(d, s->n_links, sizeof(*s->links));
    for (uint32_t i = 0; i < s->n_links; i++) {
        s->links[i].trace_id = dice_raw(d, 16);
        s->links[i].span_id = dice_raw(d, 8);
        s->links[i].trace_state = dice_text(d);
        s->links[i].flags = (uint32_t)dice_roll(d, UINT32_MAX);
        dice_attrs(d, &s->links[i].attrs);
    }
}

static void span(struct dice *d, struct otlp_span *s)
{
    s->trace_id = dice_raw(d, dice_roll(d, 10) ? 16 : dice_roll(d, 20));
    s->span_id = dice_raw(d, 8);
    s->parent_span_id = dice_raw(d, dice_roll(d, 2) ? 8 : 0);
    s->trace_state = dice_text(d);
    s->name = dice_text(d);
    s->status_message = dice_text(d);
    s->start_ns = dice_roll(d, UINT64_MAX);
    s->end_ns = dice_roll(d, UINT64_MAX);
    s->kind = (uint32_t)dice_roll(d, 8);
    s->status = (uint32_t)dice_roll(d, 4);
    s->flags = (uint32_t)dice_roll(d, UINT32_MAX);
    s->dropped_events = (uint32_t)dice_roll(d, 3);
    s->dropped_links = (uint32_t)dice_roll(d, 3);
    dice_attrs(d, &s->attrs);
    lists(d, s);
}

void random_batch(struct otlp_batch *batch, uint64_t seed)
{
    struct dice d = dice_of(batch->arena, seed);
    struct otlp_resource *resource = NULL;
    struct otlp_scope *scope = NULL;
    size_t n = dice_roll(&d, 6);

    for (size_t i = 0; i < n; i++) {
        struct otlp_span *s;

        if (!resource || dice_roll(&d, 3) == 0) {
            resource = dice_room(&d, 1, sizeof(*resource));
            dice_attrs(&d, &resource->attrs);
            scope = NULL;
        }
        if (!scope || dice_roll(&d, 3) == 0) {
            scope = dice_room(&d, 1, sizeof(*scope));
            scope->name = dice_text(&d);
            scope->version = dice_text(&d);
            dice_attrs(&d, &scope->attrs);
        }
        s = otlp_batch_add(batch);
        if (!s)
            abort();
        s->resource = resource;
        s->scope = scope;
        span(&d, s);
    }
}

struct otlp_value nested_value(obs_arena *arena, unsigned depth)
{
    struct otlp_value v = {.kind = OTLP_ARRAY};

    if (depth > 1) {
        v.n = 1;
        v.items = obs_arena_alloc(arena, sizeof(*v.items));
        *v.items = nested_value(arena, depth - 1);
    }
    return v;
}

/* --- comparison ------------------------------------------------------------ */

static bool same_attrs(const struct otlp_attr *a, const struct otlp_attr *b, uint32_t n);

bool same_value(const struct otlp_value *a, const struct otlp_value *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case OTLP_STRING:
    case OTLP_BYTES:
        return obs_str_eq(a->s, b->s);
    case OTLP_BOOL:
    case OTLP_INT:
        return a->i == b->i;
    case OTLP_DOUBLE:
        return (isnan(a->d) && isnan(b->d)) || (a->d == b->d && signbit(a->d) == signbit(b->d));
    case OTLP_ARRAY:
        if (a->n != b->n)
            return false;
        for (uint32_t i = 0; i < a->n; i++)
            if (!same_value(&a->items[i], &b->items[i]))
                return false;
        return true;
    case OTLP_KVLIST:
        return a->n == b->n && same_attrs(a->attrs, b->attrs, a->n);
    default:
        return true;
    }
}

static bool same_attrs(const struct otlp_attr *a, const struct otlp_attr *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!obs_str_eq(a[i].key, b[i].key) || !same_value(&a[i].value, &b[i].value))
            return false;
    return true;
}

bool same_attr_list(const struct otlp_attrs *a, const struct otlp_attrs *b)
{
    return a->n == b->n && a->dropped == b->dropped && same_attrs(a->items, b->items, a->n);
}

#define SAME(condition, name)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            *why = (name);                                                                         \
            return false;                                                                          \
        }                                                                                          \
    } while (0)

static bool same_lists(const struct otlp_span *a, const struct otlp_span *b, const char **why)
{
    SAME(a->n_events == b->n_events && a->n_links == b->n_links, "number of events or links");
    for (uint32_t i = 0; i < a->n_events; i++) {
        SAME(a->events[i].time_ns == b->events[i].time_ns, "event time");
        SAME(obs_str_eq(a->events[i].name, b->events[i].name), "event name");
        SAME(same_attr_list(&a->events[i].attrs, &b->events[i].attrs), "event attributes");
    }
    for (uint32_t i = 0; i < a->n_links; i++) {
        SAME(obs_str_eq(a->links[i].trace_id, b->links[i].trace_id), "link trace id");
        SAME(obs_str_eq(a->links[i].span_id, b->links[i].span_id), "link span id");
        SAME(obs_str_eq(a->links[i].trace_state, b->links[i].trace_state), "link trace state");
        SAME(a->links[i].flags == b->links[i].flags, "link flags");
        SAME(same_attr_list(&a->links[i].attrs, &b->links[i].attrs), "link attributes");
    }
    return true;
}

static bool same_span(const struct otlp_span *a, const struct otlp_span *b, const char **why)
{
    SAME(obs_str_eq(a->trace_id, b->trace_id), "trace id");
    SAME(obs_str_eq(a->span_id, b->span_id), "span id");
    SAME(obs_str_eq(a->parent_span_id, b->parent_span_id), "parent span id");
    SAME(obs_str_eq(a->trace_state, b->trace_state), "trace state");
    SAME(obs_str_eq(a->name, b->name), "name");
    SAME(obs_str_eq(a->status_message, b->status_message), "status message");
    SAME(a->start_ns == b->start_ns && a->end_ns == b->end_ns, "times");
    SAME(a->kind == b->kind, "kind");
    SAME(a->status == b->status, "status");
    SAME(a->flags == b->flags, "flags");
    SAME(a->dropped_events == b->dropped_events, "dropped events");
    SAME(a->dropped_links == b->dropped_links, "dropped links");
    SAME(same_attr_list(&a->attrs, &b->attrs), "attributes");
    SAME(same_attr_list(&a->resource->attrs, &b->resource->attrs), "resource");
    SAME(obs_str_eq(a->scope->name, b->scope->name), "scope name");
    SAME(obs_str_eq(a->scope->version, b->scope->version), "scope version");
    SAME(same_attr_list(&a->scope->attrs, &b->scope->attrs), "scope attributes");
    return same_lists(a, b, why);
}

bool same_batch(const struct otlp_batch *a, const struct otlp_batch *b, const char **why)
{
    SAME(a->n_spans == b->n_spans, "number of spans");
    for (size_t i = 0; i < a->n_spans; i++)
        if (!same_span(&a->spans[i], &b->spans[i], why))
            return false;
    return true;
}
