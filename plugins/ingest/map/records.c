/* SPDX-License-Identifier: Apache-2.0 */
/* Records are sorted by span. What one says of the whole call becomes attributes of
 * its span; a message or an exception becomes an event of it; an evaluation is
 * feedback. */
#include "records.h"
#include "evaluation.h"

#include <stdlib.h>

/* A record that is an event for us. */
struct told {
    const struct otlp_record *record;
    const struct map_event_row *row;
};

/* --- names ----------------------------------------------------------------- */

static const struct otlp_value *value_of(const struct otlp_attr *attrs, uint32_t n, const char *key)
{
    for (uint32_t i = 0; i < n; i++)
        if (obs_str_is(attrs[i].key, key) && attrs[i].value.kind == OTLP_STRING)
            return &attrs[i].value;
    return NULL;
}

/* Where the name of an event was before the data model had a field for it. */
static obs_str name_of(const struct otlp_record *record)
{
    static const char key[] = "event.name";
    const struct otlp_value *value = NULL;

    if (record->event_name.len)
        return record->event_name;
    value = value_of(record->attrs.items, record->attrs.n, key);
    if (!value && record->body.kind == OTLP_KVLIST)
        value = value_of(record->body.attrs, record->body.n, key);
    return value ? value->s : obs_str_n(NULL, 0);
}

/* The row of an event of generative AI. */
static const struct map_event_row *row_of(const struct otlp_record *record)
{
    const struct map_event_row *row = map_event_find(name_of(record));

    return row && row->dialect >= DIALECT_GENAI && row->dialect <= DIALECT_GENAI_OTHER ? row : NULL;
}

/* --- one record ------------------------------------------------------------ */

/* How many attributes a record has, with the members of a body that is a map. */
static uint32_t n_attrs(const struct otlp_record *record)
{
    return record->attrs.n + (record->body.kind == OTLP_KVLIST ? record->body.n : 0);
}

static void append(struct otlp_attrs *to, const struct otlp_attr *items, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!obs_str_is(items[i].key, "event.name")) /* it is the event's now */
            to->items[to->n++] = items[i];
}

static void append_attrs(struct otlp_attrs *to, const struct otlp_record *record)
{
    append(to, record->attrs.items, record->attrs.n);
    if (record->body.kind == OTLP_KVLIST)
        append(to, record->body.attrs, record->body.n);
    to->dropped += record->attrs.dropped;
}

/* A body that is no map. That of a message is its content, or has its members as
 * JSON text. */
static void append_body(struct otlp_attrs *to, const struct told *told)
{
    const struct otlp_value *body = &told->record->body;
    bool message = told->row->use == EVENT_INPUT || told->row->use == EVENT_OUTPUT;
    const char *key = "body";

    if (body->kind == OTLP_NONE || body->kind == OTLP_KVLIST)
        return;
    if (message && body->kind == OTLP_STRING)
        key = body->s.len && body->s.ptr[0] == '{' ? "gen_ai.event.content" : "content";
    to->items[to->n++] = (struct otlp_attr){.key = obs_str_of(key), .value = *body};
}

/* Makes room for `n` attributes and a body. */
static bool attrs_init(obs_arena *arena, size_t n, struct otlp_attrs *ret)
{
    *ret = (struct otlp_attrs){.items = obs_arena_alloc(arena, (n + 1) * sizeof(*ret->items))};
    return ret->items != NULL;
}

static uint64_t time_of(const struct otlp_record *record)
{
    return record->time_ns ? record->time_ns : record->observed_ns;
}

/* --- the records of a span ------------------------------------------------- */

/* Whether a record's attributes are the call's, and not only the event's. */
static bool tells_of_call(const struct told *told)
{
    return told->row->use == EVENT_CONTENT;
}

static bool add_record(obs_arena *arena, const struct told *told, struct otlp_span *span)
{
    struct otlp_event *event = &span->events[span->n_events++];
    bool of_call = tells_of_call(told);

    event->name = obs_str_of(told->row->name);
    event->time_ns = time_of(told->record);
    if (!attrs_init(arena, of_call ? 0 : n_attrs(told->record), &event->attrs))
        return false;
    append_attrs(of_call ? &span->attrs : &event->attrs, told->record);
    append_body(&event->attrs, told);
    return true;
}

/* Makes room for the events of `n` records, and for the attributes of the call. */
static bool make_room(obs_arena *arena, const struct told *told, size_t n, struct otlp_span *span)
{
    size_t n_of_call = 0;

    for (size_t i = 0; i < n; i++)
        if (tells_of_call(&told[i]))
            n_of_call += n_attrs(told[i].record);
    span->events = obs_arena_calloc(arena, n, sizeof(*span->events));
    return span->events && attrs_init(arena, n_of_call, &span->attrs);
}

static int add_span(struct otlp_batch *batch, const struct told *told, size_t n)
{
    static const struct otlp_scope no_scope; /* the logger's is not the span's */
    struct otlp_span *span = otlp_batch_add(batch);

    if (!span || !make_room(batch->arena, told, n, span))
        return OBS_E_NOMEM;
    span->trace_id = told->record->trace_id;
    span->span_id = told->record->span_id;
    span->resource = told->record->resource;
    span->scope = &no_scope;
    span->store_flags = OBS_SPAN_FRAGMENT;
    for (size_t i = 0; i < n; i++)
        if (!add_record(batch->arena, &told[i], span))
            return OBS_E_NOMEM;
    return OBS_OK;
}

/* --- all ------------------------------------------------------------------- */

static int compare_spans(const struct told *a, const struct told *b)
{
    int order = memcmp(a->record->trace_id.ptr, b->record->trace_id.ptr, 16);

    return order ? order : memcmp(a->record->span_id.ptr, b->record->span_id.ptr, 8);
}

/* By span, and then as they came. */
static int compare(const void *a, const void *b)
{
    const struct told *left = a, *right = b;
    int order = compare_spans(left, right);

    return order ? order : (left->record > right->record) - (left->record < right->record);
}

/* The record's REJECT_*, or -1. An evaluation may be of a whole trace. */
static int reject_of(const struct told *told)
{
    const struct otlp_record *record = told->record;
    bool of_trace = told->row->use == EVENT_EVALUATION && !record->span_id.len;

    if (!map_is_id(record->trace_id, 16))
        return REJECT_TRACE_ID;
    if (!of_trace && !map_is_id(record->span_id, 8))
        return REJECT_SPAN_ID;
    return -1;
}

/* The records that are for us: evaluations from the end of the array backwards, the
 * others from its beginning. NULL when out of memory. */
static struct told *choose(const struct otlp_logs *logs, struct records *records)
{
    struct told *chosen = obs_arena_alloc(logs->arena, logs->n_records * sizeof(*chosen) + 1);

    for (size_t i = 0; chosen && i < logs->n_records; i++) {
        struct told told = {&logs->records[i], row_of(&logs->records[i])};
        int reject = told.row ? reject_of(&told) : -1;

        if (!told.row) {
            records->n_discarded++;
        } else if (reject >= 0) {
            records->n_rejected++;
            records->rejects[reject]++;
        } else if (told.row->use == EVENT_EVALUATION) {
            chosen[logs->n_records - ++records->n_feedback] = told;
        } else {
            chosen[records->n_joined++] = told;
        }
    }
    return chosen;
}

/* One span for those of `told` that are of one. */
static int add_spans(struct otlp_batch *batch, struct told *told, size_t n)
{
    size_t end;
    int rc = OBS_OK;

    qsort(told, n, sizeof(*told), compare);
    for (size_t i = 0; rc == OBS_OK && i < n; i = end) {
        for (end = i + 1; end < n && compare_spans(&told[i], &told[end]) == 0; end++)
            ;
        rc = add_span(batch, &told[i], end - i);
    }
    return rc;
}

static int add_evaluations(struct mapped *mapped, struct json_out *out, obs_str project,
                           const struct told *told, size_t n)
{
    int rc = OBS_OK;

    while (rc == OBS_OK && n-- > 0) { /* the last one came first */
        const struct otlp_record *record = told[n].record;
        struct evaluation evaluation = {
            .trace_id = record->trace_id,
            .span_id = record->span_id,
            .time_ns = time_of(record),
        };

        if (!attrs_init(out->arena, n_attrs(record), &evaluation.attrs))
            return OBS_E_NOMEM;
        append_attrs(&evaluation.attrs, record);
        append_body(&evaluation.attrs, &told[n]);
        rc = evaluation_add(mapped, out, project, &evaluation);
    }
    return rc;
}

int records_map(const struct map_index *index, obs_str project, uint32_t max_parts,
                const struct otlp_logs *logs, struct mapped *ret, struct records *ret_records)
{
    struct otlp_batch batch = {.arena = logs->arena, .max_parts = max_parts};
    struct records records = {.n = logs->n_records};
    struct told *told = choose(logs, &records);
    struct mapped mapped;
    struct json_out out;
    int rc;

    rc = told ? add_spans(&batch, told, records.n_joined) : OBS_E_NOMEM;
    if (rc == OBS_OK)
        rc = map_batch(index, project, &batch, &mapped);
    if (rc < 0)
        return rc;
    json_out_init(&out, logs->arena);
    rc = add_evaluations(&mapped, &out, project, told + records.n - records.n_feedback,
                         records.n_feedback);
    if (rc < 0)
        return rc;
    *ret = mapped;
    *ret_records = records;
    return OBS_OK;
}

obs_str records_text(obs_arena *arena, const struct records *records)
{
    obs_str rejected = obs_str_n("", 0);

    if (records->n_rejected)
        rejected = map_reject_text(arena, records->rejects, "log records", records->n);
    if (!records->n_discarded)
        return rejected;
    return obs_arena_printf(arena,
                            "%.*s%s%zu of %zu log records discarded: only events of generative AI "
                            "are kept",
                            OBS_STR_ARG(rejected), rejected.len ? "; " : "", records->n_discarded,
                            records->n);
}
