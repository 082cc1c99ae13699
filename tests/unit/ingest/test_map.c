/* SPDX-License-Identifier: Apache-2.0 */
/* The mapping: what rows of the table do together. Each by itself is in
 * test_dialects.c. */
#include "fixture_span.h"

#include <observatory/json.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio.h>
#include <cmocka.h>

static int setup(void **state)
{
    *state = one_create();
    return 0;
}

static int teardown(void **state)
{
    one_destroy(*state);
    return 0;
}

static void assert_text(obs_str got, const char *want)
{
    if (!obs_str_is(got, want))
        fail_msg("got '%.*s', expected '%s'", OBS_STR_ARG(got), want);
}

static const obs_json *parsed(struct one *one, obs_str json)
{
    obs_json_error error = {.size = sizeof(error)};
    const obs_json *value;

    if (obs_json_parse(one->arena, json, &value, &error) < 0)
        fail_msg("%.*s: %s", OBS_STR_ARG(json), error.text);
    return value;
}

static bool has_attribute(struct one *one, const obs_span *span, const char *key)
{
    return obs_json_get(parsed(one, span->attributes), key) != NULL;
}

/* --- the table ------------------------------------------------------------- */

static void every_row_is_found_by_its_name_and_only_by_it(void **state)
{
    struct map_index *index = map_index_create();
    uint32_t number;
    obs_str rest;

    (void)state;
    for (size_t i = 0; i < map_n_rows; i++) {
        const char *key = map_rows[i].key;
        const struct map_row *other;
        obs_str shorter;

        if (strstr(key, ".N.") || key[strlen(key) - 1] == '*')
            continue;
        assert_ptr_equal(map_index_find(index, obs_str_of(key), &number, &rest), &map_rows[i]);
        shorter = obs_str_n(key, strlen(key) - 1);
        other = map_index_find(index, shorter, &number, &rest);
        if (other && !obs_str_is(shorter, other->key))
            fail_msg("%.*s found %s", OBS_STR_ARG(shorter), other->key);
    }
    assert_null(map_index_find(index, obs_str_n("", 0), &number, &rest));
    assert_null(map_index_find(index, obs_str_of("gen_ai.prompt.names"), &number, &rest));
    assert_null(map_index_find(index, obs_str_of("gen_ai.prompt.1."), &number, &rest));
    assert_null(map_index_find(index, obs_str_of("embedding.embeddings.1.embedding.texts"), &number,
                               &rest));
    assert_null(map_index_find(index, obs_str_of("gen_ai.prompt.1"), &number, &rest));
    assert_null(map_index_find(index, obs_str_of("gen_ai.prompt.1234567.role"), &number, &rest));
    map_index_destroy(index);
}

/* --- rows together --------------------------------------------------------- */

static void a_current_name_wins_over_an_old_one(void **state)
{
    struct one *one = *state;
    obs_span span;

    one_text(one, "gen_ai.provider.name", "anthropic");
    one_text(one, "gen_ai.system", "openai");
    one_int(one, "gen_ai.usage.prompt_tokens", 1);
    one_int(one, "gen_ai.usage.input_tokens", 2);
    span = one_map(one);
    assert_text(span.provider, "anthropic");
    assert_int_equal(span.input_tokens, 2);
    assert_true(has_attribute(one, &span, "gen_ai.system"));
}

static void a_value_that_cannot_be_read_is_no_candidate(void **state)
{
    struct one *one = *state;
    obs_span span;

    one_text(one, "gen_ai.operation.name", "something_new");
    one_text(one, "openinference.span.kind", "TOOL");
    one_text(one, "gen_ai.usage.input_tokens", "many");
    one_int(one, "gen_ai.usage.prompt_tokens", 7);
    one_int(one, "gen_ai.usage.output_tokens", -3);
    span = one_map(one);
    assert_text(span.operation_type, "tool");
    assert_int_equal(span.input_tokens, 7);
    assert_int_equal(span.output_tokens, OBS_ABSENT);
}

static void a_span_with_a_model_and_no_operation_is_a_chat(void **state)
{
    struct one *one = *state;
    obs_span span;

    assert_text(one_map(one).operation_type, "internal");
    one_text(one, "gen_ai.request.model", "gpt-4o");
    span = one_map(one);
    assert_text(span.operation_type, "chat");
    assert_text(span.model, "gpt-4o"); /* the best that is known of who answered */
    assert_text(span.request_model, "gpt-4o");
}

static void the_resource_names_service_release_and_environment(void **state)
{
    struct one *one = *state;
    obs_span span;

    one_resource(one, "service.name", "shop");
    one_resource(one, "service.version", "1.2.3");
    one_resource(one, "deployment.environment", "staging");
    one_resource(one, "user.id", "device");
    one_text(one, "user.id", "person");
    span = one_map(one);
    assert_text(span.service_name, "shop");
    assert_text(span.release, "1.2.3");
    assert_text(span.environment, "staging");
    assert_text(span.user_id, "person"); /* the span's own wins */
    assert_text(span.resource_attributes,
                "{\"service.name\":\"shop\",\"service.version\":\"1.2.3\","
                "\"deployment.environment\":\"staging\",\"user.id\":\"device\"}");
}

static void attributes_keep_their_types(void **state)
{
    struct one *one = *state;
    struct otlp_value items[] = {string_value("a"), int_value(-1)};
    struct otlp_attr member = {obs_str_of("k\n"), double_value(0.1)};
    obs_span span;

    one_int(one, "i", INT64_MIN);
    one_attr(one, "d", double_value(2.0));
    one_attr(one, "s", string_value("q\"\\\x01\xC3\xA9"));
    one_attr(one, "b", (struct otlp_value){.kind = OTLP_BOOL, .i = 1});
    one_attr(one, "a", (struct otlp_value){.kind = OTLP_ARRAY, .n = 2, .items = items});
    one_attr(one, "o", (struct otlp_value){.kind = OTLP_KVLIST, .n = 1, .attrs = &member});
    one_attr(one, "raw", (struct otlp_value){.kind = OTLP_BYTES, .s = obs_str_n("\0\xFF", 2)});
    one_attr(one, "none", (struct otlp_value){.kind = OTLP_NONE});
    one->scope.name = obs_str_of("lib");
    one->span->trace_state = obs_str_of("v=1");
    one->span->attrs.dropped = 3;
    span = one_map(one);
    assert_text(span.attributes,
                "{\"i\":-9223372036854775808,\"d\":2.0,\"s\":\"q\\\"\\\\\\u0001\xC3\xA9\","
                "\"b\":true,\"a\":[\"a\",-1],\"o\":{\"k\\n\":0.1},\"raw\":\"AP8=\",\"none\":null,"
                "\"otel.scope.name\":\"lib\",\"w3c.tracestate\":\"v=1\","
                "\"otel.dropped_attributes_count\":3}");
}

static void of_repeated_attributes_the_last_one_counts(void **state)
{
    struct one *one = *state;
    struct otlp_attr members[] = {{obs_str_of("x"), int_value(1)}, {obs_str_of("x"), int_value(2)}};
    obs_span span;
    char key[32];

    one_text(one, "user.id", "first");
    one_text(one, "user.id", "second");
    one_attr(one, "o", (struct otlp_value){.kind = OTLP_KVLIST, .n = 2, .attrs = members});
    span = one_map(one);
    assert_text(span.user_id, "second");
    assert_text(span.attributes, "{\"user.id\":\"second\",\"o\":{\"x\":2}}");
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof(key), "key-%d", i % 300);
        one_int(one, key, i);
    }
    span = one_map(one);
    assert_int_equal(obs_json_count(parsed(one, span.attributes)), 302);
    assert_int_equal(obs_json_int(obs_json_get(parsed(one, span.attributes), "key-99")), 999);
}

static void priorities_of_one_field_are_a_total_order(void **state)
{
    bool current[N_MAP_TARGETS] = {false};

    (void)state;
    for (size_t i = 0; i < map_n_rows; i++) {
        const struct map_row *a = &map_rows[i];

        if (a->target < N_MAP_TARGETS && a->priority == 1)
            current[a->target] = true;
        for (size_t k = 0; k < i; k++) {
            const struct map_row *b = &map_rows[k];
            bool same = a->target == b->target && a->priority == b->priority;

            if (strcmp(a->key, b->key) == 0)
                fail_msg("%s is there twice", a->key);
            if (same && a->target != TO_FEEDBACK_PART && /* each of these counts */
                (a->target < N_MAP_TARGETS ||
                 (a->name && b->name && strcmp(a->name, b->name) == 0)))
                fail_msg("%s and %s have one priority", a->key, b->key);
        }
    }
    for (unsigned t = 0; t < N_MAP_TARGETS; t++)
        if (!current[t])
            fail_msg("%s has no first row", map_target_names[t]);
}

static void parameters_are_collected_under_short_names(void **state)
{
    struct one *one = *state;
    obs_span span;

    one_attr(one, "gen_ai.request.temperature", double_value(0.5));
    one_int(one, "llm.top_k", 4);
    one_int(one, "gen_ai.request.top_k", 5);
    one_text(one, "llm.invocation_parameters", "{\"x\":1}");
    span = one_map(one);
    assert_text(span.model_parameters, "{\"temperature\":0.5,\"top_k\":5,\"x\":1}");
    assert_true(has_attribute(one, &span, "llm.invocation_parameters"));
}

static void errors_come_from_status_attribute_or_exception(void **state)
{
    struct one *one = *state;
    obs_span span;

    one_event(one, "exception", 10);
    one_event_text(one, "exception.type", "TimeoutError");
    one_event_text(one, "exception.message", "took too long");
    span = one_map(one);
    assert_text(span.error_type, ""); /* handled: the span is no error */
    one->span->status = OBS_STATUS_ERROR;
    span = one_map(one);
    assert_int_equal(span.status, OBS_STATUS_ERROR);
    assert_text(span.error_type, "TimeoutError");
    assert_text(span.error_message, "took too long");
    one->span->status_message = obs_str_of("gave up");
    one_text(one, "error.type", "timeout");
    span = one_map(one);
    assert_text(span.error_type, "timeout");
    assert_text(span.error_message, "gave up");
}

static void time_to_first_token_is_an_attribute_or_the_first_chunk(void **state)
{
    struct one *one = *state;

    one_event(one, "llm.content.completion.chunk", 7000);
    one_event(one, "llm.content.completion.chunk", 5000);
    assert_int_equal(one_map(one).ttft_ns, 5000);
    one_attr(one, "gen_ai.response.time_to_first_chunk", double_value(0.000321));
    assert_int_equal(one_map(one).ttft_ns, 321000);
}

static void reported_costs_are_kept_as_the_emitters(void **state)
{
    struct one *one = *state;
    obs_span span;

    one_attr(one, "llm.cost.prompt", double_value(0.1));
    one_attr(one, "llm.cost.completion", double_value(0.2));
    span = one_map(one);
    assert_int_equal(span.prompt_cost, 100000000);
    assert_int_equal(span.completion_cost, 200000000);
    assert_int_equal(span.emitter_cost, 300000000);
    assert_int_equal(span.provider_cost, OBS_ABSENT);
}

static void events_and_links_are_kept_as_json(void **state)
{
    struct one *one = *state;
    struct otlp_link link = {.trace_id = obs_str_n("\x01\x02", 2), .span_id = obs_str_n("\xAB", 1)};
    obs_span span;

    one_event(one, "cache.miss", 999);
    one_event_text(one, "key", "k");
    one->span->links = &link;
    one->span->n_links = 1;
    span = one_map(one);
    assert_text(span.events,
                "[{\"time\":\"2026-09-21T14:13:20.000000999Z\",\"name\":\"cache.miss\","
                "\"attributes\":{\"key\":\"k\"}}]");
    assert_text(span.links, "[{\"trace_id\":\"0102\",\"span_id\":\"ab\",\"attributes\":{}}]");
}

static void an_unsampled_flag_is_kept(void **state)
{
    struct one *one = *state;

    assert_true(one_map(one).flags & OBS_SPAN_SAMPLED); /* no flags sent: nothing is told */
    one->span->flags = 0x101;
    assert_true(one_map(one).flags & OBS_SPAN_SAMPLED);
    one->span->flags = 0x100;
    assert_false(one_map(one).flags & OBS_SPAN_SAMPLED);
}

static void spans_that_cannot_be_stored_are_counted_by_reason(void **state)
{
    struct one *one = *state;
    struct otlp_span good = *one->span;
    struct map_index *index = map_index_create();
    struct mapped mapped;
    obs_str text;

    for (int i = 0; i < 7; i++)
        *otlp_batch_add(&one->batch) = good;
    one->batch.spans[1].trace_id = obs_str_n("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    one->batch.spans[2].trace_id.len = 15;
    one->batch.spans[3].span_id.len = 0;
    one->batch.spans[4].parent_span_id = obs_str_n("abc", 3);
    one->batch.spans[5].start_ns = 0;
    one->batch.spans[6].end_ns = good.start_ns - 1;
    one->batch.spans[7].end_ns = good.start_ns;
    assert_int_equal(map_batch(index, obs_str_of("p"), &one->batch, &mapped), OBS_OK);
    assert_int_equal(mapped.n_spans, 2);
    assert_int_equal(mapped.n_rejected, 6);
    assert_int_equal(mapped.rejects[REJECT_TRACE_ID], 2);
    assert_int_equal(mapped.rejects[REJECT_END], 1);
    text = map_reject_text(one->arena, mapped.rejects, "spans", mapped.n_spans + mapped.n_rejected);
    assert_non_null(strstr(text.ptr, "6 of 8 spans rejected; 2: trace_id"));
    map_index_destroy(index);
}

static void providers_get_one_name(void **state)
{
    static const char *const cases[][2] = {
        {"OpenAI", "openai"},
        {"openai.responses", "openai"},
        {"anthropic.messages", "anthropic"},
        {"google.generative-ai", "gcp.gemini"},
        {"google.vertex.chat", "gcp.vertex_ai"},
        {"amazon-bedrock", "aws.bedrock"},
        {"azure-openai.chat", "azure.ai.openai"},
        {"groq.chat", "groq"},
        {"Langchain", ""},
        {"az.ai.openai", "azure.ai.openai"},
        {"vertex_ai", "gcp.vertex_ai"},
        {"xai", "x_ai"},
        {"mistralai", "mistral_ai"},
        {"bedrock", "aws.bedrock"},
        {"My-Own.Host", "my-own.host"},
        {"groq", "groq"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct one *one = one_create();

        one_text(one, "gen_ai.system", cases[i][0]);
        assert_text(one_map(one).provider, cases[i][1]);
        one_destroy(one);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_found_by_its_name_and_only_by_it),
        cmocka_unit_test(priorities_of_one_field_are_a_total_order),
        TEST(a_current_name_wins_over_an_old_one),
        TEST(a_value_that_cannot_be_read_is_no_candidate),
        TEST(a_span_with_a_model_and_no_operation_is_a_chat),
        TEST(the_resource_names_service_release_and_environment),
        TEST(attributes_keep_their_types),
        TEST(of_repeated_attributes_the_last_one_counts),
        TEST(parameters_are_collected_under_short_names),
        TEST(errors_come_from_status_attribute_or_exception),
        TEST(time_to_first_token_is_an_attribute_or_the_first_chunk),
        TEST(reported_costs_are_kept_as_the_emitters),
        TEST(events_and_links_are_kept_as_json),
        TEST(an_unsampled_flag_is_kept),
        TEST(spans_that_cannot_be_stored_are_counted_by_reason),
        cmocka_unit_test(providers_get_one_name),
    };

    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
