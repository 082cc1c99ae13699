/* SPDX-License-Identifier: Apache-2.0 */
/* Log records in JSON from anyone: decoded, mapped, checked. */
#include "check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct otlp_logs logs = {.arena = obs_arena_create((size_t)64 << 20), .max_records = 1000};
    struct decode_error error;

    if (otlp_logs_json_decode(obs_str_n((const char *)data, size), &logs, &error) == OBS_OK)
        check_logs(&logs);
    obs_arena_destroy(logs.arena);
    return 0;
}
