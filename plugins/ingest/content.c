/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing and reading the content of a span. */
#include "content.h"
#include "json_cursor.h"
#include "messages.h"

struct side {
    bool output;
    enum map_target messages;
    enum map_target text;
};

static const struct side sides[] = {
    {false, TO_INPUT_MESSAGES, TO_INPUT_TEXT},
    {true, TO_OUTPUT_MESSAGES, TO_OUTPUT_TEXT},
};

/* --- message events -------------------------------------------------------- */

static bool has_role(obs_str json, obs_arena *arena)
{
    struct json_cursor c;
    bool first = true;
    obs_str key;
    int rc;

    json_cursor_init(&c, json, arena, /* error= */ NULL);
    rc = json_open(&c, '{');
    while (rc >= 0 && (rc = json_key(&c, &first, &key)) > 0) {
        if (obs_str_is(key, "role"))
            return true;
        rc = json_skip(&c, NULL);
    }
    return false;
}

/* The members of a JSON object sent as text, spliced into the message. */
static bool write_members(struct json_out *out, obs_str json, bool *first)
{
    obs_str object;

    if (json_out_room(out, json.len) == false)
        return false;
    object = json;
    while (object.len && (unsigned char)object.ptr[0] <= ' ')
        object = obs_str_n(object.ptr + 1, object.len - 1);
    while (object.len && (unsigned char)object.ptr[object.len - 1] <= ' ')
        object.len--;
    object = obs_str_n(object.ptr + 1, object.len - 2); /* without its braces */
    if (object.len == 0)
        return true;
    if (!*first)
        json_out_char(out, ',');
    *first = false;
    json_out_compact(out, object);
    return true;
}

static bool is_json(obs_str text, char bracket, obs_arena *arena)
{
    struct json_cursor c;

    json_cursor_init(&c, text, arena, /* error= */ NULL);
    return json_peek(&c) == bracket && json_skip(&c, NULL) == OBS_OK && json_finish(&c) == OBS_OK;
}

static bool is_message_key(obs_str key)
{
    static const char *const keys[] = {"content", "role",         "name",          "id",
                                       "message", "tool_call_id", "finish_reason", "tool_calls",
                                       "index"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (obs_str_is(key, keys[i]))
            return true;
    return false;
}

/* One attribute of a message event as member of the message. */
static void write_event_member(struct json_out *out, struct otlp_attr *attr, bool *first)
{
    bool text = attr->value.kind == OTLP_STRING;
    obs_str value = attr->value.s;

    if (text && obs_str_is(attr->key, "gen_ai.event.content") && is_json(value, '{', out->arena)) {
        attr->value.mapped = 1;
        (void)write_members(out, value, first); /* out of memory shows in take */
        return;
    }
    if (!is_message_key(attr->key))
        return;
    attr->value.mapped = 1;
    if (text && ((obs_str_is(attr->key, "tool_calls") && is_json(value, '[', out->arena)) ||
                 (obs_str_is(attr->key, "message") && is_json(value, '{', out->arena)))) {
        if (!*first)
            json_out_char(out, ',');
        *first = false;
        json_out_str(out, attr->key);
        json_out_char(out, ':');
        json_out_compact(out, value);
        return;
    }
    json_out_member(out, first, attr->key, &attr->value);
}

static void write_event_message(struct json_out *out, const struct otlp_event *event,
                                const char *role)
{
    bool first = true, named = false;

    for (uint32_t i = 0; i < event->attrs.n; i++) {
        const struct otlp_attr *attr = &event->attrs.items[i];

        named |= obs_str_is(attr->key, "role");
        if (obs_str_is(attr->key, "gen_ai.event.content") && attr->value.kind == OTLP_STRING)
            named |= has_role(attr->value.s, out->arena);
    }
    json_out_char(out, '{');
    if (!named) {
        struct otlp_value value = {.kind = OTLP_STRING, .s = obs_str_of(role)};

        json_out_member(out, &first, (obs_str)OBS_STR("role"), &value);
    }
    for (uint32_t i = 0; i < event->attrs.n; i++)
        write_event_member(out, &event->attrs.items[i], &first);
    json_out_char(out, '}');
}

/* Message events of one side as an array; ptr NULL when there are none. */
static obs_str event_messages(struct otlp_span *from, struct json_out *out, bool output)
{
    bool any = false;

    for (uint32_t i = 0; i < from->n_events; i++) {
        const struct map_event_row *row = map_event_find(from->events[i].name);

        if (!row || row->use != (output ? EVENT_OUTPUT : EVENT_INPUT))
            continue;
        json_out_char(out, any ? ',' : '[');
        any = true;
        write_event_message(out, &from->events[i], row->role);
    }
    if (!any)
        return obs_str_n(NULL, 0);
    json_out_char(out, ']');
    return json_out_take(out);
}

/* --- choosing -------------------------------------------------------------- */

static void take_messages(const struct messages *m, bool output, obs_span *span)
{
    if (!output) {
        span->input_messages = m->json;
        span->input_text = m->text;
        return;
    }
    span->output_messages = m->json;
    span->output_text = m->text;
    span->tool_calls = m->tool_calls;
    if (span->finish_reason.len == 0)
        span->finish_reason = m->finish_reason;
}

/* Messages in an attribute, as JSON text or as a structured value. */
static int messages_of(struct otlp_attr *attr, struct json_out *out, bool output, obs_span *span)
{
    struct messages m;
    obs_str json = attr->value.s;
    int rc;

    if (attr->value.kind != OTLP_STRING) {
        json_out_value(out, &attr->value);
        json = json_out_take(out);
        if (!json.ptr)
            return OBS_E_NOMEM;
    }
    rc = messages_read(out, json, output, &m);
    if (rc < 0)
        return rc;
    attr->value.mapped = 1;
    take_messages(&m, output, span);
    return OBS_OK;
}

/* A value as plain text: as it is, or as JSON. */
static int text_of(struct otlp_attr *attr, struct json_out *out, bool output, obs_span *span)
{
    obs_str text = attr->value.s;

    if (attr->value.kind != OTLP_STRING) {
        json_out_value(out, &attr->value);
        text = json_out_take(out);
        if (!text.ptr)
            return OBS_E_NOMEM;
    }
    attr->value.mapped = 1;
    if (output)
        span->output_text = text;
    else
        span->input_text = text;
    return OBS_OK;
}

/* Messages that were put together from pieces. */
static int rebuilt(obs_str json, struct json_out *out, bool output, obs_span *span)
{
    struct messages m;
    int rc;

    if (!json.ptr)
        return out->failed ? OBS_E_NOMEM : OBS_E_SYNTAX;
    rc = messages_read(out, json, output, &m);
    if (rc == OBS_E_SYNTAX) { /* no role and no text in it: kept all the same */
        m = (struct messages){.json = json};
        rc = OBS_OK;
    }
    if (rc == OBS_OK)
        take_messages(&m, output, span);
    return rc;
}

static int fill_side(const struct side *side, struct draft *draft, struct indexed_parts *parts,
                     struct otlp_span *from, struct json_out *out, obs_span *span)
{
    struct slot *messages = &draft->slots[side->messages];
    struct slot *text = &draft->slots[side->text];
    bool current = messages->row && messages->row->priority == 1;
    int rc = OBS_E_SYNTAX;

    if (current)
        rc = messages_of(messages->attr, out, side->output, span);
    if (rc == OBS_E_SYNTAX && parts->n)
        rc = rebuilt(indexed_write(parts, out, side->output), out, side->output, span);
    if (rc == OBS_E_SYNTAX && from->n_events)
        rc = rebuilt(event_messages(from, out, side->output), out, side->output, span);
    if (rc == OBS_E_SYNTAX && messages->row && !current)
        rc = messages_of(messages->attr, out, side->output, span);
    if (rc == OBS_E_SYNTAX && messages->row) /* plain text, or cut off by a length limit */
        rc = text_of(messages->attr, out, side->output, span);
    if (rc == OBS_E_SYNTAX && text->row)
        rc = text_of(text->attr, out, side->output, span);
    return rc == OBS_E_SYNTAX ? OBS_OK : rc;
}

int content_fill(struct draft *draft, struct indexed_parts *parts, struct otlp_span *from,
                 struct json_out *out, obs_span *span)
{
    int rc = fill_side(&sides[0], draft, parts, from, out, span);

    return rc < 0 ? rc : fill_side(&sides[1], draft, parts, from, out, span);
}
