/* SPDX-License-Identifier: Apache-2.0 */
/* The book that is shipped: it loads, says where it has each price from, and its
 * names are found as clouds write them. What its prices are is not repeated. */
#include "book.h"
#include "fixture.h"
#include "names.h"

static const struct price_book *book;

static int setup(void **state)
{
    char error[512] = "";
    int rc = fixture_setup(state);

    if (rc == 0 && price_book_load(fixture_arena, PRICES_YAML, &book, error, sizeof(error)) < 0)
        print_error("%s\n", error);
    return book ? 0 : 1;
}

static void every_price_says_where_and_when_it_was_read(void **unused)
{
    (void)unused;
    assert_true(book->updated_ns > 0);
    for (const struct price_model *m = book->models; m; m = m->next) {
        if (m->source.len < 9 || memcmp(m->source.ptr, "https://", 8) != 0)
            fail_msg("%.*s has no source", OBS_STR_ARG(m->name));
        if (m->read.len != 10)
            fail_msg("%.*s has no day on which it was read", OBS_STR_ARG(m->name));
    }
}

static void names_of_clouds_lead_to_the_model(void **unused)
{
    static const char *const cases[][2] = {
        {"openai", "GPT-4o"},
        {"openai", "openai/gpt-4o"},
        {"azure.ai.openai", "gpt-4o"},
        {"azure.ai.openai", "gpt-35-turbo"},
        {"openai", "gpt-4o-mini-2024-07-18"},
        {"aws.bedrock", "us.anthropic.claude-sonnet-4-20250514-v1:0"},
        {"aws.bedrock", "anthropic.claude-3-haiku-20240307-v1:0"},
        {"aws.bedrock", "amazon.nova-pro-v1:0"},
        {"aws.bedrock", "anthropic.claude-3-sonnet-20240229-v1:0:200k"},
        {"aws.bedrock", "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/"
                        "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"},
        {"aws.bedrock", "meta.llama3-3-70b-instruct-v1:0"},
        {"groq", "meta-llama/llama-4-scout-17b-16e-instruct"},
        {"gcp.vertex_ai", "publishers/google/models/gemini-2.5-pro"},
        {"gcp.vertex_ai", "claude-sonnet-4-5@20250929"},
        {"gcp.vertex_ai", "claude-3-5-sonnet-v2@20241022"},
        {"gcp.gemini", "models/gemini-2.0-flash-001"},
        {"mistral_ai", "mistral-large-latest"},
        {"anthropic", "claude-3-5-sonnet-latest"},
        {"aws.bedrock", "us.meta.llama4-scout-17b-instruct-v1:0"},
        {"aws.bedrock", "us.deepseek.r1-v1:0"},
        {"aws.bedrock", "writer.palmyra-x5-v1:0"},
        {"fireworks_ai", "accounts/fireworks/models/llama-v3p3-70b-instruct"},
        {"nebius", "deepseek-ai/DeepSeek-R1"},
    };
    (void)unused;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        if (!price_find(book, obs_str_of(cases[i][0]), obs_str_of(cases[i][1])))
            fail_msg("%s / %s has no price", cases[i][0], cases[i][1]);
}

/* How many there are, and of whom. */
static void it_is_large(void **unused)
{
    obs_str seen[64];
    size_t n_models = 0, n_providers = 0;

    (void)unused;
    for (const struct price_model *m = book->models; m; m = m->next, n_models++) {
        size_t i = 0;
        while (i < n_providers && !obs_str_eq(seen[i], m->provider))
            i++;
        if (i == n_providers && n_providers < 64)
            seen[n_providers++] = m->provider;
    }
    if (n_models < 120 || n_providers < 12)
        fail_msg("%zu models of %zu providers", n_models, n_providers);
}

/* A name that another entry hides would be a mistake in the file. */
static void every_name_leads_to_its_model(void **unused)
{
    (void)unused;
    for (uint64_t i = 0; i < book->n_slots; i++) {
        const struct price_name *name = book->slots[i];
        if (name && price_find(book, name->provider, name->model) != name->target)
            fail_msg("%.*s is hidden", OBS_STR_ARG(name->model));
    }
}

/* No model gets cheaper by more tokens, in any tier and region, and none is for
 * nothing by accident. */
static void every_price_is_sane(void **unused)
{
    (void)unused;
    for (const struct price_model *m = book->models; m; m = m->next)
        for (size_t i = 0; i < m->n_prices; i++)
            for (size_t k = 0; k < m->prices[i].n_tiers * m->prices[i].n_regions; k++) {
                const struct price_levels *levels = &m->prices[i].levels[k];
                for (size_t n = 0; n < levels->n; n++) {
                    const int64_t *femto = levels->rates[n].femto;
                    if (femto[PRICE_CACHE_READ] > femto[PRICE_INPUT])
                        fail_msg("%.*s: reading from the cache costs more than input",
                                 OBS_STR_ARG(m->name));
                    if (femto[PRICE_INPUT] > INT64_C(1000000000000))
                        fail_msg("%.*s: more than 1000 USD for a million tokens",
                                 OBS_STR_ARG(m->name));
                }
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_price_says_where_and_when_it_was_read),
        cmocka_unit_test(names_of_clouds_lead_to_the_model),
        cmocka_unit_test(it_is_large),
        cmocka_unit_test(every_name_leads_to_its_model),
        cmocka_unit_test(every_price_is_sane),
    };
    return cmocka_run_group_tests_name("shipped", tests, setup, fixture_teardown);
}
