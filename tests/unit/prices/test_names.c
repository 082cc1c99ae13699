/* SPDX-License-Identifier: Apache-2.0 */
/* Which model a name leads to, and which names lead to none. */
#include "fixture.h"
#include "names.h"

#include <ctype.h>
#include <stdio.h>

static const char models[] =
    "resellers: {azure.ai.openai: [openai], aws.bedrock: [anthropic], openrouter: [openai]}\n"
    "providers:\n"
    "  openai: {models: {gpt-4o: {input: 1}, gpt-4o-mini: {input: 1}, gpt-4o-2024-05-13: {input: "
    "1},\n"
    "    ft:gpt-4o-mini*: {input: 1}, chatgpt-4o-latest: {input: 1},\n"
    "    gpt-3.5-turbo: {input: 1, aliases: [gpt-35-turbo]}, text-embedding-ada-002: {input: 1}}}\n"
    "  anthropic: {models: {claude-sonnet-4-5: {input: 1}, claude-3-5-sonnet: {input: 1},\n"
    "    claude-2: {input: 1}, claude-2.1: {input: 1}}}\n"
    "  gcp.vertex_ai: {models: {gemini-2.0-flash: {input: 1}, gemini-3-pro-preview: {input: 1},\n"
    "    claude-3-5-sonnet-v2: {input: 1}}}\n"
    "  aws.bedrock: {models: {nova-pro: {input: 1}, llama3-3-70b-instruct: {input: 1}}}\n"
    "  openrouter: {models: {deepseek/deepseek-r1: {input: 1}, llama-3.3-70b: {input: 1},\n"
    "    \"deepseek/deepseek-r1:free\": {input: 0}}}\n"
    "  local: {models: {\"*\": {input: 0}, fam-*: {input: 1}, fam-big-*: {input: 2}}}\n";

static const struct price_book *book;

static int setup(void **state)
{
    int rc = fixture_setup(state);

    book = rc ? NULL : fixture_book(models, PRICE_LAYER_FILE);
    return rc;
}

static const char *found(const char *provider, obs_str name, char *ret_text, size_t size)
{
    const struct price_model *model = price_find(book, obs_str_of(provider), name);

    snprintf(ret_text, size, "%.*s", model ? (int)model->name.len : 0,
             model ? model->name.ptr : "");
    return ret_text;
}

static void check(const char *const (*cases)[3], size_t n)
{
    char text[PRICE_MAX_NAME + 1];

    for (size_t i = 0; i < n; i++) {
        found(cases[i][0], obs_str_of(cases[i][1]), text, sizeof(text));
        if (strcmp(text, cases[i][2]) != 0)
            fail_msg("%s / %s leads to \"%s\", expected \"%s\"", cases[i][0], cases[i][1], text,
                     cases[i][2]);
    }
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof(*(cases)))

static void names_of_clouds_lead_to_the_model(void **unused)
{
    static const char *const cases[][3] = {
        {"openai", "GPT-4o", "gpt-4o"},
        {"openai", "gpt-4o-2024-08-06", "gpt-4o"},
        {"openai", "gpt-4o-2024-05-13", "gpt-4o-2024-05-13"},
        {"openai", "gpt-4o-mini-2024-07-18", "gpt-4o-mini"},
        {"openai", "gpt-4o-20241120", "gpt-4o"},
        {"openai", "chatgpt-4o-latest", "chatgpt-4o-latest"},
        {"openai", "openai/gpt-4o", "gpt-4o"},
        {"openai", "text-embedding-ada-002", "text-embedding-ada-002"},
        {"azure.ai.openai", "gpt-35-turbo", "gpt-3.5-turbo"},
        {"azure.ai.openai", "azure/gpt-4o-2024-08-06", "gpt-4o"},
        {"openrouter", "openai/gpt-4o-mini", "gpt-4o-mini"},
        {"openrouter", "deepseek/deepseek-r1", "deepseek/deepseek-r1"},
        {"openrouter", "openrouter/deepseek/deepseek-r1", "deepseek/deepseek-r1"},
        {"openrouter", "deepseek/deepseek-r1:free", "deepseek/deepseek-r1:free"},
        {"openrouter", "deepseek/deepseek-r1-20250120", "deepseek/deepseek-r1"},
        {"openrouter", "meta-llama/llama-3.3-70b", "llama-3.3-70b"},
        {"anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5"},
        {"anthropic", "claude-3-5-sonnet-latest", "claude-3-5-sonnet"},
        {"aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"},
        {"aws.bedrock", "eu.anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet"},
        {"aws.bedrock", "apac.amazon.nova-pro-v1:0", "nova-pro"},
        {"aws.bedrock", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"},
        {"aws.bedrock", "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"},
        {"aws.bedrock", "anthropic.claude-3-5-sonnet-20240620-v1:0:200k", "claude-3-5-sonnet"},
        {"aws.bedrock", "bedrock/converse/us.meta.llama3-3-70b-instruct-v1:0",
         "llama3-3-70b-instruct"},
        {"aws.bedrock",
         "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/"
         "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
         "claude-sonnet-4-5"},
        {"aws.bedrock", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0",
         "nova-pro"},
        {"gcp.vertex_ai", "publishers/google/models/gemini-2.0-flash-001", "gemini-2.0-flash"},
        {"gcp.vertex_ai",
         "projects/p/locations/us-central1/publishers/google/models/gemini-2.0-flash",
         "gemini-2.0-flash"},
        {"gcp.vertex_ai", "gemini-2.0-flash@default", "gemini-2.0-flash"},
        {"gcp.vertex_ai", "gemini-3-pro-preview", "gemini-3-pro-preview"},
        {"gcp.vertex_ai", "claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet-v2"},
        {"local", "fam-big-7", "fam-big-*"},
        {"local", "vendor/fam-x", "*"},
        {"local", "fam-", "fam-*"},
        {"openai", "ft:gpt-4o-mini-2024-07-18:org::id", "ft:gpt-4o-mini*"},
        {"openai", "ft:gpt-4o-mini-2024-07-18:org:name:20250101", "ft:gpt-4o-mini*"},
    };
    (void)unused;
    CHECK(cases);
}

static void another_model_is_never_taken_for_it(void **unused)
{
    static const char *const cases[][3] = {
        {"openai", "gpt-99", ""},
        {"nobody", "gpt-4o", ""},
        {"anthropic", "gpt-4o", ""},
        {"openai", "gpt-4o-audio-preview", ""},
        {"openai", "gpt-4o-audio-preview-2024-12-17", ""},
        {"openai", "gpt-4o-realtime", ""},
        {"openai", "gpt-4o-preview", ""},
        {"openai", "gpt-4o-0806", ""},
        {"openai", "gpt-4o-2024-13-01", ""},
        {"openai", "gpt-4o-12345678", ""},
        {"openai", "gpt-4o-v2", ""},
        {"openai", "gpt-4", ""},
        {"openai", "gpt-3.5-turbo-16k", ""},
        {"openai", "ft:gpt-4o:acme::1", ""},
        {"openai", "ft:gpt-4o-2024-08-06:acme::id", ""},
        {"openai", "ft:x:acme/gpt-4o", ""},
        {"azure.ai.openai", "gpt-4o-2024-08-06.ft-abc", ""},
        {"azure.ai.openai", "my-deployment", ""},
        {"openrouter", "openai/gpt-4o:online", ""},
        {"openrouter", "deepseek/deepseek-r1:thinking", ""},
        {"openrouter", "deepseek/deepseek-r1-distill-llama-70b", ""},
        {"gcp.vertex_ai", "gemini-2.0-flash-lite", ""},
        {"gcp.vertex_ai", "gemini-2.0-flash-exp", ""},
        {"gcp.vertex_ai", "gemini-3-pro", ""},
        {"gcp.vertex_ai", "projects/p/locations/l/endpoints/123456789", ""},
        {"anthropic", "claude-2.0", ""},
        {"aws.bedrock",
         "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-pro-v1:0/abc", ""},
        {"aws.bedrock", "arn:aws:bedrock:us-east-1:123456789012:imported-model/nova-pro", ""},
        {"aws.bedrock",
         "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/nova-pro", ""},
        {"aws.bedrock", "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/nova-pro", ""},
        {"aws.bedrock", "arn:nova-pro", ""},
        {"openai", "-latest", ""},
        {"openai", "models/", ""},
        {"openai", "/", ""},
        {"openai", ":0", ""},
        {"openai", "@", ""},
        {"openai", "", ""},
    };
    (void)unused;
    CHECK(cases);
}

/* Whatever stands before or behind, in any combination: the model, its version or
 * none of another. */
static void all_combinations_lead_to_the_same_model(void **unused)
{
    static const char *const before[] = {
        "", "us.", "eu.anthropic.", "bedrock/", "a/b/c/d/e/f/g/", "bedrock/us.anthropic."};
    static const char *const behind[] = {
        "",          "-latest", "-20250929", "-2025-09-29", "-v1:0", "-20250929-v1:0:200k",
        "@20250929", "-001"};
    char name[PRICE_MAX_NAME], text[PRICE_MAX_NAME + 1];
    (void)unused;

    for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++)
        for (size_t k = 0; k < sizeof(behind) / sizeof(*behind); k++)
            for (unsigned upper = 0; upper < 2; upper++) {
                int len =
                    snprintf(name, sizeof(name), "%sclaude-sonnet-4-5%s", before[i], behind[k]);
                for (int c = 0; upper && c < len; c++)
                    name[c] = (char)toupper((unsigned char)name[c]);
                found("aws.bedrock", obs_str_of(name), text, sizeof(text));
                if (strcmp(text, "claude-sonnet-4-5") != 0)
                    fail_msg("%s leads to \"%s\"", name, text);
            }
}

/* One more word makes another model, unless it is a pattern's. */
static void one_more_word_is_another_model(void **unused)
{
    static const char *const words[] = {"-mini",    "-audio", "-turbo",          "-pro",
                                        "-preview", "-high",  ":free",           ":nitro",
                                        "-8b",      "-128k",  "-instruct",       "-x",
                                        "-0613",    "-tts",   "-search-preview", "-transcribe"};
    char name[PRICE_MAX_NAME], text[PRICE_MAX_NAME + 1];
    (void)unused;

    for (const struct price_model *m = book->models; m; m = m->next) {
        if (memchr(m->name.ptr, '*', m->name.len))
            continue;
        for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
            char provider[64];
            int len = snprintf(name, sizeof(name), "%.*s%s", OBS_STR_ARG(m->name), words[i]);
            snprintf(provider, sizeof(provider), "%.*s", OBS_STR_ARG(m->provider));
            found(provider, obs_str_n(name, (size_t)len), text, sizeof(text));
            if (strcmp(text, "") != 0 && strcmp(text, name) != 0) /* gpt-4o + -mini is one */
                fail_msg("%s leads to \"%s\"", name, text);
        }
    }
}

/* Real names are shorter; nothing may make the search long or leave its bounds. */
static void endless_names_end(void **unused)
{
    static const char *const units[] = {"a/", ":0", "us.", "-latest", "/", "-20250929", "@1"};
    char name[PRICE_MAX_NAME + 2];
    (void)unused;

    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
        for (size_t len = 1; len < sizeof(name); len++) {
            for (size_t k = 0; k < len; k++)
                name[k] = units[i][k % strlen(units[i])];
            assert_null(price_find(book, obs_str_of("openai"), obs_str_n(name, len)));
        }
}

static void without_a_provider_the_first_that_has_it_counts(void **unused)
{
    struct price_books books = {.layers = {book}};
    (void)unused;

    assert_str(price_provider_of(&books, obs_str_of("gpt-4o-2024-08-06")), "openai");
    assert_str(price_provider_of(&books, obs_str_of("fam-7")), "local");
    assert_str(price_provider_of(&books, obs_str_of("ft:gpt-4o-mini:x")), "openai");
    assert_str(price_provider_of(&books, obs_str_of("anything")), "");
    assert_str(price_provider_of(&books, obs_str_of("")), "");
}

static void providers_are_those_with_prices_and_those_that_resell(void **unused)
{
    (void)unused;
    assert_true(price_has_provider(book, obs_str_of("openai")));
    assert_true(price_has_provider(book, obs_str_of("azure.ai.openai")));
    assert_false(price_has_provider(book, obs_str_of("azure")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_clouds_lead_to_the_model),
        cmocka_unit_test(another_model_is_never_taken_for_it),
        cmocka_unit_test(all_combinations_lead_to_the_same_model),
        cmocka_unit_test(one_more_word_is_another_model),
        cmocka_unit_test(endless_names_end),
        cmocka_unit_test(without_a_provider_the_first_that_has_it_counts),
        cmocka_unit_test(providers_are_those_with_prices_and_those_that_resell),
    };
    return cmocka_run_group_tests_name("names", tests, setup, fixture_teardown);
}
