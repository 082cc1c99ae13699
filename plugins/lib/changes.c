/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of the hours in binary indexed trees (Fenwick 1994), so that "all before
 * this hour" is a sum of some 18 of them, whatever the range. Each counter only
 * grows: when two sums of the same ones are equal, none of them has changed.
 *
 * The trees are for all projects and for groups of projects by their hash. Most of
 * their pages are never touched and take no memory. */
#include "changes.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#define HOUR_NS (3600LL * 1000000000)
#define FIRST_HOUR 263016 /* 2000-01-01; what is before counts as then */

enum { HOURS = 1 << 19, GROUPS = 32, TRACES = 1 << 14 }; /* up to 2059, later as then */

struct changes {
    atomic_uint_fast64_t all;
    atomic_uint_fast64_t traces[TRACES];
    atomic_uint_fast64_t hours[1 + GROUPS][HOURS + 1]; /* [0]: of all projects; from index 1 */
};

struct changes *changes_create(void)
{
    return calloc(1, sizeof(struct changes));
}

void changes_destroy(struct changes *changes)
{
    free(changes);
}

static uint32_t hash(const void *bytes, size_t len) /* FNV-1a */
{
    const uint8_t *p = bytes;
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * 16777619u;
    return h;
}

/* 1 … HOURS */
static uint32_t hour_of(int64_t ns)
{
    int64_t hour = ns / HOUR_NS - FIRST_HOUR;

    return hour < 0 ? 1 : hour >= HOURS ? HOURS : (uint32_t)hour + 1;
}

static uint32_t group_of(obs_str project)
{
    return 1 + hash(project.ptr, project.len) % GROUPS;
}

static void count_up(atomic_uint_fast64_t *tree, uint32_t hour)
{
    for (; hour <= HOURS; hour += hour & -hour)
        atomic_fetch_add(&tree[hour], 1);
}

static uint64_t sum_up_to(const atomic_uint_fast64_t *tree, uint32_t hour)
{
    uint64_t sum = 0;

    for (; hour > 0; hour -= hour & -hour)
        sum += atomic_load(&tree[hour]);
    return sum;
}

/* Spans that come together are mostly of one project and hour: those count once. */
void changes_spans(struct changes *changes, const obs_span *spans, size_t n)
{
    uint32_t last_group = 0, last_hour = 0;

    for (size_t i = 0; i < n; i++) {
        const obs_span *span = obs_span_at(spans, i);
        uint32_t group = group_of(span->project_id), hour = hour_of(span->start_ns);

        atomic_fetch_add(&changes->traces[hash(span->trace_id, 16) % TRACES], 1);
        if (group == last_group && hour == last_hour)
            continue;
        count_up(changes->hours[0], hour);
        count_up(changes->hours[group], hour);
        last_group = group;
        last_hour = hour;
    }
}

void changes_all(struct changes *changes)
{
    atomic_fetch_add(&changes->all, 1);
}

uint64_t changes_count(const struct changes *changes, const obs_scope *scope,
                       const uint8_t *trace_id, int64_t to_ns)
{
    bool one = !scope->all && scope->n_projects == 1;
    uint64_t all = atomic_load(&changes->all);

    if (trace_id)
        return all + atomic_load(&changes->traces[hash(trace_id, 16) % TRACES]);
    return all + sum_up_to(changes->hours[one ? group_of(scope->projects[0]) : 0], hour_of(to_ns));
}
