/* SPDX-License-Identifier: Apache-2.0 */
/* An event of Langfuse's ingestion API: what happened to a trace, an observation or
 * a score. Its fields are values of the attributes that Langfuse's OpenTelemetry
 * SDKs send for the same thing, so that one mapping serves both. */
#ifndef INGEST_LANGFUSE_EVENT_H
#define INGEST_LANGFUSE_EVENT_H

#include "otlp.h"

#include <stdbool.h>

/* What the body of an event is. */
enum langfuse_body { BODY_TRACE, BODY_OBSERVATION, BODY_SCORE, BODY_LOG, N_LANGFUSE_BODIES };

/* How a field is read. Those with a struct member go there, all with an attribute
 * into the event's values. */
enum langfuse_kind {
    KIND_TEXT,
    KIND_ID,
    KIND_TIME, /* RFC 3339 */
    KIND_ANY,
    KIND_TRUTH,
    KIND_WHOLE,
    KIND_LEVEL,
    KIND_TYPE,     /* of an observation */
    KIND_TEXTS,    /* array of strings */
    KIND_OBJECT,   /* JSON */
    KIND_METADATA, /* an attribute a member, or one when it is no object */
    KIND_USAGE,    /* as of old, with its unit and its costs */
    KIND_COUNTS,   /* object of whole numbers, and of objects of them */
    KIND_AMOUNTS,  /* object of numbers */
};

/* A row: the name in the body, the attribute (NULL: none), and a member of the
 * event (0: none, since no such member is its first). */
struct langfuse_field {
    const char *name;
    const char *attribute;
    uint8_t kind;   /* KIND_* */
    uint8_t shared; /* of a trace: all its spans have it */
    uint16_t member;
};

#define LANGFUSE_MAX_FIELDS 24u

struct langfuse_fields {
    const struct langfuse_field *rows; /* up to LANGFUSE_MAX_FIELDS */
    uint32_t n;
};

/* By enum langfuse_body. */
extern const struct langfuse_fields langfuse_fields[N_LANGFUSE_BODIES];

/* An event, or several about the same thing put together. Texts are empty and times
 * 0 where nothing was said. */
struct langfuse_event {
    const char *observation; /* its type: "generation"; NULL: nothing said */
    uint32_t body;           /* enum langfuse_body */
    uint32_t index;          /* in the request, from 0 */
    bool update;
    uint8_t trace_id[16];
    uint8_t span_id[8];
    uint8_t parent_id[8];
    int64_t time_ns; /* of the event itself */
    int64_t start_ns;
    int64_t end_ns;
    obs_str envelope; /* the event's own id */
    obs_str id;
    obs_str trace;
    obs_str parent; /* of a score: the observation, or nothing */
    obs_str name;
    uint64_t n_replaced; /* texts of it that were no Unicode and were repaired */
    uint32_t set;        /* bits of the rows that have a value */
    struct otlp_value values[LANGFUSE_MAX_FIELDS];
};

/* Why an event was refused: where in it, and what was expected. */
struct langfuse_complaint {
    const char *field;
    const char *expected;
};

struct json_out;

/* Ids and times in Langfuse's API: whether a text is one, and what is expected. */
#define LANGFUSE_AN_ID "an id of 1 to 800 characters without carriage return"
#define LANGFUSE_A_TIME "a time as in 2026-11-23T07:00:00.123Z, from 1970 on"

bool langfuse_is_id(obs_str text);
bool langfuse_time(obs_str text, int64_t *ret_ns);

/* The type of an observation by its name in any case, "GENERATION" or "generation";
 * NULL when there is none of that name. Static storage. */
const char *langfuse_observation_type(obs_str name);

/* Reads the body of `event`, whose `body` says what it is; `json` is one valid
 * value. Errors: OBS_E_INVALID after filling `complaint`, OBS_E_NOMEM. */
OBS_MUST_CHECK int langfuse_read_body(obs_str json, struct json_out *out,
                                      struct langfuse_event *event,
                                      struct langfuse_complaint *complaint);

#endif
