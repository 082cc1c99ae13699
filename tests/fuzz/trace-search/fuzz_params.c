/* SPDX-License-Identifier: Apache-2.0 */
/* The query of GET /api/v1/traces, not percent-encoded: every error says what was
 * wrong, every success is a query within its limits. */
#include "params.h"

#include <stdlib.h>

#define NOW INT64_C(1795419537250000000)
#define MAX_LIMIT 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int take(struct params *params, obs_str text)
{
    int rc = OBS_OK;

    while (text.len && rc == OBS_OK) {
        const char *amp = memchr(text.ptr, '&', text.len);
        size_t len = amp ? (size_t)(amp - text.ptr) : text.len;
        const char *equals = memchr(text.ptr, '=', len);
        size_t name = equals ? (size_t)(equals - text.ptr) : len;
        size_t skip = name + (equals != NULL);
        rc = params_take(params, obs_str_n(text.ptr, name), obs_str_n(text.ptr + skip, len - skip));
        len += amp != NULL;
        text = obs_str_n(text.ptr + len, text.len - len);
    }
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    uint8_t digest[PARAMS_DIGEST_BYTES];
    struct params params;
    obs_span_query query;
    int rc;

    params_init(&params, arena, NOW, MAX_LIMIT);
    rc = take(&params, obs_str_n((const char *)data, size));
    if (rc == OBS_OK)
        rc = params_finish(&params, &query);
    if (rc < 0 && params.filter.wrong_text.len == 0)
        abort();
    if (rc == OBS_OK) {
        params_digest(&params, digest);
        if (query.limit < 1 || query.limit > MAX_LIMIT || query.fields == 0 ||
            query.from_ns >= query.to_ns || params.filter.n_filters > FILTER_PARAMS_MAX)
            abort();
    }
    obs_arena_destroy(arena);
    return 0;
}
