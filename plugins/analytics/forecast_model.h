/* SPDX-License-Identifier: Apache-2.0 */
/* What days to come will probably cost, from the days before: the method that was best
 * on the earlier part of a back-test, told with its errors on the later part.
 *
 * Methods: "last week" (each day as a week ago, the one to beat), "weekday means" (of
 * four weeks), and Holt-Winters with additive weekdays and a damped trend (Hyndman and
 * Athanasopoulos, "Forecasting: Principles and Practice", 8.3), its parameters from a
 * grid. Intervals are quantiles of the errors that the method made at that distance,
 * for a day and for the sum up to it; not of a distribution that nobody checked. */
#ifndef ANALYTICS_FORECAST_MODEL_H
#define ANALYTICS_FORECAST_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#define FORECAST_MIN_DAYS 21
#define FORECAST_MAX_DAYS 400
#define FORECAST_MAX_HORIZON 90

enum forecast_method { FORECAST_LAST_WEEK, FORECAST_WEEKDAYS, FORECAST_HOLT_WINTERS, FORECAST_N };

extern const char *const forecast_names[FORECAST_N];

struct forecast_day {
    double mean, low, high; /* of the day; 80 % */
    double sum, sum_low, sum_high;
};

struct forecast {
    enum forecast_method method;
    struct forecast_day days[FORECAST_MAX_HORIZON];
    double mae,
        naive_mae;   /* mean absolute error on held-back days, of the method and of last week */
    double coverage; /* share of these that were within the interval */
    size_t tested;   /* how many there were */
};

/* Predicts what follows `y`, whole days, by one method. */
void forecast_predict(enum forecast_method method, const double *y, size_t n, double *ret,
                      size_t horizon);

/* False: too few days, or nothing in them. */
bool forecast_make(const double *y, size_t n, size_t horizon, struct forecast *ret);

#endif
