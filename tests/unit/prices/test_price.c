/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of each case stands beside it. */
#include "book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static obs_arena *arena;
static const struct price_book *book; /* the one that is shipped */

static int load_shipped(void **unused)
{
    char error[256] = "";
    (void)unused;

    arena = obs_arena_create(0);
    if (price_book_load(arena, PRICES_YAML, &book, error, sizeof(error)) < 0)
        print_error("%s\n", error);
    return book ? 0 : 1;
}

static int drop(void **unused)
{
    (void)unused;
    obs_arena_destroy(arena);
    return 0;
}

static int write_file(char *path, const char *text)
{
    int fd = mkstemp(path);
    size_t len = strlen(text);

    if (fd < 0 || write(fd, text, len) != (ssize_t)len)
        return -1;
    return close(fd);
}

static const struct price_book *load(obs_arena *a, const char *text)
{
    char path[] = "/tmp/observatory-prices-XXXXXX", error[256] = "";
    const struct price_book *loaded = NULL;

    assert_int_equal(write_file(path, text), 0);
    if (price_book_load(a, path, &loaded, error, sizeof(error)) < 0)
        fail_msg("%s", error);
    unlink(path);
    return loaded;
}

static obs_span call(const char *provider, const char *model)
{
    obs_span s;

    obs_span_init(&s);
    s.start_ns = INT64_C(1767225600000000000); /* 2026-01-01 */
    s.operation_type = obs_str_of("chat");
    s.provider = obs_str_of(provider);
    s.model = obs_str_of(model);
    return s;
}

static void each_part_has_its_price(void **unused)
{
    obs_span s = call("openai", "gpt-4o-2024-08-06");
    (void)unused;

    s.input_tokens = 1000;
    s.cache_read_tokens = 400;
    s.output_tokens = 30;
    s.reasoning_tokens = 7;
    price_apply(book, &s);
    /* 1000 × 2.50e-6 + 400 × 1.25e-6 = 0.0030; 37 × 10e-6 = 0.00037 */
    assert_int_equal(s.prompt_cost, 3000000);
    assert_int_equal(s.completion_cost, 370000);
    assert_int_equal(s.total_cost, 3370000);
    assert_true(obs_str_is(s.cost_source, "price_book"));
}

static void cache_writes_cost_more(void **unused)
{
    obs_span s = call("anthropic", "claude-sonnet-4-5-20250929");
    (void)unused;

    s.input_tokens = 10;
    s.cache_read_tokens = 2000;
    s.cache_write_tokens = 100;
    s.output_tokens = 50;
    price_apply(book, &s);
    /* 10 × 3e-6 + 2000 × 0.30e-6 + 100 × 3.75e-6 = 0.001005; 50 × 15e-6 = 0.00075 */
    assert_int_equal(s.prompt_cost, 1005000);
    assert_int_equal(s.completion_cost, 750000);
}

static void a_cost_adds_up_without_a_rest(void **unused)
{
    obs_span s = call("gcp.gemini", "gemini-1.5-flash-8b"); /* 0.0375, 0.01, 0.15 */
    (void)unused;

    s.input_tokens = 1;
    s.cache_read_tokens = 1;
    s.output_tokens = 1;
    s.reasoning_tokens = 3;
    price_apply(book, &s);
    /* 37.5 nano-dollars is half way: to the even 38; 10 beside it. 150 + 3 × 150. */
    assert_int_equal(s.prompt_cost, 38 + 10);
    assert_int_equal(s.completion_cost, 600);
    assert_int_equal(s.total_cost, 648);
}

static void cost_is_linear_in_tokens(void **unused)
{
    (void)unused;

    for (int64_t n = 1; n < 2000; n += 7) {
        obs_span one = call("openai", "gpt-4.1-nano"), many = call("openai", "gpt-4.1-nano");
        one.input_tokens = n; /* 0.10 and 0.40 a million: 100 and 400 nano-dollars a token */
        one.output_tokens = 3 * n;
        many.input_tokens = 10 * n;
        many.output_tokens = 30 * n;
        price_apply(book, &one);
        price_apply(book, &many);
        assert_int_equal(one.total_cost, 100 * n + 400 * 3 * n);
        assert_int_equal(many.total_cost, 10 * one.total_cost);
    }
}

static void absurd_counts_stay_at_the_most(void **unused)
{
    obs_span s = call("openai", "o1-pro");
    (void)unused;

    s.input_tokens = s.cache_read_tokens = s.cache_write_tokens = INT64_MAX;
    s.output_tokens = s.reasoning_tokens = INT64_MAX;
    price_apply(book, &s);
    assert_int_equal(s.prompt_cost, INT64_MAX);
    assert_int_equal(s.completion_cost, INT64_MAX);
    assert_int_equal(s.total_cost, INT64_MAX);
}

static void names_of_clouds_lead_to_the_model(void **unused)
{
    static const char *const cases[][2] = {
        {"openai", "GPT-4o"},
        {"openai", "openai/gpt-4o"},
        {"azure.ai.openai", "gpt-4o"},
        {"", "gpt-4o-mini-2024-07-18"},
        {"aws.bedrock", "us.anthropic.claude-sonnet-4-20250514-v1:0"},
        {"aws.bedrock", "anthropic.claude-3-haiku-20240307-v1:0"},
        {"aws.bedrock", "amazon.nova-pro-v1:0"},
        {"aws.bedrock", "anthropic.claude-3-sonnet-20240229-v1:0:200k"},
        {"aws.bedrock", "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/"
                        "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"},
        {"aws.bedrock", "meta.llama3-3-70b-instruct-v1:0"},
        {"groq", "meta-llama/llama-4-scout-17b-16e-instruct"},
        {"gcp.vertex_ai", "publishers/google/models/gemini-2.5-pro"},
        {"gcp.vertex_ai", "claude-sonnet-4-5@20250929"},
        {"gcp.gemini", "models/gemini-2.0-flash-001"},
        {"mistral_ai", "mistral-large-latest"},
        {"anthropic", "claude-3-5-sonnet-latest"},
    };
    (void)unused;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        if (!price_find(book, obs_str_of(cases[i][0]), obs_str_of(cases[i][1])))
            fail_msg("%s / %s has no price", cases[i][0], cases[i][1]);
    assert_ptr_equal(price_find(book, obs_str_of("openai"), obs_str_of("gpt-4o-mini-2024-07-18")),
                     price_find(book, obs_str_of("openai"), obs_str_of("gpt-4o-mini")));
    assert_ptr_not_equal(price_find(book, obs_str_of("openai"), obs_str_of("gpt-4o")),
                         price_find(book, obs_str_of("openai"), obs_str_of("gpt-4o-mini")));
}

static void an_unknown_model_is_never_free(void **unused)
{
    static const char *const cases[][2] = {
        {"openai", "gpt-99"},
        {"nobody", "gpt-4o"},
        {"openai", "ft:gpt-4o:acme"},
        {"openai", "ft:gpt-4o:acme::1"},
        {"deepseek", "deepseek-chat:free"},
        {"openai", "gpt-4o-audio-preview"},
        {"openai", "-latest"},
        {"openai", "models/"},
        {"openai", "/"},
        {"", ""},
    };
    (void)unused;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        obs_span s = call(cases[i][0], cases[i][1]);
        s.input_tokens = 5;
        price_apply(book, &s);
        assert_true(obs_str_is(s.cost_source, "unpriced"));
        assert_int_equal(s.total_cost, OBS_ABSENT);
    }
}

static void only_model_calls_with_usage_cost(void **unused)
{
    obs_span agent = call("openai", "gpt-4o"), silent = call("openai", "gpt-4o");
    (void)unused;

    agent.operation_type = obs_str_of("agent");
    agent.input_tokens = 100;
    price_apply(book, &agent);
    price_apply(book, &silent);
    assert_true(obs_str_is(agent.cost_source, "no_usage"));
    assert_true(obs_str_is(silent.cost_source, "no_usage"));
    assert_int_equal(agent.total_cost, OBS_ABSENT);
}

static void a_model_that_writes_nothing_has_no_price_for_output(void **unused)
{
    obs_span quiet = call("openai", "text-embedding-3-small"), chatty = quiet;
    (void)unused;

    quiet.operation_type = chatty.operation_type = obs_str_of("embedding");
    quiet.input_tokens = chatty.input_tokens = 1000;
    quiet.output_tokens = 0;
    chatty.output_tokens = 1;
    price_apply(book, &quiet);
    price_apply(book, &chatty);
    assert_int_equal(quiet.total_cost, 20000); /* 1000 × 0.02e-6 = 0.00002 */
    assert_true(obs_str_is(chatty.cost_source, "unpriced"));
    assert_int_equal(chatty.prompt_cost, OBS_ABSENT);
}

static void the_model_that_was_asked_for_stands_in(void **unused)
{
    obs_span s = call("azure.ai.openai", "my-deployment");
    (void)unused;

    s.request_model = obs_str_of("gpt-4.1");
    s.input_tokens = 1000;
    price_apply(book, &s);
    assert_int_equal(s.total_cost, 2000000); /* 1000 × 2e-6 = 0.002 */
}

static void what_was_reported_wins_and_all_is_kept(void **unused)
{
    obs_span s = call("openai", "gpt-4o");
    (void)unused;

    s.input_tokens = 1000;
    s.emitter_cost = 42;
    s.prompt_cost = 40;
    price_apply(book, &s);
    assert_int_equal(s.total_cost, 42);
    assert_int_equal(s.prompt_cost, 40);
    assert_int_equal(s.book_cost, 2500000);
    assert_true(obs_str_is(s.cost_source, "emitter"));
    s.provider_cost = 0;
    price_apply(book, &s);
    assert_int_equal(s.total_cost, 0);
    assert_int_equal(s.emitter_cost, 42);
    assert_true(obs_str_is(s.cost_source, "provider"));
}

static void a_price_changes_at_its_moment(void **unused)
{
    obs_span before = call("deepseek", "deepseek-chat"), after = before;
    (void)unused;

    before.input_tokens = after.input_tokens = 1000000;
    after.start_ns = INT64_C(1757088000000000000); /* 2025-09-05T16:00:00Z */
    before.start_ns = after.start_ns - 1;
    price_apply(book, &before);
    price_apply(book, &after);
    assert_int_equal(before.total_cost, 270000000); /* 0.27 USD */
    assert_int_equal(after.total_cost, 560000000);  /* 0.56 USD */
}

/* Midnight and noon of one day: the same call before and after costs what the
 * price of its half says, to the nanosecond. */
static void a_price_may_change_within_a_day(void **unused)
{
    static const char text[] = "providers:\n  p:\n    m:\n      prices:\n"
                               "        - {from: 2026-03-02, input: 1}\n"
                               "        - {from: \"2026-03-02T12:00:00Z\", input: 3}\n";
    static const int64_t midnight = INT64_C(1772409600000000000);
    static const int64_t noon = INT64_C(1772452800000000000);
    static const struct {
        int64_t at_ns, cost;
    } cases[] = {{midnight - 1, OBS_ABSENT},
                 {midnight, 1000},
                 {noon - 1, 1000},
                 {noon, 3000},
                 {INT64_MAX, 3000}};
    obs_arena *a = obs_arena_create(0);
    const struct price_book *split = load(a, text);
    (void)unused;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        obs_span s = call("p", "m");
        s.input_tokens = 1;
        s.start_ns = cases[i].at_ns;
        price_apply(split, &s);
        assert_int_equal(s.total_cost, cases[i].cost);
    }
    obs_arena_destroy(a);
}

static void products_are_rounded_once_half_to_even(void **unused)
{
    (void)unused;
    assert_int_equal(price_product(1, 500000), 0); /* 0.5 nano → 0 */
    assert_int_equal(price_product(3, 500000), 2); /* 1.5 → 2 */
    assert_int_equal(price_product(5, 500000), 2); /* 2.5 → 2 */
    assert_int_equal(price_product(1, 500001), 1);
    assert_int_equal(price_product(INT64_C(1000000000000), INT64_C(600000000000)),
                     INT64_C(600000000000000000)); /* 1e12 tokens at 600 USD a million */
}

static void cost_is_monotone_in_tokens(void **unused)
{
    int64_t last = -1;
    (void)unused;

    for (int64_t n = 0; n < 5000; n++) {
        obs_span s = call("gcp.gemini", "gemini-1.5-flash-8b");
        s.input_tokens = n;
        s.output_tokens = 3;
        price_apply(book, &s);
        assert_true(s.total_cost >= last);
        assert_int_equal(s.total_cost, s.prompt_cost + s.completion_cost);
        last = s.total_cost;
    }
}

static void a_broken_file_is_told_with_its_place(void **unused)
{
    static const char *const cases[][2] = {
        {"providers:\n  x:\n    m: {input: lots}\n", ":3:16: expected USD per million"},
        {"providers:\n  x:\n    m: {inptu: 1}\n", ":3:16: unknown key"},
        {"providers:\n  x:\n    m: {output: 1}\n", ":3:8: input is missing"},
        {"providers:\n  x:\n    m: {from: soon, input: 1}\n", ":3:15: expected a date"},
        {"providers:\n  x:\n    m: 5\n", ":3:8: expected the prices"},
        {"providers:\n  x:\n    m: {input: -1}\n", "expected USD"},
        {"providers:\n  x:\n    m: {input: 1, aliases: [n]}\n    n: {input: 2}\n",
         ":4:8: the model has two prices, the other one is in line 3, found \"n\""},
        {"providers:\n  x:\n    a*: {input: 1}\n    A*: {input: 2}\n", ":4:9: the model has two"},
        {"providers:\n  x:\n    a*b: {input: 1}\n", ":3:10: expected `*` at the end"},
        {"providers:\n  x:\n    m: {input: 1, aliases: n}\n", ":3:28: expected a list of names"},
        {"providers:\n  x:\n    m: {input: 1, aliases: [[]]}\n", ":3:29: expected the name"},
        {"providers:\n  x:\n    m: {input: 1, from: 2025-02-30}\n", ":3:25: expected a date"},
        {"providers:\n  x:\n    m: {input: 1, from: 9999-01-01}\n", ":3:25: expected a date"},
        {"providers:\n  x:\n    m: {input: 0.0000000001}\n", ":3:16: expected USD"},
        {"providers:\n  x:\n    m: {input: 1, from: now}\n", ":3:25: expected a date"},
        {"providers:\n  x:\n    m: {input: 1, from: 1790000000}\n", ":3:25: expected a date"},
        {"providers:\n  x:\n    m: {input: 99999999999}\n", ":3:16: expected USD"},
        {"providers:\n  x:\n    m: {input: 1, prices: [{input: 1}]}\n", ":3:16: expected prices"},
        {"providers:\n  x:\n    m: {prices: []}\n", ":3:17: expected a list of prices"},
        {"providers:\n  x:\n    m: {prices: [1]}\n", ":3:18: expected a price"},
        {"providers:\n  x:\n    m:\n      prices:\n        - {input: 1}\n        - {input: 2}\n",
         ":6:11: another price has the same `from`"},
        {"providers:\n  x: [1]\n", ":2:6: expected the models of a provider"},
        {"providers: {}\nresellers: {y: [x]}\n", ":2:17: expected a provider of this file"},
        {"providers: {}\nresellers: {y: [x], z: 1}\n", ":2:17: expected a provider of this file"},
        {"providers: {}\nresellers: {y: x}\n", ":2:16: expected a list of providers"},
        {"providers: {}\nresellers: [x]\n", ":2:12: expected a mapping of resellers"},
        {"providers: {}\nreseller: {}\n", ":2:11: unknown key"},
        {"providers: 1\n", ":1:12: expected `providers:`"},
        {"prices: 1\n", ":1:1: expected `providers:`"},
        {"a: [\n", ":"},
    };
    (void)unused;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char path[] = "/tmp/observatory-prices-XXXXXX", error[256] = "";
        const struct price_book *none = NULL;
        obs_arena *a = obs_arena_create(0);
        assert_int_equal(write_file(path, cases[i][0]), 0);
        assert_int_equal(price_book_load(a, path, &none, error, sizeof(error)), OBS_E_SYNTAX);
        assert_null(none);
        if (!strstr(error, cases[i][1]))
            fail_msg("expected \"%s\" in \"%s\"", cases[i][1], error);
        unlink(path);
        obs_arena_destroy(a);
    }
}

static void patterns_and_free_models(void **unused)
{
    static const char text[] = "providers:\n  p:\n    fam-*: {input: 1}\n"
                               "    fam-big-*: {input: 2}\n    gratis: {input: 0}\n";
    obs_arena *a = obs_arena_create(0);
    const struct price_book *small = load(a, text);
    obs_span s = call("p", "gratis");
    (void)unused;

    assert_int_equal(price_book_models(small), 3);
    assert_int_equal(price_find(small, obs_str_of("p"), obs_str_of("fam-big-7"))->prices[0].input,
                     2000000000);
    assert_int_equal(price_find(small, obs_str_of("p"), obs_str_of("fam-x"))->prices[0].input,
                     1000000000);
    s.input_tokens = s.output_tokens = s.reasoning_tokens = 5;
    price_apply(small, &s);
    assert_int_equal(s.total_cost, 0);
    assert_true(obs_str_is(s.cost_source, "free"));
    obs_arena_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_has_its_price),
        cmocka_unit_test(cache_writes_cost_more),
        cmocka_unit_test(a_cost_adds_up_without_a_rest),
        cmocka_unit_test(cost_is_linear_in_tokens),
        cmocka_unit_test(absurd_counts_stay_at_the_most),
        cmocka_unit_test(names_of_clouds_lead_to_the_model),
        cmocka_unit_test(an_unknown_model_is_never_free),
        cmocka_unit_test(only_model_calls_with_usage_cost),
        cmocka_unit_test(a_model_that_writes_nothing_has_no_price_for_output),
        cmocka_unit_test(the_model_that_was_asked_for_stands_in),
        cmocka_unit_test(what_was_reported_wins_and_all_is_kept),
        cmocka_unit_test(a_price_changes_at_its_moment),
        cmocka_unit_test(a_price_may_change_within_a_day),
        cmocka_unit_test(products_are_rounded_once_half_to_even),
        cmocka_unit_test(cost_is_monotone_in_tokens),
        cmocka_unit_test(a_broken_file_is_told_with_its_place),
        cmocka_unit_test(patterns_and_free_models),
    };
    return cmocka_run_group_tests_name("price", tests, load_shipped, drop);
}
