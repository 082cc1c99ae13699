/* SPDX-License-Identifier: Apache-2.0 */
/* The body of POST /api/v1/traces/search: every error says what was wrong, every
 * filter that is taken is within its limits and complete. */
#include "search_body.h"

#include <stdlib.h>

#define NOW INT64_C(1795419537250000000)
#define DEPTH 6u
#define VALUES 20u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A leaf of a list of texts becomes a branch, an absence a NOT, a name two leaves:
 * three levels more than were written. */
static void check(const obs_filter *filter, unsigned depth)
{
    if (depth > DEPTH + 3 || filter->n_values > VALUES)
        abort();
    if (filter->kind == OBS_FILTER_LEAF &&
        ((filter->field >= OBS_N_SPAN_FIELDS && filter->field != OBS_FIELD_FEEDBACK) ||
         (filter->n_values && !filter->values)))
        abort();
    for (size_t i = 0; filter->kind != OBS_FILTER_LEAF && i < filter->n_children; i++)
        check(filter->children[i], depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct search_limits limits = {.depth = DEPTH, .nodes = 40, .values = VALUES};
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    struct params params;
    obs_span_query query;
    int rc;

    params_init(&params, arena, NOW, /* max_limit= */ 1000);
    rc = search_body_read(&params, &limits, obs_str_n((const char *)data, size));
    if (rc == OBS_OK)
        rc = params_finish(&params, &query);
    if (rc < 0 && params.filter.wrong_text.len == 0)
        abort();
    for (size_t i = 0; rc == OBS_OK && i < params.filter.n_filters; i++)
        check(params.filter.filters[i], 0);
    obs_arena_destroy(arena);
    return 0;
}
