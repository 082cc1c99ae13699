/* SPDX-License-Identifier: Apache-2.0 */
/* The example plugin latency, in C++, loaded from its file, LATENCY. */
#include <observatory/test.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static int start(void **state)
{
    obs_test *t = obs_test_new();

    assert_non_null(t);
    *state = t;
    obs_test_plugin(t, "latency", getenv("LATENCY"));
    if (obs_test_start(t) < 0)
        fail_msg("%s", obs_test_error(t));
    return 0;
}

static int end(void **state)
{
    return obs_test_free(*state);
}

/* The figure `name` of the first route. */
static double figure(obs_test_response *r, const char *name)
{
    char pointer[64];

    assert_int_equal(obs_test_status(r), 200);
    snprintf(pointer, sizeof(pointer), "/routes/0/%s", name);
    return obs_json_double(obs_test_json(r, pointer));
}

static void counts_requests_by_route(void **state)
{
    obs_test_response *r = obs_test_get(*state, "/latency");

    assert_int_equal(obs_json_count(obs_test_json(r, "/routes")), 0); /* it is not over itself */
    for (int i = 0; i < 9; i++)
        assert_int_equal(obs_test_status(obs_test_get(*state, "/latency")), 200);
    assert_int_equal(obs_test_status(obs_test_get(*state, "/no/route")), 404);
    r = obs_test_get(*state, "/latency");
    assert_int_equal(obs_json_count(obs_test_json(r, "/routes")), 2);
    assert_true(obs_str_is(obs_json_str(obs_test_json(r, "/routes/1/route")), "none"));
    assert_true(obs_str_is(obs_json_str(obs_test_json(r, "/routes/0/route")), "/latency"));
    assert_float_equal(figure(r, "count"), 10, 0);
    assert_true(figure(r, "mean_ms") > 0 && figure(r, "mean_ms") < 1000);
    assert_true(figure(r, "p50_ms") <= figure(r, "p95_ms"));
    assert_true(figure(r, "p95_ms") <= figure(r, "p99_ms"));
}

static void the_figures_survive_a_swap(void **state)
{
    for (int i = 0; i < 5; i++)
        obs_test_get(*state, "/latency");
    obs_test_plugin(*state, "latency", getenv("LATENCY")); /* made anew */
    assert_int_equal(obs_test_reload(*state), OBS_OK);
    assert_float_equal(figure(obs_test_get(*state, "/latency"), "count"), 5, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counts_requests_by_route, start, end),
        cmocka_unit_test_setup_teardown(the_figures_survive_a_swap, start, end),
    };

    return cmocka_run_group_tests_name("latency", tests, NULL, NULL);
}
