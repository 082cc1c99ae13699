/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of the example plugin hello. */
#include "greeting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void assert_greeting(const char *greeting, const char *name, const char *expected)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    obs_buf *out;

    assert_non_null(arena);
    out = obs_buf_new(arena, /* limit_bytes= */ 0);
    assert_non_null(out);
    assert_int_equal(greeting_write(arena, obs_str_of(greeting), obs_str_of(name), out), OBS_OK);
    if (!obs_str_is(obs_buf_str(out), expected))
        fail_msg("%.*s is not %s", OBS_STR_ARG(obs_buf_str(out)), expected);
    obs_arena_destroy(arena);
}

static void greets_by_name(void **state)
{
    (void)state;
    assert_greeting("Hello", "Ada", "{\"message\":\"Hello, Ada!\"}");
    assert_greeting("Servus", "W\xC3\xB6rld", "{\"message\":\"Servus, W\xC3\xB6rld!\"}");
}

static void any_name_gives_valid_json(void **state)
{
    (void)state;
    assert_greeting("Hello", "\"\\", "{\"message\":\"Hello, \\\"\\\\!\"}");
    assert_greeting("", "", "{\"message\":\", !\"}");
}

static void says_when_memory_runs_out(void **state)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    obs_buf *small;

    (void)state;
    assert_non_null(arena);
    small = obs_buf_new(arena, /* limit_bytes= */ 8);
    assert_non_null(small);
    assert_int_equal(greeting_write(arena, obs_str_of("Hello"), obs_str_of("Ada"), small),
                     OBS_E_TOO_LARGE);
    obs_arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greets_by_name),
        cmocka_unit_test(any_name_gives_valid_json),
        cmocka_unit_test(says_when_memory_runs_out),
    };

    return cmocka_run_group_tests_name("greeting", tests, NULL, NULL);
}
