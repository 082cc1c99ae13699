/* SPDX-License-Identifier: Apache-2.0 */
/* Books are parsed from text, so that each test shows the prices it counts with. */
#include "fixture.h"

obs_arena *fixture_arena;

int fixture_setup(void **state)
{
    (void)state;
    fixture_arena = obs_arena_create(0);
    return fixture_arena ? 0 : 1;
}

int fixture_teardown(void **state)
{
    (void)state;
    obs_arena_destroy(fixture_arena);
    return 0;
}

const struct price_book *fixture_book(const char *text, enum price_layer layer)
{
    const struct price_book *book = NULL;
    const obs_conf *document;
    char error[512];

    if (obs_conf_parse(fixture_arena, obs_str_of(text), "book", &document, error, sizeof(error)) <
            0 ||
        price_book_read(fixture_arena, document, layer, &book, error, sizeof(error)) < 0)
        fail_msg("%s", error);
    return book;
}

struct price_books fixture_books(const char *text)
{
    return (struct price_books){
        .layers = {[PRICE_LAYER_FILE] = fixture_book(text, PRICE_LAYER_FILE)}};
}

obs_span fixture_call(const char *provider, const char *model)
{
    obs_span s;

    obs_span_init(&s);
    s.start_ns = NEW_YEAR_NS;
    s.operation_type = obs_str_of("chat");
    s.provider = obs_str_of(provider);
    s.model = obs_str_of(model);
    return s;
}

obs_span fixture_priced(const struct price_books *books, obs_span span)
{
    assert_int_equal(price_apply(books, &span, fixture_arena), OBS_OK);
    return span;
}
