/* SPDX-License-Identifier: Apache-2.0 */
/* A span as the API shows it: every field, full and empty. */
#include "span_fields.h"
#include "span_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static char text[8192];

static const char *render(const obs_span *span, uint64_t fields)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    obs_buf *buf = obs_buf_new(arena, /* limit_bytes= */ 0);
    obs_jw *jw = obs_jw_new(arena, buf);
    obs_str out;

    obs_jw_object(jw);
    span_json_members(jw, span, fields);
    obs_jw_end_object(jw);
    out = obs_buf_str(buf);
    assert_in_range(out.len, 2, sizeof(text) - 1);
    memcpy(text, out.ptr, out.len);
    text[out.len] = 0;
    obs_arena_destroy(arena);
    return text;
}

#define SET(member, value) .member = OBS_STR(value)

static const obs_span full = {
    .size = sizeof(full),
    .status = OBS_STATUS_ERROR,
    .flags = OBS_SPAN_SAMPLED,
    .start_ns = INT64_C(1795419537123456789),
    .end_ns = INT64_C(1795419537123456789) + 1500000001,
    .trace_id = {0xAB, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    .span_id = {0xFF, 0, 0, 0, 0, 0, 0, 1},
    .parent_span_id = {0, 0, 0, 0, 0, 0, 0, 2},
    SET(project_id, "p"),
    SET(service_name, "s\"q"),
    SET(span_name, "n"),
    SET(span_kind, "client"),
    SET(operation_type, "chat"),
    SET(provider, "openai"),
    SET(model, "m1"),
    SET(request_model, "m"),
    SET(finish_reason, "stop"),
    SET(error_type, "e"),
    SET(error_message, "line\n"),
    SET(user_id, "u"),
    SET(session_id, "se"),
    SET(environment, "prod"),
    SET(release, "1.2"),
    SET(input_text, "q"),
    SET(output_text, "a"),
    SET(input_messages, "[{\"role\":\"user\"}]"),
    SET(output_messages, "[1]"),
    SET(tags, "[\"t\"]"),
    SET(attributes, "{\"k\":1}"),
    SET(resource_attributes, "{\"r\":2}"),
    SET(events, "[2]"),
    SET(links, "[3]"),
    SET(model_parameters, "{\"temperature\":0}"),
    SET(tool_calls, "[4]"),
    .input_tokens = 60,
    .input_audio_tokens = 7,
    .input_image_tokens = 3,
    .cache_read_tokens = 15,
    .cache_read_audio_tokens = 5,
    .cache_write_tokens = 6,
    .cache_write_1h_tokens = 4,
    .output_tokens = 22,
    .output_audio_tokens = 6,
    .output_image_tokens = 2,
    SET(service_tier, "batch"),
    SET(region, "eu"),
    .provider_cost = 2,
    .emitter_cost = 3,
    .book_cost = 4,
    SET(cost_details, "{\"c\":1}"),
    .reasoning_tokens = 5,
    .prompt_cost = 1,
    .completion_cost = 1500000000,
    .total_cost = INT64_C(9007199254740993), /* no double holds it */
    SET(cost_source, "price_book"),
    .ttft_ns = 500000000,
    .sample_rate = 0.25,
};

static void shows_every_field(void **state)
{
    (void)state;
    assert_string_equal(
        render(&full, OBS_FIELDS_ALL),
        "{\"ts\":\"2026-11-23T07:38:57.123456789Z\","
        "\"trace_id\":\"ab0102030405060708090a0b0c0d0e0f\",\"span_id\":\"ff00000000000001\","
        "\"parent_span_id\":\"0000000000000002\",\"project_id\":\"p\",\"service_name\":\"s\\\"q\","
        "\"span_name\":\"n\",\"span_kind\":\"client\",\"operation_type\":\"chat\","
        "\"provider\":\"openai\",\"model\":\"m1\",\"request_model\":\"m\",\"input_text\":\"q\","
        "\"input_messages\":[{\"role\":\"user\"}],\"output_text\":\"a\",\"output_messages\":[1],"
        "\"finish_reason\":\"stop\",\"prompt_tokens\":100,\"completion_tokens\":35,"
        "\"cached_tokens\":20,\"cache_write_tokens\":10,\"reasoning_tokens\":5,"
        "\"total_tokens\":135,\"prompt_cost_usd\":0.000000001,\"completion_cost_usd\":1.5,"
        "\"total_cost_usd\":9007199.254740993,\"cost_source\":\"price_book\","
        "\"duration_ms\":1500.000001,\"ttft_ms\":500,\"tokens_per_second\":35,"
        "\"status_code\":\"ERROR\",\"error_type\":\"e\",\"error_message\":\"line\\n\","
        "\"user_id\":\"u\",\"session_id\":\"se\",\"environment\":\"prod\",\"release\":\"1.2\","
        "\"tags\":[\"t\"],\"attributes\":{\"k\":1},\"resource_attributes\":{\"r\":2},"
        "\"events\":[2],\"links\":[3],\"sampled\":true,\"sample_rate\":0.25,"
        "\"model_parameters\":{\"temperature\":0},\"tool_calls\":[4],"
        "\"input_audio_tokens\":7,\"input_image_tokens\":3,\"cached_audio_tokens\":5,"
        "\"cache_write_1h_tokens\":4,\"output_audio_tokens\":6,\"output_image_tokens\":2,"
        "\"service_tier\":\"batch\",\"region\":\"eu\",\"provider_cost_usd\":0.000000002,"
        "\"emitter_cost_usd\":0.000000003,\"price_book_cost_usd\":0.000000004,"
        "\"cost_details\":{\"c\":1}}");
}

static void shows_what_is_absent(void **state)
{
    obs_span span;

    (void)state;
    obs_span_init(&span);
    span.flags = 0;
    assert_string_equal(
        render(&span, OBS_FIELDS_ALL),
        "{\"ts\":\"1970-01-01T00:00:00Z\",\"trace_id\":\"00000000000000000000000000000000\","
        "\"span_id\":\"0000000000000000\",\"parent_span_id\":null,\"project_id\":null,"
        "\"service_name\":null,\"span_name\":null,\"span_kind\":null,\"operation_type\":null,"
        "\"provider\":null,\"model\":null,\"request_model\":null,\"input_text\":null,"
        "\"input_messages\":[],\"output_text\":null,\"output_messages\":[],"
        "\"finish_reason\":null,\"prompt_tokens\":null,\"completion_tokens\":null,"
        "\"cached_tokens\":null,\"cache_write_tokens\":null,\"reasoning_tokens\":null,"
        "\"total_tokens\":null,\"prompt_cost_usd\":null,\"completion_cost_usd\":null,"
        "\"total_cost_usd\":null,\"cost_source\":null,\"duration_ms\":0,\"ttft_ms\":null,"
        "\"tokens_per_second\":null,\"status_code\":\"UNSET\",\"error_type\":null,"
        "\"error_message\":null,\"user_id\":null,\"session_id\":null,\"environment\":null,"
        "\"release\":null,\"tags\":[],\"attributes\":{},\"resource_attributes\":{},"
        "\"events\":[],\"links\":[],\"sampled\":false,\"sample_rate\":1,"
        "\"model_parameters\":{},\"tool_calls\":[],\"input_audio_tokens\":null,"
        "\"input_image_tokens\":null,\"cached_audio_tokens\":null,"
        "\"cache_write_1h_tokens\":null,\"output_audio_tokens\":null,"
        "\"output_image_tokens\":null,\"service_tier\":null,\"region\":null,"
        "\"provider_cost_usd\":null,\"emitter_cost_usd\":null,\"price_book_cost_usd\":null,"
        "\"cost_details\":{}}");
}

static void shows_each_field_alone_under_its_name(void **state)
{
    char start[64];

    (void)state;
    for (uint32_t i = 0; i < OBS_N_SPAN_FIELDS; i++) {
        size_t len = (size_t)snprintf(start, sizeof(start), "{\"%s\":", field_name(i));
        assert_memory_equal(render(&full, OBS_FIELD_BIT(i)), start, len);
    }
}

static void a_zero_is_not_absent(void **state)
{
    obs_span span;

    (void)state;
    obs_span_init(&span);
    span.output_tokens = span.total_cost = span.ttft_ns = 0;
    span.status = OBS_STATUS_OK;
    assert_string_equal(render(&span, OBS_FIELD_BIT(OBS_FIELD_COMPLETION_TOKENS) |
                                          OBS_FIELD_BIT(OBS_FIELD_TOTAL_TOKENS) |
                                          OBS_FIELD_BIT(OBS_FIELD_TOTAL_COST) |
                                          OBS_FIELD_BIT(OBS_FIELD_TTFT) |
                                          OBS_FIELD_BIT(OBS_FIELD_STATUS)),
                        "{\"completion_tokens\":0,\"total_tokens\":0,\"total_cost_usd\":0,"
                        "\"ttft_ms\":0,\"status_code\":\"OK\"}");
}

static void tokens_a_second_have_three_decimals(void **state)
{
    const uint64_t field = OBS_FIELD_BIT(OBS_FIELD_TOKENS_PER_SECOND);
    obs_span span;

    (void)state;
    obs_span_init(&span);
    span.output_tokens = 10;
    span.end_ns = INT64_C(3000000000);
    assert_string_equal(render(&span, field), "{\"tokens_per_second\":3.333}");
    span.ttft_ns = INT64_C(1000000000);
    assert_string_equal(render(&span, field), "{\"tokens_per_second\":5}");
    span.ttft_ns = INT64_C(4000000000); /* after the end: not believed */
    assert_string_equal(render(&span, field), "{\"tokens_per_second\":3.333}");
    span.end_ns = 0;
    assert_string_equal(render(&span, field), "{\"tokens_per_second\":null}");
}

static void absurd_numbers_stay_numbers(void **state)
{
    obs_span span;

    (void)state;
    obs_span_init(&span);
    span.output_tokens = span.reasoning_tokens = span.input_tokens = INT64_MAX;
    span.end_ns = 1;
    assert_string_equal(render(&span, OBS_FIELD_BIT(OBS_FIELD_TOTAL_TOKENS)),
                        "{\"total_tokens\":9223372036854775807}");
    assert_non_null(strstr(render(&span, OBS_FIELD_BIT(OBS_FIELD_TOKENS_PER_SECOND)), "e+27"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_every_field),
        cmocka_unit_test(shows_what_is_absent),
        cmocka_unit_test(shows_each_field_alone_under_its_name),
        cmocka_unit_test(a_zero_is_not_absent),
        cmocka_unit_test(tokens_a_second_have_three_decimals),
        cmocka_unit_test(absurd_numbers_stay_numbers),
    };
    return cmocka_run_group_tests_name("span_json", tests, NULL, NULL);
}
