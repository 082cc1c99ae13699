/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes from anywhere: refused, or a span that packs and reads back the same. */
#include "span_pack.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    obs_arena *arena = obs_arena_create(0);
    obs_span first, second;

    if (span_unpack(obs_str_n((const char *)data, size), &first) == OBS_OK) {
        obs_str packed = span_pack(arena, &first), again;

        if (!packed.ptr || span_unpack(packed, &second) < 0)
            abort();
        again = span_pack(arena, &second);
        if (!obs_str_eq(packed, again))
            abort();
    }
    obs_arena_destroy(arena);
    return 0;
}
