/* SPDX-License-Identifier: Apache-2.0 */
/* Exact while there are few, within a few percent of any number after that, the
 * same whichever way it was put together. */
#include "distinct_sketch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>

static void add_range(struct distinct *d, uint64_t from, uint64_t to)
{
    char text[32];

    for (uint64_t i = from; i < to; i++) {
        int len = snprintf(text, sizeof(text), "user-%llu", (unsigned long long)i);
        assert_int_equal(distinct_add(d, obs_str_n(text, (size_t)len)), OBS_OK);
    }
}

static void few_are_counted_exactly(void **state)
{
    struct distinct d = {0};

    (void)state;
    assert_int_equal(distinct_count(&d), 0);
    for (uint64_t n = 0; n <= DISTINCT_LIST; n++) {
        add_range(&d, 0, n);
        assert_int_equal(distinct_count(&d), n);
    }
    distinct_clear(&d);
    assert_int_equal(distinct_count(&d), 0);
    distinct_free(&d);
}

/* Four standard errors. */
static void many_are_estimated(void **state)
{
    static const uint64_t sizes[] = {257, 300, 1000, 5000, 20000, 100000, 1000000};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct distinct d = {0};
        double told;

        add_range(&d, 0, sizes[i]);
        add_range(&d, 0, sizes[i] / 2); /* again: no difference */
        told = (double)distinct_count(&d);
        if (fabs(told - (double)sizes[i]) > 4 * 0.0163 * (double)sizes[i])
            fail_msg("%.0f instead of %llu", told, (unsigned long long)sizes[i]);
        distinct_free(&d);
    }
}

static void read_back(const struct distinct *from, struct distinct *to)
{
    uint8_t *bytes = malloc(distinct_max_bytes(from));
    size_t len = distinct_encode(from, bytes);

    assert_int_equal(len, distinct_max_bytes(from));
    assert_int_equal(distinct_merge_encoded(to, obs_str_n((char *)bytes, len)), OBS_OK);
    free(bytes);
}

static void merging_is_counting_together(void **state)
{
    static const uint64_t cuts[] = {0, 10, 200, 300, 4000};

    (void)state;
    for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++)
        for (size_t k = 0; k < sizeof(cuts) / sizeof(*cuts); k++) {
            struct distinct all = {0}, a = {0}, b = {0}, merged = {0}, read = {0};

            add_range(&all, 0, cuts[i]);
            add_range(&all, cuts[i] / 2, cuts[i] / 2 + cuts[k]);
            add_range(&a, 0, cuts[i]);
            add_range(&b, cuts[i] / 2, cuts[i] / 2 + cuts[k]);
            assert_int_equal(distinct_merge(&merged, &b), OBS_OK);
            assert_int_equal(distinct_merge(&merged, &a), OBS_OK);
            assert_int_equal(distinct_count(&merged), distinct_count(&all));
            read_back(&a, &read);
            read_back(&b, &read);
            assert_int_equal(distinct_count(&read), distinct_count(&all));
            distinct_free(&all);
            distinct_free(&a);
            distinct_free(&b);
            distinct_free(&merged);
            distinct_free(&read);
        }
}

static void bytes_that_are_none_are_refused(void **state)
{
    struct distinct d = {0}, read = {0};
    uint8_t bytes[4096];
    size_t len;

    (void)state;
    add_range(&d, 0, 1000);
    len = distinct_encode(&d, bytes);
    assert_int_equal(distinct_merge_encoded(&read, obs_str_n((char *)bytes, len - 1)),
                     OBS_E_SYNTAX);
    assert_int_equal(distinct_merge_encoded(&read, obs_str_n((char *)bytes, 0)), OBS_E_SYNTAX);
    bytes[1] = bytes[2] = bytes[3] = 0xff;
    assert_int_equal(distinct_merge_encoded(&read, obs_str_n((char *)bytes, len)), OBS_E_SYNTAX);
    bytes[0] = 1;
    assert_int_equal(distinct_merge_encoded(&read, obs_str_n((char *)bytes, 8)), OBS_E_SYNTAX);
    distinct_free(&d);
    distinct_free(&read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_are_counted_exactly),
        cmocka_unit_test(many_are_estimated),
        cmocka_unit_test(merging_is_counting_together),
        cmocka_unit_test(bytes_that_are_none_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
