/* SPDX-License-Identifier: Apache-2.0 */
/* The table of parts. */
#include "parts.h"

#define AT(member) offsetof(obs_span, member)

const struct price_part_info price_parts[PRICE_N_PARTS] = {
    [PRICE_INPUT] = {OBS_STR("input"), AT(input_tokens), PRICE_INPUT, false},
    [PRICE_INPUT_AUDIO] = {OBS_STR("input_audio"), AT(input_audio_tokens), PRICE_INPUT, false},
    [PRICE_INPUT_IMAGE] = {OBS_STR("input_image"), AT(input_image_tokens), PRICE_INPUT, false},
    [PRICE_CACHE_READ] = {OBS_STR("cache_read"), AT(cache_read_tokens), PRICE_INPUT, false},
    [PRICE_CACHE_READ_AUDIO] = {OBS_STR("cache_read_audio"), AT(cache_read_audio_tokens),
                                PRICE_CACHE_READ, false},
    [PRICE_CACHE_WRITE] = {OBS_STR("cache_write"), AT(cache_write_tokens), PRICE_INPUT, false},
    [PRICE_CACHE_WRITE_1H] = {OBS_STR("cache_write_1h"), AT(cache_write_1h_tokens),
                              PRICE_CACHE_WRITE, false},
    [PRICE_OUTPUT] = {OBS_STR("output"), AT(output_tokens), PRICE_OUTPUT, true},
    [PRICE_OUTPUT_AUDIO] = {OBS_STR("output_audio"), AT(output_audio_tokens), PRICE_OUTPUT, true},
    [PRICE_OUTPUT_IMAGE] = {OBS_STR("output_image"), AT(output_image_tokens), PRICE_OUTPUT, true},
    [PRICE_REASONING] = {OBS_STR("reasoning"), AT(reasoning_tokens), PRICE_OUTPUT, true},
};
