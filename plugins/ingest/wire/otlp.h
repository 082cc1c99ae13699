/* SPDX-License-Identifier: Apache-2.0 */
/* What both OTLP decoders produce: the spans of one export request as slices
 * and small arrays, nothing interpreted yet. Texts and bytes point into the
 * body, or into the arena where they had to be unescaped or repaired; all of
 * it lives as long as both. Every text is valid UTF-8. */
#ifndef INGEST_OTLP_H
#define INGEST_OTLP_H

#include <observatory/memory.h>

/* Kinds of otlp_value. */
#define OTLP_NONE 0u /* an AnyValue without a value */
#define OTLP_STRING 1u
#define OTLP_BOOL 2u
#define OTLP_INT 3u
#define OTLP_DOUBLE 4u
#define OTLP_ARRAY 5u
#define OTLP_KVLIST 6u
#define OTLP_BYTES 7u
#define OTLP_JSON 8u /* valid, compact JSON text; made by the mapper, never by a decoder */

/* How deep arrays and lists may nest in an attribute. */
#define OTLP_MAX_DEPTH 32u

struct otlp_attr;

/* An AnyValue. `mapped` is the mapper's: the value is not shown among the
 * attributes, since it went into a content field of its own, or a later
 * attribute has the same key. */
struct otlp_value {
    uint16_t kind; /* OTLP_* */
    uint16_t mapped;
    uint32_t n; /* ARRAY, KVLIST: elements */
    union {
        obs_str s; /* STRING, BYTES, JSON */
        int64_t i; /* INT; BOOL: 0 or 1 */
        double d;
        struct otlp_value *items; /* ARRAY */
        struct otlp_attr *attrs;  /* KVLIST */
    };
};

struct otlp_attr {
    obs_str key;
    struct otlp_value value;
};

struct otlp_attrs {
    struct otlp_attr *items;
    uint32_t n;
    uint32_t dropped; /* by the sender, as it says */
};

struct otlp_event {
    uint64_t time_ns;
    obs_str name;
    struct otlp_attrs attrs;
};

/* Ids are raw bytes of any length, as sent: the mapper checks them. */
struct otlp_link {
    obs_str trace_id;
    obs_str span_id;
    obs_str trace_state;
    struct otlp_attrs attrs;
    uint32_t flags;
};

struct otlp_resource {
    struct otlp_attrs attrs;
};

struct otlp_scope {
    obs_str name;
    obs_str version;
    struct otlp_attrs attrs;
};

struct otlp_span {
    const struct otlp_resource *resource; /* never NULL */
    const struct otlp_scope *scope;       /* never NULL */
    obs_str trace_id;
    obs_str span_id;
    obs_str parent_span_id;
    obs_str trace_state;
    obs_str name;
    obs_str status_message;
    uint64_t start_ns;
    uint64_t end_ns;
    uint32_t kind;   /* as sent */
    uint32_t status; /* as sent */
    uint32_t flags;
    uint32_t store_flags; /* OBS_SPAN_FRAGMENT, which needs no times, and OBS_SPAN_UPDATE */
    uint32_t n_events;
    uint32_t n_links;
    uint32_t dropped_events;
    uint32_t dropped_links;
    struct otlp_attrs attrs;
    struct otlp_event *events;
    struct otlp_link *links;
};

/* One decoded request. Set `arena` and the limits, leave the rest zero. */
struct otlp_batch {
    obs_arena *arena;
    size_t max_spans;   /* more is OBS_E_TOO_LARGE; 0: no limit */
    uint32_t max_parts; /* of indexed messages of a span, for the mapper; 0: its default */
    struct otlp_span *spans;
    size_t n_spans;
    size_t capacity;
    uint64_t n_replaced; /* texts that were not UTF-8 and were repaired */
};

/* Where and why decoding stopped. `line` is 0 for a binary body. */
struct decode_error {
    uint64_t offset; /* bytes from the start */
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1, in characters */
    char text[200];  /* one sentence with the position in it */
};

/* Decodes an ExportTraceServiceRequest: protobuf, or JSON as the OTLP
 * specification defines it (snake_case names are taken too). `body` is
 * borrowed as long as the batch. On failure `error` says where and why.
 * Errors: OBS_E_SYNTAX, OBS_E_TOO_LARGE (max_spans), OBS_E_NOMEM. */
OBS_MUST_CHECK int otlp_proto_decode(obs_str body, struct otlp_batch *batch,
                                     struct decode_error *error);
OBS_MUST_CHECK int otlp_json_decode(obs_str body, struct otlp_batch *batch,
                                    struct decode_error *error);

/* A zeroed span at the end of the batch, NULL when out of memory. The caller
 * has checked max_spans. The pointer moves when the next one is added. */
struct otlp_span *otlp_batch_add(struct otlp_batch *batch);

#endif
