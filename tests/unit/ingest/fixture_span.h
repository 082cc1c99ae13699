/* SPDX-License-Identifier: Apache-2.0 */
/* One span for mapping tests: attributes and events are added one by one, then
 * it is mapped by itself. Everything lives in the arena. */
#ifndef TESTS_FIXTURE_SPAN_H
#define TESTS_FIXTURE_SPAN_H

#include "map.h"

struct one {
    obs_arena *arena;
    struct otlp_batch batch;
    struct otlp_resource resource;
    struct otlp_scope scope;
    struct otlp_span *span;
    struct otlp_attr attrs[4300];
    struct otlp_attr resource_attrs[16];
    struct otlp_event events[16];
    struct otlp_attr event_attrs[16][8];
};

struct one *one_create(void);
void one_destroy(struct one *one);

struct otlp_value string_value(const char *text);
struct otlp_value int_value(int64_t i);
struct otlp_value double_value(double d);

void one_attr(struct one *one, const char *key, struct otlp_value value);
void one_text(struct one *one, const char *key, const char *text);
void one_int(struct one *one, const char *key, int64_t i);
void one_resource(struct one *one, const char *key, const char *text);

/* A new event `offset_ns` after the start; later one_event_text() calls add to it. */
void one_event(struct one *one, const char *name, uint64_t offset_ns);
void one_event_text(struct one *one, const char *key, const char *text);

/* Maps it; the span must be accepted. */
obs_span one_map(struct one *one);

#endif
