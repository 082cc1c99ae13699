/* SPDX-License-Identifier: Apache-2.0 */
/* Totals of tokens are reckoned by the functions of <observatory/span.h>; everything
 * else is a member of the span. */
#include "span_value.h"

#include <math.h>
#include <stddef.h>

#define KIND(id, number, name, kind) [number] = OBS_KIND_##kind,
static const uint8_t kinds[OBS_N_SPAN_FIELDS] = {OBS_SPAN_FIELD_MAP(KIND)};
#undef KIND

#define SPEED_UNIT 1e6
#define MAX_SPEED 9e12 /* a number with six decimals that still fits */

static uint8_t kind_of(uint32_t field)
{
    return field < OBS_N_SPAN_FIELDS ? kinds[field] : 0;
}

bool span_is_number(uint32_t field)
{
    uint8_t kind = kind_of(field);

    return kind == OBS_KIND_INT || kind == OBS_KIND_MONEY || kind == OBS_KIND_DURATION ||
           field == OBS_FIELD_TOKENS_PER_SECOND;
}

bool span_is_text(uint32_t field)
{
    uint8_t kind = kind_of(field);

    return kind == OBS_KIND_TEXT || kind == OBS_KIND_ID || kind == OBS_KIND_STATUS;
}

/* --- numbers ---------------------------------------------------------------------- */

static int64_t tokens(const obs_span *span, uint32_t field)
{
    switch (field) {
    case OBS_FIELD_PROMPT_TOKENS:
        return obs_span_prompt_tokens(span);
    case OBS_FIELD_COMPLETION_TOKENS:
        return obs_span_completion_tokens(span);
    case OBS_FIELD_CACHED_TOKENS:
        return obs_span_cached_tokens(span);
    case OBS_FIELD_CACHE_WRITE_TOKENS:
        return obs_span_cache_write_tokens(span);
    case OBS_FIELD_REASONING_TOKENS:
        return span->reasoning_tokens;
    case OBS_FIELD_TOTAL_TOKENS:
        return obs_span_total_tokens(span);
    case OBS_FIELD_INPUT_AUDIO_TOKENS:
        return span->input_audio_tokens;
    case OBS_FIELD_INPUT_IMAGE_TOKENS:
        return span->input_image_tokens;
    case OBS_FIELD_CACHED_AUDIO_TOKENS:
        return span->cache_read_audio_tokens;
    case OBS_FIELD_CACHE_WRITE_1H_TOKENS:
        return span->cache_write_1h_tokens;
    case OBS_FIELD_OUTPUT_AUDIO_TOKENS:
        return span->output_audio_tokens;
    default:
        return span->output_image_tokens;
    }
}

static int64_t money(const obs_span *span, uint32_t field)
{
    switch (field) {
    case OBS_FIELD_PROMPT_COST:
        return span->prompt_cost;
    case OBS_FIELD_COMPLETION_COST:
        return span->completion_cost;
    case OBS_FIELD_TOTAL_COST:
        return span->total_cost;
    case OBS_FIELD_PROVIDER_COST:
        return span->provider_cost;
    case OBS_FIELD_EMITTER_COST:
        return span->emitter_cost;
    default:
        return span->book_cost;
    }
}

static int64_t speed(const obs_span *span)
{
    double value = obs_span_tokens_per_second(span);

    if (value < 0)
        return OBS_ABSENT;
    return llround((value > MAX_SPEED ? MAX_SPEED : value) * SPEED_UNIT);
}

int64_t span_number(const obs_span *span, uint32_t field)
{
    switch (kind_of(field)) {
    case OBS_KIND_INT:
        return span->flags & OBS_SPAN_OUTER_TOKENS ? OBS_ABSENT : tokens(span, field);
    case OBS_KIND_MONEY:
        return span->flags & OBS_SPAN_OUTER_COST ? OBS_ABSENT : money(span, field);
    case OBS_KIND_DURATION:
        return field == OBS_FIELD_TTFT ? span->ttft_ns : span->end_ns - span->start_ns;
    case OBS_KIND_TIME:
        return span->start_ns;
    default:
        return field == OBS_FIELD_TOKENS_PER_SECOND ? speed(span) : OBS_ABSENT;
    }
}

/* --- texts ------------------------------------------------------------------------- */

#define AT(id, member) [OBS_FIELD_##id] = offsetof(obs_span, member)
static const uint16_t offsets[OBS_N_SPAN_FIELDS] = {
    AT(PROJECT_ID, project_id),
    AT(SERVICE_NAME, service_name),
    AT(SPAN_NAME, span_name),
    AT(SPAN_KIND, span_kind),
    AT(OPERATION_TYPE, operation_type),
    AT(PROVIDER, provider),
    AT(MODEL, model),
    AT(REQUEST_MODEL, request_model),
    AT(INPUT_TEXT, input_text),
    AT(INPUT_MESSAGES, input_messages),
    AT(OUTPUT_TEXT, output_text),
    AT(OUTPUT_MESSAGES, output_messages),
    AT(FINISH_REASON, finish_reason),
    AT(COST_SOURCE, cost_source),
    AT(ERROR_TYPE, error_type),
    AT(ERROR_MESSAGE, error_message),
    AT(USER_ID, user_id),
    AT(SESSION_ID, session_id),
    AT(ENVIRONMENT, environment),
    AT(RELEASE, release),
    AT(TAGS, tags),
    AT(ATTRIBUTES, attributes),
    AT(RESOURCE_ATTRIBUTES, resource_attributes),
    AT(EVENTS, events),
    AT(LINKS, links),
    AT(MODEL_PARAMETERS, model_parameters),
    AT(TOOL_CALLS, tool_calls),
    AT(SERVICE_TIER, service_tier),
    AT(REGION, region),
    AT(COST_DETAILS, cost_details),
};
#undef AT

static obs_str member(const obs_span *span, uint32_t field)
{
    obs_str text;

    memcpy(&text, (const char *)span + offsets[field], sizeof(text));
    return text;
}

static obs_str id_of(const obs_span *span, uint32_t field)
{
    static const uint8_t none[8];

    if (field == OBS_FIELD_TRACE_ID)
        return obs_str_n((const char *)span->trace_id, sizeof(span->trace_id));
    if (field == OBS_FIELD_SPAN_ID)
        return obs_str_n((const char *)span->span_id, sizeof(span->span_id));
    return memcmp(span->parent_span_id, none, sizeof(none)) == 0
               ? obs_str_n(NULL, 0)
               : obs_str_n((const char *)span->parent_span_id, sizeof(none));
}

obs_str span_text(const obs_span *span, uint32_t field)
{
    static const char *const states[] = {
        [OBS_STATUS_UNSET] = "UNSET", [OBS_STATUS_OK] = "OK", [OBS_STATUS_ERROR] = "ERROR"};

    switch (kind_of(field)) {
    case OBS_KIND_TEXT:
        return member(span, field);
    case OBS_KIND_ID:
        return id_of(span, field);
    case OBS_KIND_STATUS:
        return obs_str_of(states[span->status <= OBS_STATUS_ERROR ? span->status : 0]);
    default:
        return obs_str_n(NULL, 0);
    }
}

obs_str span_json_text(const obs_span *span, uint32_t field)
{
    return kind_of(field) == OBS_KIND_JSON ? member(span, field) : obs_str_n(NULL, 0);
}
