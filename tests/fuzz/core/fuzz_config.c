/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration text: YAML, and every unit over the whole input. */
#include "config/units.h"
#include "config/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    obs_str text = obs_str_n((const char *)data, size);
    obs_arena *arena = obs_arena_create((size_t)64 << 20);
    struct conf_errors errors;
    struct obs_conf *root;
    uint64_t bytes;
    int64_t number;
    double real;
    int32_t on;

    conf_errors_init(&errors, arena);
    if (yaml_parse(arena, text, "fuzz", /* placed= */ 1, &root, &errors) < 0 && errors.count == 0 &&
        size < 1024)
        __builtin_trap(); /* a refusal without a reason */
    (void)units_size(text, &bytes);
    (void)units_duration(text, &number);
    (void)units_rate(text, &real);
    (void)units_int(text, &number);
    (void)units_float(text, &real);
    (void)units_bool(text, &on);
    obs_arena_destroy(arena);
    return 0;
}
