/* SPDX-License-Identifier: Apache-2.0 */
/* Generated traces in the shape of real ones: see demo.c for the fits. The same
 * seed gives the same spans, but for the moment that they end at. */
#ifndef INGEST_DEMO_H
#define INGEST_DEMO_H

#include "random.h"

#include <observatory/memory.h>
#include <observatory/span.h>

#define DEMO_MAX_TRACE 48 /* spans */
#define DEMO_SESSIONS 64  /* open at a time */

struct demo_settings {
    uint64_t seed;
    uint64_t spans;  /* in all */
    double days;     /* spread over so many; a trace that takes longer begins before */
    int64_t end_ns;  /* when the last trace ends */
    obs_str project; /* borrowed */
};

struct demo_session {
    uint32_t id, user;
    uint32_t turns_left;
};

/* Owned by the caller; demo_init() fills it. */
struct demo {
    struct demo_settings settings;
    struct random random;
    double last_ns; /* when the trace before ended */
    uint64_t made;  /* spans so far */
    uint32_t sessions, users;
    struct demo_session open[DEMO_SESSIONS];
};

void demo_init(struct demo *demo, const struct demo_settings *settings);

/* Writes the spans of one trace without their cost, root first, at most DEMO_MAX_TRACE, their texts
 * in `arena`. Returns how many; 0: all were made, or no memory. */
size_t demo_trace(struct demo *demo, obs_arena *arena, obs_span *ret_spans);

#endif
