/* SPDX-License-Identifier: Apache-2.0 */
/* Waits between tries. */
#include "runtime/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

static struct backoff usual(void)
{
    return (struct backoff){.first_ns = 100 * MS, .most_ns = 30 * SECOND, .reset_ns = 60 * SECOND};
}

static void doubles_up_to_the_limit(void **state)
{
    static const int64_t expected_ms[] = {100,  200,   400,   800,   1600, 3200,
                                          6400, 12800, 25600, 30000, 30000};
    struct backoff backoff = usual();

    (void)state;
    for (size_t i = 0; i < sizeof(expected_ms) / sizeof(expected_ms[0]); i++)
        assert_int_equal(backoff_next(&backoff, /* lasted_ns= */ 0), expected_ms[i] * MS);
}

static void begins_anew_after_a_good_while(void **state)
{
    struct backoff backoff = usual();

    (void)state;
    for (int i = 0; i < 5; i++)
        backoff_next(&backoff, SECOND);
    assert_int_equal(backoff_next(&backoff, 60 * SECOND - 1), 3200 * MS);
    assert_int_equal(backoff_next(&backoff, 60 * SECOND), 100 * MS);
    assert_int_equal(backoff_next(&backoff, 0), 200 * MS);
}

static void keeps_within_limits_that_changed(void **state)
{
    struct backoff backoff = usual();

    (void)state;
    for (int i = 0; i < 20; i++)
        backoff_next(&backoff, 0);
    backoff.most_ns = SECOND;
    assert_int_equal(backoff_next(&backoff, 0), SECOND);
    backoff.first_ns = backoff.most_ns = 10 * SECOND;
    assert_int_equal(backoff_next(&backoff, 0), 10 * SECOND);
    assert_int_equal(backoff_next(&backoff, 0), 10 * SECOND);
}

static void takes_the_longest_limit_without_overflow(void **state)
{
    struct backoff backoff = {.first_ns = INT64_MAX / 2 + 1, .most_ns = INT64_MAX, .reset_ns = 1};

    (void)state;
    assert_int_equal(backoff_next(&backoff, 0), INT64_MAX / 2 + 1);
    assert_int_equal(backoff_next(&backoff, 0), INT64_MAX);
    assert_int_equal(backoff_next(&backoff, 0), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_up_to_the_limit),
        cmocka_unit_test(begins_anew_after_a_good_while),
        cmocka_unit_test(keeps_within_limits_that_changed),
        cmocka_unit_test(takes_the_longest_limit_without_overflow),
    };
    return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
