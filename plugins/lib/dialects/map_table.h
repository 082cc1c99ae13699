/* SPDX-License-Identifier: Apache-2.0 */
/* The attribute names of all dialects and what each means: one row a name, to
 * be read beside the conventions. A new dialect is new rows. */
#ifndef PLUGINS_LIB_DIALECTS_MAP_TABLE_H
#define PLUGINS_LIB_DIALECTS_MAP_TABLE_H

#include <observatory/base.h>

/* Who writes a name so: id, name as it is shown. A row of OpenTelemetry GenAI
 * stands under the age in which its name was last right. */
#define MAP_DIALECTS(X)                                                                            \
    X(OTEL, "otel")                    /* general semantic conventions */                          \
    X(GENAI, "genai")                  /* OpenTelemetry GenAI, current names */                    \
    X(GENAI_1_41, "genai-1.41")        /* up to conventions 1.41 */                                \
    X(GENAI_1_36, "genai-1.36")        /* up to 1.36: gen_ai.system, an event a message */         \
    X(GENAI_1_27, "genai-1.27")        /* up to 1.27: prompt_tokens, completion_tokens */          \
    X(GENAI_OTHER, "genai-unofficial") /* spellings in use that were never in the conventions */   \
    X(OPENINFERENCE, "openinference")                                                              \
    X(VERCEL, "vercel-ai")                                                                         \
    X(LANGFUSE, "langfuse")                                                                        \
    X(TRACELOOP, "traceloop")                                                                      \
    X(PYDANTIC_AI, "pydantic-ai")                                                                  \
    X(MLFLOW, "mlflow")                                                                            \
    X(GOOGLE_ADK, "google-adk")                                                                    \
    X(LIVEKIT, "livekit")                                                                          \
    X(GENKIT, "genkit")                                                                            \
    X(LITELLM, "litellm")                                                                          \
    X(OPENROUTER, "openrouter")                                                                    \
    X(ANTHROPIC, "anthropic-sdk") /* what Anthropic's own libraries add to the conventions */      \
    X(FLUE, "flue")

#define MAP_DIALECT_CONSTANT(id, name) DIALECT_##id,
enum map_dialect { MAP_DIALECTS(MAP_DIALECT_CONSTANT) N_MAP_DIALECTS };
#undef MAP_DIALECT_CONSTANT

/* Where a value goes: id, name as it is shown. One value wins for each. Token
 * counts and costs are as sent (usage.h); the others are fields of the span. */
#define MAP_TARGETS(X)                                                                             \
    X(OPERATION, "operation_type")                                                                 \
    X(PROVIDER, "provider")                                                                        \
    X(MODEL, "model")                                                                              \
    X(REQUEST_MODEL, "request_model")                                                              \
    X(FINISH_REASON, "finish_reason")                                                              \
    X(ERROR_TYPE, "error_type")                                                                    \
    X(ERROR_MESSAGE, "error_message")                                                              \
    X(STATUS, "status_code")                                                                       \
    X(USER_ID, "user_id")                                                                          \
    X(SESSION_ID, "session_id")                                                                    \
    X(SERVICE_NAME, "service_name")                                                                \
    X(ENVIRONMENT, "environment")                                                                  \
    X(RELEASE, "release")                                                                          \
    X(TAGS, "tags")                                                                                \
    X(SERVICE_TIER, "usage.service_tier")                                                          \
    X(REGION, "usage.region")                                                                      \
    X(HOST, "usage.host")                                                                          \
    X(INPUT_TOKENS, "usage.input")                                                                 \
    X(INPUT_UNCACHED_TOKENS, "usage.input_uncached")                                               \
    X(INPUT_TEXT_TOKENS, "usage.input_text")                                                       \
    X(INPUT_AUDIO_TOKENS, "usage.input_audio")                                                     \
    X(INPUT_IMAGE_TOKENS, "usage.input_image")                                                     \
    X(INPUT_VIDEO_TOKENS, "usage.input_video")                                                     \
    X(CACHE_READ_TOKENS, "usage.cache_read")                                                       \
    X(CACHE_READ_TEXT_TOKENS, "usage.cache_read_text")                                             \
    X(CACHE_READ_AUDIO_TOKENS, "usage.cache_read_audio")                                           \
    X(CACHE_READ_IMAGE_TOKENS, "usage.cache_read_image")                                           \
    X(CACHE_WRITE_TOKENS, "usage.cache_write")                                                     \
    X(CACHE_WRITE_5M_TOKENS, "usage.cache_write_5m")                                               \
    X(CACHE_WRITE_1H_TOKENS, "usage.cache_write_1h")                                               \
    X(OUTPUT_TOKENS, "usage.output")                                                               \
    X(OUTPUT_TEXT_TOKENS, "usage.output_text")                                                     \
    X(OUTPUT_AUDIO_TOKENS, "usage.output_audio")                                                   \
    X(OUTPUT_IMAGE_TOKENS, "usage.output_image")                                                   \
    X(REASONING_TOKENS, "usage.reasoning")                                                         \
    X(TOTAL_TOKENS, "usage.total")                                                                 \
    X(PROMPT_COST, "usage.prompt_cost")                                                            \
    X(INPUT_COST, "usage.input_cost")                                                              \
    X(CACHE_READ_COST, "usage.cache_read_cost")                                                    \
    X(CACHE_WRITE_COST, "usage.cache_write_cost")                                                  \
    X(INPUT_AUDIO_COST, "usage.input_audio_cost")                                                  \
    X(COMPLETION_COST, "usage.completion_cost")                                                    \
    X(OUTPUT_COST, "usage.output_cost")                                                            \
    X(REASONING_COST, "usage.reasoning_cost")                                                      \
    X(OUTPUT_AUDIO_COST, "usage.output_audio_cost")                                                \
    X(TOTAL_COST, "usage.total_cost")                                                              \
    X(COST_REPORTER, "usage.cost_reporter")                                                        \
    X(TTFT, "ttft_ms")                                                                             \
    X(FIRST_TOKEN_AT, "ttft_ms")                                                                   \
    X(SYSTEM, "input_messages.system")                                                             \
    X(INPUT_MESSAGES, "input_messages")                                                            \
    X(INPUT_TEXT, "input_text")                                                                    \
    X(OUTPUT_MESSAGES, "output_messages")                                                          \
    X(OUTPUT_TEXT, "output_text")                                                                  \
    X(TOOL_CALLS, "tool_calls")

#define MAP_TARGET_CONSTANT(id, name) TO_##id,
enum map_target {
    MAP_TARGETS(MAP_TARGET_CONSTANT) N_MAP_TARGETS,
    /* More than one value counts. */
    TO_PARAMETER = N_MAP_TARGETS, /* the member `name` of model_parameters */
    TO_PARAMETERS,                /* all members of an object: model_parameters */
    TO_INPUT_PART,                /* of one input message: "….0.role" */
    TO_OUTPUT_PART,
    TO_DOCUMENT_PART, /* of one document of output_text */
    TO_FEEDBACK_PART, /* of one score, whose source is `name` */
    TO_MEMBERS,       /* an object whose members have rows of their own: "key#member" */
    TO_ATTRIBUTE,     /* the attribute `name`; NULL: stays what it is */
};
#undef MAP_TARGET_CONSTANT

#define FIRST_COUNT TO_INPUT_TOKENS
#define LAST_COUNT TO_TOTAL_TOKENS
#define FIRST_COST TO_PROMPT_COST
#define LAST_COST TO_TOTAL_COST

/* How a value is read: id, name as it is shown. */
#define MAP_TRANSFORMS(X)                                                                          \
    X(KEEP, "")           /* as it is; for parameters and attributes */                            \
    X(TEXT, "text")       /* string, number or boolean as text */                                  \
    X(FIRST, "first")     /* first of an array (or of a JSON array in a string), or a text */      \
    X(INT, "count")       /* whole number, also when sent as double or text; not negative */       \
    X(SECONDS, "seconds") /* to nanoseconds */                                                     \
    X(MILLIS, "ms")       /* to nanoseconds */                                                     \
    X(TIME, "time")       /* RFC 3339 or Unix time, maybe in quotes */                             \
    X(USD, "USD")         /* to nano-dollars */                                                    \
    X(JSON, "JSON")       /* an object, or one in a string */                                      \
    X(STRINGS, "texts")   /* array of strings, a JSON array in a string, or one text */            \
    X(CONTENT, "content") /* read at the end: messages or text */                                  \
    X(WHOLE, "number")    /* a number; a whole one sent as double or text becomes an integer */    \
    X(PRESENT, "is there")                                                                         \
    X(PROVIDER, "provider") /* value tables of values.c from here on */                            \
    X(LEVEL, "level")                                                                              \
    X(GENAI_OPERATION, "operation")                                                                \
    X(OPENINFERENCE_KIND, "kind")                                                                  \
    X(VERCEL_OPERATION, "operation")                                                               \
    X(LANGFUSE_TYPE, "type")                                                                       \
    X(TRACELOOP_KIND, "kind")                                                                      \
    X(LLM_REQUEST_TYPE, "type")                                                                    \
    X(MLFLOW_TYPE, "type")                                                                         \
    X(GENKIT_SUBTYPE, "type")

#define MAP_TRANSFORM_CONSTANT(id, name) AS_##id,
enum map_transform { MAP_TRANSFORMS(MAP_TRANSFORM_CONSTANT) N_MAP_TRANSFORMS };
#undef MAP_TRANSFORM_CONSTANT

/* Where a row is looked for, as bits. Attributes of span events that carry
 * content are looked for like the span's own. */
#define IN_SPAN 1u
#define IN_RESOURCE 2u
#define IN_EXCEPTION 4u /* attributes of a span event "exception" */

/* Marks. */
#define MARK_RAW 1u   /* spelled like the provider's raw field, which it counts beside the whole */
#define MARK_INFO 2u  /* detail: used when it fits inside its whole, never added to it */
#define MARK_GROSS 4u /* the provider itself said what it cost */
#define MARK_SPENT 8u /* an object that says nothing more once its content was read */
#define MARK_JSON 16u /* always JSON: a text comes with its quotes and escapes */
#define MARK_BESIDE 32u      /* counted beside its whole, as a rule of the dialect */
#define MARK_OF_TRACE 64u    /* feedback on the trace, not on the span */
#define MARK_OF_SESSION 128u /* feedback on the session */

struct map_row {
    /* Exact. With ".N." that stands for a number: what follows it is open when
     * the key ends in a dot. "key#a.b" is the member b of the member a of the
     * object in `key`, "key#" the value of `key` itself when it has no such
     * members. "prefix*" is never looked for: all such names stay attributes. */
    const char *key;
    uint8_t dialect;   /* DIALECT_* */
    uint8_t target;    /* TO_* */
    uint8_t transform; /* AS_* */
    uint8_t priority;  /* of the rows of one target (and name): the lowest that has a value wins */
    uint8_t where;     /* IN_*; 0 is IN_SPAN */
    uint8_t marks;     /* MARK_* */
    const char *name;  /* TO_PARAMETER, TO_ATTRIBUTE, TO_FEEDBACK_PART */
};

extern const struct map_row map_rows[];
extern const size_t map_n_rows;

/* Names to show, by DIALECT_*, by TO_* up to N_MAP_TARGETS, by AS_*. */
extern const char *const map_dialect_names[];
extern const char *const map_target_names[];
extern const char *const map_transform_names[];

/* Span events that mean something, by name. */
enum map_event_use {
    EVENT_EXCEPTION,
    EVENT_FIRST_CHUNK, /* the first one's time is the first token's */
    EVENT_CONTENT,     /* attributes are read like the span's own */
    EVENT_INPUT,       /* one input message of role `role` */
    EVENT_OUTPUT,      /* one output message */
    EVENT_EVALUATION,  /* feedback: evaluation.h */
};

struct map_event_row {
    const char *name;
    uint8_t dialect;
    uint8_t use;
    const char *role;
};

extern const struct map_event_row map_event_rows[];
extern const size_t map_n_event_rows;

/* The rows behind a hash of the key. Immutable after create: any thread. */
struct map_index;

/* NULL when out of memory. */
struct map_index *map_index_create(void);
void map_index_destroy(struct map_index *index);

/* The row of `key`, NULL when it is none. For an indexed row `ret_index` and
 * `ret_rest` receive the number and what follows the row's key. */
const struct map_row *map_index_find(const struct map_index *index, obs_str key,
                                     uint32_t *ret_index, obs_str *ret_rest);

/* The row of an event's name, NULL when it is none. */
const struct map_event_row *map_event_find(obs_str name);

#endif
