/* SPDX-License-Identifier: Apache-2.0 */
/* The body of POST /api/v1/traces/search: parameters as members, and a filter. */
#ifndef TRACE_SEARCH_SEARCH_BODY_H
#define TRACE_SEARCH_SEARCH_BODY_H

#include "params.h"

/* Limits of the filter. */
struct search_limits {
    uint32_t depth, nodes, values;
};

/* Reads `body` into `params`, which params_init() began; texts are borrowed from its
 * arena. Errors: those of params_take(), OBS_E_SYNTAX. */
OBS_MUST_CHECK int search_body_read(struct params *params, const struct search_limits *limits,
                                    obs_str body);

#endif
