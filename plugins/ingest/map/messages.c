/* SPDX-License-Identifier: Apache-2.0 */
/* Reading messages: one pass over the JSON that remembers slices and decides
 * at the end of each message, since members come in any order. */
#include "messages.h"
#include "json_cursor.h"

struct texts {
    struct json_raw *items;
    size_t n;
    size_t capacity;
};

struct scan {
    struct json_cursor c;
    struct json_out *out; /* receives the tool calls */
    bool output;
    bool recognised; /* something in it was a message */
    unsigned n_calls;
    unsigned chosen_rank;
    struct texts chosen;
    struct json_raw finish_reason;
};

/* A message, a part or a tool call under way; what was not there has ptr NULL. */
struct call {
    obs_str id, name, arguments; /* JSON values as written */
};

static int add_text(obs_arena *arena, struct texts *texts, struct json_raw raw)
{
    if (raw.text.len == 0)
        return OBS_OK;
    if (texts->n == texts->capacity) {
        size_t capacity = texts->capacity ? texts->capacity * 2 : 4;
        struct json_raw *items = obs_arena_alloc(arena, capacity * sizeof(*items));

        if (!items)
            return OBS_E_NOMEM;
        if (texts->n)
            memcpy(items, texts->items, texts->n * sizeof(*items));
        texts->items = items;
        texts->capacity = capacity;
    }
    texts->items[texts->n++] = raw;
    return OBS_OK;
}

/* Reads a string if one comes, else passes over the value. */
static int string_or_skip(struct json_cursor *c, struct json_raw *raw)
{
    return json_peek(c) == '"' ? json_string_raw(c, raw) : json_skip(c, NULL);
}

/* --- tool calls ------------------------------------------------------------ */

static int call_member(struct scan *s, obs_str key, struct call *call);

static int call_object(struct scan *s, struct call *call)
{
    bool first = true;
    obs_str key;
    int rc;

    if (json_peek(&s->c) != '{')
        return json_skip(&s->c, NULL);
    rc = json_open(&s->c, '{');
    while (rc >= 0 && (rc = json_key(&s->c, &first, &key)) > 0)
        rc = call_member(s, key, call);
    return rc;
}

static bool is_one_of(obs_str key, const char *const *names)
{
    while (*names && !obs_str_is(key, *names))
        names++;
    return *names != NULL;
}

/* Names of an object around the call: OpenAI, Gemini, Genkit, Bedrock. */
static bool is_call_key(obs_str key)
{
    static const char *const names[] = {"function",    "function_call", "functionCall",
                                        "toolRequest", "toolUse",       NULL};

    return is_one_of(key, names);
}

static int call_member(struct scan *s, obs_str key, struct call *call)
{
    static const char *const ids[] = {"id", "toolCallId", "toolUseId", "call_id", "ref", NULL};
    static const char *const names[] = {"name", "toolName", NULL};
    static const char *const arguments[] = {"arguments", "input", "args", NULL};
    obs_str *to = NULL;

    if (is_call_key(key))
        return call_object(s, call);
    if (json_null(&s->c))
        return OBS_OK;
    if (is_one_of(key, ids))
        to = &call->id;
    else if (is_one_of(key, names))
        to = &call->name;
    else if (is_one_of(key, arguments))
        to = &call->arguments;
    return json_skip(&s->c, to);
}

static void write_call(struct scan *s, const struct call *call)
{
    struct json_out *out = s->out;
    bool more = false;

    if (!s->output || (!call->name.ptr && !call->arguments.ptr))
        return;
    s->recognised = true;
    json_out_char(out, s->n_calls++ ? ',' : '[');
    json_out_char(out, '{');
    if (call->id.ptr) {
        JSON_OUT_LITERAL(out, "\"id\":");
        json_out_raw(out, call->id);
        more = true;
    }
    if (call->name.ptr) {
        if (more)
            json_out_char(out, ',');
        JSON_OUT_LITERAL(out, "\"name\":");
        json_out_raw(out, call->name);
        more = true;
    }
    if (call->arguments.ptr) {
        if (more)
            json_out_char(out, ',');
        JSON_OUT_LITERAL(out, "\"arguments\":");
        if (call->arguments.ptr[0] == '"')
            json_out_raw(out, call->arguments);
        else
            json_out_str(out, call->arguments);
    }
    json_out_char(out, '}');
}

static int calls_array(struct scan *s)
{
    bool first = true;
    int rc;

    if (json_peek(&s->c) != '[')
        return json_skip(&s->c, NULL);
    rc = json_open(&s->c, '[');
    while (rc >= 0 && (rc = json_item(&s->c, &first)) > 0) {
        struct call call = {0};

        rc = call_object(s, &call);
        if (rc >= 0)
            write_call(s, &call);
    }
    return rc;
}

/* --- parts ----------------------------------------------------------------- */

static bool raw_is(struct json_raw raw, const char *text)
{
    return obs_str_is(raw.text, text);
}

static bool is_text_type(struct json_raw type)
{
    return !type.text.ptr || raw_is(type, "text") || raw_is(type, "input_text") ||
           raw_is(type, "output_text");
}

static bool is_call_type(struct json_raw type)
{
    return raw_is(type, "tool_call") || raw_is(type, "tool_use") || raw_is(type, "function_call") ||
           raw_is(type, "tool-call");
}

static int part(struct scan *s, struct texts *texts)
{
    struct json_raw type = {0}, text = {0};
    struct call call = {0};
    bool first = true, around = false; /* an object around a call */
    obs_str key;
    int rc;

    if (json_peek(&s->c) == '"') {
        rc = json_string_raw(&s->c, &text);
        return rc < 0 ? rc : add_text(s->c.arena, texts, text);
    }
    if (json_peek(&s->c) != '{')
        return json_skip(&s->c, NULL);
    rc = json_open(&s->c, '{');
    while (rc >= 0 && (rc = json_key(&s->c, &first, &key)) > 0) {
        if (obs_str_is(key, "type"))
            rc = string_or_skip(&s->c, &type);
        else if (obs_str_is(key, "text") || obs_str_is(key, "content"))
            rc = string_or_skip(&s->c, &text);
        else
            rc = call_member(s, key, &call);
        around |= is_call_key(key);
    }
    if (rc < 0)
        return rc;
    if (is_call_type(type) || (around && !type.text.ptr))
        write_call(s, &call);
    else if (is_text_type(type))
        rc = add_text(s->c.arena, texts, text);
    return rc;
}

/* Content: a text, a part, or an array of them. */
static int content(struct scan *s, struct texts *texts)
{
    bool first = true;
    int rc;

    if (json_peek(&s->c) != '[')
        return part(s, texts);
    rc = json_open(&s->c, '[');
    while (rc >= 0 && (rc = json_item(&s->c, &first)) > 0)
        rc = part(s, texts);
    return rc;
}

/* --- messages -------------------------------------------------------------- */

/* How well a message of `role` stands for its side; the last of the best wins. */
static unsigned rank_of(const struct scan *s, struct json_raw role)
{
    if (s->output)
        return !role.text.ptr || raw_is(role, "assistant") || raw_is(role, "model") ||
                       raw_is(role, "ai")
                   ? 3
                   : 2;
    if (raw_is(role, "user") || raw_is(role, "human"))
        return 3;
    return raw_is(role, "system") || raw_is(role, "developer") ? 1 : 2;
}

static int message(struct scan *s);

static int message_member(struct scan *s, obs_str key, struct json_raw *role, struct texts *texts)
{
    struct call call = {0};
    int rc;

    if (obs_str_is(key, "role")) {
        s->recognised = true;
        return string_or_skip(&s->c, role);
    }
    if (obs_str_is(key, "content") || obs_str_is(key, "parts") || obs_str_is(key, "contents") ||
        obs_str_is(key, "text"))
        return content(s, texts);
    if (obs_str_is(key, "tool_calls"))
        return calls_array(s);
    if (obs_str_is(key, "function_call")) {
        rc = call_object(s, &call);
        if (rc >= 0)
            write_call(s, &call);
        return rc;
    }
    if (obs_str_is(key, "finish_reason") || obs_str_is(key, "finishReason"))
        return string_or_skip(&s->c, &s->finish_reason);
    if (obs_str_is(key, "message") && json_peek(&s->c) == '{')
        return message(s); /* a choice around the message */
    return json_skip(&s->c, NULL);
}

static int message(struct scan *s)
{
    struct json_raw role = {0};
    struct texts texts;
    bool first = true;
    unsigned rank;
    obs_str key;
    int rc;

    texts = (struct texts){0};
    if (json_peek(&s->c) != '{') {
        rc = part(s, &texts); /* a list of plain strings */
    } else {
        rc = json_open(&s->c, '{');
        while (rc >= 0 && (rc = json_key(&s->c, &first, &key)) > 0)
            rc = message_member(s, key, &role, &texts);
    }
    if (rc < 0 || texts.n == 0)
        return rc;
    s->recognised = true;
    rank = rank_of(s, role);
    if (rank >= s->chosen_rank) {
        s->chosen_rank = rank;
        s->chosen = texts;
    }
    return rc;
}

static int scan_all(struct scan *s)
{
    bool first = true;
    int rc;

    if (json_peek(&s->c) == '{') {
        rc = message(s);
    } else {
        rc = json_open(&s->c, '[');
        while (rc >= 0 && (rc = json_item(&s->c, &first)) > 0)
            rc = message(s);
    }
    if (rc == OBS_OK)
        rc = json_finish(&s->c);
    return rc == OBS_OK && !s->recognised ? OBS_E_SYNTAX : rc;
}

/* The chosen parts as one text. */
static int join(struct scan *s, obs_str *ret)
{
    size_t len = 0;
    char *text;
    obs_str piece;
    int rc;

    if (s->chosen.n == 1)
        return json_unescape(&s->c, s->chosen.items[0], ret);
    for (size_t i = 0; i < s->chosen.n; i++)
        len += s->chosen.items[i].text.len + 1;
    text = len ? obs_arena_alloc(s->c.arena, len) : NULL;
    if (!text)
        return len ? OBS_E_NOMEM : OBS_OK;
    len = 0;
    for (size_t i = 0; i < s->chosen.n; i++) {
        rc = json_unescape(&s->c, s->chosen.items[i], &piece);
        if (rc < 0)
            return rc;
        if (i)
            text[len++] = '\n';
        memcpy(text + len, piece.ptr, piece.len);
        len += piece.len;
    }
    *ret = obs_str_n(text, len);
    return OBS_OK;
}

static int compacted(struct json_out *out, obs_str json, bool as_is, bool wrap, obs_str *ret)
{
    if (as_is && !wrap) {
        *ret = json;
        return OBS_OK;
    }
    if (wrap)
        json_out_char(out, '[');
    json_out_compact(out, json);
    if (wrap)
        json_out_char(out, ']');
    *ret = json_out_take(out);
    return ret->ptr ? OBS_OK : OBS_E_NOMEM;
}

int json_compacted(struct json_out *out, obs_str json, obs_str *ret)
{
    struct json_cursor c;
    int rc;

    json_cursor_init(&c, json, out->arena, /* error= */ NULL);
    rc = json_skip(&c, NULL);
    if (rc == OBS_OK)
        rc = json_finish(&c);
    return rc < 0 ? rc : compacted(out, json, !c.spaced, /* wrap= */ false, ret);
}

/* The array of a request around its messages, {"messages": […], "tools": …};
 * false when `json` is no such object. */
static bool unwrap(struct json_out *out, obs_str json, obs_str *ret)
{
    struct json_cursor c;
    bool first = true, found = false;
    obs_str key;
    int rc;

    json_cursor_init(&c, json, out->arena, /* error= */ NULL);
    if (json_peek(&c) != '{')
        return false;
    rc = json_open(&c, '{');
    while (rc >= 0 && (rc = json_key(&c, &first, &key)) > 0) {
        bool inner = obs_str_is(key, "messages") && json_peek(&c) == '[';

        rc = json_skip(&c, inner ? ret : NULL);
        found |= inner;
    }
    return found && rc >= 0;
}

static void scan_init(struct scan *s)
{
    s->recognised = false;
    s->n_calls = s->chosen_rank = 0;
    s->chosen = (struct texts){0};
    s->finish_reason = (struct json_raw){0};
}

int messages_read_calls(struct json_out *out, obs_str json, obs_str *ret)
{
    struct call call = {0};
    struct scan s = {.out = out, .output = true};
    char bracket;
    int rc;

    json_cursor_init(&s.c, json, out->arena, /* error= */ NULL);
    scan_init(&s);
    bracket = json_peek(&s.c);
    rc = bracket == '[' ? calls_array(&s) : bracket == '{' ? call_object(&s, &call) : OBS_E_SYNTAX;
    if (rc >= 0 && bracket == '{')
        write_call(&s, &call);
    if (rc >= 0)
        rc = json_finish(&s.c);
    if (rc < 0 || s.n_calls == 0) {
        json_out_drop(out);
        return rc < 0 ? rc : OBS_E_SYNTAX;
    }
    json_out_char(out, ']');
    *ret = json_out_take(out);
    return ret->ptr ? OBS_OK : OBS_E_NOMEM;
}

int messages_read(struct json_out *out, obs_str json, bool output, struct messages *ret)
{
    struct messages m = {0};
    struct scan s;
    char bracket;
    int rc;

    m.wrapped = unwrap(out, json, &json);

    json_cursor_init(&s.c, json, out->arena, /* error= */ NULL);
    s.out = out;
    s.output = output;
    scan_init(&s);
    bracket = json_peek(&s.c);
    rc = bracket == '[' || bracket == '{' ? scan_all(&s) : OBS_E_SYNTAX;
    if (rc < 0) {
        json_out_drop(out);
        return rc;
    }
    if (s.n_calls) {
        json_out_char(out, ']');
        m.tool_calls = json_out_take(out);
    }
    rc = join(&s, &m.text);
    if (rc == OBS_OK && s.finish_reason.text.len)
        rc = json_unescape(&s.c, s.finish_reason, &m.finish_reason);
    if (rc == OBS_OK)
        rc = compacted(out, json, !s.c.spaced, /* wrap= */ bracket == '{', &m.json);
    if (rc == OBS_OK)
        *ret = m;
    return rc;
}
