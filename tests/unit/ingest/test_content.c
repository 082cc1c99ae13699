/* SPDX-License-Identifier: Apache-2.0 */
/* Prompts and answers from everywhere instrumentations put them. */
#include "fixture_span.h"

#include <observatory/json.h>

#include <setjmp.h>
#include <stdarg.h>
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

static void current_messages_give_text_calls_and_finish_reason(void **state)
{
    struct one *one = *state;
    const char *input =
        "[{\"role\":\"system\",\"parts\":[{\"type\":\"text\",\"content\":\"Be brief\"}]},"
        "{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Hi \\u00e9\"},"
        "{\"type\":\"blob\",\"content\":\"AAAA\"},"
        "{\"type\":\"text\",\"content\":\"there\"}]}]";
    obs_span span;

    one_text(one, "gen_ai.input.messages", input);
    one_text(
        one, "gen_ai.output.messages",
        "[ {\"role\":\"assistant\",\"parts\":[{\"type\":\"reasoning\",\"content\":\"hm\"},"
        "{\"content\":\"Hello\",\"type\":\"text\"},{\"type\":\"tool_call\",\"id\":\"c1\","
        "\"name\":\"weather\",\"arguments\":{\"city\": \"Paris\"}}],\"finish_reason\":\"stop\"} ]");
    span = one_map(one);
    assert_text(span.input_messages, input);
    assert_text(span.input_text, "Hi \xC3\xA9\nthere");
    assert_text(span.output_text, "Hello");
    assert_text(span.tool_calls, "[{\"id\":\"c1\",\"name\":\"weather\","
                                 "\"arguments\":\"{\\\"city\\\": \\\"Paris\\\"}\"}]");
    assert_text(span.finish_reason, "stop");
    assert_text(
        span.output_messages,
        "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"reasoning\",\"content\":\"hm\"},"
        "{\"content\":\"Hello\",\"type\":\"text\"},{\"type\":\"tool_call\",\"id\":\"c1\","
        "\"name\":\"weather\",\"arguments\":{\"city\":\"Paris\"}}],\"finish_reason\":\"stop\"}]");
    assert_text(span.attributes, "{}");
}

static void openai_messages_are_read_too(void **state)
{
    struct one *one = *state;
    obs_span span;

    one_text(one, "gen_ai.input.messages",
             "[{\"content\":\"one\",\"role\":\"user\"},{\"role\":\"assistant\",\"content\":null},"
             "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"two\"}]},"
             "{\"role\":\"tool\",\"content\":\"result\"}]");
    one_text(one, "gen_ai.output.messages",
             "[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"a\",\"type\":"
             "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}},"
             "{\"id\":null,\"function\":{\"arguments\":\"\",\"name\":\"g\"}}]}]");
    span = one_map(one);
    assert_text(span.input_text, "two");
    assert_text(span.output_text, "");
    assert_text(span.tool_calls, "[{\"id\":\"a\",\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"},"
                                 "{\"name\":\"g\",\"arguments\":\"\"}]");
}

static void messages_may_be_structured_values(void **state)
{
    struct one *one = *state;
    struct otlp_attr part[] = {{obs_str_of("type"), string_value("text")},
                               {obs_str_of("content"), string_value("hi")}};
    struct otlp_value parts = {.kind = OTLP_KVLIST, .n = 2, .attrs = part};
    struct otlp_attr message[] = {
        {obs_str_of("role"), string_value("user")},
        {obs_str_of("parts"), {.kind = OTLP_ARRAY, .n = 1, .items = &parts}}};
    struct otlp_value list = {.kind = OTLP_KVLIST, .n = 2, .attrs = message};
    obs_span span;

    one_attr(one, "gen_ai.input.messages",
             (struct otlp_value){.kind = OTLP_ARRAY, .n = 1, .items = &list});
    span = one_map(one);
    assert_text(span.input_text, "hi");
    assert_text(span.input_messages,
                "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"hi\"}]}]");
}

static void a_message_list_that_was_cut_off_is_plain_text(void **state)
{
    struct one *one = *state;
    obs_span span;

    one_text(one, "gen_ai.input.messages", "[{\"role\":\"user\",\"conte");
    one_text(one, "gen_ai.output.messages", "[1,2]");
    span = one_map(one);
    assert_text(span.input_text, "[{\"role\":\"user\",\"conte");
    assert_text(span.input_messages, "");
    assert_text(span.output_text, "[1,2]");
    assert_text(span.attributes, "{}");
}

static void openinference_messages_are_rebuilt(void **state)
{
    struct one *one = *state;
    obs_span span;

    one_text(one, "llm.input_messages.1.message.contents.1.message_content.type", "image");
    one_text(one, "llm.input_messages.1.message.contents.1.message_content.image.image.url", "u");
    one_text(one, "llm.input_messages.1.message.contents.0.message_content.type", "text");
    one_text(one, "llm.input_messages.1.message.contents.0.message_content.text", "look");
    one_text(one, "llm.input_messages.1.message.role", "user");
    one_text(one, "llm.input_messages.0.message.role", "system");
    one_text(one, "llm.input_messages.0.message.content", "Be brief");
    one_text(one, "llm.output_messages.0.message.role", "assistant");
    one_text(one, "llm.output_messages.0.message.tool_calls.0.tool_call.id", "c");
    one_text(one, "llm.output_messages.0.message.tool_calls.0.tool_call.function.name", "f");
    one_text(one, "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments",
             "{\"x\":1}");
    one_text(one, "input.value", "{\"whole\":\"request\"}");
    span = one_map(one);
    assert_text(
        span.input_messages,
        "[{\"role\":\"system\",\"content\":\"Be brief\"},{\"role\":\"user\",\"content\":["
        "{\"type\":\"text\",\"text\":\"look\"},{\"type\":\"image\",\"image_url\":\"u\"}]}]");
    assert_text(span.input_text, "look");
    assert_text(span.output_messages, "[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\","
                                      "\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}]}]");
    assert_text(span.tool_calls, "[{\"id\":\"c\",\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}]");
    /* says more than the messages, so it is kept */
    assert_text(span.attributes, "{\"input.value\":\"{\\\"whole\\\":\\\"request\\\"}\","
                                 "\"observatory.sources\":{\"openinference\":{"
                                 "\"input_messages\":\"llm.input_messages.N.message.\",\"output_"
                                 "messages\":\"llm.output_messages.N.message.\"}}}");
}

static void traceloop_messages_are_rebuilt(void **state)
{
    struct one *one = *state;
    obs_span span;

    one_text(one, "gen_ai.prompt.0.role", "user");
    one_text(one, "gen_ai.prompt.0.content", "What?");
    one_text(one, "gen_ai.prompt.10.role", "tool");
    one_text(one, "gen_ai.prompt.10.tool_call_id", "c");
    one_text(one, "gen_ai.prompt.2.role", "assistant");
    one_text(one, "gen_ai.completion.0.role", "assistant");
    one_text(one, "gen_ai.completion.0.content", "That.");
    one_text(one, "gen_ai.completion.0.finish_reason", "stop");
    one_text(one, "gen_ai.completion.0.tool_calls.0.name", "f");
    one_text(one, "gen_ai.completion.0.tool_calls.0.arguments", "{}");
    span = one_map(one);
    assert_text(span.input_messages, "[{\"role\":\"user\",\"content\":\"What?\"},{\"role\":"
                                     "\"assistant\"},{\"role\":\"tool\",\"tool_call_id\":\"c\"}]");
    assert_text(span.input_text, "What?");
    assert_text(span.output_text, "That.");
    assert_text(span.finish_reason, "stop");
    assert_text(span.tool_calls, "[{\"name\":\"f\",\"arguments\":\"{}\"}]");
    assert_text(span.attributes,
                "{\"observatory.sources\":{\"traceloop\":{\"input_messages\":\"gen_ai.prompt.N.\","
                "\"output_messages\":\"gen_ai.completion.N.\"}}}");
}

static void parts_over_the_limit_stay_attributes_and_are_flagged(void **state)
{
    struct one *one = *state;
    obs_json_error error = {.size = sizeof(error)};
    const obs_json *attributes;
    obs_span span;
    char key[64];

    for (int i = 0; i < 4200; i++) {
        snprintf(key, sizeof(key), "gen_ai.prompt.%d.content", i);
        one_text(one, key, "x");
    }
    span = one_map(one);
    assert_int_equal(obs_json_parse(one->arena, span.attributes, &attributes, &error), OBS_OK);
    assert_int_equal(obs_json_count(attributes), 4200 - 4096 + 2);
    assert_true(
        obs_str_is(obs_json_str(obs_json_at(obs_json_get(attributes, "observatory.truncated"), 0)),
                   "input_messages"));
}

static void content_events_of_each_age_are_read(void **state)
{
    struct one *one = *state;
    obs_span span;

    one_event(one, "gen_ai.content.prompt", 1);
    one_event_text(one, "gen_ai.prompt", "[{\"role\":\"user\",\"content\":\"old\"}]");
    one_event(one, "gen_ai.content.completion", 2);
    one_event_text(one, "gen_ai.completion", "plain answer");
    span = one_map(one);
    assert_text(span.input_text, "old");
    assert_text(span.output_text, "plain answer");
    assert_text(span.output_messages, "");
    assert_null(strstr(span.events.ptr, "plain answer"));

    one_event(one, "gen_ai.client.inference.operation.details", 3);
    one_event_text(
        one, "gen_ai.output.messages",
        "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"new\"}]}]");
    span = one_map(one);
    assert_text(span.output_text, "new");
}

static void message_events_become_messages(void **state)
{
    struct one *one = *state;
    obs_span span;

    one_event(one, "gen_ai.system.message", 1);
    one_event_text(one, "content", "Be brief");
    one_event_text(one, "gen_ai.system", "openai");
    one_event(one, "gen_ai.user.message", 2);
    one_event_text(one, "gen_ai.event.content", " {\"content\": \"Hi\"} ");
    one_event(one, "gen_ai.choice", 3);
    one_event_text(one, "finish_reason", "stop");
    one_event_text(one, "message", "{\"role\":\"assistant\",\"content\":\"Hello\"}");
    span = one_map(one);
    assert_text(span.input_messages, "[{\"role\":\"system\",\"content\":\"Be brief\"},"
                                     "{\"role\":\"user\",\"content\":\"Hi\"}]");
    assert_text(span.input_text, "Hi");
    assert_text(span.output_messages,
                "[{\"role\":\"assistant\",\"finish_reason\":\"stop\",\"message\":{\"role\":"
                "\"assistant\",\"content\":\"Hello\"}}]");
    assert_text(span.output_text, "Hello");
    assert_text(span.finish_reason, "stop");
    assert_non_null(strstr(span.events.ptr, "\"attributes\":{\"gen_ai.system\":\"openai\"}"));
}

static void tools_and_retrievals_have_input_and_output(void **state)
{
    struct one *one = *state;
    struct otlp_attr member = {obs_str_of("city"), string_value("Paris")};
    obs_span span;

    one_text(one, "gen_ai.operation.name", "execute_tool");
    one_attr(one, "gen_ai.tool.call.arguments",
             (struct otlp_value){.kind = OTLP_KVLIST, .n = 1, .attrs = &member});
    one_text(one, "gen_ai.tool.call.result", "sunny");
    span = one_map(one);
    assert_text(span.operation_type, "tool");
    assert_text(span.input_text, "{\"city\":\"Paris\"}");
    assert_text(span.output_text, "sunny");
    assert_text(span.attributes, "{\"gen_ai.operation.name\":\"execute_tool\"}");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(current_messages_give_text_calls_and_finish_reason),
        TEST(openai_messages_are_read_too),
        TEST(messages_may_be_structured_values),
        TEST(a_message_list_that_was_cut_off_is_plain_text),
        TEST(openinference_messages_are_rebuilt),
        TEST(traceloop_messages_are_rebuilt),
        TEST(parts_over_the_limit_stay_attributes_and_are_flagged),
        TEST(content_events_of_each_age_are_read),
        TEST(message_events_become_messages),
        TEST(tools_and_retrievals_have_input_and_output),
    };

    return cmocka_run_group_tests_name("content", tests, NULL, NULL);
}
