/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of the fields, with table aliases s (spans) and c (contents). Totals of
 * tokens are sums of the parts that are known, and the speed is what it is there:
 * all as the functions of <observatory/span.h> reckon. */
#include "dialect.h"

#include <stddef.h>

#define SUM2(a, b)                                                                                 \
    "(CASE WHEN COALESCE(" a "," b ") IS NULL THEN NULL ELSE IFNULL(" a ",0)+IFNULL(" b ",0) END)"
#define PROMPT                                                                                     \
    "(CASE WHEN COALESCE(s.input_tokens,s.cache_read_tokens,s.cache_write_tokens) IS NULL THEN "   \
    "NULL ELSE IFNULL(s.input_tokens,0)+IFNULL(s.cache_read_tokens,0)+"                            \
    "IFNULL(s.cache_write_tokens,0) END)"
#define COMPLETION SUM2("s.output_tokens", "s.reasoning_tokens")
#define TOTAL                                                                                      \
    "(CASE WHEN COALESCE(s.input_tokens,s.cache_read_tokens,s.cache_write_tokens,"                 \
    "s.output_tokens,s.reasoning_tokens) IS NULL THEN NULL ELSE IFNULL(s.input_tokens,0)+"         \
    "IFNULL(s.cache_read_tokens,0)+IFNULL(s.cache_write_tokens,0)+IFNULL(s.output_tokens,0)+"      \
    "IFNULL(s.reasoning_tokens,0) END)"
#define SPEED                                                                                      \
    "(" COMPLETION "*1e9/(s.duration_ns-CASE WHEN s.ttft_ns<s.duration_ns THEN s.ttft_ns ELSE 0 "  \
    "END))"

static const char *const expressions[OBS_N_SPAN_FIELDS] = {
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
    [OBS_FIELD_CACHED_TOKENS] = "s.cache_read_tokens",
    [OBS_FIELD_CACHE_WRITE_TOKENS] = "s.cache_write_tokens",
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
};

static const char *column(uint32_t field)
{
    return field < OBS_N_SPAN_FIELDS ? expressions[field] : NULL;
}

static void placeholder(obs_buf *to, size_t number)
{
    obs_buf_printf(to, "?%zu", number);
}

const struct sql_dialect sqlite_dialect = {
    .column = column,
    .has = "EXISTS(SELECT 1 FROM json_each(%s) WHERE json_each.value=%s)",
    .placeholder = placeholder,
    .max_parameters = 32000, /* SQLITE_MAX_VARIABLE_NUMBER is 32766 where nobody changed it */
};

const char *sort_column(uint32_t field, int *ret_nullable)
{
    switch (field) {
    case OBS_FIELD_TS:
    case OBS_FIELD_DURATION:
        *ret_nullable = 0;
        return expressions[field];
    case OBS_FIELD_TTFT:
    case OBS_FIELD_TOTAL_COST:
    case OBS_FIELD_PROMPT_TOKENS:
    case OBS_FIELD_COMPLETION_TOKENS:
    case OBS_FIELD_CACHED_TOKENS:
    case OBS_FIELD_CACHE_WRITE_TOKENS:
    case OBS_FIELD_REASONING_TOKENS:
    case OBS_FIELD_TOTAL_TOKENS:
        *ret_nullable = 1;
        return expressions[field];
    default:
        return NULL;
    }
}
