/* SPDX-License-Identifier: Apache-2.0 */
/* Records are sorted by span. What one says of the whole call becomes attributes of
 * its span; a message or an exception becomes an event of it. */
#include "records.h"

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

/* The body as an attribute: text that is JSON has the members of a message. */
static struct otlp_attr body_attr(const struct otlp_value *body)
{
    const char *key = "body";

    if (body->kind == OTLP_STRING)
        key = body->s.len && body->s.ptr[0] == '{' ? "gen_ai.event.content" : "content";
    return (struct otlp_attr){.key = obs_str_of(key), .value = *body};
}

static uint32_t n_attrs(const struct otlp_record *record)
{
    return record->attrs.n + (record->body.kind == OTLP_KVLIST ? record->body.n : 1);
}

/* Appends what a record says: its attributes, and its body as one or as several. */
static void add_attrs(struct otlp_attrs *to, const struct otlp_record *record)
{
    const struct otlp_value *body = &record->body;

    for (uint32_t i = 0; i < record->attrs.n; i++)
        if (!obs_str_is(record->attrs.items[i].key, "event.name"))
            to->items[to->n++] = record->attrs.items[i];
    to->dropped += record->attrs.dropped;
    if (body->kind != OTLP_KVLIST) {
        if (body->kind != OTLP_NONE)
            to->items[to->n++] = body_attr(body);
        return;
    }
    for (uint32_t i = 0; i < body->n; i++)
        if (!obs_str_is(body->attrs[i].key, "event.name"))
            to->items[to->n++] = body->attrs[i];
}

/* --- the records of a span ------------------------------------------------- */

/* Whether a record's attributes are the call's, and not only the event's. */
static bool tells_of_call(const struct told *told)
{
    return told->row->use == EVENT_CONTENT;
}

/* Makes room for the attributes and events of `n` records. */
static bool make_room(obs_arena *arena, const struct told *told, size_t n, struct otlp_span *span)
{
    size_t n_of_call = 0;

    span->events = obs_arena_calloc(arena, n, sizeof(*span->events));
    for (size_t i = 0; i < n; i++)
        if (tells_of_call(&told[i]))
            n_of_call += n_attrs(told[i].record);
    span->attrs.items = obs_arena_alloc(arena, n_of_call * sizeof(*span->attrs.items) + 1);
    return span->events && span->attrs.items;
}

static bool add_record(obs_arena *arena, const struct told *told, struct otlp_span *span)
{
    const struct otlp_record *record = told->record;
    struct otlp_event *event = &span->events[span->n_events++];

    event->name = obs_str_of(told->row->name);
    event->time_ns = record->time_ns ? record->time_ns : record->observed_ns;
    if (tells_of_call(told)) {
        add_attrs(&span->attrs, record);
        return true;
    }
    event->attrs.items = obs_arena_alloc(arena, n_attrs(record) * sizeof(*event->attrs.items) + 1);
    if (!event->attrs.items)
        return false;
    add_attrs(&event->attrs, record);
    return true;
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

/* The records that are for us, sorted; NULL when out of memory. */
static struct told *chosen(const struct otlp_logs *logs, struct records *records)
{
    struct told *told = obs_arena_alloc(logs->arena, logs->n_records * sizeof(*told) + 1);

    for (size_t i = 0; told && i < logs->n_records; i++) {
        const struct otlp_record *record = &logs->records[i];
        const struct map_event_row *row = row_of(record);
        int reject = row ? map_reject_ids(record->trace_id, record->span_id) : -1;

        if (!row) {
            records->n_discarded++;
        } else if (reject >= 0) {
            records->n_rejected++;
            records->rejects[reject]++;
        } else {
            told[records->n_joined++] = (struct told){record, row};
        }
    }
    if (told)
        qsort(told, records->n_joined, sizeof(*told), compare);
    return told;
}

int records_map(const struct map_index *index, obs_str project, uint32_t max_parts,
                const struct otlp_logs *logs, struct mapped *ret, struct records *ret_records)
{
    struct otlp_batch batch = {.arena = logs->arena, .max_parts = max_parts};
    struct records records = {.n = logs->n_records};
    struct told *told = chosen(logs, &records);
    size_t end;
    int rc;

    if (!told)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < records.n_joined; i = end) {
        for (end = i + 1; end < records.n_joined && compare_spans(&told[i], &told[end]) == 0; end++)
            ;
        rc = add_span(&batch, &told[i], end - i);
        if (rc < 0)
            return rc;
    }
    *ret_records = records;
    return map_batch(index, project, &batch, ret);
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
