/* SPDX-License-Identifier: Apache-2.0 */
/* A cursor opens with its own key and query, and with nothing changed. */
#include "cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const uint8_t key[CURSOR_KEY_BYTES] = "the key of the tests, 32 bytes.";
static const uint8_t digest[PARAMS_DIGEST_BYTES] = "digest of query";
static const obs_str position = OBS_STR("2026\0\xff position");

static int setup(void **state)
{
    *state = obs_arena_create(0);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    obs_arena_destroy(*state);
    return 0;
}

static int error_of(obs_arena *arena, obs_str text)
{
    obs_str found = obs_str_of("untouched");
    int rc = cursor_read(arena, key, digest, text, &found);

    if (rc < 0)
        assert_true(obs_str_is(found, "untouched"));
    return rc;
}

static void a_cursor_gives_its_position_back(void **state)
{
    obs_str text = cursor_write(*state, key, digest, position), found;

    assert_non_null(text.ptr);
    assert_int_equal(cursor_read(*state, key, digest, text, &found), OBS_OK);
    assert_true(obs_str_eq(found, position));
}

static void positions_of_every_length_up_to_256_fit(void **state)
{
    char bytes[257];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)i;
    for (size_t len = 1; len <= 256; len++) {
        obs_str text = cursor_write(*state, key, digest, obs_str_n(bytes, len)), found;
        assert_int_equal(cursor_read(*state, key, digest, text, &found), OBS_OK);
        assert_true(obs_str_eq(found, obs_str_n(bytes, len)));
    }
    assert_null(cursor_write(*state, key, digest, obs_str_n(bytes, 257)).ptr);
    assert_null(cursor_write(*state, key, digest, obs_str_n(bytes, 0)).ptr);
}

static void a_cursor_needs_no_escaping_in_a_url(void **state)
{
    obs_str text = cursor_write(*state, key, digest, position);

    for (size_t i = 0; i < text.len; i++)
        assert_non_null(memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
                               text.ptr[i], 64));
}

static void no_character_of_a_cursor_can_be_changed(void **state)
{
    obs_str text = cursor_write(*state, key, digest, position);
    char *changed = obs_arena_alloc(*state, text.len);

    for (size_t i = 0; i < text.len; i++)
        for (int c = 0; c < 256; c++) {
            if ((char)c == text.ptr[i])
                continue;
            memcpy(changed, text.ptr, text.len);
            changed[i] = (char)c;
            if (error_of(*state, obs_str_n(changed, text.len)) != OBS_E_CURSOR)
                fail_msg("character %zu as %d is taken", i, c);
        }
}

static void a_cursor_that_was_cut_is_refused(void **state)
{
    obs_str text = cursor_write(*state, key, digest, position);

    for (size_t len = 0; len < text.len; len++) {
        assert_int_equal(error_of(*state, obs_str_n(text.ptr, len)), OBS_E_CURSOR);
        assert_int_equal(error_of(*state, obs_str_n(text.ptr + text.len - len, len)), OBS_E_CURSOR);
    }
    assert_int_equal(error_of(*state, obs_str_n(NULL, 0)), OBS_E_CURSOR);
}

static void a_cursor_with_something_added_is_refused(void **state)
{
    obs_str text = cursor_write(*state, key, digest, position);
    static const char *const added[] = {"A", "AA", "AAA", "AAAA", "=", "==", " ", "\n"};

    for (size_t i = 0; i < sizeof(added) / sizeof(*added); i++) {
        obs_str longer = obs_arena_printf(*state, "%.*s%s", OBS_STR_ARG(text), added[i]);
        obs_str earlier = obs_arena_printf(*state, "%s%.*s", added[i], OBS_STR_ARG(text));
        assert_int_equal(error_of(*state, longer), OBS_E_CURSOR);
        assert_int_equal(error_of(*state, earlier), OBS_E_CURSOR);
    }
}

static void texts_that_are_no_cursors_are_refused(void **state)
{
    char *longest = obs_arena_alloc(*state, 5000);

    memset(longest, 'A', 5000);
    for (size_t len = 0; len <= 5000; len += 4)
        assert_int_equal(error_of(*state, obs_str_n(longest, len)), OBS_E_CURSOR);
    assert_int_equal(error_of(*state, obs_str_of("made up")), OBS_E_CURSOR);
    assert_int_equal(error_of(*state, obs_str_of("????")), OBS_E_CURSOR);
}

static void another_key_does_not_open_it(void **state)
{
    obs_str text = cursor_write(*state, key, digest, position), found;

    for (size_t i = 0; i < sizeof(key); i++) {
        uint8_t other[CURSOR_KEY_BYTES];
        memcpy(other, key, sizeof(other));
        other[i] ^= 1;
        assert_int_equal(cursor_read(*state, other, digest, text, &found), OBS_E_CURSOR);
    }
}

static void a_cursor_of_another_query_is_refused(void **state)
{
    obs_str text = cursor_write(*state, key, digest, position), found;

    for (size_t i = 0; i < sizeof(digest); i++) {
        uint8_t other[PARAMS_DIGEST_BYTES];
        memcpy(other, digest, sizeof(other));
        other[i] ^= 0x80;
        assert_int_equal(cursor_read(*state, key, other, text, &found), OBS_E_CURSOR);
    }
}

static void running_out_of_memory_is_no_bad_cursor(void **state)
{
    obs_str text = cursor_write(*state, key, digest, position), found;
    obs_arena *small = obs_arena_create(/* limit_bytes= */ 1);

    assert_int_equal(cursor_read(small, key, digest, text, &found), OBS_E_NOMEM);
    assert_null(cursor_write(small, key, digest, position).ptr);
    obs_arena_destroy(small);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_cursor_gives_its_position_back),      TEST(positions_of_every_length_up_to_256_fit),
        TEST(a_cursor_needs_no_escaping_in_a_url),   TEST(no_character_of_a_cursor_can_be_changed),
        TEST(a_cursor_that_was_cut_is_refused),      TEST(a_cursor_with_something_added_is_refused),
        TEST(texts_that_are_no_cursors_are_refused), TEST(another_key_does_not_open_it),
        TEST(a_cursor_of_another_query_is_refused),  TEST(running_out_of_memory_is_no_bad_cursor),
    };
    return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
