/* SPDX-License-Identifier: Apache-2.0 */
/* Offsets as the C library knows them, and buckets that cover time without gaps
 * or overlaps, in every kind of zone and across changes of the clock. */
#include "timezone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdio.h>
#include <time.h>

static obs_arena *arena;

static const struct zone *zone_of(const char *name)
{
    const struct zone *zone;

    assert_int_equal(zone_load(arena, obs_str_of(name), &zone), OBS_OK);
    return zone;
}

static const char *const names[] = {
    "UTC",
    "Europe/Berlin",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Pacific/Chatham",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "America/Havana",
    "Africa/Casablanca",
    "Asia/Tehran",
    "Pacific/Apia",
    "Europe/Dublin",
    "America/New_York",
    "Antarctica/Troll",
};
#define N_NAMES (sizeof(names) / sizeof(*names))

static void offsets_are_those_of_the_c_library(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_NAMES; i++) {
        const struct zone *zone = zone_of(names[i]);

        setenv("TZ", names[i], 1);
        tzset();
        for (int64_t t = 0; t < INT64_C(6000000000); t += 86400 * 3 + 3607) {
            time_t at = (time_t)t;
            struct tm local;

            localtime_r(&at, &local);
            if (zone_offset(zone, t) != local.tm_gmtoff)
                fail_msg("%s at %lld: %d instead of %ld", names[i], (long long)t,
                         zone_offset(zone, t), local.tm_gmtoff);
        }
    }
    unsetenv("TZ");
}

static const struct bucket_size sizes[] = {
    {BUCKET_MINUTES, 1}, {BUCKET_MINUTES, 15}, {BUCKET_HOURS, 1}, {BUCKET_HOURS, 6},
    {BUCKET_DAY, 1},     {BUCKET_WEEK, 1},     {BUCKET_MONTH, 1},
};
#define N_SIZES (sizeof(sizes) / sizeof(*sizes))

static void check_bucket(const char *name, const struct zone *zone, struct bucket_size size,
                         int64_t t)
{
    int64_t begin = bucket_begin(zone, size, t), next = bucket_next(zone, size, begin);

    if (begin > t || next <= t || bucket_begin(zone, size, begin) != begin ||
        bucket_begin(zone, size, next) != next || bucket_begin(zone, size, next - 1) != begin)
        fail_msg("%s, unit %d of %u: %lld is in [%lld, %lld)", name, (int)size.unit, size.n,
                 (long long)t, (long long)begin, (long long)next);
}

static void every_moment_is_in_one_bucket(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_NAMES; i++) {
        const struct zone *zone = zone_of(names[i]);
        int32_t before = zone_offset(zone, 0);

        for (size_t k = 0; k < N_SIZES; k++)
            for (int64_t t = 0; t < INT64_C(4000000000); t += 86400 * 11 + 4231)
                check_bucket(names[i], zone, sizes[k], t);
        /* closely around every change of the clock */
        for (int64_t t = 1800; t < INT64_C(2000000000); t += 1800) {
            int32_t offset = zone_offset(zone, t);
            for (size_t k = 0; offset != before && k < N_SIZES; k++)
                for (int64_t near = t - 9000; near <= t + 9000; near += 450)
                    check_bucket(names[i], zone, sizes[k], near);
            before = offset;
        }
    }
}

struct fact {
    const char *zone;
    struct bucket_size size;
    int64_t begin_s, seconds;
};

/* date -d 'TZ="Europe/Berlin" 2026-03-29' +%s */
static const struct fact facts[] = {
    {"Europe/Berlin", {BUCKET_DAY, 1}, 1774738800, 23 * 3600},  /* 2026-03-29 */
    {"Europe/Berlin", {BUCKET_DAY, 1}, 1792879200, 25 * 3600},  /* 2026-10-25 */
    {"Europe/Berlin", {BUCKET_DAY, 1}, 1774652400, 24 * 3600},  /* 2026-03-28 */
    {"Europe/Berlin", {BUCKET_HOURS, 6}, 1774738800, 5 * 3600}, /* its night */
    {"Europe/Berlin", {BUCKET_HOURS, 6}, 1792879200, 7 * 3600},
    {"Europe/Berlin", {BUCKET_WEEK, 1}, 1774220400, 7 * 86400 - 3600}, /* Monday 2026-03-23 */
    {"Europe/Berlin", {BUCKET_MONTH, 1}, 1772319600, 31 * 86400 - 3600},
    {"America/Sao_Paulo", {BUCKET_DAY, 1}, 1541300400, 23 * 3600}, /* 2018-11-04 began at one */
    {"America/Sao_Paulo", {BUCKET_DAY, 1}, 1550372400, 24 * 3600}, /* 2019-02-17 */
    {"America/Sao_Paulo", {BUCKET_DAY, 1}, 1550282400, 25 * 3600}, /* 2019-02-16 had 23:00 twice */
    {"Asia/Kolkata", {BUCKET_DAY, 1}, 1774722600, 86400},          /* 2026-03-29, +5:30 */
    {"Asia/Kolkata", {BUCKET_HOURS, 1}, 1774722600, 3600},
    {"Pacific/Chatham", {BUCKET_DAY, 1}, 1775297700, 25 * 3600}, /* 2026-04-05, +13:45 */
    {"Pacific/Chatham", {BUCKET_HOURS, 1}, 1775297700, 3600},
    {"Pacific/Apia", {BUCKET_DAY, 1}, 1325152800, 86400}, /* 2011-12-29; no 30th */
    {"Australia/Lord_Howe", {BUCKET_DAY, 1}, 1775307600, 24 * 3600 + 1800}, /* 2026-04-05 */
};

static void days_have_the_hours_that_people_live(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
        const struct zone *zone = zone_of(facts[i].zone);
        int64_t begin = bucket_begin(zone, facts[i].size, facts[i].begin_s);
        int64_t next = bucket_next(zone, facts[i].size, begin);

        if (begin != facts[i].begin_s || next - begin != facts[i].seconds)
            fail_msg("fact %zu: begins at %lld, has %lld s", i, (long long)begin,
                     (long long)(next - begin));
    }
}

static void names_that_are_none(void **state)
{
    static const char *const wrong[] = {"",
                                        "Europe/Nowhere",
                                        "../../etc/passwd",
                                        "/etc/passwd",
                                        "Europe/../../../etc/passwd",
                                        "Europe",
                                        "zone.tab",
                                        ".",
                                        "a b",
                                        "Europe/Berlin\n"};
    const struct zone *zone;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_true(zone_load(arena, obs_str_of(wrong[i]), &zone) < 0);
}

/* Any bytes are refused or read, never more. */
static void files_that_are_none(void **state)
{
    char folder[] = "/tmp/observatory-zones-XXXXXX", path[64];
    uint8_t bytes[4096];
    const struct zone *zone;
    size_t len;
    FILE *file = fopen("/usr/share/zoneinfo/Europe/Berlin", "rb");

    (void)state;
    len = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    assert_non_null(mkdtemp(folder));
    setenv("TZDIR", folder, 1);
    snprintf(path, sizeof(path), "%s/X", folder);
    for (size_t i = 0; i < len; i += 7) {
        uint8_t kept = bytes[i];
        size_t cut = i % 3 ? len : i;

        bytes[i] ^= 0xff;
        file = fopen(path, "wb");
        fwrite(bytes, 1, cut, file);
        fclose(file);
        bytes[i] = kept;
        if (zone_load(arena, obs_str_of("X"), &zone) == OBS_OK)
            assert_true(abs(zone_offset(zone, 0)) <= 26 * 3600);
    }
    unsetenv("TZDIR");
    remove(path);
    remove(folder);
}

static int setup(void **state)
{
    (void)state;
    arena = obs_arena_create(0);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    obs_arena_destroy(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_those_of_the_c_library),
        cmocka_unit_test(every_moment_is_in_one_bucket),
        cmocka_unit_test(days_have_the_hours_that_people_live),
        cmocka_unit_test(names_that_are_none),
        cmocka_unit_test(files_that_are_none),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
