/* SPDX-License-Identifier: Apache-2.0 */
/* Native JSON: a table of the API's field names drives the reading; totals of
 * tokens are split into parts at the end of each item. A wrong value spoils
 * its item and not the request: the first complaint of an item is kept and the
 * rest of it is passed over. */
#include "native_json.h"
#include "decimal.h"
#include "json_cursor.h"
#include "messages.h"
#include "timeparse.h"
#include "values.h"

#include <stdio.h>

enum field_kind {
    KIND_TEXT,
    KIND_ARRAY, /* JSON kept as text */
    KIND_OBJECT,
    KIND_TOKENS, /* into item.counts */
    KIND_USD,
    KIND_MS,
    KIND_TIME,
    KIND_ID,
    KIND_STATUS,
    KIND_SPAN_KIND,
    KIND_OPERATION,
    KIND_SAMPLED,
    KIND_RATE,
    KIND_DERIVED, /* checked to be JSON, not stored: it follows from others */
};

struct item {
    obs_span span;
    int64_t duration_ns;
    int64_t prompt, completion, cached, cache_write; /* wholes, their parts are in the span */
    bool has_trace_id, has_span_id, has_start, has_end;
};

struct field {
    const char *name;
    uint8_t kind;
    uint8_t bytes; /* KIND_ID: 16 or 8 */
    uint16_t offset;
};

struct reader {
    struct json_cursor c;
    struct json_out out;
    struct native_batch *batch;
    struct native_error complaint; /* of the item under way; error 0: none */
};

#define IN_ITEM(member) ((uint16_t)offsetof(struct item, member))
#define TEXT_FIELD(member)                                                                         \
    {                                                                                              \
#member, KIND_TEXT, 0, IN_ITEM(span.member)                                                \
    }

static const struct field fields[] = {
    {"ts", KIND_TIME, 0, IN_ITEM(span.start_ns)},
    {"start_time", KIND_TIME, 0, IN_ITEM(span.start_ns)},
    {"end_time", KIND_TIME, 0, IN_ITEM(span.end_ns)},
    {"duration_ms", KIND_MS, 0, IN_ITEM(duration_ns)},
    {"trace_id", KIND_ID, 16, IN_ITEM(span.trace_id)},
    {"span_id", KIND_ID, 8, IN_ITEM(span.span_id)},
    {"parent_span_id", KIND_ID, 8, IN_ITEM(span.parent_span_id)},
    TEXT_FIELD(project_id),
    TEXT_FIELD(service_name),
    TEXT_FIELD(span_name),
    {"span_kind", KIND_SPAN_KIND, 0, IN_ITEM(span.span_kind)},
    {"operation_type", KIND_OPERATION, 0, IN_ITEM(span.operation_type)},
    TEXT_FIELD(provider),
    TEXT_FIELD(model),
    TEXT_FIELD(request_model),
    TEXT_FIELD(input_text),
    {"input_messages", KIND_ARRAY, 0, IN_ITEM(span.input_messages)},
    TEXT_FIELD(output_text),
    {"output_messages", KIND_ARRAY, 0, IN_ITEM(span.output_messages)},
    TEXT_FIELD(finish_reason),
    {"prompt_tokens", KIND_TOKENS, 0, IN_ITEM(prompt)},
    {"completion_tokens", KIND_TOKENS, 0, IN_ITEM(completion)},
    {"cached_tokens", KIND_TOKENS, 0, IN_ITEM(cached)},
    {"cache_write_tokens", KIND_TOKENS, 0, IN_ITEM(cache_write)},
    {"reasoning_tokens", KIND_TOKENS, 0, IN_ITEM(span.reasoning_tokens)},
    {"input_audio_tokens", KIND_TOKENS, 0, IN_ITEM(span.input_audio_tokens)},
    {"input_image_tokens", KIND_TOKENS, 0, IN_ITEM(span.input_image_tokens)},
    {"cached_audio_tokens", KIND_TOKENS, 0, IN_ITEM(span.cache_read_audio_tokens)},
    {"cache_write_1h_tokens", KIND_TOKENS, 0, IN_ITEM(span.cache_write_1h_tokens)},
    {"output_audio_tokens", KIND_TOKENS, 0, IN_ITEM(span.output_audio_tokens)},
    {"output_image_tokens", KIND_TOKENS, 0, IN_ITEM(span.output_image_tokens)},
    TEXT_FIELD(service_tier),
    TEXT_FIELD(region),
    {"total_tokens", KIND_DERIVED, 0, 0},
    {"prompt_cost_usd", KIND_USD, 0, IN_ITEM(span.prompt_cost)},
    {"completion_cost_usd", KIND_USD, 0, IN_ITEM(span.completion_cost)},
    {"total_cost_usd", KIND_USD, 0, IN_ITEM(span.total_cost)},
    {"provider_cost_usd", KIND_USD, 0, IN_ITEM(span.provider_cost)},
    {"emitter_cost_usd", KIND_USD, 0, IN_ITEM(span.emitter_cost)},
    {"price_book_cost_usd", KIND_USD, 0, IN_ITEM(span.book_cost)},
    TEXT_FIELD(cost_source),
    {"cost_details", KIND_OBJECT, 0, IN_ITEM(span.cost_details)},
    {"ttft_ms", KIND_MS, 0, IN_ITEM(span.ttft_ns)},
    {"tokens_per_second", KIND_DERIVED, 0, 0},
    {"status_code", KIND_STATUS, 0, IN_ITEM(span.status)},
    {"status", KIND_STATUS, 0, IN_ITEM(span.status)},
    TEXT_FIELD(error_type),
    TEXT_FIELD(error_message),
    TEXT_FIELD(user_id),
    TEXT_FIELD(session_id),
    TEXT_FIELD(environment),
    TEXT_FIELD(release),
    {"tags", KIND_ARRAY, 0, IN_ITEM(span.tags)},
    {"attributes", KIND_OBJECT, 0, IN_ITEM(span.attributes)},
    {"resource_attributes", KIND_OBJECT, 0, IN_ITEM(span.resource_attributes)},
    {"events", KIND_ARRAY, 0, IN_ITEM(span.events)},
    {"links", KIND_ARRAY, 0, IN_ITEM(span.links)},
    {"sampled", KIND_SAMPLED, 0, 0},
    {"sample_rate", KIND_RATE, 0, 0},
    {"model_parameters", KIND_OBJECT, 0, IN_ITEM(span.model_parameters)},
    {"tool_calls", KIND_ARRAY, 0, IN_ITEM(span.tool_calls)},
};

/* --- complaints ------------------------------------------------------------ */

static void complain(struct reader *r, int error, const char *field, const char *text)
{
    if (r->complaint.error == 0)
        r->complaint = (struct native_error){.field = field, .error = error, .text = text};
}

/* Complains about a value that has been read already. */
static int refuse(struct reader *r, const struct field *f, const char *text)
{
    complain(r, OBS_E_INVALID, f->name, text);
    return OBS_OK;
}

/* Complains about the value that comes next and passes over it. */
static int refuse_next(struct reader *r, const struct field *f, const char *text)
{
    complain(r, OBS_E_INVALID, f->name, text);
    return json_skip(&r->c, NULL);
}

/* --- values ---------------------------------------------------------------- */

static int read_id(struct reader *r, const struct field *f, struct item *item)
{
    uint8_t *to = (uint8_t *)item + f->offset;
    const char *text_for = f->bytes == 16 ? "expected 32 hexadecimal digits, not all zero"
                                          : "expected 16 hexadecimal digits, not all zero";
    uint8_t any = 0;
    obs_str text;
    int rc;

    if (json_peek(&r->c) != '"')
        return refuse_next(r, f, text_for);
    rc = json_string(&r->c, &text);
    if (rc < 0)
        return rc;
    if (text.len != 2u * f->bytes)
        return refuse(r, f, text_for);
    for (size_t i = 0; i < text.len; i++) {
        char d = text.ptr[i];
        int value = d >= '0' && d <= '9'                 ? d - '0'
                    : (d | 32) >= 'a' && (d | 32) <= 'f' ? (d | 32) - 'a' + 10
                                                         : -1;

        if (value < 0)
            return refuse(r, f, text_for);
        to[i / 2] = (uint8_t)(to[i / 2] << 4 | value);
        any |= (uint8_t)value;
    }
    if (!any)
        return refuse(r, f, text_for);
    item->has_trace_id |= f->bytes == 16;
    item->has_span_id |= f->offset == IN_ITEM(span.span_id);
    return OBS_OK;
}

static int read_time(struct reader *r, const struct field *f, struct item *item)
{
    int64_t *to = (int64_t *)(void *)((char *)item + f->offset);
    const char *expected = "expected an RFC 3339 time or a Unix time from 1970 on";
    char next = json_peek(&r->c);
    obs_str text;
    int rc;

    if (next != '"' && next != '-' && (next < '0' || next > '9'))
        return refuse_next(r, f, expected);
    rc = next == '"' ? json_string(&r->c, &text) : json_number(&r->c, &text);
    if (rc < 0)
        return rc;
    if ((time_unix(text, to) < 0 && time_rfc3339(text, to) < 0) || *to < 0)
        return refuse(r, f, expected);
    if (to == &item->span.start_ns)
        item->has_start = true;
    else
        item->has_end = true;
    return OBS_OK;
}

/* A number that is not negative, times 10^places. */
static int read_scaled(struct reader *r, const struct field *f, int places, struct item *item)
{
    int64_t *to = (int64_t *)(void *)((char *)item + f->offset);
    char next = json_peek(&r->c);
    struct decimal number;
    obs_str text;
    int rc;

    if (next != '-' && (next < '0' || next > '9'))
        return refuse_next(r, f, "expected a number");
    rc = json_number(&r->c, &text);
    if (rc < 0)
        return rc;
    if (!decimal_read(text, &number) || !decimal_scaled(&number, places, to) || *to < 0)
        return refuse(r, f, "expected a number that is not negative and not too large");
    return OBS_OK;
}

static int read_tokens(struct reader *r, const struct field *f, struct item *item)
{
    int64_t *to = (int64_t *)(void *)((char *)item + f->offset);
    char next = json_peek(&r->c);
    int64_t value;
    obs_str text;
    int rc;

    if (next != '-' && (next < '0' || next > '9'))
        return refuse_next(r, f, "expected a whole number");
    rc = json_number(&r->c, &text);
    if (rc < 0)
        return rc;
    if (!json_parse_int(r->c.arena, text, &value) || value < 0 || value > INT64_C(1) << 53)
        return refuse(r, f, "expected a whole number that is not negative");
    *to = value;
    return OBS_OK;
}

static int read_text(struct reader *r, const struct field *f, struct item *item)
{
    if (json_peek(&r->c) != '"')
        return refuse_next(r, f, "expected a string");
    return json_string(&r->c, (obs_str *)(void *)((char *)item + f->offset));
}

static int read_json(struct reader *r, const struct field *f, struct item *item)
{
    char bracket = f->kind == KIND_ARRAY ? '[' : '{';
    obs_str text;
    int rc;

    if (json_peek(&r->c) != bracket)
        return refuse_next(r, f, bracket == '[' ? "expected an array" : "expected an object");
    rc = json_skip(&r->c, &text);
    if (rc < 0 || text.len == 2) /* empty: the same as absent */
        return rc;
    return json_compacted(&r->out, text, (obs_str *)(void *)((char *)item + f->offset));
}

/* One of a few words; `*ret` is its number, -1 after a complaint. */
static int read_word(struct reader *r, const struct field *f, const char *const *words, int n,
                     const char *expected, int *ret)
{
    obs_str text;
    int rc;

    *ret = -1;
    if (json_peek(&r->c) != '"')
        return refuse_next(r, f, expected);
    rc = json_string(&r->c, &text);
    if (rc < 0)
        return rc;
    for (int i = 0; i < n; i++)
        if (obs_str_is(text, words[i]))
            *ret = i;
    return *ret < 0 ? refuse(r, f, expected) : OBS_OK;
}

static int read_status(struct reader *r, const struct field *f, struct item *item)
{
    static const char *const words[] = {"UNSET", "OK", "ERROR", "SUCCESS"};
    int word, rc = read_word(r, f, words, 4, "expected OK, ERROR, UNSET or SUCCESS", &word);

    if (word >= 0)
        item->span.status = word == 3 ? OBS_STATUS_OK : (uint32_t)word;
    return rc;
}

static int read_span_kind(struct reader *r, const struct field *f, struct item *item)
{
    static const char *const words[] = {"internal", "server", "client", "producer", "consumer", ""};
    int word, rc = read_word(r, f, words, 6,
                             "expected internal, server, client, producer or consumer", &word);

    if (word >= 0)
        item->span.span_kind = obs_str_of(words[word]);
    return rc;
}

static int read_operation(struct reader *r, const struct field *f, struct item *item)
{
    int rc = read_text(r, f, item);

    if (rc < 0 || !item->span.operation_type.len)
        return rc;
    item->span.operation_type = operation_known(item->span.operation_type);
    if (!item->span.operation_type.len)
        return refuse(r, f,
                      "expected chat, completion, embedding, tool, agent, retrieval, rerank, "
                      "guardrail or internal");
    return OBS_OK;
}

static int read_sampled(struct reader *r, const struct field *f, struct item *item)
{
    char next = json_peek(&r->c);
    bool value;
    int rc;

    if (next != 't' && next != 'f')
        return refuse_next(r, f, "expected true or false");
    rc = json_bool(&r->c, &value);
    if (rc == OBS_OK && !value)
        item->span.flags &= ~OBS_SPAN_SAMPLED;
    return rc;
}

static int read_rate(struct reader *r, const struct field *f, struct item *item)
{
    char next = json_peek(&r->c);
    double value;
    int rc;

    if (next < '0' || next > '9')
        return refuse_next(r, f, "expected a number above 0 and up to 1");
    rc = json_double(&r->c, &value);
    if (rc < 0)
        return rc;
    if (!(value > 0 && value <= 1))
        return refuse(r, f, "expected a number above 0 and up to 1");
    item->span.sample_rate = value;
    return OBS_OK;
}

static int read_value(struct reader *r, const struct field *f, struct item *item)
{
    switch (f->kind) {
    case KIND_TEXT:
        return read_text(r, f, item);
    case KIND_ARRAY:
    case KIND_OBJECT:
        return read_json(r, f, item);
    case KIND_TOKENS:
        return read_tokens(r, f, item);
    case KIND_USD:
        return read_scaled(r, f, /* places= */ 9, item);
    case KIND_MS:
        return read_scaled(r, f, /* places= */ 6, item);
    case KIND_TIME:
        return read_time(r, f, item);
    case KIND_ID:
        return read_id(r, f, item);
    case KIND_STATUS:
        return read_status(r, f, item);
    case KIND_SPAN_KIND:
        return read_span_kind(r, f, item);
    case KIND_OPERATION:
        return read_operation(r, f, item);
    case KIND_SAMPLED:
        return read_sampled(r, f, item);
    case KIND_RATE:
        return read_rate(r, f, item);
    default:
        return json_skip(&r->c, NULL);
    }
}

/* --- the item -------------------------------------------------------------- */

static const struct field *field_of(obs_str name)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (obs_str_is(name, fields[i].name))
            return &fields[i];
    return NULL;
}

/* Takes a part out of its whole; false when it is larger. */
static bool take(int64_t *whole, int64_t part)
{
    if (*whole < 0 || part < 0)
        return true;
    *whole -= part;
    return *whole >= 0;
}

static void finish_tokens(struct reader *r, struct item *item)
{
    obs_span *s = &item->span;

    s->input_tokens = item->prompt;
    s->cache_read_tokens = item->cached;
    s->cache_write_tokens = item->cache_write;
    s->output_tokens = item->completion;
    if (!take(&s->input_tokens, item->cached) || !take(&s->input_tokens, item->cache_write) ||
        !take(&s->input_tokens, s->input_audio_tokens) ||
        !take(&s->input_tokens, s->input_image_tokens))
        complain(r, OBS_E_RANGE, "prompt_tokens",
                 "prompt_tokens includes cached, cache write, audio and image tokens and cannot be "
                 "less");
    if (!take(&s->cache_read_tokens, s->cache_read_audio_tokens))
        complain(r, OBS_E_RANGE, "cached_tokens",
                 "cached_tokens includes cached_audio_tokens and cannot be less");
    if (!take(&s->cache_write_tokens, s->cache_write_1h_tokens))
        complain(r, OBS_E_RANGE, "cache_write_tokens",
                 "cache_write_tokens includes cache_write_1h_tokens and cannot be less");
    if (!take(&s->output_tokens, s->reasoning_tokens) ||
        !take(&s->output_tokens, s->output_audio_tokens) ||
        !take(&s->output_tokens, s->output_image_tokens))
        complain(r, OBS_E_RANGE, "completion_tokens",
                 "completion_tokens includes reasoning, audio and image tokens and cannot be less");
}

/* A cost without its candidates: whoever sent the span reckoned it, unless it
 * names another source, as an exported span does. */
static void finish_cost(obs_span *s)
{
    if (s->total_cost < 0)
        s->total_cost = obs_tokens_sum(s->prompt_cost, s->completion_cost);
    if (s->total_cost < 0 || s->provider_cost >= 0 || s->emitter_cost >= 0 || s->book_cost >= 0)
        return;
    if (obs_str_is(s->cost_source, "provider"))
        s->provider_cost = s->total_cost;
    else if (obs_str_is(s->cost_source, "price_book") ||
             (obs_str_is(s->cost_source, "free") && s->total_cost == 0))
        s->book_cost = s->total_cost;
    else
        s->emitter_cost = s->total_cost;
}

static void finish_times(struct reader *r, struct item *item)
{
    obs_span *span = &item->span;

    if (!item->has_start || span->start_ns <= 0) {
        complain(r, OBS_E_MISSING, "ts", "ts is required");
        return;
    }
    if (!item->has_end) {
        if (item->duration_ns < 0)
            complain(r, OBS_E_MISSING, "duration_ms", "duration_ms or end_time is required");
        else if (item->duration_ns > INT64_MAX - span->start_ns)
            complain(r, OBS_E_RANGE, "duration_ms", "the end is out of range");
        else
            span->end_ns = span->start_ns + item->duration_ns;
    } else if (span->end_ns < span->start_ns) {
        complain(r, OBS_E_RANGE, "end_time", "end_time is before ts");
    }
}

/* Texts that were left out are read from the messages. */
static int finish_content(struct reader *r, obs_span *span)
{
    struct messages m;
    int rc;

    if (span->input_messages.len && !span->input_text.len) {
        rc = messages_read(&r->out, span->input_messages, /* output= */ false, &m);
        if (rc == OBS_E_NOMEM)
            return rc;
        if (rc == OBS_OK)
            span->input_text = m.text;
    }
    if (span->output_messages.len && (!span->output_text.len || !span->tool_calls.len)) {
        rc = messages_read(&r->out, span->output_messages, /* output= */ true, &m);
        if (rc == OBS_E_NOMEM)
            return rc;
        if (rc == OBS_OK && !span->output_text.len)
            span->output_text = m.text;
        if (rc == OBS_OK && !span->tool_calls.len)
            span->tool_calls = m.tool_calls;
    }
    return OBS_OK;
}

static int finish_item(struct reader *r, struct item *item)
{
    obs_span *span = &item->span;

    if (!item->has_trace_id)
        complain(r, OBS_E_MISSING, "trace_id", "trace_id is required");
    if (!item->has_span_id)
        complain(r, OBS_E_MISSING, "span_id", "span_id is required");
    finish_times(r, item);
    finish_tokens(r, item);
    if (!span->project_id.len)
        span->project_id = r->batch->project;
    if (!span->model.len)
        span->model = span->request_model;
    if (!span->operation_type.len)
        span->operation_type = obs_str_of(span->model.len ? "chat" : "internal");
    finish_cost(span);
    return r->complaint.error ? OBS_OK : finish_content(r, span);
}

static int keep(struct native_batch *batch, const obs_span *span)
{
    if (batch->n_spans == batch->capacity) {
        size_t capacity = batch->capacity ? batch->capacity * 2 : 16;
        obs_span *spans = obs_arena_alloc(batch->arena, capacity * sizeof(*spans));

        if (!spans)
            return OBS_E_NOMEM;
        if (batch->n_spans)
            memcpy(spans, batch->spans, batch->n_spans * sizeof(*spans));
        batch->spans = spans;
        batch->capacity = capacity;
    }
    batch->spans[batch->n_spans++] = *span;
    return OBS_OK;
}

static int reject(struct reader *r)
{
    struct native_batch *batch = r->batch;

    batch->n_rejected++;
    if (!batch->errors)
        batch->errors = obs_arena_alloc(batch->arena, NATIVE_MAX_ERRORS * sizeof(*batch->errors));
    if (!batch->errors)
        return OBS_E_NOMEM;
    if (batch->n_errors < NATIVE_MAX_ERRORS) {
        r->complaint.index = batch->n_items - 1;
        batch->errors[batch->n_errors++] = r->complaint;
    }
    return OBS_OK;
}

static int read_members(struct reader *r, struct item *item)
{
    bool first = true;
    obs_str key;
    int rc = json_open(&r->c, '{');

    while (rc >= 0 && (rc = json_key(&r->c, &first, &key)) > 0) {
        const struct field *f = field_of(key);

        if (!f) {
            if (r->complaint.error == 0) {
                complain(r, OBS_E_UNKNOWN, NULL, "unknown field");
                r->complaint.unknown = key;
            }
            rc = json_skip(&r->c, NULL);
        } else if (!json_null(&r->c)) {
            rc = read_value(r, f, item);
        }
    }
    return rc;
}

static int read_item(struct reader *r)
{
    struct item item = {
        .duration_ns = OBS_ABSENT,
        .prompt = OBS_ABSENT,
        .completion = OBS_ABSENT,
        .cached = OBS_ABSENT,
        .cache_write = OBS_ABSENT,
    };
    int rc;

    obs_span_init(&item.span);
    r->complaint = (struct native_error){0};
    r->batch->n_items++;
    if (json_peek(&r->c) != '{') {
        complain(r, OBS_E_INVALID, NULL, "expected a span object");
        rc = json_skip(&r->c, NULL);
    } else {
        rc = read_members(r, &item);
        if (rc == OBS_OK)
            rc = finish_item(r, &item);
    }
    if (rc < 0)
        return rc;
    return r->complaint.error ? reject(r) : keep(r->batch, &item.span);
}

int native_json_decode(obs_str body, struct native_batch *batch, struct decode_error *error)
{
    struct reader r = {.batch = batch};
    bool first = true;
    int rc;

    error->text[0] = '\0';
    json_cursor_init(&r.c, body, batch->arena, error);
    json_out_init(&r.out, batch->arena);
    if (json_peek(&r.c) == '{') {
        rc = read_item(&r);
        return rc < 0 ? rc : json_finish(&r.c);
    }
    rc = json_peek(&r.c) == '[' ? json_open(&r.c, '[')
                                : json_fail(&r.c, "a span object or an array of them");
    while (rc >= 0 && (rc = json_item(&r.c, &first)) > 0) {
        if (batch->max_spans && batch->n_items >= batch->max_spans) {
            (void)json_fail(&r.c, "fewer items"); /* for the position */
            snprintf(error->text, sizeof(error->text), "more than %zu items", batch->max_spans);
            return OBS_E_TOO_LARGE;
        }
        rc = read_item(&r);
    }
    return rc < 0 ? rc : json_finish(&r.c);
}
