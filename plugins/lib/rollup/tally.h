/* SPDX-License-Identifier: Apache-2.0 */
/* The reckoning of an aggregate: groups of spans, buckets of time, measures. Stores
 * put spans and cells of rollups in; the answer is the same from either, and in
 * every store. One thread's. */
#ifndef PLUGINS_LIB_TALLY_H
#define PLUGINS_LIB_TALLY_H

#include "cell.h"

#include <observatory/store.h>

struct tally;

#define TALLY_MAX_DIMENSIONS 8
#define TALLY_MAX_MEASURES 64
#define TALLY_MAX_EDGES 50001

/* OBS_OK when a query can be answered, else OBS_E_INVALID. */
int tally_check(const obs_aggregate_query *query);

/* The fields of spans that the query looks at, beside those of its filter. */
uint64_t tally_fields(const obs_aggregate_query *query);

/* A copy of all but the filter. Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int tally_copy_query(obs_arena *arena, const obs_aggregate_query *query,
                                    obs_aggregate_query *ret);

/* For a query that was checked, borrowed; with room for `max_entries` groups and
 * buckets together. NULL: out of memory. */
struct tally *tally_new(const obs_aggregate_query *query, size_t max_entries);
void tally_free(struct tally *tally);

/* Counts a span of the range. Errors: OBS_E_COMPLEX (no room), OBS_E_NOMEM. */
OBS_MUST_CHECK int tally_add_span(struct tally *tally, const obs_span *span);

/* Counts the cell of a rollup whose spans have these values of the dimensions, and
 * began from `start_ns` on in one bucket. Errors: OBS_E_COMPLEX, OBS_E_NOMEM,
 * OBS_E_UNSUPPORTED (the cell does not know an extreme that is asked for). */
OBS_MUST_CHECK int tally_add_cell(struct tally *tally, const obs_str *dimensions, bool errors,
                                  int64_t start_ns, const struct cell *cell);

/* Gives the groups out. `result` gets error, n_rows, total and has_more. */
void tally_finish(struct tally *tally, obs_group_fn group, void *user, obs_search_result *result);

#endif
