/* SPDX-License-Identifier: Apache-2.0 */
#include "http/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void decodes(const char *raw, const char *want, size_t want_len, bool want_slashes)
{
    obs_str in = obs_str_of(raw);
    char out[256];
    bool slashes = false;
    size_t len = 0;

    assert_int_equal(path_decode(in, out, &len, &slashes), OBS_OK);
    if (len != want_len || memcmp(out, want, len) != 0)
        print_error("%s gives %.*s\n", raw, (int)len, out);
    assert_int_equal(len, want_len);
    assert_memory_equal(out, want, len);
    assert_int_equal(slashes, want_slashes);
}

static void decodes_and_removes_dot_segments(void **state)
{
    static const char *const cases[][2] = {
        {"/", "/"},
        {"/a/b", "/a/b"},
        {"/a/./b", "/a/b"},
        {"/a/../b", "/b"},
        {"/a/b/..", "/a/"},
        {"/a/b/.", "/a/b/"},
        {"/..", "/"},
        {"/../../a", "/a"},
        {"/a/%2e%2E/b", "/b"},
        {"/a/%2e/b", "/a/b"},
        {"/...", "/..."},
        {"/a..", "/a.."},
        {"/.a", "/.a"},
        {"//a", "//a"},
        {"/a//../b", "/a/b"},
        {"/a/b/c/./../../g", "/a/g"},
        {"/%41%c3%a9", "/A\xc3\xa9"},
        {"/a%25b", "/a%b"},
        {"/%252e%252e/a", "/%2e%2e/a"},
        {"/a+b", "/a+b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        decodes(cases[i][0], cases[i][1], strlen(cases[i][1]), false);
}

static void keeps_an_encoded_slash_apart(void **state)
{
    (void)state;
    decodes("/a%2Fb", "/a\0b", 4, true);
    decodes("/a%2f..%2fb", "/a\0..\0b", 7, true);
    decodes("/a/..%2f", "/a/..\0", 6, true);
}

static void refuses_what_is_no_text(void **state)
{
    static const char *const cases[] = {"/%",   "/%4",     "/%4g",       "/%g4", "/%00",   "/%ff",
                                        "/%c3", "/%c0%af", "/%ed%a0%80", "/a%2", "/%u0041"};
    char out[64];
    bool slashes;
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(path_decode(obs_str_of(cases[i]), out, &len, &slashes), OBS_E_INVALID);
}

static void knows_a_plain_path(void **state)
{
    (void)state;
    assert_true(path_is_plain(obs_str_of("/a/b.c/d-e")));
    assert_false(path_is_plain(obs_str_of("/a/.b")));
    assert_false(path_is_plain(obs_str_of("/a%20b")));
}

static void splits_a_target(void **state)
{
    struct target t;

    (void)state;
    assert_int_equal(target_split(obs_str_of("/a?b?c"), &t), OBS_OK);
    assert_int_equal(t.form, TARGET_ORIGIN);
    assert_true(obs_str_is(t.path, "/a") && obs_str_is(t.query, "b?c"));
    assert_int_equal(target_split(obs_str_of("HTTP://h:80?q"), &t), OBS_OK);
    assert_int_equal(t.form, TARGET_ABSOLUTE);
    assert_true(obs_str_is(t.path, "/") && obs_str_is(t.query, "q"));
    assert_true(obs_str_is(t.authority, "h:80"));
    assert_int_equal(target_split(obs_str_of("*"), &t), OBS_OK);
    assert_int_equal(t.form, TARGET_ASTERISK);
    assert_int_equal(target_split(obs_str_of("h:443"), &t), OBS_OK);
    assert_int_equal(t.form, TARGET_AUTHORITY);
    assert_int_equal(target_split(obs_str_of("/a b"), &t), OBS_E_INVALID);
    assert_int_equal(target_split(obs_str_of("/a#b"), &t), OBS_E_INVALID);
    assert_int_equal(target_split(obs_str_of("/\x80"), &t), OBS_E_INVALID);
    assert_int_equal(target_split(obs_str_of("http:///a"), &t), OBS_E_INVALID);
    assert_int_equal(target_split(obs_str_of("a/b"), &t), OBS_E_INVALID);
}

static void knows_a_host(void **state)
{
    static const char *const good[] = {"a",       "a.b-c:80", "[::1]", "[::1]:80",
                                       "1.2.3.4", "a%20b",    "a:",    "A_b~"};
    static const char *const bad[] = {"",    ":80", "a:b", "a:123456", "[::1",   "[]",   "[x y]",
                                      "a b", "a/b", "u@a", "a%2",      "[::1]x", "a\\b", "a:80:80"};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(host_valid(obs_str_of(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(host_valid(obs_str_of(bad[i])));
}

static void decodes_a_query(void **state)
{
    char out[64];
    size_t len;

    (void)state;
    assert_int_equal(query_decode(obs_str_of("a+b%2Bc%2F%c3%a9"), out, &len), OBS_OK);
    assert_int_equal(len, 8);
    assert_memory_equal(out, "a b+c/\xc3\xa9", 8);
    assert_int_equal(query_decode(obs_str_of("%00"), out, &len), OBS_E_INVALID);
    assert_int_equal(query_decode(obs_str_of("%e9"), out, &len), OBS_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_and_removes_dot_segments),
        cmocka_unit_test(keeps_an_encoded_slash_apart),
        cmocka_unit_test(refuses_what_is_no_text),
        cmocka_unit_test(knows_a_plain_path),
        cmocka_unit_test(splits_a_target),
        cmocka_unit_test(knows_a_host),
        cmocka_unit_test(decodes_a_query),
    };
    return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
