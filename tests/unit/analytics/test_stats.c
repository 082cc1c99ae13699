/* SPDX-License-Identifier: Apache-2.0 */
/* Against published tables. */
#include "stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void assert_near(double a, double b, double within)
{
    if (!(fabs(a - b) <= within))
        fail_msg("%.12g is not within %g of %.12g", a, within, b);
}

/* Critical values of any textbook. */
static void the_tail_of_t_is_that_of_the_tables(void **state)
{
    static const double table[][3] = {{12.7062047362, 1, 0.05},  {4.30265272975, 2, 0.05},
                                      {2.22813885196, 10, 0.05}, {3.16927267261, 10, 0.01},
                                      {2.04227245630, 30, 0.05}, {1.95996398, 1e8, 0.05}};
    (void)state;

    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        assert_near(student_p(table[i][0], table[i][1]), table[i][2], 1e-4 * table[i][2]);
        assert_near(student_p(-table[i][0], table[i][1]), table[i][2], 1e-4 * table[i][2]);
    }
    assert_near(student_p(0, 5), 1, 1e-12);
}

/* The expected values were reckoned apart, the tail by numeric integration. */
static void welch_compares_two_samples(void **state)
{
    static const double a[] = {27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1,
                               21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4};
    static const double b[] = {27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0,
                               24.8, 20.2, 21.9, 22.1, 22.9, 30.5, 24.4};
    struct sample samples[2] = {{15, 0, 0}, {15, 0, 0}};
    struct test_result r;
    (void)state;

    for (int k = 0; k < 2; k++) {
        const double *x = k ? b : a;
        double sum = 0, squares = 0;

        for (int i = 0; i < 15; i++) {
            sum += x[i];
            squares += x[i] * x[i];
        }
        samples[k].mean = sum / 15;
        samples[k].stddev = sqrt(squares / 15 - samples[k].mean * samples[k].mean);
    }
    r = welch_test(samples[0], samples[1]);
    assert_true(r.valid);
    assert_near(samples[0].mean, 20.82, 0.005);
    assert_near(r.statistic, -2.852954870, 1e-8);
    assert_near(r.df, 27.887303988, 1e-8);
    assert_near(r.p, 0.008071938, 1e-8);
}

static void proportions_differ_as_reckoned_by_hand(void **state)
{
    struct test_result r = proportion_test(45, 100, 30, 100);
    (void)state;

    assert_true(r.valid);
    assert_near(r.statistic, 0.15 / sqrt(0.375 * 0.625 * 0.02), 1e-12);
    assert_near(r.p, 0.02846, 1e-5);
}

static void of_nothing_nothing_is_said(void **state)
{
    (void)state;
    assert_false(welch_test((struct sample){1, 5, 0}, (struct sample){9, 5, 1}).valid);
    assert_false(welch_test((struct sample){9, 5, 0}, (struct sample){9, 6, 0}).valid);
    assert_false(welch_test((struct sample){9, NAN, 1}, (struct sample){9, 6, 1}).valid);
    assert_false(proportion_test(0, 10, 0, 10).valid);
    assert_false(proportion_test(1, 0, 0, 10).valid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tail_of_t_is_that_of_the_tables),
        cmocka_unit_test(welch_compares_two_samples),
        cmocka_unit_test(proportions_differ_as_reckoned_by_hand),
        cmocka_unit_test(of_nothing_nothing_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
