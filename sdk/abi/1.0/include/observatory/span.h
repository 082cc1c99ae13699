/* SPDX-License-Identifier: Apache-2.0 */
/* The span: one step of an LLM application, after OpenTelemetry's trace data
 * model and its GenAI semantic conventions. Names of the API are in the field
 * table below; docs/api.md explains each. */
#ifndef OBSERVATORY_SPAN_H
#define OBSERVATORY_SPAN_H

#include <observatory/base.h>

OBS_BEGIN_DECLS

/* A number that was not given: tokens, cost, time to first token.
 * Since: ABI 1.0. */
#define OBS_ABSENT INT64_C(-1)

/* obs_span.status, after OpenTelemetry.  Since: ABI 1.0. */
#define OBS_STATUS_UNSET 0u
#define OBS_STATUS_OK 1u
#define OBS_STATUS_ERROR 2u

/* obs_span.flags. A FRAGMENT holds some fields of a span that somebody else sends:
 * the store keeps it until that comes (obs_store.append). The fields of an UPDATE
 * take the place of what is there, those of others only fill what is absent.
 * Since: ABI 1.0. */
#define OBS_SPAN_SAMPLED 1u
#define OBS_SPAN_FRAGMENT 2u
#define OBS_SPAN_UPDATE 4u

/* obs_span.flags, set by the store alone: further calls of a model happened within
 * this call, and what they used is (at least) what this one says: it is left out of
 * sums over spans.  Since: ABI 1.0. */
#define OBS_SPAN_OUTER_TOKENS 8u
#define OBS_SPAN_OUTER_COST 16u

/* A span. Slices are borrowed as the function that takes or gives the span
 * says; an absent text has len 0. Fields that are JSON hold one valid value in
 * compact form, or nothing. Unset numbers are OBS_ABSENT; obs_span_init() sets
 * them so.  Since: ABI 1.0. */
typedef struct obs_span {
    uint32_t size; /* sizeof(obs_span) of whoever allocated it */
    uint32_t status;
    uint32_t flags;
    uint32_t reserved;

    int64_t start_ns;
    int64_t end_ns; /* >= start_ns */
    uint8_t trace_id[16];
    uint8_t span_id[8];
    uint8_t parent_span_id[8]; /* all zero: a root */

    obs_str project_id;
    obs_str service_name;
    obs_str span_name;
    obs_str span_kind;      /* internal, server, client, producer, consumer, or empty */
    obs_str operation_type; /* chat, completion, embedding, tool, agent, retrieval, rerank,
                               guardrail, internal */
    obs_str provider;
    obs_str model;         /* that answered */
    obs_str request_model; /* that was asked for */
    obs_str finish_reason;
    obs_str error_type;
    obs_str error_message;
    obs_str user_id;
    obs_str session_id;
    obs_str environment;
    obs_str release;

    obs_str input_text;
    obs_str output_text;
    obs_str input_messages;  /* JSON array */
    obs_str output_messages; /* JSON array */

    obs_str tags;                /* JSON array of strings */
    obs_str attributes;          /* JSON object: what was mapped to no field */
    obs_str resource_attributes; /* JSON object */
    obs_str events;              /* JSON array of {time, name, attributes} */
    obs_str links;               /* JSON array of {trace_id, span_id, attributes} */
    obs_str model_parameters;    /* JSON object */
    obs_str tool_calls;          /* JSON array of {id, name, arguments} */

    /* Tokens in disjoint parts; what a client reads as totals are sums. */
    int64_t input_tokens; /* text, neither read from nor written to a cache */
    int64_t input_audio_tokens;
    int64_t input_image_tokens; /* and video */
    int64_t cache_read_tokens;
    int64_t cache_read_audio_tokens;
    int64_t cache_write_tokens;    /* for five minutes, or for how long nobody said */
    int64_t cache_write_1h_tokens; /* for an hour */
    int64_t output_tokens;         /* text, without reasoning */
    int64_t output_audio_tokens;
    int64_t output_image_tokens;
    int64_t reasoning_tokens;

    obs_str service_tier; /* that answered: batch, flex, priority …; empty: the usual one */
    obs_str region;       /* of the model, if it was said */

    /* Nano-US-dollars. The cost of a call of a model is the first of the candidates
     * that is known: provider, emitter, price book; prompt and completion are its
     * parts. Other spans have no cost. */
    int64_t prompt_cost;
    int64_t completion_cost;
    int64_t total_cost;
    int64_t provider_cost; /* reported by the provider itself */
    int64_t emitter_cost;  /* reported by whoever sent the span */
    int64_t book_cost;     /* tokens times prices */
    obs_str cost_source;   /* provider, emitter, price_book, free, unpriced, no_usage */
    obs_str cost_details;  /* JSON object: how it was priced, or why not */

    int64_t ttft_ns;    /* time to first token */
    double sample_rate; /* 1 when all spans are kept */
} obs_span;

/* Empties a span: zeroes, OBS_ABSENT numbers, sampled, rate 1.
 * Thread: [any].  Since: ABI 1.0. */
static inline void obs_span_init(obs_span *span)
{
    memset(span, 0, sizeof(*span));
    span->size = (uint32_t)sizeof(*span);
    span->flags = OBS_SPAN_SAMPLED;
    span->input_tokens = span->input_audio_tokens = span->input_image_tokens = OBS_ABSENT;
    span->cache_read_tokens = span->cache_read_audio_tokens = OBS_ABSENT;
    span->cache_write_tokens = span->cache_write_1h_tokens = OBS_ABSENT;
    span->output_tokens = span->output_audio_tokens = span->output_image_tokens = OBS_ABSENT;
    span->reasoning_tokens = OBS_ABSENT;
    span->prompt_cost = span->completion_cost = span->total_cost = OBS_ABSENT;
    span->provider_cost = span->emitter_cost = span->book_cost = OBS_ABSENT;
    span->ttft_ns = OBS_ABSENT;
    span->sample_rate = 1.0;
}

/* Span `index` of an array. Whoever made the array may know a smaller or larger
 * obs_span than the reader, so elements are `size` of the first one apart.
 * Thread: [any].  Since: ABI 1.0. */
static inline const obs_span *obs_span_at(const obs_span *spans, size_t index)
{
    return (const obs_span *)(const void *)((const char *)spans + index * spans->size);
}

/* What a field holds, for filters and for JSON.  Since: ABI 1.0. */
#define OBS_KIND_TIME 1u     /* int64_t ns; RFC 3339 */
#define OBS_KIND_ID 2u       /* bytes; hexadecimal */
#define OBS_KIND_TEXT 3u     /* obs_str */
#define OBS_KIND_INT 4u      /* int64_t */
#define OBS_KIND_MONEY 5u    /* int64_t nano-dollars; dollars */
#define OBS_KIND_DURATION 6u /* int64_t ns; milliseconds */
#define OBS_KIND_REAL 7u     /* double */
#define OBS_KIND_STATUS 8u   /* OBS_STATUS_* */
#define OBS_KIND_BOOL 9u
#define OBS_KIND_JSON 10u /* obs_str */

/* The fields of a span in the API: id, number, name, kind. The number is for
 * ever and is the bit in obs_span_query.fields. In the order in which they
 * are shown.  Since: ABI 1.0. */
/* clang-format off */
#define OBS_SPAN_FIELD_MAP(X)                                 \
    X(TS,                   0, "ts",                  TIME)     \
    X(TRACE_ID,             1, "trace_id",            ID)       \
    X(SPAN_ID,              2, "span_id",             ID)       \
    X(PARENT_SPAN_ID,       3, "parent_span_id",      ID)       \
    X(PROJECT_ID,           4, "project_id",          TEXT)     \
    X(SERVICE_NAME,         5, "service_name",        TEXT)     \
    X(SPAN_NAME,            6, "span_name",           TEXT)     \
    X(SPAN_KIND,            7, "span_kind",           TEXT)     \
    X(OPERATION_TYPE,       8, "operation_type",      TEXT)     \
    X(PROVIDER,             9, "provider",            TEXT)     \
    X(MODEL,               10, "model",               TEXT)     \
    X(REQUEST_MODEL,       11, "request_model",       TEXT)     \
    X(INPUT_TEXT,          12, "input_text",          TEXT)     \
    X(INPUT_MESSAGES,      13, "input_messages",      JSON)     \
    X(OUTPUT_TEXT,         14, "output_text",         TEXT)     \
    X(OUTPUT_MESSAGES,     15, "output_messages",     JSON)     \
    X(FINISH_REASON,       16, "finish_reason",       TEXT)     \
    X(PROMPT_TOKENS,       17, "prompt_tokens",       INT)      \
    X(COMPLETION_TOKENS,   18, "completion_tokens",   INT)      \
    X(CACHED_TOKENS,       19, "cached_tokens",       INT)      \
    X(CACHE_WRITE_TOKENS,  20, "cache_write_tokens",  INT)      \
    X(REASONING_TOKENS,    21, "reasoning_tokens",    INT)      \
    X(TOTAL_TOKENS,        22, "total_tokens",        INT)      \
    X(PROMPT_COST,         23, "prompt_cost_usd",     MONEY)    \
    X(COMPLETION_COST,     24, "completion_cost_usd", MONEY)    \
    X(TOTAL_COST,          25, "total_cost_usd",      MONEY)    \
    X(COST_SOURCE,         26, "cost_source",         TEXT)     \
    X(DURATION,            27, "duration_ms",         DURATION) \
    X(TTFT,                28, "ttft_ms",             DURATION) \
    X(TOKENS_PER_SECOND,   29, "tokens_per_second",   REAL)     \
    X(STATUS,              30, "status_code",         STATUS)   \
    X(ERROR_TYPE,          31, "error_type",          TEXT)     \
    X(ERROR_MESSAGE,       32, "error_message",       TEXT)     \
    X(USER_ID,             33, "user_id",             TEXT)     \
    X(SESSION_ID,          34, "session_id",          TEXT)     \
    X(ENVIRONMENT,         35, "environment",         TEXT)     \
    X(RELEASE,             36, "release",             TEXT)     \
    X(TAGS,                37, "tags",                JSON)     \
    X(ATTRIBUTES,          38, "attributes",          JSON)     \
    X(RESOURCE_ATTRIBUTES, 39, "resource_attributes", JSON)     \
    X(EVENTS,              40, "events",              JSON)     \
    X(LINKS,               41, "links",               JSON)     \
    X(SAMPLED,             42, "sampled",             BOOL)     \
    X(SAMPLE_RATE,         43, "sample_rate",         REAL)     \
    X(MODEL_PARAMETERS,    44, "model_parameters",    JSON)     \
    X(TOOL_CALLS,          45, "tool_calls",          JSON)     \
    X(INPUT_AUDIO_TOKENS,  46, "input_audio_tokens",  INT)      \
    X(INPUT_IMAGE_TOKENS,  47, "input_image_tokens",  INT)      \
    X(CACHED_AUDIO_TOKENS, 48, "cached_audio_tokens", INT)      \
    X(CACHE_WRITE_1H_TOKENS, 49, "cache_write_1h_tokens", INT)  \
    X(OUTPUT_AUDIO_TOKENS, 50, "output_audio_tokens", INT)      \
    X(OUTPUT_IMAGE_TOKENS, 51, "output_image_tokens", INT)      \
    X(SERVICE_TIER,        52, "service_tier",        TEXT)     \
    X(REGION,              53, "region",              TEXT)     \
    X(PROVIDER_COST,       54, "provider_cost_usd",   MONEY)    \
    X(EMITTER_COST,        55, "emitter_cost_usd",    MONEY)    \
    X(BOOK_COST,           56, "price_book_cost_usd", MONEY)    \
    X(COST_DETAILS,        57, "cost_details",        JSON)
/* clang-format on */

#define OBS_SPAN_FIELD_CONSTANT(id, number, name, kind) OBS_FIELD_##id = (number),
enum { OBS_SPAN_FIELD_MAP(OBS_SPAN_FIELD_CONSTANT) OBS_N_SPAN_FIELDS = 58 };
#undef OBS_SPAN_FIELD_CONSTANT

/* The bit of a field in a set of fields; the set of all.
 * Thread: [any].  Since: ABI 1.0. */
#define OBS_FIELD_BIT(number) (UINT64_C(1) << (number))
#define OBS_FIELDS_ALL ((UINT64_C(1) << OBS_N_SPAN_FIELDS) - 1)

/* Totals as the API shows them; OBS_ABSENT when no part is known. A sum that
 * does not fit stays at INT64_MAX.
 * prompt = all parts of input and cache; cached = the parts read from a cache;
 * cache write = the parts written to one; completion = all parts of output, and
 * reasoning.
 * Thread: [any].  Since: ABI 1.0. */
static inline int64_t obs_tokens_sum(int64_t a, int64_t b)
{
    if (a < 0)
        return b;
    if (b < 0)
        return a;
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

static inline int64_t obs_span_cached_tokens(const obs_span *s)
{
    return obs_tokens_sum(s->cache_read_tokens, s->cache_read_audio_tokens);
}

static inline int64_t obs_span_cache_write_tokens(const obs_span *s)
{
    return obs_tokens_sum(s->cache_write_tokens, s->cache_write_1h_tokens);
}

static inline int64_t obs_span_prompt_tokens(const obs_span *s)
{
    int64_t fresh = obs_tokens_sum(obs_tokens_sum(s->input_tokens, s->input_audio_tokens),
                                   s->input_image_tokens);
    return obs_tokens_sum(obs_tokens_sum(fresh, obs_span_cached_tokens(s)),
                          obs_span_cache_write_tokens(s));
}

static inline int64_t obs_span_completion_tokens(const obs_span *s)
{
    int64_t written = obs_tokens_sum(obs_tokens_sum(s->output_tokens, s->output_audio_tokens),
                                     s->output_image_tokens);
    return obs_tokens_sum(written, s->reasoning_tokens);
}

static inline int64_t obs_span_total_tokens(const obs_span *s)
{
    return obs_tokens_sum(obs_span_prompt_tokens(s), obs_span_completion_tokens(s));
}

/* How fast the answer was written: completion tokens over the time from the
 * first token to the end, or over the whole duration when the time to the first
 * token is not known or not within it. -1.0 when there are no such tokens or no
 * time passed.  Thread: [any].  Since: ABI 1.0. */
static inline double obs_span_tokens_per_second(const obs_span *s)
{
    int64_t tokens = obs_span_completion_tokens(s), ns = s->end_ns - s->start_ns;
    if (s->ttft_ns > 0 && s->ttft_ns < ns)
        ns -= s->ttft_ns;
    return tokens < 0 || ns <= 0 ? -1.0 : (double)tokens * 1e9 / (double)ns;
}

OBS_END_DECLS
#endif
