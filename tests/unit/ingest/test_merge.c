/* SPDX-License-Identifier: Apache-2.0 */
/* Two spans into one: fragments fill, updates replace, and what the cost follows
 * from is priced anew. */
#include "merge.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static obs_arena *arena;
static int n_priced;

/* A price of one nano-dollar a token. */
static int price(void *self, obs_span *span, obs_arena *unused)
{
    (void)self;
    (void)unused;
    n_priced++;
    span->total_cost = span->book_cost = obs_span_total_tokens(span);
    return OBS_OK;
}

static const obs_prices prices = {.size = sizeof(prices), .price = price};
static const struct ingest ingest = {.prices = &prices};

static int setup(void **state)
{
    (void)state;
    arena = obs_arena_create(/* limit_bytes= */ 0);
    n_priced = 0;
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    obs_arena_destroy(arena);
    return 0;
}

static obs_span blank(uint32_t flags)
{
    obs_span span;

    obs_span_init(&span);
    memset(span.trace_id, 1, sizeof(span.trace_id));
    memset(span.span_id, 2, sizeof(span.span_id));
    span.project_id = obs_str_of("p");
    span.flags |= flags;
    return span;
}

static obs_span stored_span(void)
{
    obs_span span = blank(0);

    span.start_ns = 1000;
    span.end_ns = 2000;
    span.span_name = obs_str_of("chat");
    span.operation_type = obs_str_of("chat");
    return span;
}

static int merge(const obs_span *stored, const obs_span *added, obs_span *ret)
{
    return span_merge(stored, added, arena, ret, &ingest);
}

#define assert_text(text, expected)                                                                \
    do {                                                                                           \
        assert_int_equal((text).len, strlen(expected));                                            \
        assert_memory_equal((text).ptr, expected, (text).len);                                     \
    } while (0)

static void a_span_that_comes_again_changes_nothing(void **state)
{
    obs_span stored = stored_span(), again = stored_span(), ret;

    (void)state;
    again.span_name = obs_str_of("other");
    assert_int_equal(merge(&stored, &again, &ret), 0);
}

static void a_fragment_fills_what_is_absent(void **state)
{
    obs_span stored = stored_span(), added = blank(OBS_SPAN_FRAGMENT), ret;

    (void)state;
    stored.model = obs_str_of("gpt-4o");
    added.model = obs_str_of("other");
    added.span_name = obs_str_of("other");
    added.provider = obs_str_of("openai");
    added.input_text = obs_str_of("Hi");
    added.input_tokens = 10;
    added.output_tokens = 5;
    added.status = OBS_STATUS_ERROR;
    added.ttft_ns = 7;
    assert_int_equal(merge(&stored, &added, &ret), 1);
    assert_text(ret.model, "gpt-4o");
    assert_text(ret.span_name, "chat");
    assert_text(ret.provider, "openai");
    assert_text(ret.input_text, "Hi");
    assert_int_equal(ret.total_cost, 15);
    assert_int_equal(ret.status, OBS_STATUS_ERROR);
    assert_int_equal(ret.ttft_ns, 7);
    assert_int_equal(ret.start_ns, 1000);
    assert_int_equal(ret.end_ns, 2000);
    assert_int_equal(n_priced, 1);
    assert_int_equal(ret.flags, OBS_SPAN_SAMPLED);
    /* and again: nothing new */
    stored = ret;
    assert_int_equal(merge(&stored, &added, &ret), 0);
    assert_int_equal(n_priced, 1);
}

static void tokens_come_from_one_side_only(void **state)
{
    obs_span stored = stored_span(), added = blank(OBS_SPAN_FRAGMENT), ret;

    (void)state;
    stored.input_tokens = 10;
    added.input_tokens = 4;
    added.cache_read_tokens = 6;
    assert_int_equal(merge(&stored, &added, &ret), 0);
    assert_int_equal(ret.input_tokens, 10);
    assert_int_equal(ret.cache_read_tokens, OBS_ABSENT);
    added.flags |= OBS_SPAN_UPDATE;
    assert_int_equal(merge(&stored, &added, &ret), 1);
    assert_int_equal(ret.input_tokens, 4);
    assert_int_equal(ret.cache_read_tokens, 6);
    assert_int_equal(ret.total_cost, 10);
}

static void an_update_replaces_what_it_names(void **state)
{
    obs_span stored = stored_span(), added = blank(OBS_SPAN_UPDATE | OBS_SPAN_FRAGMENT), ret;

    (void)state;
    stored.output_text = obs_str_of("draft");
    stored.user_id = obs_str_of("u");
    added.output_text = obs_str_of("final");
    added.end_ns = 5000;
    assert_int_equal(merge(&stored, &added, &ret), 1);
    assert_text(ret.output_text, "final");
    assert_text(ret.user_id, "u");
    assert_int_equal(ret.start_ns, 1000);
    assert_int_equal(ret.end_ns, 5000);
    assert_int_equal(n_priced, 0);
}

/* A beginning that is sent again after the end must not open the span anew. */
static void a_beginning_does_not_take_the_end_away(void **state)
{
    obs_span stored = stored_span(), added = blank(OBS_SPAN_UPDATE), ret;

    (void)state;
    added.start_ns = added.end_ns = 1000;
    assert_int_equal(merge(&stored, &added, &ret), 0);
    assert_int_equal(ret.end_ns, 2000);
    added.start_ns = added.end_ns = 3000; /* a later word about it is no later start */
    assert_int_equal(merge(&stored, &added, &ret), 0);
    added.start_ns = added.end_ns = 500;
    assert_int_equal(merge(&stored, &added, &ret), 1);
    assert_int_equal(ret.start_ns, 500);
    assert_int_equal(ret.end_ns, 2000);
    assert_int_equal(n_priced, 1); /* prices change with time */
}

/* What is below a root may be told of in any order; others end when the last word says. */
static void only_a_root_does_not_end_earlier_again(void **state)
{
    obs_span stored = stored_span(), added = blank(OBS_SPAN_UPDATE | OBS_SPAN_FRAGMENT), ret;

    (void)state;
    added.end_ns = 1500;
    assert_int_equal(merge(&stored, &added, &ret), 0);
    stored.parent_span_id[0] = 1;
    assert_int_equal(merge(&stored, &added, &ret), 1);
    assert_int_equal(ret.end_ns, 1500);
}

static void the_first_token_counts_from_a_start_that_came_apart(void **state)
{
    obs_span stored = stored_span(), added = blank(OBS_SPAN_UPDATE | OBS_SPAN_FRAGMENT), ret;

    (void)state;
    stored.start_ns = INT64_C(1790000000000000000); /* 2026-09-21T14:13:20Z */
    stored.end_ns = stored.start_ns;
    added.attributes = obs_str_of("{\"langfuse.observation.completion_start_time\":"
                                  "\"2026-09-21T14:13:20.250Z\"}");
    assert_int_equal(merge(&stored, &added, &ret), 1);
    assert_int_equal(ret.ttft_ns, INT64_C(250000000));
    stored.start_ns += INT64_C(1000000000); /* it cannot come before the start */
    assert_int_equal(merge(&stored, &added, &ret), 1);
    assert_int_equal(ret.ttft_ns, OBS_ABSENT);
}

static void objects_merge_by_member_and_lists_by_item(void **state)
{
    obs_span stored = stored_span(), added = blank(OBS_SPAN_FRAGMENT), ret;

    (void)state;
    stored.attributes = obs_str_of("{\"a\":1,\"o\":{\"x\":1},\"k\\\"\":[1]}");
    added.attributes = obs_str_of("{\"o\":{\"x\":2,\"y\":3},\"b\":null,\"a\":5}");
    stored.tags = obs_str_of("[\"one\",\"two\"]");
    added.tags = obs_str_of("[\"two\",\"three\"]");
    stored.events = obs_str_of("[{\"name\":\"e\"}]");
    added.events = obs_str_of("[{\"name\":\"e\"},{\"name\":\"f\"}]");
    assert_int_equal(merge(&stored, &added, &ret), 1);
    assert_text(ret.attributes, "{\"a\":1,\"o\":{\"x\":1,\"y\":3},\"k\\\"\":[1],\"b\":null}");
    assert_text(ret.tags, "[\"one\",\"two\",\"three\"]");
    assert_text(ret.events, "[{\"name\":\"e\"},{\"name\":\"f\"}]");
    added.flags |= OBS_SPAN_UPDATE;
    assert_int_equal(merge(&stored, &added, &ret), 1);
    assert_text(ret.attributes, "{\"a\":5,\"o\":{\"x\":2,\"y\":3},\"k\\\"\":[1],\"b\":null}");
}

#define EVENTS                                                                                     \
    "{\"observatory.sources\":{\"genai-1.36\":{\"input_messages\":\"gen_ai.user.message\"}}}"

static void messages_of_several_requests_add_up(void **state)
{
    obs_span stored = stored_span(), added = blank(OBS_SPAN_FRAGMENT), ret;

    (void)state;
    stored.input_messages = obs_str_of("[{\"role\":\"user\",\"content\":\"one\"}]");
    added.input_messages = obs_str_of(
        "[{\"role\":\"user\",\"content\":\"one\"},{\"role\":\"user\",\"content\":\"two\"}]");
    added.attributes = obs_str_of(EVENTS);
    assert_int_equal(merge(&stored, &added, &ret),
                     1); /* the attributes; the span's own messages stay */
    assert_text(ret.input_messages, "[{\"role\":\"user\",\"content\":\"one\"}]");
    stored.attributes = obs_str_of(EVENTS);
    assert_int_equal(merge(&stored, &added, &ret), 1);
    assert_text(
        ret.input_messages,
        "[{\"role\":\"user\",\"content\":\"one\"},{\"role\":\"user\",\"content\":\"two\"}]");
    assert_text(ret.input_text, "two");
}

static void answers_of_several_requests_add_up(void **state)
{
    static const char sources[] =
        "{\"observatory.sources\":{\"genai-1.36\":{\"output_messages\":\"gen_ai.choice\"}}}";
    obs_span stored = stored_span(), added = blank(OBS_SPAN_FRAGMENT), ret;

    (void)state;
    stored.attributes = added.attributes = obs_str_of(sources);
    stored.output_messages = obs_str_of("[{\"index\":0,\"message\":{\"content\":\"one\"}}]");
    added.output_messages =
        obs_str_of("[{\"index\":1,\"tool_calls\":[{\"id\":\"c\",\"function\":{\"name\":\"f\"}}]}]");
    assert_int_equal(merge(&stored, &added, &ret), 1);
    assert_text(ret.output_messages,
                "[{\"index\":0,\"message\":{\"content\":\"one\"}},"
                "{\"index\":1,\"tool_calls\":[{\"id\":\"c\",\"function\":{\"name\":\"f\"}}]}]");
    assert_text(ret.output_text, "one");
    assert_text(ret.tool_calls, "[{\"id\":\"c\",\"name\":\"f\"}]");
    stored = ret; /* and again: nothing new */
    assert_int_equal(merge(&stored, &added, &ret), 0);
}

static void the_model_that_was_asked_for_is_the_last_guess(void **state)
{
    obs_span stored = stored_span(), added = blank(OBS_SPAN_FRAGMENT), ret;

    (void)state;
    added.request_model = obs_str_of("gpt-4o");
    assert_int_equal(merge(&stored, &added, &ret), 1);
    assert_text(ret.model, "gpt-4o");
    stored.flags |= OBS_SPAN_FRAGMENT; /* the one that answered may still come */
    assert_int_equal(merge(&stored, &added, &ret), 1);
    assert_text(ret.model, "");
}

static void a_reported_cost_is_taken_whole(void **state)
{
    obs_span stored = stored_span(), added = blank(OBS_SPAN_FRAGMENT), ret;

    (void)state;
    stored.book_cost = stored.total_cost = stored.prompt_cost = 9;
    added.emitter_cost = 50;
    assert_int_equal(merge(&stored, &added, &ret), 1);
    assert_int_equal(ret.emitter_cost, 50);
    assert_int_equal(ret.prompt_cost, OBS_ABSENT);
    assert_int_equal(n_priced, 1);
}

/* With many members on both sides, in any order: as a naive merge says. */
static void large_objects_merge(void **state)
{
    obs_buf *a = obs_buf_new(arena, 0), *b = obs_buf_new(arena, 0), *both = obs_buf_new(arena, 0);
    obs_span stored = stored_span(), added = blank(OBS_SPAN_FRAGMENT), ret;

    (void)state;
    for (int i = 0; i < 3000; i++) {
        obs_buf_printf(a, "%s\"k%d\":%d", i ? "," : "{", i, i);
        obs_buf_printf(b, "%s\"k%d\":\"b\"", i ? "," : "{", 4500 - i);
        obs_buf_printf(both, "%s\"k%d\":%d", i ? "," : "{", i, i);
    }
    for (int i = 0; i < 3000; i++)
        if (4500 - i >= 3000)
            obs_buf_printf(both, ",\"k%d\":\"b\"", 4500 - i);
    obs_buf_append(a, "}", 1);
    obs_buf_append(b, "}", 1);
    obs_buf_append(both, "}", 1);
    stored.attributes = obs_buf_str(a);
    added.attributes = obs_buf_str(b);
    assert_int_equal(merge(&stored, &added, &ret), 1);
    assert_true(obs_str_eq(ret.attributes, obs_buf_str(both)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_span_that_comes_again_changes_nothing),
        TEST(a_fragment_fills_what_is_absent),
        TEST(tokens_come_from_one_side_only),
        TEST(an_update_replaces_what_it_names),
        TEST(a_beginning_does_not_take_the_end_away),
        TEST(only_a_root_does_not_end_earlier_again),
        TEST(the_first_token_counts_from_a_start_that_came_apart),
        TEST(objects_merge_by_member_and_lists_by_item),
        TEST(messages_of_several_requests_add_up),
        TEST(answers_of_several_requests_add_up),
        TEST(the_model_that_was_asked_for_is_the_last_guess),
        TEST(a_reported_cost_is_taken_whole),
        TEST(large_objects_merge),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
