/* SPDX-License-Identifier: Apache-2.0 */
/* The mapping table read the other way round. A question has few names, so it is
 * walked. */
#include "alias.h"
#include "map_table.h"
#include "span_fields.h"

/* Counts and amounts are shown as sums; the others have the name of their field. */
static const struct {
    enum map_target target;
    int field;
} sums[] = {
    {TO_INPUT_TOKENS, OBS_FIELD_PROMPT_TOKENS},
    {TO_INPUT_AUDIO_TOKENS, OBS_FIELD_INPUT_AUDIO_TOKENS},
    {TO_INPUT_IMAGE_TOKENS, OBS_FIELD_INPUT_IMAGE_TOKENS},
    {TO_CACHE_READ_TOKENS, OBS_FIELD_CACHED_TOKENS},
    {TO_CACHE_READ_AUDIO_TOKENS, OBS_FIELD_CACHED_AUDIO_TOKENS},
    {TO_CACHE_WRITE_TOKENS, OBS_FIELD_CACHE_WRITE_TOKENS},
    {TO_CACHE_WRITE_1H_TOKENS, OBS_FIELD_CACHE_WRITE_1H_TOKENS},
    {TO_OUTPUT_TOKENS, OBS_FIELD_COMPLETION_TOKENS},
    {TO_OUTPUT_AUDIO_TOKENS, OBS_FIELD_OUTPUT_AUDIO_TOKENS},
    {TO_OUTPUT_IMAGE_TOKENS, OBS_FIELD_OUTPUT_IMAGE_TOKENS},
    {TO_REASONING_TOKENS, OBS_FIELD_REASONING_TOKENS},
    {TO_TOTAL_TOKENS, OBS_FIELD_TOTAL_TOKENS},
    {TO_TOTAL_COST, OBS_FIELD_TOTAL_COST},
    {TO_SERVICE_TIER, OBS_FIELD_SERVICE_TIER},
    {TO_REGION, OBS_FIELD_REGION},
};

/* Texts that are compared as what they are; not times, content and lists. */
static const enum map_target texts[] = {
    TO_OPERATION, TO_PROVIDER,   TO_MODEL,        TO_REQUEST_MODEL, TO_FINISH_REASON, TO_ERROR_TYPE,
    TO_USER_ID,   TO_SESSION_ID, TO_SERVICE_NAME, TO_ENVIRONMENT,   TO_RELEASE,
};

static int field_of(enum map_target target)
{
    for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
        if (sums[i].target == target)
            return sums[i].field;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i] == target)
            return field_find(obs_str_of(map_target_names[target]));
    return -1;
}

int alias_field(obs_str key)
{
    for (size_t i = 0; i < map_n_rows; i++)
        if (obs_str_is(key, map_rows[i].key))
            return field_of((enum map_target)map_rows[i].target);
    return -1;
}
