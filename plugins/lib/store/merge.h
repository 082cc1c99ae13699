/* SPDX-License-Identifier: Apache-2.0 */
/* Spans that are there already, and fragments that wait for theirs. */
#ifndef PLUGINS_LIB_STORE_MERGE_H
#define PLUGINS_LIB_STORE_MERGE_H

#include "writer.h"

/* Who merges, and what they complained about. */
struct merge_call {
    obs_merge_fn merge;
    void *user;
    int error; /* of merge(); OBS_OK: none */
};

/* What became of a span. */
enum outcome { OUTCOME_NEW, OUTCOME_SAME, OUTCOME_MERGED, OUTCOME_WAITS };

/* Both are called inside a transaction and return a code of the database, which is
 * DB_REFUSED when call->error says more. */

/* Makes one span of `added` and of what is there. A fragment for which nothing is
 * there is kept. */
int merge_into_stored(struct writing *writing, const obs_span *added, struct merge_call *call,
                      enum outcome *ret_outcome);

/* Folds the fragments that wait for `span`, which was just inserted as `row`, into
 * it. */
int merge_waiting(struct writing *writing, const obs_span *span, int64_t row,
                  struct merge_call *call);

#endif
