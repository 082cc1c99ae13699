/* SPDX-License-Identifier: Apache-2.0 */
/* The mapping: every row of the table by itself, then what rows do together. */
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

/* --- every row ------------------------------------------------------------- */

static obs_str text_target(const obs_span *s, unsigned target)
{
    const obs_str texts[N_MAP_TARGETS] = {
        [TO_OPERATION] = s->operation_type,
        [TO_PROVIDER] = s->provider,
        [TO_MODEL] = s->model,
        [TO_REQUEST_MODEL] = s->request_model,
        [TO_FINISH_REASON] = s->finish_reason,
        [TO_ERROR_TYPE] = s->error_type,
        [TO_ERROR_MESSAGE] = s->error_message,
        [TO_USER_ID] = s->user_id,
        [TO_SESSION_ID] = s->session_id,
        [TO_SERVICE_NAME] = s->service_name,
        [TO_ENVIRONMENT] = s->environment,
        [TO_RELEASE] = s->release,
        [TO_TAGS] = s->tags,
        [TO_PARAMETERS] = s->model_parameters,
        [TO_INPUT_TEXT] = s->input_text,
        [TO_OUTPUT_TEXT] = s->output_text,
        [TO_INPUT_MESSAGES] = s->input_messages,
        [TO_OUTPUT_MESSAGES] = s->output_messages,
    };

    return target < N_MAP_TARGETS ? texts[target] : obs_str_n(NULL, 0);
}

static int64_t number_target(const obs_span *s, unsigned target)
{
    switch (target) {
    case TO_INPUT_TOKENS:
    case TO_TOTAL_TOKENS: /* a total alone is input */
        return s->input_tokens;
    case TO_OUTPUT_TOKENS:
        return s->output_tokens;
    case TO_CACHE_READ_TOKENS:
        return s->cache_read_tokens;
    case TO_CACHE_WRITE_TOKENS:
        return s->cache_write_tokens;
    case TO_REASONING_TOKENS:
        return s->reasoning_tokens;
    case TO_PROMPT_COST:
        return s->prompt_cost;
    case TO_COMPLETION_COST:
        return s->completion_cost;
    case TO_TOTAL_COST:
        return s->total_cost;
    default:
        return s->ttft_ns;
    }
}

/* A value that the row's transform takes, and what it becomes. */
static struct otlp_value sample(const struct map_row *row, const char **ret_text, int64_t *ret_n)
{
    *ret_text = NULL;
    *ret_n = 0;
    switch (row->transform) {
    case AS_INT:
        *ret_n = 42;
        return int_value(42);
    case AS_SECONDS:
        *ret_n = 250000000;
        return double_value(0.25);
    case AS_USD:
        *ret_n = 1234567;
        return double_value(0.001234567);
    case AS_JSON:
        *ret_text = "{\"a\":1}";
        return string_value("{\"a\": 1}");
    case AS_STRINGS:
        *ret_text = "[\"x\",\"y\"]";
        return string_value("[\"x\", \"y\"]");
    case AS_FIRST:
        *ret_text = "stop";
        return string_value("[\"stop\"]");
    case AS_PROVIDER:
        *ret_text = "aws.bedrock";
        return string_value("Bedrock");
    case AS_GENAI_OPERATION:
        *ret_text = "agent";
        return string_value("invoke_agent");
    case AS_OPENINFERENCE_KIND:
        *ret_text = "rerank";
        return string_value("RERANKER");
    case AS_TRACELOOP_KIND:
        *ret_text = "tool";
        return string_value("tool");
    case AS_LLM_REQUEST_TYPE:
        *ret_text = "embedding";
        return string_value("embedding");
    case AS_CONTENT:
        if (row->target == TO_INPUT_MESSAGES || row->target == TO_OUTPUT_MESSAGES) {
            *ret_text = "[{\"role\":\"user\",\"content\":\"hi\"}]";
            return string_value("[{\"role\": \"user\", \"content\": \"hi\"}]");
        }
        *ret_text = "plain words";
        return string_value("plain words");
    default:
        *ret_text = "some text";
        return string_value("some text");
    }
}

static void check_row(const struct map_row *row)
{
    struct one *one = one_create();
    const char *text;
    int64_t number;
    struct otlp_value value = sample(row, &text, &number);
    obs_span span;

    if (row->marks & MARK_INFO) { /* details count inside their whole only */
        one_int(one, "gen_ai.usage.input_tokens", 100);
        one_int(one, "gen_ai.usage.output_tokens", 100);
    }
    if (row->target == TO_CACHE_READ_TOKENS || row->target == TO_CACHE_WRITE_TOKENS)
        one_int(one, "gen_ai.usage.input_tokens", 100);
    if (row->where == IN_RESOURCE)
        one_resource(one, row->key, text);
    else
        one_attr(one, row->key, value);
    span = one_map(one);
    if (row->target == TO_PARAMETER) {
        const obs_json *member = obs_json_get(parsed(one, span.model_parameters), row->name);

        if (!member || !obs_str_is(obs_json_str(member), "{\"a\": 1}"))
            fail_msg("%s did not become %s", row->key, row->name);
    } else if (text && !obs_str_is(text_target(&span, row->target), text)) {
        fail_msg("%s became '%.*s', expected '%s'", row->key,
                 OBS_STR_ARG(text_target(&span, row->target)), text);
    } else if (!text && number_target(&span, row->target) != number) {
        fail_msg("%s became %lld, expected %lld", row->key,
                 (long long)number_target(&span, row->target), (long long)number);
    }
    /* content is kept once, everything else stays an attribute too */
    if (row->where != IN_RESOURCE)
        assert_int_equal(has_attribute(one, &span, row->key), row->transform != AS_CONTENT);
    one_destroy(one);
}

/* An indexed row: one message whose only part it is. */
static void check_indexed_row(const struct map_row *row)
{
    struct one *one = one_create();
    bool output = row->target == TO_OUTPUT_INDEXED;
    const char *n = strstr(row->key, ".N.");
    char key[128];
    obs_span span;

    snprintf(key, sizeof(key), "%.*s.7.%scontent", (int)(n - row->key), row->key, n + 3);
    one_text(one, key, "indexed words");
    span = one_map(one);
    assert_text(output ? span.output_messages : span.input_messages,
                "[{\"content\":\"indexed words\"}]");
    assert_text(output ? span.output_text : span.input_text, "indexed words");
    assert_false(has_attribute(one, &span, key));
    one_destroy(one);
}

static void every_row_of_the_table_reaches_its_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < map_n_rows; i++)
        if (strstr(map_rows[i].key, ".N."))
            check_indexed_row(&map_rows[i]);
        else
            check_row(&map_rows[i]);
    assert_true(map_n_rows > 100);
}

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

        if (strstr(key, ".N."))
            continue;
        assert_ptr_equal(map_index_find(index, obs_str_of(key), &number, &rest), &map_rows[i]);
        shorter = obs_str_n(key, strlen(key) - 1);
        other = map_index_find(index, shorter, &number, &rest);
        if (other && !obs_str_is(shorter, other->key))
            fail_msg("%.*s found %s", OBS_STR_ARG(shorter), other->key);
    }
    assert_null(map_index_find(index, obs_str_n("", 0), &number, &rest));
    assert_null(map_index_find(index, obs_str_of("gen_ai.prompt.name"), &number, &rest));
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

static void parameters_are_collected_under_short_names(void **state)
{
    struct one *one = *state;
    obs_span span;

    one_attr(one, "gen_ai.request.temperature", double_value(0.5));
    one_int(one, "llm.top_k", 4);
    one_int(one, "gen_ai.request.top_k", 5);
    one_text(one, "llm.invocation_parameters", "{\"x\":1}");
    span = one_map(one);
    assert_text(span.model_parameters, "{\"temperature\":0.5,\"top_k\":5}");
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
    assert_int_equal(span.total_cost, 300000000);
    assert_text(span.cost_source, "emitter");
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
    text = map_reject_text(one->arena, &mapped);
    assert_non_null(strstr(text.ptr, "6 of 8 spans rejected; 2: trace_id"));
    map_index_destroy(index);
}

static void providers_get_one_name(void **state)
{
    static const char *const cases[][2] = {
        {"OpenAI", "openai"},
        {"openai.responses", "openai"},
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
        cmocka_unit_test(every_row_of_the_table_reaches_its_field),
        cmocka_unit_test(every_row_is_found_by_its_name_and_only_by_it),
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
