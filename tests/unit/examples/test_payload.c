/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of any bytes in the JSON of the example plugin echo. */
#include "payload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void tells_utf8_from_other_bytes(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } table[] = {
        {"", true},
        {"plain", true},
        {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x94\xAD", true},
        {"\xEE\x80\x80\xEF\xBF\xBF", true},
        {"\xF4\x8F\xBF\xBF", true},
        {"\xFF", false},
        {"a\x80", false},
        {"\xC3", false},
        {"\xC3(", false},
        {"\xE2\x82", false},
        {"\xE2\x82(", false},
        {"\xC0\xAF", false},         /* overlong */
        {"\xE0\x80\xAF", false},     /* overlong */
        {"\xF0\x80\x80\xAF", false}, /* overlong */
        {"\xED\xA0\x80", false},     /* surrogate */
        {"\xF4\x90\x80\x80", false}, /* past U+10FFFF */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (payload_is_utf8(obs_str_of(table[i].text)) != table[i].valid)
            fail_msg("row %zu is judged wrong", i);
}

/* The vectors of RFC 4648 §10, and all three rests with high bytes. */
static void base64_follows_the_rfc(void **state)
{
    static const struct {
        obs_str data;
        const char *text;
    } table[] = {
        {OBS_STR(""), ""},
        {OBS_STR("f"), "Zg=="},
        {OBS_STR("fo"), "Zm8="},
        {OBS_STR("foo"), "Zm9v"},
        {OBS_STR("foob"), "Zm9vYg=="},
        {OBS_STR("fooba"), "Zm9vYmE="},
        {OBS_STR("foobar"), "Zm9vYmFy"},
        {OBS_STR("\x00\xFF\xFE"), "AP/+"},
    };
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);

    (void)state;
    assert_non_null(arena);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        assert_true(obs_str_is(payload_base64(arena, table[i].data), table[i].text));
    obs_arena_destroy(arena);
}

static void the_encoding_is_told(void **state)
{
    static const struct {
        obs_str body;
        const char *json;
    } table[] = {
        {OBS_STR("a\n"), "{\"body\":\"a\\n\",\"body_encoding\":\"utf-8\"}"},
        {OBS_STR("\xFF"), "{\"body\":\"/w==\",\"body_encoding\":\"base64\"}"},
        {OBS_STR(""), "{\"body\":\"\",\"body_encoding\":\"utf-8\"}"},
    };
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);

    (void)state;
    assert_non_null(arena);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        obs_buf *out = obs_buf_new(arena, /* limit_bytes= */ 0);
        obs_jw *jw = obs_jw_new(arena, out);

        assert_non_null(jw);
        obs_jw_object(jw);
        assert_int_equal(payload_write(arena, jw, table[i].body), OBS_OK);
        obs_jw_end_object(jw);
        if (!obs_str_is(obs_buf_str(out), table[i].json))
            fail_msg("%.*s is not %s", OBS_STR_ARG(obs_buf_str(out)), table[i].json);
    }
    obs_arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_utf8_from_other_bytes),
        cmocka_unit_test(base64_follows_the_rfc),
        cmocka_unit_test(the_encoding_is_told),
    };

    return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}
