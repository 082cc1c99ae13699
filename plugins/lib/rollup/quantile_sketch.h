/* SPDX-License-Identifier: Apache-2.0 */
/* A mergeable sketch of quantiles: DDSketch (Masson, Rim, Lee: "DDSketch: a fast
 * and fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019)
 * with logarithmic buckets. Any quantile is right to 1 %, whatever was merged with
 * what in which order. For whole numbers from 0 on: nanoseconds, tokens. */
#ifndef PLUGINS_LIB_QUANTILE_SKETCH_H
#define PLUGINS_LIB_QUANTILE_SKETCH_H

#include <observatory/span.h>

#define SKETCH_ACCURACY 0.01

/* Zero to begin with; sketch_free() at the end. */
struct sketch {
    uint64_t count; /* of all values */
    uint64_t zeros;
    uint64_t *buckets; /* from index `first` on; NULL: none yet */
    int32_t first;
    uint32_t n, capacity;
};

void sketch_free(struct sketch *sketch);

/* Empties it but keeps its memory. */
void sketch_clear(struct sketch *sketch);

/* Counts `value` `n` times; negative values count as 0. Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int sketch_add(struct sketch *sketch, int64_t value, uint64_t n);

OBS_MUST_CHECK int sketch_merge(struct sketch *to, const struct sketch *from);

/* The value of which a share `q` of all is not greater (nearest rank), to 1 %;
 * OBS_ABSENT when there is none. `q` is cut to [0, 1]. */
int64_t sketch_quantile(const struct sketch *sketch, double q);

/* As bytes: about two for each bucket that is in use. `to` has room for
 * sketch_max_bytes(); returns how many were written. */
size_t sketch_max_bytes(const struct sketch *sketch);
size_t sketch_encode(const struct sketch *sketch, uint8_t *to);

/* Merges what was encoded. Errors: OBS_E_SYNTAX (then `to` may have some of it),
 * OBS_E_NOMEM. */
OBS_MUST_CHECK int sketch_merge_encoded(struct sketch *to, obs_str bytes);

#endif
