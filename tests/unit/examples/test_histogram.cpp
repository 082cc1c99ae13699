// SPDX-License-Identifier: Apache-2.0
// Every quantile of every single value is within an eighth of it.
#include "histogram.hpp"

#include <cstdio>

static int n_failures;

static void check(bool is_true, const char *what, uint64_t value)
{
    if (!is_true)
        printf("not ok %s: %llu\n", what, static_cast<unsigned long long>(value));
    n_failures += !is_true;
}

static void a_value_is_found_again()
{
    for (uint64_t ns = 5000; ns < 250000000000; ns += ns / 7 + 1) {
        Histogram h{};
        uint64_t found;

        h.add(static_cast<int64_t>(ns));
        found = h.quantile_ns(0.5);
        check(found > ns - ns / 8 && found < ns + ns / 8, "it is near", ns);
    }
}

static void quantiles_of_many()
{
    Histogram low{}, high{};

    for (int i = 0; i < 900; i++)
        low.add(1000000);
    for (int i = 0; i < 100; i++)
        high.add(1000000000);
    low.merge(high);
    check(low.count == 1000 && low.sum_ns == 900 * 1000000ull + 100 * 1000000000ull, "sums",
          low.sum_ns);
    check(low.quantile_ns(0.5) < 1200000, "the median is low", low.quantile_ns(0.5));
    check(low.quantile_ns(0.95) > 880000000, "p95 is high", low.quantile_ns(0.95));
}

static void ranks_are_the_nearest()
{
    Histogram h{};

    h.add(10000);
    h.add(1000000);
    check(h.quantile_ns(0.5) < 12000, "the median of two is the lower one", h.quantile_ns(0.5));
    check(h.quantile_ns(0.51) > 800000, "a little more is the upper one", h.quantile_ns(0.51));
}

static void the_ends()
{
    Histogram h{};

    check(h.quantile_ns(0.5) == 0, "nothing is nothing", 0);
    h.add(-5);
    h.add(INT64_MAX);
    check(h.buckets[0] == 1 && h.buckets[Histogram::n_buckets - 1] == 1, "both ends", h.count);
}

int main()
{
    a_value_is_found_again();
    quantiles_of_many();
    ranks_are_the_nearest();
    the_ends();
    return n_failures != 0;
}
