/* SPDX-License-Identifier: Apache-2.0 */
/* The query parameters of GET /api/v1/traces: from text to a filter tree. */
#ifndef TRACE_SEARCH_PARAMS_H
#define TRACE_SEARCH_PARAMS_H

#include "filter_params.h"

#include <observatory/request.h>

#define PARAMS_DIGEST_BYTES 16

/* The parameters as the route declares them. */
enum { N_PARAMS_DECLARED = 31 };
extern const obs_param params_declared[N_PARAMS_DECLARED];

/* Owned by the caller; what it points to lives in `arena` or in the request. */
struct params {
    struct filter_params filter; /* which spans; and what was wrong, after an error */
    uint32_t max_limit;
    uint32_t sort_field;
    uint32_t ascending;
    uint32_t limit;
    uint32_t total;
    uint32_t highlight;
    uint64_t fields;
    obs_str cursor;
    uint8_t filter_digest[PARAMS_DIGEST_BYTES];             /* of a filter tree; zero: none */
    obs_str given[N_PARAMS_DECLARED - FILTER_PARAMS_COUNT]; /* the others; ptr NULL: not given */
};

void params_init(struct params *params, obs_arena *arena, int64_t now_ns, uint32_t max_limit);

/* Takes one parameter, borrowed as long as `params`. Each may be given once, tags
 * any number of times. Errors: OBS_E_INVALID, OBS_E_RANGE, OBS_E_UNKNOWN,
 * OBS_E_CURSOR, OBS_E_COMPLEX with filter.wrong_field and wrong_text; OBS_E_NOMEM. */
int params_take(struct params *params, obs_str name, obs_str value);

/* Checks what belongs together and fills in the query, but for `after`. `filter`
 * must live as long as the query is read. Errors as above. */
int params_finish(struct params *params, obs_span_query *ret_query);

/* The digest of everything that a page depends on, but for its size and look. The
 * order of the parameters is of no account; a relative time counts as its text, so
 * that "now-1h" of a later page is the same query. */
void params_digest(const struct params *params, uint8_t ret_digest[PARAMS_DIGEST_BYTES]);

#endif
