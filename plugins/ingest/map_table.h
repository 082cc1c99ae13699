/* SPDX-License-Identifier: Apache-2.0 */
/* The attribute names of all dialects and what each means: one row a name, to
 * be read beside the conventions. A new dialect is new rows. */
#ifndef INGEST_MAP_TABLE_H
#define INGEST_MAP_TABLE_H

#include <observatory/base.h>

enum map_dialect {
    DIALECT_OTEL,       /* general semantic conventions */
    DIALECT_GENAI,      /* OpenTelemetry GenAI, current names */
    DIALECT_GENAI_OLD,  /* deprecated names, still emitted */
    DIALECT_GENAI_WILD, /* spellings in use that were never in the conventions */
    DIALECT_OPENINFERENCE,
    DIALECT_TRACELOOP,
};

/* Where a value goes. One value wins for each; parameters are collected. */
enum map_target {
    TO_OPERATION,
    TO_PROVIDER,
    TO_MODEL,
    TO_REQUEST_MODEL,
    TO_FINISH_REASON,
    TO_ERROR_TYPE,
    TO_ERROR_MESSAGE,
    TO_USER_ID,
    TO_SESSION_ID,
    TO_SERVICE_NAME,
    TO_ENVIRONMENT,
    TO_RELEASE,
    TO_TAGS,
    TO_INPUT_TOKENS,
    TO_OUTPUT_TOKENS,
    TO_TOTAL_TOKENS,
    TO_CACHE_READ_TOKENS,
    TO_CACHE_WRITE_TOKENS,
    TO_REASONING_TOKENS,
    TO_PROMPT_COST,
    TO_COMPLETION_COST,
    TO_TOTAL_COST,
    TO_TTFT,
    TO_PARAMETERS, /* the whole object */
    TO_INPUT_MESSAGES,
    TO_OUTPUT_MESSAGES,
    TO_INPUT_TEXT,
    TO_OUTPUT_TEXT,
    N_MAP_TARGETS,
    TO_PARAMETER,     /* one member of model_parameters, named by the row */
    TO_INPUT_INDEXED, /* one part of one message, "….0.role" */
    TO_OUTPUT_INDEXED,
};

enum map_transform {
    AS_TEXT,            /* string, number or boolean as text */
    AS_FIRST,           /* first element of an array (or of a JSON array in a string), or a text */
    AS_INT,             /* whole number, also when sent as double or string; not negative */
    AS_SECONDS,         /* double seconds to nanoseconds */
    AS_USD,             /* double dollars to nano-dollars */
    AS_JSON,            /* any value, or JSON in a string */
    AS_STRINGS,         /* array of strings, or a JSON array in a string */
    AS_CONTENT,         /* kept for the end: messages or text */
    AS_PROVIDER,        /* alias table */
    AS_GENAI_OPERATION, /* value tables */
    AS_OPENINFERENCE_KIND,
    AS_TRACELOOP_KIND,
    AS_LLM_REQUEST_TYPE,
};

/* Where a row is looked for, as bits. */
#define IN_SPAN 1u
#define IN_RESOURCE 2u
#define IN_EXCEPTION 4u /* attributes of a span event "exception" */
#define IN_CONTENT 8u   /* attributes of span events that carry content */

/* Marks for the reading of token counts. */
#define MARK_RAW 1u  /* spelled like the raw Anthropic field: counted beside the input */
#define MARK_INFO 2u /* detail: used when it fits inside its whole, never added to it */

struct map_row {
    const char *key;   /* exact; in an indexed row "N" stands for the number and the rest is open */
    uint8_t dialect;   /* DIALECT_* */
    uint8_t target;    /* TO_* */
    uint8_t transform; /* AS_* */
    uint8_t priority;  /* of the rows of one target: the lowest that has a value wins */
    uint8_t where;     /* IN_*; 0 is IN_SPAN */
    uint8_t marks;     /* MARK_* */
    const char *name;  /* TO_PARAMETER: the member's name */
};

extern const struct map_row map_rows[];
extern const size_t map_n_rows;

/* Span events that mean something, by name. */
enum map_event_use {
    EVENT_EXCEPTION,
    EVENT_FIRST_CHUNK, /* the first one's time is the first token's */
    EVENT_CONTENT,     /* attributes are read like the span's own */
    EVENT_INPUT,       /* one input message of role `role` */
    EVENT_OUTPUT,      /* one output message */
};

struct map_event_row {
    const char *name;
    uint8_t use;
    const char *role;
};

extern const struct map_event_row map_event_rows[];
extern const size_t map_n_event_rows;

/* The rows behind a hash of the key. Immutable after create: any thread. */
struct map_index;

struct map_index *map_index_create(void);
void map_index_destroy(struct map_index *index);

/* The row of `key`, NULL when it is none. For an indexed row `ret_index` and
 * `ret_rest` receive the number and what follows it. */
const struct map_row *map_index_find(const struct map_index *index, obs_str key,
                                     uint32_t *ret_index, obs_str *ret_rest);

/* The row of an event's name, NULL when it is none. */
const struct map_event_row *map_event_find(obs_str name);

#endif
