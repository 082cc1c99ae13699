/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: what the parser takes, the writer writes back so that it reads the
 * same; any bytes as a string come out as valid JSON. */
#include <observatory/json.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    obs_str text = obs_str_n((const char *)data, size);
    obs_arena *arena = obs_arena_create((size_t)64 << 20);
    obs_buf *buf = obs_buf_new(arena, 0);
    obs_jw *jw = obs_jw_new(arena, buf);
    obs_json_error error = {.size = sizeof(error)};
    const obs_json *value;

    (void)obs_json_parse(arena, text, &value, &error);
    obs_jw_str(jw, text);
    if (obs_json_parse(arena, obs_buf_str(buf), &value, &error) < 0 ||
        obs_json_type(value) != OBS_JSON_STRING)
        __builtin_trap();
    obs_arena_destroy(arena);
    return 0;
}
