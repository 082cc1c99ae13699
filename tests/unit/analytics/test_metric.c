/* SPDX-License-Identifier: Apache-2.0 */
/* How numbers of the store are shown. */
#include "metric.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static obs_arena *arena;
static obs_buf *buf;

static obs_jw *writer(void)
{
    buf = obs_buf_new(arena, 0);
    return obs_jw_new(arena, buf);
}

static void assert_shown(const char *expected)
{
    obs_str s = obs_buf_str(buf);

    if (!obs_str_is(s, expected))
        fail_msg("shown as %.*s, not as %s", OBS_STR_ARG(s), expected);
}

static void units_are_those_of_the_api(void **state)
{
    (void)state;
    number_write(UNIT_MS, true, (obs_number){1234567890, 1234567890}, writer());
    assert_shown("1234.568");
    number_write(UNIT_USD, true, (obs_number){1, 1}, writer());
    assert_shown("0.000000001");
    number_write(UNIT_COUNT, false, (obs_number){2, 1.5}, writer());
    assert_shown("1.5");
    number_write(UNIT_COUNT, true, (obs_number){OBS_ABSENT, NAN}, writer());
    assert_shown("null");
}

/* From nothing to something is no number of per cent. */
static void a_change_from_nothing_is_null(void **state)
{
    (void)state;
    change_write(5, 0, writer());
    assert_shown("null");
    change_write(15, 10, writer());
    assert_shown("50");
    change_write(NAN, 10, writer());
    assert_shown("null");
    ratio_write(1, 0, writer());
    assert_shown("null");
    ratio_write(1, 3, writer());
    assert_shown("0.333333");
}

static void the_same_measure_is_asked_for_once(void **state)
{
    struct measures m = {0};
    struct metric rate = {.def = metric_find(obs_str_of("error_rate"))};
    struct metric errors = {.def = metric_find(obs_str_of("error_count"))};
    struct metric p95 = {.def = metric_find(obs_str_of("duration")),
                         .aggregation = (uint32_t)aggregation_find(obs_str_of("p95"))};
    (void)state;

    assert_true(metric_ask(&rate, &m) && metric_ask(&errors, &m) && metric_ask(&p95, &m));
    assert_int_equal(m.n, 3);
    assert_int_equal(errors.first, rate.second);
    assert_true(m.items[p95.first].argument > 0.949 && m.items[p95.first].argument < 0.951);
}

static void bounds_are_in_the_units_that_are_shown(void **state)
{
    struct metric p95 = {.def = metric_find(obs_str_of("duration")),
                         .aggregation = (uint32_t)aggregation_find(obs_str_of("p95"))};
    struct metric cost = {.def = metric_find(obs_str_of("total_cost")), .aggregation = 1};
    struct metric rate = {.def = metric_find(obs_str_of("error_rate"))};
    size_t measure;
    double value;
    (void)state;

    assert_true(metric_bound(&p95, 250, &measure, &value));
    assert_true(fabs(value - 250e6) < 1);
    assert_true(metric_bound(&cost, 0.5, &measure, &value));
    assert_true(fabs(value - 5e8) < 1);
    assert_false(metric_bound(&rate, 0.5, &measure, &value));
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
        cmocka_unit_test(units_are_those_of_the_api),
        cmocka_unit_test(a_change_from_nothing_is_null),
        cmocka_unit_test(the_same_measure_is_asked_for_once),
        cmocka_unit_test(bounds_are_in_the_units_that_are_shown),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
