/* SPDX-License-Identifier: Apache-2.0 */
/* The mapping itself, dialect by dialect in the order in which they are
 * preferred. Columns: attribute name, target, transform, priority among the
 * rows of that target. docs/dialects.md is printed from it. What is named
 * nowhere here stays among the attributes, and so does what is mapped, except
 * content (messages, texts and tool calls), which is kept once only. */
#include "map_table.h"

/* clang-format off */
#define ROW(key, target, transform, prio) \
    {key, DIALECT, TO_##target, AS_##transform, prio, 0, 0, NULL}
#define WHERE(key, target, transform, prio, where) \
    {key, DIALECT, TO_##target, AS_##transform, prio, where, 0, NULL}
#define MARK(key, target, transform, prio, marks) \
    {key, DIALECT, TO_##target, AS_##transform, prio, 0, marks, NULL}
#define PARAM(key, member, prio)     {key, DIALECT, TO_PARAMETER, AS_JSON, prio, 0, 0, member}
#define NUMBER(key, member, prio)    {key, DIALECT, TO_PARAMETER, AS_WHOLE, prio, 0, 0, member}
#define ALSO(key, name, prio)        {key, DIALECT, TO_ATTRIBUTE, AS_KEEP, prio, 0, 0, name}
#define MEMBERS(key)                 {key, DIALECT, TO_MEMBERS, AS_JSON, 0, 0, 0, NULL}
#define SPENT(key)                   {key, DIALECT, TO_MEMBERS, AS_JSON, 0, 0, MARK_SPENT, NULL}
#define JUDGED(key, source, marks)   {key, DIALECT, TO_FEEDBACK_PART, AS_KEEP, 0, 0, marks, source}
#define KEPT(key)                    {key, DIALECT, TO_ATTRIBUTE, AS_KEEP, 0, 0, 0, NULL}

const struct map_row map_rows[] = {

/* --- OpenTelemetry, general ------------------------------------------------ */
#define DIALECT DIALECT_OTEL
    WHERE("service.name",                SERVICE_NAME,  TEXT, 1, IN_RESOURCE),
    WHERE("service.version",             RELEASE,       TEXT, 1, IN_SPAN | IN_RESOURCE),
    WHERE("deployment.environment.name", ENVIRONMENT,   TEXT, 1, IN_SPAN | IN_RESOURCE),
    WHERE("deployment.environment",      ENVIRONMENT,   TEXT, 2, IN_SPAN | IN_RESOURCE),
    WHERE("user.id",                     USER_ID,       TEXT, 1, IN_SPAN | IN_RESOURCE),
    WHERE("enduser.id",                  USER_ID,       TEXT, 2, IN_SPAN | IN_RESOURCE),
    WHERE("session.id",                  SESSION_ID,    TEXT, 1, IN_SPAN | IN_RESOURCE),
    ROW("error.type",                    ERROR_TYPE,    TEXT, 1),
    ROW("error.message",                 ERROR_MESSAGE, TEXT, 1),
    /* an exception counts when the span's status is an error */
    WHERE("exception.type",              ERROR_TYPE,    TEXT, 2, IN_SPAN | IN_EXCEPTION),
    WHERE("exception.message",           ERROR_MESSAGE, TEXT, 3, IN_SPAN | IN_EXCEPTION),
    ROW("server.address",                HOST,          TEXT, 1),
    KEPT("server.port"),
    ROW("cloud.region",                  REGION,        TEXT, 1), /* a resource's is the caller's own */
    ROW("aws.region",                    REGION,        TEXT, 2),
    KEPT("mcp.*"),
#undef DIALECT

/* --- OpenTelemetry GenAI, current names ------------------------------------ */
#define DIALECT DIALECT_GENAI
    ROW("gen_ai.operation.name",                OPERATION,     GENAI_OPERATION, 1),
    ROW("gen_ai.provider.name",                 PROVIDER,      PROVIDER, 1),
    ROW("gen_ai.request.model",                 REQUEST_MODEL, TEXT, 1),
    ROW("gen_ai.response.model",                MODEL,         TEXT, 1),
    ALSO("gen_ai.response.id",                  "gen_ai.response.id", 1),
    ROW("gen_ai.response.finish_reasons",       FINISH_REASON, FIRST, 1),
    ROW("gen_ai.conversation.id",               SESSION_ID,    TEXT, 2),
    KEPT("gen_ai.conversation.compacted"),
    ROW("gen_ai.response.time_to_first_chunk",  TTFT,          SECONDS, 1),

    NUMBER("gen_ai.request.temperature",        "temperature", 1),
    NUMBER("gen_ai.request.top_p",              "top_p", 1),
    NUMBER("gen_ai.request.top_k",              "top_k", 1), /* a double before 1.37 */
    NUMBER("gen_ai.request.max_tokens",         "max_tokens", 1),
    NUMBER("gen_ai.request.seed",               "seed", 1),
    NUMBER("gen_ai.request.frequency_penalty",  "frequency_penalty", 1),
    NUMBER("gen_ai.request.presence_penalty",   "presence_penalty", 1),
    NUMBER("gen_ai.request.choice.count",       "choice_count", 1),
    PARAM("gen_ai.request.stop_sequences",      "stop_sequences", 1),
    PARAM("gen_ai.request.encoding_formats",    "encoding_formats", 1),
    PARAM("gen_ai.request.stream",              "stream", 1),
    PARAM("gen_ai.request.reasoning.level",     "reasoning_level", 1),
    PARAM("gen_ai.request.previous_response.id", "previous_response_id", 1),
    PARAM("gen_ai.output.type",                 "output_type", 1),
    NUMBER("gen_ai.embeddings.dimension.count", "dimensions", 1),
    PARAM("openai.request.service_tier",        "service_tier", 1),
    ROW("openai.response.service_tier",         SERVICE_TIER, TEXT, 1),
    ALSO("openai.response.system_fingerprint",  "openai.response.system_fingerprint", 1),
    KEPT("openai.api.type"),

    /* Tokens as sent; tokens.c makes disjoint parts of them. The input is with
     * cache and the output with reasoning. */
    ROW("gen_ai.usage.input_tokens",                  INPUT_TOKENS,            INT, 1),
    ROW("gen_ai.usage.output_tokens",                 OUTPUT_TOKENS,           INT, 1),
    ROW("gen_ai.usage.cache_read.input_tokens",       CACHE_READ_TOKENS,       INT, 1),
    ROW("gen_ai.usage.cache_write.input_tokens",      CACHE_WRITE_TOKENS,      INT, 1),
    ROW("gen_ai.usage.reasoning.output_tokens",       REASONING_TOKENS,        INT, 1),
    ROW("gen_ai.usage.text.input_tokens",             INPUT_TEXT_TOKENS,       INT, 1),
    ROW("gen_ai.usage.audio.input_tokens",            INPUT_AUDIO_TOKENS,      INT, 1),
    ROW("gen_ai.usage.image.input_tokens",            INPUT_IMAGE_TOKENS,      INT, 1),
    ROW("gen_ai.usage.video.input_tokens",            INPUT_VIDEO_TOKENS,      INT, 1),
    ROW("gen_ai.usage.text.output_tokens",            OUTPUT_TEXT_TOKENS,      INT, 1),
    ROW("gen_ai.usage.audio.output_tokens",           OUTPUT_AUDIO_TOKENS,     INT, 1),
    ROW("gen_ai.usage.image.output_tokens",           OUTPUT_IMAGE_TOKENS,     INT, 1),
    ROW("gen_ai.usage.text.cache_read.input_tokens",  CACHE_READ_TEXT_TOKENS,  INT, 1),
    ROW("gen_ai.usage.audio.cache_read.input_tokens", CACHE_READ_AUDIO_TOKENS, INT, 1),
    ROW("gen_ai.usage.image.cache_read.input_tokens", CACHE_READ_IMAGE_TOKENS, INT, 1),

    ROW("gen_ai.system_instructions",           SYSTEM,          CONTENT, 1),
    ROW("gen_ai.input.messages",                INPUT_MESSAGES,  CONTENT, 1),
    ROW("gen_ai.output.messages",               OUTPUT_MESSAGES, CONTENT, 1),
    ROW("gen_ai.tool.call.arguments",           INPUT_TEXT,      CONTENT, 1),
    ROW("gen_ai.tool.call.result",              OUTPUT_TEXT,     CONTENT, 1),
    ROW("gen_ai.retrieval.query.text",          INPUT_TEXT,      CONTENT, 2),
    ROW("gen_ai.retrieval.documents",           OUTPUT_TEXT,     CONTENT, 2),
    ROW("gen_ai.memory.query.text",             INPUT_TEXT,      CONTENT, 3),
    ROW("gen_ai.memory.records",                OUTPUT_TEXT,     CONTENT, 3),
    KEPT("gen_ai.tool.definitions"),

    ALSO("gen_ai.prompt.name",                  "gen_ai.prompt.name", 1),
    ALSO("gen_ai.prompt.version",               "gen_ai.prompt.version", 1),
    ALSO("gen_ai.agent.id",                     "gen_ai.agent.id", 1),
    ALSO("gen_ai.agent.name",                   "gen_ai.agent.name", 1),
    KEPT("gen_ai.agent.description"),
    KEPT("gen_ai.agent.version"),
    ALSO("gen_ai.workflow.name",                "gen_ai.workflow.name", 1),
    KEPT("gen_ai.data_source.id"),
    ALSO("gen_ai.tool.name",                    "gen_ai.tool.name", 1),
    KEPT("gen_ai.tool.type"),
    ALSO("gen_ai.tool.description",             "gen_ai.tool.description", 1),
    ALSO("gen_ai.tool.call.id",                 "gen_ai.tool.call.id", 1),
    KEPT("gen_ai.retrieval.top_k"),
    KEPT("gen_ai.memory.store.id"),
    KEPT("gen_ai.memory.record.id"),
    KEPT("gen_ai.memory.record.count"),
    KEPT("gen_ai.evaluation.name"),
    KEPT("gen_ai.evaluation.score.value"),
    KEPT("gen_ai.evaluation.score.label"),
    KEPT("gen_ai.evaluation.explanation"),
#undef DIALECT

/* --- OpenTelemetry GenAI, earlier ages ------------------------------------- */
#define DIALECT DIALECT_GENAI_1_41
    ROW("gen_ai.usage.cache_creation.input_tokens", CACHE_WRITE_TOKENS, INT, 2),
#undef DIALECT
#define DIALECT DIALECT_GENAI_1_36
    ROW("gen_ai.system",                         PROVIDER, PROVIDER, 2),
    NUMBER("gen_ai.openai.request.seed",         "seed", 2),
    PARAM("gen_ai.openai.request.response_format", "response_format", 1),
    PARAM("gen_ai.openai.request.service_tier",  "service_tier", 2),
    ROW("gen_ai.openai.response.service_tier",   SERVICE_TIER, TEXT, 2),
    ALSO("gen_ai.openai.response.system_fingerprint", "openai.response.system_fingerprint", 2),
#undef DIALECT
#define DIALECT DIALECT_GENAI_1_27
    ROW("gen_ai.usage.prompt_tokens",            INPUT_TOKENS,    INT, 2),
    ROW("gen_ai.usage.completion_tokens",        OUTPUT_TOKENS,   INT, 2),
    ROW("gen_ai.prompt",                         INPUT_MESSAGES,  CONTENT, 2),
    ROW("gen_ai.completion",                     OUTPUT_MESSAGES, CONTENT, 2),
#undef DIALECT

/* --- gen_ai.* that was never in the conventions ---------------------------- */
#define DIALECT DIALECT_GENAI_OTHER
    ROW("gen_ai.response.finish_reason",                 FINISH_REASON, FIRST, 2),
    PARAM("gen_ai.request.service_tier",                 "service_tier", 3),
    ROW("gen_ai.usage.total_tokens",                     TOTAL_TOKENS, INT, 1),
    ROW("gen_ai.usage.cost",                             TOTAL_COST, USD, 1),
    MARK("gen_ai.usage.cache_read_input_tokens",         CACHE_READ_TOKENS,  INT, 2, MARK_RAW),
    ROW("gen_ai.usage.cache_read_tokens",                CACHE_READ_TOKENS,  INT, 3),
    ROW("gen_ai.usage.input_cached_tokens",              CACHE_READ_TOKENS,  INT, 4),
    MARK("gen_ai.usage.cache_creation_input_tokens",     CACHE_WRITE_TOKENS, INT, 3, MARK_RAW),
    MARK("gen_ai.usage.cache_write_input_tokens",        CACHE_WRITE_TOKENS, INT, 6, MARK_RAW), /* Bedrock's */
    ROW("gen_ai.usage.cache_write_tokens",               CACHE_WRITE_TOKENS, INT, 4),
    ROW("gen_ai.usage.input_cache_creation",             CACHE_WRITE_TOKENS, INT, 5),
    ROW("gen_ai.usage.reasoning_tokens",                 REASONING_TOKENS,   INT, 2),
    ROW("gen_ai.usage.output_tokens.reasoning",          REASONING_TOKENS,   INT, 3),
    MARK("gen_ai.usage.details.cache_read_input_tokens", CACHE_READ_TOKENS,  INT, 40, MARK_INFO),
    MARK("gen_ai.usage.details.cache_read_tokens",       CACHE_READ_TOKENS,  INT, 41, MARK_INFO),
    MARK("gen_ai.usage.details.cache_creation_input_tokens", CACHE_WRITE_TOKENS, INT, 40, MARK_INFO),
    MARK("gen_ai.usage.details.cache_write_tokens",      CACHE_WRITE_TOKENS, INT, 41, MARK_INFO),
    MARK("gen_ai.usage.details.thoughts_tokens",         REASONING_TOKENS,   INT, 40, MARK_INFO),
    MARK("gen_ai.usage.details.reasoning_tokens",        REASONING_TOKENS,   INT, 41, MARK_INFO),
    MARK("gen_ai.usage.details.text_prompt_tokens",      INPUT_TEXT_TOKENS,  INT, 40, MARK_INFO),
    MARK("gen_ai.usage.details.input_audio_tokens",      INPUT_AUDIO_TOKENS, INT, 40, MARK_INFO),
    MARK("gen_ai.usage.details.output_audio_tokens",     OUTPUT_AUDIO_TOKENS, INT, 40, MARK_INFO),
    KEPT("gen_ai.usage.details.*"),
#undef DIALECT

/* --- OpenInference --------------------------------------------------------- */
#define DIALECT DIALECT_OPENINFERENCE
    ROW("openinference.span.kind",      OPERATION, OPENINFERENCE_KIND, 3),
    ROW("llm.provider",                 PROVIDER,  PROVIDER, 3), /* the host, who is paid, … */
    ROW("llm.system",                   PROVIDER,  PROVIDER, 4), /* … before the model's vendor */
    ROW("llm.response.model_name",      MODEL,     TEXT, 2),
    ROW("llm.model_name",               MODEL,     TEXT, 3),
    ROW("embedding.model_name",         MODEL,     TEXT, 4),
    ROW("reranker.model_name",          MODEL,     TEXT, 5),
    ROW("llm.request.model_name",       REQUEST_MODEL, TEXT, 2),
    ROW("llm.finish_reason",            FINISH_REASON, FIRST, 3),
    ROW("llm.invocation_parameters",    PARAMETERS, JSON, 6),
    ROW("embedding.invocation_parameters", PARAMETERS, JSON, 7),
    NUMBER("reranker.top_k",            "top_k", 20),
    ROW("tag.tags",                     TAGS, STRINGS, 1),
    KEPT("metadata"),

    ROW("llm.token_count.prompt",                       INPUT_TOKENS,        INT, 3),
    ROW("llm.token_count.completion",                   OUTPUT_TOKENS,       INT, 3),
    ROW("llm.token_count.total",                        TOTAL_TOKENS,        INT, 2),
    ROW("llm.token_count.prompt_details.cache_read",    CACHE_READ_TOKENS,   INT, 6),
    ROW("llm.token_count.prompt_details.cache_write",   CACHE_WRITE_TOKENS,  INT, 7),
    ROW("llm.token_count.prompt_details.audio",         INPUT_AUDIO_TOKENS,  INT, 2),
    ROW("llm.token_count.completion_details.reasoning", REASONING_TOKENS,    INT, 4),
    ROW("llm.token_count.completion_details.audio",     OUTPUT_AUDIO_TOKENS, INT, 2),
    ROW("llm.cost.prompt",                              PROMPT_COST,         USD, 1),
    ROW("llm.cost.completion",                          COMPLETION_COST,     USD, 1),
    ROW("llm.cost.total",                               TOTAL_COST,          USD, 2),
    ROW("llm.cost.prompt_details.input",                INPUT_COST,          USD, 1),
    ROW("llm.cost.prompt_details.cache_read",           CACHE_READ_COST,     USD, 1),
    ROW("llm.cost.prompt_details.cache_input",          CACHE_READ_COST,     USD, 2),
    ROW("llm.cost.prompt_details.cache_write",          CACHE_WRITE_COST,    USD, 1),
    ROW("llm.cost.prompt_details.audio",                INPUT_AUDIO_COST,    USD, 1),
    ROW("llm.cost.completion_details.output",           OUTPUT_COST,         USD, 1),
    ROW("llm.cost.completion_details.reasoning",        REASONING_COST,      USD, 1),
    ROW("llm.cost.completion_details.audio",            OUTPUT_AUDIO_COST,   USD, 1),

    ROW("llm.input_messages.N.message.",            INPUT_PART,    CONTENT, 1),
    ROW("llm.output_messages.N.message.",           OUTPUT_PART,   CONTENT, 1),
    ROW("llm.prompts.N.prompt.",                    INPUT_PART,    CONTENT, 1),
    ROW("llm.choices.N.completion.",                OUTPUT_PART,   CONTENT, 1),
    ROW("embedding.embeddings.N.embedding.text",    INPUT_PART,    CONTENT, 1),
    ROW("retrieval.documents.N.document.",          DOCUMENT_PART, CONTENT, 1),
    ROW("reranker.output_documents.N.document.",    DOCUMENT_PART, CONTENT, 1),
    ROW("llm.function_call",                        TOOL_CALLS,    CONTENT, 1),
    ROW("reranker.query",                           INPUT_TEXT,    CONTENT, 10),
    ROW("embedding.text",                           INPUT_TEXT,    CONTENT, 11),
    ROW("input.value",                              INPUT_TEXT,    CONTENT, 12),
    ROW("output.value",                             OUTPUT_TEXT,   CONTENT, 10),
    KEPT("input.mime_type"),
    KEPT("output.mime_type"),
    KEPT("embedding.vector"),
    KEPT("embedding.embeddings.N.embedding.vector"),
    KEPT("reranker.input_documents.N.document."),
    KEPT("llm.tools.N.tool.json_schema"),

    ALSO("agent.name",                              "gen_ai.agent.name", 2),
    ALSO("tool.name",                               "gen_ai.tool.name", 2),
    ALSO("tool.description",                        "gen_ai.tool.description", 2),
    ALSO("tool.id",                                 "gen_ai.tool.call.id", 2),
    KEPT("tool.parameters"),
    KEPT("graph.node.*"),
    KEPT("llm.prompt_template.template"),
    KEPT("llm.prompt_template.variables"),
    ALSO("llm.prompt_template.version",             "gen_ai.prompt.version", 2),
    KEPT("prompt.id"),
    KEPT("prompt.vendor"),
    KEPT("prompt.url"),
    JUDGED("annotations.N.annotation.",         "annotation", 0),
    JUDGED("evaluations.N.evaluation.",         "evaluation", 0),
    JUDGED("trace.annotations.N.annotation.",   "annotation", MARK_OF_TRACE),
    JUDGED("trace.evaluations.N.evaluation.",   "evaluation", MARK_OF_TRACE),
    JUDGED("session.annotations.N.annotation.", "annotation", MARK_OF_SESSION),
    JUDGED("session.evaluations.N.evaluation.", "evaluation", MARK_OF_SESSION),
#undef DIALECT

/* --- Vercel AI SDK --------------------------------------------------------- */
#define DIALECT DIALECT_VERCEL
    ROW("ai.operationId",               OPERATION,     VERCEL_OPERATION, 4),
    ROW("operation.name",               OPERATION,     VERCEL_OPERATION, 5), /* "<op> <functionId>" */
    ROW("ai.model.provider",            PROVIDER,      PROVIDER, 5),
    ROW("ai.model.id",                  REQUEST_MODEL, TEXT, 3),
    ROW("ai.response.model",            MODEL,         TEXT, 6),
    ALSO("ai.response.id",              "gen_ai.response.id", 2),
    KEPT("ai.response.timestamp"),
    ROW("ai.response.finishReason",     FINISH_REASON, FIRST, 4),
    ROW("ai.finishReason",              FINISH_REASON, FIRST, 5),
    ROW("ai.response.msToFirstChunk",   TTFT,          MILLIS, 2),
    ROW("ai.stream.msToFirstChunk",     TTFT,          MILLIS, 3),
    KEPT("ai.response.msToFinish"),
    KEPT("ai.response.avgOutputTokensPerSecond"),
    KEPT("ai.response.avgCompletionTokensPerSecond"),

    ROW("ai.usage.inputTokens",         INPUT_TOKENS,  INT, 4),
    ROW("ai.usage.promptTokens",        INPUT_TOKENS,  INT, 5),
    ROW("ai.usage.tokens",              INPUT_TOKENS,  INT, 6), /* of embeddings */
    ROW("ai.usage.outputTokens",        OUTPUT_TOKENS, INT, 4),
    ROW("ai.usage.completionTokens",    OUTPUT_TOKENS, INT, 5),
    ROW("ai.usage.totalTokens",         TOTAL_TOKENS,  INT, 3),
    ROW("ai.usage.inputTokenDetails.cacheReadTokens",   CACHE_READ_TOKENS,  INT, 7),
    ROW("ai.usage.cachedInputTokens",                   CACHE_READ_TOKENS,  INT, 8),
    ROW("ai.usage.inputTokenDetails.cacheWriteTokens",  CACHE_WRITE_TOKENS, INT, 8),
    ROW("ai.usage.outputTokenDetails.reasoningTokens",  REASONING_TOKENS,   INT, 5),
    ROW("ai.usage.reasoningTokens",                     REASONING_TOKENS,   INT, 6),
    ROW("ai.usage.inputTokenDetails.noCacheTokens",     INPUT_UNCACHED_TOKENS, INT, 1),
    KEPT("ai.usage.outputTokenDetails.textTokens"),
    MEMBERS("ai.response.providerMetadata"),
    ROW("ai.response.providerMetadata#anthropic.usage.input_tokens", INPUT_UNCACHED_TOKENS, INT, 2), /* beside the cache */
    MARK("ai.response.providerMetadata#anthropic.usage.cache_read_input_tokens", CACHE_READ_TOKENS, INT, 9, MARK_RAW),
    MARK("ai.response.providerMetadata#anthropic.cacheReadInputTokens", CACHE_READ_TOKENS, INT, 10, MARK_RAW),
    MARK("ai.response.providerMetadata#anthropic.usage.cache_creation_input_tokens", CACHE_WRITE_TOKENS, INT, 9, MARK_RAW),
    MARK("ai.response.providerMetadata#anthropic.cacheCreationInputTokens", CACHE_WRITE_TOKENS, INT, 10, MARK_RAW),
    ROW("ai.response.providerMetadata#anthropic.usage.cache_creation.ephemeral_5m_input_tokens", CACHE_WRITE_5M_TOKENS, INT, 1),
    ROW("ai.response.providerMetadata#anthropic.usage.cache_creation.ephemeral_1h_input_tokens", CACHE_WRITE_1H_TOKENS, INT, 1),
    ROW("ai.response.providerMetadata#anthropic.usage.service_tier", SERVICE_TIER, TEXT, 3),
    MARK("ai.response.providerMetadata#bedrock.usage.cacheReadInputTokens", CACHE_READ_TOKENS, INT, 11, MARK_RAW),
    MARK("ai.response.providerMetadata#bedrock.usage.cacheWriteInputTokens", CACHE_WRITE_TOKENS, INT, 11, MARK_RAW),
    MARK("ai.response.providerMetadata#bedrock.usage.cacheCreationInputTokens", CACHE_WRITE_TOKENS, INT, 12, MARK_RAW),
    ROW("ai.response.providerMetadata#openai.cachedPromptTokens", CACHE_READ_TOKENS, INT, 12),
    ROW("ai.response.providerMetadata#openai.reasoningTokens",    REASONING_TOKENS, INT, 7),
    ROW("ai.response.providerMetadata#openai.serviceTier",        SERVICE_TIER, TEXT, 4),
    ROW("ai.response.providerMetadata#google.usageMetadata.cachedContentTokenCount", CACHE_READ_TOKENS, INT, 13),
    MARK("ai.response.providerMetadata#google.usageMetadata.thoughtsTokenCount", REASONING_TOKENS, INT, 8, MARK_RAW),
    ROW("ai.response.providerMetadata#deepseek.promptCacheHitTokens", CACHE_READ_TOKENS, INT, 14),
    ROW("ai.response.providerMetadata#openrouter.usage.promptTokensDetails.cachedTokens", CACHE_READ_TOKENS, INT, 15),
    ROW("ai.response.providerMetadata#openrouter.usage.completionTokensDetails.reasoningTokens", REASONING_TOKENS, INT, 9),
    MARK("ai.response.providerMetadata#openrouter.usage.cost", TOTAL_COST, USD, 3, MARK_GROSS),
    MARK("ai.response.providerMetadata#gateway.cost",          TOTAL_COST, USD, 4, MARK_GROSS),

    ROW("ai.prompt.messages",           INPUT_MESSAGES, CONTENT, 3),
    SPENT("ai.prompt"),
    ROW("ai.prompt#system",             SYSTEM,         CONTENT, 2),
    ROW("ai.prompt#messages",           INPUT_MESSAGES, CONTENT, 4),
    ROW("ai.prompt#prompt",             INPUT_TEXT,     CONTENT, 20),
    ROW("ai.prompt#",                   INPUT_TEXT,     CONTENT, 25),
    MARK("ai.value",                     INPUT_TEXT,     CONTENT, 21, MARK_JSON),
    MARK("ai.values",                    INPUT_TEXT,     CONTENT, 22, MARK_JSON),
    MARK("ai.toolCall.args",             INPUT_TEXT,     CONTENT, 23, MARK_JSON),
    MARK("ai.toolCall.result",           OUTPUT_TEXT,    CONTENT, 20, MARK_JSON),
    ROW("ai.response.text",             OUTPUT_TEXT,    CONTENT, 21),
    ROW("ai.response.object",           OUTPUT_TEXT,    CONTENT, 22),
    ROW("ai.result.text",               OUTPUT_TEXT,    CONTENT, 23),
    ROW("ai.result.object",             OUTPUT_TEXT,    CONTENT, 24),
    ROW("ai.response.toolCalls",        TOOL_CALLS,     CONTENT, 2),
    ROW("ai.result.toolCalls",          TOOL_CALLS,     CONTENT, 3),
    ALSO("ai.toolCall.id",              "gen_ai.tool.call.id", 3),
    ALSO("ai.toolCall.name",            "gen_ai.tool.name", 3),
    KEPT("ai.embedding"),
    KEPT("ai.embeddings"),
    KEPT("ai.prompt.format"),
    KEPT("ai.prompt.tools"),

    PARAM("ai.prompt.toolChoice",           "tool_choice", 1),
    NUMBER("ai.settings.maxRetries",        "max_retries", 1),
    NUMBER("ai.settings.maxSteps",          "max_steps", 1),
    PARAM("ai.settings.mode",               "mode", 1),
    NUMBER("ai.settings.temperature",       "temperature", 10),
    NUMBER("ai.settings.topP",              "top_p", 10),
    NUMBER("ai.settings.topK",              "top_k", 10),
    NUMBER("ai.settings.maxOutputTokens",   "max_tokens", 10),
    NUMBER("ai.settings.maxTokens",         "max_tokens", 11),
    NUMBER("ai.settings.seed",              "seed", 10),
    PARAM("ai.settings.stopSequences",      "stop_sequences", 10),
    NUMBER("ai.settings.frequencyPenalty",  "frequency_penalty", 10),
    NUMBER("ai.settings.presencePenalty",   "presence_penalty", 10),
    ROW("ai.telemetry.metadata.userId",     USER_ID,    TEXT, 4),
    ROW("ai.telemetry.metadata.sessionId",  SESSION_ID, TEXT, 4),
    ROW("ai.telemetry.metadata.tags",       TAGS,       STRINGS, 2),
    MEMBERS("ai.telemetry.metadata.langfusePrompt"),
    ALSO("ai.telemetry.metadata.langfusePrompt#name",    "gen_ai.prompt.name", 4),
    ALSO("ai.telemetry.metadata.langfusePrompt#version", "gen_ai.prompt.version", 5),
    KEPT("ai.telemetry.functionId"),
    KEPT("ai.telemetry.metadata.*"),
    KEPT("ai.request.headers.*"),
#undef DIALECT

/* --- Langfuse -------------------------------------------------------------- */
#define DIALECT DIALECT_LANGFUSE
    ROW("langfuse.observation.type",            OPERATION,     LANGFUSE_TYPE, 2),
    ROW("langfuse.observation.level",           STATUS,        LEVEL, 1),
    ROW("langfuse.observation.status_message",  ERROR_MESSAGE, TEXT, 2),
    ROW("langfuse.observation.model.name",      MODEL,         TEXT, 7),
    ROW("langfuse.observation.model.parameters", PARAMETERS,   JSON, 5),
    ROW("langfuse.observation.completion_start_time", FIRST_TOKEN_AT, TIME, 1),
    WHERE("langfuse.user.id",                   USER_ID,     TEXT, 3, IN_SPAN | IN_RESOURCE),
    WHERE("langfuse.session.id",                SESSION_ID,  TEXT, 3, IN_SPAN | IN_RESOURCE),
    WHERE("langfuse.environment",               ENVIRONMENT, TEXT, 3, IN_SPAN | IN_RESOURCE),
    WHERE("langfuse.release",                   RELEASE,     TEXT, 2, IN_SPAN | IN_RESOURCE),
    KEPT("langfuse.version"),
    ROW("langfuse.trace.tags",                  TAGS,        STRINGS, 3),
    KEPT("langfuse.trace.name"),
    KEPT("langfuse.trace.public"),
    KEPT("langfuse.trace.metadata"),
    KEPT("langfuse.trace.metadata.*"),
    KEPT("langfuse.observation.metadata"),
    KEPT("langfuse.observation.metadata.*"),
    KEPT("langfuse.internal.*"),
    KEPT("langfuse.experiment.*"),
    ROW("langfuse.observation.input",           INPUT_MESSAGES,  CONTENT, 5),
    ROW("langfuse.observation.output",          OUTPUT_MESSAGES, CONTENT, 5),
    ROW("langfuse.trace.input",                 INPUT_MESSAGES,  CONTENT, 6),
    ROW("langfuse.trace.output",                OUTPUT_MESSAGES, CONTENT, 6),
    ALSO("langfuse.observation.prompt.name",    "gen_ai.prompt.name", 2),
    ALSO("langfuse.observation.prompt.version", "gen_ai.prompt.version", 3),
    ALSO("langfuse.prompt.name",                "gen_ai.prompt.name", 3),
    ALSO("langfuse.prompt.version",             "gen_ai.prompt.version", 4),

    MEMBERS("langfuse.observation.usage_details"),
#define USAGE(member, target, prio) ROW("langfuse.observation.usage_details#" member, target, INT, prio)
#define APART(member, target, prio) \
    MARK("langfuse.observation.usage_details#" member, target, INT, prio, MARK_BESIDE)
    USAGE("input",                          INPUT_TOKENS, 10),
    USAGE("input_tokens",                   INPUT_TOKENS, 11),
    USAGE("prompt_tokens",                  INPUT_TOKENS, 12),
    USAGE("promptTokens",                   INPUT_TOKENS, 13),
    USAGE("output",                         OUTPUT_TOKENS, 10),
    USAGE("output_tokens",                  OUTPUT_TOKENS, 11),
    USAGE("completion_tokens",              OUTPUT_TOKENS, 12),
    USAGE("completionTokens",               OUTPUT_TOKENS, 13),
    USAGE("total",                          TOTAL_TOKENS, 10),
    USAGE("total_tokens",                   TOTAL_TOKENS, 11),
    USAGE("totalTokens",                    TOTAL_TOKENS, 12),
    APART("input_cached_tokens",            CACHE_READ_TOKENS, 20),
    APART("input_cache_read",               CACHE_READ_TOKENS, 21),
    APART("cache_read_input_tokens",        CACHE_READ_TOKENS, 22),
    USAGE("prompt_tokens_details.cached_tokens", CACHE_READ_TOKENS, 23),
    USAGE("input_tokens_details.cached_tokens",  CACHE_READ_TOKENS, 24),
    APART("input_cache_creation",           CACHE_WRITE_TOKENS, 20),
    APART("input_cache_write",              CACHE_WRITE_TOKENS, 21),
    APART("cache_creation_input_tokens",    CACHE_WRITE_TOKENS, 22),
    APART("input_cache_creation_5m",        CACHE_WRITE_5M_TOKENS, 2),
    APART("input_cache_creation_1h",        CACHE_WRITE_1H_TOKENS, 2),
    APART("output_reasoning_tokens",        REASONING_TOKENS, 20),
    APART("output_reasoning",               REASONING_TOKENS, 21),
    USAGE("completion_tokens_details.reasoning_tokens", REASONING_TOKENS, 22),
    USAGE("output_tokens_details.reasoning_tokens",     REASONING_TOKENS, 23),
    APART("input_audio_tokens",             INPUT_AUDIO_TOKENS, 10),
    APART("input_audio",                    INPUT_AUDIO_TOKENS, 11),
    USAGE("prompt_tokens_details.audio_tokens", INPUT_AUDIO_TOKENS, 12),
    APART("output_audio_tokens",            OUTPUT_AUDIO_TOKENS, 10),
    APART("output_audio",                   OUTPUT_AUDIO_TOKENS, 11),
    USAGE("completion_tokens_details.audio_tokens", OUTPUT_AUDIO_TOKENS, 12),
#undef USAGE
#undef APART
    MEMBERS("langfuse.observation.cost_details"),
    ROW("langfuse.observation.cost_details#input",  PROMPT_COST,     USD, 2),
    ROW("langfuse.observation.cost_details#output", COMPLETION_COST, USD, 2),
    ROW("langfuse.observation.cost_details#total",  TOTAL_COST,      USD, 5),
    ROW("langfuse.observation.cost_details#input_cached_tokens",         CACHE_READ_COST,  USD, 3),
    ROW("langfuse.observation.cost_details#cache_read_input_tokens",     CACHE_READ_COST,  USD, 4),
    ROW("langfuse.observation.cost_details#cache_creation_input_tokens", CACHE_WRITE_COST, USD, 2),
    ROW("langfuse.observation.cost_details#output_reasoning_tokens",     REASONING_COST,   USD, 2),
#undef DIALECT

/* --- Traceloop, OpenLLMetry ------------------------------------------------ */
#define DIALECT DIALECT_TRACELOOP
    ROW("traceloop.span.kind",          OPERATION,     TRACELOOP_KIND, 6),
    ROW("llm.request.type",             OPERATION,     LLM_REQUEST_TYPE, 7),
    ROW("llm.vendor",                   PROVIDER,      PROVIDER, 6),
    ROW("llm.response.model",           MODEL,         TEXT, 8),
    ROW("llm.request.model",            REQUEST_MODEL, TEXT, 4),
    ROW("llm.response.finish_reason",   FINISH_REASON, FIRST, 6),
    ROW("llm.response.stop_reason",     FINISH_REASON, FIRST, 7),
    ROW("llm.user",                     USER_ID,       TEXT, 6),
    ROW("traceloop.association.properties.user_id",    USER_ID,    TEXT, 5),
    ROW("traceloop.association.properties.session_id", SESSION_ID, TEXT, 5),
    KEPT("traceloop.association.properties.*"),
    KEPT("traceloop.correlation.id"),

    ROW("llm.usage.prompt_tokens",      INPUT_TOKENS,  INT, 7),
    ROW("llm.usage.completion_tokens",  OUTPUT_TOKENS, INT, 6),
    ROW("llm.usage.total_tokens",       TOTAL_TOKENS,  INT, 4),
    KEPT("llm.usage.token_type"),

    ROW("gen_ai.prompt.N.",             INPUT_PART,  CONTENT, 2),
    ROW("gen_ai.completion.N.",         OUTPUT_PART, CONTENT, 2),
    ROW("llm.prompts.N.",               INPUT_PART,  CONTENT, 3), /* before 0.5 */
    ROW("llm.completions.N.",           OUTPUT_PART, CONTENT, 3),
    MARK("traceloop.entity.input",       INPUT_TEXT,  CONTENT, 30, MARK_JSON),
    MARK("traceloop.entity.output",      OUTPUT_TEXT, CONTENT, 30, MARK_JSON),
    MARK("mcp.request.argument",         INPUT_TEXT,  CONTENT, 31, MARK_JSON),
    MARK("mcp.response.value",           OUTPUT_TEXT, CONTENT, 31, MARK_JSON),
    KEPT("mcp.method.name"),
    KEPT("mcp.request.id"),
    KEPT("traceloop.entity.name"),
    KEPT("traceloop.entity.path"),
    KEPT("traceloop.entity.version"),
    ALSO("traceloop.workflow.name",     "gen_ai.workflow.name", 2),
    ALSO("traceloop.prompt.key",        "gen_ai.prompt.name", 5),
    ALSO("traceloop.prompt.version",    "gen_ai.prompt.version", 6),
    KEPT("traceloop.prompt.*"),

    NUMBER("llm.temperature",           "temperature", 20),
    NUMBER("llm.top_p",                 "top_p", 20),
    NUMBER("llm.top_k",                 "top_k", 21),
    NUMBER("llm.request.max_tokens",    "max_tokens", 20),
    NUMBER("llm.frequency_penalty",     "frequency_penalty", 20),
    NUMBER("llm.presence_penalty",      "presence_penalty", 20),
    PARAM("llm.chat.stop_sequences",    "stop_sequences", 20),
    PARAM("llm.is_streaming",           "stream", 2),
    KEPT("llm.headers"),
    KEPT("llm.request.functions.N."),
    ALSO("gen_ai.openai.system_fingerprint", "openai.response.system_fingerprint", 3),
    KEPT("gen_ai.openai.api_base"),
    KEPT("gen_ai.openai.api_version"),
    KEPT("gen_ai.openai.api_type"),
#undef DIALECT

/* --- the small ones -------------------------------------------------------- */
#define DIALECT DIALECT_PYDANTIC_AI
    ROW("pydantic_ai.all_messages",     INPUT_MESSAGES, CONTENT, 20),
    ROW("all_messages_events",          INPUT_MESSAGES, CONTENT, 21),
    ROW("final_result",                 OUTPUT_TEXT,    CONTENT, 40),
    KEPT("logfire.msg"),
#undef DIALECT
#define DIALECT DIALECT_MLFLOW
    ROW("mlflow.spanType",              OPERATION,   MLFLOW_TYPE, 8),
    MARK("mlflow.spanInputs",            INPUT_TEXT,  CONTENT, 40, MARK_JSON),
    MARK("mlflow.spanOutputs",           OUTPUT_TEXT, CONTENT, 41, MARK_JSON),
    MEMBERS("mlflow.chat.tokenUsage"),
    ROW("mlflow.chat.tokenUsage#input_tokens",  INPUT_TOKENS,  INT, 20),
    ROW("mlflow.chat.tokenUsage#output_tokens", OUTPUT_TOKENS, INT, 20),
    ROW("mlflow.chat.tokenUsage#total_tokens",  TOTAL_TOKENS,  INT, 20),
#undef DIALECT
#define DIALECT DIALECT_GOOGLE_ADK
    MEMBERS("gcp.vertex.agent.llm_request"),
    ROW("gcp.vertex.agent.llm_request#model",    REQUEST_MODEL,  TEXT, 10),
    ROW("gcp.vertex.agent.llm_request#contents", INPUT_MESSAGES, CONTENT, 22),
    ROW("gcp.vertex.agent.llm_request#config.system_instruction", SYSTEM, CONTENT, 3),
    NUMBER("gcp.vertex.agent.llm_request#config.temperature",       "temperature", 30),
    NUMBER("gcp.vertex.agent.llm_request#config.top_p",             "top_p", 30),
    NUMBER("gcp.vertex.agent.llm_request#config.top_k",             "top_k", 30),
    NUMBER("gcp.vertex.agent.llm_request#config.max_output_tokens", "max_tokens", 30),
    MEMBERS("gcp.vertex.agent.llm_response"),
    ROW("gcp.vertex.agent.llm_response#content",       OUTPUT_MESSAGES, CONTENT, 20),
    ROW("gcp.vertex.agent.llm_response#finish_reason", FINISH_REASON,   FIRST, 10),
    ROW("gcp.vertex.agent.llm_response#usage_metadata.prompt_token_count",         INPUT_TOKENS,      INT, 21),
    ROW("gcp.vertex.agent.llm_response#usage_metadata.candidates_token_count",     OUTPUT_TOKENS,     INT, 21),
    ROW("gcp.vertex.agent.llm_response#usage_metadata.total_token_count",          TOTAL_TOKENS,      INT, 21),
    ROW("gcp.vertex.agent.llm_response#usage_metadata.cached_content_token_count", CACHE_READ_TOKENS, INT, 30),
    MARK("gcp.vertex.agent.llm_response#usage_metadata.thoughts_token_count",       REASONING_TOKENS,  INT, 30, MARK_RAW),
    ROW("gcp.vertex.agent.tool_call_args", INPUT_TEXT,  CONTENT, 41),
    ROW("gcp.vertex.agent.tool_response",  OUTPUT_TEXT, CONTENT, 42),
    ROW("gcp.vertex.agent.session_id",     SESSION_ID,  TEXT, 10),
    KEPT("gcp.vertex.agent.invocation_id"),
    KEPT("gcp.vertex.agent.event_id"),
#undef DIALECT
#define DIALECT DIALECT_LIVEKIT
    SPENT("lk.pii.chat_ctx"),
    ROW("lk.pii.chat_ctx#items",        INPUT_MESSAGES, CONTENT, 23),
    ROW("lk.pii.input_text",            INPUT_TEXT,     CONTENT, 50),
    ROW("lk.pii.user_transcript",       INPUT_TEXT,     CONTENT, 51),
    ROW("lk.pii.function_tool.arguments", INPUT_TEXT,   CONTENT, 52),
    ROW("lk.pii.function_tool.output",  OUTPUT_TEXT,    CONTENT, 50),
    ROW("lk.pii.response.text",         OUTPUT_TEXT,    CONTENT, 51),
    ROW("lk.pii.response.function_calls", TOOL_CALLS,   CONTENT, 10),
    /* the names before "pii" */
    SPENT("lk.chat_ctx"),
    ROW("lk.chat_ctx#items",            INPUT_MESSAGES, CONTENT, 25),
    ROW("lk.input_text",                INPUT_TEXT,     CONTENT, 53),
    ROW("lk.user_transcript",           INPUT_TEXT,     CONTENT, 54),
    ROW("lk.user_input",                INPUT_TEXT,     CONTENT, 55),
    ROW("lk.function_tool.arguments",   INPUT_TEXT,     CONTENT, 56),
    ROW("lk.function_tool.output",      OUTPUT_TEXT,    CONTENT, 52),
    ROW("lk.response.text",             OUTPUT_TEXT,    CONTENT, 53),
    ROW("lk.response.function_calls",   TOOL_CALLS,     CONTENT, 11),
    ROW("lk.response.ttft",             TTFT,           SECONDS, 4),
    ALSO("lk.function_tool.id",         "gen_ai.tool.call.id", 10),
    ALSO("lk.function_tool.name",       "gen_ai.tool.name", 10),
    KEPT("lk.*"),
#undef DIALECT
#define DIALECT DIALECT_GENKIT
    ROW("genkit:metadata:subtype",      OPERATION, GENKIT_SUBTYPE, 9),
    MEMBERS("genkit:input"),
    ROW("genkit:input#messages",        INPUT_MESSAGES, CONTENT, 24),
    MEMBERS("genkit:output"),
    ROW("genkit:output#message",        OUTPUT_MESSAGES, CONTENT, 21),
    MARK("genkit:input#",                INPUT_TEXT,      CONTENT, 46, MARK_JSON),
    MARK("genkit:output#",               OUTPUT_TEXT,     CONTENT, 45, MARK_JSON),
    ROW("genkit:output#finishReason",   FINISH_REASON,   FIRST, 11),
    ROW("genkit:output#usage.inputTokens",         INPUT_TOKENS,      INT, 22),
    ROW("genkit:output#usage.outputTokens",        OUTPUT_TOKENS,     INT, 22),
    ROW("genkit:output#usage.totalTokens",         TOTAL_TOKENS,      INT, 22),
    ROW("genkit:output#usage.cachedContentTokens", CACHE_READ_TOKENS, INT, 31),
    MARK("genkit:output#usage.thoughtsTokens",      REASONING_TOKENS,  INT, 31, MARK_RAW),
    KEPT("genkit:*"),
#undef DIALECT
#define DIALECT DIALECT_LITELLM
    ROW("gen_ai.cost.input_cost",       PROMPT_COST,     USD, 3),
    ROW("gen_ai.cost.output_cost",      COMPLETION_COST, USD, 3),
    ROW("gen_ai.cost.total_cost",       TOTAL_COST,      USD, 6),
    ROW("litellm.cost.total",           TOTAL_COST,      USD, 7),
    ROW("http.response.header.x-litellm-response-cost", TOTAL_COST, USD, 8),
    MEMBERS("hidden_params"),
    ROW("hidden_params#response_cost",  TOTAL_COST,      USD, 9),
#undef DIALECT
#define DIALECT DIALECT_OPENROUTER
    ROW("openrouter.source",            COST_REPORTER, PRESENT, 1), /* the cost is the provider's */
#undef DIALECT
#define DIALECT DIALECT_ANTHROPIC
    ROW("anthropic.usage.cache_creation.ephemeral_5m_input_tokens", CACHE_WRITE_5M_TOKENS, INT, 3),
    ROW("anthropic.usage.cache_creation.ephemeral_1h_input_tokens", CACHE_WRITE_1H_TOKENS, INT, 3),
    ROW("anthropic.response.service_tier",  SERVICE_TIER,  TEXT, 5),
    ROW("anthropic.message.stop_reason",    FINISH_REASON, FIRST, 12),
    PARAM("anthropic.request.service_tier", "service_tier", 4),
    PARAM("anthropic.thinking.type",        "thinking", 1),
    NUMBER("anthropic.thinking.budget_tokens", "thinking_budget_tokens", 1),
    KEPT("anthropic.*"),
#undef DIALECT
#define DIALECT DIALECT_FLUE
    KEPT("flue.*"),
#undef DIALECT
};
const size_t map_n_rows = sizeof(map_rows) / sizeof(map_rows[0]);

const struct map_event_row map_event_rows[] = {
    {"exception",                                 DIALECT_OTEL,          EVENT_EXCEPTION,   NULL},
    {"gen_ai.client.operation.exception",         DIALECT_GENAI,         EVENT_EXCEPTION,   NULL},
    {"gen_ai.client.inference.operation.details", DIALECT_GENAI,         EVENT_CONTENT,     NULL},
    {"gen_ai.evaluation.result",                  DIALECT_GENAI,         EVENT_EVALUATION,  NULL},
    {"gen_ai.system.message",                     DIALECT_GENAI_1_36,    EVENT_INPUT,       "system"},
    {"gen_ai.user.message",                       DIALECT_GENAI_1_36,    EVENT_INPUT,       "user"},
    {"gen_ai.assistant.message",                  DIALECT_GENAI_1_36,    EVENT_INPUT,       "assistant"},
    {"gen_ai.tool.message",                       DIALECT_GENAI_1_36,    EVENT_INPUT,       "tool"},
    {"gen_ai.choice",                             DIALECT_GENAI_1_36,    EVENT_OUTPUT,      "assistant"},
    {"gen_ai.content.prompt",                     DIALECT_GENAI_1_27,    EVENT_CONTENT,     NULL},
    {"gen_ai.content.completion",                 DIALECT_GENAI_1_27,    EVENT_CONTENT,     NULL},
    {"First Token Stream Event",                  DIALECT_OPENINFERENCE, EVENT_FIRST_CHUNK, NULL},
    {"llm.content.completion.chunk",              DIALECT_TRACELOOP,     EVENT_FIRST_CHUNK, NULL},
};
/* clang-format on */
const size_t map_n_event_rows = sizeof(map_event_rows) / sizeof(map_event_rows[0]);

#define NAME(id, name) name,
const char *const map_dialect_names[] = {MAP_DIALECTS(NAME)};
const char *const map_target_names[] = {MAP_TARGETS(NAME)};
const char *const map_transform_names[] = {MAP_TRANSFORMS(NAME)};
#undef NAME
