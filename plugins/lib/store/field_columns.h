/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of the fields, with table aliases s (spans) and c (contents). Totals of
 * tokens are sums of the parts that are known, and the speed is what it is there:
 * all as the functions of <observatory/span.h> reckon. For a dialect, which says
 * before what is its own:
 *
 * Z(column)          + the column's value, or 0
 * SUM(columns, sum)  the sum, NULL when all of the columns are
 * SPEED_OF(tokens)   per second of generation, NULL over no time */
#ifndef PLUGINS_LIB_STORE_FIELD_COLUMNS_H
#define PLUGINS_LIB_STORE_FIELD_COLUMNS_H

#include <observatory/span.h>

#define PROMPT_COLUMNS                                                                             \
    "s.input_tokens,s.input_audio_tokens,s.input_image_tokens,s.cache_read_tokens,"                \
    "s.cache_read_audio_tokens,s.cache_write_tokens,s.cache_write_1h_tokens"
#define PROMPT_SUM                                                                                 \
    Z("input_tokens")                                                                              \
    Z("input_audio_tokens")                                                                        \
    Z("input_image_tokens")                                                                        \
    Z("cache_read_tokens")                                                                         \
    Z("cache_read_audio_tokens") Z("cache_write_tokens") Z("cache_write_1h_tokens")
#define COMPLETION_COLUMNS                                                                         \
    "s.output_tokens,s.output_audio_tokens,s.output_image_tokens,s.reasoning_tokens"
#define COMPLETION_SUM                                                                             \
    Z("output_tokens") Z("output_audio_tokens") Z("output_image_tokens") Z("reasoning_tokens")
#define PROMPT SUM(PROMPT_COLUMNS, PROMPT_SUM)
#define COMPLETION SUM(COMPLETION_COLUMNS, COMPLETION_SUM)
#define TOTAL SUM(PROMPT_COLUMNS "," COMPLETION_COLUMNS, PROMPT_SUM COMPLETION_SUM)
#define CACHED                                                                                     \
    SUM("s.cache_read_tokens,s.cache_read_audio_tokens",                                           \
        Z("cache_read_tokens") Z("cache_read_audio_tokens"))
#define CACHE_WRITE                                                                                \
    SUM("s.cache_write_tokens,s.cache_write_1h_tokens",                                            \
        Z("cache_write_tokens") Z("cache_write_1h_tokens"))
#define SPEED SPEED_OF(COMPLETION)

static const char *const field_columns[OBS_N_SPAN_FIELDS] = {
    [OBS_FIELD_TS] = "s.start_ns",
    [OBS_FIELD_TRACE_ID] = "s.trace_id",
    [OBS_FIELD_SPAN_ID] = "s.span_id",
    [OBS_FIELD_PARENT_SPAN_ID] = "s.parent_span_id",
    [OBS_FIELD_PROJECT_ID] = "s.project_id",
    [OBS_FIELD_SERVICE_NAME] = "s.service_name",
    [OBS_FIELD_SPAN_NAME] = "s.span_name",
    [OBS_FIELD_SPAN_KIND] = "s.span_kind",
    [OBS_FIELD_OPERATION_TYPE] = "s.operation_type",
    [OBS_FIELD_PROVIDER] = "s.provider",
    [OBS_FIELD_MODEL] = "s.model",
    [OBS_FIELD_REQUEST_MODEL] = "s.request_model",
    [OBS_FIELD_INPUT_TEXT] = "c.input_text",
    [OBS_FIELD_INPUT_MESSAGES] = "c.input_messages",
    [OBS_FIELD_OUTPUT_TEXT] = "c.output_text",
    [OBS_FIELD_OUTPUT_MESSAGES] = "c.output_messages",
    [OBS_FIELD_FINISH_REASON] = "s.finish_reason",
    [OBS_FIELD_PROMPT_TOKENS] = PROMPT,
    [OBS_FIELD_COMPLETION_TOKENS] = COMPLETION,
    [OBS_FIELD_CACHED_TOKENS] = CACHED,
    [OBS_FIELD_CACHE_WRITE_TOKENS] = CACHE_WRITE,
    [OBS_FIELD_REASONING_TOKENS] = "s.reasoning_tokens",
    [OBS_FIELD_TOTAL_TOKENS] = TOTAL,
    [OBS_FIELD_PROMPT_COST] = "s.prompt_cost",
    [OBS_FIELD_COMPLETION_COST] = "s.completion_cost",
    [OBS_FIELD_TOTAL_COST] = "s.total_cost",
    [OBS_FIELD_COST_SOURCE] = "s.cost_source",
    [OBS_FIELD_DURATION] = "s.duration_ns",
    [OBS_FIELD_TTFT] = "s.ttft_ns",
    [OBS_FIELD_TOKENS_PER_SECOND] = SPEED, /* over no time it is NULL */
    [OBS_FIELD_STATUS] = "s.status",
    [OBS_FIELD_ERROR_TYPE] = "s.error_type",
    [OBS_FIELD_ERROR_MESSAGE] = "s.error_message",
    [OBS_FIELD_USER_ID] = "s.user_id",
    [OBS_FIELD_SESSION_ID] = "s.session_id",
    [OBS_FIELD_ENVIRONMENT] = "s.environment",
    [OBS_FIELD_RELEASE] = "s.release",
    [OBS_FIELD_TAGS] = "s.tags",
    [OBS_FIELD_ATTRIBUTES] = "s.attributes",
    [OBS_FIELD_RESOURCE_ATTRIBUTES] = "s.resource_attributes",
    [OBS_FIELD_EVENTS] = "s.events",
    [OBS_FIELD_LINKS] = "s.links",
    [OBS_FIELD_SAMPLED] = "(s.flags&1)",
    [OBS_FIELD_SAMPLE_RATE] = "s.sample_rate",
    [OBS_FIELD_MODEL_PARAMETERS] = "s.model_parameters",
    [OBS_FIELD_TOOL_CALLS] = "s.tool_calls",
    [OBS_FIELD_INPUT_AUDIO_TOKENS] = "s.input_audio_tokens",
    [OBS_FIELD_INPUT_IMAGE_TOKENS] = "s.input_image_tokens",
    [OBS_FIELD_CACHED_AUDIO_TOKENS] = "s.cache_read_audio_tokens",
    [OBS_FIELD_CACHE_WRITE_1H_TOKENS] = "s.cache_write_1h_tokens",
    [OBS_FIELD_OUTPUT_AUDIO_TOKENS] = "s.output_audio_tokens",
    [OBS_FIELD_OUTPUT_IMAGE_TOKENS] = "s.output_image_tokens",
    [OBS_FIELD_SERVICE_TIER] = "s.service_tier",
    [OBS_FIELD_REGION] = "s.region",
    [OBS_FIELD_PROVIDER_COST] = "s.provider_cost",
    [OBS_FIELD_EMITTER_COST] = "s.emitter_cost",
    [OBS_FIELD_BOOK_COST] = "s.book_cost",
    [OBS_FIELD_COST_DETAILS] = "s.cost_details",
};

#endif
