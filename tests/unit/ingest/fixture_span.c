/* SPDX-License-Identifier: Apache-2.0 */
/* The span under test. */
#include "fixture_span.h"

#include <stdlib.h>

#define START_NS UINT64_C(1790000000000000000)

struct one *one_create(void)
{
    struct one *one = calloc(1, sizeof(*one));

    if (!one || !(one->arena = obs_arena_create(0)))
        abort();
    one->batch.arena = one->arena;
    one->span = otlp_batch_add(&one->batch);
    *one->span = (struct otlp_span){
        .resource = &one->resource,
        .scope = &one->scope,
        .trace_id = obs_str_n("0123456789abcdef", 16),
        .span_id = obs_str_n("01234567", 8),
        .name = obs_str_of("span"),
        .start_ns = START_NS,
        .end_ns = START_NS + 1000000,
        .attrs = {.items = one->attrs},
        .events = one->events,
    };
    one->resource.attrs.items = one->resource_attrs;
    return one;
}

void one_destroy(struct one *one)
{
    obs_arena_destroy(one->arena);
    free(one);
}

struct otlp_value string_value(const char *text)
{
    return (struct otlp_value){.kind = OTLP_STRING, .s = obs_str_of(text)};
}

struct otlp_value int_value(int64_t i)
{
    return (struct otlp_value){.kind = OTLP_INT, .i = i};
}

struct otlp_value double_value(double d)
{
    return (struct otlp_value){.kind = OTLP_DOUBLE, .d = d};
}

void one_attr(struct one *one, const char *key, struct otlp_value value)
{
    if (one->span->attrs.n == sizeof(one->attrs) / sizeof(one->attrs[0]))
        abort();
    one->attrs[one->span->attrs.n++] =
        (struct otlp_attr){.key = obs_arena_dup(one->arena, obs_str_of(key)), .value = value};
}

void one_text(struct one *one, const char *key, const char *text)
{
    one_attr(one, key, string_value(text));
}

void one_int(struct one *one, const char *key, int64_t i)
{
    one_attr(one, key, int_value(i));
}

void one_resource(struct one *one, const char *key, const char *text)
{
    one->resource_attrs[one->resource.attrs.n++] =
        (struct otlp_attr){.key = obs_str_of(key), .value = string_value(text)};
}

void one_event(struct one *one, const char *name, uint64_t offset_ns)
{
    uint32_t i = one->span->n_events++;

    one->events[i] = (struct otlp_event){
        .time_ns = START_NS + offset_ns,
        .name = obs_str_of(name),
        .attrs = {.items = one->event_attrs[i]},
    };
}

void one_event_text(struct one *one, const char *key, const char *text)
{
    struct otlp_attrs *attrs = &one->events[one->span->n_events - 1].attrs;

    attrs->items[attrs->n++] =
        (struct otlp_attr){.key = obs_str_of(key), .value = string_value(text)};
}

obs_span one_map(struct one *one)
{
    struct map_index *index = map_index_create();
    struct mapped mapped;

    if (!index || map_batch(index, obs_str_of("default"), &one->batch, &mapped) < 0 ||
        mapped.n_spans != 1)
        abort();
    map_index_destroy(index);
    return mapped.spans[0];
}
