/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing and reading the content of a span. */
#include "content.h"
#include "json_cursor.h"
#include "messages.h"

struct side {
    bool output;
    enum map_target messages;
    enum map_target text;
    enum indexed_list list;
    const char *messages_field;
    const char *text_field;
};

static const struct side sides[] = {
    {false, TO_INPUT_MESSAGES, TO_INPUT_TEXT, LIST_INPUT, "input_messages", "input_text"},
    {true, TO_OUTPUT_MESSAGES, TO_OUTPUT_TEXT, LIST_OUTPUT, "output_messages", "output_text"},
};

/* What content is read into and from. */
struct reading {
    struct draft *draft;
    struct indexed_parts *parts;
    struct otlp_span *from;
    struct json_out *out;
    struct sources *sources;
    obs_span *span;
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
static obs_str event_messages(const struct otlp_span *from, struct json_out *out, bool output,
                              const struct map_event_row **ret_row)
{
    bool any = false;

    for (uint32_t i = 0; i < from->n_events; i++) {
        const struct map_event_row *row = map_event_find(from->events[i].name);

        if (!row || row->use != (output ? EVENT_OUTPUT : EVENT_INPUT))
            continue;
        json_out_char(out, any ? ',' : '[');
        any = true;
        *ret_row = row;
        write_event_message(out, &from->events[i], row->role);
    }
    if (!any)
        return obs_str_n(NULL, 0);
    json_out_char(out, ']');
    return json_out_take(out);
}

/* --- values ---------------------------------------------------------------- */

/* A value as text: a string as it is, all others as JSON. ptr NULL when out of
 * memory. */
static obs_str text_of(struct json_out *out, const struct otlp_value *value)
{
    if (value->kind == OTLP_STRING || value->kind == OTLP_JSON)
        return value->s;
    json_out_value(out, value);
    return json_out_take(out);
}

/* A text that was sent as JSON, without its quotes; all others as they are. */
static obs_str unquoted(struct json_out *out, obs_str text)
{
    struct json_cursor c;
    obs_str plain;

    json_cursor_init(&c, text, out->arena, /* error= */ NULL);
    if (json_peek(&c) == '"' && json_string(&c, &plain) == OBS_OK && json_finish(&c) == OBS_OK)
        return plain;
    return text;
}

/* Texts of which each was sent as JSON, as the array that they stand for. */
static obs_str joined(struct json_out *out, const struct otlp_value *array)
{
    json_out_char(out, '[');
    for (uint32_t i = 0; i < array->n; i++) {
        const struct otlp_value *item = &array->items[i];

        if (i)
            json_out_char(out, ',');
        if (item->kind == OTLP_STRING)
            json_out_str(out, unquoted(out, item->s));
        else
            json_out_value(out, item);
    }
    json_out_char(out, ']');
    return json_out_take(out);
}

/* The text of a row whose value is always JSON. */
static obs_str json_text_of(struct json_out *out, const struct otlp_value *value)
{
    if (value->kind == OTLP_STRING)
        return unquoted(out, value->s);
    return value->kind == OTLP_ARRAY ? joined(out, value) : text_of(out, value);
}

/* The attribute's value is in a field now. */
static void taken(const struct slot *slot)
{
    slot->attr->value.mapped = 1;
    if (slot->whole)
        slot->whole->value.mapped = 1;
}

/* --- choosing -------------------------------------------------------------- */

static void take_messages(struct reading *r, const struct messages *m, bool output)
{
    obs_span *span = r->span;

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
static int from_attribute(struct reading *r, const struct side *side, const struct slot *slot)
{
    obs_str json = text_of(r->out, &slot->attr->value);
    struct messages m;
    int rc;

    if (!json.ptr)
        return OBS_E_NOMEM;
    rc = messages_read(r->out, json, side->output, &m);
    if (rc < 0)
        return rc;
    if (!m.wrapped)
        taken(slot);
    take_messages(r, &m, side->output);
    sources_add_row(r->sources, side->messages_field, slot->row);
    return OBS_OK;
}

static int from_text(struct reading *r, const struct side *side, const struct slot *slot)
{
    obs_str text = slot->row->marks & MARK_JSON ? json_text_of(r->out, &slot->attr->value)
                                                : text_of(r->out, &slot->attr->value);

    if (!text.ptr)
        return OBS_E_NOMEM;
    taken(slot);
    if (side->output)
        r->span->output_text = text;
    else
        r->span->input_text = text;
    sources_add_row(r->sources, side->text_field, slot->row);
    return OBS_OK;
}

/* Messages that were put together from pieces. */
static int rebuilt(struct reading *r, const struct side *side, obs_str json)
{
    struct messages m;
    int rc;

    if (!json.ptr)
        return r->out->failed ? OBS_E_NOMEM : OBS_E_SYNTAX;
    rc = messages_read(r->out, json, side->output, &m);
    if (rc == OBS_E_SYNTAX) { /* no role and no text in it: kept all the same */
        m = (struct messages){.json = json};
        rc = OBS_OK;
    }
    if (rc == OBS_OK)
        take_messages(r, &m, side->output);
    return rc;
}

static int from_parts(struct reading *r, const struct side *side)
{
    const struct map_row *row = NULL;
    int rc;

    if (r->parts->n == 0)
        return OBS_E_SYNTAX;
    rc = rebuilt(r, side, indexed_write(r->parts, r->out, side->list, &row));
    if (rc == OBS_OK)
        sources_add_row(r->sources, side->messages_field, row);
    return rc;
}

static int from_events(struct reading *r, const struct side *side)
{
    const struct map_event_row *row = NULL;
    int rc;

    if (r->from->n_events == 0)
        return OBS_E_SYNTAX;
    rc = rebuilt(r, side, event_messages(r->from, r->out, side->output, &row));
    if (rc == OBS_OK)
        sources_add(r->sources, side->messages_field, row->dialect, row->name);
    return rc;
}

static int from_documents(struct reading *r)
{
    const struct map_row *row = NULL;
    obs_str json = indexed_write(r->parts, r->out, LIST_DOCUMENTS, &row);

    if (!json.ptr)
        return r->out->failed ? OBS_E_NOMEM : OBS_E_SYNTAX;
    r->span->output_text = json;
    sources_add_row(r->sources, "output_text", row);
    return OBS_OK;
}

static int fill_side(struct reading *r, const struct side *side)
{
    const struct slot *messages = draft_slot(r->draft, side->messages);
    const struct slot *text = draft_slot(r->draft, side->text);
    bool current = messages && messages->row->priority == 1;
    int rc = OBS_E_SYNTAX;

    if (current)
        rc = from_attribute(r, side, messages);
    if (rc == OBS_E_SYNTAX)
        rc = from_parts(r, side);
    if (rc == OBS_E_SYNTAX)
        rc = from_events(r, side);
    if (rc == OBS_E_SYNTAX && messages && !current)
        rc = from_attribute(r, side, messages);
    if (rc == OBS_E_SYNTAX && messages) /* plain text, or cut off by a length limit */
        rc = from_text(r, side, messages);
    if (rc == OBS_E_SYNTAX && side->output && r->parts->n)
        rc = from_documents(r);
    if (rc == OBS_E_SYNTAX && text)
        rc = from_text(r, side, text);
    return rc == OBS_E_SYNTAX ? OBS_OK : rc;
}

/* Tool calls that have an attribute of their own. */
static int fill_calls(struct reading *r)
{
    const struct slot *slot = draft_slot(r->draft, TO_TOOL_CALLS);
    obs_str json;
    int rc;

    if (!slot || r->span->tool_calls.len)
        return OBS_OK;
    json = text_of(r->out, &slot->attr->value);
    if (!json.ptr)
        return OBS_E_NOMEM;
    rc = messages_read_calls(r->out, json, &r->span->tool_calls);
    if (rc < 0)
        return rc == OBS_E_SYNTAX ? OBS_OK : rc;
    taken(slot);
    sources_add_row(r->sources, "tool_calls", slot->row);
    return OBS_OK;
}

/* --- instructions ---------------------------------------------------------- */

static void put_user(struct json_out *out, obs_str text)
{
    JSON_OUT_LITERAL(out, ",{\"role\":\"user\",\"content\":");
    json_out_str(out, text);
    JSON_OUT_LITERAL(out, "}]");
}

/* Instructions that were sent beside the messages, or beside a text, become the
 * first of them: they are parts, or a text. */
static int put_system(struct reading *r)
{
    const struct slot *slot = draft_slot(r->draft, TO_SYSTEM);
    struct json_out *out = r->out;
    obs_str messages = r->span->input_messages, text, parts;

    if (!slot)
        return OBS_OK;
    text = text_of(out, &slot->attr->value);
    if (!text.ptr)
        return OBS_E_NOMEM;
    if (text.len && text.ptr[0] == '[' && json_compacted(out, text, &parts) == OBS_OK) {
        JSON_OUT_LITERAL(out, "[{\"role\":\"system\",\"parts\":");
        json_out_raw(out, parts);
    } else {
        JSON_OUT_LITERAL(out, "[{\"role\":\"system\",\"content\":");
        json_out_str(out, text);
    }
    json_out_char(out, '}');
    if (messages.len > 2)
        json_out_char(out, ',');
    if (messages.len)
        json_out_raw(out, obs_str_n(messages.ptr + 1, messages.len - 1));
    else if (r->span->input_text.len)
        put_user(out, r->span->input_text);
    else
        json_out_char(out, ']');
    r->span->input_messages = json_out_take(out);
    if (!r->span->input_messages.ptr)
        return OBS_E_NOMEM;
    taken(slot);
    sources_add_row(r->sources, "input_messages.system", slot->row);
    return OBS_OK;
}

int content_fill(struct draft *draft, struct indexed_parts *parts, struct otlp_span *from,
                 struct json_out *out, struct sources *sources, obs_span *span)
{
    struct reading r = {draft, parts, from, out, sources, span};
    int rc = fill_side(&r, &sides[0]);

    if (rc == OBS_OK)
        rc = fill_side(&r, &sides[1]);
    if (rc == OBS_OK)
        rc = fill_calls(&r);
    return rc == OBS_OK ? put_system(&r) : rc;
}
