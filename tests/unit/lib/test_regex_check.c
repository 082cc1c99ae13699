/* SPDX-License-Identifier: Apache-2.0 */
/* Which regular expressions every store takes, and what is said of the others. */
#include "regex_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

static void what_all_understand_is_taken(void **state)
{
    static const char *const patterns[] = {
        "a",
        "^gpt-4o(-mini)?$",
        "(?i)error|timeout",
        "[a-z0-9_]+\\.[^.]*",
        "\\d{3,}\\s\\w",
        "a{2}b*?",
        "(?:a|b)+",
        "\\bword\\b",
        "[\\]\\[-]",
        "x{0,255}",
        "ä.ö",
        "\\(\\)\\{\\}",
        "a||b",
    };
    size_t at;

    (void)state;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        const char *wrong = regex_check(obs_str_of(patterns[i]), &at);
        if (wrong)
            fail_msg("%s at %zu: %s", patterns[i], at, wrong);
    }
}

static void what_some_do_not_understand_is_refused(void **state)
{
    static const struct {
        const char *pattern, *wrong;
    } cases[] = {
        {"", "it is empty"},
        {"(?i)", "it is empty"},
        {"a(b", "a group is not closed"},
        {"a)b", "a closing parenthesis without an opening one"},
        {"[a", "the class is not closed"},
        {"[]a]", "a class must not begin with ]; write \\]"},
        {"[[:alpha:]]", "a [ inside of a class must be written \\["},
        {"*a", "nothing is left to repeat"},
        {"a**", "nothing is left to repeat"},
        {"^*", "nothing is left to repeat"},
        {"(a)\\1", "references to groups are not supported"},
        {"\\p{L}", "this escape is not supported"},
        {"a\\", "a backslash at the end escapes nothing"},
        {"(?=a)", "only plain groups and (?: ) are supported"},
        {"a{256}", "a repetition is from 0 to 255, the lesser number first"},
        {"a{3,2}", "a repetition is from 0 to 255, the lesser number first"},
        {"a{x}", "expected {n}, {n,} or {n,m}; a plain brace is written \\{"},
        {"(((((((((((((((((((((a)))))))))))))))))))))", "groups are nested too deeply"},
    };
    size_t at;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *wrong = regex_check(obs_str_of(cases[i].pattern), &at);
        if (!wrong || strcmp(wrong, cases[i].wrong) != 0)
            fail_msg("%s: %s", cases[i].pattern, wrong ? wrong : "taken");
        assert_true(at <= strlen(cases[i].pattern));
    }
}

static void the_place_is_told(void **state)
{
    size_t at;

    (void)state;
    assert_non_null(regex_check(obs_str_of("abc)"), &at));
    assert_int_equal(at, 4);
    assert_non_null(regex_check((obs_str)OBS_STR("a\0b"), &at));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_all_understand_is_taken),
        cmocka_unit_test(what_some_do_not_understand_is_refused),
        cmocka_unit_test(the_place_is_told),
    };

    return cmocka_run_group_tests_name("regex_check", tests, NULL, NULL);
}
