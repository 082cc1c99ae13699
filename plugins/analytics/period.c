/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets are those of local clocks (plugins/lib/timezone.h), cut off where the range
 * ends. */
#include "period.h"

#include <stdio.h>

#define S_NS INT64_C(1000000000)
#define POINTS_WANTED 300

static const struct interval intervals[] = {
    {"1m", {BUCKET_MINUTES, 1}, 60},    {"5m", {BUCKET_MINUTES, 5}, 300},
    {"15m", {BUCKET_MINUTES, 15}, 900}, {"1h", {BUCKET_HOURS, 1}, 3600},
    {"6h", {BUCKET_HOURS, 6}, 21600},   {"1d", {BUCKET_DAY, 1}, 86400},
    {"1w", {BUCKET_WEEK, 1}, 604800},   {"1mo", {BUCKET_MONTH, 1}, 2629800},
};
#define N_INTERVALS (sizeof(intervals) / sizeof(*intervals))

/* As an earlier API of this kind called them. */
static const struct {
    const char *name, *of;
} others[] = {
    {"1min", "1m"},
    {"minute", "1m"},
    {"one_minute", "1m"},
    {"5min", "5m"},
    {"five_minutes", "5m"},
    {"15min", "15m"},
    {"fifteen_minutes", "15m"},
    {"1hour", "1h"},
    {"hour", "1h"},
    {"one_hour", "1h"},
    {"6hour", "6h"},
    {"six_hours", "6h"},
    {"1day", "1d"},
    {"day", "1d"},
    {"one_day", "1d"},
    {"1week", "1w"},
    {"week", "1w"},
    {"one_week", "1w"},
    {"month", "1mo"},
    {"1month", "1mo"},
};

const struct interval *interval_find(obs_str name)
{
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (obs_str_is(name, others[i].name))
            name = obs_str_of(others[i].of);
    for (size_t i = 0; i < N_INTERVALS; i++)
        if (obs_str_is(name, intervals[i].name))
            return &intervals[i];
    return NULL;
}

obs_str interval_names(obs_arena *arena)
{
    obs_buf *buf = obs_buf_new(arena, /* limit_bytes= */ 0);

    for (size_t i = 0; buf && i < N_INTERVALS; i++)
        obs_buf_printf(buf, "%s, ", intervals[i].name);
    if (buf)
        obs_buf_printf(buf, "auto");
    return buf ? obs_buf_str(buf) : obs_str_n(NULL, 0);
}

const struct interval *interval_choose(int64_t from_ns, int64_t to_ns)
{
    int64_t seconds = to_ns / S_NS - from_ns / S_NS;
    size_t i = 0;

    while (i + 1 < N_INTERVALS && seconds / intervals[i].about_s > POINTS_WANTED)
        i++;
    return &intervals[i];
}

static int64_t floor_s(int64_t ns)
{
    return ns / S_NS - (ns % S_NS < 0);
}

int period_cut(struct period *p, size_t max_points, obs_arena *arena)
{
    int64_t at_s;
    size_t n = 0;

    if (!p->interval)
        return OBS_OK;
    if ((p->to_ns / S_NS - p->from_ns / S_NS) / p->interval->about_s > (int64_t)max_points)
        return OBS_E_RANGE;
    p->edges = obs_arena_calloc(arena, max_points + 8, sizeof(*p->edges));
    p->begins = obs_arena_calloc(arena, max_points + 8, sizeof(*p->begins));
    if (!p->edges || !p->begins)
        return OBS_E_NOMEM;
    at_s = bucket_begin(p->zone, p->interval->size, floor_s(p->from_ns));
    while (at_s * S_NS < p->to_ns) {
        if (n == max_points + 4)
            return OBS_E_RANGE;
        p->begins[n] = at_s * S_NS;
        p->edges[n] = n ? p->begins[n] : p->from_ns;
        at_s = bucket_next(p->zone, p->interval->size, at_s);
        n++;
    }
    p->edges[n] = p->to_ns;
    p->n_edges = n + 1;
    return OBS_OK;
}

double period_bucket_s(const struct period *p, size_t i)
{
    return (double)(p->edges[i + 1] - p->edges[i]) / 1e9;
}

double period_s(const struct period *p)
{
    return (double)(p->to_ns - p->from_ns) / 1e9;
}

struct period period_before(const struct period *p)
{
    struct period before = *p;

    before.interval = NULL;
    before.edges = before.begins = NULL;
    before.n_edges = 0;
    before.to_ns = p->from_ns;
    before.from_ns = p->from_ns - (p->to_ns - p->from_ns);
    return before;
}

void period_write(const struct period *p, obs_jw *jw)
{
    obs_jw_key(jw, "period");
    obs_jw_object(jw);
    obs_jw_key(jw, "from");
    obs_jw_time(jw, p->from_ns);
    obs_jw_key(jw, "to");
    obs_jw_time(jw, p->to_ns);
    obs_jw_key(jw, "interval");
    obs_jw_cstr(jw, p->interval ? p->interval->name : NULL);
    obs_jw_key(jw, "timezone");
    obs_jw_str(jw, p->zone_name);
    obs_jw_end_object(jw);
}
