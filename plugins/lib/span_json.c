/* SPDX-License-Identifier: Apache-2.0 */
/* One case a field. Money and durations are written exactly from integers. */
#include "span_json.h"
#include "span_fields.h"

static void put_text(obs_jw *jw, obs_str text)
{
    if (text.len)
        obs_jw_str(jw, text);
    else
        obs_jw_null(jw);
}

static void put_int(obs_jw *jw, int64_t value)
{
    if (value < 0)
        obs_jw_null(jw);
    else
        obs_jw_int(jw, value);
}

static void put_fixed(obs_jw *jw, int64_t value, unsigned decimals)
{
    if (value < 0)
        obs_jw_null(jw);
    else
        obs_jw_fixed(jw, value, decimals);
}

static void put_raw(obs_jw *jw, obs_str json, const char *empty)
{
    obs_jw_raw(jw, json.len ? json : obs_str_of(empty));
}

static void put_parent(obs_jw *jw, const uint8_t *id)
{
    static const uint8_t none[8];

    if (memcmp(id, none, sizeof(none)) == 0)
        obs_jw_null(jw);
    else
        obs_jw_hex(jw, id, sizeof(none));
}

static void put_status(obs_jw *jw, uint32_t status)
{
    obs_jw_cstr(jw, status == OBS_STATUS_OK      ? "OK"
                    : status == OBS_STATUS_ERROR ? "ERROR"
                                                 : "UNSET");
}

/* Three decimals are more than the measurement is worth. */
static void put_rate(obs_jw *jw, double rate)
{
    if (rate < 0)
        obs_jw_null(jw);
    else if (rate > 1e12) /* of made-up numbers */
        obs_jw_double(jw, rate);
    else
        obs_jw_fixed(jw, (int64_t)(rate * 1000 + 0.5), 3);
}

static void put_field(obs_jw *jw, const obs_span *s, uint32_t field)
{
    switch (field) {
    case OBS_FIELD_TS:
        obs_jw_time(jw, s->start_ns);
        break;
    case OBS_FIELD_TRACE_ID:
        obs_jw_hex(jw, s->trace_id, sizeof(s->trace_id));
        break;
    case OBS_FIELD_SPAN_ID:
        obs_jw_hex(jw, s->span_id, sizeof(s->span_id));
        break;
    case OBS_FIELD_PARENT_SPAN_ID:
        put_parent(jw, s->parent_span_id);
        break;
#define TEXT(id, member)                                                                           \
    case OBS_FIELD_##id:                                                                           \
        put_text(jw, s->member);                                                                   \
        break;
        TEXT(PROJECT_ID, project_id)
        TEXT(SERVICE_NAME, service_name)
        TEXT(SPAN_NAME, span_name)
        TEXT(SPAN_KIND, span_kind)
        TEXT(OPERATION_TYPE, operation_type)
        TEXT(PROVIDER, provider)
        TEXT(MODEL, model)
        TEXT(REQUEST_MODEL, request_model)
        TEXT(INPUT_TEXT, input_text)
        TEXT(OUTPUT_TEXT, output_text)
        TEXT(FINISH_REASON, finish_reason)
        TEXT(COST_SOURCE, cost_source)
        TEXT(ERROR_TYPE, error_type)
        TEXT(ERROR_MESSAGE, error_message)
        TEXT(USER_ID, user_id)
        TEXT(SESSION_ID, session_id)
        TEXT(ENVIRONMENT, environment)
        TEXT(RELEASE, release)
        TEXT(SERVICE_TIER, service_tier)
        TEXT(REGION, region)
#define JSON(id, member, empty)                                                                    \
    case OBS_FIELD_##id:                                                                           \
        put_raw(jw, s->member, empty);                                                             \
        break;
        JSON(INPUT_MESSAGES, input_messages, "[]")
        JSON(OUTPUT_MESSAGES, output_messages, "[]")
        JSON(TAGS, tags, "[]")
        JSON(ATTRIBUTES, attributes, "{}")
        JSON(RESOURCE_ATTRIBUTES, resource_attributes, "{}")
        JSON(EVENTS, events, "[]")
        JSON(LINKS, links, "[]")
        JSON(MODEL_PARAMETERS, model_parameters, "{}")
        JSON(TOOL_CALLS, tool_calls, "[]")
        JSON(COST_DETAILS, cost_details, "{}")
#define NUMBER(id, value)                                                                          \
    case OBS_FIELD_##id:                                                                           \
        put_int(jw, value);                                                                        \
        break;
        NUMBER(PROMPT_TOKENS, obs_span_prompt_tokens(s))
        NUMBER(COMPLETION_TOKENS, obs_span_completion_tokens(s))
        NUMBER(CACHED_TOKENS, obs_span_cached_tokens(s))
        NUMBER(CACHE_WRITE_TOKENS, obs_span_cache_write_tokens(s))
        NUMBER(REASONING_TOKENS, s->reasoning_tokens)
        NUMBER(TOTAL_TOKENS, obs_span_total_tokens(s))
        NUMBER(INPUT_AUDIO_TOKENS, s->input_audio_tokens)
        NUMBER(INPUT_IMAGE_TOKENS, s->input_image_tokens)
        NUMBER(CACHED_AUDIO_TOKENS, s->cache_read_audio_tokens)
        NUMBER(CACHE_WRITE_1H_TOKENS, s->cache_write_1h_tokens)
        NUMBER(OUTPUT_AUDIO_TOKENS, s->output_audio_tokens)
        NUMBER(OUTPUT_IMAGE_TOKENS, s->output_image_tokens)
#define FIXED(id, value, decimals)                                                                 \
    case OBS_FIELD_##id:                                                                           \
        put_fixed(jw, value, decimals);                                                            \
        break;
        FIXED(PROMPT_COST, s->prompt_cost, 9)
        FIXED(COMPLETION_COST, s->completion_cost, 9)
        FIXED(TOTAL_COST, s->total_cost, 9)
        FIXED(PROVIDER_COST, s->provider_cost, 9)
        FIXED(EMITTER_COST, s->emitter_cost, 9)
        FIXED(BOOK_COST, s->book_cost, 9)
        FIXED(DURATION, s->end_ns - s->start_ns, 6)
        FIXED(TTFT, s->ttft_ns, 6)
    case OBS_FIELD_TOKENS_PER_SECOND:
        put_rate(jw, obs_span_tokens_per_second(s));
        break;
    case OBS_FIELD_STATUS:
        put_status(jw, s->status);
        break;
    case OBS_FIELD_SAMPLED:
        obs_jw_bool(jw, s->flags & OBS_SPAN_SAMPLED);
        break;
    case OBS_FIELD_SAMPLE_RATE:
        obs_jw_double(jw, s->sample_rate);
        break;
    default:
        obs_jw_null(jw);
    }
}

void span_json_members(obs_jw *jw, const obs_span *span, uint64_t fields)
{
    for (uint32_t i = 0; i < OBS_N_SPAN_FIELDS; i++)
        if (fields & OBS_FIELD_BIT(i)) {
            obs_jw_key(jw, field_name(i));
            put_field(jw, span, i);
        }
}
