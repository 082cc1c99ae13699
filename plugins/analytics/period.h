/* SPDX-License-Identifier: Apache-2.0 */
/* The range of time of a question, and its buckets in a time zone. */
#ifndef ANALYTICS_PERIOD_H
#define ANALYTICS_PERIOD_H

#include "timezone.h"

#include <observatory/json.h>

#include <stdbool.h>

struct interval {
    const char *name;
    struct bucket_size size;
    int64_t about_s; /* how long a bucket usually is */
};

struct period {
    int64_t from_ns, to_ns;
    obs_str zone_name;
    const struct zone *zone;
    const struct interval *interval; /* NULL: no buckets */

    int64_t *edges; /* of the buckets, first and last those of the range; NULL: none */
    size_t n_edges;
    int64_t *begins; /* where the buckets begin in the zone, even before the range */
};

/* The interval of that name or one of its other names; NULL: none. "auto" is for
 * period_choose(). */
const struct interval *interval_find(obs_str name);
obs_str interval_names(obs_arena *arena);

/* The finest interval that makes no more than a few hundred buckets. */
const struct interval *interval_choose(int64_t from_ns, int64_t to_ns);

/* Makes the buckets. Errors: OBS_E_RANGE (more than `max_points`), OBS_E_NOMEM. */
OBS_MUST_CHECK int period_cut(struct period *period, size_t max_points, obs_arena *arena);

/* How long bucket `i`, or all of it, is in seconds. */
double period_bucket_s(const struct period *period, size_t i);
double period_s(const struct period *period);

/* The period before, of the same length, without buckets. */
struct period period_before(const struct period *period);

/* "period": {"from", "to", "interval", "timezone"} */
void period_write(const struct period *period, obs_jw *jw);

#endif
