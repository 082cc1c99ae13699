/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of significance. */
#ifndef ANALYTICS_STATS_H
#define ANALYTICS_STATS_H

#include <stdbool.h>

/* What a test found; p is two-sided. Not `valid`: there was too little to say
 * anything. */
struct test_result {
    bool valid;
    double statistic, p;
    double df; /* degrees of freedom; 0: the normal distribution */
};

/* A sample by its size, mean and standard deviation (of the population, as the store
 * gives it). */
struct sample {
    double n, mean, stddev;
};

/* Whether two means differ: Welch's t-test, unequal variances (Welch, 1947). */
struct test_result welch_test(struct sample a, struct sample b);

/* Whether two shares differ: the z-test of two proportions with a pooled estimate. */
struct test_result proportion_test(double hits_a, double n_a, double hits_b, double n_b);

/* The two-sided tail of Student's t distribution. */
double student_p(double t, double df);

#endif
