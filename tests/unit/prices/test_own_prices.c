/* SPDX-License-Identifier: Apache-2.0 */
/* Prices that were set over the API: the list, its record, and the book on the shelf. */
#include "fixture.h"
#include "book.h"
#include "shelf.h"

#include <stdio.h>

static struct own_price entry(const char *model, const char *from, const char *price)
{
    return (struct own_price){.provider = obs_str_of("openai"),
                              .model = obs_str_of(model),
                              .from = obs_str_of(from),
                              .price = obs_str_of(price),
                              .set_at = obs_str_of("2026-01-01T00:00:00Z")};
}

static struct own_prices with(struct own_prices before, const char *model, const char *from,
                              const char *price)
{
    struct own_prices after;
    struct own_price set = entry(model, from, price);

    assert_int_equal(own_prices_set(fixture_arena, &before, &set, &after), OBS_OK);
    return after;
}

static obs_str record_of(struct own_prices prices)
{
    obs_str record = own_prices_write(fixture_arena, &prices);

    assert_non_null(record.ptr);
    return record;
}

static struct own_prices two(void)
{
    struct own_prices prices = {0};

    prices = with(prices, "m", "", "{\"input\":1,\"output\":2}");
    return with(prices, "n/x", "", "{\"input\":3}");
}

/* --- the list --------------------------------------------------------------------- */

static void a_record_is_read_as_it_was_written(void **state)
{
    struct own_prices read;

    (void)state;
    assert_int_equal(own_prices_read(fixture_arena, record_of(two()), &read), OBS_OK);
    assert_int_equal(read.version, 2);
    assert_int_equal(read.n, 2);
    assert_true(obs_str_is(read.items[1].model, "n/x"));
    assert_true(obs_str_is(read.items[1].price, "{\"input\":3}"));
    assert_int_equal(own_prices_read(fixture_arena, obs_str_of("{}"), &read), OBS_E_SYNTAX);
    assert_int_equal(own_prices_read(fixture_arena, obs_str_of("{"), &read), OBS_E_SYNTAX);
}

static void another_price_of_the_moment_takes_the_place(void **state)
{
    struct own_prices prices = with(two(), "m", "", "{\"input\":9}");

    (void)state;
    assert_int_equal(prices.version, 3);
    assert_int_equal(prices.n, 2);
    prices = with(prices, "m", "2026-06-01", "{\"from\":\"2026-06-01\",\"input\":8}");
    assert_int_equal(prices.n, 3);
    prices = with(prices, "m", "2026-06-01T02:00:00+02:00",
                  "{\"from\":\"2026-06-01T02:00:00+02:00\",\"input\":7}");
    assert_int_equal(prices.n, 3); /* the same moment, written otherwise */
    assert_true(
        obs_str_is(prices.items[2].price, "{\"from\":\"2026-06-01T02:00:00+02:00\",\"input\":7}"));
}

static void one_moment_or_all_are_removed(void **state)
{
    struct own_prices prices =
        with(two(), "m", "2026-06-01", "{\"from\":\"2026-06-01\",\"input\":8}");
    struct own_prices after;
    obs_str openai = obs_str_of("openai"), m = obs_str_of("m");

    (void)state;
    assert_int_equal(own_prices_remove(fixture_arena, &prices, openai, m,
                                       obs_str_of("2026-06-01T00:00:00Z"), &after),
                     OBS_OK);
    assert_int_equal(after.n, 2);
    assert_int_equal(
        own_prices_remove(fixture_arena, &prices, openai, m, obs_str_n(NULL, 0), &after), OBS_OK);
    assert_int_equal(after.n, 1);
    assert_int_equal(
        own_prices_remove(fixture_arena, &after, openai, m, obs_str_n(NULL, 0), &after),
        OBS_E_NOT_FOUND);
}

static void there_is_a_limit(void **state)
{
    struct own_prices prices = {.version = 1, .n = OWN_PRICES_MAX}, after;
    struct own_price set = entry("new", "", "{\"input\":1}");

    (void)state;
    prices.items = obs_arena_calloc(fixture_arena, prices.n, sizeof(*prices.items));
    assert_non_null(prices.items);
    for (size_t i = 0; i < prices.n; i++)
        prices.items[i] = entry("old", obs_arena_printf(fixture_arena, "%zu", i).ptr, "{}");
    assert_int_equal(own_prices_set(fixture_arena, &prices, &set, &after), OBS_E_TOO_LARGE);
    set = prices.items[0]; /* in place of one that is there */
    assert_int_equal(own_prices_set(fixture_arena, &prices, &set, &after), OBS_OK);
}

static void what_is_no_price_is_told(void **state)
{
    static const struct {
        const char *price, *why;
    } cases[] = {
        {"{\"inptu\":1}", "inptu: unknown key \"inptu\""},
        {"{\"input\":-1}", "input: expected USD for a million tokens"},
        {"{\"output\":1,\"input\":\"much\"}", "input: expected USD for a million tokens"},
        {"{\"from\":\"soon\",\"input\":1}", "from: expected a date such as"},
        {"{\"input\":1,\"above\":[{\"tokens\":\"x\",\"input\":2}]}", "above.tokens: expected"},
        {"{\"input\":1,\"tiers\":{\"batch\":{\"input\":\"x\"}}}", "tiers.batch.input: expected"},
        {"{\"output\":1}", "price: input is missing"},
        {"[]", "price: expected"},
    };
    const struct price_book *book;
    char error[512];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct own_prices prices = with((struct own_prices){0}, "m", "", cases[i].price);
        int rc = own_prices_book(fixture_arena, &prices, &book, error, sizeof(error));
        if (rc != OBS_E_SYNTAX || strncmp(error, cases[i].why, strlen(cases[i].why)) != 0)
            fail_msg("%s: %d, %s", cases[i].price, rc, error);
    }
}

static void a_book_says_when_its_prices_were_set(void **state)
{
    struct own_prices prices =
        with(two(), "m", "2026-06-01", "{\"from\":\"2026-06-01\",\"input\":8}");
    const struct price_book *book;
    char error[512];

    (void)state;
    prices.items[prices.n - 1].set_at = obs_str_of("2026-05-31T23:59:59Z");
    assert_int_equal(own_prices_book(fixture_arena, &prices, &book, error, sizeof(error)), OBS_OK);
    assert_str(book->models->name, "m");
    assert_str(book->models->read, "2026-05-31");
    assert_str(book->models->next->read, "2026-01-01");
}

/* --- the shelf -------------------------------------------------------------------- */

static int64_t cost_of(struct shelf *shelf, const char *model)
{
    obs_span span = fixture_call("openai", model);

    span.input_tokens = 1000;
    span.output_tokens = 0;
    assert_int_equal(shelf_price(shelf, &span, fixture_arena), OBS_OK);
    return span.total_cost;
}

static void the_newest_version_is_in_force(void **state)
{
    struct shelf shelf;
    struct own_prices old = two(), new = with(old, "m", "", "{\"input\":5,\"output\":5}");
    char error[512];

    (void)state;
    shelf_init(&shelf);
    shelf.books.layers[PRICE_LAYER_FILE] =
        fixture_book("providers:\n  openai:\n    source: s\n    read: 2025-01-01\n    models:\n"
                     "      m: {input: 7, output: 7}\n",
                     PRICE_LAYER_FILE);
    assert_int_equal(cost_of(&shelf, "m"), 7000000);
    assert_int_equal(shelf_replace(&shelf, record_of(new), error, sizeof(error)), OBS_OK);
    assert_int_equal(cost_of(&shelf, "m"), 5000000);
    assert_int_equal(shelf_replace(&shelf, record_of(old), error, sizeof(error)), OBS_OK);
    assert_int_equal(cost_of(&shelf, "m"), 5000000); /* a late one is not taken */
    assert_int_equal(shelf.version, 3);
    shelf_destroy(&shelf);
}

static void a_broken_record_changes_nothing(void **state)
{
    struct shelf shelf;
    struct own_prices broken = with(two(), "m", "", "{\"input\":-1}");
    char error[512];

    (void)state;
    shelf_init(&shelf);
    assert_int_equal(shelf_replace(&shelf, record_of(two()), error, sizeof(error)), OBS_OK);
    assert_int_equal(shelf_replace(&shelf, record_of(broken), error, sizeof(error)), OBS_E_SYNTAX);
    assert_int_equal(cost_of(&shelf, "m"), 1000000);
    assert_int_equal(shelf.version, 2);
    shelf_destroy(&shelf);
}

/* --- threads ---------------------------------------------------------------------- */

#define N_READERS 3
#define N_VERSIONS 200

static void *price_on(void *arg)
{
    struct shelf *shelf = arg;
    for (int64_t last = 0; last < (int64_t)N_VERSIONS * 1000000;) {
        obs_arena *arena = obs_arena_create(0);
        obs_span span = fixture_call("openai", "m");
        int rc;

        span.input_tokens = 1000;
        rc = shelf_price(shelf, &span, arena);
        obs_arena_destroy(arena);
        if (rc < 0 || (span.total_cost < last && last > 0))
            return arg; /* a price never goes back */
        if (span.total_cost > 0)
            last = span.total_cost;
    }
    return NULL;
}

static void calls_are_priced_while_books_are_exchanged(void **state)
{
    pthread_t readers[N_READERS];
    struct shelf shelf;
    struct own_prices prices = {0};
    char error[512], price[64];

    (void)state;
    shelf_init(&shelf);
    for (int i = 0; i < N_READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, price_on, &shelf), 0);
    for (int i = 1; i <= N_VERSIONS; i++) {
        snprintf(price, sizeof(price), "{\"input\":%d,\"output\":1}", i);
        prices = with(prices, "m", "", obs_arena_printf(fixture_arena, "%s", price).ptr);
        assert_int_equal(shelf_replace(&shelf, record_of(prices), error, sizeof(error)), OBS_OK);
    }
    for (int i = 0; i < N_READERS; i++) {
        void *wrong;
        pthread_join(readers[i], &wrong);
        assert_null(wrong);
    }
    shelf_destroy(&shelf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_read_as_it_was_written),
        cmocka_unit_test(another_price_of_the_moment_takes_the_place),
        cmocka_unit_test(one_moment_or_all_are_removed),
        cmocka_unit_test(there_is_a_limit),
        cmocka_unit_test(what_is_no_price_is_told),
        cmocka_unit_test(a_book_says_when_its_prices_were_set),
        cmocka_unit_test(the_newest_version_is_in_force),
        cmocka_unit_test(a_broken_record_changes_nothing),
        cmocka_unit_test(calls_are_priced_while_books_are_exchanged),
    };

    return cmocka_run_group_tests_name("own_prices", tests, fixture_setup, fixture_teardown);
}
