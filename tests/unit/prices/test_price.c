/* SPDX-License-Identifier: Apache-2.0 */
/* What a call costs: the arithmetic of each case stands beside it. */
#include "fixture.h"
#include "money.h"
#include "parts.h"

#include <stdlib.h>

/* Each part has another price, so that none can be taken for another. */
static const char all_parts[] = MODELS(
    "{m: {input: 2.50, input_audio: 40, input_image: 5, cache_read: 1.25, cache_read_audio: 2,\n"
    "  cache_write: 3.125, cache_write_1h: 5.5, output: 10, output_audio: 80, output_image: 30,\n"
    "  reasoning: 9},\n"
    " fine: {input: 0.0375, cache_read: 0.01, output: 0.15},\n"
    " dear: {input: 150, output: 600}, embed: {input: 0.02}, gratis: {input: 0},\n"
    " search: {input: 1, output: 1, request: 0.005}, rank: {request: 0.002}}");

static struct price_books books;

static int setup(void **state)
{
    int rc = fixture_setup(state);

    if (rc == 0)
        books = fixture_books(all_parts);
    return rc;
}

static void set_tokens(obs_span *span, enum price_part part, int64_t tokens)
{
    memcpy((char *)span + price_parts[part].offset, &tokens, sizeof(tokens));
}

/* --- arithmetic ------------------------------------------------------------------ */

static void each_part_has_its_price(void **unused)
{
    static const int64_t nano_a_token[PRICE_N_PARTS] = {2500, 40000, 5000,  1250,  2000, 3125,
                                                        5500, 10000, 80000, 30000, 9000};
    obs_span all = fixture_call("x", "m");
    int64_t prompt = 0, completion = 0;
    (void)unused;

    for (enum price_part part = 0; part < PRICE_N_PARTS; part++) {
        obs_span s = fixture_call("x", "m");
        set_tokens(&s, part, 7);
        set_tokens(&all, part, 7 + part);
        s = fixture_priced(&books, s);
        assert_int_equal(s.total_cost, 7 * nano_a_token[part]);
        assert_int_equal(price_parts[part].completion ? s.completion_cost : s.prompt_cost,
                         s.total_cost);
        *(price_parts[part].completion ? &completion : &prompt) += (7 + part) * nano_a_token[part];
    }
    all = fixture_priced(&books, all);
    assert_int_equal(all.prompt_cost, prompt);
    assert_int_equal(all.completion_cost, completion);
    assert_int_equal(all.total_cost, prompt + completion);
    assert_int_equal(all.book_cost, prompt + completion);
    assert_str(all.cost_source, "price_book");
}

static void products_are_rounded_once_half_to_even(void **unused)
{
    (void)unused;
    assert_int_equal(price_product(1, 500000), 0); /* 0.5 nano-dollars → 0 */
    assert_int_equal(price_product(3, 500000), 2); /* 1.5 → 2 */
    assert_int_equal(price_product(5, 500000), 2); /* 2.5 → 2 */
    assert_int_equal(price_product(1, 500001), 1);
    assert_int_equal(price_product(1, 499999), 0);
    assert_int_equal(price_product(INT64_C(1000000000000), INT64_C(600000000000)),
                     INT64_C(600000000000000000)); /* 1e12 tokens at 600 USD a million */
    assert_int_equal(price_product(INT64_MAX, INT64_MAX), INT64_MAX);
    assert_int_equal(price_product(INT64_MAX, 1000000), INT64_MAX);
    assert_int_equal(price_product(INT64_MAX, 999999), INT64_C(9223362813482738952));
}

static void a_cost_adds_up_without_a_rest(void **unused)
{
    obs_span s = fixture_call("x", "fine");
    (void)unused;

    s.input_tokens = s.cache_read_tokens = s.output_tokens = 1;
    s.reasoning_tokens = 3;
    s = fixture_priced(&books, s);
    /* 37.5 nano-dollars is half way: to the even 38; 10 beside it. 150 + 3 × 150. */
    assert_int_equal(s.prompt_cost, 38 + 10);
    assert_int_equal(s.completion_cost, 600);
    assert_int_equal(s.total_cost, 648);
}

static void absurd_counts_stay_at_the_most(void **unused)
{
    obs_span s = fixture_call("x", "dear");
    (void)unused;

    for (enum price_part part = 0; part < PRICE_N_PARTS; part++)
        set_tokens(&s, part, INT64_MAX);
    s = fixture_priced(&books, s);
    assert_int_equal(s.prompt_cost, INT64_MAX);
    assert_int_equal(s.completion_cost, INT64_MAX);
    assert_int_equal(s.total_cost, INT64_MAX);
}

/* --- properties ------------------------------------------------------------------ */

static obs_span random_call(unsigned *seed)
{
    static const char *const names[] = {"m", "fine", "dear", "search"};
    obs_span s = fixture_call("x", names[rand_r(seed) % 4]);

    for (enum price_part part = 0; part < PRICE_N_PARTS; part++)
        if (rand_r(seed) % 2)
            set_tokens(&s, part, rand_r(seed) % 3000000);
    s.input_tokens = rand_r(seed) % 100000;
    return s;
}

static void parts_sum_to_totals_and_more_tokens_never_cost_less(void **unused)
{
    unsigned seed = 1;
    (void)unused;

    for (int i = 0; i < 2000; i++) {
        obs_span s = fixture_priced(&books, random_call(&seed)), more = s;
        enum price_part part = (enum price_part)rand_r(&seed) % PRICE_N_PARTS;
        int64_t tokens = price_part_tokens(&s, part);
        assert_int_equal(s.total_cost, s.prompt_cost + s.completion_cost);
        set_tokens(&more, part, (tokens < 0 ? 0 : tokens) + 1 + rand_r(&seed) % 10);
        more = fixture_priced(&books, more);
        assert_true(more.total_cost >= s.total_cost);
        assert_true(more.prompt_cost >= s.prompt_cost);
        assert_true(more.completion_cost >= s.completion_cost);
    }
}

/* To the half nano-dollar that each part may be rounded by. */
static void a_cost_is_linear_in_tokens(void **unused)
{
    unsigned seed = 2;
    (void)unused;

    for (int i = 0; i < 1000; i++) {
        obs_span one = random_call(&seed), many = one;
        int64_t n = 2 + rand_r(&seed) % 1000, rest, request;
        for (enum price_part part = 0; part < PRICE_N_PARTS; part++)
            if (price_part_tokens(&one, part) > 0)
                set_tokens(&many, part, n * price_part_tokens(&one, part));
        one = fixture_priced(&books, one);
        many = fixture_priced(&books, many);
        request = obs_str_is(one.model, "search") ? 5000000 : 0;
        rest = many.total_cost - request - n * (one.total_cost - request);
        assert_true(llabs(rest) <= PRICE_N_PARTS * (n + 1) / 2);
    }
}

/* Two calls cost what one with the tokens of both costs, but for rounding, and a
 * price that changes at noon splits the day exactly. */
static void a_change_within_a_day_splits_it_exactly(void **unused)
{
    struct price_books split = fixture_books(MODELS(
        "{m: {prices: [{input: 1.234567891}, {from: \"2026-01-01T12:00:00Z\", input: 3}]}}"));
    int64_t before = 0, after = 0;
    (void)unused;

    for (int64_t minute = 0; minute < 24 * 60; minute++) {
        obs_span s = fixture_call("x", "m");
        s.start_ns += minute * INT64_C(60000000000);
        s.input_tokens = 1000000;
        s = fixture_priced(&split, s);
        *(minute < 12 * 60 ? &before : &after) += s.total_cost;
    }
    assert_int_equal(before, 720 * INT64_C(1234567891)); /* 1.234567891 USD each */
    assert_int_equal(after, 720 * INT64_C(3000000000));
}

/* --- which spans ----------------------------------------------------------------- */

static void only_model_calls_with_usage_cost(void **unused)
{
    static const struct {
        const char *operation;
        bool costs;
    } cases[] = {{"chat", true},   {"completion", true}, {"embedding", true},
                 {"rerank", true}, {"guardrail", true},  {"agent", false},
                 {"tool", false},  {"retrieval", false}, {"internal", false},
                 {"", false}};
    obs_span silent = fixture_call("x", "m");
    (void)unused;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        obs_span s = fixture_call("x", "m");
        s.operation_type = obs_str_of(cases[i].operation);
        s.input_tokens = 100;
        s = fixture_priced(&books, s);
        assert_int_equal(s.total_cost, cases[i].costs ? 250000 : OBS_ABSENT);
        assert_str(s.cost_source, cases[i].costs ? "price_book" : "no_usage");
    }
    silent = fixture_priced(&books, silent);
    assert_str(silent.cost_source, "no_usage");
    assert_str(silent.cost_details, "");
    assert_int_equal(silent.total_cost, OBS_ABSENT);
}

/* An agent that reports what its calls cost would be counted a second time. */
static void what_no_model_call_reports_is_kept_and_not_counted(void **unused)
{
    obs_span s = fixture_call("x", "m");
    (void)unused;

    s.operation_type = obs_str_of("agent");
    s.input_tokens = 100;
    s.provider_cost = 42;
    s.emitter_cost = s.prompt_cost = 41;
    s = fixture_priced(&books, s);
    assert_int_equal(s.total_cost, OBS_ABSENT);
    assert_int_equal(s.prompt_cost, OBS_ABSENT);
    assert_int_equal(s.completion_cost, OBS_ABSENT);
    assert_int_equal(s.book_cost, OBS_ABSENT);
    assert_int_equal(s.provider_cost, 42);
    assert_int_equal(s.emitter_cost, 41);
    assert_str(s.cost_source, "no_usage");
    assert_str(s.cost_details, "{\"reason\":\"The span is no call of a model: the cost that it "
                               "reports may be that of the calls below it.\"}");
}

static void what_was_reported_counts_and_all_is_kept(void **unused)
{
    static const char details[] = "{\"price\":{\"provider\":\"x\",\"model\":\"m\",\"book\":"
                                  "\"file\",\"rates\":{\"input\":2.5}}}";
    obs_span s = fixture_call("x", "m");
    (void)unused;

    s.input_tokens = 1000;
    s.emitter_cost = 42;
    s.prompt_cost = 40;
    s = fixture_priced(&books, s);
    assert_int_equal(s.total_cost, 42);
    assert_int_equal(s.prompt_cost, 40);
    assert_int_equal(s.completion_cost, OBS_ABSENT);
    assert_int_equal(s.book_cost, 2500000);
    assert_str(s.cost_source, "emitter");
    assert_str(s.cost_details, details);
    s.provider_cost = 0;
    s = fixture_priced(&books, s);
    assert_int_equal(s.total_cost, 0);
    assert_int_equal(s.emitter_cost, 42);
    assert_str(s.cost_source, "provider");
    s.model = obs_str_of("nobody-knows");
    s = fixture_priced(&books, s);
    assert_str(s.cost_source, "provider");
    assert_int_equal(s.book_cost, OBS_ABSENT);
    s.input_tokens = OBS_ABSENT;
    s = fixture_priced(&books, s);
    assert_str(s.cost_source, "provider");
    assert_int_equal(s.total_cost, 0);
}

static void free_is_not_unpriced(void **unused)
{
    obs_span s = fixture_call("x", "gratis");
    (void)unused;

    s.input_tokens = s.output_tokens = s.reasoning_tokens = 5;
    s = fixture_priced(&books, s);
    assert_int_equal(s.total_cost, 0);
    assert_str(s.cost_source, "free");
    s.model = obs_str_of("other");
    s = fixture_priced(&books, s);
    assert_int_equal(s.total_cost, OBS_ABSENT);
    assert_int_equal(s.prompt_cost, OBS_ABSENT);
    assert_str(s.cost_source, "unpriced");
}

static void a_call_may_have_a_price_of_its_own(void **unused)
{
    obs_span search = fixture_call("x", "search"), rank = fixture_call("x", "rank");
    (void)unused;

    search.input_tokens = search.output_tokens = 100;
    search = fixture_priced(&books, search);
    assert_int_equal(search.prompt_cost, 5000000 + 100 * 1000); /* 0.005 USD, 100 × 1e-6 */
    assert_int_equal(search.completion_cost, 100 * 1000);
    search.input_tokens = search.output_tokens = OBS_ABSENT;
    assert_str(fixture_priced(&books, search).cost_source, "no_usage");
    rank.operation_type = obs_str_of("rerank");
    assert_int_equal(fixture_priced(&books, rank).total_cost, 2000000);
    rank.input_tokens = rank.output_tokens = 100000;
    assert_int_equal(fixture_priced(&books, rank).total_cost, 2000000);
    rank.input_tokens = rank.output_tokens = OBS_ABSENT;
    rank.status = OBS_STATUS_ERROR; /* a call that failed is not paid for */
    assert_str(fixture_priced(&books, rank).cost_source, "no_usage");
}

static void a_model_that_writes_nothing_has_no_price_for_output(void **unused)
{
    obs_span s = fixture_call("x", "embed");
    (void)unused;

    s.operation_type = obs_str_of("embedding");
    s.input_tokens = 1000;
    s.output_tokens = 0;
    assert_int_equal(fixture_priced(&books, s).total_cost, 20000); /* 1000 × 0.02e-6 */
    s.output_tokens = 1;
    s = fixture_priced(&books, s);
    assert_str(s.cost_source, "unpriced");
    assert_int_equal(s.prompt_cost, OBS_ABSENT);
    assert_str(s.cost_details,
               "{\"reason\":\"The price book has no price for output tokens of \\\"embed\\\".\"}");
}

static void without_memory_a_span_stays_as_it_was(void **unused)
{
    obs_arena *small = obs_arena_create(/* limit_bytes= */ 64);
    obs_span s = fixture_call("x", "m"), before;
    (void)unused;

    while (obs_arena_alloc(small, 1))
        ;
    s.input_tokens = 1000;
    s.total_cost = 7;
    before = s;
    assert_int_equal(price_apply(&books, &s, small), OBS_E_NOMEM);
    assert_memory_equal(&s, &before, sizeof(s));
    obs_arena_destroy(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_has_its_price),
        cmocka_unit_test(products_are_rounded_once_half_to_even),
        cmocka_unit_test(a_cost_adds_up_without_a_rest),
        cmocka_unit_test(absurd_counts_stay_at_the_most),
        cmocka_unit_test(parts_sum_to_totals_and_more_tokens_never_cost_less),
        cmocka_unit_test(a_cost_is_linear_in_tokens),
        cmocka_unit_test(a_change_within_a_day_splits_it_exactly),
        cmocka_unit_test(only_model_calls_with_usage_cost),
        cmocka_unit_test(what_no_model_call_reports_is_kept_and_not_counted),
        cmocka_unit_test(what_was_reported_counts_and_all_is_kept),
        cmocka_unit_test(free_is_not_unpriced),
        cmocka_unit_test(a_call_may_have_a_price_of_its_own),
        cmocka_unit_test(a_model_that_writes_nothing_has_no_price_for_output),
        cmocka_unit_test(without_memory_a_span_stays_as_it_was),
    };
    return cmocka_run_group_tests_name("price", tests, setup, fixture_teardown);
}
