/* SPDX-License-Identifier: Apache-2.0 */
/* Writing what is left. */
#include "rest.h"
#include "indexed.h"

static void add_text(struct json_out *out, bool *first, const char *key, obs_str text)
{
    struct otlp_value value = {.kind = OTLP_STRING, .s = text};

    if (text.len)
        json_out_member(out, first, obs_str_of(key), &value);
}

static void add_count(struct json_out *out, bool *first, const char *key, uint32_t count)
{
    struct otlp_value value = {.kind = OTLP_INT, .i = count};

    if (count)
        json_out_member(out, first, obs_str_of(key), &value);
}

/* The scope under the names that OpenTelemetry gives it in formats without
 * scopes; the same for all its spans. */
static void render_scope(struct rest *rest, struct json_out *out, const struct otlp_scope *scope)
{
    bool first = true;

    if (rest->scope == scope)
        return;
    rest->scope = scope;
    add_text(out, &first, "otel.scope.name", scope->name);
    add_text(out, &first, "otel.scope.version", scope->version);
    if (scope->attrs.n) {
        struct otlp_value value = {
            .kind = OTLP_KVLIST, .n = scope->attrs.n, .attrs = scope->attrs.items};

        json_out_member(out, &first, (obs_str)OBS_STR("otel.scope.attributes"), &value);
    }
    rest->scope_members = json_out_take(out);
}

/* --- notes ----------------------------------------------------------------- */

static void add_json(struct json_out *out, bool *first, const char *key, obs_str json)
{
    struct otlp_value value = {.kind = OTLP_JSON, .s = json};

    if (json.len)
        json_out_member(out, first, obs_str_of(key), &value);
}

/* Fields that hold less than was sent. */
static void add_truncated(struct json_out *out, bool *first, const struct rest_notes *notes)
{
    static const char *const lists[] = {[LIST_INPUT] = "input_messages",
                                        [LIST_OUTPUT] = "output_messages",
                                        [LIST_DOCUMENTS] = "output_text",
                                        [LIST_FEEDBACK] = "feedback"};
    struct otlp_value fields[sizeof(lists) / sizeof(lists[0]) + 1];
    struct otlp_value array = {.kind = OTLP_ARRAY, .items = fields};

    for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        if (notes->lists_over >> i & 1)
            fields[array.n++] = (struct otlp_value){.kind = OTLP_STRING, .s = obs_str_of(lists[i])};
    if (notes->draft->parameters_over)
        fields[array.n++] =
            (struct otlp_value){.kind = OTLP_STRING, .s = (obs_str)OBS_STR("model_parameters")};
    if (array.n)
        json_out_member(out, first, (obs_str)OBS_STR("observatory.truncated"), &array);
}

static void add_notes(struct json_out *out, bool *first, const struct rest_notes *notes)
{
    if (notes->tokens_ambiguous)
        add_text(out, first, "observatory.tokens", (obs_str)OBS_STR("ambiguous"));
    add_truncated(out, first, notes);
    add_json(out, first, "observatory.sources", notes->sources);
}

/* Attributes that dialects call otherwise, under the name that they have in the
 * conventions, unless that was sent too. */
static void add_renamed(struct json_out *out, bool *first, const struct draft *draft)
{
    for (uint32_t i = 0; i < draft->n_attributes; i++) {
        const struct named *named = &draft->attributes[i];

        if (!obs_str_is(named->name, named->row->key))
            json_out_member(out, first, named->name, &named->value);
    }
}

/* --- attributes, events, links --------------------------------------------- */

void rest_attributes(struct rest *rest, struct json_out *out, const struct rest_notes *notes,
                     const struct otlp_span *from, obs_span *span)
{
    bool first = true;

    render_scope(rest, out, from->scope);
    json_out_mark_repeated(out, &from->attrs);
    json_out_char(out, '{');
    for (uint32_t i = 0; i < from->attrs.n; i++)
        if (!from->attrs.items[i].value.mapped)
            json_out_member(out, &first, from->attrs.items[i].key, &from->attrs.items[i].value);
    add_renamed(out, &first, notes->draft);
    if (rest->scope_members.len) {
        if (!first)
            json_out_char(out, ',');
        first = false;
        json_out_raw(out, rest->scope_members);
    }
    add_text(out, &first, "w3c.tracestate", from->trace_state);
    if (from->status != OBS_STATUS_ERROR)
        add_text(out, &first, "otel.status_description", from->status_message);
    add_count(out, &first, "otel.dropped_attributes_count", from->attrs.dropped);
    add_count(out, &first, "otel.dropped_events_count", from->dropped_events);
    add_count(out, &first, "otel.dropped_links_count", from->dropped_links);
    add_notes(out, &first, notes);
    json_out_char(out, '}');
    span->attributes = json_out_take(out);
}

void rest_events(struct json_out *out, const struct otlp_span *from, obs_span *span)
{
    for (uint32_t i = 0; i < from->n_events; i++) {
        const struct otlp_event *event = &from->events[i];

        json_out_char(out, i ? ',' : '[');
        JSON_OUT_LITERAL(out, "{\"time\":");
        json_out_time(out, event->time_ns > INT64_MAX ? 0 : (int64_t)event->time_ns);
        JSON_OUT_LITERAL(out, ",\"name\":");
        json_out_str(out, event->name);
        JSON_OUT_LITERAL(out, ",\"attributes\":");
        json_out_attrs(out, &event->attrs);
        json_out_char(out, '}');
    }
    if (from->n_events) {
        json_out_char(out, ']');
        span->events = json_out_take(out);
    }
    for (uint32_t i = 0; i < from->n_links; i++) {
        const struct otlp_link *to = &from->links[i];

        json_out_char(out, i ? ',' : '[');
        JSON_OUT_LITERAL(out, "{\"trace_id\":");
        json_out_hex(out, to->trace_id);
        JSON_OUT_LITERAL(out, ",\"span_id\":");
        json_out_hex(out, to->span_id);
        JSON_OUT_LITERAL(out, ",\"attributes\":");
        json_out_attrs(out, &to->attrs);
        json_out_char(out, '}');
    }
    if (from->n_links) {
        json_out_char(out, ']');
        span->links = json_out_take(out);
    }
}
