/* SPDX-License-Identifier: Apache-2.0 */
/* Which price a call gets: by layer, moment, tier, region and length of the
 * prompt. Each rate of the books here says by itself where it stands. */
#include "fixture.h"
#include "rates.h"

static int64_t input_of(const struct price_choice *choice)
{
    return choice->finding == PRICE_FOUND ? choice->rates->femto[PRICE_INPUT] / 1000000000 : -1;
}

static void a_price_is_in_force_from_its_moment_on(void **unused)
{
    static const int64_t midnight = INT64_C(1772409600000000000); /* 2026-03-02 */
    static const int64_t noon = INT64_C(1772452800000000000);
    static const struct {
        int64_t at_ns, input;
    } cases[] = {{INT64_MIN, -1}, {midnight - 1, -1}, {midnight, 1}, {noon - 1, 1},
                 {noon, 3},       {noon + 1, 3},      {INT64_MAX, 3}};
    struct price_books books =
        fixture_books(MODELS("{m: {prices: [{from: \"2026-03-02T13:00:00+01:00\", input: 3},\n"
                             "{from: 2026-03-02, input: 1}]}}"));
    (void)unused;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        obs_span s = fixture_call("x", "m");
        struct price_choice choice;
        s.start_ns = cases[i].at_ns;
        choice = price_choose(&books, &s);
        assert_int_equal(input_of(&choice), cases[i].input);
        assert_int_equal(choice.finding, cases[i].input < 0 ? PRICE_NOT_YET : PRICE_FOUND);
    }
}

static void a_tier_that_is_not_in_the_book_has_no_price(void **unused)
{
    static const struct {
        const char *tier;
        int64_t input;
    } cases[] = {{"", 10},      {"default", 10},  {"standard", 10},  {"standard_only", 10},
                 {"auto", 10},  {"AUTO", 10},     {"on_demand", 10}, {"batch", 5},
                 {"Batch", 5},  {"priority", 17}, {"flex", -1},      {"bat", -1},
                 {"batch2", -1}};
    struct price_books books = fixture_books(
        MODELS("{m: {input: 10, tiers: {batch: {times: 0.5}, priority: {input: 17}}}}"));
    (void)unused;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        obs_span s = fixture_call("x", "m");
        struct price_choice choice;
        s.service_tier = obs_str_of(cases[i].tier);
        choice = price_choose(&books, &s);
        if (input_of(&choice) != cases[i].input)
            fail_msg("%s has %lld", cases[i].tier, (long long)input_of(&choice));
        assert_int_equal(choice.finding, cases[i].input < 0 ? PRICE_UNKNOWN_TIER : PRICE_FOUND);
    }
}

static void a_region_counts_where_the_book_names_it(void **unused)
{
    static const struct {
        const char *region, *tier;
        int64_t input;
    } cases[] = {
        {"", "", 10},          {"global", "", 10},    {"us", "", 20},
        {"us-east-1", "", 20}, {"US-EAST-1", "", 20}, {"us-gov-west-1", "", 40},
        {"us-west-2", "", 30}, {"eu", "", 50},        {"eu-west-1", "", 10},
        {"u", "", 10},         {"us", "batch", 40},   {"us", "fast", 200},
        {"eu", "batch", 100},  {"eu", "fast", -1},    {"ap", "fast", 100},
        {"us", "slow", -1},
    };
    struct price_books books =
        fixture_books(MODELS("{m: {input: 10, tiers: {batch: {times: 2}, fast: {input: 100}},\n"
                             "regions: {us*: {times: 2}, us-gov*: {times: 4},\n"
                             "  us-west-2: {times: 3}, eu: {input: 50}}}}"));
    (void)unused;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        obs_span s = fixture_call("x", "m");
        struct price_choice choice;
        s.region = obs_str_of(cases[i].region);
        s.service_tier = obs_str_of(cases[i].tier);
        choice = price_choose(&books, &s);
        if (input_of(&choice) != cases[i].input)
            fail_msg("%s %s has %lld", cases[i].region, cases[i].tier,
                     (long long)input_of(&choice));
    }
}

/* All of the prompt counts, and nothing of the answer. */
static void a_long_prompt_has_the_highest_level_that_it_exceeds(void **unused)
{
    static const struct {
        int64_t fresh, cached, written, output, input;
    } cases[] = {
        {OBS_ABSENT, OBS_ABSENT, OBS_ABSENT, 5, 1},
        {0, 0, 0, 1000000, 1},
        {200, 0, 0, 0, 1},
        {201, 0, 0, 0, 2},
        {1, 199, 1, 0, 2},
        {100, 100, 0, 9, 1},
        {1000, 0, 0, 0, 2},
        {0, 1001, 0, 0, 4},
        {INT64_MAX, INT64_MAX, 1, 0, 4},
    };
    struct price_books books =
        fixture_books(MODELS("{m: {input: 1, output: 1, above: [{tokens: 1000, input: 4},\n"
                             "{tokens: 200, input: 2}], tiers: {batch: {times: 10},\n"
                             "fast: {input: 7, above: [{tokens: 500, input: 9}]}}}}"));
    (void)unused;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        obs_span s = fixture_call("x", "m");
        struct price_choice choice;
        s.input_tokens = cases[i].fresh;
        s.cache_read_tokens = cases[i].cached;
        s.cache_write_tokens = cases[i].written;
        s.output_tokens = cases[i].output;
        choice = price_choose(&books, &s);
        assert_int_equal(input_of(&choice), cases[i].input);
        s.service_tier = obs_str_of("batch");
        choice = price_choose(&books, &s);
        assert_int_equal(input_of(&choice), 10 * cases[i].input);
        s.service_tier = obs_str_of("fast");
        choice = price_choose(&books, &s);
        assert_int_equal(input_of(&choice), obs_span_prompt_tokens(&s) > 500 ? 9 : 7);
    }
}

static struct price_books layered(void)
{
    return (struct price_books){
        .layers = {
            [PRICE_LAYER_FILE] = fixture_book(
                "resellers: {cloud: [x]}\n"
                "providers:\n"
                "  x: {models: {m: {input: 1}, m-2026-01-01: {input: 2}, a: {input: 9}}}\n"
                "  y: {models: {a: {input: 10}}}\n",
                PRICE_LAYER_FILE),
            [PRICE_LAYER_CONFIG] = fixture_book("providers:\n"
                                                "  y: {models: {a: {input: 11}}}\n"
                                                "  x: {models: {m: {input: 3}, n: {input: 4}}}\n",
                                                PRICE_LAYER_CONFIG),
            [PRICE_LAYER_API] =
                fixture_book("providers: {x: {models: {n: {from: 2026-01-01, input: 5},\n"
                             "  only: {from: 2030-01-01, input: 6}, own: {input: 7}}}}\n",
                             PRICE_LAYER_API),
        }};
}

static void the_highest_layer_that_has_a_price_counts(void **unused)
{
    static const struct {
        const char *provider, *model;
        int64_t after_ns, input;
    } cases[] = {
        {"x", "m", 0, 3},     {"x", "m-2026-01-01", 0, 3}, /* all of the ladder, layer by layer */
        {"x", "n", 0, 5},     {"x", "n", -1, 4}, /* what comes later leaves what was before */
        {"x", "own", 0, 7},   {"x", "only", 0, -1},
        {"x", "a", 0, 9},     {"y", "a", 0, 11},
        {"cloud", "m", 0, 1},                  /* resells at the prices of its own book */
        {"", "m", 0, 3},      {"", "a", 0, 9}, /* whose it is says the lowest layer */
        {"", "n", 0, 5},      {"x", "unknown", 0, -1},
    };
    struct price_books books = layered();
    (void)unused;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        obs_span s = fixture_call(cases[i].provider, cases[i].model);
        struct price_choice choice;
        s.start_ns += cases[i].after_ns;
        choice = price_choose(&books, &s);
        if (input_of(&choice) != cases[i].input)
            fail_msg("%s %s has %lld", cases[i].provider, cases[i].model,
                     (long long)input_of(&choice));
    }
}

static void the_model_that_was_asked_for_stands_in(void **unused)
{
    struct price_books books = layered();
    obs_span s = fixture_call("x", "my-deployment");
    struct price_choice choice;
    (void)unused;

    choice = price_choose(&books, &s);
    assert_int_equal(choice.finding, PRICE_UNKNOWN_MODEL);
    s.request_model = obs_str_of("m");
    choice = price_choose(&books, &s);
    assert_int_equal(input_of(&choice), 3);
    s.model = obs_str_of("a"); /* the one that answered is known after all */
    choice = price_choose(&books, &s);
    assert_int_equal(input_of(&choice), 9);
    s.model = obs_str_of("");
    choice = price_choose(&books, &s);
    assert_int_equal(input_of(&choice), 3);
}

static void what_is_missing_is_told_apart(void **unused)
{
    struct price_books books = layered(), none = {{NULL}};
    obs_span s = fixture_call("nobody", "m");
    (void)unused;

    assert_int_equal(price_choose(&books, &s).finding, PRICE_UNKNOWN_PROVIDER);
    assert_int_equal(price_choose(&none, &s).finding, PRICE_UNKNOWN_PROVIDER);
    s.provider = obs_str_of("cloud");
    s.model = obs_str_of("none");
    assert_int_equal(price_choose(&books, &s).finding, PRICE_UNKNOWN_MODEL);
    s.provider = obs_str_of("");
    assert_int_equal(price_choose(&books, &s).finding, PRICE_UNKNOWN_MODEL);
    s.provider = obs_str_of("x");
    s.model = obs_str_of("only");
    assert_int_equal(price_choose(&books, &s).finding, PRICE_NOT_YET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_price_is_in_force_from_its_moment_on),
        cmocka_unit_test(a_tier_that_is_not_in_the_book_has_no_price),
        cmocka_unit_test(a_region_counts_where_the_book_names_it),
        cmocka_unit_test(a_long_prompt_has_the_highest_level_that_it_exceeds),
        cmocka_unit_test(the_highest_layer_that_has_a_price_counts),
        cmocka_unit_test(the_model_that_was_asked_for_stands_in),
        cmocka_unit_test(what_is_missing_is_told_apart),
    };
    return cmocka_run_group_tests_name("rates", tests, fixture_setup, fixture_teardown);
}
