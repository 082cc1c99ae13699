/* SPDX-License-Identifier: Apache-2.0 */
/* Values with units, both ways. */
#include "config/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void reads_units(void **state)
{
    uint64_t bytes;
    int64_t n;
    double d;
    (void)state;

    assert_true(units_size(obs_str_of("1.5KiB"), &bytes) && bytes == 1536);
    assert_true(units_size(obs_str_of("10MB"), &bytes) && bytes == 10000000);
    assert_true(units_size(obs_str_of("0"), &bytes) && bytes == 0);
    assert_true(units_size(obs_str_of("2 gib"), &bytes) && bytes == UINT64_C(2) << 30);
    assert_true(units_duration(obs_str_of("1h30m"), &n) && n == INT64_C(5400) * 1000000000);
    assert_true(units_duration(obs_str_of("250us"), &n) && n == 250000);
    assert_true(units_duration(obs_str_of("0"), &n) && n == 0);
    assert_true(units_duration(obs_str_of("1.5s"), &n) && n == 1500000000);
    assert_true(units_duration(obs_str_of("1w1d"), &n) && n == 8 * INT64_C(86400000000000));
    assert_true(units_duration(obs_str_of("9007199254740993ns"), &n) && n > 9007199254740991);
    assert_true(units_duration(obs_str_of("106751d23h47m16s854ms775us807ns"), &n) &&
                n == INT64_MAX);
    assert_false(units_duration(obs_str_of("106751d23h47m16s854ms775us808ns"), &n));
    assert_true(units_rate(obs_str_of("36/h"), &d) && d == 0.01);
    assert_true(units_rate(obs_str_of("5"), &d) && d == 5);
    assert_true(units_rate(obs_str_of("0.5/s"), &d) && d == 0.5);
    assert_true(units_rate(obs_str_of("86400/d"), &d) && d == 1);
    assert_true(units_int(obs_str_of("-9223372036854775808"), &n) && n == INT64_MIN);
    assert_true(units_float(obs_str_of("-1e3"), &d) && d == -1000);
}

static void refuses_what_is_no_value(void **state)
{
    static const char *const sizes[] = {"",     "lots", "-1",  "5XB",  "1e30", "16 M B",
                                        "0x10", "inf",  "1.5", "0.5B", "9PiB"};
    static const char *const durations[] = {"",           "5",   "s",  "-5s", "5 s",  "1h-3m",
                                            "300000000d", "5sm", "5M", "5S",  "1e30s"};
    static const char *const ints[] = {"", "1.0", " 1", "1 ", "9223372036854775808", "0x1", "one"};
    uint64_t bytes;
    int64_t n;
    double d;
    int32_t b;
    (void)state;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        assert_false(units_size(obs_str_of(sizes[i]), &bytes));
    for (size_t i = 0; i < sizeof(durations) / sizeof(*durations); i++)
        assert_false(units_duration(obs_str_of(durations[i]), &n));
    for (size_t i = 0; i < sizeof(ints) / sizeof(*ints); i++)
        assert_false(units_int(obs_str_of(ints[i]), &n));
    assert_false(units_rate(obs_str_of("5/x"), &d));
    assert_false(units_float(obs_str_of("nan"), &d));
    assert_false(units_rate(obs_str_of("-5/s"), &d));
    assert_false(units_bool(obs_str_of("2"), &b));
    assert_false(units_bool(obs_str_of(""), &b));
}

static void knows_the_words_for_on_and_off(void **state)
{
    static const char *const on[] = {"true", "on", "yes", "True", "ON"};
    static const char *const off[] = {"false", "off", "no", "FALSE", "Off"};
    int32_t value;
    (void)state;

    for (size_t i = 0; i < 5; i++) {
        assert_true(units_bool(obs_str_of(on[i]), &value) && value == 1);
        assert_true(units_bool(obs_str_of(off[i]), &value) && value == 0);
    }
}

static void writes_what_people_would_write(void **state)
{
    char text[UNITS_TEXT_BYTES];
    (void)state;

    assert_string_equal(units_format_size(text, 0), "0");
    assert_string_equal(units_format_size(text, 1000), "1000");
    assert_string_equal(units_format_size(text, 16 << 20), "16MiB");
    assert_string_equal(units_format_size(text, 1536), "1536");
    assert_string_equal(units_format_size(text, 10240), "10KiB");
    assert_string_equal(units_format_size(text, UINT64_C(5) << 50), "5120TiB");
    assert_string_equal(units_format_duration(text, 0), "0s");
    assert_string_equal(units_format_duration(text, 250000), "250us");
    assert_string_equal(units_format_duration(text, INT64_C(90000000000)), "1m30s");
    assert_string_equal(units_format_duration(text, INT64_C(1500000000)), "1s500ms");
    assert_string_equal(units_format_duration(text, INT64_C(604800000000000)), "7d");
    assert_string_equal(units_format_duration(text, INT64_MAX), "106751d23h47m16s854ms775us807ns");
}

static void what_is_written_reads_back(void **state)
{
    uint64_t random = 88172645463325252;
    char text[UNITS_TEXT_BYTES];
    (void)state;

    for (int i = 0; i < 20000; i++) {
        unsigned shift;
        uint64_t bytes;
        int64_t ns;
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        shift = 11 + (unsigned)(random % 53);
        assert_true(units_size(obs_str_of(units_format_size(text, random >> shift)), &bytes));
        assert_int_equal(bytes, random >> shift);
        shift = 1 + (unsigned)(random % 63);
        assert_true(units_duration(
            obs_str_of(units_format_duration(text, (int64_t)(random >> shift))), &ns));
        assert_int_equal(ns, random >> shift);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_units),
        cmocka_unit_test(refuses_what_is_no_value),
        cmocka_unit_test(knows_the_words_for_on_and_off),
        cmocka_unit_test(writes_what_people_would_write),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
