/* SPDX-License-Identifier: Apache-2.0 */
/* Times as clients write them: what they mean, and what is refused. */
#include "timeparse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define S INT64_C(1000000000)
#define NOW (INT64_C(1795419537) * S + 250000000) /* Monday, 2026-11-23T07:38:57.25Z */
#define DAY_BEGAN (INT64_C(1795392000) * S)

struct row {
    const char *text;
    int64_t ns;
};

static void expect(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t ns = -7;
        int rc = time_parse(obs_str_of(rows[i].text), NOW, &ns);
        if (rc != OBS_OK || ns != rows[i].ns)
            fail_msg("%s: error %d, %lld instead of %lld", rows[i].text, rc, (long long)ns,
                     (long long)rows[i].ns);
    }
}

static void reads_rfc_3339(void **state)
{
    static const struct row rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-23T07:38:57.25Z", NOW},
        {"2026-11-23T07:38:57.250000000Z", NOW},
        {"2026-11-23t07:38:57.25z", NOW},
        {"2026-11-23 07:38:57.25Z", NOW},
        {"2026-11-23T08:38:57.25+01:00", NOW},
        {"2026-11-22T19:08:57.25-12:30", NOW},
        {"2026-11-23", DAY_BEGAN},
        {"1970-01-01T00:00:00.000000001Z", 1},
        {"1970-01-01T00:00:00.1234567899Z", 123456789}, /* more digits are cut */
        {"1969-12-31T23:59:59.5Z", -S / 2},
        {"2024-02-29T00:00:00Z", INT64_C(1709164800) * S},
        {"2000-02-29", INT64_C(951782400) * S},
        {"2026-11-23T07:38:57,25Z", NOW},                  /* as ISO 8601 has it */
        {"2016-12-31T23:59:60Z", INT64_C(1483228800) * S}, /* a leap second */
    };
    (void)state;
    expect(rows, sizeof(rows) / sizeof(*rows));
}

static void tells_the_unit_of_a_unix_time_by_its_digits(void **state)
{
    static const struct row rows[] = {
        {"0", 0},
        {"1795419537", INT64_C(1795419537) * S},
        {"1795419537.25", NOW},
        {"1795419537250", NOW},
        {"1795419537250.5", NOW + 500000},
        {"1795419537250000", NOW},
        {"1795419537250000.5", NOW + 500},
        {"1795419537250000000", NOW},
        {"-1", -S},
        {"-0.5", -S / 2},
        {"00000000001795419537", INT64_C(1795419537) * S}, /* zeros in front do not count */
        {"1795419537250000000.5", NOW},                    /* the 20th digit */
        {"99999999999", 0},
    };
    int64_t ns;

    (void)state;
    expect(rows, sizeof(rows) / sizeof(*rows) - 1);
    assert_int_equal(time_parse(obs_str_of("99999999999"), NOW, &ns), OBS_E_RANGE);
}

static void each_kind_can_be_asked_for_alone(void **state)
{
    int64_t ns = -7;

    (void)state;
    assert_int_equal(time_date(obs_str_of("2026-11-23"), &ns), OBS_OK);
    assert_int_equal(ns, DAY_BEGAN);
    assert_int_equal(time_date(obs_str_of("2026-11-23T00:00:00Z"), &ns), OBS_E_INVALID);
    assert_int_equal(time_rfc3339(obs_str_of("2026-11-23T07:38:57.25Z"), &ns), OBS_OK);
    assert_int_equal(ns, NOW);
    assert_int_equal(time_rfc3339(obs_str_of("2026-11-23"), &ns), OBS_E_INVALID);
    assert_int_equal(time_rfc3339(obs_str_of("now"), &ns), OBS_E_INVALID);
    assert_int_equal(time_unix(obs_str_of("1.79541953725e9"), &ns), OBS_OK);
    assert_int_equal(ns, NOW);
    assert_int_equal(time_unix(obs_str_of("2026-11-23"), &ns), OBS_E_INVALID);
}

static void reads_times_relative_to_now(void **state)
{
    static const struct row rows[] = {
        {"now", NOW},
        {"now-15m", NOW - 900 * S},
        {"now+90s", NOW + 90 * S},
        {"now-1h", NOW - 3600 * S},
        {"now-7d", NOW - 7 * 86400 * S},
        {"now-2w", NOW - 14 * 86400 * S},
        {"now/s", NOW - 250000000},
        {"now/m", NOW - 57 * S - 250000000},
        {"now/h", DAY_BEGAN + 7 * 3600 * S},
        {"now/d", DAY_BEGAN},
        {"now/w", DAY_BEGAN}, /* it is a Monday */
        {"now-1d/d", DAY_BEGAN - 86400 * S},
        {"now-1d/w", DAY_BEGAN - 7 * 86400 * S},
    };
    (void)state;
    expect(rows, sizeof(rows) / sizeof(*rows));
}

static void rounds_down_before_the_epoch_too(void **state)
{
    int64_t ns;

    (void)state;
    assert_int_equal(time_parse(obs_str_of("now/d"), -1, &ns), OBS_OK);
    assert_int_equal(ns, -86400 * S);
    assert_int_equal(time_parse(obs_str_of("now/w"), 0, &ns), OBS_OK);
    assert_int_equal(ns, -3 * 86400 * S); /* 1970-01-01 was a Thursday */
}

static void refuses_what_is_no_time(void **state)
{
    static const char *const texts[] = {
        "",
        "yesterday",
        "now-",
        "now-15",
        "now-15x",
        "now15m",
        "now-m",
        "now-1d/",
        "now-1d/x",
        "now/dd",
        "nowhere",
        "now-1d-1d",
        "2026-13-01",
        "2026-00-01",
        "2026-02-29",
        "2026-04-31",
        "2026-11-23T",
        "2026-11-23T07",
        "12-11-2026",
        "2026-11-23T24:00:00Z",
        "1.2.3",
        "1795419537.",
        ".5",
        "-",
        "2026-11-23T07:60:00Z",
        "1e9",
        "0x10",
        " 1795419537",
        "1795419537 ",
        "2026-11-23T07:00:61Z",
        "1,5",
        "2026-1-1",
        "2026/11/23",
        "+1",
        "2026-11-23T07:00:00",
        "--1",
        "2026-11-23T07:00:00.Z",
        "2026-11-23T07:00:00+1:00",
        "2026-11-23T07:00:00+24:00",
        "2026-11-23T07:00:00ZZ",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        int64_t ns = -7;
        int rc = time_parse(obs_str_of(texts[i]), NOW, &ns);
        if (rc != OBS_E_INVALID || ns != -7)
            fail_msg("\"%s\": %d, %lld", texts[i], rc, (long long)ns);
    }
}

static void refuses_what_does_not_fit(void **state)
{
    static const char *const texts[] = {
        "2262-04-12",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "99999999999999999999999999",
        "9223372036854775808",
        "now+9999999999d",
        "now-99999999999999999999s",
        "now-9223372036854775807w",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        int64_t ns = -7;
        int rc = time_parse(obs_str_of(texts[i]), NOW, &ns);
        if (rc != OBS_E_RANGE || ns != -7)
            fail_msg("\"%s\": %d, %lld", texts[i], rc, (long long)ns);
    }
}

static void reads_no_byte_past_the_end(void **state)
{
    int64_t ns;

    (void)state;
    assert_int_equal(time_parse(obs_str_n("now-7dX", 6), NOW, &ns), OBS_OK);
    assert_int_equal(ns, NOW - 7 * 86400 * S);
    assert_int_equal(time_parse(obs_str_n("17954195370", 10), NOW, &ns), OBS_OK);
    assert_int_equal(ns, INT64_C(1795419537) * S);
    assert_int_equal(time_parse(obs_str_n("now\0", 4), NOW, &ns), OBS_E_INVALID);
}

static void knows_which_years_leap_and_which_offsets_there_are(void **state)
{
    static const char *const texts[] = {"1900-02-29", "2100-02-29", "2024-02-30",
                                        "2026-11-23T07:00:00+01:60", "2026-11-23T07:00:00-24:00"};
    int64_t ns;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        assert_int_equal(time_parse(obs_str_of(texts[i]), NOW, &ns), OBS_E_INVALID);
    assert_int_equal(time_parse(obs_str_of("1678-01-01T00:00:00Z"), NOW, &ns), OBS_OK);
    assert_int_equal(ns, INT64_C(-9214560000) * S);
    assert_int_equal(time_parse(obs_str_of("2261-12-31T23:59:59.999999999Z"), NOW, &ns), OBS_OK);
    assert_int_equal(ns, INT64_C(9214646399) * S + 999999999);
}

static void refuses_to_round_or_move_past_the_ends_of_time(void **state)
{
    static const char *const texts[] = {"now-1s", "now/s", "now/m", "now/h", "now/d", "now/w"};
    int64_t ns = -7;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        assert_int_equal(time_parse(obs_str_of(texts[i]), INT64_MIN, &ns), OBS_E_RANGE);
    assert_int_equal(time_parse(obs_str_of("now+1s"), INT64_MAX, &ns), OBS_E_RANGE);
    assert_int_equal(ns, -7);
    assert_int_equal(time_parse(obs_str_of("now/w"), INT64_MAX, &ns), OBS_OK);
}

static void refuses_no_text_and_nul_where_a_letter_belongs(void **state)
{
    int64_t ns;

    (void)state;
    assert_int_equal(time_parse(obs_str_n(NULL, 0), NOW, &ns), OBS_E_INVALID);
    assert_int_equal(time_parse(obs_str_n("now-1\0", 6), NOW, &ns), OBS_E_INVALID);
    assert_int_equal(time_parse(obs_str_n("now/\0", 5), NOW, &ns), OBS_E_INVALID);
    assert_int_equal(time_parse(obs_str_n("2026-11-23\0", 11), NOW, &ns), OBS_E_INVALID);
    assert_int_equal(time_parse(obs_str_n("2026-11-23T07:00:00\0", 20), NOW, &ns), OBS_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_rfc_3339),
        cmocka_unit_test(tells_the_unit_of_a_unix_time_by_its_digits),
        cmocka_unit_test(each_kind_can_be_asked_for_alone),
        cmocka_unit_test(reads_times_relative_to_now),
        cmocka_unit_test(rounds_down_before_the_epoch_too),
        cmocka_unit_test(refuses_what_is_no_time),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(reads_no_byte_past_the_end),
        cmocka_unit_test(knows_which_years_leap_and_which_offsets_there_are),
        cmocka_unit_test(refuses_to_round_or_move_past_the_ends_of_time),
        cmocka_unit_test(refuses_no_text_and_nul_where_a_letter_belongs),
    };
    return cmocka_run_group_tests_name("timeparse", tests, NULL, NULL);
}
