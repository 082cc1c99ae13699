/* SPDX-License-Identifier: Apache-2.0 */
/* Price books from anyone: read, and when they are accepted every name in them is
 * found, and every call is priced to the sum of its parts or not at all. */
#include "names.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_cost(const obs_span *span)
{
    bool known =
        obs_str_is(span->cost_source, "price_book") || obs_str_is(span->cost_source, "free");

    if (known != (span->total_cost >= 0) || !span->cost_details.len)
        abort();
    if (known && span->total_cost != obs_tokens_sum(span->prompt_cost, span->completion_cost))
        abort();
}

/* A call in each tier and region, of few and of many tokens. */
static void check_price(const struct price_books *books, const struct price_name *name,
                        const struct price *price, obs_arena *arena)
{
    for (size_t i = 0; i < price->n_tiers * price->n_regions; i++) {
        obs_span span;
        obs_span_init(&span);
        span.operation_type = obs_str_of("chat");
        span.provider = name->provider;
        span.model = name->model;
        span.service_tier = price->tiers[i % price->n_tiers];
        span.region = price->regions[i / price->n_tiers];
        span.start_ns = price->from_ns;
        span.input_tokens = span.cache_read_tokens = span.cache_write_tokens = 1000000;
        span.output_tokens = span.reasoning_tokens = INT64_MAX;
        if (price_apply(books, &span, arena) == OBS_OK)
            check_cost(&span);
    }
}

static void check_name(const struct price_book *book, const struct price_name *name,
                       obs_arena *arena)
{
    const struct price_books books = {.layers = {book}};
    const struct price_model *model = name->target;

    if (model->n_prices == 0)
        abort();
    for (size_t i = 0; i < model->n_prices; i++) {
        if (i > 0 && model->prices[i - 1].from_ns >= model->prices[i].from_ns)
            abort();
        check_price(&books, name, &model->prices[i], arena);
    }
}

static int read_book(obs_arena *arena, obs_str text, const struct price_book **ret_book,
                     char *error, size_t error_size)
{
    const obs_conf *document;
    int rc = obs_conf_parse(arena, text, "book", &document, error, error_size);

    return rc < 0 ? rc
                  : price_book_read(arena, document, PRICE_LAYER_FILE, ret_book, error, error_size);
}

static void check_book(const struct price_book *book, obs_arena *arena)
{
    for (uint64_t i = 0; i < book->n_slots; i++) {
        const struct price_name *name = book->slots[i];
        if (!name)
            continue;
        check_name(book, name, arena);
        if (price_find(book, name->provider, name->model) != name->target)
            abort();
    }
    for (size_t i = 0; i < book->n_patterns; i++)
        check_name(book, book->patterns[i], arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    obs_arena *arena = obs_arena_create((size_t)64 << 20);
    const struct price_book *book = NULL;
    char error[512] = "";

    if (read_book(arena, obs_str_n((const char *)data, size), &book, error, sizeof(error)) ==
        OBS_OK)
        check_book(book, arena);
    else if (error[0] == '\0' || book)
        abort();
    obs_arena_destroy(arena);
    return 0;
}
