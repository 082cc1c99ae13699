/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a book: what is taken, and how what is wrong is told. */
#include "book.h"
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int read_text(const char *text, const struct price_book **ret_book, char *error, size_t size)
{
    const obs_conf *document;
    int rc = obs_conf_parse(fixture_arena, obs_str_of(text), "book", &document, error, size);

    return rc < 0
               ? rc
               : price_book_read(fixture_arena, document, PRICE_LAYER_FILE, ret_book, error, size);
}

static void what_is_wrong_is_told_with_its_place(void **unused)
{
    static const char *const cases[][2] = {
        {MODELS("{m: {input: lots}}"),
         "book:2:13: expected USD for a million tokens such as 2.50, with up to nine decimals, "
         "found \"lots\""},
        {MODELS("{m: {input: -1}}"), "book:2:13: expected USD"},
        {MODELS("{m: {input: 0.0000000001}}"), "book:2:13: expected USD"},
        {MODELS("{m: {input: 99999999999}}"), "book:2:13: expected USD"},
        {MODELS("{m: {input: 1, request: x}}"), "book:2:25: expected USD for a call"},
        {MODELS("{m: {inptu: 1}}"),
         "book:2:13: unknown key \"inptu\"; expected from, above, tiers, regions, aliases, source, "
         "read, input, input_audio, input_image, cache_read, cache_read_audio, cache_write, "
         "cache_write_1h, output, output_audio, output_image, reasoning, request"},
        {MODELS("{m: {output: 1}}"), "book:2:5: input is missing, or request"},
        {MODELS("{m: 5}"), "book:2:5: expected the prices of a model"},
        {MODELS("{m: {input: 1, from: soon}}"), "book:2:22: expected a date such as 2025-03-01"},
        {MODELS("{m: {input: 1, from: 2025-02-30}}"), "book:2:22: expected a date"},
        {MODELS("{m: {input: 1, from: 9999-01-01}}"), "book:2:22: expected a date"},
        {MODELS("{m: {input: 1, from: 1790000000}}"), "book:2:22: expected a date"},
        {MODELS("{m: {input: 1, read: 2025-3-1}}"), "book:2:22: expected a day such as 2026-11-20"},
        {MODELS("{m: {input: 1, source: [x]}}"), "book:2:24: expected where the prices were read"},
        {MODELS("{m: {input: 1, aliases: [n]},\nn: {input: 2}}"),
         "book:3:4: the model \"n\" has two prices, the other one is in line 2"},
        {MODELS("{a*: {input: 1},\nA*: {input: 2}}"), "book:3:5: the model \"a\" has two prices"},
        {MODELS("{a*b: {input: 1}}"), "book:2:7: expected `*` at the end of a name only"},
        {MODELS("{\"a\\\"b\": {input: 1}}"), "expected the name of a model without quotes"},
        {MODELS("{m: {input: 1, aliases: n}}"), "book:2:25: expected a list of names"},
        {MODELS("{m: {input: 1, aliases: [[]]}}"), "book:2:26: expected the name of a model"},
        {MODELS("{m: {input: 1, prices: [{input: 1}]}}"),
         "book:2:13: unknown key \"input\"; expected prices, aliases, source, read"},
        {MODELS("{m: {prices: []}}"), "book:2:14: expected a price, or a list"},
        {MODELS("{m: {prices: 3}}"), "book:2:14: expected a price, or a list"},
        {MODELS("{m: {prices: [1]}}"), "book:2:15: expected a price such as"},
        {MODELS("{m: {prices: [{input: 1},\n{input: 2}]}}"),
         "book:3:1: another price has the same `from`"},
        {MODELS("{m: {prices: [{input: 1, aliases: [n]}]}}"), "book:2:35: unknown key \"aliases\""},
        {MODELS("{m: {input: 1, above: {tokens: 1}}}"), "book:2:23: expected a list of up to 15"},
        {MODELS("{m: {input: 1, above: [{input: 1}]}}"), "book:2:24: expected the `tokens`"},
        {MODELS("{m: {input: 1, above: [{tokens: 1.5, input: 1}]}}"),
         "book:2:33: expected the `tokens`"},
        {MODELS("{m: {input: 1, above: [{tokens: 9}]}}"), "book:2:24: input is missing"},
        {MODELS("{m: {input: 1, above: [7]}}"), "book:2:24: expected a price such as"},
        {MODELS("{m: {input: 1, above: [{tokens: 9, input: 1},\n{tokens: 9, input: 2}]}}"),
         "book:3:1: another price has the same `tokens`"},
        {MODELS("{m: {input: 1, tiers: [batch]}}"), "book:2:23: expected a mapping of up to 31"},
        {MODELS("{m: {input: 1, tiers: {batch: 0.5}}}"), "book:2:31: expected {times: 0.5}, or"},
        {MODELS("{m: {input: 1, tiers: {batch: {times: half}}}}"),
         "book:2:39: expected a factor such as 0.5"},
        {MODELS("{m: {input: 1, tiers: {batch: {times: -1}}}}"), "book:2:39: expected a factor"},
        {MODELS("{m: {input: 1, tiers: {batch: {times: 0.5, input: 1}}}}"),
         "book:2:51: unknown key \"input\"; expected times"},
        {MODELS("{m: {input: 1, tiers: {batch: {output: 1}}}}"), "book:2:31: input is missing"},
        {MODELS("{m: {input: 1, tiers: {default: {times: 1}}}}"),
         "book:2:33: \"default\" is the usual tier, it has the plain price"},
        {MODELS("{m: {input: 1, tiers: {flex: {times: 1}, Flex: {times: 2}}}}"),
         "book:2:48: the tier \"flex\" stands here twice"},
        {MODELS("{m: {input: 1, tiers: {batch: {times: 0.3333333333}}}}"),
         "book:2:39: expected `times` to give exact prices of up to nine decimals, which that of "
         "input would not be"},
        {MODELS("{m: {input: 9000000000, tiers: {fast: {times: 9}}}}"),
         "book:2:47: expected `times` to give exact prices"},
        {MODELS("{m: {input: 1, output: 0.000000001, tiers: {batch: {times: 0.5}}}}"),
         "that of output would not be"},
        {MODELS("{m: {input: 1, request: 0.000000001, tiers: {batch: {times: 0.5}}}}"),
         "that of request would not be"},
        {MODELS("{m: {input: 1, regions: {\"u*s\": {times: 1}}}}"),
         "book:2:33: expected `*` at the end of a region only"},
        {MODELS("{m: {input: 0.00000001, tiers: {batch: {times: 0.5}},\n"
                "regions: {us: {times: 1.1}}}}"),
         "book:3:23: expected `times`"},
        {"providers: {x: {read: soon, models: {}}}\n", "book:1:23: expected a day"},
        {"providers: {x: {m: {input: 1}}}\n",
         "book:1:20: unknown key \"m\"; expected source, read, models"},
        {"providers: {x: {source: y}}\n", "book:1:16: models is missing"},
        {"providers: {x: {models: [1]}}\n", "book:1:25: expected `models`"},
        {"providers: {x: [1]}\n", "book:1:16: expected `source`, `read` and `models`"},
        {"providers: {x: {models: {}}, X: {models: {}}}\n",
         "book:1:33: the provider \"x\" stands here twice"},
        {"providers: {}\nresellers: {y: [x]}\n",
         "book:2:17: expected a provider of this book, found \"x\""},
        {"providers: {}\nresellers: {y: x}\n", "book:2:16: expected a list of providers"},
        {"providers: {}\nresellers: [x]\n", "book:2:12: expected a mapping of resellers"},
        {"providers: {}\nreseller: {}\n",
         "book:2:11: unknown key \"reseller\"; expected updated, resellers, providers"},
        {"providers: {}\nupdated: today\n", "book:2:10: expected a day such as 2026-11-20"},
        {"providers: 1\n", "book:1:12: expected `providers:`"},
        {"updated: 2026-01-01\n", "book:1:1: providers is missing"},
        {"[1]\n", "book:1:1: expected `providers:`"},
        {"a: [\n", "book:2:1: "},
    };
    (void)unused;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct price_book *none = NULL;
        char error[512] = "";
        assert_int_equal(read_text(cases[i][0], &none, error, sizeof(error)), OBS_E_SYNTAX);
        assert_null(none);
        if (!strstr(error, cases[i][1]))
            fail_msg("expected \"%s\" in \"%s\"", cases[i][1], error);
    }
}

static const struct price_rates *rates_at(const struct price_model *model, size_t region,
                                          size_t tier, size_t level)
{
    const struct price *price = &model->prices[model->n_prices - 1];

    return &price->levels[region * price->n_tiers + tier].rates[level];
}

static void a_part_that_is_absent_costs_what_is_like_it(void **unused)
{
    const struct price_book *book =
        fixture_book(MODELS("{plain: {input: 1, output: 10},\n"
                            " cached: {input: 1, cache_read: 0.1, cache_write: 1.25, output: 10},\n"
                            " embeds: {input: 0.02}, gratis: {input: 0}}"),
                     PRICE_LAYER_FILE);
    const struct price_model *plain = book->models, *cached = plain->next, *embeds = cached->next;
    const struct price_rates *rates = rates_at(plain, 0, 0, 0);
    (void)unused;

    for (enum price_part part = 0; part < PRICE_N_PARTS; part++)
        assert_int_equal(rates->femto[part],
                         price_parts[part].completion ? 10000000000 : 1000000000);
    rates = rates_at(cached, 0, 0, 0);
    assert_int_equal(rates->femto[PRICE_CACHE_READ_AUDIO], 100000000);
    assert_int_equal(rates->femto[PRICE_CACHE_WRITE_1H], 1250000000);
    rates = rates_at(embeds, 0, 0, 0);
    assert_int_equal(rates->femto[PRICE_OUTPUT], -1);
    assert_int_equal(rates->femto[PRICE_REASONING], -1);
    assert_false(rates->free);
    rates = rates_at(embeds->next, 0, 0, 0);
    assert_int_equal(rates->femto[PRICE_OUTPUT], 0);
    assert_true(rates->free);
}

static void tiers_and_regions_are_multiplied_out(void **unused)
{
    const struct price_book *book = fixture_book(
        MODELS("{m: {input: 2, output: 10, request: 0.01, above: [{tokens: 100, input: 4}],\n"
               " tiers: {batch: {times: 0.5}, fast: {input: 6, output: 30}},\n"
               " regions: {us*: {times: 1.1}, eu: {input: 3, output: 12}}}}"),
        PRICE_LAYER_FILE);
    const struct price *price = book->models->prices;
    (void)unused;

    assert_int_equal(price->n_tiers, 3);
    assert_int_equal(price->n_regions, 3);
    assert_str(price->tiers[1], "batch");
    assert_str(price->regions[1], "us*");
    assert_int_equal(rates_at(book->models, 0, 0, 0)->femto[PRICE_OUTPUT], 10000000000);
    assert_int_equal(rates_at(book->models, 0, 1, 0)->femto[PRICE_OUTPUT], 5000000000);
    assert_int_equal(rates_at(book->models, 0, 1, 0)->request_nano, 5000000);
    assert_int_equal(rates_at(book->models, 0, 1, 1)->femto[PRICE_INPUT], 2000000000);
    assert_int_equal(rates_at(book->models, 0, 2, 0)->femto[PRICE_INPUT], 6000000000);
    assert_int_equal(rates_at(book->models, 0, 2, 0)->request_nano, 10000000);
    assert_int_equal(rates_at(book->models, 1, 0, 0)->femto[PRICE_OUTPUT], 11000000000);
    assert_int_equal(rates_at(book->models, 1, 1, 1)->femto[PRICE_INPUT], 2200000000);
    assert_int_equal(rates_at(book->models, 1, 2, 0)->femto[PRICE_INPUT], 6600000000);
    assert_int_equal(rates_at(book->models, 2, 0, 0)->femto[PRICE_OUTPUT], 12000000000);
    assert_int_equal(rates_at(book->models, 2, 1, 0)->femto[PRICE_OUTPUT], 6000000000);
    assert_int_equal(price->levels[2 * price->n_tiers + 2].n, 0); /* neither says what it costs */
}

static void a_model_knows_where_its_price_was_read(void **unused)
{
    const struct price_book *book =
        fixture_book("updated: 2026-11-20\n"
                     "providers:\n"
                     "  x: {source: https://x, read: 2026-11-19, models: {a: {input: 1},\n"
                     "      b: {source: https://b, prices: {input: 1}}}}\n"
                     "  y: {models: {c: {input: 1}}}\n",
                     PRICE_LAYER_API);
    const struct price_model *a = book->models, *b = a->next, *c = b->next;
    (void)unused;

    assert_int_equal(book->layer, PRICE_LAYER_API);
    assert_int_equal(book->updated_ns, INT64_C(1795132800000000000));
    assert_str(book->updated, "2026-11-20");
    assert_int_equal(price_book_models(book), 3);
    assert_str(a->source, "https://x");
    assert_str(b->source, "https://b");
    assert_str(b->read, "2026-11-19");
    assert_str(c->source, "");
    assert_int_equal(obs_conf_line(b->node), 4);
    assert_null(c->next);
}

static void a_document_may_be_json(void **unused)
{
    const struct price_book *book =
        fixture_book("{\"providers\":{\"x\":{\"models\":{\"m\":{\"prices\":[{\"from\":"
                     "\"2026-01-01\",\"input\":2.5,\"tiers\":{\"batch\":{\"times\":0.5}}}]}}}}}",
                     PRICE_LAYER_API);
    (void)unused;

    assert_int_equal(rates_at(book->models, 0, 1, 0)->femto[PRICE_INPUT], 1250000000);
    assert_int_equal(book->updated_ns, OBS_ABSENT);
}

static void a_file_is_read_or_told_to_be_missing(void **unused)
{
    char path[] = "/tmp/observatory-prices-XXXXXX", error[512] = "", expected[64];
    const struct price_book *book = NULL;
    int fd = mkstemp(path);
    (void)unused;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "providers: {x: 1}\n", 18), 18);
    assert_int_equal(price_book_load(fixture_arena, path, &book, error, sizeof(error)),
                     OBS_E_SYNTAX);
    snprintf(expected, sizeof(expected), "%s:1:16: expected", path);
    assert_ptr_equal(strstr(error, expected), error);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(pwrite(fd, "providers: {}\n", 14, 0), 14);
    assert_int_equal(price_book_load(fixture_arena, path, &book, error, sizeof(error)), OBS_OK);
    assert_int_equal(price_book_models(book), 0);
    close(fd);
    unlink(path);
    assert_int_equal(price_book_load(fixture_arena, path, &book, error, sizeof(error)),
                     OBS_E_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(a_part_that_is_absent_costs_what_is_like_it),
        cmocka_unit_test(tiers_and_regions_are_multiplied_out),
        cmocka_unit_test(a_model_knows_where_its_price_was_read),
        cmocka_unit_test(a_document_may_be_json),
        cmocka_unit_test(a_file_is_read_or_told_to_be_missing),
    };
    return cmocka_run_group_tests_name("book", tests, fixture_setup, fixture_teardown);
}
