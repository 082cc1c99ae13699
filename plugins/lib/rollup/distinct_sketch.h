/* SPDX-License-Identifier: Apache-2.0 */
/* A mergeable estimate of how many different texts there were: HyperLogLog
 * (Flajolet et al., 2007) with 4,096 registers, the estimator of Ertl ("New
 * cardinality estimation algorithms for HyperLogLog sketches", 2017), and a list
 * of hashes while there are few, which is exact in practice. Beyond that the
 * standard error is 1.6 %. */
#ifndef PLUGINS_LIB_DISTINCT_SKETCH_H
#define PLUGINS_LIB_DISTINCT_SKETCH_H

#include <observatory/base.h>

#define DISTINCT_LIST 256u /* different texts that are counted exactly */
#define DISTINCT_REGISTERS 4096u

/* Zero to begin with; distinct_free() at the end. */
struct distinct {
    uint64_t *list; /* sorted hashes, until there are too many */
    uint32_t n, capacity;
    uint8_t *registers; /* NULL: the list is all */
};

void distinct_free(struct distinct *distinct);

/* Empties it but keeps its memory. */
void distinct_clear(struct distinct *distinct);

/* Errors of all: OBS_E_NOMEM. */
OBS_MUST_CHECK int distinct_add(struct distinct *distinct, obs_str text);
OBS_MUST_CHECK int distinct_merge(struct distinct *to, const struct distinct *from);

/* How many different ones there were. */
uint64_t distinct_count(const struct distinct *distinct);

/* As bytes: up to distinct_max_bytes(). */
size_t distinct_max_bytes(const struct distinct *distinct);
size_t distinct_encode(const struct distinct *distinct, uint8_t *to);

/* Merges what was encoded. Errors: OBS_E_SYNTAX, OBS_E_NOMEM. */
OBS_MUST_CHECK int distinct_merge_encoded(struct distinct *to, obs_str bytes);

#endif
