/* SPDX-License-Identifier: Apache-2.0 */
/* The example plugin hello as it is installed: loaded from its file, HELLO. */
#include <observatory/test.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static int start(void **state)
{
    obs_test *t = obs_test_new();

    assert_non_null(t);
    *state = t;
    obs_test_plugin(t, "hello", getenv("HELLO"));
    obs_test_set(t, "plugins.hello.greeting=Servus");
    if (obs_test_start(t) < 0)
        fail_msg("%s", obs_test_error(t));
    return 0;
}

static int end(void **state)
{
    return obs_test_free(*state);
}

static void assert_message(obs_test_response *r, const char *expected)
{
    obs_str message = obs_json_str(obs_test_json(r, "/message"));

    assert_int_equal(obs_test_status(r), 200);
    if (!obs_str_is(message, expected))
        fail_msg("\"%.*s\" is not \"%s\"", OBS_STR_ARG(message), expected);
}

static void greets_by_the_name_in_the_path(void **state)
{
    assert_message(obs_test_get(*state, "/hello/Ada"), "Servus, Ada!");
    assert_message(obs_test_get(*state, "/hello/W%C3%B6rld%20%22"), "Servus, W\xC3\xB6rld \"!");
}

static void answers_json(void **state)
{
    obs_test_response *r = obs_test_get(*state, "/hello/Ada");

    assert_true(obs_str_is(obs_test_header(r, "Content-Type"), "application/json"));
    assert_true(obs_str_is(obs_test_body(r), "{\"message\":\"Servus, Ada!\"}"));
}

static void takes_no_other_method_and_no_unknown_parameter(void **state)
{
    obs_test_response *r = obs_test_request(*state, "POST", "/hello/Ada", NULL, obs_str_of("x"));

    assert_int_equal(obs_test_status(r), 405);
    assert_true(obs_str_is(obs_test_header(r, "Allow"), "GET, HEAD, OPTIONS"));
    assert_int_equal(obs_test_status(obs_test_get(*state, "/hello/Ada?loud=1")), 400);
    assert_int_equal(obs_test_status(obs_test_get(*state, "/hello/")), 404);
}

static void another_greeting_comes_with_a_reload(void **state)
{
    obs_test_set(*state, "plugins.hello.greeting=Hi");
    assert_int_equal(obs_test_reload(*state), OBS_OK);
    assert_message(obs_test_get(*state, "/hello/Ada"), "Hi, Ada!");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(greets_by_the_name_in_the_path, start, end),
        cmocka_unit_test_setup_teardown(answers_json, start, end),
        cmocka_unit_test_setup_teardown(takes_no_other_method_and_no_unknown_parameter, start, end),
        cmocka_unit_test_setup_teardown(another_greeting_comes_with_a_reload, start, end),
    };

    return cmocka_run_group_tests_name("hello", tests, NULL, NULL);
}
