/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of log records: pieces of spans, feedback, or nothing. */
#include "fixture_span.h"
#include "records.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define MAX_ATTRS 8u

static const struct otlp_scope logger = {.name = OBS_STR("logger")};

/* The request under way, and what became of the last one that was mapped. */
struct test {
    obs_arena *arena;
    struct map_index *index;
    struct otlp_logs logs;
    struct otlp_resource resource;
    struct mapped mapped;
    struct records records;
};

static int setup(void **state)
{
    struct test *test = calloc(1, sizeof(*test));

    if (!test)
        return -1;
    test->arena = obs_arena_create(0);
    test->index = map_index_create();
    test->logs.arena = test->arena;
    *state = test;
    return test->arena && test->index ? 0 : -1;
}

static int teardown(void **state)
{
    struct test *test = *state;

    map_index_destroy(test->index);
    obs_arena_destroy(test->arena);
    free(test);
    return 0;
}

/* --- requests -------------------------------------------------------------- */

/* A record of a span that is named by one letter; NULL: of none. */
static void record(struct test *test, const char *span, const char *event_name)
{
    struct otlp_record *r = otlp_logs_add(&test->logs);

    assert_non_null(r);
    r->resource = &test->resource;
    r->scope = &logger;
    r->event_name = obs_str_of(event_name);
    r->attrs.items = obs_arena_calloc(test->arena, MAX_ATTRS, sizeof(*r->attrs.items));
    if (!span)
        return;
    r->trace_id = obs_str_of("the trace's id 1");
    r->span_id = obs_arena_printf(test->arena, "span id%s", span);
}

static struct otlp_record *last(struct test *test)
{
    return &test->logs.records[test->logs.n_records - 1];
}

static void attr(struct test *test, const char *key, struct otlp_value value)
{
    struct otlp_attrs *attrs = &last(test)->attrs;

    assert_true(attrs->n < MAX_ATTRS);
    attrs->items[attrs->n++] = (struct otlp_attr){obs_str_of(key), value};
}

static void text(struct test *test, const char *key, const char *value)
{
    attr(test, key, string_value(value));
}

/* A map with room for more members. */
static struct otlp_value empty_map(struct test *test)
{
    return (struct otlp_value){
        .kind = OTLP_KVLIST,
        .attrs = obs_arena_calloc(test->arena, MAX_ATTRS, sizeof(struct otlp_attr)),
    };
}

static void put(struct otlp_value *map, const char *key, struct otlp_value value)
{
    assert_true(map->n < MAX_ATTRS);
    map->attrs[map->n++] = (struct otlp_attr){obs_str_of(key), value};
}

static struct otlp_value map_of(struct test *test, const char *key, struct otlp_value value)
{
    struct otlp_value map = empty_map(test);

    put(&map, key, value);
    return map;
}

static struct otlp_value list_of(struct test *test, struct otlp_value value)
{
    struct otlp_value list = {.kind = OTLP_ARRAY, .n = 1};

    list.items = obs_arena_alloc(test->arena, sizeof(value));
    list.items[0] = value;
    return list;
}

/* Maps the request and begins another one. */
static void map(struct test *test)
{
    const struct records *records = &test->records;

    assert_int_equal(records_map(test->index, obs_str_of("default"), /* max_parts= */ 0,
                                 &test->logs, &test->mapped, &test->records),
                     OBS_OK);
    assert_int_equal(records->n, test->logs.n_records);
    assert_int_equal(records->n_joined + records->n_feedback + records->n_rejected +
                         records->n_discarded,
                     test->logs.n_records);
    assert_int_equal(test->mapped.n_feedback, records->n_feedback);
    test->logs = (struct otlp_logs){.arena = test->arena};
}

static void is(obs_str given, const char *expected)
{
    if (!obs_str_is(given, expected))
        fail_msg("'%.*s' is not '%s'", OBS_STR_ARG(given), expected);
}

/* --- pieces of spans ------------------------------------------------------- */

static void details_fill_what_was_said_and_no_more(void **state)
{
    struct test *test = *state;
    struct otlp_attr service = {obs_str_of("service.name"), string_value("bot")};
    const obs_span *span;

    test->resource.attrs = (struct otlp_attrs){.items = &service, .n = 1};
    record(test, "A", "gen_ai.client.inference.operation.details");
    last(test)->time_ns = UINT64_C(1790000000000000000);
    text(test, "gen_ai.input.messages", "[{\"role\":\"user\",\"content\":\"Hi\"}]");
    text(test, "gen_ai.request.model", "gpt-4o");
    attr(test, "gen_ai.request.max_tokens", int_value(64));
    attr(test, "gen_ai.usage.input_tokens", int_value(12));
    map(test);

    assert_int_equal(test->mapped.n_spans, 1);
    span = test->mapped.spans;
    assert_int_equal(span->flags & OBS_SPAN_FRAGMENT, OBS_SPAN_FRAGMENT);
    assert_int_equal(span->span_id[7], 'A');
    is(span->project_id, "default");
    is(span->service_name, "bot");
    is(span->input_text, "Hi");
    is(span->input_messages, "[{\"role\":\"user\",\"content\":\"Hi\"}]");
    is(span->request_model, "gpt-4o");
    is(span->model_parameters, "{\"max_tokens\":64}");
    assert_int_equal(span->input_tokens, 12);
    is(span->attributes, "{\"gen_ai.request.model\":\"gpt-4o\",\"gen_ai.request.max_tokens\":64,"
                         "\"gen_ai.usage.input_tokens\":12}");
    is(span->events, "[{\"time\":\"2026-09-21T14:13:20Z\",\"name\":\"gen_ai.client.inference."
                     "operation.details\",\"attributes\":{}}]");
    /* guesses are for spans */
    is(span->model, "");
    is(span->operation_type, "");
    is(span->span_name, "");
    is(span->span_kind, "");
    is(span->cost_source, "");
    assert_int_equal(span->status, OBS_STATUS_UNSET);
    assert_int_equal(span->output_tokens, OBS_ABSENT);
    assert_int_equal(span->start_ns, 0);
    assert_int_equal(span->end_ns, 0);
}

static void details_may_be_in_the_body(void **state)
{
    struct test *test = *state;

    record(test, "A", "");
    last(test)->body = empty_map(test);
    put(&last(test)->body, "event.name", string_value("gen_ai.client.inference.operation.details"));
    put(&last(test)->body, "gen_ai.conversation.id", string_value("c-1"));
    map(test);
    assert_int_equal(test->records.n_joined, 1);
    is(test->mapped.spans->session_id, "c-1");
    is(test->mapped.spans->attributes, "{\"gen_ai.conversation.id\":\"c-1\"}");
}

static void a_body_that_is_text_is_kept_with_the_event(void **state)
{
    struct test *test = *state;

    record(test, "A", "gen_ai.client.inference.operation.details");
    last(test)->body = string_value("a chat call");
    map(test);
    is(test->mapped.spans->attributes, "{}");
    is(test->mapped.spans->input_text, "");
    assert_non_null(
        strstr(test->mapped.spans->events.ptr, "\"attributes\":{\"body\":\"a chat call\"}"));
}

static void messages_are_put_together_however_they_are_written(void **state)
{
    struct test *test = *state;
    struct otlp_value choice = empty_map(test), answer = empty_map(test);
    const obs_span *span;

    record(test, "A", "gen_ai.system.message"); /* a map */
    last(test)->body = map_of(test, "content", string_value("Be brief."));
    text(test, "gen_ai.system", "openai");
    record(test, "A", ""); /* JSON text, and an attribute for the name */
    last(test)->body = string_value("{\"content\":\"Weather?\"}");
    text(test, "event.name", "gen_ai.user.message");
    record(test, "A", "gen_ai.assistant.message"); /* lists of maps */
    last(test)->body =
        map_of(test, "tool_calls", list_of(test, map_of(test, "id", string_value("call_1"))));
    record(test, "A", "gen_ai.tool.message"); /* text */
    last(test)->body = string_value("sunny");
    record(test, "A", "gen_ai.choice");
    put(&answer, "role", string_value("assistant"));
    put(&answer, "content", string_value("Sunny."));
    put(&choice, "finish_reason", string_value("stop"));
    put(&choice, "message", answer);
    last(test)->body = choice;
    map(test);

    assert_int_equal(test->records.n_joined, 5);
    assert_int_equal(test->mapped.n_spans, 1);
    span = test->mapped.spans;
    is(span->input_messages, "[{\"role\":\"system\",\"content\":\"Be brief.\"},"
                             "{\"role\":\"user\",\"content\":\"Weather?\"},"
                             "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"call_1\"}]},"
                             "{\"role\":\"tool\",\"content\":\"sunny\"}]");
    is(span->input_text, "Weather?");
    is(span->output_text, "Sunny.");
    is(span->finish_reason, "stop");
    assert_non_null(strstr(span->events.ptr, "{\"gen_ai.system\":\"openai\"}"));
    assert_null(strstr(span->events.ptr, "Be brief."));
}

static void contents_of_1_27_are_messages(void **state)
{
    struct test *test = *state;

    record(test, "A", "gen_ai.content.prompt");
    text(test, "gen_ai.prompt", "[{\"role\":\"user\",\"content\":\"Hello\"}]");
    record(test, "A", "gen_ai.content.completion");
    text(test, "gen_ai.completion", "[{\"role\":\"assistant\",\"content\":\"Hi\"}]");
    map(test);
    assert_int_equal(test->mapped.n_spans, 1);
    is(test->mapped.spans->input_text, "Hello");
    is(test->mapped.spans->output_text, "Hi");
}

static void an_exception_is_the_error_of_the_call(void **state)
{
    struct test *test = *state;

    record(test, "A", "gen_ai.client.operation.exception");
    text(test, "exception.type", "RateLimitError");
    text(test, "exception.message", "slow down");
    map(test);
    is(test->mapped.spans->error_type, "RateLimitError");
    is(test->mapped.spans->error_message, "slow down");
    assert_int_equal(test->mapped.spans->status, OBS_STATUS_ERROR);
}

static void user_message(struct test *test, const char *span, const char *content)
{
    record(test, span, "gen_ai.user.message");
    last(test)->body = string_value(content);
}

static void records_of_a_span_are_one_piece_in_the_order_in_which_they_came(void **state)
{
    struct test *test = *state;

    user_message(test, "B", "b1");
    user_message(test, "A", "a1");
    record(test, NULL, "");
    user_message(test, "A", "a2");
    user_message(test, "B", "b2");
    map(test);
    assert_int_equal(test->mapped.n_spans, 2);
    is(test->mapped.spans[0].input_messages,
       "[{\"role\":\"user\",\"content\":\"a1\"},{\"role\":\"user\",\"content\":\"a2\"}]");
    is(test->mapped.spans[1].input_messages,
       "[{\"role\":\"user\",\"content\":\"b1\"},{\"role\":\"user\",\"content\":\"b2\"}]");
}

/* --- feedback -------------------------------------------------------------- */

static void evaluation(struct test *test, const char *name)
{
    record(test, "A", "gen_ai.evaluation.result");
    text(test, "gen_ai.evaluation.name", name);
}

static void an_evaluation_is_feedback(void **state)
{
    struct test *test = *state;
    const obs_feedback *feedback;

    evaluation(test, "relevance");
    last(test)->time_ns = 5;
    attr(test, "gen_ai.evaluation.score.value", double_value(0.25));
    text(test, "gen_ai.evaluation.score.label", "poor");
    text(test, "gen_ai.evaluation.explanation", "off topic");
    text(test, "gen_ai.response.id", "r-1");
    evaluation(test, "safety"); /* of the whole trace */
    last(test)->span_id = obs_str_n("", 0);
    last(test)->observed_ns = 6;
    attr(test, "gen_ai.evaluation.score.value", int_value(1));
    map(test);

    assert_int_equal(test->mapped.n_spans, 0);
    assert_int_equal(test->mapped.n_feedback, 2);
    feedback = test->mapped.feedback;
    is(feedback->name, "relevance");
    assert_true(feedback->value == 0.25);
    is(feedback->label, "poor");
    is(feedback->comment, "off topic");
    is(feedback->source, "evaluation");
    is(feedback->project_id, "default");
    is(feedback->metadata, "{\"gen_ai.response.id\":\"r-1\"}");
    assert_int_equal(feedback->span_id[7], 'A');
    assert_int_equal(feedback->ts_ns, 5);

    feedback++;
    assert_true(feedback->value == 1.0);
    assert_int_equal(feedback->trace_id[0], 't');
    assert_int_equal(feedback->span_id[0], 0);
    assert_int_equal(feedback->ts_ns, 6);
    is(feedback->metadata, "");
}

static void an_evaluation_that_is_sent_again_has_its_id_again(void **state)
{
    struct test *test = *state;
    const obs_feedback *first = NULL;

    for (int round = 0; round < 2; round++) {
        first = test->mapped.feedback;
        evaluation(test, "relevance");
        evaluation(test, "safety");
        evaluation(test, "safety");
        text(test, "gen_ai.response.id", "r-2");
        map(test);
    }
    for (size_t i = 0; i < 3; i++) {
        const obs_feedback *again = &test->mapped.feedback[i];

        assert_true(again->id.len > 0 && obs_str_eq(first[i].id, again->id));
        assert_true(isnan(again->value) && again->ts_ns > 0);
    }
    assert_false(obs_str_eq(first[0].id, first[1].id));
    assert_false(obs_str_eq(first[1].id, first[2].id));
}

/* --- nothing --------------------------------------------------------------- */

static void what_is_not_taken_is_said(void **state)
{
    struct test *test = *state;

    record(test, NULL, "");
    record(test, "A", "exception");
    record(test, NULL, "gen_ai.choice");
    record(test, "too long", "gen_ai.choice");
    record(test, NULL, "gen_ai.evaluation.result");
    user_message(test, "A", "x");
    map(test);
    assert_int_equal(test->records.n_discarded, 2);
    assert_int_equal(test->records.n_rejected, 3);
    assert_int_equal(test->records.n_joined, 1);
    is(records_text(test->arena, &test->records),
       "3 of 6 log records rejected; 2: trace_id is not 16 bytes or all zero; 1: span_id is not 8 "
       "bytes or all zero; 2 of 6 log records discarded: only events of generative AI are kept");

    user_message(test, "A", "x");
    map(test);
    is(records_text(test->arena, &test->records), "");
    map(test); /* none at all */
    is(records_text(test->arena, &test->records), "");
}

static void a_full_arena_is_out_of_memory_and_no_crash(void **state)
{
    struct test *test = *state;
    int rc = OBS_E_NOMEM;

    user_message(test, "A", "x");
    evaluation(test, "safety");
    for (size_t limit = 1; rc == OBS_E_NOMEM; limit += 1024) {
        struct otlp_logs small = test->logs;

        assert_true(limit < (size_t)1 << 20);
        small.arena = obs_arena_create(limit);
        rc = records_map(test->index, obs_str_of("p"), 0, &small, &test->mapped, &test->records);
        obs_arena_destroy(small.arena);
    }
    assert_int_equal(rc, OBS_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(details_fill_what_was_said_and_no_more),
        TEST(details_may_be_in_the_body),
        TEST(a_body_that_is_text_is_kept_with_the_event),
        TEST(messages_are_put_together_however_they_are_written),
        TEST(contents_of_1_27_are_messages),
        TEST(an_exception_is_the_error_of_the_call),
        TEST(records_of_a_span_are_one_piece_in_the_order_in_which_they_came),
        TEST(an_evaluation_is_feedback),
        TEST(an_evaluation_that_is_sent_again_has_its_id_again),
        TEST(what_is_not_taken_is_said),
        TEST(a_full_arena_is_out_of_memory_and_no_crash),
    };

    return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
