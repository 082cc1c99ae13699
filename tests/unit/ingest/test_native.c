/* SPDX-License-Identifier: Apache-2.0 */
/* Native JSON: every field, every complaint, and times. */
#include "native_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static int setup(void **state)
{
    *state = obs_arena_create(0);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    obs_arena_destroy(*state);
    return 0;
}

static void assert_text(obs_str got, const char *want)
{
    if (!obs_str_is(got, want))
        fail_msg("got '%.*s', expected '%s'", OBS_STR_ARG(got), want);
}

static struct native_batch decoded(obs_arena *arena, const char *text)
{
    struct native_batch batch = {.arena = arena, .project = OBS_STR("default"), .max_spans = 3};
    struct decode_error error;

    if (native_json_decode(obs_str_of(text), &batch, &error) < 0)
        fail_msg("%s", error.text);
    return batch;
}

#define IDS "\"trace_id\":\"5B8EFFF798038103D269B633813FC60C\",\"span_id\":\"eee19b7ec3c1b174\""
#define TIMES "\"ts\":\"2026-01-02T03:04:05.000000006Z\",\"duration_ms\":1.5"

static void every_field_is_stored(void **state)
{
    struct native_batch batch = decoded(
        *state,
        "{" IDS ",\"parent_span_id\":\"0000000000000001\"," TIMES
        ",\"project_id\":\"p\",\"service_name\":\"svc\",\"span_name\":\"n\",\"span_kind\":"
        "\"client\","
        "\"operation_type\":\"completion\",\"provider\":\"openai\",\"model\":\"m\","
        "\"request_model\":\"rm\",\"input_text\":\"in\",\"input_messages\":[ 1 ],\"output_text\":"
        "\"out\",\"output_messages\":[2],\"finish_reason\":\"stop\",\"prompt_tokens\":100,"
        "\"completion_tokens\":50,\"cached_tokens\":30,\"cache_write_tokens\":20,"
        "\"reasoning_tokens\":10,\"total_tokens\":150,\"prompt_cost_usd\":0.1,"
        "\"completion_cost_usd\":0.000000001,\"total_cost_usd\":1e-3,\"cost_source\":\"provider\","
        "\"ttft_ms\":0.25,\"tokens_per_second\":12.5,\"status_code\":\"SUCCESS\",\"error_type\":"
        "\"e\",\"error_message\":\"em\",\"user_id\":\"u\",\"session_id\":\"s\",\"environment\":"
        "\"prod\",\"release\":\"1\",\"tags\":[\"a\", \"b\"],\"attributes\":{\"k\": 1},"
        "\"resource_attributes\":{\"r\":{}},\"events\":[{}],\"links\":[{}],\"sampled\":false,"
        "\"sample_rate\":0.5,\"model_parameters\":{\"t\":1},\"tool_calls\":[{}]}");
    const obs_span *s = batch.spans;

    assert_int_equal(batch.n_spans, 1);
    assert_int_equal(s->trace_id[0], 0x5B);
    assert_int_equal(s->span_id[7], 0x74);
    assert_int_equal(s->parent_span_id[7], 1);
    assert_int_equal(s->start_ns, INT64_C(1767323045000000006));
    assert_int_equal(s->end_ns - s->start_ns, 1500000);
    assert_text(s->project_id, "p");
    assert_text(s->service_name, "svc");
    assert_text(s->span_name, "n");
    assert_text(s->span_kind, "client");
    assert_text(s->operation_type, "completion");
    assert_text(s->provider, "openai");
    assert_text(s->model, "m");
    assert_text(s->request_model, "rm");
    assert_text(s->input_text, "in");
    assert_text(s->input_messages, "[1]");
    assert_text(s->output_text, "out");
    assert_text(s->output_messages, "[2]");
    assert_text(s->finish_reason, "stop");
    assert_int_equal(s->input_tokens, 50);
    assert_int_equal(s->cache_read_tokens, 30);
    assert_int_equal(s->cache_write_tokens, 20);
    assert_int_equal(s->output_tokens, 40);
    assert_int_equal(s->reasoning_tokens, 10);
    assert_int_equal(s->prompt_cost, 100000000);
    assert_int_equal(s->completion_cost, 1);
    assert_int_equal(s->total_cost, 1000000);
    assert_text(s->cost_source, "provider");
    assert_int_equal(s->ttft_ns, 250000);
    assert_int_equal(s->status, OBS_STATUS_OK);
    assert_text(s->error_type, "e");
    assert_text(s->error_message, "em");
    assert_text(s->user_id, "u");
    assert_text(s->session_id, "s");
    assert_text(s->environment, "prod");
    assert_text(s->release, "1");
    assert_text(s->tags, "[\"a\",\"b\"]");
    assert_text(s->attributes, "{\"k\":1}");
    assert_text(s->resource_attributes, "{\"r\":{}}");
    assert_text(s->events, "[{}]");
    assert_text(s->links, "[{}]");
    assert_int_equal(s->flags & OBS_SPAN_SAMPLED, 0);
    assert_true(s->sample_rate == 0.5);
    assert_text(s->model_parameters, "{\"t\":1}");
    assert_text(s->tool_calls, "[{}]");
}

static void what_is_left_out_has_defaults(void **state)
{
    struct native_batch batch = decoded(
        *state,
        "[{" IDS "," TIMES ",\"model\":\"m\",\"parent_span_id\":null,\"prompt_tokens\":null,"
        "\"input_messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"output_messages\":"
        "[{\"role\":\"assistant\",\"tool_calls\":[{\"name\":\"f\"}]}],\"events\":[]}]");
    const obs_span *s = batch.spans;

    assert_text(s->project_id, "default");
    assert_text(s->operation_type, "chat");
    assert_text(s->input_text, "hi");
    assert_text(s->tool_calls, "[{\"name\":\"f\"}]");
    assert_text(s->events, "");
    assert_int_equal(s->input_tokens, OBS_ABSENT);
    assert_int_equal(s->total_cost, OBS_ABSENT);
    assert_int_equal(s->status, OBS_STATUS_UNSET);
    assert_int_equal(s->flags, OBS_SPAN_SAMPLED);
}

static void a_bad_item_is_reported_and_the_others_are_taken(void **state)
{
    struct native_batch batch =
        decoded(*state, "[{" IDS "," TIMES "},{" IDS ",\"modle\":1,\"model\":2},7]");

    assert_int_equal(batch.n_items, 3);
    assert_int_equal(batch.n_spans, 1);
    assert_int_equal(batch.n_rejected, 2);
    assert_int_equal(batch.errors[0].index, 1);
    assert_int_equal(batch.errors[0].error, OBS_E_UNKNOWN);
    assert_text(batch.errors[0].unknown, "modle");
    assert_int_equal(batch.errors[1].index, 2);
}

static void each_wrong_value_names_its_field(void **state)
{
    static const struct {
        const char *members; /* instead of or beside the good ones */
        const char *field;
        int error;
    } bad[] = {
        {"\"span_id\":\"eee19b7ec3c1b174\"," TIMES, "trace_id", OBS_E_MISSING},
        {"\"trace_id\":\"5B8EFFF798038103D269B633813FC60C\"," TIMES, "span_id", OBS_E_MISSING},
        {IDS ",\"duration_ms\":1", "ts", OBS_E_MISSING},
        {IDS ",\"ts\":1790000000", "duration_ms", OBS_E_MISSING},
        {IDS ",\"ts\":1790000000,\"end_time\":1780000000", "end_time", OBS_E_RANGE},
        {IDS "," TIMES ",\"trace_id\":\"xyz\"", "trace_id", OBS_E_INVALID},
        {IDS "," TIMES ",\"trace_id\":\"00000000000000000000000000000000\"", "trace_id",
         OBS_E_INVALID},
        {IDS "," TIMES ",\"span_id\":5", "span_id", OBS_E_INVALID},
        {IDS "," TIMES ",\"ts\":\"yesterday\"", "ts", OBS_E_INVALID},
        {IDS "," TIMES ",\"ts\":[]", "ts", OBS_E_INVALID},
        {IDS "," TIMES ",\"duration_ms\":-1", "duration_ms", OBS_E_INVALID},
        {IDS "," TIMES ",\"model\":5", "model", OBS_E_INVALID},
        {IDS "," TIMES ",\"prompt_tokens\":1.5", "prompt_tokens", OBS_E_INVALID},
        {IDS "," TIMES ",\"prompt_tokens\":\"5\"", "prompt_tokens", OBS_E_INVALID},
        {IDS "," TIMES ",\"prompt_tokens\":5,\"cached_tokens\":6", "prompt_tokens", OBS_E_RANGE},
        {IDS "," TIMES ",\"completion_tokens\":5,\"reasoning_tokens\":6", "completion_tokens",
         OBS_E_RANGE},
        {IDS "," TIMES ",\"status_code\":\"FINE\"", "status_code", OBS_E_INVALID},
        {IDS "," TIMES ",\"span_kind\":\"x\"", "span_kind", OBS_E_INVALID},
        {IDS "," TIMES ",\"operation_type\":\"x\"", "operation_type", OBS_E_INVALID},
        {IDS "," TIMES ",\"total_cost_usd\":-0.5", "total_cost_usd", OBS_E_INVALID},
        {IDS "," TIMES ",\"tags\":{}", "tags", OBS_E_INVALID},
        {IDS "," TIMES ",\"attributes\":[]", "attributes", OBS_E_INVALID},
        {IDS "," TIMES ",\"sampled\":1", "sampled", OBS_E_INVALID},
        {IDS "," TIMES ",\"sample_rate\":2", "sample_rate", OBS_E_INVALID},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[512];
        struct native_batch batch;

        snprintf(text, sizeof(text), "{%s}", bad[i].members);
        batch = decoded(*state, text);
        assert_int_equal(batch.n_rejected, 1);
        if (batch.errors[0].error != bad[i].error || !batch.errors[0].field ||
            strcmp(batch.errors[0].field, bad[i].field) != 0)
            fail_msg("%s: %d %s %s", bad[i].members, batch.errors[0].error,
                     batch.errors[0].field ? batch.errors[0].field : "-", batch.errors[0].text);
    }
}

static void text_cut_at_any_byte_fails_as_a_whole(void **state)
{
    static const char text[] = "[{" IDS "," TIMES ",\"end_time\":1790000000.5,\"model\":\"m\","
                               "\"prompt_tokens\":1,\"total_cost_usd\":0.5,\"status_code\":\"OK\","
                               "\"sampled\":true,\"sample_rate\":0.5,\"tags\":[\"a\"],"
                               "\"attributes\":{\"k\":null},\"span_kind\":\"client\"}]";

    (void)state;
    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        obs_arena *arena = obs_arena_create(0);
        struct native_batch batch = {.arena = arena};
        struct decode_error error;
        char *copy = malloc(len + 1);
        char *exact = copy + 1; /* ends where its memory ends */

        assert_non_null(copy);
        memcpy(exact, text, len);
        assert_int_equal(native_json_decode(obs_str_n(exact, len), &batch, &error), OBS_E_SYNTAX);
        free(copy);
        obs_arena_destroy(arena);
    }
}

static void text_that_is_no_json_fails_as_a_whole(void **state)
{
    static const char *const texts[] = {"",    "5",     "[{]",
                                        "[{}", "{} {}", "[{\"attributes\":{\"a\":}}]"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct native_batch batch = {.arena = *state};
        struct decode_error error;

        assert_int_equal(native_json_decode(obs_str_of(texts[i]), &batch, &error), OBS_E_SYNTAX);
        assert_int_equal(error.line, 1);
    }
}

static void more_items_than_allowed_are_too_large(void **state)
{
    struct native_batch batch = {.arena = *state, .max_spans = 2};
    struct decode_error error;

    assert_int_equal(native_json_decode(obs_str_of("[{},{},{}]"), &batch, &error), OBS_E_TOO_LARGE);
}

static void a_total_cost_is_the_sum_of_what_was_reported(void **state)
{
    struct native_batch batch =
        decoded(*state, "[{" IDS "," TIMES ",\"prompt_cost_usd\":1,\"completion_cost_usd\":2},"
                        "{" IDS "," TIMES ",\"completion_cost_usd\":2},"
                        "{" IDS "," TIMES ",\"prompt_cost_usd\":9e9,\"completion_cost_usd\":9e9}]");

    assert_int_equal(batch.n_spans, 3);
    assert_int_equal(batch.spans[0].total_cost, INT64_C(3000000000));
    assert_int_equal(batch.spans[1].total_cost, INT64_C(2000000000));
    assert_int_equal(batch.spans[2].total_cost, INT64_MAX);
}

static obs_span *span_at(obs_arena *arena, const char *ts)
{
    char text[200];
    struct native_batch batch;

    snprintf(text, sizeof(text), "{" IDS ",\"ts\":%s,\"duration_ms\":1}", ts);
    batch = decoded(arena, text);
    return batch.n_spans ? batch.spans : NULL;
}

/* test_timeparse.c has the rest. */
static void times_are_read_in_every_spelling(void **state)
{
    static const struct {
        const char *ts;
        int64_t ns;
    } good[] = {
        {"\"2026-11-23t07:00:00.123456789z\"", INT64_C(1795417200123456789)},
        {"\"2026-11-23 08:00:00,5+01:00\"", INT64_C(1795417200500000000)},
        {"\"1795417200\"", INT64_C(1795417200000000000)},
        {"1795417200", INT64_C(1795417200000000000)},
        {"1795417200123.456789", INT64_C(1795417200123456789)},
        {"1795417200123456789", INT64_C(1795417200123456789)},
        {"1.7954172001234567e+18", INT64_C(1795417200123456700)},
    };
    static const char *const bad[] = {
        "\"\"",
        "\"2026-11-23\"",
        "\"2026-11-23T07:00:00\"",
        "\"1969-12-31T23:59:59Z\"",
        "-1",
        "\"now\"",
        "\"9999-01-01T00:00:00Z\"",
        "99999999999",
        "false",
        "[]",
        "\"2026\\u000011-23T07:00:00Z\"",
    };

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        const obs_span *span = span_at(*state, good[i].ts);
        if (!span || span->start_ns != good[i].ns)
            fail_msg("%s: %lld", good[i].ts, span ? (long long)span->start_ns : -1);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (span_at(*state, bad[i]))
            fail_msg("%s was taken", bad[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_field_is_stored),
        TEST(what_is_left_out_has_defaults),
        TEST(a_bad_item_is_reported_and_the_others_are_taken),
        TEST(each_wrong_value_names_its_field),
        TEST(text_cut_at_any_byte_fails_as_a_whole),
        TEST(text_that_is_no_json_fails_as_a_whole),
        TEST(more_items_than_allowed_are_too_large),
        TEST(a_total_cost_is_the_sum_of_what_was_reported),
        TEST(times_are_read_in_every_spelling),
    };

    return cmocka_run_group_tests_name("native", tests, NULL, NULL);
}
