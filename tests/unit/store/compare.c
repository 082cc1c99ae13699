/* SPDX-License-Identifier: Apache-2.0 */
/* A span that has everything, and whether a span was found as it was stored. */
#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define S(text) obs_str_of(text)

obs_span full_span(uint64_t n)
{
    obs_span s = span_of(n);

    memset(s.parent_span_id, 7, sizeof(s.parent_span_id));
    s.status = OBS_STATUS_ERROR;
    s.flags = 0;
    s.end_ns = s.start_ns + 123456789;
    s.project_id = S("Projekt ü");
    s.service_name = S("svc");
    s.span_name = S("chat 世界");
    s.span_kind = S("client");
    s.operation_type = S("chat");
    s.provider = S("openai");
    s.model = S("m-1");
    s.request_model = S("m");
    s.finish_reason = S("stop");
    s.error_type = S("timeout");
    s.error_message = S("it's \"late\"; DROP TABLE spans;--");
    s.user_id = S("u");
    s.session_id = S("s");
    s.environment = S("production");
    s.release = S("1.2.3");
    s.input_text = S("Frage 🚀\nzweite Zeile");
    s.output_text = S("مرحبا");
    s.input_messages = S("[{\"role\":\"user\"}]");
    s.output_messages = S("[{\"role\":\"assistant\"}]");
    s.tags = S("[\"a\",\"b%_\"]");
    s.attributes = S("{\"k\":1}");
    s.resource_attributes = S("{\"r\":true}");
    s.events = S("[{\"name\":\"e\"}]");
    s.links = S("[{}]");
    s.model_parameters = S("{\"temperature\":0.5}");
    s.tool_calls = S("[{\"id\":\"1\"}]");
    s.input_tokens = 0;
    s.cache_read_tokens = 1;
    s.cache_write_tokens = 2;
    s.output_tokens = INT64_MAX / 8;
    s.reasoning_tokens = 4;
    s.prompt_cost = 5;
    s.completion_cost = INT64_C(9000000000000000000);
    s.total_cost = 7;
    s.cost_source = S("price_book");
    s.input_audio_tokens = 10;
    s.input_image_tokens = 11;
    s.cache_read_audio_tokens = 12;
    s.cache_write_1h_tokens = 13;
    s.output_audio_tokens = 14;
    s.output_image_tokens = 15;
    s.service_tier = S("flex");
    s.region = S("eu-west-1");
    s.provider_cost = 16;
    s.emitter_cost = 17;
    s.book_cost = 18;
    s.cost_details = S("{\"reason\":\"…\"}");
    s.ttft_ns = 8;
    s.sample_rate = 0.125;
    return s;
}

struct compared {
    const obs_span *expected;
    int rows;
};

#define SAME(member) assert_int_equal(span->member, e->member)
#define SAME_TEXT(member) assert_true(obs_str_eq(span->member, e->member))

static int compare_all(const obs_span *span, void *user)
{
    struct compared *c = user;
    const obs_span *e = c->expected;

    c->rows++;
    assert_memory_equal(span->trace_id, e->trace_id, 16);
    assert_memory_equal(span->span_id, e->span_id, 8);
    assert_memory_equal(span->parent_span_id, e->parent_span_id, 8);
    SAME(start_ns);
    SAME(end_ns);
    SAME(status);
    SAME(flags);
    SAME_TEXT(project_id);
    SAME_TEXT(service_name);
    SAME_TEXT(span_name);
    SAME_TEXT(span_kind);
    SAME_TEXT(operation_type);
    SAME_TEXT(provider);
    SAME_TEXT(model);
    SAME_TEXT(request_model);
    SAME_TEXT(finish_reason);
    SAME_TEXT(error_type);
    SAME_TEXT(error_message);
    SAME_TEXT(user_id);
    SAME_TEXT(session_id);
    SAME_TEXT(environment);
    SAME_TEXT(release);
    SAME_TEXT(input_text);
    SAME_TEXT(output_text);
    SAME_TEXT(input_messages);
    SAME_TEXT(output_messages);
    SAME_TEXT(tags);
    SAME_TEXT(attributes);
    SAME_TEXT(resource_attributes);
    SAME_TEXT(events);
    SAME_TEXT(links);
    SAME_TEXT(model_parameters);
    SAME_TEXT(tool_calls);
    SAME_TEXT(cost_source);
    SAME_TEXT(service_tier);
    SAME_TEXT(region);
    SAME_TEXT(cost_details);
    SAME(input_tokens);
    SAME(cache_read_tokens);
    SAME(cache_write_tokens);
    SAME(output_tokens);
    SAME(reasoning_tokens);
    SAME(input_audio_tokens);
    SAME(input_image_tokens);
    SAME(cache_read_audio_tokens);
    SAME(cache_write_1h_tokens);
    SAME(output_audio_tokens);
    SAME(output_image_tokens);
    SAME(provider_cost);
    SAME(emitter_cost);
    SAME(book_cost);
    SAME(prompt_cost);
    SAME(completion_cost);
    SAME(total_cost);
    SAME(ttft_ns);
    assert_true(span->sample_rate == e->sample_rate);
    return 0;
}

int found_as(const obs_span *expected)
{
    obs_value id = {.s = obs_str_n((const char *)expected->span_id, 8)};
    obs_filter leaf = {.size = sizeof(leaf),
                       .kind = OBS_FILTER_LEAF,
                       .field = OBS_FIELD_SPAN_ID,
                       .op = OBS_OP_EQ,
                       .values = &id,
                       .n_values = 1};
    obs_span_query q = query_all();
    struct compared c = {.expected = expected};

    q.filter = &leaf;
    search(&everything, &q, compare_all, &c);
    return c.rows;
}
