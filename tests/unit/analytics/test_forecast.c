/* SPDX-License-Identifier: Apache-2.0 */
/* Days made up as those of real services are: a level, a trend, quiet weekends, noise. */
#include "forecast_model.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define DAYS 120
#define HELD 14

static uint64_t seed;

static double unit(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(seed >> 11) / 9007199254740992.0;
}

static double normal(void)
{
    return sqrt(-2 * log(1 - unit())) * cos(6.283185307179586 * unit());
}

static void make_days(uint64_t number, double *y)
{
    static const double weekdays[] = {1.1, 1.15, 1.12, 1.08, 1, 0.6, 0.55};
    double growth, noise;

    seed = number * 7919 + 1;
    growth = 0.01 * unit();
    noise = 0.05 + 0.15 * unit();
    for (size_t i = 0; i < DAYS; i++) {
        y[i] = 100 * exp(growth * (double)i) * weekdays[i % 7] * (1 + noise * normal());
        y[i] = y[i] > 0 ? y[i] : 0;
    }
}

static double error_of(const double *predicted, const double *actual)
{
    double sum = 0;

    for (size_t h = 0; h < HELD; h++)
        sum += fabs(predicted[h] - actual[h]);
    return sum / HELD;
}

/* Of days that the model has never seen. */
static void it_beats_last_week_on_days_held_back(void **state)
{
    double better = 0, sum = 0, naive_sum = 0;
    (void)state;

    for (uint64_t k = 0; k < 60; k++) {
        double y[DAYS], predicted[HELD], naive[HELD];
        struct forecast f;

        make_days(k, y);
        assert_true(forecast_make(y, DAYS - HELD, HELD, &f));
        for (size_t h = 0; h < HELD; h++)
            predicted[h] = f.days[h].mean;
        forecast_predict(FORECAST_LAST_WEEK, y, DAYS - HELD, naive, HELD);
        sum += error_of(predicted, y + DAYS - HELD);
        naive_sum += error_of(naive, y + DAYS - HELD);
        better += error_of(predicted, y + DAYS - HELD) < error_of(naive, y + DAYS - HELD);
    }
    if (!(sum < 0.9 * naive_sum) || better < 40)
        fail_msg("error %.3g against %.3g, better in %.0f of 60", sum, naive_sum, better);
}

/* 80 % means 80 %, as far as few days can tell. */
static void intervals_hold_what_they_say(void **state)
{
    double within = 0, sums = 0, n = 0;
    (void)state;

    for (uint64_t k = 100; k < 160; k++) {
        double y[DAYS], sum = 0;
        struct forecast f;

        make_days(k, y);
        assert_true(forecast_make(y, DAYS - HELD, HELD, &f));
        for (size_t h = 0; h < HELD; h++, n++) {
            double actual = y[DAYS - HELD + h];

            sum += actual;
            within += actual >= f.days[h].low && actual <= f.days[h].high;
            assert_true(f.days[h].low <= f.days[h].mean && f.days[h].mean <= f.days[h].high);
        }
        sums += sum >= f.days[HELD - 1].sum_low && sum <= f.days[HELD - 1].sum_high;
    }
    if (within / n < 0.72 || within / n > 0.92 || sums / 60 < 0.65)
        fail_msg("%.3f of the days, %.3f of the sums", within / n, sums / 60);
}

static void a_week_that_repeats_is_continued(void **state)
{
    static const double week[] = {5, 6, 7, 8, 9, 1, 0};
    struct forecast f;
    double y[70];
    (void)state;

    for (size_t i = 0; i < 70; i++)
        y[i] = week[i % 7];
    assert_true(forecast_make(y, 70, 21, &f));
    for (size_t h = 0; h < 21; h++)
        assert_true(fabs(f.days[h].mean - week[h % 7]) < 0.05);
    assert_true(fabs(f.days[20].sum - 108) < 0.5);
}

static void too_little_is_refused(void **state)
{
    double y[60] = {0};
    struct forecast f;
    (void)state;

    for (size_t i = 0; i < 60; i++)
        y[i] = 1;
    assert_false(forecast_make(y, FORECAST_MIN_DAYS - 1, 7, &f));
    assert_true(forecast_make(y, FORECAST_MIN_DAYS, 7, &f));
    assert_false(forecast_make(y, 60, 0, &f));
    assert_false(forecast_make(y, 60, FORECAST_MAX_HORIZON + 1, &f));
    for (size_t i = 0; i < 60; i++)
        y[i] = i < 3;
    assert_false(forecast_make(y, 60, 7, &f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_beats_last_week_on_days_held_back),
        cmocka_unit_test(intervals_hold_what_they_say),
        cmocka_unit_test(a_week_that_repeats_is_continued),
        cmocka_unit_test(too_little_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
