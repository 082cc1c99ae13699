/* SPDX-License-Identifier: Apache-2.0 */
/* Every dialect. tests/fixtures/dialects/rows.tsv says of each attribute of the
 * mapping table, alone on a span, which field it fills; NAME.otlp.json are
 * whole requests as instrumentations send them, and NAME.fields all that becomes
 * of them, field by field, whether they come as JSON or as protobuf. With
 * OBSERVATORY_WRITE_FIXTURES=1 the latter are written anew: read the difference. */
#include "fixture_encode.h"
#include "fixture_span.h"

#include <observatory/json.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <stdio.h>
#include <cmocka.h>

#define FOLDER FIXTURES "/dialects/"

static obs_str file(obs_arena *arena, const char *name)
{
    char path[512];
    FILE *in;
    long len;
    char *text;

    snprintf(path, sizeof(path), FOLDER "%s", name);
    in = fopen(path, "rb");
    if (!in)
        fail_msg("cannot read %s", path);
    fseek(in, 0, SEEK_END);
    len = ftell(in);
    rewind(in);
    text = obs_arena_alloc(arena, (size_t)len + 1);
    assert_int_equal(fread(text, 1, (size_t)len, in), len);
    fclose(in);
    text[len] = '\0';
    return obs_str_n(text, (size_t)len);
}

static const obs_json *parsed(obs_arena *arena, obs_str json)
{
    obs_json_error error = {.size = sizeof(error)};
    const obs_json *value;

    if (obs_json_parse(arena, json, &value, &error) < 0)
        fail_msg("%.*s: %s", OBS_STR_ARG(json), error.text);
    return value;
}

/* --- one attribute --------------------------------------------------------- */

/* A line of the list: attribute, value as JSON, field, what is in it. */
struct line {
    obs_str key, value, field, want;
};

static bool next_line(obs_str *text, struct line *ret)
{
    while (text->len) {
        const char *end = memchr(text->ptr, '\n', text->len);
        obs_str parts[4] = {{0}};
        obs_str line = obs_str_n(text->ptr, (size_t)(end - text->ptr));

        *text = obs_str_n(end + 1, text->len - line.len - 1);
        if (line.ptr[0] == '#')
            continue;
        for (unsigned i = 0; i < 4; i++) {
            const char *tab = i < 3 ? memchr(line.ptr, '\t', line.len) : line.ptr + line.len;

            assert_non_null(tab);
            parts[i] = obs_str_n(line.ptr, (size_t)(tab - line.ptr));
            line = obs_str_n(tab + 1, line.len - parts[i].len - (i < 3));
        }
        *ret = (struct line){parts[0], parts[1], parts[2], parts[3]};
        return true;
    }
    return false;
}

static struct otlp_value value_of(obs_arena *arena, const obs_json *json)
{
    struct otlp_value value = {.n = (uint32_t)obs_json_count(json)};

    switch (obs_json_type(json)) {
    case OBS_JSON_STRING:
        return (struct otlp_value){.kind = OTLP_STRING, .s = obs_json_str(json)};
    case OBS_JSON_INT:
        return int_value(obs_json_int(json));
    case OBS_JSON_REAL:
        return double_value(obs_json_double(json));
    case OBS_JSON_ARRAY:
        value.kind = OTLP_ARRAY;
        value.items = obs_arena_calloc(arena, value.n, sizeof(*value.items));
        for (uint32_t i = 0; i < value.n; i++)
            value.items[i] = value_of(arena, obs_json_at(json, i));
        return value;
    default:
        fail_msg("no such value in the list");
        return value;
    }
}

/* {"a":{"b":value}} for "a.b". */
static obs_str nested(obs_arena *arena, obs_str path, obs_str value)
{
    const char *dot = memchr(path.ptr, '.', path.len);
    obs_str head = dot ? obs_str_n(path.ptr, (size_t)(dot - path.ptr)) : path;

    if (dot)
        value = nested(arena, obs_str_n(dot + 1, path.len - head.len - 1), value);
    return obs_arena_printf(arena, "{\"%.*s\": %.*s}", OBS_STR_ARG(head), OBS_STR_ARG(value));
}

static void add_attribute(struct one *one, const struct line *line)
{
    const char *hash = memchr(line->key.ptr, '#', line->key.len);
    obs_str key = line->key, member = {0};
    struct otlp_attr attr;

    if (hash) {
        key = obs_str_n(line->key.ptr, (size_t)(hash - line->key.ptr));
        member = obs_str_n(hash + 1, line->key.len - key.len - 1);
    }
    attr.key = key;
    attr.value = (struct otlp_value){.kind = OTLP_STRING, .s = line->value};
    if (member.len)
        attr.value.s = nested(one->arena, member, line->value);
    else if (line->value.ptr[0] != '{')
        attr.value = value_of(one->arena, parsed(one->arena, line->value));
    if (obs_str_is(key, "service.name"))
        one->resource_attrs[one->resource.attrs.n++] = attr;
    else
        one->attrs[one->span->attrs.n++] = attr;
}

static obs_str text_of(obs_arena *arena, const obs_json *json)
{
    switch (obs_json_type(json)) {
    case OBS_JSON_STRING:
        return obs_json_str(json);
    case OBS_JSON_INT:
        return obs_arena_printf(arena, "%lld", (long long)obs_json_int(json));
    case OBS_JSON_REAL:
        return obs_arena_printf(arena, "%.10g", obs_json_double(json));
    default:
        return obs_str_n(NULL, 0);
    }
}

static obs_str usage_text(obs_arena *arena, const struct usage *usage, const char *name)
{
    unsigned target = 0;

    while (target < N_MAP_TARGETS && strcmp(map_target_names[target], name) != 0)
        target++;
    switch (target) {
    case TO_SERVICE_TIER:
        return usage->service_tier;
    case TO_REGION:
        return usage->region;
    case TO_HOST:
        return usage->host;
    case TO_COST_REPORTER:
        return obs_arena_printf(arena, "%d", usage->provider_cost);
    case N_MAP_TARGETS:
        fail_msg("no such field: %s", name);
    }
    return target <= LAST_COUNT
               ? obs_arena_printf(arena, "%lld", (long long)usage_value(usage, target))
               : obs_arena_printf(arena, "%.9f", (double)usage_value(usage, target) / 1e9);
}

/* What the one score of `source` says, and of what. */
static obs_str feedback_text(obs_arena *arena, const obs_feedback *f, size_t n, const char *source)
{
    static const uint8_t none[8];

    assert_int_equal(n, 1);
    if (!obs_str_is(f->source, source))
        return f->source;
    return obs_arena_printf(arena, "%.10g of the %s", f->value,
                            f->session_id.len                  ? "session"
                            : memcmp(f->span_id, none, 8) == 0 ? "trace"
                                                               : "span");
}

static obs_str field_text(struct one *one, const struct mapped *mapped, obs_str field)
{
    const obs_span *span = &mapped->spans[0];
    const char *name = obs_arena_printf(one->arena, "%.*s", OBS_STR_ARG(field)).ptr;
    const struct {
        const char *name;
        obs_str text;
    } texts[] = {
        {"operation_type", span->operation_type},
        {"provider", span->provider},
        {"model", span->model},
        {"request_model", span->request_model},
        {"finish_reason", span->finish_reason},
        {"error_type", span->error_type},
        {"error_message", span->error_message},
        {"user_id", span->user_id},
        {"session_id", span->session_id},
        {"service_name", span->service_name},
        {"environment", span->environment},
        {"release", span->release},
        {"tags", span->tags},
        {"input_messages", span->input_messages},
        {"input_text", span->input_text},
        {"output_messages", span->output_messages},
        {"output_text", span->output_text},
        {"tool_calls", span->tool_calls},
        {"status_code", obs_str_of(span->status == OBS_STATUS_ERROR ? "ERROR" : "")},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (strcmp(texts[i].name, name) == 0)
            return texts[i].text;
    if (strncmp(name, "model_parameters.", 17) == 0)
        return text_of(one->arena,
                       obs_json_get(parsed(one->arena, span->model_parameters), name + 17));
    if (strncmp(name, "attributes.", 11) == 0)
        return text_of(one->arena, obs_json_get(parsed(one->arena, span->attributes), name + 11));
    if (strcmp(name, "ttft_ms") == 0)
        return obs_arena_printf(one->arena, "%.10g", (double)span->ttft_ns / 1e6);
    if (strncmp(name, "feedback.", 9) == 0)
        return feedback_text(one->arena, mapped->feedback, mapped->n_feedback, name + 9);
    return usage_text(one->arena, mapped->usages[0], name);
}

static void check_line(const struct map_index *index, const struct line *line)
{
    struct one *one = one_create();
    struct mapped mapped;
    obs_str got;

    add_attribute(one, line);
    if (strncmp(line->key.ptr, "session.", 8) == 0 && !obs_str_is(line->key, "session.id"))
        one_text(one, "session.id", "s");
    if (obs_str_is(line->field, "usage.cost_reporter"))
        one_attr(one, "gen_ai.usage.cost", double_value(1));
    assert_int_equal(map_batch(index, obs_str_of("p"), &one->batch, &mapped), OBS_OK);
    got = field_text(one, &mapped, line->field);
    if (!obs_str_eq(got, line->want))
        fail_msg("%.*s: %.*s is '%.*s', expected '%.*s'", OBS_STR_ARG(line->key),
                 OBS_STR_ARG(line->field), OBS_STR_ARG(got), OBS_STR_ARG(line->want));
    one_destroy(one);
}

static void every_attribute_of_the_list_fills_its_field(void **state)
{
    struct map_index *index = map_index_create();
    obs_arena *arena = obs_arena_create(0);
    obs_str text = file(arena, "rows.tsv");
    struct line line;
    unsigned n = 0;

    (void)state;
    for (; next_line(&text, &line); n++)
        check_line(index, &line);
    assert_true(n > 400);
    obs_arena_destroy(arena);
    map_index_destroy(index);
}

/* `key` as a row of the table has it: a number is N, a star is anything. */
static bool is_of_row(obs_str key, const char *row)
{
    const char *p = key.ptr, *end = key.ptr + key.len;

    for (; *row; row++) {
        if (row[0] == '*')
            return true;
        if (row[0] == 'N' && row[-1] == '.' && row[1] == '.') {
            while (p < end && *p >= '0' && *p <= '9')
                p++;
            continue;
        }
        if (p == end || *p++ != *row)
            return false;
    }
    return p == end || row[-1] == '.';
}

static void every_row_of_the_table_is_in_the_list(void **state)
{
    obs_arena *arena = obs_arena_create(0);
    obs_str whole = file(arena, "rows.tsv");

    (void)state;
    for (size_t i = 0; i < map_n_rows; i++) {
        obs_str text = whole;
        struct line line;
        bool found = map_rows[i].target == TO_MEMBERS; /* its members are */

        while (!found && next_line(&text, &line))
            found = is_of_row(line.key, map_rows[i].key);
        if (!found)
            fail_msg("rows.tsv does not have %s", map_rows[i].key);
    }
    obs_arena_destroy(arena);
}

/* --- whole spans ----------------------------------------------------------- */

static void put_text(struct bytes *out, const char *name, obs_str text)
{
    if (text.len == 0)
        return;
    bytes_printf(out, "%s: ", name);
    bytes_add(out, text.ptr, text.len);
    bytes_add(out, "\n", 1);
}

static void put_number(struct bytes *out, const char *name, int64_t number)
{
    if (number >= 0)
        bytes_printf(out, "%s: %lld\n", name, (long long)number);
}

static void put_usage(struct bytes *out, const struct usage *usage)
{
    put_text(out, "usage.service_tier", usage->service_tier);
    put_text(out, "usage.region", usage->region);
    put_text(out, "usage.host", usage->host);
    for (unsigned t = FIRST_COUNT; t <= LAST_COST; t++)
        put_number(out, map_target_names[t], usage_value(usage, t));
}

static void put_span(struct bytes *out, const obs_span *s, const struct usage *usage)
{
    bytes_printf(out, "== %.*s\n", OBS_STR_ARG(s->span_name));
    put_text(out, "operation_type", s->operation_type);
    put_text(out, "provider", s->provider);
    put_text(out, "model", s->model);
    put_text(out, "request_model", s->request_model);
    put_text(out, "finish_reason", s->finish_reason);
    put_text(out, "status", obs_str_of(s->status == OBS_STATUS_ERROR ? "ERROR" : ""));
    put_text(out, "error_type", s->error_type);
    put_text(out, "error_message", s->error_message);
    put_text(out, "user_id", s->user_id);
    put_text(out, "session_id", s->session_id);
    put_text(out, "service_name", s->service_name);
    put_text(out, "environment", s->environment);
    put_text(out, "release", s->release);
    put_text(out, "tags", s->tags);
    put_text(out, "input_text", s->input_text);
    put_text(out, "input_messages", s->input_messages);
    put_text(out, "output_text", s->output_text);
    put_text(out, "output_messages", s->output_messages);
    put_text(out, "tool_calls", s->tool_calls);
    put_text(out, "model_parameters", s->model_parameters);
    put_number(out, "input_tokens", s->input_tokens);
    put_number(out, "input_audio_tokens", s->input_audio_tokens);
    put_number(out, "input_image_tokens", s->input_image_tokens);
    put_number(out, "cache_read_tokens", s->cache_read_tokens);
    put_number(out, "cache_read_audio_tokens", s->cache_read_audio_tokens);
    put_number(out, "cache_write_tokens", s->cache_write_tokens);
    put_number(out, "cache_write_1h_tokens", s->cache_write_1h_tokens);
    put_number(out, "output_tokens", s->output_tokens);
    put_number(out, "output_audio_tokens", s->output_audio_tokens);
    put_number(out, "output_image_tokens", s->output_image_tokens);
    put_number(out, "reasoning_tokens", s->reasoning_tokens);
    put_text(out, "service_tier", s->service_tier);
    put_text(out, "region", s->region);
    put_number(out, "prompt_cost", s->prompt_cost);
    put_number(out, "completion_cost", s->completion_cost);
    put_number(out, "provider_cost", s->provider_cost);
    put_number(out, "emitter_cost", s->emitter_cost);
    put_number(out, "ttft_ns", s->ttft_ns);
    put_usage(out, usage);
    put_text(out, "attributes", s->attributes);
    put_text(out, "events", s->events);
}

static void put_hex(struct bytes *out, const char *name, const uint8_t *id, size_t n)
{
    bytes_printf(out, "%s: ", name);
    for (size_t i = 0; i < n; i++)
        bytes_printf(out, "%02x", id[i]);
    bytes_printf(out, "\n");
}

static void put_feedback(struct bytes *out, const obs_feedback *f)
{
    assert_int_equal(f->resolved, OBS_FEEDBACK_UNSAID);
    assert_true(obs_str_is(f->project_id, "p"));
    bytes_printf(out, "== feedback %.*s\n", OBS_STR_ARG(f->name));
    put_text(out, "id", f->id);
    put_text(out, "session_id", f->session_id);
    if (!f->session_id.len)
        put_hex(out, "trace_id", f->trace_id, sizeof(f->trace_id));
    put_hex(out, "span_id", f->span_id, sizeof(f->span_id));
    if (!isnan(f->value))
        bytes_printf(out, "value: %.17g\n", f->value);
    put_text(out, "label", f->label);
    put_text(out, "comment", f->comment);
    put_text(out, "source", f->source);
    put_text(out, "author", f->author);
    put_text(out, "metadata", f->metadata);
    put_number(out, "ts_ns", f->ts_ns);
}

/* All fields of all spans of a batch, and the feedback that they carry. */
static struct bytes fields_of(const struct map_index *index, struct otlp_batch *batch)
{
    struct bytes out = {0};
    struct mapped mapped;

    assert_int_equal(map_batch(index, obs_str_of("p"), batch, &mapped), OBS_OK);
    assert_int_equal(mapped.n_rejected, 0);
    for (size_t i = 0; i < mapped.n_spans; i++)
        put_span(&out, &mapped.spans[i], mapped.usages[i]);
    for (size_t i = 0; i < mapped.n_feedback; i++)
        put_feedback(&out, &mapped.feedback[i]);
    return out;
}

static void assert_same(const char *name, obs_str got, obs_str want)
{
    size_t at = 0, line = 1;

    if (obs_str_eq(got, want))
        return;
    for (; at < got.len && at < want.len && got.ptr[at] == want.ptr[at]; at++)
        line += got.ptr[at] == '\n';
    while (at > 0 && got.ptr[at - 1] != '\n')
        at--;
    got = obs_str_n(got.ptr + at, got.len - at);
    want = obs_str_n(want.ptr + at, want.len - at);
    fail_msg("%s, line %zu:\n%.*s\nexpected\n%.*s", name, line,
             (int)strcspn(got.len ? got.ptr : "", "\n"), got.ptr,
             (int)strcspn(want.len ? want.ptr : "", "\n"), want.ptr);
}

static void write_file(const char *name, obs_str text)
{
    char path[512];
    FILE *out;

    snprintf(path, sizeof(path), FOLDER "%s", name);
    out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(text.ptr, 1, text.len, out), text.len);
    fclose(out);
}

static void check_request(const struct map_index *index, const char *dialect)
{
    obs_arena *arena = obs_arena_create(0);
    struct otlp_batch json = {.arena = arena}, proto = {.arena = arena};
    struct bytes body = {0}, from_json, from_proto;
    struct decode_error error;
    char name[128];

    snprintf(name, sizeof(name), "%s.otlp.json", dialect);
    if (otlp_json_decode(file(arena, name), &json, &error) < 0)
        fail_msg("%s: %s", name, error.text);
    encode_proto(&json, &body);
    if (otlp_proto_decode(bytes_str(&body), &proto, &error) < 0)
        fail_msg("%s in protobuf: %s", name, error.text);
    from_json = fields_of(index, &json); /* marks what it used: after the encoding */
    from_proto = fields_of(index, &proto);
    snprintf(name, sizeof(name), "%s.fields", dialect);
    if (getenv("OBSERVATORY_WRITE_FIXTURES"))
        write_file(name, bytes_str(&from_json));
    assert_same(name, bytes_str(&from_json), file(arena, name));
    assert_same(name, bytes_str(&from_proto), file(arena, name));
    bytes_finish(&body);
    bytes_finish(&from_json);
    bytes_finish(&from_proto);
    obs_arena_destroy(arena);
}

static void whole_spans_of_each_dialect_give_all_their_fields(void **state)
{
    static const char *const dialects[] = {
        "genai",         "genai-1.41", "genai-1.36", "genai-1.27", "genai-unofficial",
        "openinference", "vercel-ai",  "langfuse",   "traceloop",  "small",
        "mixed",         "feedback"};
    struct map_index *index = map_index_create();

    (void)state;
    for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++)
        check_request(index, dialects[i]);
    map_index_destroy(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_attribute_of_the_list_fills_its_field),
        cmocka_unit_test(every_row_of_the_table_is_in_the_list),
        cmocka_unit_test(whole_spans_of_each_dialect_give_all_their_fields),
    };

    return cmocka_run_group_tests_name("dialects", tests, NULL, NULL);
}
