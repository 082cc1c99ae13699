/* SPDX-License-Identifier: Apache-2.0 */
/* The mapping itself. Columns: attribute name, dialect, target, transform,
 * priority among the rows of that target. Sorted by target; within it the row
 * that wins first. What is named nowhere here stays among the attributes, and
 * so does what is mapped, except content (messages and texts), which is kept
 * once only. */
#include "map_table.h"

/* clang-format off */
#define PARAM(key, dialect, member, prio) \
    {key, DIALECT_##dialect, TO_PARAMETER, AS_JSON, prio, 0, 0, member}

const struct map_row map_rows[] = {
    /* What the span is; the ladder: the first that knows its value decides. */
    {"gen_ai.operation.name",        DIALECT_GENAI,         TO_OPERATION, AS_GENAI_OPERATION,    1, 0, 0, NULL},
    {"openinference.span.kind",      DIALECT_OPENINFERENCE, TO_OPERATION, AS_OPENINFERENCE_KIND, 2, 0, 0, NULL},
    {"traceloop.span.kind",          DIALECT_TRACELOOP,     TO_OPERATION, AS_TRACELOOP_KIND,     3, 0, 0, NULL},
    {"llm.request.type",             DIALECT_TRACELOOP,     TO_OPERATION, AS_LLM_REQUEST_TYPE,   4, 0, 0, NULL},

    /* Who answered: the host that is paid before the vendor of the model. */
    {"gen_ai.provider.name",         DIALECT_GENAI,         TO_PROVIDER, AS_PROVIDER, 1, 0, 0, NULL},
    {"gen_ai.system",                DIALECT_GENAI_OLD,     TO_PROVIDER, AS_PROVIDER, 2, 0, 0, NULL},
    {"llm.provider",                 DIALECT_OPENINFERENCE, TO_PROVIDER, AS_PROVIDER, 3, 0, 0, NULL},
    {"llm.system",                   DIALECT_OPENINFERENCE, TO_PROVIDER, AS_PROVIDER, 4, 0, 0, NULL},
    {"llm.vendor",                   DIALECT_TRACELOOP,     TO_PROVIDER, AS_PROVIDER, 5, 0, 0, NULL},

    {"gen_ai.response.model",        DIALECT_GENAI,         TO_MODEL, AS_TEXT, 1, 0, 0, NULL},
    {"llm.response.model_name",      DIALECT_OPENINFERENCE, TO_MODEL, AS_TEXT, 2, 0, 0, NULL},
    {"llm.model_name",               DIALECT_OPENINFERENCE, TO_MODEL, AS_TEXT, 3, 0, 0, NULL},
    {"llm.response.model",           DIALECT_TRACELOOP,     TO_MODEL, AS_TEXT, 4, 0, 0, NULL},
    {"embedding.model_name",         DIALECT_OPENINFERENCE, TO_MODEL, AS_TEXT, 5, 0, 0, NULL},
    {"reranker.model_name",          DIALECT_OPENINFERENCE, TO_MODEL, AS_TEXT, 6, 0, 0, NULL},

    {"gen_ai.request.model",         DIALECT_GENAI,         TO_REQUEST_MODEL, AS_TEXT, 1, 0, 0, NULL},
    {"llm.request.model_name",       DIALECT_OPENINFERENCE, TO_REQUEST_MODEL, AS_TEXT, 2, 0, 0, NULL},
    {"llm.request.model",            DIALECT_TRACELOOP,     TO_REQUEST_MODEL, AS_TEXT, 3, 0, 0, NULL},

    {"gen_ai.response.finish_reasons", DIALECT_GENAI,       TO_FINISH_REASON, AS_FIRST, 1, 0, 0, NULL},
    {"gen_ai.response.finish_reason",  DIALECT_GENAI_OLD,   TO_FINISH_REASON, AS_FIRST, 2, 0, 0, NULL},
    {"llm.finish_reason",            DIALECT_OPENINFERENCE, TO_FINISH_REASON, AS_FIRST, 3, 0, 0, NULL},
    {"llm.response.finish_reason",   DIALECT_TRACELOOP,     TO_FINISH_REASON, AS_FIRST, 4, 0, 0, NULL},
    {"llm.response.stop_reason",     DIALECT_TRACELOOP,     TO_FINISH_REASON, AS_FIRST, 5, 0, 0, NULL},

    /* Errors; an exception counts when the span's status is an error. */
    {"error.type",                   DIALECT_OTEL,  TO_ERROR_TYPE,    AS_TEXT, 1, IN_SPAN, 0, NULL},
    {"exception.type",               DIALECT_OTEL,  TO_ERROR_TYPE,    AS_TEXT, 2, IN_SPAN | IN_EXCEPTION, 0, NULL},
    {"error.message",                DIALECT_OTEL,  TO_ERROR_MESSAGE, AS_TEXT, 1, IN_SPAN, 0, NULL},
    {"exception.message",            DIALECT_OTEL,  TO_ERROR_MESSAGE, AS_TEXT, 2, IN_SPAN | IN_EXCEPTION, 0, NULL},

    /* Who and where. */
    {"user.id",                      DIALECT_OTEL,          TO_USER_ID, AS_TEXT, 1, IN_SPAN | IN_RESOURCE, 0, NULL},
    {"enduser.id",                   DIALECT_OTEL,          TO_USER_ID, AS_TEXT, 2, IN_SPAN | IN_RESOURCE, 0, NULL},
    {"traceloop.association.properties.user_id", DIALECT_TRACELOOP, TO_USER_ID, AS_TEXT, 3, 0, 0, NULL},
    {"llm.user",                     DIALECT_TRACELOOP,     TO_USER_ID, AS_TEXT, 4, 0, 0, NULL},

    {"session.id",                   DIALECT_OTEL,          TO_SESSION_ID, AS_TEXT, 1, IN_SPAN | IN_RESOURCE, 0, NULL},
    {"gen_ai.conversation.id",       DIALECT_GENAI,         TO_SESSION_ID, AS_TEXT, 2, IN_SPAN | IN_CONTENT, 0, NULL},
    {"traceloop.association.properties.session_id", DIALECT_TRACELOOP, TO_SESSION_ID, AS_TEXT, 3, 0, 0, NULL},

    {"service.name",                 DIALECT_OTEL,          TO_SERVICE_NAME, AS_TEXT, 1, IN_RESOURCE, 0, NULL},
    {"service.version",              DIALECT_OTEL,          TO_RELEASE,      AS_TEXT, 1, IN_SPAN | IN_RESOURCE, 0, NULL},
    {"deployment.environment.name",  DIALECT_OTEL,          TO_ENVIRONMENT,  AS_TEXT, 1, IN_SPAN | IN_RESOURCE, 0, NULL},
    {"deployment.environment",       DIALECT_OTEL,          TO_ENVIRONMENT,  AS_TEXT, 2, IN_SPAN | IN_RESOURCE, 0, NULL},
    {"tag.tags",                     DIALECT_OPENINFERENCE, TO_TAGS,         AS_STRINGS, 1, 0, 0, NULL},

    /* Tokens, as sent; tokens.c makes disjoint parts of them. */
    {"gen_ai.usage.input_tokens",      DIALECT_GENAI,         TO_INPUT_TOKENS, AS_INT, 1, IN_SPAN | IN_CONTENT, 0, NULL},
    {"gen_ai.usage.prompt_tokens",     DIALECT_GENAI_OLD,     TO_INPUT_TOKENS, AS_INT, 2, 0, 0, NULL},
    {"llm.token_count.prompt",         DIALECT_OPENINFERENCE, TO_INPUT_TOKENS, AS_INT, 3, 0, 0, NULL},
    {"llm.usage.prompt_tokens",        DIALECT_TRACELOOP,     TO_INPUT_TOKENS, AS_INT, 4, 0, 0, NULL},

    {"gen_ai.usage.output_tokens",     DIALECT_GENAI,         TO_OUTPUT_TOKENS, AS_INT, 1, IN_SPAN | IN_CONTENT, 0, NULL},
    {"gen_ai.usage.completion_tokens", DIALECT_GENAI_OLD,     TO_OUTPUT_TOKENS, AS_INT, 2, 0, 0, NULL},
    {"llm.token_count.completion",     DIALECT_OPENINFERENCE, TO_OUTPUT_TOKENS, AS_INT, 3, 0, 0, NULL},
    {"llm.usage.completion_tokens",    DIALECT_TRACELOOP,     TO_OUTPUT_TOKENS, AS_INT, 4, 0, 0, NULL},

    {"gen_ai.usage.total_tokens",      DIALECT_GENAI_WILD,    TO_TOTAL_TOKENS, AS_INT, 1, 0, 0, NULL},
    {"llm.token_count.total",          DIALECT_OPENINFERENCE, TO_TOTAL_TOKENS, AS_INT, 2, 0, 0, NULL},
    {"llm.usage.total_tokens",         DIALECT_TRACELOOP,     TO_TOTAL_TOKENS, AS_INT, 3, 0, 0, NULL},

    {"gen_ai.usage.cache_read.input_tokens",         DIALECT_GENAI,         TO_CACHE_READ_TOKENS, AS_INT, 1, IN_SPAN | IN_CONTENT, 0, NULL},
    {"gen_ai.usage.cache_read_input_tokens",         DIALECT_GENAI_WILD,    TO_CACHE_READ_TOKENS, AS_INT, 2, 0, MARK_RAW, NULL},
    {"gen_ai.usage.cache_read_tokens",               DIALECT_GENAI_WILD,    TO_CACHE_READ_TOKENS, AS_INT, 3, 0, 0, NULL},
    {"gen_ai.usage.input_cached_tokens",             DIALECT_GENAI_WILD,    TO_CACHE_READ_TOKENS, AS_INT, 4, 0, 0, NULL},
    {"llm.token_count.prompt_details.cache_read",    DIALECT_OPENINFERENCE, TO_CACHE_READ_TOKENS, AS_INT, 5, 0, 0, NULL},
    {"gen_ai.usage.details.cache_read_input_tokens", DIALECT_GENAI_WILD,    TO_CACHE_READ_TOKENS, AS_INT, 6, 0, MARK_INFO, NULL},
    {"gen_ai.usage.details.cache_read_tokens",       DIALECT_GENAI_WILD,    TO_CACHE_READ_TOKENS, AS_INT, 7, 0, MARK_INFO, NULL},

    {"gen_ai.usage.cache_write.input_tokens",        DIALECT_GENAI,         TO_CACHE_WRITE_TOKENS, AS_INT, 1, IN_SPAN | IN_CONTENT, 0, NULL},
    {"gen_ai.usage.cache_creation.input_tokens",     DIALECT_GENAI_OLD,     TO_CACHE_WRITE_TOKENS, AS_INT, 2, IN_SPAN | IN_CONTENT, 0, NULL},
    {"gen_ai.usage.cache_creation_input_tokens",     DIALECT_GENAI_WILD,    TO_CACHE_WRITE_TOKENS, AS_INT, 3, 0, MARK_RAW, NULL},
    {"gen_ai.usage.cache_write_tokens",              DIALECT_GENAI_WILD,    TO_CACHE_WRITE_TOKENS, AS_INT, 4, 0, 0, NULL},
    {"gen_ai.usage.input_cache_creation",            DIALECT_GENAI_WILD,    TO_CACHE_WRITE_TOKENS, AS_INT, 5, 0, 0, NULL},
    {"llm.token_count.prompt_details.cache_write",   DIALECT_OPENINFERENCE, TO_CACHE_WRITE_TOKENS, AS_INT, 6, 0, 0, NULL},
    {"gen_ai.usage.details.cache_creation_input_tokens", DIALECT_GENAI_WILD, TO_CACHE_WRITE_TOKENS, AS_INT, 7, 0, MARK_INFO, NULL},
    {"gen_ai.usage.details.cache_write_tokens",      DIALECT_GENAI_WILD,    TO_CACHE_WRITE_TOKENS, AS_INT, 8, 0, MARK_INFO, NULL},

    {"gen_ai.usage.reasoning.output_tokens",         DIALECT_GENAI,         TO_REASONING_TOKENS, AS_INT, 1, IN_SPAN | IN_CONTENT, 0, NULL},
    {"gen_ai.usage.reasoning_tokens",                DIALECT_GENAI_WILD,    TO_REASONING_TOKENS, AS_INT, 2, 0, 0, NULL},
    {"gen_ai.usage.output_tokens.reasoning",         DIALECT_GENAI_WILD,    TO_REASONING_TOKENS, AS_INT, 3, 0, 0, NULL},
    {"llm.token_count.completion_details.reasoning", DIALECT_OPENINFERENCE, TO_REASONING_TOKENS, AS_INT, 4, 0, 0, NULL},
    {"gen_ai.usage.details.thoughts_tokens",         DIALECT_GENAI_WILD,    TO_REASONING_TOKENS, AS_INT, 5, 0, MARK_INFO, NULL},

    /* Cost and time as the emitter saw them. */
    {"llm.cost.prompt",              DIALECT_OPENINFERENCE, TO_PROMPT_COST,     AS_USD, 1, 0, 0, NULL},
    {"llm.cost.completion",          DIALECT_OPENINFERENCE, TO_COMPLETION_COST, AS_USD, 1, 0, 0, NULL},
    {"gen_ai.usage.cost",            DIALECT_GENAI_WILD,    TO_TOTAL_COST,      AS_USD, 1, 0, 0, NULL},
    {"llm.cost.total",               DIALECT_OPENINFERENCE, TO_TOTAL_COST,      AS_USD, 2, 0, 0, NULL},
    {"gen_ai.response.time_to_first_chunk", DIALECT_GENAI,  TO_TTFT,            AS_SECONDS, 1, IN_SPAN | IN_CONTENT, 0, NULL},

    /* Messages before plain texts; of texts the most exact first. */
    {"gen_ai.input.messages",        DIALECT_GENAI,         TO_INPUT_MESSAGES,  AS_CONTENT, 1, IN_SPAN | IN_CONTENT, 0, NULL},
    {"gen_ai.prompt",                DIALECT_GENAI_OLD,     TO_INPUT_MESSAGES,  AS_CONTENT, 2, IN_SPAN | IN_CONTENT, 0, NULL},
    {"gen_ai.output.messages",       DIALECT_GENAI,         TO_OUTPUT_MESSAGES, AS_CONTENT, 1, IN_SPAN | IN_CONTENT, 0, NULL},
    {"gen_ai.completion",            DIALECT_GENAI_OLD,     TO_OUTPUT_MESSAGES, AS_CONTENT, 2, IN_SPAN | IN_CONTENT, 0, NULL},

    {"llm.input_messages.N.message.",  DIALECT_OPENINFERENCE, TO_INPUT_INDEXED,  AS_CONTENT, 1, 0, 0, NULL},
    {"llm.prompts.N.prompt.",          DIALECT_OPENINFERENCE, TO_INPUT_INDEXED,  AS_CONTENT, 1, 0, 0, NULL},
    {"gen_ai.prompt.N.",               DIALECT_TRACELOOP,     TO_INPUT_INDEXED,  AS_CONTENT, 1, 0, 0, NULL},
    {"llm.output_messages.N.message.", DIALECT_OPENINFERENCE, TO_OUTPUT_INDEXED, AS_CONTENT, 1, 0, 0, NULL},
    {"llm.choices.N.completion.",      DIALECT_OPENINFERENCE, TO_OUTPUT_INDEXED, AS_CONTENT, 1, 0, 0, NULL},
    {"gen_ai.completion.N.",           DIALECT_TRACELOOP,     TO_OUTPUT_INDEXED, AS_CONTENT, 1, 0, 0, NULL},

    {"gen_ai.tool.call.arguments",   DIALECT_GENAI,         TO_INPUT_TEXT, AS_CONTENT, 1, 0, 0, NULL},
    {"gen_ai.retrieval.query.text",  DIALECT_GENAI,         TO_INPUT_TEXT, AS_CONTENT, 2, 0, 0, NULL},
    {"gen_ai.memory.query.text",     DIALECT_GENAI,         TO_INPUT_TEXT, AS_CONTENT, 3, 0, 0, NULL},
    {"input.value",                  DIALECT_OPENINFERENCE, TO_INPUT_TEXT, AS_CONTENT, 4, 0, 0, NULL},
    {"reranker.query",               DIALECT_OPENINFERENCE, TO_INPUT_TEXT, AS_CONTENT, 5, 0, 0, NULL},
    {"embedding.text",               DIALECT_OPENINFERENCE, TO_INPUT_TEXT, AS_CONTENT, 6, 0, 0, NULL},
    {"traceloop.entity.input",       DIALECT_TRACELOOP,     TO_INPUT_TEXT, AS_CONTENT, 7, 0, 0, NULL},

    {"gen_ai.tool.call.result",      DIALECT_GENAI,         TO_OUTPUT_TEXT, AS_CONTENT, 1, 0, 0, NULL},
    {"gen_ai.retrieval.documents",   DIALECT_GENAI,         TO_OUTPUT_TEXT, AS_CONTENT, 2, 0, 0, NULL},
    {"gen_ai.memory.records",        DIALECT_GENAI,         TO_OUTPUT_TEXT, AS_CONTENT, 3, 0, 0, NULL},
    {"output.value",                 DIALECT_OPENINFERENCE, TO_OUTPUT_TEXT, AS_CONTENT, 4, 0, 0, NULL},
    {"traceloop.entity.output",      DIALECT_TRACELOOP,     TO_OUTPUT_TEXT, AS_CONTENT, 5, 0, 0, NULL},

    /* Parameters of the call. */
    {"llm.invocation_parameters",       DIALECT_OPENINFERENCE, TO_PARAMETERS, AS_JSON, 1, 0, 0, NULL},
    {"embedding.invocation_parameters", DIALECT_OPENINFERENCE, TO_PARAMETERS, AS_JSON, 2, 0, 0, NULL},
    PARAM("gen_ai.request.temperature",          GENAI,      "temperature", 1),
    PARAM("gen_ai.request.top_p",                GENAI,      "top_p", 1),
    PARAM("gen_ai.request.top_k",                GENAI,      "top_k", 1),
    PARAM("gen_ai.request.max_tokens",           GENAI,      "max_tokens", 1),
    PARAM("gen_ai.request.seed",                 GENAI,      "seed", 1),
    PARAM("gen_ai.request.stop_sequences",       GENAI,      "stop_sequences", 1),
    PARAM("gen_ai.request.frequency_penalty",    GENAI,      "frequency_penalty", 1),
    PARAM("gen_ai.request.presence_penalty",     GENAI,      "presence_penalty", 1),
    PARAM("gen_ai.request.choice.count",         GENAI,      "choice_count", 1),
    PARAM("gen_ai.request.encoding_formats",     GENAI,      "encoding_formats", 1),
    PARAM("gen_ai.request.stream",               GENAI,      "stream", 1),
    PARAM("gen_ai.request.reasoning.level",      GENAI,      "reasoning_level", 1),
    PARAM("gen_ai.request.previous_response.id", GENAI,      "previous_response_id", 1),
    PARAM("gen_ai.request.service_tier",         GENAI_WILD, "service_tier", 1),
    PARAM("openai.request.service_tier",         GENAI,      "service_tier", 2),
    PARAM("gen_ai.openai.request.service_tier",  GENAI_OLD,  "service_tier", 3),
    PARAM("gen_ai.openai.request.seed",          GENAI_OLD,  "seed", 2),
    PARAM("gen_ai.openai.request.response_format", GENAI_OLD, "response_format", 1),
    PARAM("llm.top_k",                           TRACELOOP,  "top_k", 2),
    PARAM("llm.frequency_penalty",               TRACELOOP,  "frequency_penalty", 2),
    PARAM("llm.presence_penalty",                TRACELOOP,  "presence_penalty", 2),
    PARAM("llm.chat.stop_sequences",             TRACELOOP,  "stop_sequences", 2),
    PARAM("llm.is_streaming",                    TRACELOOP,  "stream", 2),
};
const size_t map_n_rows = sizeof(map_rows) / sizeof(map_rows[0]);

const struct map_event_row map_event_rows[] = {
    {"exception",                                  EVENT_EXCEPTION,   NULL},
    {"gen_ai.client.operation.exception",          EVENT_EXCEPTION,   NULL},
    {"llm.content.completion.chunk",               EVENT_FIRST_CHUNK, NULL}, /* Traceloop */
    {"First Token Stream Event",                   EVENT_FIRST_CHUNK, NULL}, /* OpenInference */
    {"gen_ai.client.inference.operation.details",  EVENT_CONTENT,     NULL},
    {"gen_ai.content.prompt",                      EVENT_CONTENT,     NULL},
    {"gen_ai.content.completion",                  EVENT_CONTENT,     NULL},
    {"gen_ai.system.message",                      EVENT_INPUT,       "system"},
    {"gen_ai.user.message",                        EVENT_INPUT,       "user"},
    {"gen_ai.assistant.message",                   EVENT_INPUT,       "assistant"},
    {"gen_ai.tool.message",                        EVENT_INPUT,       "tool"},
    {"gen_ai.choice",                              EVENT_OUTPUT,      "assistant"},
};
/* clang-format on */
const size_t map_n_event_rows = sizeof(map_event_rows) / sizeof(map_event_rows[0]);
