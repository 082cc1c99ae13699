/* SPDX-License-Identifier: Apache-2.0 */
/* The example plugin echo, linked into this program: what it streams back, to
 * clients that are fast, slow or gone. */
#include <observatory/test.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define LONG_BYTES ((size_t)8 << 20)

static int start(void **state)
{
    obs_test *t = obs_test_new();

    assert_non_null(t);
    *state = t;
    obs_test_link(t, "echo", &obs_plugin_entry);
    obs_test_set(t, "plugins.echo.json_limit=1KiB");
    if (obs_test_start(t) < 0)
        fail_msg("%s", obs_test_error(t));
    return 0;
}

static int end(void **state)
{
    return obs_test_free(*state);
}

/* Bytes of which none is where another one could be. */
static char *long_body(void)
{
    char *body = malloc(LONG_BYTES);

    assert_non_null(body);
    for (size_t i = 0; i < LONG_BYTES; i++)
        body[i] = (char)(i * 2654435761u >> 13);
    return body;
}

static void sends_back_body_and_type(void **state)
{
    obs_test_response *r = obs_test_request(*state, "PUT", "/echo/a/b?x=1",
                                            "Content-Type: text/x-test", obs_str_of("abc"));

    assert_int_equal(obs_test_status(r), 200);
    assert_true(obs_str_is(obs_test_body(r), "abc"));
    assert_true(obs_str_is(obs_test_header(r, "content-type"), "text/x-test"));
    assert_true(obs_str_is(obs_test_header(r, "content-length"), "3"));
}

static void streams_a_chunked_body(void **state)
{
    obs_test_response *r = obs_test_request(*state, "POST", "/echo/", "Transfer-Encoding: chunked",
                                            obs_str_of("in one chunk"));

    assert_int_equal(obs_test_status(r), 200);
    assert_true(obs_str_is(obs_test_body(r), "in one chunk"));
    assert_true(obs_str_is(obs_test_header(r, "Transfer-Encoding"), "chunked"));
}

static void a_slow_client_loses_nothing(void **state)
{
    char *body = long_body();
    obs_test_response *r =
        obs_test_send(*state, "POST", "/echo", NULL, obs_str_n(body, LONG_BYTES));

    assert_non_null(r);
    obs_test_pause(r);
    obs_test_turn(*state, 50);
    assert_int_equal(obs_test_body(r).len, 0);
    obs_test_resume(r);
    assert_int_equal(obs_test_wait(r), OBS_OK);
    assert_int_equal(obs_test_body(r).len, LONG_BYTES);
    assert_memory_equal(obs_test_body(r).ptr, body, LONG_BYTES);
    free(body);
}

static void a_slow_client_is_served_to_the_end_of_the_server(void **state)
{
    char *body = long_body();
    obs_test_response *r =
        obs_test_send(*state, "POST", "/echo", NULL, obs_str_n(body, LONG_BYTES));

    assert_non_null(r);
    obs_test_pause(r);
    obs_test_turn(*state, 50);
    obs_test_timeout(*state, 2000);
    assert_int_equal(obs_test_stop(*state), OBS_OK);
    assert_int_equal(obs_test_wait(r), OBS_OK);
    assert_int_equal(obs_test_body(r).len, LONG_BYTES);
    free(body);
}

/* The end of the test would tell that a request was never answered. */
static void a_client_that_goes_away_ends_the_stream(void **state)
{
    char *body = long_body();
    obs_test_response *r =
        obs_test_send(*state, "POST", "/echo", NULL, obs_str_n(body, LONG_BYTES));

    assert_non_null(r);
    obs_test_pause(r);
    obs_test_turn(*state, 50);
    obs_test_drop(r);
    free(body);
    assert_int_equal(obs_test_status(obs_test_get(*state, "/echo")), 200);
}

static void shows_the_request_as_json_up_to_its_limit(void **state)
{
    static char large[2048];
    obs_test_response *r = obs_test_request(*state, "POST", "/echo/x?as=json&b=%20",
                                            "X-One: 1\nX-Two: 2", obs_str_of("\xff"));

    assert_int_equal(obs_test_status(r), 200);
    assert_true(obs_str_is(obs_json_str(obs_test_json(r, "/path")), "/echo/x"));
    assert_true(obs_str_is(obs_json_str(obs_test_json(r, "/query/1/0")), "b"));
    assert_true(obs_str_is(obs_json_str(obs_test_json(r, "/body_encoding")), "base64"));
    assert_int_equal(obs_json_count(obs_test_json(r, "/headers")), 4);
    r = obs_test_request(*state, "POST", "/echo?as=json", NULL, obs_str_n(large, sizeof(large)));
    assert_int_equal(obs_test_status(r), 413);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sends_back_body_and_type, start, end),
        cmocka_unit_test_setup_teardown(streams_a_chunked_body, start, end),
        cmocka_unit_test_setup_teardown(a_slow_client_loses_nothing, start, end),
        cmocka_unit_test_setup_teardown(a_slow_client_is_served_to_the_end_of_the_server, start,
                                        end),
        cmocka_unit_test_setup_teardown(a_client_that_goes_away_ends_the_stream, start, end),
        cmocka_unit_test_setup_teardown(shows_the_request_as_json_up_to_its_limit, start, end),
    };

    return cmocka_run_group_tests_name("echo", tests, NULL, NULL);
}
