/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets of local clocks across changes of them. */
#include "period.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define S_NS INT64_C(1000000000)
#define H_S 3600

static obs_arena *arena;

static struct period cut(const char *zone, const char *interval, int64_t from_s, int64_t to_s,
                         size_t max, int expected)
{
    struct period p = {.from_ns = from_s * S_NS, .to_ns = to_s * S_NS};

    assert_int_equal(zone_load(arena, obs_str_of(zone), &p.zone), OBS_OK);
    p.interval = interval_find(obs_str_of(interval));
    assert_non_null(p.interval);
    assert_int_equal(period_cut(&p, max, arena), expected);
    return p;
}

/* 2026-10-25 has 25 hours in Berlin, 2026-03-29 23. */
static void days_are_as_long_as_they_are(void **state)
{
    struct period autumn = cut("Europe/Berlin", "1d", 1792792800, 1793055600, 10, OBS_OK);
    struct period spring = cut("Europe/Berlin", "1d", 1774652400, 1774908000, 10, OBS_OK);
    (void)state;

    assert_int_equal(autumn.n_edges, 4);
    assert_int_equal((int)period_bucket_s(&autumn, 0), 24 * H_S);
    assert_int_equal((int)period_bucket_s(&autumn, 1), 25 * H_S);
    assert_int_equal((int)period_bucket_s(&autumn, 2), 24 * H_S);
    assert_int_equal((int)period_bucket_s(&spring, 1), 23 * H_S);
}

static void edges_are_those_of_the_range_and_begins_those_of_the_clock(void **state)
{
    struct period p = cut("Asia/Kolkata", "1h", 1790000123, 1790007777, 10, OBS_OK);
    (void)state;

    assert_int_equal(p.edges[0], 1790000123 * S_NS);
    assert_int_equal(p.edges[p.n_edges - 1], 1790007777 * S_NS);
    assert_true(p.begins[0] <= p.edges[0]);
    assert_int_equal((p.begins[0] / S_NS + 19800) % H_S, 0); /* UTC+5:30 */
    for (size_t i = 1; i + 1 < p.n_edges; i++)
        assert_int_equal(p.begins[i], p.edges[i]);
}

static void too_many_buckets_are_refused(void **state)
{
    (void)state;
    cut("UTC", "1m", 1790000000, 1790000000 + 60 * 100, 100, OBS_OK);
    cut("UTC", "1m", 1790000000, 1790000000 + 60 * 120, 100, OBS_E_RANGE);
}

static void names_of_earlier_apis_are_known(void **state)
{
    (void)state;
    assert_string_equal(interval_find(obs_str_of("one_hour"))->name, "1h");
    assert_string_equal(interval_find(obs_str_of("1min"))->name, "1m");
    assert_null(interval_find(obs_str_of("2m")));
    assert_string_equal(interval_choose(0, 3600 * S_NS)->name, "1m");
    assert_string_equal(interval_choose(0, 7 * 86400 * S_NS)->name, "1h");
    assert_string_equal(interval_choose(0, INT64_C(365) * 86400 * S_NS)->name, "1w");
}

static int setup(void **state)
{
    (void)state;
    arena = obs_arena_create(0);
    return arena == NULL;
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
        cmocka_unit_test(days_are_as_long_as_they_are),
        cmocka_unit_test(edges_are_those_of_the_range_and_begins_those_of_the_clock),
        cmocka_unit_test(too_many_buckets_are_refused),
        cmocka_unit_test(names_of_earlier_apis_are_known),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
