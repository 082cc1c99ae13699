/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8, suggestions, the error catalogue. */
#include "core/suggest.h"
#include "core/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void accepts_every_scalar_value_and_nothing_else(void **unused)
{
    (void)unused;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char s[4];
        size_t n;
        if (c < 0x80) {
            s[0] = (char)c;
            n = 1;
        } else if (c < 0x800) {
            s[0] = (char)(0xc0 | c >> 6);
            s[1] = (char)(0x80 | (c & 63));
            n = 2;
        } else if (c < 0x10000) {
            s[0] = (char)(0xe0 | c >> 12);
            s[1] = (char)(0x80 | (c >> 6 & 63));
            s[2] = (char)(0x80 | (c & 63));
            n = 3;
        } else {
            s[0] = (char)(0xf0 | c >> 18);
            s[1] = (char)(0x80 | (c >> 12 & 63));
            s[2] = (char)(0x80 | (c >> 6 & 63));
            s[3] = (char)(0x80 | (c & 63));
            n = 4;
        }
        assert_int_equal(utf8_sequence(s, n), c >= 0xd800 && c < 0xe000 ? 0 : n);
        assert_int_equal(utf8_sequence(s, n - 1), 0); /* cut short */
    }
}

static void refuses_overlong_and_stray_bytes(void **unused)
{
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xfe",
                                      "long enough text \xff end"};
    (void)unused;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(utf8_valid(obs_str_of(bad[i])));
    assert_true(utf8_valid(obs_str_of("sixteen ASCII ch, ü and then some 世界 more")));
    assert_true(utf8_valid(obs_str_of("")));
}

static const char *nearest(const char *wanted)
{
    static const char *const known[] = {"model", "provider", "session_id", "user_id", "status"};
    struct suggest s;

    suggest_init(&s, obs_str_of(wanted));
    for (size_t i = 0; i < 5; i++)
        suggest_offer(&s, obs_str_of(known[i]));
    return s.best.ptr;
}

static void suggests_what_was_probably_meant(void **unused)
{
    (void)unused;
    assert_string_equal(nearest("modle"), "model");
    assert_string_equal(nearest("Provder"), "provider");
    assert_string_equal(nearest("sessionid"), "session_id");
    assert_string_equal(nearest("staus"), "status");
    assert_null(nearest("temperature"));
    assert_null(nearest(""));
    assert_null(nearest("a name that is much longer than any name should ever be in a config"));
}

static void every_error_has_a_status_and_a_code(void **unused)
{
    (void)unused;
#define ROW(name, value, status, code, api, category, text)                                        \
    assert_int_equal(obs_error(value)->http_status, status);                                       \
    assert_int_equal(obs_error(value)->api_code, code);
    OBS_ERROR_MAP(ROW)
    assert_int_equal(obs_error(-9999)->value, OBS_E_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_every_scalar_value_and_nothing_else),
        cmocka_unit_test(refuses_overlong_and_stray_bytes),
        cmocka_unit_test(suggests_what_was_probably_meant),
        cmocka_unit_test(every_error_has_a_status_and_a_code),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
