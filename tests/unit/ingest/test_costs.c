/* SPDX-License-Identifier: Apache-2.0 */
/* The cost corpus: each call is mapped and priced as ingest does it. Cases are
 * priced with a price book of the corpus, which no change of prices touches;
 * those of shipped.yaml with the book that is shipped. */
#include "cost_corpus.h"
#include "price.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define MIN_CASES 150
#define MIN_SHIPPED 24

struct corpus {
    obs_arena *arena;
    struct map_index *index;
    struct price_books books;
    size_t n_wrong;
};

static int open_corpus(void **state)
{
    static struct corpus corpus;

    corpus = (struct corpus){.arena = obs_arena_create(0), .index = map_index_create()};
    *state = &corpus;
    return corpus.arena && corpus.index ? 0 : -1;
}

static int close_corpus(void **state)
{
    struct corpus *corpus = *state;

    map_index_destroy(corpus->index);
    obs_arena_destroy(corpus->arena);
    return 0;
}

static void load_book(struct corpus *corpus, const char *path)
{
    char error[256];

    if (price_book_load(corpus->arena, path, &corpus->books.layers[PRICE_LAYER_FILE], error,
                        sizeof(error)) < 0)
        fail_msg("%s", error);
}

/* --- one case -------------------------------------------------------------------- */

/* All differences of a case are told, and all wrong cases. */
static void differ(struct corpus *corpus, const struct cost_case *c, const char *what, int64_t got,
                   int64_t want)
{
    corpus->n_wrong++;
    print_error("%s:%u: %.*s: %s is %lld, expected %lld\n", c->file, c->line, OBS_STR_ARG(c->name),
                what, (long long)got, (long long)want);
}

static void compare(struct corpus *corpus, const struct cost_case *c, const char *what, int64_t got,
                    int64_t want)
{
    if (got != want)
        differ(corpus, c, what, got, want);
}

/* A part that the case does not name has no tokens. */
static void compare_parts(struct corpus *corpus, const struct cost_case *c, const obs_span *span)
{
    for (enum price_part part = 0; part < PRICE_N_PARTS; part++) {
        int64_t got = price_part_tokens(span, part);

        if (got > 0 || c->parts[part] > 0)
            compare(corpus, c, price_parts[part].name.ptr, got, c->parts[part]);
    }
}

static void compare_costs(struct corpus *corpus, const struct cost_case *c, const obs_span *span)
{
    bool provider = obs_str_is(c->source, "provider"), emitter = obs_str_is(c->source, "emitter");
    int64_t book = c->prompt < 0 ? OBS_ABSENT : c->prompt + c->completion;

    compare(corpus, c, "the cost", span->total_cost, c->cost);
    compare(corpus, c, "the cost by the price book", span->book_cost, book);
    if (provider)
        compare(corpus, c, "the provider's cost", span->provider_cost, c->cost);
    if (emitter)
        compare(corpus, c, "the emitter's cost", span->emitter_cost, c->cost);
    if (!provider && !emitter) {
        compare(corpus, c, "the prompt's cost", span->prompt_cost, c->prompt);
        compare(corpus, c, "the completion's cost", span->completion_cost, c->completion);
    }
    if (!obs_str_eq(span->cost_source, c->source)) {
        corpus->n_wrong++;
        print_error("%s:%u: %.*s: it is %.*s, expected %.*s; %.*s\n", c->file, c->line,
                    OBS_STR_ARG(c->name), OBS_STR_ARG(span->cost_source), OBS_STR_ARG(c->source),
                    OBS_STR_ARG(span->cost_details));
    }
}

static void check_case(struct corpus *corpus, const struct cost_case *c)
{
    struct one *one = one_create();
    struct mapped mapped;

    cost_case_send(c, one);
    assert_int_equal(map_batch(corpus->index, obs_str_of("p"), &one->batch, &mapped), OBS_OK);
    assert_int_equal(mapped.n_spans, 1);
    assert_int_equal(price_apply(&corpus->books, mapped.spans, one->arena), OBS_OK);
    compare_parts(corpus, c, mapped.spans);
    compare_costs(corpus, c, mapped.spans);
    one_destroy(one);
}

/* --- files ------------------------------------------------------------------------ */

static size_t check_file(struct corpus *corpus, const char *name)
{
    struct cost_file file = cost_file_read(corpus->arena, name);

    for (size_t i = 0; i < file.n; i++) {
        check_case(corpus, &file.cases[i]);
        for (size_t k = 0; k < i; k++)
            if (obs_str_eq(file.cases[i].name, file.cases[k].name))
                fail_msg("%s:%u: another case has the same name", name, file.cases[i].line);
    }
    return file.n;
}

static void every_case_costs_what_it_cost(void **state)
{
    static const char *const files[] = {
        "genai.yaml",    "genai-earlier.yaml", "openinference.yaml", "vercel-ai.yaml",
        "langfuse.yaml", "traceloop.yaml",     "others.yaml"};
    struct corpus *corpus = *state;
    size_t n = 0;

    load_book(corpus, FIXTURES "/costs/prices.yaml");
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        n += check_file(corpus, files[i]);
    assert_int_equal(corpus->n_wrong, 0);
    assert_true(n >= MIN_CASES);
}

static void the_shipped_book_gives_what_providers_bill(void **state)
{
    struct corpus *corpus = *state;
    size_t n;

    load_book(corpus, PRICES_YAML);
    n = check_file(corpus, "shipped.yaml");
    assert_int_equal(corpus->n_wrong, 0);
    assert_true(n >= MIN_SHIPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_case_costs_what_it_cost, open_corpus, close_corpus),
        cmocka_unit_test_setup_teardown(the_shipped_book_gives_what_providers_bill, open_corpus,
                                        close_corpus),
    };

    return cmocka_run_group_tests_name("costs", tests, NULL, NULL);
}
