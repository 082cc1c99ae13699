/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of log records: pieces of spans, feedback, or nothing. */
#include "records.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define TRACE "\"traceId\":\"5b8efff798038103d269b633813fc60c\","
#define SPAN TRACE "\"spanId\":\"eee19b7ec3c1b174\","
#define OTHER_SPAN TRACE "\"spanId\":\"eee19b7ec3c1b175\","
#define TEXT(key, value) "{\"key\":\"" key "\",\"value\":{\"stringValue\":\"" value "\"}}"
#define INT(key, value) "{\"key\":\"" key "\",\"value\":{\"intValue\":" #value "}}"

struct test {
    obs_arena *arena;
    struct map_index *index;
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

/* Maps the records, given as JSON objects behind each other. */
static void map(struct test *test, const char *records)
{
    struct otlp_logs logs = {.arena = test->arena};
    struct decode_error error;
    obs_str body = obs_arena_printf(
        test->arena,
        "{\"resourceLogs\":[{\"resource\":{\"attributes\":[" TEXT(
            "service.name",
            "bot") "]},\"scopeLogs\":[{\"scope\":{\"name\":\"logger\"},\"logRecords\":[%s]}]}]}",
        records);

    if (otlp_logs_json_decode(body, &logs, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(records_map(test->index, obs_str_of("default"), /* max_parts= */ 0, &logs,
                                 &test->mapped, &test->records),
                     OBS_OK);
    assert_int_equal(test->records.n, logs.n_records);
    assert_int_equal(test->records.n_joined + test->records.n_feedback + test->records.n_rejected +
                         test->records.n_discarded,
                     logs.n_records);
    assert_int_equal(test->mapped.n_feedback, test->records.n_feedback);
}

static void is(obs_str text, const char *expected)
{
    if (!obs_str_is(text, expected))
        fail_msg("'%.*s' is not '%s'", OBS_STR_ARG(text), expected);
}

/* --- pieces of spans ------------------------------------------------------- */

static void details_fill_what_was_said_and_no_more(void **state)
{
    struct test *test = *state;
    const obs_span *span;

    map(test,
        "{" SPAN "\"timeUnixNano\":\"1790000000000000000\","
        "\"eventName\":\"gen_ai.client.inference.operation.details\",\"attributes\":[" TEXT(
            "gen_ai.input.messages",
            "[{\\\"role\\\":\\\"user\\\",\\\"parts\\\":[{\\\"type\\\":\\\"text\\\",\\\"content\\\":"
            "\\\"Hi\\\"}]}]") "," INT("gen_ai.usage.input_tokens",
                                      12) "," TEXT("gen_ai.request.model",
                                                   "gpt-4o") "," INT("gen_ai.request.max_tokens",
                                                                     64) "]}");
    assert_int_equal(test->mapped.n_spans, 1);
    span = test->mapped.spans;
    assert_int_equal(span->flags & OBS_SPAN_FRAGMENT, OBS_SPAN_FRAGMENT);
    assert_int_equal(span->span_id[7], 0x74);
    is(span->input_text, "Hi");
    is(span->input_messages,
       "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Hi\"}]}]");
    is(span->request_model, "gpt-4o");
    is(span->model_parameters, "{\"max_tokens\":64}");
    assert_int_equal(span->input_tokens, 12);
    is(span->service_name, "bot");
    is(span->attributes, "{\"gen_ai.usage.input_tokens\":12,\"gen_ai.request.model\":\"gpt-4o\","
                         "\"gen_ai.request.max_tokens\":64}");
    is(span->events, "[{\"time\":\"2026-09-21T14:13:20Z\",\"name\":\"gen_ai.client.inference."
                     "operation.details\",\"attributes\":{}}]");
    /* guesses are for spans */
    is(span->model, "");
    is(span->operation_type, "");
    is(span->span_name, "");
    is(span->cost_source, "");
    assert_int_equal(span->status, OBS_STATUS_UNSET);
    assert_int_equal(span->output_tokens, OBS_ABSENT);
    assert_int_equal(span->start_ns, 0);
    assert_int_equal(span->end_ns, 0);
}

static void details_may_be_in_the_body(void **state)
{
    struct test *test = *state;

    map(test, "{" SPAN "\"body\":{\"kvlistValue\":{\"values\":[" TEXT(
                  "event.name",
                  "gen_ai.client.inference.operation.details") "," TEXT("gen_ai.conversation.id",
                                                                        "c-1") "]}}}");
    assert_int_equal(test->records.n_joined, 1);
    is(test->mapped.spans->session_id, "c-1");
    is(test->mapped.spans->attributes, "{\"gen_ai.conversation.id\":\"c-1\"}");
}

static void an_event_a_message_is_put_together_however_it_is_written(void **state)
{
    struct test *test = *state;
    const obs_span *span;

    map(test,
        /* a map; JSON text, named by an attribute; text */
        "{" SPAN "\"eventName\":\"gen_ai.system.message\",\"body\":{\"kvlistValue\":{\"values\":"
                 "[" TEXT("content", "Be brief.") "]}},\"attributes\":[" TEXT(
                     "gen_ai.system",
                     "openai") "]},"
                               "{" SPAN "\"attributes\":[" TEXT(
                                   "event.name",
                                   "gen_ai.user.message") "],\"body\":{\"stringValue\":"
                                                          "\"{\\\"content\\\":\\\"Weather?\\\"}\"}}"
                                                          ","
                                                          "{" SPAN "\"eventName\":\"gen_ai."
                                                                   "assistant.message\",\"body\":{"
                                                                   "\"kvlistValue\":{\"values\":[{"
                                                          "\"key\":\"tool_calls\",\"value\":{"
                                                          "\"arrayValue\":{\"values\":[{"
                                                          "\"kvlistValue\":{\"values\":[" TEXT(
                                                              "id",
                                                              "call_1") "]}}]}}}]}}},"
                                                                        "{" SPAN
                                                                        "\"eventName\":\"gen_ai."
                                                                        "tool.message\",\"body\":{"
                                                                        "\"stringValue\":\"sunny\"}"
                                                                        "},"
                                                                        "{" SPAN
                                                                        "\"eventName\":\"gen_ai."
                                                                        "choice\",\"body\":{"
                                                                        "\"kvlistValue\":{"
                                                                        "\"values\":[" TEXT(
                                                                            "finish_reason",
                                                                            "stop") "," INT("index",
                                                                                            0) ",{"
                                                                                               "\"k"
                                                                                               "ey"
                                                                                               "\":"
                                                                                               "\"m"
                                                                                               "ess"
                                                                                               "age"
                                                                                               "\","
                                                                                               "\"v"
                                                                                               "alu"
                                                                                               "e\""
                                                                                               ":{"
                                                                                               "\"k"
                                                                                               "vli"
                                                                                               "stV"
                                                                                               "alu"
                                                                                               "e\""
                                                                                               ":{"
                                                                                               "\"v"
                                                                                               "alu"
                                                                                               "es"
                                                                                               "\":"
                                                                                               "[" TEXT("role", "assistant") "," TEXT(
                                                                                                   "content",
                                                                                                   "Sunny.") "]}}}]}}}");
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
    assert_non_null(strstr(span->events.ptr, "\"gen_ai.system\":\"openai\""));
    assert_null(strstr(span->events.ptr, "Be brief."));
}

static void contents_of_1_27_are_messages(void **state)
{
    struct test *test = *state;

    map(test,
        "{" SPAN "\"eventName\":\"gen_ai.content.prompt\",\"attributes\":[" TEXT(
            "gen_ai.prompt",
            "[{\\\"role\\\":\\\"user\\\",\\\"content\\\":\\\"Hello\\\"}]") "]},"
                                                                           "{" SPAN
                                                                           "\"eventName\":\"gen_ai."
                                                                           "content.completion\","
                                                                           "\"attributes\":[" TEXT(
                                                                               "gen_ai.completion",
                                                                               "[{\\\"role\\\":"
                                                                               "\\\"assistant\\\","
                                                                               "\\\"content\\\":"
                                                                               "\\\"Hi\\\"}]") "]"
                                                                                               "}");
    assert_int_equal(test->mapped.n_spans, 1);
    is(test->mapped.spans->input_text, "Hello");
    is(test->mapped.spans->output_text, "Hi");
}

static void an_exception_is_the_error_of_the_call(void **state)
{
    struct test *test = *state;
    const obs_span *span;

    map(test,
        "{" SPAN "\"eventName\":\"gen_ai.client.operation.exception\",\"attributes\":[" TEXT(
            "exception.type", "RateLimitError") "," TEXT("exception.message", "slow down") "]}");
    span = test->mapped.spans;
    is(span->error_type, "RateLimitError");
    is(span->error_message, "slow down");
    assert_int_equal(span->status, OBS_STATUS_ERROR);
}

static void records_of_a_span_are_one_piece_in_the_order_in_which_they_came(void **state)
{
    struct test *test = *state;

    map(test,
        "{" OTHER_SPAN "\"eventName\":\"gen_ai.user.message\",\"body\":{\"stringValue\":\"b1\"}},"
        "{" SPAN "\"eventName\":\"gen_ai.user.message\",\"body\":{\"stringValue\":\"a1\"}},"
        "{\"body\":{\"stringValue\":\"a line of a log\"}},"
        "{" SPAN "\"eventName\":\"gen_ai.user.message\",\"body\":{\"stringValue\":\"a2\"}},"
        "{" OTHER_SPAN "\"eventName\":\"gen_ai.user.message\",\"body\":{\"stringValue\":\"b2\"}}");
    assert_int_equal(test->mapped.n_spans, 2);
    is(test->mapped.spans[0].input_messages,
       "[{\"role\":\"user\",\"content\":\"a1\"},{\"role\":\"user\",\"content\":\"a2\"}]");
    is(test->mapped.spans[1].input_messages,
       "[{\"role\":\"user\",\"content\":\"b1\"},{\"role\":\"user\",\"content\":\"b2\"}]");
}

/* --- feedback -------------------------------------------------------------- */

static void an_evaluation_is_feedback(void **state)
{
    struct test *test = *state;
    const obs_feedback *feedback;

    map(test,
        "{" SPAN
        "\"timeUnixNano\":\"5\",\"eventName\":\"gen_ai.evaluation.result\",\"attributes\":[" TEXT(
            "gen_ai.evaluation.name",
            "relevance") ",{\"key\":\"gen_ai.evaluation.score.value\",\"value\":{"
                         "\"doubleValue\":0.25}}," TEXT("gen_ai.evaluation.score.label", "poor") "," TEXT(
                             "gen_ai.evaluation.explanation",
                             "off topic") "," TEXT("gen_ai.response.id",
                                                   "r-1") "]},"
                                                          "{" TRACE
                                                          "\"observedTimeUnixNano\":\"6\","
                                                          "\"eventName\":\"gen_ai.evaluation."
                                                          "result\",\"attributes\":[" TEXT(
                                                              "gen_ai.evaluation.name",
                                                              "safety") "," INT("gen_ai.evaluation."
                                                                                "score.value",
                                                                                1) "]}");
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
    assert_int_equal(feedback->span_id[7], 0x74);
    assert_int_equal(feedback->ts_ns, 5);

    feedback++; /* of the trace */
    assert_true(feedback->value == 1.0);
    assert_int_equal(feedback->trace_id[0], 0x5b);
    assert_int_equal(feedback->span_id[7], 0);
    assert_int_equal(feedback->ts_ns, 6);
    is(feedback->metadata, "");
}

static void an_evaluation_that_is_sent_again_has_its_id_again(void **state)
{
    struct test *test = *state;
    obs_feedback first[3];
    const char *three = "{" SPAN "\"eventName\":\"gen_ai.evaluation.result\",\"attributes\":[" TEXT(
        "gen_ai.evaluation.name",
        "relevance") "]},"
                     "{" SPAN "\"eventName\":\"gen_ai.evaluation.result\",\"attributes\":[" TEXT(
                         "gen_ai.evaluation.name",
                         "safety") "]},"
                                   "{" SPAN
                                   "\"eventName\":\"gen_ai.evaluation.result\",\"attributes\":"
                                   "[" TEXT("gen_ai.evaluation.name",
                                            "safety") "," TEXT("gen_ai.response.id", "r-2") "]}";

    map(test, three);
    memcpy(first, test->mapped.feedback, sizeof(first));
    map(test, three);
    for (size_t i = 0; i < 3; i++) {
        assert_true(first[i].id.len > 0);
        assert_true(obs_str_eq(first[i].id, test->mapped.feedback[i].id));
        assert_true(isnan(first[i].value));
        assert_true(first[i].ts_ns > 0);
    }
    assert_false(obs_str_eq(first[0].id, first[1].id));
    assert_false(obs_str_eq(first[1].id, first[2].id));
}

/* --- nothing --------------------------------------------------------------- */

static void what_is_not_taken_is_said(void **state)
{
    struct test *test = *state;

    map(test, "{\"body\":{\"stringValue\":\"a line of a log\"}},"
              "{" SPAN "\"eventName\":\"exception\"},"
              "{\"eventName\":\"gen_ai.choice\"},"
              "{" TRACE "\"eventName\":\"gen_ai.choice\"},"
              "{\"eventName\":\"gen_ai.evaluation.result\"},"
              "{" SPAN "\"eventName\":\"gen_ai.choice\",\"body\":{\"stringValue\":\"x\"}}");
    assert_int_equal(test->records.n_discarded, 2);
    assert_int_equal(test->records.n_rejected, 3);
    assert_int_equal(test->records.n_joined, 1);
    is(records_text(test->arena, &test->records),
       "3 of 6 log records rejected; 2: trace_id is not 16 bytes or all zero; 1: span_id is not 8 "
       "bytes or all zero; 2 of 6 log records discarded: only events of generative AI are kept");
    map(test, "{" SPAN "\"eventName\":\"gen_ai.choice\",\"body\":{\"stringValue\":\"x\"}}");
    is(records_text(test->arena, &test->records), "");
    map(test, "");
    is(records_text(test->arena, &test->records), "");
}

static void a_full_arena_is_out_of_memory_and_no_crash(void **state)
{
    struct test *test = *state;
    struct otlp_logs logs = {.arena = test->arena};
    struct decode_error error;
    int rc = OBS_E_NOMEM;
    static const char body[] =
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{" SPAN
        "\"eventName\":\"gen_ai.user.message\",\"body\":{\"stringValue\":\"a1\"}},{" SPAN
        "\"eventName\":\"gen_ai.evaluation.result\",\"attributes\":[" TEXT("a", "b") "]}]}]}]}";

    assert_int_equal(otlp_logs_json_decode(obs_str_of(body), &logs, &error), OBS_OK);
    for (size_t limit = 0; rc == OBS_E_NOMEM; limit += 1024) {
        struct otlp_logs small = logs;

        assert_true(limit < (size_t)1 << 20);
        small.arena = obs_arena_create(limit + 1);
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
        TEST(an_event_a_message_is_put_together_however_it_is_written),
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
