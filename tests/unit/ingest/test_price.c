/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of each case stands beside it. */
#include "price_book.h"

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
        {"openai", "gpt-99"}, {"nobody", "gpt-4o"}, {"openai", "ft:gpt-4o:acme"}, {"", ""}};
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

static void what_was_reported_wins(void **unused)
{
    obs_span s = call("openai", "gpt-4o");
    (void)unused;

    s.input_tokens = 1000;
    s.total_cost = 42;
    price_apply(book, &s);
    assert_int_equal(s.total_cost, 42);
    assert_true(obs_str_is(s.cost_source, "emitter"));
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
        {"providers:\n  x:\n    m: {input: 1, aliases: [n]}\n    n: {input: 2}\n", "two prices"},
        {"prices: 1\n", "expected `providers:`"},
        {"a: [\n", ":"},
    };
    (void)unused;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char path[] = "/tmp/observatory-prices-XXXXXX", error[256] = "";
        const struct price_book *none = NULL;
        obs_arena *a = obs_arena_create(0);
        int fd = mkstemp(path);
        assert_int_equal(write(fd, cases[i][0], strlen(cases[i][0])), strlen(cases[i][0]));
        close(fd);
        assert_true(price_book_load(a, path, &none, error, sizeof(error)) < 0);
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
    char path[] = "/tmp/observatory-prices-XXXXXX", error[256];
    const struct price_book *small;
    obs_arena *a = obs_arena_create(0);
    obs_span s = call("p", "gratis");
    int fd = mkstemp(path);
    (void)unused;

    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    close(fd);
    assert_int_equal(price_book_load(a, path, &small, error, sizeof(error)), OBS_OK);
    unlink(path);
    assert_int_equal(price_book_models(small), 3);
    assert_int_equal(price_find(small, obs_str_of("p"), obs_str_of("fam-big-7"))->prices[0].input,
                     2000000000);
    assert_int_equal(price_find(small, obs_str_of("p"), obs_str_of("fam-x"))->prices[0].input,
                     1000000000);
    s.input_tokens = 5;
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
        cmocka_unit_test(names_of_clouds_lead_to_the_model),
        cmocka_unit_test(an_unknown_model_is_never_free),
        cmocka_unit_test(only_model_calls_with_usage_cost),
        cmocka_unit_test(what_was_reported_wins),
        cmocka_unit_test(a_price_changes_at_its_moment),
        cmocka_unit_test(products_are_rounded_once_half_to_even),
        cmocka_unit_test(cost_is_monotone_in_tokens),
        cmocka_unit_test(a_broken_file_is_told_with_its_place),
        cmocka_unit_test(patterns_and_free_models),
    };
    return cmocka_run_group_tests_name("price", tests, load_shipped, drop);
}
