/* SPDX-License-Identifier: Apache-2.0 */
/* Whether rollups can answer an aggregate, and from which of them: the coarsest that
 * fit, finer ones at the edges, and spans where an edge cuts a minute.
 *
 * A rollup has a resolution, the length of its stretches of time, and a family: the
 * dimensions by which its cells are kept apart. The fewer, the fewer cells there are
 * to read. */
#ifndef PLUGINS_LIB_ROLLUP_PLAN_H
#define PLUGINS_LIB_ROLLUP_PLAN_H

#include <observatory/memory.h>
#include <observatory/store.h>

#include <stdbool.h>

enum { ROLLUP_MINUTE, ROLLUP_QUARTER, ROLLUP_HOUR, ROLLUP_DAY, ROLLUP_N_RESOLUTIONS };

extern const int64_t rollup_ns[ROLLUP_N_RESOLUTIONS];

/* Of everything, of each model, of each combination. */
enum { ROLLUP_PROJECT, ROLLUP_MODEL, ROLLUP_ALL, ROLLUP_N_FAMILIES };

/* The dimensions of series, in the order in which stores keep them. */
enum { ROLLUP_N_DIMENSIONS = 7 };
extern const uint32_t rollup_dimensions[ROLLUP_N_DIMENSIONS];

/* Whether the cells of a family are kept apart by a dimension, and know users and
 * sessions. */
bool rollup_has(int family, size_t dimension);
bool rollup_has_distinct(int family);

/* Where what is kept begins: cells of a resolution are complete from then on. */
struct rollup_horizon {
    int64_t cells_ns[ROLLUP_N_RESOLUTIONS];
    int64_t spans_ns;
};

#define ROLLUP_SPANS (-1) /* in place of a resolution */

/* A part of the range, to be read from the cells of a resolution or from spans. */
struct rollup_part {
    int resolution;
    int64_t from_ns, to_ns;
};

struct rollup_plan {
    struct rollup_part *parts; /* in the arena, in order */
    size_t n, capacity;
    bool coarse; /* some edges are those of UTC days: nothing finer is left */
};

/* The family that can answer a query which was checked; ROLLUP_N_FAMILIES: none. */
int rollup_family(const obs_aggregate_query *query);

/* Plans it; its filter is not looked at. OBS_E_UNSUPPORTED: spans are as fast.
 * Otherwise OBS_E_NOMEM. */
OBS_MUST_CHECK int rollup_plan(const obs_aggregate_query *query,
                               const struct rollup_horizon *horizon, obs_arena *arena,
                               struct rollup_plan *ret);

#endif
