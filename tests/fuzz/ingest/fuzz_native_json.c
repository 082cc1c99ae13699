/* SPDX-License-Identifier: Apache-2.0 */
/* Native JSON from anyone: decoded and checked. */
#include "check.h"
#include "native_json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct native_batch batch = {
        .arena = obs_arena_create((size_t)64 << 20), .max_spans = 1000, .project = OBS_STR("p")};
    struct decode_error error;

    if (native_json_decode(obs_str_n((const char *)data, size), &batch, &error) == OBS_OK) {
        if (batch.n_spans + batch.n_rejected != batch.n_items)
            abort();
        for (size_t i = 0; i < batch.n_spans; i++)
            check_span(batch.arena, &batch.spans[i]);
    }
    obs_arena_destroy(batch.arena);
    return 0;
}
