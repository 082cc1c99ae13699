/* SPDX-License-Identifier: Apache-2.0 */
/* Words of many scripts, and what a search finds in them. */
#include "text_query.h"
#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

static obs_arena *arena;

static void assert_words(const char *text, const char *expected)
{
    char found[512] = "";
    struct word word;
    size_t at = 0;

    while (word_next(obs_str_of(text), &at, &word)) {
        snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%.*s", *found ? "|" : "",
                 (int)word.len, word.text);
        assert_true(word.from < word.to && word.to <= strlen(text));
    }
    assert_string_equal(found, expected);
}

static void words_are_folded_and_cut_where_people_would(void **state)
{
    (void)state;
    assert_words("Hello, World! 42", "hello|world|42");
    assert_words("don't foo_bar a-b", "don|t|foo|bar|a|b");
    assert_words("Ünïcödé STRASSE straße", "unicode|strasse|strasse");
    assert_words("e\xcc\x81t\xc3\xa9", "ete"); /* composed or not */
    assert_words("שלום עולם", "שלום|עולם");
    assert_words("Привет МИР", "привет|мир");
    assert_words("東京タワー2024年", "東|京|タ|ワ|ー|2024|年");
    assert_words("한국어 text", "한|국|어|text");
    assert_words("a\xff\xfe"
                 "b",
                 "a|b"); /* not UTF-8 */
    assert_words("", "");
    assert_words("\xf0\x9f\x98\x80 ok", "ok");
}

static void a_word_is_cut_off_where_it_is_too_long(void **state)
{
    char text[1000];
    struct word word;
    size_t at = 0;
    (void)state;

    memset(text, 'x', sizeof(text));
    assert_true(word_next(obs_str_n(text, sizeof(text)), &at, &word));
    assert_int_equal(word.len, WORD_MAX_BYTES);
    assert_int_equal(word.to, sizeof(text));
    assert_false(word_next(obs_str_n(text, sizeof(text)), &at, &word));
}

static int find(const char *search, const char *a, const char *b)
{
    obs_str texts[2] = {obs_str_of(a), obs_str_of(b)};
    struct text_query query;
    const char *wrong = NULL;

    assert_int_equal(text_query_parse(arena, obs_str_of(search), &query, &wrong), OBS_OK);
    return text_query_match(&query, texts, 2);
}

static void searches_find_what_they_say(void **state)
{
    static const char text[] = "The refund policy of ACME: no money back.";
    (void)state;

    assert_int_equal(find("refund", text, ""), 1);
    assert_int_equal(find("REFUND Policy", text, ""), 1);
    assert_int_equal(find("refund answer", text, "an answer"), 1); /* each in one of them */
    assert_int_equal(find("refund answer", text, ""), 0);
    assert_int_equal(find("\"refund policy\"", text, ""), 1);
    assert_int_equal(find("\"policy refund\"", text, ""), 0);
    assert_int_equal(find("\"policy back\"", "policy", "back"), 0); /* not across texts */
    assert_int_equal(find("refund -money", text, ""), 0);
    assert_int_equal(find("refund -dollars", text, ""), 1);
    assert_int_equal(find("refund -\"money back\"", text, ""), 0);
    assert_int_equal(find("refu*", text, ""), 1);
    assert_int_equal(find("refu", text, ""), 0);
    assert_int_equal(find("\"no mon*\"", text, ""), 0); /* in a phrase a star is nothing */
    assert_int_equal(find("dollars OR refund", text, ""), 1);
    assert_int_equal(find("dollars cents OR euros", text, ""), 0);
    assert_int_equal(find("refund-policy", text, ""), 1); /* a phrase */
    assert_int_equal(find("京タ", "東京タワー", ""), 1);
    assert_int_equal(find("京ワ", "東京タワー", ""), 0);
    assert_int_equal(find("cafe", "Café", ""), 1);
}

static void assert_refused(const char *search)
{
    struct text_query query;
    const char *wrong = NULL;

    assert_int_equal(text_query_parse(arena, obs_str_of(search), &query, &wrong), OBS_E_INVALID);
    assert_non_null(wrong);
}

static void what_would_find_everything_is_refused(void **state)
{
    char many[400] = "";
    (void)state;

    assert_refused("");
    assert_refused("   ");
    assert_refused("-refund");
    assert_refused("refund OR -policy");
    assert_refused("OR refund");
    assert_refused("refund OR");
    assert_refused("\"no end");
    assert_refused("!!! ...");
    for (int i = 0; i < 33; i++)
        snprintf(many + strlen(many), sizeof(many) - strlen(many), "w%d ", i);
    assert_refused(many);
}

static void assert_snippet(const char *search, const char *text, const char *expected)
{
    obs_buf *buf = obs_buf_new(arena, 0);
    struct text_query query;
    const char *wrong = NULL;

    assert_int_equal(text_query_parse(arena, obs_str_of(search), &query, &wrong), OBS_OK);
    assert_int_equal(text_query_snippet(&query, obs_str_of(text), buf), expected != NULL);
    if (expected && !obs_str_is(obs_buf_str(buf), expected))
        fail_msg("%.*s", OBS_STR_ARG(obs_buf_str(buf)));
}

static void snippets_mark_what_was_found(void **state)
{
    char text[600] = "", *at = text;
    (void)state;

    assert_snippet("refund", "A Refund & <more>", "A <mark>Refund</mark> &amp; &lt;more&gt;");
    assert_snippet("\"a b\" c", "a x a b c", "a x <mark>a b</mark> <mark>c</mark>");
    assert_snippet("refu* -x", "refunds", "<mark>refunds</mark>");
    assert_snippet("refund", "nothing", NULL);
    for (int i = 0; i < 60; i++)
        at += sprintf(at, "filler%d ", i);
    memcpy(strstr(text, "filler30"), "needle30", 8);
    assert_snippet("needle30", text,
                   "…ler23 filler24 filler25 filler26 filler27 filler28 filler29 "
                   "<mark>needle30</mark> filler31 filler32 filler33 filler34 filler35 filler36 "
                   "filler37 filler38 filler39 filler40 filler41 filler42 filler43 filler44 "
                   "filler45 filler46 filler47 filler48 filler49 …");
}

static int setup(void **state)
{
    (void)state;
    arena = obs_arena_create(0);
    return arena == NULL;
}

static int teardown(void **state)
{
    (void)state;
    obs_arena_destroy(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_folded_and_cut_where_people_would),
        cmocka_unit_test(a_word_is_cut_off_where_it_is_too_long),
        cmocka_unit_test(searches_find_what_they_say),
        cmocka_unit_test(what_would_find_everything_is_refused),
        cmocka_unit_test(snippets_mark_what_was_found),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
