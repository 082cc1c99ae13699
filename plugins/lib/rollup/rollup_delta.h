/* SPDX-License-Identifier: Apache-2.0 */
/* What one transaction does to the rollups: spans come, change and go, and every
 * cell that this touches gets one difference. */
#ifndef PLUGINS_LIB_ROLLUP_DELTA_H
#define PLUGINS_LIB_ROLLUP_DELTA_H

#include "cell.h"
#include "rollup_plan.h"

/* A cell that changes. Dimensions that its family lacks are empty. */
struct rollup_change {
    int family, resolution;
    int64_t start_ns;
    obs_str dimensions[ROLLUP_N_DIMENSIONS]; /* of rollup_dimensions */
    uint32_t status;                         /* OBS_STATUS_* */
    struct cell cell;                        /* a difference */
};

struct rollup_delta;

/* NULL: out of memory. */
struct rollup_delta *rollup_delta_new(void);
void rollup_delta_free(struct rollup_delta *delta);

/* Forgets everything, for the next transaction. */
void rollup_delta_clear(struct rollup_delta *delta);

/* Errors of all: OBS_E_NOMEM. */
OBS_MUST_CHECK int rollup_delta_add(struct rollup_delta *delta, const obs_span *span);
OBS_MUST_CHECK int rollup_delta_change(struct rollup_delta *delta, const obs_span *old,
                                       const obs_span *span);

/* The cells that change, in all families and resolutions; in the order in which they
 * are best written. Borrowed until the delta changes. */
OBS_MUST_CHECK int rollup_delta_changes(struct rollup_delta *delta,
                                        const struct rollup_change **ret_changes, size_t *ret_n);

#endif
