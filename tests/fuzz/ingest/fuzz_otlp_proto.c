/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP protobuf from anyone: decoded, mapped, checked. */
#include "check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct otlp_batch batch = {.arena = obs_arena_create((size_t)64 << 20), .max_spans = 1000};
    struct decode_error error;

    if (otlp_proto_decode(obs_str_n((const char *)data, size), &batch, &error) == OBS_OK)
        check_batch(&batch);
    obs_arena_destroy(batch.arena);
    return 0;
}
