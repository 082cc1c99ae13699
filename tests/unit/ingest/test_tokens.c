/* SPDX-License-Identifier: Apache-2.0 */
/* How token counts are read, rule by rule. */
#include "fixture_span.h"
#include "tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define NO OBS_ABSENT

struct parts {
    int64_t input, read, write, output, reasoning;
};

struct token_case {
    const char *what;
    struct token_counts sent; /* input, output, total, read, write, reasoning */
    struct parts want;
    bool ambiguous;
};

#define SENT(i, o, t, r, w, n)                                                                     \
    .input = (i), .output = (o), .total = (t), .cache_read = (r), .cache_write = (w),              \
    .reasoning = (n)

static const struct token_case cases[] = {
    {"nothing", {SENT(NO, NO, NO, NO, NO, NO)}, {NO, NO, NO, NO, NO}, false},
    {"no details", {SENT(10, 5, NO, NO, NO, NO)}, {10, NO, NO, 5, NO}, false},
    {"inside by default", {SENT(100, 50, NO, 30, 20, 10)}, {50, 30, 20, 40, 10}, false},
    {"cache larger than input", {SENT(10, 5, NO, 30, NO, NO)}, {10, 30, NO, 5, NO}, false},
    {"reasoning larger than output", {SENT(10, 5, NO, NO, NO, 8)}, {10, NO, NO, 5, 8}, false},
    {"total says inside",
     {SENT(100, 50, 150, 30, NO, NO), .beside = true},
     {70, 30, NO, 50, NO},
     false},
    {"total says beside", {SENT(100, 50, 180, 30, NO, NO)}, {100, 30, NO, 50, NO}, false},
    {"total says reasoning beside", {SENT(100, 50, 160, NO, NO, 10)}, {100, NO, NO, 50, 10}, false},
    {"total says both beside", {SENT(100, 50, 190, 30, NO, 10)}, {100, 30, NO, 50, 10}, false},
    {"habit decides",
     {SENT(100, 50, NO, 30, NO, NO), .beside = true},
     {100, 30, NO, 50, NO},
     false},
    {"habit is doubtful",
     {SENT(100, 50, NO, 30, NO, NO), .beside = true, .doubtful = true},
     {100, 30, NO, 50, NO},
     true},
    {"doubt without details",
     {SENT(100, 50, NO, 0, NO, NO), .doubtful = true},
     {100, 0, NO, 50, NO},
     false},
    {"details are never added",
     {SENT(10, 5, NO, 30, NO, 8), .cache_info = true, .reason_info = true},
     {10, NO, NO, 5, NO},
     false},
    {"details inside are used",
     {SENT(100, 50, NO, 30, NO, 8), .cache_info = true, .reason_info = true},
     {70, 30, NO, 42, 8},
     false},
    {"output from the total", {SENT(100, NO, 150, NO, NO, NO)}, {100, NO, NO, 50, NO}, false},
    {"input from the total", {SENT(NO, 50, 150, NO, NO, NO)}, {100, NO, NO, 50, NO}, false},
    {"total alone", {SENT(NO, NO, 150, NO, NO, NO)}, {150, NO, NO, NO, NO}, true},
    {"total of an embedding",
     {SENT(NO, NO, 150, NO, NO, NO), .embedding = true},
     {150, NO, NO, NO, NO},
     false},
    {"total below the parts", {SENT(100, 50, 20, 30, NO, NO)}, {70, 30, NO, 50, NO}, false},
    {"cache alone", {SENT(NO, NO, NO, 30, NO, NO)}, {NO, 30, NO, NO, NO}, false},
};

static void each_rule_splits_as_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct parts *want = &cases[i].want;
        obs_span span;
        bool ambiguous;

        obs_span_init(&span);
        ambiguous = tokens_split(&cases[i].sent, &span);
        if (span.input_tokens != want->input || span.cache_read_tokens != want->read ||
            span.cache_write_tokens != want->write || span.output_tokens != want->output ||
            span.reasoning_tokens != want->reasoning || ambiguous != cases[i].ambiguous)
            fail_msg("%s: %lld %lld %lld %lld %lld %d", cases[i].what, (long long)span.input_tokens,
                     (long long)span.cache_read_tokens, (long long)span.cache_write_tokens,
                     (long long)span.output_tokens, (long long)span.reasoning_tokens, ambiguous);
    }
}

static obs_span usage(const char *provider, const char *input, const char *cache)
{
    static const char note[] = "\"observatory.tokens\":\"ambiguous\"";
    struct one *one = one_create();
    obs_span span;

    one_text(one, "gen_ai.provider.name", provider);
    one_int(one, input, 100);
    one_int(one, cache, 30);
    span = one_map(one);
    if (memmem(span.attributes.ptr, span.attributes.len, note, sizeof(note) - 1))
        span.reserved = 1;
    one_destroy(one);
    return span;
}

static void the_senders_habit_follows_from_names_and_provider(void **state)
{
    (void)state;
    /* the conventions count the cache inside, whoever answers */
    assert_int_equal(
        usage("anthropic", "gen_ai.usage.input_tokens", "gen_ai.usage.cache_read.input_tokens")
            .input_tokens,
        70);
    /* the raw field names of Anthropic mean its raw numbers */
    assert_int_equal(
        usage("anthropic", "gen_ai.usage.input_tokens", "gen_ai.usage.cache_read_input_tokens")
            .input_tokens,
        100);
    assert_int_equal(usage("aws.bedrock", "gen_ai.usage.input_tokens",
                           "gen_ai.usage.cache_creation_input_tokens")
                         .input_tokens,
                     100);
    assert_int_equal(
        usage("openai", "gen_ai.usage.input_tokens", "gen_ai.usage.cache_read_input_tokens")
            .input_tokens,
        70);
    assert_int_equal(
        usage("openai", "llm.token_count.prompt", "llm.token_count.prompt_details.cache_read")
            .input_tokens,
        70);
    assert_int_equal(
        usage("aws.bedrock", "llm.token_count.prompt", "llm.token_count.prompt_details.cache_read")
            .input_tokens,
        100);
}

static void a_reading_by_habit_alone_is_flagged(void **state)
{
    (void)state;
    assert_int_equal(
        usage("anthropic", "gen_ai.usage.input_tokens", "gen_ai.usage.cache_read_input_tokens")
            .reserved,
        1);
    assert_int_equal(
        usage("anthropic", "gen_ai.usage.input_tokens", "gen_ai.usage.cache_read.input_tokens")
            .reserved,
        0);
    assert_int_equal(
        usage("openai", "llm.token_count.prompt", "llm.token_count.prompt_details.cache_read")
            .reserved,
        0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_splits_as_it_says),
        cmocka_unit_test(the_senders_habit_follows_from_names_and_provider),
        cmocka_unit_test(a_reading_by_habit_alone_is_flagged),
    };

    return cmocka_run_group_tests_name("tokens", tests, NULL, NULL);
}
