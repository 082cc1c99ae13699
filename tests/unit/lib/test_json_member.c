/* SPDX-License-Identifier: Apache-2.0 */
/* One member of compact JSON, found without reading the rest; cut-off text never
 * leads past its end. */
#include "json_member.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static void is_member(const char *object, const char *key, const char *value)
{
    obs_str found = json_member(obs_str_of(object), obs_str_of(key));

    if (!value)
        assert_null(found.ptr);
    else if (!obs_str_is(found, value))
        fail_msg("%s of %s: %.*s", key, object, OBS_STR_ARG(found));
}

static void members_are_found_by_name(void **state)
{
    static const char object[] =
        "{\"a\":1,\"b\":{\"a\":2,\"c\":[3,{\"d\":4}]},\"e\":\"x,\\\"a\\\":9}\",\"f\":null}";

    (void)state;
    is_member(object, "a", "1");
    is_member(object, "b", "{\"a\":2,\"c\":[3,{\"d\":4}]}");
    is_member(object, "e", "\"x,\\\"a\\\":9}\"");
    is_member(object, "f", "null");
    is_member(object, "c", NULL);
    is_member(object, "", NULL);
    is_member("{}", "a", NULL);
    is_member("", "a", NULL);
}

static void is_unquoted(const char *json, const char *text)
{
    char to[64];
    size_t len = json_unquote(obs_str_of(json), to);

    assert_int_equal(len, strlen(text));
    assert_memory_equal(to, text, len);
}

static void strings_are_what_they_stand_for(void **state)
{
    (void)state;
    is_unquoted("\"plain\"", "plain");
    is_unquoted("\"a\\\"b\\\\c\\/d\\n\\t\"", "a\"b\\c/d\n\t");
    is_unquoted("\"\\u00e4\\u20ac\"", "ä€");
    is_unquoted("\"\\ud83d\\ude00\"", "😀");
    is_unquoted("\"\"", "");
}

/* Each beginning in memory of its own size, so that a sanitizer sees a byte more. */
static void cut_off_text_is_not_left(void **state)
{
    static const char object[] = "{\"a\":[{\"x\":\"\\\"\"}],\"b\":{\"c\":\"d\\\\\"},\"e\":7}";

    (void)state;
    for (size_t len = 0; len < sizeof(object); len++) {
        char *copy = malloc(len ? len : 1);
        obs_str cut = obs_str_n(copy, len), found;

        assert_non_null(copy);
        memcpy(copy, object, len);
        found = json_member(cut, obs_str_of("e"));
        assert_true(!found.ptr || found.ptr + found.len <= copy + len);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_found_by_name),
        cmocka_unit_test(strings_are_what_they_stand_for),
        cmocka_unit_test(cut_off_text_is_not_left),
    };

    return cmocka_run_group_tests_name("json_member", tests, NULL, NULL);
}
