/* SPDX-License-Identifier: Apache-2.0 */
/* Spans in JSON: protobuf's JSON mapping as the OTLP specification changes it
 * (ids in hexadecimal, of either case; enums as numbers), read leniently:
 * snake_case names, enums by name, integers as strings or numbers. Unknown
 * members are ignored, null is absent, of a repeated name the last one counts.
 * Each message is one function that reads member after member. */
#include "otlp_json_request.h"

/* --- events and links ------------------------------------------------------ */

static int event(struct reader *r, struct otlp_event *e)
{
    static const struct member members[] = {
        MEMBER("timeUnixNano", "time_unix_nano"),
        MEMBER("name", "name"),
        MEMBER("attributes", "attributes"),
        MEMBER("droppedAttributesCount", "dropped_attributes_count"),
    };
    bool first = true;
    int rc = json_open(&r->c, '{');

    while (rc >= 0 && (rc = next_member(r, &first, members, COUNT(members))) >= 0)
        switch (rc) {
        case 0:
            rc = json_uint(&r->c, &e->time_ns);
            break;
        case 1:
            rc = json_string(&r->c, &e->name);
            break;
        case 2:
            rc = read_attrs(r, &e->attrs);
            break;
        default:
            rc = read_uint32(r, &e->attrs.dropped);
        }
    return rc == NO_MORE ? OBS_OK : rc;
}

static int link_to(struct reader *r, struct otlp_link *l)
{
    static const struct member members[] = {
        MEMBER("traceId", "trace_id"),
        MEMBER("spanId", "span_id"),
        MEMBER("traceState", "trace_state"),
        MEMBER("attributes", "attributes"),
        MEMBER("droppedAttributesCount", "dropped_attributes_count"),
        MEMBER("flags", "flags"),
    };
    bool first = true;
    int rc = json_open(&r->c, '{');

    while (rc >= 0 && (rc = next_member(r, &first, members, COUNT(members))) >= 0)
        switch (rc) {
        case 0:
            rc = read_id(r, &l->trace_id);
            break;
        case 1:
            rc = read_id(r, &l->span_id);
            break;
        case 2:
            rc = json_string(&r->c, &l->trace_state);
            break;
        case 3:
            rc = read_attrs(r, &l->attrs);
            break;
        case 4:
            rc = read_uint32(r, &l->attrs.dropped);
            break;
        default:
            rc = read_uint32(r, &l->flags);
        }
    return rc == NO_MORE ? OBS_OK : rc;
}

/* A growing array of zeroed elements; the new last one, NULL without memory. */
static void *grown(obs_arena *arena, void **items, uint32_t *n, size_t size)
{
    char *last;

    if ((*n & (*n - 1)) == 0) { /* 0, 1, 2, 4, 8 …: full */
        size_t capacity = *n ? (size_t)*n * 2 : 1;
        void *more = obs_arena_calloc(arena, capacity, size);

        if (!more)
            return NULL;
        if (*n)
            memcpy(more, *items, *n * size);
        *items = more;
    }
    last = (char *)*items + *n * size;
    (*n)++;
    return last;
}

static int events(struct reader *r, struct otlp_span *span)
{
    void *items = NULL;
    bool first = true;
    int rc = json_open(&r->c, '[');

    span->n_events = 0;
    while (rc >= 0 && (rc = json_item(&r->c, &first)) > 0) {
        struct otlp_event *e;

        if (json_null(&r->c))
            continue;
        e = grown(r->c.arena, &items, &span->n_events, sizeof(*e));
        rc = e ? event(r, e) : OBS_E_NOMEM;
    }
    span->events = items;
    return rc;
}

static int links(struct reader *r, struct otlp_span *span)
{
    void *items = NULL;
    bool first = true;
    int rc = json_open(&r->c, '[');

    span->n_links = 0;
    while (rc >= 0 && (rc = json_item(&r->c, &first)) > 0) {
        struct otlp_link *l;

        if (json_null(&r->c))
            continue;
        l = grown(r->c.arena, &items, &span->n_links, sizeof(*l));
        rc = l ? link_to(r, l) : OBS_E_NOMEM;
    }
    span->links = items;
    return rc;
}

/* --- span ------------------------------------------------------------------ */

static int status(struct reader *r, struct otlp_span *span)
{
    static const struct member members[] = {MEMBER("message", "message"), MEMBER("code", "code")};
    static const char *const codes[] = {"STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"};
    bool first = true;
    int rc = json_open(&r->c, '{');

    while (rc >= 0 && (rc = next_member(r, &first, members, COUNT(members))) >= 0)
        rc = rc == 0 ? json_string(&r->c, &span->status_message)
                     : read_enum(r, codes, COUNT(codes), &span->status);
    return rc == NO_MORE ? OBS_OK : rc;
}

enum {
    SPAN_TRACE_ID,
    SPAN_ID,
    SPAN_PARENT_ID,
    SPAN_NAME,
    SPAN_KIND,
    SPAN_START,
    SPAN_END,
    SPAN_ATTRIBUTES,
    SPAN_STATUS,
    SPAN_EVENTS,
    SPAN_LINKS,
    SPAN_TRACE_STATE,
    SPAN_DROPPED_ATTRIBUTES,
    SPAN_DROPPED_EVENTS,
    SPAN_DROPPED_LINKS,
    SPAN_FLAGS,
};

static const struct member span_members[] = {
    [SPAN_TRACE_ID] = MEMBER("traceId", "trace_id"),
    [SPAN_ID] = MEMBER("spanId", "span_id"),
    [SPAN_PARENT_ID] = MEMBER("parentSpanId", "parent_span_id"),
    [SPAN_NAME] = MEMBER("name", "name"),
    [SPAN_KIND] = MEMBER("kind", "kind"),
    [SPAN_START] = MEMBER("startTimeUnixNano", "start_time_unix_nano"),
    [SPAN_END] = MEMBER("endTimeUnixNano", "end_time_unix_nano"),
    [SPAN_ATTRIBUTES] = MEMBER("attributes", "attributes"),
    [SPAN_STATUS] = MEMBER("status", "status"),
    [SPAN_EVENTS] = MEMBER("events", "events"),
    [SPAN_LINKS] = MEMBER("links", "links"),
    [SPAN_TRACE_STATE] = MEMBER("traceState", "trace_state"),
    [SPAN_DROPPED_ATTRIBUTES] = MEMBER("droppedAttributesCount", "dropped_attributes_count"),
    [SPAN_DROPPED_EVENTS] = MEMBER("droppedEventsCount", "dropped_events_count"),
    [SPAN_DROPPED_LINKS] = MEMBER("droppedLinksCount", "dropped_links_count"),
    [SPAN_FLAGS] = MEMBER("flags", "flags"),
};

static int span_member(struct reader *r, int member, struct otlp_span *span)
{
    static const char *const kinds[] = {"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL",
                                        "SPAN_KIND_SERVER",      "SPAN_KIND_CLIENT",
                                        "SPAN_KIND_PRODUCER",    "SPAN_KIND_CONSUMER"};

    switch (member) {
    case SPAN_TRACE_ID:
        return read_id(r, &span->trace_id);
    case SPAN_ID:
        return read_id(r, &span->span_id);
    case SPAN_PARENT_ID:
        return read_id(r, &span->parent_span_id);
    case SPAN_NAME:
        return json_string(&r->c, &span->name);
    case SPAN_KIND:
        return read_enum(r, kinds, COUNT(kinds), &span->kind);
    case SPAN_START:
        return json_uint(&r->c, &span->start_ns);
    case SPAN_END:
        return json_uint(&r->c, &span->end_ns);
    case SPAN_ATTRIBUTES:
        return read_attrs(r, &span->attrs);
    case SPAN_STATUS:
        return status(r, span);
    case SPAN_EVENTS:
        return events(r, span);
    case SPAN_LINKS:
        return links(r, span);
    case SPAN_TRACE_STATE:
        return json_string(&r->c, &span->trace_state);
    case SPAN_DROPPED_ATTRIBUTES:
        return read_uint32(r, &span->attrs.dropped);
    case SPAN_DROPPED_EVENTS:
        return read_uint32(r, &span->dropped_events);
    case SPAN_DROPPED_LINKS:
        return read_uint32(r, &span->dropped_links);
    default:
        return read_uint32(r, &span->flags);
    }
}

static int one_span(struct reader *r, const struct otlp_resource *resource,
                    const struct otlp_scope *scope)
{
    struct otlp_batch *batch = r->batch;
    struct otlp_span *span;
    bool first = true;
    int rc = json_open(&r->c, '{');

    if (rc < 0)
        return rc;
    if (batch->max_spans && batch->n_spans >= batch->max_spans)
        return read_too_many(r, batch->max_spans, "spans");
    span = otlp_batch_add(batch);
    if (!span)
        return OBS_E_NOMEM;
    span->resource = resource;
    span->scope = scope;
    while (rc >= 0 && (rc = next_member(r, &first, span_members, COUNT(span_members))) >= 0)
        rc = span_member(r, rc, span);
    return rc == NO_MORE ? OBS_OK : rc;
}

int otlp_json_decode(obs_str body, struct otlp_batch *batch, struct decode_error *error)
{
    static const struct json_signal spans = {
        .of_resource = MEMBER("resourceSpans", "resource_spans"),
        .of_scope = MEMBER("scopeSpans", "scope_spans"),
        .items = MEMBER("spans", "spans"),
        .item = one_span,
    };
    struct reader r;
    int rc;

    reader_init(&r, body, batch->arena, batch, error);
    rc = read_request(&r, &spans, &batch->n_spans);
    batch->n_replaced += r.c.n_replaced;
    return rc;
}
