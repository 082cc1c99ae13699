/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks: their order, what their results do, pausing and resuming, and what a
 * misuse of the contract leads to. */
#include "fixture.h"
#include "plugin.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static struct fixture *f;
static char trail[256];      /* names of the hooks that ran */
static int auth_result;      /* what the authenticate hook returns */
static int resume_at_once;   /* and whether it resumes before it returns */
static obs_request *waiting; /* a request whose hook is pending */
static int logged_status;
static uint64_t logged_bytes;
static const char key;

static int early(obs_request *req, void *self)
{
    (void)self;
    strcat(trail, "early ");
    return obs_request_set(req, &key, trail) < 0 ? OBS_E_NOMEM : OBS_CONTINUE;
}

static int authenticate(obs_request *req, void *self)
{
    (void)self;
    strcat(trail, "authenticate ");
    assert_ptr_equal(obs_request_get(req, &key), trail);
    assert_non_null(obs_request_route_decl(req));
    if (auth_result == OBS_RESPONDED)
        (void)obs_respond(req, 202, "text/plain", obs_str_of("by the hook"));
    if (auth_result == OBS_PENDING) {
        waiting = req;
        if (resume_at_once)
            obs_request_resume(req, OBS_CONTINUE);
    }
    return auth_result;
}

static int limit(obs_request *req, void *self)
{
    (void)req;
    (void)self;
    strcat(trail, "limit ");
    return OBS_CONTINUE;
}

static char shown[64]; /* the whole answer that the hook was shown */

static int respond(obs_request *req, void *self)
{
    obs_response_view view = {.size = sizeof(view)};

    (void)self;
    shown[0] = 0;
    if (obs_response_describe(req, &view) == OBS_OK)
        snprintf(shown, sizeof(shown), "%d %.*s %.*s", view.status, OBS_STR_ARG(view.content_type),
                 OBS_STR_ARG(view.body));
    strcat(trail, "respond ");
    return obs_response_header(req, "X-Hook", obs_str_of("was here"));
}

static int handle_result; /* what the hook before the handler returns */

static int handle(obs_request *req, void *self)
{
    (void)self;
    strcat(trail, "handle ");
    if (handle_result == OBS_PENDING)
        waiting = req;
    if (handle_result == OBS_RESPONDED)
        (void)obs_respond(req, 203, "text/plain", obs_request_body(req));
    return handle_result;
}

static int after(obs_request *req, void *self)
{
    (void)self;
    strcat(trail, "log ");
    logged_status = obs_response_status(req);
    logged_bytes = obs_response_bytes(req);
    return OBS_CONTINUE;
}

static int open_server(void **state)
{
    static struct bound_hook hooks[OBS_N_PHASES];
    static const obs_hook_fn fns[OBS_N_PHASES] = {early,   authenticate, NULL,  limit,
                                                  respond, after,        handle};
    static obs_instance instance = {.name = (char *)(uintptr_t) "hooks"};
    struct hook_list lists[OBS_N_PHASES] = {0};
    struct http_settings settings = fixture_settings();

    (void)state;
    settings.request_timeout_ns = 200000000;
    for (int i = 0; i < (int)OBS_N_PHASES; i++) {
        hooks[i] = (struct bound_hook){fns[i], &instance};
        lists[i] = (struct hook_list){&hooks[i], fns[i] != NULL};
    }
    plugin_reset();
    trail[0] = 0;
    auth_result = OBS_CONTINUE;
    handle_result = OBS_CONTINUE;
    resume_at_once = logged_status = 0;
    waiting = NULL;
    f = fixture_open(&settings, plugin_routes, n_plugin_routes, lists);
    return 0;
}

static int close_server(void **state)
{
    (void)state;
    fixture_close(f);
    return 0;
}

#define GET "GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n"

static char *get(void)
{
    return exchange(f, GET, strlen(GET));
}

static void runs_hooks_in_order(void **state)
{
    char *got = get();

    (void)state;
    assert_int_equal(status_at(got, 0), 200);
    assert_true(has_line(got, "X-Hook: was here"));
    assert_string_equal(trail, "early authenticate limit handle respond log ");
    assert_int_equal(logged_status, 200);
    assert_int_equal(logged_bytes, strlen(body_of(got)));
    free(got);
}

static void skips_the_rest_after_an_answer_or_an_error(void **state)
{
    char *got;

    (void)state;
    auth_result = OBS_RESPONDED;
    got = get();
    assert_string_equal(body_of(got), "by the hook");
    assert_string_equal(trail, "early authenticate respond log ");
    assert_int_equal(logged_status, 202);
    free(got);
    trail[0] = 0;
    auth_result = OBS_E_BAD_CREDENTIALS;
    got = get();
    assert_int_equal(status_at(got, 0), 401);
    assert_true(has_line(got, "X-Hook: was here"));
    assert_string_equal(trail, "early authenticate respond log ");
    free(got);
}

static void runs_only_the_last_phases_without_a_route(void **state)
{
    const char *request = "GET /none/such HTTP/1.1\r\nHost: a\r\n\r\n";
    char *got = exchange(f, request, strlen(request));

    (void)state;
    assert_int_equal(status_at(got, 0), 404);
    assert_string_equal(trail, "respond log ");
    assert_int_equal(logged_status, 404);
    free(got);
}

static void resumes_a_pending_request(void **state)
{
    struct client c = client_open(f);

    (void)state;
    auth_result = OBS_PENDING;
    client_text(&c, GET);
    while (!waiting)
        fixture_turn(f);
    assert_string_equal(trail, "early authenticate ");
    assert_int_equal(c.len, 0);
    obs_request_resume(waiting, OBS_CONTINUE);
    client_await_text(&c, "}");
    assert_string_equal(trail, "early authenticate limit handle respond log ");
    waiting = NULL;
    client_forget(&c);
    client_text(&c, GET);
    while (!waiting)
        fixture_turn(f);
    obs_request_resume(waiting, OBS_E_EXPIRED);
    client_await_text(&c, "\"code\":1002");
    waiting = NULL;
    client_forget(&c);
    client_text(&c, GET);
    while (!waiting)
        fixture_turn(f);
    (void)obs_respond(waiting, 203, NULL, obs_str_of(NULL));
    obs_request_resume(waiting, OBS_RESPONDED);
    client_await_text(&c, "HTTP/1.1 203");
    client_close(&c);
}

static void resumes_from_inside_the_hook(void **state)
{
    char *got;

    (void)state;
    auth_result = OBS_PENDING;
    resume_at_once = 1;
    got = get();
    assert_int_equal(status_at(got, 0), 200);
    assert_string_equal(trail, "early authenticate limit handle respond log ");
    free(got);
}

static void survives_a_resume_after_the_client_or_the_time_has_gone(void **state)
{
    struct client c = client_open(f);

    (void)state;
    auth_result = OBS_PENDING;
    client_text(&c, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" GET);
    client_drain(&c); /* 504, and closed because the body was never wanted */
    assert_int_equal(status_at(c.bytes, 0), 504);
    assert_false(has_line(c.bytes, "X-Hook: was here"));
    assert_string_equal(trail, "early authenticate ");
    obs_request_resume(waiting, OBS_CONTINUE);
    fixture_turn(f);
    fixture_turn(f);
    assert_string_equal(trail, "early authenticate log ");
    assert_int_equal(logged_status, 504);
    client_close(&c);
    for (int i = 0; i < 100; i++)
        fixture_turn(f);
    assert_int_equal(http_worker_connections(&f->worker), 0);
}

static void checks_before_it_takes_a_body(void **state)
{
    struct client c = client_open(f);

    (void)state;
    auth_result = OBS_E_UNAUTHENTICATED;
    client_text(&c, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                    "Expect: 100-continue\r\n\r\n");
    client_drain(&c);
    assert_int_equal(status_at(c.bytes, 0), 401);
    assert_null(strstr(c.bytes, "100 Continue"));
    client_close(&c);
}

#define POST "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"

static void answers_before_the_handler_with_the_body_there(void **state)
{
    struct client c = client_open(f);
    char *got;

    (void)state;
    handle_result = OBS_RESPONDED;
    got = exchange(f, POST, strlen(POST));
    assert_int_equal(status_at(got, 0), 203);
    assert_string_equal(body_of(got), "hello");
    assert_string_equal(shown, "203 text/plain hello");
    free(got);
    handle_result = OBS_PENDING;
    trail[0] = 0;
    client_text(&c, GET);
    while (!waiting)
        fixture_turn(f);
    assert_string_equal(trail, "early authenticate limit handle ");
    obs_request_resume(waiting, OBS_CONTINUE);
    client_await_text(&c, "}");
    assert_string_equal(trail, "early authenticate limit handle respond log ");
    client_close(&c);
}

static void shows_no_error_to_hooks(void **state)
{
    (void)state;
    auth_result = OBS_E_BAD_CREDENTIALS;
    strcpy(shown, "something");
    free(get());
    assert_string_equal(shown, "");
}

/* --- misuse --------------------------------------------------------------- */

/* True when `fn` ended its process by abort(). */
static bool aborts(void (*fn)(void))
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        signal(SIGABRT, SIG_DFL);
        freopen("/dev/null", "w", stderr);
        fn();
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void answer_twice(void)
{
    struct client c = client_open(f);

    client_text(&c, "GET /pending HTTP/1.1\r\nHost: a\r\n\r\n");
    while (n_plugin_pending == 0)
        fixture_turn(f);
    plugin_answer(0);
    plugin_answer(0);
}

static void resume_twice(void)
{
    struct client c = client_open(f);

    auth_result = OBS_PENDING;
    client_text(&c, GET);
    while (!waiting)
        fixture_turn(f);
    obs_request_resume(waiting, OBS_CONTINUE);
    obs_request_resume(waiting, OBS_CONTINUE);
}

static void aborts_on_a_second_answer_or_resume(void **state)
{
    (void)state;
    assert_true(aborts(answer_twice));
    assert_true(aborts(resume_twice));
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_server, close_server)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(runs_hooks_in_order),
        CASE(skips_the_rest_after_an_answer_or_an_error),
        CASE(runs_only_the_last_phases_without_a_route),
        CASE(resumes_a_pending_request),
        CASE(resumes_from_inside_the_hook),
        CASE(survives_a_resume_after_the_client_or_the_time_has_gone),
        CASE(checks_before_it_takes_a_body),
        CASE(answers_before_the_handler_with_the_body_there),
        CASE(shows_no_error_to_hooks),
        CASE(aborts_on_a_second_answer_or_resume),
    };
    return cmocka_run_group_tests_name("phases", tests, NULL, NULL);
}
