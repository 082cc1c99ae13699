/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a body by the table of its fields. The first value that is not what it
 * should be ends the reading: an event is taken whole or not at all. */
#include "event.h"
#include "json_value.h"
#include "messages.h"
#include "timeparse.h"

#include <strings.h>

#define MAX_ID 800u /* as in Langfuse */

struct reader {
    struct json_cursor c;
    struct json_out *out;
    struct langfuse_event *event;
    struct langfuse_complaint *complaint;
    const struct langfuse_field *row;
};

static int refuse(struct reader *r, const char *expected)
{
    *r->complaint = (struct langfuse_complaint){r->row->name, expected};
    return OBS_E_INVALID;
}

/* The value of a row. */
static int put(struct reader *r, const struct langfuse_field *row, struct otlp_value value)
{
    size_t index = (size_t)(row - langfuse_fields[r->event->body].rows);

    if (row->attribute) {
        r->event->values[index] = value;
        r->event->set |= UINT32_C(1) << index;
    }
    return OBS_OK;
}

/* The member of the event that the row names, NULL when there is none. */
static void *member(struct reader *r)
{
    return r->row->member ? (char *)r->event + r->row->member : NULL;
}

/* --- texts ----------------------------------------------------------------- */

static int read_string(struct reader *r, const char *expected, obs_str *ret)
{
    return json_peek(&r->c) == '"' ? json_string(&r->c, ret) : refuse(r, expected);
}

static int put_text(struct reader *r, obs_str text)
{
    obs_str *to = member(r);

    if (to)
        *to = text;
    return put(r, r->row, (struct otlp_value){.kind = OTLP_STRING, .s = text});
}

static int read_text(struct reader *r)
{
    obs_str text;
    int rc = read_string(r, "a string", &text);

    return rc < 0 ? rc : put_text(r, text);
}

static int read_id(struct reader *r)
{
    obs_str text;
    int rc = read_string(r, LANGFUSE_AN_ID, &text);

    if (rc < 0)
        return rc;
    return langfuse_is_id(text) ? put_text(r, text) : refuse(r, LANGFUSE_AN_ID);
}

static int read_time(struct reader *r)
{
    int64_t *to = member(r), at_ns;
    obs_str text;
    int rc = read_string(r, LANGFUSE_A_TIME, &text);

    if (rc < 0)
        return rc;
    if (!langfuse_time(text, &at_ns))
        return refuse(r, LANGFUSE_A_TIME);
    if (to)
        *to = at_ns;
    return put(r, r->row, (struct otlp_value){.kind = OTLP_STRING, .s = text});
}

static int read_level(struct reader *r)
{
    static const char *const levels[] = {"DEFAULT", "DEBUG", "WARNING", "ERROR"};
    static const char expected[] = "DEBUG, DEFAULT, WARNING or ERROR";
    obs_str text;
    int rc = read_string(r, expected, &text);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        if (obs_str_is(text, levels[i]))
            return put_text(r, text);
    return refuse(r, expected);
}

bool langfuse_is_id(obs_str text)
{
    return text.len > 0 && text.len <= MAX_ID && !memchr(text.ptr, '\r', text.len);
}

bool langfuse_time(obs_str text, int64_t *ret_ns)
{
    return time_rfc3339(text, ret_ns) == OBS_OK && *ret_ns > 0;
}

const char *langfuse_observation_type(obs_str name)
{
    static const char *const types[] = {"span",      "generation", "event",     "agent",
                                        "tool",      "chain",      "retriever", "evaluator",
                                        "embedding", "guardrail"};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (name.len == strlen(types[i]) && strncasecmp(name.ptr, types[i], name.len) == 0)
            return types[i];
    return NULL;
}

static int read_type(struct reader *r)
{
    static const char expected[] = "SPAN, GENERATION, EVENT, AGENT, TOOL, CHAIN, RETRIEVER, "
                                   "EVALUATOR, EMBEDDING or GUARDRAIL";
    obs_str text;
    int rc = read_string(r, expected, &text);

    if (rc < 0)
        return rc;
    r->event->observation = langfuse_observation_type(text);
    return r->event->observation ? OBS_OK : refuse(r, expected);
}

/* --- other values ---------------------------------------------------------- */

static int read_any(struct reader *r)
{
    struct otlp_value value;
    int rc = json_value_read(&r->c, r->out, &value);

    return rc < 0 ? rc : put(r, r->row, value);
}

static int read_truth(struct reader *r)
{
    char next = json_peek(&r->c);

    return next == 't' || next == 'f' ? read_any(r) : refuse(r, "true or false");
}

/* Passes over a number that is not negative, and whole if `whole`. */
static int number(struct reader *r, bool whole, obs_str *ret)
{
    const char *expected =
        whole ? "whole numbers that are not negative" : "numbers that are not negative";
    char next = json_peek(&r->c);
    uint64_t value;
    int rc;

    if (next < '0' || next > '9')
        return refuse(r, expected);
    rc = json_number(&r->c, ret);
    if (rc < 0)
        return rc;
    return whole && !json_parse_uint(r->c.arena, *ret, &value) ? refuse(r, expected) : OBS_OK;
}

static int read_whole(struct reader *r)
{
    obs_str text;
    int64_t value;
    int rc = number(r, /* whole= */ true, &text);

    if (rc < 0)
        return rc;
    if (!json_parse_int(r->c.arena, text, &value))
        return refuse(r, "a whole number below 2^63");
    return put(r, r->row, (struct otlp_value){.kind = OTLP_INT, .i = value});
}

/* The JSON from `begin` to the cursor as the value of `row`. */
static int put_json(struct reader *r, const struct langfuse_field *row, const char *begin)
{
    struct otlp_value value = {.kind = OTLP_JSON};
    int rc = json_compacted(r->out, obs_str_n(begin, (size_t)(r->c.p - begin)), &value.s);

    return rc < 0 ? rc : put(r, row, value);
}

static int read_texts(struct reader *r)
{
    const char *begin = r->c.p;
    bool first = true;
    struct json_raw raw;
    int rc;

    if (json_peek(&r->c) != '[')
        return refuse(r, "an array of strings");
    rc = json_open(&r->c, '[');
    while (rc >= 0 && (rc = json_item(&r->c, &first)) > 0)
        rc = json_peek(&r->c) == '"' ? json_string_raw(&r->c, &raw)
                                     : refuse(r, "an array of strings");
    return rc < 0 ? rc : put_json(r, r->row, begin);
}

static int read_object(struct reader *r)
{
    return json_peek(&r->c) == '{' ? read_any(r) : refuse(r, "an object");
}

/* --- usage and costs -------------------------------------------------------- */

/* The members of an object of numbers; `nested` allows objects of them in it. */
static int numbers(struct reader *r, bool whole, bool nested)
{
    bool first = true;
    obs_str key, text;
    int rc;

    if (json_peek(&r->c) != '{')
        return refuse(r, "an object");
    rc = json_open(&r->c, '{');
    while (rc >= 0 && (rc = json_key(&r->c, &first, &key)) > 0) {
        if (json_null(&r->c))
            continue;
        rc = nested && json_peek(&r->c) == '{' ? numbers(r, whole, /* nested= */ false)
                                               : number(r, whole, &text);
    }
    return rc;
}

static int read_counts(struct reader *r)
{
    const char *begin = r->c.p;
    int rc = numbers(r, /* whole= */ true, /* nested= */ true);

    return rc < 0 ? rc : put_json(r, r->row, begin);
}

static int read_amounts(struct reader *r)
{
    const char *begin = r->c.p;
    int rc = numbers(r, /* whole= */ false, /* nested= */ false);

    return rc < 0 ? rc : put_json(r, r->row, begin);
}

#define N_COSTS 3

/* One member of a usage; `ret_tokens` is whether its unit is tokens. */
static int usage_member(struct reader *r, obs_str key, obs_str *costs, bool *ret_tokens)
{
    static const char *const counts[] = {"input",        "output",           "total",
                                         "promptTokens", "completionTokens", "totalTokens"};
    static const char *const amounts[N_COSTS] = {"inputCost", "outputCost", "totalCost"};
    obs_str text;
    int rc;

    if (json_null(&r->c))
        return OBS_OK;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        if (obs_str_is(key, counts[i]))
            return number(r, /* whole= */ true, &text);
    for (size_t i = 0; i < N_COSTS; i++)
        if (obs_str_is(key, amounts[i]))
            return number(r, /* whole= */ false, &costs[i]);
    if (!obs_str_is(key, "unit"))
        return json_skip(&r->c, NULL);
    rc = read_string(r, "the unit as a string", &text);
    *ret_tokens = rc < 0 || obs_str_is(text, "TOKENS");
    return rc;
}

/* The costs that came, in the names of costDetails. */
static int put_costs(struct reader *r, const struct langfuse_field *row, const obs_str *costs)
{
    static const char *const names[N_COSTS] = {"input", "output", "total"};
    struct otlp_value object = {.kind = OTLP_JSON};
    bool first = true;

    json_out_char(r->out, '{');
    for (size_t i = 0; i < N_COSTS; i++) {
        struct otlp_value cost = {.kind = OTLP_JSON, .s = costs[i]};

        if (costs[i].len)
            json_out_member(r->out, &first, obs_str_of(names[i]), &cost);
    }
    if (first) {
        json_out_drop(r->out);
        return OBS_OK;
    }
    json_out_char(r->out, '}');
    object.s = json_out_take(r->out);
    return object.s.ptr ? put(r, row, object) : OBS_E_NOMEM;
}

static int read_usage(struct reader *r)
{
    const char *begin = r->c.p;
    obs_str costs[N_COSTS] = {{NULL, 0}}, key;
    bool first = true, tokens = true;
    int rc;

    if (json_peek(&r->c) != '{')
        return refuse(r, "an object");
    rc = json_open(&r->c, '{');
    while (rc >= 0 && (rc = json_key(&r->c, &first, &key)) > 0)
        rc = usage_member(r, key, costs, &tokens);
    if (rc < 0)
        return rc;
    rc = put_json(r, tokens ? r->row : r->row + 1, begin);
    return rc < 0 ? rc : put_costs(r, r->row + 2, costs);
}

/* --- the body --------------------------------------------------------------- */

static int read_value(struct reader *r)
{
    static int (*const readers[])(struct reader *) = {
        [KIND_TEXT] = read_text,     [KIND_ID] = read_id,           [KIND_TIME] = read_time,
        [KIND_ANY] = read_any,       [KIND_TRUTH] = read_truth,     [KIND_WHOLE] = read_whole,
        [KIND_LEVEL] = read_level,   [KIND_TYPE] = read_type,       [KIND_TEXTS] = read_texts,
        [KIND_OBJECT] = read_object, [KIND_METADATA] = read_any,    [KIND_USAGE] = read_usage,
        [KIND_COUNTS] = read_counts, [KIND_AMOUNTS] = read_amounts,
    };

    return readers[r->row->kind](r);
}

static const struct langfuse_field *row_of(uint32_t body, obs_str name)
{
    const struct langfuse_fields *fields = &langfuse_fields[body];

    for (uint32_t i = 0; i < fields->n; i++)
        if (fields->rows[i].name && obs_str_is(name, fields->rows[i].name))
            return &fields->rows[i];
    return NULL;
}

int langfuse_read_body(obs_str json, struct json_out *out, struct langfuse_event *event,
                       struct langfuse_complaint *complaint)
{
    struct reader r = {.out = out, .event = event, .complaint = complaint};
    bool first = true;
    obs_str key;
    int rc;

    json_cursor_init(&r.c, json, out->arena, /* error= */ NULL);
    rc = json_open(&r.c, '{');
    while (rc >= 0 && (rc = json_key(&r.c, &first, &key)) > 0) {
        r.row = row_of(event->body, key);
        if (json_null(&r.c))
            continue;
        rc = r.row ? read_value(&r) : json_skip(&r.c, NULL);
    }
    event->n_replaced = r.c.n_replaced;
    return rc;
}
