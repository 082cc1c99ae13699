/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal numbers: exact to the last place, and what is refused. */
#include "decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct decimal number(const char *text)
{
    struct decimal value;

    if (!decimal_read(obs_str_of(text), &value))
        fail_msg("\"%s\" was refused", text);
    return value;
}

static void scales_exactly_and_rounds_once(void **state)
{
    static const struct {
        const char *text;
        int64_t nanos;
    } rows[] = {
        {"0", 0},
        {"-0.0", 0},
        {"1", 1000000000},
        {"007", INT64_C(7000000000)},
        {"0.1", 100000000},
        {"-0.1", -100000000},
        {"123.456789012", INT64_C(123456789012)},
        {"0.0000000005", 1},
        {"-0.0000000005", -1},
        {"0.00000000049", 0},
        {"0.0000000004999999999999999999999", 0},
        {"0.00000000000000000000000000001", 0},
        {"9007199.254740993", INT64_C(9007199254740993)}, /* 2^53 + 1 is no double */
        {"9223372036.854775807", INT64_MAX},
        {"1e-9", 1},
        {"2.5E3", INT64_C(2500000000000)},
        {"1234567890123456789012e-21", INT64_C(1234567890)},
        {"0e999999999999999999999", 0},
        {"1e-999999999999999999999", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct decimal value = number(rows[i].text);
        int64_t nanos = -7;
        if (!decimal_scaled(&value, 9, &nanos) || nanos != rows[i].nanos)
            fail_msg("%s: %lld instead of %lld", rows[i].text, (long long)nanos,
                     (long long)rows[i].nanos);
    }
}

static void refuses_what_does_not_fit(void **state)
{
    static const char *const texts[] = {"9223372036.854775808",
                                        "-9223372036.854775808",
                                        "99999999999",
                                        "1e999999999999999999999",
                                        "1e10",
                                        "12345678901234567890123"};

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        const struct decimal value = number(texts[i]);
        int64_t nanos = -7;
        if (decimal_scaled(&value, 9, &nanos) || nanos != -7)
            fail_msg("%s: %lld", texts[i], (long long)nanos);
    }
}

static void counts_the_digits_before_the_point(void **state)
{
    static const struct {
        const char *text;
        int64_t magnitude;
    } rows[] = {{"0", 0},
                {"0.0", 0},
                {"7", 1},
                {"0007", 1},
                {"12.34", 2},
                {"0.5", 0},
                {"0.05", -1},
                {"1.5e3", 4},
                {"1500e-3", 1},
                {"-123", 3},
                {"12345678901234567890123", 23}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct decimal value = number(rows[i].text);
        if (decimal_magnitude(&value) != rows[i].magnitude)
            fail_msg("%s: %lld", rows[i].text, (long long)decimal_magnitude(&value));
    }
}

static void refuses_what_is_no_number(void **state)
{
    static const char *const texts[] = {"",    "-",  "x",    ".5", "5.",   "+1",  "--1", "1e",
                                        "1e+", "e5", "1.e5", "1 ", "0x10", "1,5", "NaN", "1.2.3"};
    struct decimal value;

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        if (decimal_read(obs_str_of(texts[i]), &value))
            fail_msg("\"%s\" was taken", texts[i]);
    assert_false(decimal_read(obs_str_n(NULL, 0), &value));
    assert_false(decimal_read(obs_str_n("1\0", 2), &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scales_exactly_and_rounds_once),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(counts_the_digits_before_the_point),
        cmocka_unit_test(refuses_what_is_no_number),
    };
    return cmocka_run_group_tests_name("decimal", tests, NULL, NULL);
}
