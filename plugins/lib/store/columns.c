/* SPDX-License-Identifier: Apache-2.0 */
/* The table of columns. start_ns stands before duration_ns, which is added to
 * it on reading. */
#include "columns.h"

#include <stdbool.h>
#include <stddef.h>

#define ALWAYS UINT64_MAX
#define F(id) OBS_FIELD_BIT(OBS_FIELD_##id)
#define PROMPT (F(PROMPT_TOKENS) | F(TOTAL_TOKENS))
#define COMPLETION (F(COMPLETION_TOKENS) | F(TOTAL_TOKENS) | F(TOKENS_PER_SECOND))
#define SPAN(name, member, kind, fields)                                                           \
    {                                                                                              \
        name, kind, 0, offsetof(obs_span, member), fields                                          \
    }
#define CONTENT(name, member, fields)                                                              \
    {                                                                                              \
        name, COLUMN_TEXT, 1, offsetof(obs_span, member), fields                                   \
    }

const struct column columns[] = {
    SPAN("start_ns", start_ns, COLUMN_INT, ALWAYS),
    SPAN("duration_ns", end_ns, COLUMN_DURATION, ALWAYS),
    SPAN("trace_id", trace_id, COLUMN_ID16, ALWAYS),
    SPAN("span_id", span_id, COLUMN_ID8, ALWAYS),
    SPAN("parent_span_id", parent_span_id, COLUMN_PARENT, ALWAYS),
    SPAN("project_id", project_id, COLUMN_TEXT, F(PROJECT_ID)),
    SPAN("service_name", service_name, COLUMN_TEXT, F(SERVICE_NAME)),
    SPAN("span_name", span_name, COLUMN_TEXT, F(SPAN_NAME)),
    SPAN("span_kind", span_kind, COLUMN_TEXT, F(SPAN_KIND)),
    SPAN("operation_type", operation_type, COLUMN_TEXT, F(OPERATION_TYPE)),
    SPAN("provider", provider, COLUMN_TEXT, F(PROVIDER)),
    SPAN("model", model, COLUMN_TEXT, F(MODEL)),
    SPAN("request_model", request_model, COLUMN_TEXT, F(REQUEST_MODEL)),
    SPAN("finish_reason", finish_reason, COLUMN_TEXT, F(FINISH_REASON)),
    SPAN("status", status, COLUMN_U32, F(STATUS)),
    SPAN("error_type", error_type, COLUMN_TEXT, F(ERROR_TYPE)),
    SPAN("error_message", error_message, COLUMN_TEXT, F(ERROR_MESSAGE)),
    SPAN("user_id", user_id, COLUMN_TEXT, F(USER_ID)),
    SPAN("session_id", session_id, COLUMN_TEXT, F(SESSION_ID)),
    SPAN("environment", environment, COLUMN_TEXT, F(ENVIRONMENT)),
    SPAN("release", release, COLUMN_TEXT, F(RELEASE)),
    SPAN("input_tokens", input_tokens, COLUMN_NUMBER, PROMPT),
    SPAN("input_audio_tokens", input_audio_tokens, COLUMN_NUMBER, PROMPT | F(INPUT_AUDIO_TOKENS)),
    SPAN("input_image_tokens", input_image_tokens, COLUMN_NUMBER, PROMPT | F(INPUT_IMAGE_TOKENS)),
    SPAN("cache_read_tokens", cache_read_tokens, COLUMN_NUMBER, PROMPT | F(CACHED_TOKENS)),
    SPAN("cache_read_audio_tokens", cache_read_audio_tokens, COLUMN_NUMBER,
         PROMPT | F(CACHED_TOKENS) | F(CACHED_AUDIO_TOKENS)),
    SPAN("cache_write_tokens", cache_write_tokens, COLUMN_NUMBER, PROMPT | F(CACHE_WRITE_TOKENS)),
    SPAN("cache_write_1h_tokens", cache_write_1h_tokens, COLUMN_NUMBER,
         PROMPT | F(CACHE_WRITE_TOKENS) | F(CACHE_WRITE_1H_TOKENS)),
    SPAN("output_tokens", output_tokens, COLUMN_NUMBER, COMPLETION),
    SPAN("output_audio_tokens", output_audio_tokens, COLUMN_NUMBER,
         COMPLETION | F(OUTPUT_AUDIO_TOKENS)),
    SPAN("output_image_tokens", output_image_tokens, COLUMN_NUMBER,
         COMPLETION | F(OUTPUT_IMAGE_TOKENS)),
    SPAN("reasoning_tokens", reasoning_tokens, COLUMN_NUMBER, COMPLETION | F(REASONING_TOKENS)),
    SPAN("service_tier", service_tier, COLUMN_TEXT, F(SERVICE_TIER)),
    SPAN("region", region, COLUMN_TEXT, F(REGION)),
    SPAN("prompt_cost", prompt_cost, COLUMN_NUMBER, F(PROMPT_COST)),
    SPAN("completion_cost", completion_cost, COLUMN_NUMBER, F(COMPLETION_COST)),
    SPAN("total_cost", total_cost, COLUMN_NUMBER, F(TOTAL_COST)),
    SPAN("provider_cost", provider_cost, COLUMN_NUMBER, F(PROVIDER_COST)),
    SPAN("emitter_cost", emitter_cost, COLUMN_NUMBER, F(EMITTER_COST)),
    SPAN("book_cost", book_cost, COLUMN_NUMBER, F(BOOK_COST)),
    SPAN("cost_source", cost_source, COLUMN_TEXT, F(COST_SOURCE)),
    SPAN("cost_details", cost_details, COLUMN_TEXT, F(COST_DETAILS)),
    SPAN("ttft_ns", ttft_ns, COLUMN_NUMBER, F(TTFT) | F(TOKENS_PER_SECOND)),
    SPAN("flags", flags, COLUMN_FLAGS, F(SAMPLED)),
    SPAN("sample_rate", sample_rate, COLUMN_REAL, F(SAMPLE_RATE)),
    SPAN("tags", tags, COLUMN_TEXT, F(TAGS)),
    SPAN("attributes", attributes, COLUMN_TEXT, F(ATTRIBUTES)),
    SPAN("resource_attributes", resource_attributes, COLUMN_TEXT, F(RESOURCE_ATTRIBUTES)),
    SPAN("events", events, COLUMN_TEXT, F(EVENTS)),
    SPAN("links", links, COLUMN_TEXT, F(LINKS)),
    SPAN("model_parameters", model_parameters, COLUMN_TEXT, F(MODEL_PARAMETERS)),
    SPAN("tool_calls", tool_calls, COLUMN_TEXT, F(TOOL_CALLS)),
    CONTENT("input_text", input_text, F(INPUT_TEXT)),
    CONTENT("output_text", output_text, F(OUTPUT_TEXT)),
    CONTENT("input_messages", input_messages, F(INPUT_MESSAGES)),
    CONTENT("output_messages", output_messages, F(OUTPUT_MESSAGES)),
};
const size_t n_columns = sizeof(columns) / sizeof(*columns);

static const void *member(const obs_span *span, size_t offset)
{
    return (const char *)span + offset;
}

struct column_value column_value(const struct column *column, const obs_span *span)
{
    static const uint8_t none[8];
    const void *at = member(span, column->offset);
    struct column_value value = {0};
    uint32_t small;

    switch (column->kind) {
    case COLUMN_TEXT:
        memcpy(&value.bytes, at, sizeof(value.bytes));
        value.null = value.bytes.len == 0;
        break;
    case COLUMN_INT:
    case COLUMN_NUMBER:
        memcpy(&value.number, at, sizeof(value.number));
        value.null = column->kind == COLUMN_NUMBER && value.number < 0;
        break;
    case COLUMN_DURATION:
        value.number = span->end_ns - span->start_ns;
        break;
    case COLUMN_U32:
        memcpy(&small, at, sizeof(small));
        value.number = small;
        break;
    case COLUMN_FLAGS:
        value.number = span->flags & ~(OBS_SPAN_FRAGMENT | OBS_SPAN_UPDATE);
        break;
    case COLUMN_REAL:
        memcpy(&value.real, at, sizeof(value.real));
        break;
    case COLUMN_ID16:
        value.bytes = obs_str_n(at, 16);
        break;
    default:
        value.bytes = obs_str_n(at, 8);
        value.null = column->kind == COLUMN_PARENT && memcmp(at, none, sizeof(none)) == 0;
    }
    return value;
}

int column_bind(const struct column *column, const obs_span *span, struct statement *stmt,
                int index)
{
    struct column_value value = column_value(column, span);

    if (value.null)
        return statement_bind_null(stmt, index);
    switch (column->kind) {
    case COLUMN_TEXT:
        return statement_bind_text(stmt, index, value.bytes);
    case COLUMN_REAL:
        return statement_bind_real(stmt, index, value.real);
    case COLUMN_ID16:
    case COLUMN_ID8:
    case COLUMN_PARENT:
        return statement_bind_blob(stmt, index, value.bytes.ptr, value.bytes.len);
    default:
        return statement_bind_int(stmt, index, value.number);
    }
}

int column_bind_identity(struct statement *stmt, const obs_span *span)
{
    int rc = statement_bind_blob(stmt, 1, span->trace_id, sizeof(span->trace_id));

    if (rc == DB_OK)
        rc = statement_bind_blob(stmt, 2, span->span_id, sizeof(span->span_id));
    if (rc == DB_OK)
        rc = statement_bind_text(stmt, 3, span->project_id);
    return rc;
}

static void read_id(struct statement *stmt, int index, uint8_t *to, size_t size)
{
    obs_str blob = statement_blob(stmt, index);

    if (blob.len == size)
        memcpy(to, blob.ptr, size);
}

void column_read(const struct column *column, struct statement *stmt, int index, obs_span *span)
{
    void *at = (char *)span + column->offset;
    bool null = statement_is_null(stmt, index);
    int64_t number;
    uint32_t small;
    double real;
    obs_str text;

    switch (column->kind) {
    case COLUMN_TEXT:
        text = statement_text(stmt, index);
        memcpy(at, &text, sizeof(text));
        break;
    case COLUMN_INT:
    case COLUMN_NUMBER:
        number = null ? OBS_ABSENT : statement_int(stmt, index);
        memcpy(at, &number, sizeof(number));
        break;
    case COLUMN_DURATION:
        span->end_ns = span->start_ns + statement_int(stmt, index);
        break;
    case COLUMN_U32:
    case COLUMN_FLAGS:
        small = (uint32_t)statement_int(stmt, index);
        memcpy(at, &small, sizeof(small));
        break;
    case COLUMN_REAL:
        real = statement_real(stmt, index);
        memcpy(at, &real, sizeof(real));
        break;
    case COLUMN_ID16:
        read_id(stmt, index, at, 16);
        break;
    default:
        read_id(stmt, index, at, 8);
    }
}
