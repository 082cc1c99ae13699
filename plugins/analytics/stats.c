/* SPDX-License-Identifier: Apache-2.0 */
/* The tail of t is an incomplete beta function, by its continued fraction (Lentz's
 * method; Press et al., Numerical Recipes, 6.4). */
#include "stats.h"

#include <math.h>

#define TINY 1e-300
#define MAX_TERMS 500

static double guarded(double value)
{
    return fabs(value) < TINY ? TINY : value;
}

static double fraction(double a, double b, double x)
{
    double c = 1, d = 1 / guarded(1 - (a + b) * x / (a + 1)), h = d;

    for (int m = 1; m <= MAX_TERMS; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), step;

        d = 1 / guarded(1 + even * d);
        c = guarded(1 + even / c);
        h *= d * c;
        d = 1 / guarded(1 + odd * d);
        c = guarded(1 + odd / c);
        step = d * c;
        h *= step;
        if (fabs(step - 1) < 1e-15)
            break;
    }
    return h;
}

/* I_x(a, b) */
static double incomplete_beta(double a, double b, double x)
{
    double front;

    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * fraction(a, b, x) / a;
    return 1 - front * fraction(b, a, 1 - x) / b;
}

double student_p(double t, double df)
{
    return incomplete_beta(df / 2, 0.5, df / (df + t * t));
}

/* The variance of the mean, with that of the sample made unbiased. */
static double variance_of_mean(struct sample s)
{
    return s.stddev * s.stddev / (s.n - 1);
}

struct test_result welch_test(struct sample a, struct sample b)
{
    struct test_result r = {0};
    double va, vb;

    if (a.n < 2 || b.n < 2 || !isfinite(a.mean) || !isfinite(b.mean))
        return r;
    va = variance_of_mean(a);
    vb = variance_of_mean(b);
    if (va + vb <= 0)
        return r;
    r.valid = true;
    r.statistic = (a.mean - b.mean) / sqrt(va + vb);
    r.df = (va + vb) * (va + vb) / (va * va / (a.n - 1) + vb * vb / (b.n - 1));
    r.p = student_p(r.statistic, r.df);
    return r;
}

struct test_result proportion_test(double hits_a, double n_a, double hits_b, double n_b)
{
    struct test_result r = {0};
    double pooled, variance;

    if (n_a < 1 || n_b < 1)
        return r;
    pooled = (hits_a + hits_b) / (n_a + n_b);
    variance = pooled * (1 - pooled) * (1 / n_a + 1 / n_b);
    if (variance <= 0)
        return r;
    r.valid = true;
    r.statistic = (hits_a / n_a - hits_b / n_b) / sqrt(variance);
    r.p = erfc(fabs(r.statistic) / sqrt(2));
    return r;
}
