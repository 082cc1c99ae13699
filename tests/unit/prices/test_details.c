/* SPDX-License-Identifier: Apache-2.0 */
/* How a figure is explained, and why there is none. */
#include "fixture.h"
#include "book.h"

#include <observatory/json.h>

#include <stdio.h>

static const char text[] =
    "providers:\n"
    "  x: {models: {m: {prices: [{from: 2025-01-01, input: 2.50, cache_read: 0.0375,\n"
    "     output: 10, request: 0.005, above: [{tokens: 1000, input: 5, output: 20}],\n"
    "     tiers: {batch: {times: 0.5}, fast: {input: 9}},\n"
    "     regions: {us*: {times: 1.1}, eu: {input: 7}}}]}, e: {input: 1}}}\n";

static void a_price_is_named_with_its_rates(void **unused)
{
    struct price_books books = {
        .layers = {[PRICE_LAYER_CONFIG] = fixture_book(text, PRICE_LAYER_CONFIG)}};
    obs_span s = fixture_call("x", "M-2025-01-01");
    (void)unused;

    s.input_tokens = 1;
    s.input_audio_tokens = 0;
    s.cache_read_tokens = 3;
    s = fixture_priced(&books, s);
    assert_str(s.cost_details,
               "{\"price\":{\"provider\":\"x\",\"model\":\"m\",\"from\":\"2025-01-01\","
               "\"book\":\"config\",\"rates\":{\"input\":2.5,\"cache_read\":0.0375},"
               "\"request\":0.005}}");
    s.service_tier = obs_str_of("BATCH");
    s.region = obs_str_of("us-east-1");
    s.input_tokens = 2000;
    s.cache_read_tokens = 0;
    s.output_tokens = 7;
    s = fixture_priced(&books, s);
    assert_str(s.cost_details,
               "{\"price\":{\"provider\":\"x\",\"model\":\"m\",\"from\":\"2025-01-01\","
               "\"book\":\"config\",\"tier\":\"batch\",\"above\":1000,\"region\":\"us*\","
               "\"rates\":{\"input\":2.75,\"output\":11},\"request\":0.00275}}");
}

static void a_reason_is_a_sentence(void **unused)
{
    static const struct {
        const char *provider, *model, *request_model, *tier, *region, *reason;
    } cases[] = {
        {"nobody", "m", "", "", "", "The price book has no provider \"nobody\"."},
        {"x", "y", "", "", "", "The price book has no model \"y\" of the provider \"x\"."},
        {"x", "y", "y", "", "", "The price book has no model \"y\" of the provider \"x\"."},
        {"x", "", "z", "", "", "The price book has no model \"z\" of the provider \"x\"."},
        {"x", "y", "z", "", "",
         "The price book has no model \"y\" and no \"z\" of the provider \"x\"."},
        {"", "y", "", "", "", "The price book has no model \"y\"."},
        {"x", "", "", "", "", "The span names no model."},
        {"x", "m", "", "flex", "",
         "The price book has no price of \"m\" for the service tier \"flex\"."},
        {"x", "m", "", "fast", "eu",
         "The price book has no price of \"m\" for the service tier \"fast\" in the region "
         "\"eu\"."},
    };
    struct price_books books = fixture_books(text);
    (void)unused;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        obs_span s = fixture_call(cases[i].provider, cases[i].model);
        const obs_json *details;
        s.request_model = obs_str_of(cases[i].request_model);
        s.service_tier = obs_str_of(cases[i].tier);
        s.region = obs_str_of(cases[i].region);
        s.output_tokens = 1;
        s = fixture_priced(&books, s);
        assert_str(s.cost_source, "unpriced");
        assert_int_equal(obs_json_parse(fixture_arena, s.cost_details, &details, NULL), OBS_OK);
        assert_str(obs_json_str(obs_json_get(details, "reason")), cases[i].reason);
    }
}

static void a_price_that_comes_later_is_told(void **unused)
{
    struct price_books books = fixture_books(text);
    obs_span s = fixture_call("x", "m");
    (void)unused;

    s.start_ns = 1;
    s.input_tokens = 1;
    s = fixture_priced(&books, s);
    assert_str(s.cost_details,
               "{\"reason\":\"The price book has no price of \\\"m\\\" before 2025-01-01.\"}");
}

/* Names come from anybody. */
static void any_name_gives_valid_json(void **unused)
{
    static const char *const units[] = {"\"", "\\", "\x01", "\n", "\xc3\xa4", "\xf0\x9f\x98\x80",
                                        "a"};
    struct price_books books = fixture_books(text);
    char name[1201];
    (void)unused;

    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
        for (size_t n = 1; n <= 300; n += n < 140 ? 1 : 53) {
            size_t unit = strlen(units[i]);
            obs_span s = fixture_call(NULL, NULL);
            const obs_json *details;
            for (size_t k = 0; k < n; k++)
                memcpy(name + k * unit, units[i], unit);
            s.provider = obs_str_of("x");
            s.model = obs_str_n(name, n * unit);
            s.request_model = obs_str_n(name, (n - 1) * unit);
            s.input_tokens = 1;
            s = fixture_priced(&books, s);
            assert_int_equal(obs_json_parse(fixture_arena, s.cost_details, &details, NULL), OBS_OK);
            assert_true(obs_json_str(obs_json_get(details, "reason")).len > 30);
        }
}

/* The longest names and the finest prices that a book may have. */
static void the_longest_price_fits(void **unused)
{
    char name[PRICE_MAX_NAME + 1], book[4 * PRICE_MAX_NAME + 600];
    struct price_books books;
    const obs_json *details;
    obs_span s;
    (void)unused;

    memset(name, 'n', PRICE_MAX_NAME);
    name[PRICE_MAX_NAME] = '\0';
    snprintf(book, sizeof(book),
             "providers: {%s: {models: {%s: {from: \"2025-01-01T00:00:00.123456789+01:00\",\n"
             "input: 1, tiers: {%s: {input: 1}}, regions: {%s: {times: 123456789.123456789}}}}}}\n",
             name, name, name, name);
    books = fixture_books(book);
    s = fixture_call(name, name);
    s.service_tier = s.region = s.provider;
    s.input_tokens = s.input_audio_tokens = s.input_image_tokens = 1;
    s.cache_read_tokens = s.cache_read_audio_tokens = 1;
    s.cache_write_tokens = s.cache_write_1h_tokens = 1;
    s = fixture_priced(&books, s);
    assert_str(s.cost_source, "price_book");
    assert_true(s.cost_details.len > 4 * (size_t)PRICE_MAX_NAME);
    assert_int_equal(obs_json_parse(fixture_arena, s.cost_details, &details, NULL), OBS_OK);
    assert_true(obs_json_double(obs_json_get(obs_json_get(obs_json_get(details, "price"), "rates"),
                                             "cache_write_1h")) > 123456789.0);
}

static void what_others_noted_is_kept(void **unused)
{
    static const char *const cases[][2] = {
        {"{\"previous\":[{\"at\":\"x,}]\\\"\",\"n\":[1,{}]}],\"reason\":\"old\"}",
         ",\"previous\":[{\"at\":\"x,}]\\\"\",\"n\":[1,{}]}]}"},
        {"{\"price\":{\"rates\":{\"input\":1}},\"a\":1,\"b\":\"\\\\\"}",
         ",\"a\":1,\"b\":\"\\\\\"}"},
        {"{\"prices\":1,\"reasons\":2}", ",\"prices\":1,\"reasons\":2}"},
        {"{\"reason\":\"old\"}", "}"},
        {"{}", "}"},
    };
    struct price_books books = fixture_books(text);
    (void)unused;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        static const char own[] =
            "{\"price\":{\"provider\":\"x\",\"model\":\"e\",\"book\":\"file\","
            "\"rates\":{\"input\":1}}";
        char expected[256];
        obs_span s = fixture_call("x", "e");
        s.input_tokens = 1;
        s.cost_details = obs_str_of(cases[i][0]);
        s = fixture_priced(&books, s);
        snprintf(expected, sizeof(expected), "%s%s", own, cases[i][1]);
        assert_str(s.cost_details, expected);
        s.cost_details = obs_str_of(cases[i][0]);
        s.operation_type = obs_str_of("tool");
        s = fixture_priced(&books, s);
        snprintf(expected, sizeof(expected), "%s%s", cases[i][1][1] ? "{" : "",
                 cases[i][1][1] ? cases[i][1] + 1 : "");
        assert_str(s.cost_details, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_price_is_named_with_its_rates),
        cmocka_unit_test(a_reason_is_a_sentence),
        cmocka_unit_test(a_price_that_comes_later_is_told),
        cmocka_unit_test(any_name_gives_valid_json),
        cmocka_unit_test(the_longest_price_fits),
        cmocka_unit_test(what_others_noted_is_kept),
    };
    return cmocka_run_group_tests_name("details", tests, fixture_setup, fixture_teardown);
}
