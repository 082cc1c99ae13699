/* SPDX-License-Identifier: Apache-2.0 */
/* A count changes exactly when something before its end, of its scope, was written. */
#include "changes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define HOUR_NS (3600LL * 1000000000)
#define BASE (500000 * HOUR_NS) /* in 2027 */

static const obs_scope everything = {.size = sizeof(obs_scope), .all = 1};
static struct changes *changes;

static int open(void **state)
{
    (void)state;
    changes = changes_create();
    return changes ? 0 : -1;
}

static int close(void **state)
{
    (void)state;
    changes_destroy(changes);
    return 0;
}

static void write_one(const char *project, uint8_t trace, int64_t start_ns)
{
    obs_span span = {.size = sizeof(span), .start_ns = start_ns};

    span.project_id = obs_str_of(project);
    memset(span.trace_id, trace, sizeof(span.trace_id));
    changes_spans(changes, &span, 1);
}

static void counts_what_begins_before_the_end(void **state)
{
    const int64_t ends[] = {INT64_MIN, 0, BASE - 1, BASE, BASE + 90 * 24 * HOUR_NS, INT64_MAX};
    const int64_t starts[] = {0, BASE - HOUR_NS, BASE + HOUR_NS, BASE + 1000 * HOUR_NS, INT64_MAX};

    (void)state;
    for (size_t e = 0; e < sizeof(ends) / sizeof(ends[0]); e++)
        for (size_t s = 0; s < sizeof(starts) / sizeof(starts[0]); s++) {
            uint64_t before = changes_count(changes, &everything, NULL, ends[e]);

            write_one("p", 1, starts[s]);
            if (starts[s] < ends[e])
                assert_true(changes_count(changes, &everything, NULL, ends[e]) > before);
            else if (starts[s] - HOUR_NS > ends[e] && starts[s] > 0)
                assert_int_equal(changes_count(changes, &everything, NULL, ends[e]), before);
        }
}

static void tells_projects_and_traces_apart(void **state)
{
    const obs_str a = OBS_STR("a"), both[] = {OBS_STR("a"), OBS_STR("b")};
    const obs_scope one = {.size = sizeof(one), .projects = &a, .n_projects = 1};
    const obs_scope two = {.size = sizeof(two), .projects = both, .n_projects = 2};
    const uint8_t trace[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    uint64_t of_one = changes_count(changes, &one, NULL, INT64_MAX);
    uint64_t of_two = changes_count(changes, &two, NULL, INT64_MAX);
    uint64_t of_trace = changes_count(changes, &one, trace, INT64_MAX);

    (void)state;
    write_one("b", 2, BASE);
    assert_int_equal(changes_count(changes, &one, NULL, INT64_MAX), of_one);
    assert_true(changes_count(changes, &two, NULL, INT64_MAX) > of_two);
    assert_int_equal(changes_count(changes, &one, trace, INT64_MAX), of_trace);
    write_one("a", 1, BASE);
    assert_true(changes_count(changes, &one, NULL, INT64_MAX) > of_one);
    assert_true(changes_count(changes, &one, trace, INT64_MAX) > of_trace);
    of_one = changes_count(changes, &one, NULL, 0);
    of_trace = changes_count(changes, &one, trace, 0);
    changes_all(changes);
    assert_true(changes_count(changes, &one, NULL, 0) > of_one);
    assert_true(changes_count(changes, &one, trace, 0) > of_trace);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open, close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(counts_what_begins_before_the_end),
        CASE(tells_projects_and_traces_apart),
    };
    return cmocka_run_group_tests_name("changes", tests, NULL, NULL);
}
