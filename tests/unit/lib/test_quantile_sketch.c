/* SPDX-License-Identifier: Apache-2.0 */
/* Every quantile within 1 % of the exact one, on distributions that are kind and
 * that are not, merged in pieces and through bytes. */
#include "quantile_sketch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <math.h>

#define N 20000

static uint64_t seed = 7;

static double unit(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(seed >> 11) + 0.5) / 9007199254740992.0;
}

static int64_t uniform(void)
{
    return (int64_t)(unit() * 1e9);
}

static int64_t log_normal(void)
{
    return (int64_t)exp(18 + 3 * sqrt(-2 * log(unit())) * cos(6.283185307179586 * unit()));
}

static int64_t small(void)
{
    return (int64_t)(unit() * 5);
}

static int64_t two_heaps(void)
{
    return unit() < 0.9 ? 1000000 + (int64_t)(unit() * 1000) : INT64_C(60000000000);
}

static int64_t enormous(void)
{
    return INT64_MAX - (int64_t)(unit() * 1e6);
}

static int64_t constant(void)
{
    return 42;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void check(const struct sketch *s, int64_t *values, size_t n)
{
    static const double qs[] = {0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1};

    qsort(values, n, sizeof(*values), by_value);
    assert_int_equal(s->count, n);
    for (size_t i = 0; i < sizeof(qs) / sizeof(*qs); i++) {
        size_t rank = (size_t)ceil(qs[i] * (double)n);
        double exact = (double)values[rank ? rank - 1 : 0];
        double told = (double)sketch_quantile(s, qs[i]);
        /* half a unit for the rounding to a whole number */
        if (fabs(told - exact) > SKETCH_ACCURACY * exact + 0.5)
            fail_msg("quantile %g: %g instead of %g", qs[i], told, exact);
    }
}

static void every_quantile_is_within_one_percent(void **state)
{
    static int64_t (*const makers[])(void) = {uniform,   log_normal, small,
                                              two_heaps, enormous,   constant};
    int64_t *values = calloc(N, sizeof(*values));

    (void)state;
    for (size_t m = 0; m < sizeof(makers) / sizeof(*makers); m++) {
        struct sketch whole = {0}, parts[3] = {{0}}, merged = {0}, read = {0};
        uint8_t *bytes;
        size_t len;

        for (size_t i = 0; i < N; i++) {
            values[i] = makers[m]();
            assert_int_equal(sketch_add(&whole, values[i], 1), OBS_OK);
            assert_int_equal(sketch_add(&parts[i % 3], values[i], 1), OBS_OK);
        }
        check(&whole, values, N);
        for (size_t i = 3; i-- > 0;)
            assert_int_equal(sketch_merge(&merged, &parts[i]), OBS_OK);
        check(&merged, values, N);
        bytes = malloc(sketch_max_bytes(&merged));
        len = sketch_encode(&merged, bytes);
        assert_true(len <= sketch_max_bytes(&merged));
        assert_int_equal(sketch_merge_encoded(&read, obs_str_n((char *)bytes, len)), OBS_OK);
        check(&read, values, N);
        free(bytes);
        sketch_free(&whole);
        sketch_free(&merged);
        sketch_free(&read);
        for (size_t i = 0; i < 3; i++)
            sketch_free(&parts[i]);
    }
    free(values);
}

static void nothing_has_no_quantile(void **state)
{
    struct sketch s = {0};
    uint8_t bytes[64];

    (void)state;
    assert_int_equal(sketch_quantile(&s, 0.5), OBS_ABSENT);
    assert_true(sketch_max_bytes(&s) <= sizeof(bytes));
    assert_int_equal(sketch_encode(&s, bytes), 2);
    assert_int_equal(sketch_add(&s, -5, 2), OBS_OK);
    assert_int_equal(sketch_quantile(&s, 0.5), 0);
    sketch_clear(&s);
    assert_int_equal(sketch_quantile(&s, 0.5), OBS_ABSENT);
    sketch_free(&s);
}

static void bytes_that_are_none_are_refused(void **state)
{
    struct sketch s = {0}, read = {0};
    uint8_t bytes[256];
    size_t len;

    (void)state;
    for (int64_t v = 1; v < 1000000000; v *= 3)
        assert_int_equal(sketch_add(&s, v, 300), OBS_OK);
    assert_true(sketch_max_bytes(&s) > sizeof(bytes)); /* a bound, not what it takes */
    uint8_t *large = malloc(sketch_max_bytes(&s));
    len = sketch_encode(&s, large);
    assert_true(len < sizeof(bytes));
    memcpy(bytes, large, len);
    free(large);
    for (size_t cut = 0; cut < len; cut++) {
        int rc = sketch_merge_encoded(&read, obs_str_n((char *)bytes, cut));
        assert_true(rc == OBS_OK || rc == OBS_E_SYNTAX);
        assert_true(cut > 1 || rc == OBS_E_SYNTAX);
    }
    bytes[0] = 9;
    assert_int_equal(sketch_merge_encoded(&read, obs_str_n((char *)bytes, len)), OBS_E_SYNTAX);
    assert_int_equal(sketch_merge_encoded(&read, obs_str_n("\x01\x00\xff\xff\xff\x7f\x01", 7)),
                     OBS_E_SYNTAX); /* an index far out */
    sketch_free(&s);
    sketch_free(&read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_quantile_is_within_one_percent),
        cmocka_unit_test(nothing_has_no_quantile),
        cmocka_unit_test(bytes_that_are_none_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
