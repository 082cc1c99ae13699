/* SPDX-License-Identifier: Apache-2.0 */
/* The half of an aggregate that is answered from rollups. */
#ifndef PLUGINS_LIB_STORE_AGGREGATE_CELLS_H
#define PLUGINS_LIB_STORE_AGGREGATE_CELLS_H

#include "conditions.h"
#include "rollup_plan.h"
#include "statement.h"
#include "tally.h"

struct cells_query {
    const obs_aggregate_query *query; /* without its filter */
    int family;                       /* ROLLUP_N_FAMILIES: rollups cannot answer it */
    struct sql series;                /* which series match */
};

/* Builds it, while the filter is there. Errors: those of sql_filter(). */
int cells_build(struct cells_query *cells, obs_arena *arena, const struct settings *settings,
                const obs_scope *scope, const obs_aggregate_query *query);

/* Plans which parts of the range come from where; OBS_E_UNSUPPORTED: all of it from
 * spans, also while the rollups are not complete. Otherwise a code of the database is in
 * `ret_code`, or OBS_E_NOMEM returned. */
int cells_plan(const struct cells_query *cells, struct statements *statements, obs_arena *arena,
               struct rollup_plan *ret_plan, int *ret_code);

/* Counts the cells of a part. Returns a code of the database; `ret_error` says more when
 * that is DB_ABORT: what tally_add_cell() said. */
int cells_read(const struct cells_query *cells, struct statements *statements, obs_arena *arena,
               const struct rollup_plan *plan, struct tally *tally, int *ret_error);

#endif
