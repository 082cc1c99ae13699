/* SPDX-License-Identifier: Apache-2.0 */
/* The feedback of one trace, shown with the spans that it is on. */
#ifndef TRACE_SEARCH_REMARKS_H
#define TRACE_SEARCH_REMARKS_H

#include "tree.h"

#include <observatory/store.h>

struct remark {
    uint8_t span_id[8]; /* all zero: on the whole trace */
    size_t order;       /* as it came: oldest first */
    bool shown;         /* with its span */
    obs_str json;
};

/* Set `arena`, leave the rest zero. */
struct remarks {
    obs_arena *arena;
    struct remark *items;
    size_t n, capacity;
    obs_buf *buf; /* for one at a time */
};

/* Adds feedback, borrowed for the call, as JSON; `ret_bytes` is what it takes.
 * Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int remarks_add(struct remarks *remarks, const obs_feedback *feedback,
                               size_t *ret_bytes);

/* Gives the object of each node a member "feedback", an array. Errors: OBS_E_NOMEM. */
OBS_MUST_CHECK int remarks_attach(struct remarks *remarks, struct node *nodes, size_t n);

/* Writes what is on the whole trace, or on spans that are not there, as an array. */
void remarks_write_rest(const struct remarks *remarks, obs_jw *jw);

#endif
