/* SPDX-License-Identifier: Apache-2.0 */
/* The test host: that it tells the truth about a plugin, and what is wrong. HELLO
 * is the file of the example. */
#include "probe.h"

#include <observatory/test.h>

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static obs_test *with_probe(void)
{
    obs_test *t = obs_test_new();

    assert_non_null(t);
    memset(&probe_seen, 0, sizeof(probe_seen));
    obs_test_link(t, "probe", &probe_plugin);
    return t;
}

static obs_test *started(void)
{
    obs_test *t = with_probe();

    if (obs_test_start(t) < 0)
        fail_msg("%s", obs_test_error(t));
    return t;
}

static void ended(obs_test *t)
{
    assert_int_equal(obs_test_free(t), OBS_OK);
    assert_int_equal(probe_seen.n_destroyed, probe_seen.n_created);
}

static void assert_error(const obs_test *t, const char *part)
{
    if (!strstr(obs_test_error(t), part))
        fail_msg("\"%s\" does not say \"%s\"", obs_test_error(t), part);
}

static void assert_text(obs_str found, const char *expected)
{
    if (!obs_str_is(found, expected))
        fail_msg("\"%.*s\" is not \"%s\"", OBS_STR_ARG(found), expected);
}

static void assert_body(obs_test_response *r, const char *expected)
{
    assert_int_equal(obs_test_status(r), 200);
    assert_text(obs_test_body(r), expected);
}

/* ---- requests ------------------------------------------------------------- */

static void an_answer_is_read_by_status_header_and_value(void **state)
{
    obs_test *t = started();
    obs_test_response *r = obs_test_get(t, "/probe?x=1");

    (void)state;
    assert_int_equal(obs_test_status(r), 200);
    assert_text(obs_test_header(r, "x-twice"), "one, two");
    assert_null(obs_test_header(r, "X-Absent").ptr);
    assert_text(obs_json_str(obs_test_json(r, "/word")), "first");
    assert_int_equal(obs_json_type(obs_test_json(r, "")), OBS_JSON_OBJECT);
    assert_int_equal(obs_json_bool(obs_test_json(r, "/a~1b~0c/0")), 1);
    assert_null(obs_test_json(r, "/a~1b~0c/1"));
    assert_null(obs_test_json(r, "/word/x"));
    assert_null(obs_test_json(r, "word"));
    ended(t);
}

static void an_answer_that_is_not_there_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(obs_test_status(NULL), 0);
    assert_null(obs_test_header(NULL, "X").ptr);
    assert_int_equal(obs_test_body(NULL).len, 0);
    assert_null(obs_test_json(NULL, ""));
    assert_int_equal(obs_test_wait(NULL), OBS_E_CLOSED);
}

static void bodies_headers_and_methods_go_out_as_given(void **state)
{
    obs_test *t = started();
    obs_test_response *r;

    (void)state;
    assert_body(obs_test_request(t, "POST", "/probe", NULL, obs_str_of("abc")), "abc");
    assert_body(
        obs_test_request(t, "POST", "/probe", "Transfer-Encoding: chunked\r\n", obs_str_of("abc")),
        "abc");
    assert_body(
        obs_test_request(t, "POST", "/probe", "Expect: 100-continue\nHost: x", obs_str_of("abc")),
        "abc");
    assert_body(obs_test_request(t, "POST", "/probe", NULL, obs_str_of("")), "");
    r = obs_test_request(t, "HEAD", "/probe", NULL, obs_str_of(NULL));
    assert_int_equal(obs_test_status(r), 200);
    assert_int_equal(obs_test_body(r).len, 0);
    r = obs_test_request(t, "GET", "/probe", "X-Refuse: 1", obs_str_of(NULL));
    assert_int_equal(obs_test_status(r), 403);
    r = obs_test_request(t, "POST", "/probe", "Host: a\nHost: b", obs_str_of("abc"));
    assert_int_equal(obs_test_status(r), 400);
    ended(t);
}

/* Runs `body` in a process of its own and returns its status; `said` gets what
 * it wrote to stderr. */
static int run_apart(void (*body)(void), char *said, size_t size)
{
    int ends[2], status;
    ssize_t n;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        body();
        _exit(0);
    }
    close(ends[1]);
    n = read(ends[0], said, size - 1);
    said[n > 0 ? n : 0] = '\0';
    assert_int_equal(waitpid(child, &status, 0), child);
    close(ends[0]);
    return status;
}

static void answer_twice(void)
{
    (void)obs_test_get(started(), "/twice");
}

static void a_plugin_that_breaks_its_contract_ends_the_test_with_a_sentence(void **state)
{
    char said[2048];
    int status = run_apart(answer_twice, said, sizeof(said));

    (void)state;
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    if (!strstr(said, "plugin probe: obs_respond()"))
        fail_msg("\"%s\" does not name plugin and function", said);
}

static void stop_what_hangs(void)
{
    obs_test *t = with_probe();

    obs_test_timeout(t, 20);
    obs_test_set(t, "plugins.probe.hang=true");
    obs_test_set(t, "plugins.probe.leave_thread=true");
    if (obs_test_start(t) < 0 || obs_test_free(t) != OBS_E_TIMEOUT)
        _exit(1);
    if (probe_seen.n_destroyed != 0)
        _exit(2);
}

static void a_thread_that_does_not_end_keeps_its_memory(void **state)
{
    char said[2048];
    int status = run_apart(stop_what_hangs, said, sizeof(said));

    (void)state;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    if (!strstr(said, "do not end"))
        fail_msg("\"%s\" does not say it", said);
}

static void limits_of_the_configuration_apply(void **state)
{
    static char large[2048];
    obs_test *t = with_probe();
    obs_test_response *r;

    (void)state;
    obs_test_set(t, "http.max_body=1KiB");
    assert_int_equal(obs_test_start(t), OBS_OK);
    r = obs_test_request(t, "POST", "/probe", NULL, obs_str_n(large, sizeof(large)));
    assert_int_equal(obs_test_status(r), 413);
    ended(t);
}

static void requests_run_side_by_side(void **state)
{
    obs_test *t = started();
    obs_test_response *first = obs_test_send(t, "GET", "/later", NULL, obs_str_of(NULL));
    obs_test_response *second = obs_test_send(t, "GET", "/later", NULL, obs_str_of(NULL));

    (void)state;
    assert_int_equal(obs_test_status(first), 0);
    assert_int_equal(obs_test_wait(second), OBS_OK);
    assert_int_equal(obs_test_wait(first), OBS_OK);
    assert_body(first, "first");
    assert_body(second, "first");
    ended(t);
}

static void a_client_that_goes_is_noticed_by_the_plugin(void **state)
{
    obs_test *t = started();
    obs_test_response *r = obs_test_send(t, "GET", "/wait", NULL, obs_str_of(NULL));

    (void)state;
    obs_test_turn(t, 20);
    assert_int_equal(probe_seen.n_gone, 0);
    obs_test_drop(r);
    obs_test_turn(t, 20);
    assert_int_equal(probe_seen.n_gone, 1);
    ended(t);
}

static void a_request_without_an_answer_is_told_by_its_name(void **state)
{
    obs_test *t = with_probe();

    (void)state;
    obs_test_set(t, "plugins.probe.leave_waiting=true");
    obs_test_timeout(t, 50);
    assert_int_equal(obs_test_start(t), OBS_OK);
    assert_null(obs_test_get(t, "/wait"));
    assert_error(t, "GET /wait was not answered within 50 ms");
    assert_int_equal(obs_test_stop(t), OBS_E_INVALID);
    assert_error(t, "GET /wait was not answered");
    assert_int_equal(obs_test_free(t), OBS_E_INVALID);
}

/* ---- start and end -------------------------------------------------------- */

static void all_mistakes_of_a_configuration_are_told(void **state)
{
    obs_test *t = with_probe();

    (void)state;
    obs_test_set(t, "plugins.probe.wort=x");
    obs_test_set(t, "plugins.probe.fail_start=perhaps");
    assert_int_equal(obs_test_start(t), OBS_E_INVALID);
    assert_error(t, "did you mean \"word\"?");
    assert_error(t, "\n");
    assert_error(t, "plugins.probe.fail_start");
    assert_int_equal(probe_seen.n_created, 0);
    assert_int_equal(obs_test_free(t), OBS_OK);
}

static void a_configuration_file_is_read_and_values_are_set_over_it(void **state)
{
    char path[] = "/tmp/observatory-testhost-XXXXXX";
    obs_test *t = with_probe();
    FILE *file = fdopen(mkstemp(path), "w");

    (void)state;
    assert_non_null(file);
    fputs("listen: 127.0.0.1:1\nworkers: 3\nlog: {file: /absent/log}\n"
          "plugins: {probe: {word: of the file, leave_timer: true}}\n",
          file);
    fclose(file);
    obs_test_config(t, path);
    obs_test_set(t, "plugins.probe.leave_timer=false");
    if (obs_test_start(t) < 0)
        fail_msg("%s", obs_test_error(t));
    assert_int_equal(obs_worker_count(), 1);
    assert_body(obs_test_get(t, "/later"), "of the file");
    assert_int_equal(obs_test_reload(t), OBS_OK);
    assert_int_equal(probe_seen.n_created, 1);
    unlink(path);
    assert_int_equal(obs_test_reload(t), OBS_E_INVALID);
    assert_error(t, path);
    ended(t);
}

static void what_a_plugin_says_about_its_start_is_the_error(void **state)
{
    obs_test *t = with_probe();

    (void)state;
    obs_test_set(t, "plugins.probe.fail_start=true");
    assert_int_equal(obs_test_start(t), OBS_E_STORE);
    assert_error(t, "cannot start: first");
    assert_int_equal(probe_seen.n_destroyed, 1);
    assert_null(obs_test_get(t, "/probe"));
    assert_error(t, "does not run");
    obs_test_set(t, "plugins.probe.fail_start=false");
    assert_int_equal(obs_test_start(t), OBS_OK);
    assert_int_equal(obs_test_status(obs_test_get(t, "/probe")), 200);
    ended(t);
}

static void a_file_that_is_no_plugin_is_refused_with_the_reason(void **state)
{
    obs_test *t = obs_test_new();

    (void)state;
    assert_non_null(t);
    obs_test_plugin(t, "probe", "absent.so");
    assert_int_equal(obs_test_start(t), OBS_E_INVALID);
    assert_error(t, "absent.so refused: there is no such file");
    assert_int_equal(obs_test_free(t), OBS_OK);
}

static void a_linked_descriptor_is_checked_like_a_loaded_one(void **state)
{
    obs_plugin damaged = probe_plugin;
    obs_test *t = obs_test_new();

    (void)state;
    assert_non_null(t);
    damaged.abi_minor++;
    obs_test_link(t, "probe", &damaged);
    assert_int_equal(obs_test_start(t), OBS_E_UNSUPPORTED);
    assert_error(t, "plugin probe refused: it needs ABI");
    assert_int_equal(obs_test_free(t), OBS_OK);
}

static void one_test_host_runs_at_a_time(void **state)
{
    obs_test *t = started();
    obs_test *other = obs_test_new();

    (void)state;
    assert_non_null(other);
    assert_int_equal(obs_test_start(other), OBS_E_BUSY);
    assert_int_equal(obs_test_start(t), OBS_E_CONFLICT);
    assert_int_equal(obs_test_stop(t), OBS_OK);
    assert_int_equal(obs_test_start(other), OBS_OK);
    assert_int_equal(obs_test_status(obs_test_get(other, "/probe")), 404);
    assert_int_equal(obs_test_free(other), OBS_OK);
    assert_int_equal(obs_test_stop(t), OBS_OK);
    ended(t);
}

static void requests_under_way_are_answered_at_the_end(void **state)
{
    obs_test *t = started();
    obs_test_response *waits = obs_test_send(t, "GET", "/wait", NULL, obs_str_of(NULL));

    (void)state;
    obs_test_turn(t, 20);
    assert_int_equal(obs_test_stop(t), OBS_OK);
    assert_int_equal(obs_test_wait(waits), OBS_OK);
    assert_body(waits, "first");
    ended(t);
}

static void what_a_plugin_left_behind_is_an_error(void **state)
{
    static const char *const sets[] = {"plugins.probe.leave_timer=true",
                                       "plugins.probe.leave_thread=true"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        obs_test *t = with_probe();

        obs_test_set(t, sets[i]);
        assert_int_equal(obs_test_start(t), OBS_OK);
        assert_int_equal(obs_test_stop(t), OBS_E_INVALID);
        assert_string_equal(obs_test_error(t),
                            "plugin probe: stop() left timers or threads behind: 1");
        assert_int_equal(obs_test_free(t), OBS_E_INVALID);
        assert_int_equal(probe_seen.n_destroyed, 1);
    }
}

/* ---- reload --------------------------------------------------------------- */

static void a_reload_hands_state_to_what_was_built_anew(void **state)
{
    obs_test *t = started();
    obs_test_response *r;

    (void)state;
    assert_int_equal(obs_test_status(obs_test_get(t, "/probe")), 200);
    assert_int_equal(obs_test_reload(t), OBS_OK);
    assert_int_equal(probe_seen.n_created, 1); /* nothing has changed */
    obs_test_link(t, "probe", &probe_plugin);
    assert_int_equal(obs_test_reload(t), OBS_OK);
    assert_int_equal(probe_seen.n_created, 2);
    assert_int_equal(probe_seen.n_destroyed, 1);
    r = obs_test_get(t, "/probe");
    assert_int_equal(obs_json_int(obs_test_json(r, "/n_calls")), 2);
    ended(t);
}

static void a_request_ends_on_the_instance_that_it_began_on(void **state)
{
    obs_test *t = started();
    obs_test_response *old = obs_test_send(t, "GET", "/wait", NULL, obs_str_of(NULL));

    (void)state;
    obs_test_turn(t, 20);
    obs_test_set(t, "plugins.probe.word=second");
    assert_int_equal(obs_test_reload(t), OBS_OK);
    assert_body(obs_test_get(t, "/later"), "second");
    assert_int_equal(obs_test_wait(old), OBS_OK); /* by drain() */
    assert_body(old, "first");
    assert_int_equal(probe_seen.n_destroyed, 1);
    ended(t);
}

static void a_waiting_request_keeps_its_old_instance_until_it_is_answered(void **state)
{
    obs_test *t = with_probe();
    obs_test_response *old;

    (void)state;
    obs_test_set(t, "plugins.probe.leave_waiting=true");
    assert_int_equal(obs_test_start(t), OBS_OK);
    old = obs_test_send(t, "GET", "/wait", NULL, obs_str_of(NULL));
    obs_test_turn(t, 20);
    obs_test_set(t, "plugins.probe.word=second");
    assert_int_equal(obs_test_reload(t), OBS_OK);
    assert_body(obs_test_get(t, "/later"), "second");
    assert_int_equal(probe_seen.n_destroyed, 0);
    obs_test_drop(old);
    obs_test_turn(t, 20);
    assert_int_equal(probe_seen.n_gone, 1);
    assert_int_equal(probe_seen.n_destroyed, 1);
    ended(t);
}

static void an_instance_that_was_replaced_is_watched_too(void **state)
{
    obs_test *t = with_probe();

    (void)state;
    obs_test_set(t, "plugins.probe.leave_thread=true");
    assert_int_equal(obs_test_start(t), OBS_OK);
    obs_test_set(t, "plugins.probe.leave_thread=false");
    assert_int_equal(obs_test_reload(t), OBS_OK);
    assert_int_equal(probe_seen.n_destroyed, 1);
    assert_int_equal(obs_test_stop(t), OBS_E_INVALID);
    assert_error(t, "plugin probe: stop() left timers or threads behind: 1");
    assert_int_equal(obs_test_free(t), OBS_E_INVALID);
}

static void an_instance_becomes_one_of_another_file(void **state)
{
    obs_test *t = started();

    (void)state;
    obs_test_plugin(t, "probe", getenv("HELLO"));
    assert_int_equal(obs_test_reload(t), OBS_E_INVALID);
    assert_error(t, "hello 0.1.0 reads no state");
    assert_int_equal(obs_test_status(obs_test_get(t, "/probe")), 200);
    obs_test_set(t, "plugins.probe.state=reset");
    assert_int_equal(obs_test_reload(t), OBS_OK);
    assert_int_equal(obs_test_status(obs_test_get(t, "/probe")), 404);
    assert_int_equal(obs_test_status(obs_test_get(t, "/hello/Ada")), 200);
    ended(t);
}

static void a_reload_that_is_refused_changes_nothing(void **state)
{
    obs_test *t = started();
    obs_test_response *r;

    (void)state;
    obs_test_set(t, "plugins.probe.word=second");
    obs_test_set(t, "plugins.probe.fail_start=true");
    assert_int_equal(obs_test_reload(t), OBS_E_STORE);
    assert_error(t, "cannot start: second");
    obs_test_set(t, "plugins.probe.fail_start=perhaps");
    assert_int_equal(obs_test_reload(t), OBS_E_INVALID);
    assert_error(t, "fail_start");
    r = obs_test_get(t, "/probe");
    assert_text(obs_json_str(obs_test_json(r, "/word")), "first");
    ended(t);
}

/* ---- besides requests ----------------------------------------------------- */

static int is_posted(void *user)
{
    (void)user;
    return probe_seen.posted;
}

static int is_never(void *user)
{
    (void)user;
    return 0;
}

static void waiting_turns_the_loop_until_the_plugin_has_done_it(void **state)
{
    obs_test *t = started();

    (void)state;
    assert_int_equal(obs_test_until(t, is_posted, NULL), OBS_OK);
    obs_test_timeout(t, 20);
    assert_int_equal(obs_test_until(t, is_never, NULL), OBS_E_TIMEOUT);
    assert_error(t, "within 20 ms");
    ended(t);
}

static void a_plugin_gets_the_services_that_the_test_provides(void **state)
{
    static const struct probe_number number = {sizeof(number), probe_next};
    obs_test *t = with_probe();
    int value = 41;

    (void)state;
    obs_test_provide(t, "test.number/1", &number, &value);
    assert_int_equal(obs_test_start(t), OBS_OK);
    assert_body(obs_test_get(t, "/number"), "42");
    assert_int_equal(obs_test_reload(t), OBS_OK);
    assert_int_equal(probe_seen.n_created, 1);
    assert_body(obs_test_get(t, "/number"), "43");
    ended(t);
}

static void a_service_is_provided_once_and_before_the_start(void **state)
{
    static const struct probe_number number = {sizeof(number), probe_next};
    obs_test *t = with_probe();

    (void)state;
    obs_test_provide(t, "test.number/1", &number, NULL);
    obs_test_provide(t, "test.number/1", &number, NULL);
    assert_int_equal(obs_test_start(t), OBS_E_CONFLICT);
    assert_error(t, "test.number/1: it is provided already");
    assert_int_equal(obs_test_start(t), OBS_OK); /* told once */
    obs_test_provide(t, "test.other/1", &number, NULL);
    assert_int_equal(obs_test_reload(t), OBS_E_INVALID);
    ended(t);
}

static void a_test_calls_the_services_of_a_plugin(void **state)
{
    obs_test *t = started();
    obs_service service;

    (void)state;
    assert_int_equal(obs_test_service(t, "probe.absent/1", &service), OBS_E_NOT_FOUND);
    assert_int_equal(obs_test_service(t, "probe.count/1", &service), OBS_OK);
    assert_int_equal(((const struct probe_number *)service.table)->next(service.provider), 2);
    probe_seen.n_created = 1;
    ended(t);
}

static void metrics_are_summed_over_the_labels_asked_for(void **state)
{
    obs_test *t = started();
    double before, of_route;

    (void)state;
    assert_int_equal(obs_test_status(obs_test_get(t, "/probe")), 200);
    before = obs_test_metric(t, "probe_calls_total", "word=first");
    of_route = obs_test_metric(t, "http_requests_total", "status=200,route=/probe");
    assert_int_equal(obs_test_status(obs_test_get(t, "/probe")), 200);
    assert_true(obs_test_metric(t, "probe_calls_total", NULL) >= before + 1);
    assert_true(obs_test_metric(t, "probe_calls_total", "word=first") == before + 1);
    assert_true(obs_test_metric(t, "http_requests_total", "status=200,route=/probe") ==
                of_route + 1);
    assert_true(obs_test_metric(t, "http_request_duration_seconds", "route=/probe") >= 2);
    assert_true(isnan(obs_test_metric(t, "probe_calls_total", "word=never")));
    assert_true(isnan(obs_test_metric(t, "probe_calls_total", "status=200")));
    assert_true(isnan(obs_test_metric(t, "probe_calls", NULL)));
    ended(t);
}

static void the_log_can_be_read_until_it_is_freed(void **state)
{
    obs_test *t = with_probe();

    (void)state;
    obs_test_set(t, "plugins.probe.leave_timer=true");
    assert_int_equal(obs_test_start(t), OBS_OK);
    assert_false(obs_test_logged(t, "called with"));
    assert_int_equal(obs_test_status(obs_test_get(t, "/probe?a")), 200);
    assert_true(obs_test_logged(t, "called with /probe?a"));
    assert_true(obs_test_logged(t, " GET /probe?a 200 "));
    assert_int_equal(obs_test_stop(t), OBS_E_INVALID);
    assert_true(obs_test_logged(t, "called with /probe?a"));
    assert_true(obs_test_logged(t, "after stop"));
    assert_int_equal(obs_test_free(t), OBS_E_INVALID);
    assert_int_equal(obs_test_free(NULL), OBS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_read_by_status_header_and_value),
        cmocka_unit_test(an_answer_that_is_not_there_is_nothing),
        cmocka_unit_test(bodies_headers_and_methods_go_out_as_given),
        cmocka_unit_test(a_plugin_that_breaks_its_contract_ends_the_test_with_a_sentence),
        cmocka_unit_test(a_thread_that_does_not_end_keeps_its_memory),
        cmocka_unit_test(limits_of_the_configuration_apply),
        cmocka_unit_test(requests_run_side_by_side),
        cmocka_unit_test(a_client_that_goes_is_noticed_by_the_plugin),
        cmocka_unit_test(a_request_without_an_answer_is_told_by_its_name),
        cmocka_unit_test(all_mistakes_of_a_configuration_are_told),
        cmocka_unit_test(a_configuration_file_is_read_and_values_are_set_over_it),
        cmocka_unit_test(what_a_plugin_says_about_its_start_is_the_error),
        cmocka_unit_test(a_file_that_is_no_plugin_is_refused_with_the_reason),
        cmocka_unit_test(a_linked_descriptor_is_checked_like_a_loaded_one),
        cmocka_unit_test(one_test_host_runs_at_a_time),
        cmocka_unit_test(requests_under_way_are_answered_at_the_end),
        cmocka_unit_test(what_a_plugin_left_behind_is_an_error),
        cmocka_unit_test(a_reload_hands_state_to_what_was_built_anew),
        cmocka_unit_test(a_request_ends_on_the_instance_that_it_began_on),
        cmocka_unit_test(a_waiting_request_keeps_its_old_instance_until_it_is_answered),
        cmocka_unit_test(an_instance_that_was_replaced_is_watched_too),
        cmocka_unit_test(an_instance_becomes_one_of_another_file),
        cmocka_unit_test(a_reload_that_is_refused_changes_nothing),
        cmocka_unit_test(waiting_turns_the_loop_until_the_plugin_has_done_it),
        cmocka_unit_test(a_plugin_gets_the_services_that_the_test_provides),
        cmocka_unit_test(a_service_is_provided_once_and_before_the_start),
        cmocka_unit_test(a_test_calls_the_services_of_a_plugin),
        cmocka_unit_test(metrics_are_summed_over_the_labels_asked_for),
        cmocka_unit_test(the_log_can_be_read_until_it_is_freed),
    };

    return cmocka_run_group_tests_name("test host", tests, NULL, NULL);
}
