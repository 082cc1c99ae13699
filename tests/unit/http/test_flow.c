/* SPDX-License-Identifier: Apache-2.0 */
/* What happens over time: order, pausing, deadlines, clients that go. */
#include "fixture.h"
#include "plugin.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <cmocka.h>

#define MS INT64_C(1000000)

static struct fixture *f;

static void open_with(const struct http_settings *settings, const struct hook_list *hooks)
{
    plugin_reset();
    f = fixture_open(settings, plugin_routes, n_plugin_routes, hooks);
}

static int open_server(void **state)
{
    struct http_settings settings = fixture_settings();

    (void)state;
    open_with(&settings, NULL);
    return 0;
}

/* Timeouts short enough to wait for. */
static int open_hasty(void **state)
{
    struct http_settings settings = fixture_settings();

    (void)state;
    settings.header_timeout_ns = settings.body_timeout_ns = settings.write_timeout_ns =
        settings.idle_timeout_ns = settings.request_timeout_ns = 150 * MS;
    open_with(&settings, NULL);
    return 0;
}

static int close_server(void **state)
{
    (void)state;
    fixture_close(f);
    return 0;
}

static void await_pending(size_t n)
{
    for (int i = 0; n_plugin_pending < n && i < 10000; i++)
        fixture_turn(f);
    assert_int_equal(n_plugin_pending, n);
}

static void await_gone(void)
{
    for (int i = 0; http_worker_connections(&f->worker) > 0 && i < 5000; i++) {
        fixture_turn(f);
        poll(NULL, 0, 1);
    }
    assert_int_equal(http_worker_connections(&f->worker), 0);
}

/* --- keep-alive and order ------------------------------------------------- */

static void answers_request_after_request(void **state)
{
    struct client c = client_open(f);

    (void)state;
    for (int i = 0; i < 100; i++) {
        char text[128];

        snprintf(text, sizeof(text), "GET /hello/n%d HTTP/1.1\r\nHost: a\r\n\r\n", i);
        client_forget(&c);
        client_text(&c, text);
        snprintf(text, sizeof(text), "\"n%d\"}", i);
        client_await_text(&c, text);
        assert_false(c.eof);
    }
    client_close(&c);
}

static void closes_when_asked(void **state)
{
    struct client c = client_open(f);

    (void)state;
    client_text(&c, "GET /hello/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                    "GET /hello/b HTTP/1.1\r\nHost: a\r\n\r\n");
    client_drain(&c);
    assert_false(c.reset);
    assert_true(has_line(c.bytes, "Connection: close"));
    assert_int_equal(status_at(c.bytes, 1), 0);
    client_close(&c);
}

static void speaks_http_1_0(void **state)
{
    struct client c = client_open(f);

    (void)state;
    client_text(&c, "GET /hello/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    client_await_text(&c, "}");
    assert_true(has_line(c.bytes, "Connection: keep-alive"));
    client_forget(&c);
    client_text(&c, "GET /drip?n=3 HTTP/1.0\r\n\r\n");
    client_drain(&c);
    assert_false(has_line(c.bytes, "Transfer-Encoding: chunked"));
    assert_int_equal(strlen(body_of(c.bytes)), 3 * 4096);
    client_close(&c);
}

/* Every third request waits; answers must come in the order of the requests,
 * and the ones behind a waiting one must wait too. */
static void keeps_the_order_of_a_pipeline(void **state)
{
    struct client c = client_open(f);
    char text[4096] = "";
    size_t answered = 0;

    (void)state;
    for (int i = 0; i < 16; i++)
        sprintf(text + strlen(text), "GET %s%d HTTP/1.1\r\nHost: a\r\n\r\n",
                i % 3 == 2 ? "/pending?n=" : "/hello/n", i);
    client_text(&c, text);
    while (answered < 5) {
        await_pending(answered + 1);
        client_poll(&c);
        assert_int_equal(status_at(c.bytes, answered * 3 + 2), 0);
        plugin_answer(answered++);
    }
    client_await_text(&c, "\"n15\"}");
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(status_at(c.bytes, i), 200);
    for (size_t i = 0, from = 0; i < 16; i++) {
        const char *at;

        if (i % 3 == 2)
            snprintf(text, sizeof(text), "\r\n\r\nanswer %zu", i / 3);
        else
            snprintf(text, sizeof(text), "\"n%zu\"}", i);
        at = strstr(c.bytes + from, text);
        assert_non_null(at);
        from = (size_t)(at - c.bytes);
    }
    client_close(&c);
}

static void stops_reading_a_pipeline_nobody_reads_answers_of(void **state)
{
    struct client c = client_open(f);
    const char *request = "GET /big?n=10000 HTTP/1.1\r\nHost: a\r\n\r\n";
    size_t len = strlen(request);
    int small = 4096;
    size_t sent = 0;

    (void)state;
    setsockopt(c.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    for (int i = 0; i < 200000; i++) {
        ssize_t n = send(c.fd, request + sent % len, len - sent % len, 0);

        fixture_turn(f);
        if (n < 0)
            break;
        sent += (size_t)n;
    }
    /* what was sent beyond the buffers of the kernel has not been answered */
    assert_true(f->worker.http->n_free_buffers < POOL_BUFFERS);
    assert_in_range(sent, len, 20 << 20);
    client_close(&c);
    await_gone();
}

/* --- pending -------------------------------------------------------------- */

static void notices_a_client_that_goes(void **state)
{
    struct client c = client_open(f);

    (void)state;
    client_text(&c, "GET /pending HTTP/1.1\r\nHost: a\r\n\r\n");
    await_pending(1);
    assert_int_equal(obs_request_aborted(plugin_pending[0]), 0);
    client_close(&c);
    for (int i = 0; i < 10000 && plugin_aborts == 0; i++)
        fixture_turn(f);
    assert_int_equal(plugin_aborts, 1);
    assert_int_equal(obs_request_aborted(plugin_pending[0]), 1);
    assert_string_equal(obs_request_method_name(plugin_pending[0]).ptr ? "GET" : "", "GET");
    plugin_answer(0); /* into the void */
    await_gone();
    assert_int_equal(plugin_aborts, 1);
}

static void keeps_a_request_whose_client_reset(void **state)
{
    struct client c = client_open(f);
    struct linger hard = {1, 0};

    (void)state;
    client_text(&c, "GET /pending HTTP/1.1\r\nHost: a\r\n\r\n");
    await_pending(1);
    setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    client_close(&c);
    for (int i = 0; i < 10000 && plugin_aborts == 0; i++)
        fixture_turn(f);
    assert_int_equal(plugin_aborts, 1);
    assert_int_equal(http_worker_connections(&f->worker), 1);
    assert_memory_equal(obs_request_peer(plugin_pending[0]).ptr, "127.0.0.1:", 10);
    assert_int_equal(obs_respond_error(plugin_pending[0], OBS_E_STORE, NULL, "late"), OBS_OK);
    await_gone();
}

static void answers_a_client_that_only_shut_its_side(void **state)
{
    struct client c = client_open(f);

    (void)state;
    client_text(&c, "GET /pending HTTP/1.1\r\nHost: a\r\n\r\n");
    client_shut(&c);
    await_pending(1);
    for (int i = 0; i < 100; i++)
        fixture_turn(f);
    plugin_answer(0);
    client_drain(&c);
    assert_string_equal(body_of(c.bytes), "answer 0");
    client_close(&c);
}

/* --- deadlines ------------------------------------------------------------ */

static void gives_up_on_a_slow_header(void **state)
{
    struct client c = client_open(f);

    (void)state;
    client_text(&c, "GET /hello/a HTTP/1.1\r\nHo");
    client_drain(&c);
    assert_int_equal(status_at(c.bytes, 0), 408);
    assert_non_null(strstr(c.bytes, "\"code\":1213"));
    client_close(&c);
}

static void gives_up_on_a_slow_body(void **state)
{
    struct client c = client_open(f), d;

    (void)state;
    client_text(&c, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    client_drain(&c);
    assert_int_equal(status_at(c.bytes, 0), 408);
    client_close(&c);
    d = client_open(f);
    client_text(&d, "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    client_drain(&d);
    assert_int_equal(plugin_stream.status, OBS_E_REQUEST_TIMEOUT);
    assert_int_equal(status_at(d.bytes, 0), 408);
    client_close(&d);
}

static void closes_an_idle_connection(void **state)
{
    struct client c = client_open(f), d = client_open(f);

    (void)state;
    client_text(&c, "GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n");
    client_await_text(&c, "}");
    client_forget(&c);
    client_drain(&c);
    client_drain(&d);
    assert_int_equal(c.len, 0);
    assert_int_equal(d.len, 0);
    client_close(&c);
    client_close(&d);
}

static void answers_504_for_a_plugin_that_does_not(void **state)
{
    struct client c = client_open(f);

    (void)state;
    client_text(&c, "GET /pending HTTP/1.1\r\nHost: a\r\n\r\n"
                    "GET /hello/next HTTP/1.1\r\nHost: a\r\n\r\n");
    client_await_text(&c, "\"next\"}");
    assert_int_equal(status_at(c.bytes, 0), 504);
    assert_int_equal(status_at(c.bytes, 1), 200);
    assert_int_equal(plugin_aborts, 1);
    client_forget(&c);
    plugin_answer(0); /* discarded */
    client_text(&c, "GET /hello/last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    client_drain(&c);
    assert_null(strstr(c.bytes, "answer 0"));
    assert_int_equal(status_at(c.bytes, 1), 0);
    client_close(&c);
    await_gone();
}

static void gives_up_on_a_client_that_takes_nothing(void **state)
{
    struct client c = client_open(f);

    (void)state;
    client_text(&c, "GET /drip?n=10000 HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 3000 && http_worker_connections(&f->worker) > 0; i++) {
        fixture_turn(f);
        poll(NULL, 0, 1);
    }
    assert_int_equal(http_worker_connections(&f->worker), 0);
    client_close(&c);
}

static void lets_a_slow_client_take_its_time(void **state)
{
    struct client c = client_open(f);
    size_t target = 0;

    (void)state;
    client_text(&c, "GET /big?n=20000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    while (!c.eof) { /* half a second and more, in small sips */
        target += 2000000;
        client_await(&c, target);
        for (int i = 0; i < 60; i++) {
            fixture_turn(f);
            poll(NULL, 0, 1);
        }
    }
    assert_int_equal(strlen(body_of(c.bytes)), 20000000);
    client_close(&c);
}

/* --- bodies --------------------------------------------------------------- */

static void asks_for_a_body_that_waits_to_be_asked_for(void **state)
{
    struct client c = client_open(f), d = client_open(f), e = client_open(f);

    (void)state;
    client_text(&c, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                    "Expect: 100-continue\r\n\r\n");
    client_await_text(&c, "HTTP/1.1 100 Continue\r\n\r\n");
    client_text(&c, "hello");
    client_await_text(&c, "\r\n\r\nhello");
    client_close(&c);
    client_text(&d, "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                    "Expect: 100-Continue\r\n\r\n");
    client_await_text(&d, "HTTP/1.1 100 Continue\r\n\r\n");
    client_text(&d, "hello");
    client_await_text(&d, "\r\n\r\n5");
    client_close(&d);
    client_text(&e, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n"
                    "Expect: 100-continue\r\n\r\n");
    client_drain(&e);
    assert_int_equal(status_at(e.bytes, 0), 413);
    client_close(&e);
}

static void lets_a_refused_client_read_why(void **state)
{
    struct client c = client_open(f);
    char *junk = calloc(1, 500000);

    (void)state;
    client_text(&c, "POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n");
    client_send(&c, junk, 500000); /* before a byte of the answer is read */
    client_drain(&c);
    assert_false(c.reset);
    assert_int_equal(status_at(c.bytes, 0), 403);
    assert_true(has_line(c.bytes, "Connection: close"));
    client_close(&c);
    free(junk);
}

static void goes_on_after_a_small_body_that_nobody_read(void **state)
{
    struct client c = client_open(f);

    (void)state;
    client_text(&c, "POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
                    "GET /hello/next HTTP/1.1\r\nHost: a\r\n\r\n");
    client_await_text(&c, "\"next\"}");
    assert_int_equal(status_at(c.bytes, 0), 403);
    client_close(&c);
}

static void takes_a_large_body(void **state)
{
    struct client c = client_open(f);
    char head[128], *body = malloc(900000);

    (void)state;
    for (size_t i = 0; i < 900000; i++)
        body[i] = (char)('A' + i % 31);
    snprintf(head, sizeof(head), "POST /raw HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n");
    client_text(&c, head);
    client_send(&c, body, 900000);
    client_text(&c, "GET /hello/next HTTP/1.1\r\nHost: a\r\n\r\n");
    client_await_text(&c, "\"next\"}");
    assert_memory_equal(body_of(c.bytes), body, 900000);
    client_close(&c);
    free(body);
}

static void streams_both_ways_with_pauses(void **state)
{
    struct client c = client_open(f);
    size_t size = 8 << 20, sent = 0;
    char *piece = malloc(65536);
    char text[128];

    (void)state;
    memset(piece, 's', 65536);
    snprintf(text, sizeof(text), "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n",
             size);
    client_text(&c, text);
    /* the client reads nothing: the echo must stop taking the body */
    for (int i = 0; i < 20000 && sent < size; i++) {
        ssize_t n = send(c.fd, piece, size - sent < 65536 ? size - sent : 65536, 0);

        fixture_turn(f);
        if (n > 0)
            sent += (size_t)n;
    }
    assert_true(sent < size);
    assert_true(plugin_stream.bytes < size);
    while (sent < size) {
        ssize_t n = send(c.fd, piece, size - sent < 65536 ? size - sent : 65536, 0);

        if (n > 0)
            sent += (size_t)n;
        client_poll(&c);
    }
    client_await_text(&c, "0\r\n\r\n");
    assert_int_equal(plugin_stream.status, OBS_BODY_END);
    assert_int_equal(plugin_stream.bytes, size);
    client_forget(&c);
    client_text(&c, "GET /hello/next HTTP/1.1\r\nHost: a\r\n\r\n");
    client_await_text(&c, "\"next\"}");
    client_close(&c);
    free(piece);
}

static void stops_reading_while_a_body_is_paused(void **state)
{
    struct client c = client_open(f);

    (void)state;
    plugin_stream.paused = 1;
    client_text(&c, "POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "3\r\nabc\r\n4\r\ndefg\r\n");
    for (int i = 0; i < 50; i++)
        fixture_turn(f);
    assert_int_equal(plugin_stream.calls, 1);
    client_text(&c, "2\r\nhi\r\n0\r\n\r\n");
    for (int i = 0; i < 50; i++)
        fixture_turn(f);
    assert_int_equal(plugin_stream.calls, 1);
    for (int i = 0; i < 3; i++) { /* two more pieces and the end */
        obs_request_resume_body(plugin_stream.req);
        fixture_turn(f);
        fixture_turn(f);
    }
    client_await_text(&c, "\r\n\r\n9");
    assert_int_equal(plugin_stream.calls, 4);
    client_close(&c);
}

static void tells_a_reader_that_the_client_went(void **state)
{
    struct client c = client_open(f);

    (void)state;
    client_text(&c, "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    client_shut(&c);
    client_drain(&c);
    assert_int_equal(plugin_stream.status, OBS_E_CLOSED);
    client_close(&c);
    await_gone();
}

/* --- streamed answers ----------------------------------------------------- */

static void waits_for_a_slow_reader(void **state)
{
    struct client c = client_open(f);

    (void)state;
    client_text(&c, "GET /drip?n=4000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    for (int i = 0; i < 1000; i++)
        fixture_turn(f);
    assert_true(plugin_stream.paused > 0);
    client_drain(&c);
    /* 4000 pieces, each in a chunk "1000\r\n…\r\n", and the last one */
    assert_int_equal(strlen(body_of(c.bytes)), 4000 * (4096 + 8) + 5);
    client_close(&c);
}

static void streams_to_an_announced_length(void **state)
{
    struct client c = client_open(f);

    (void)state;
    client_text(&c, "GET /drip?n=100&length=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    client_drain(&c);
    assert_true(has_line(c.bytes, "Content-Length: 409600"));
    assert_int_equal(strlen(body_of(c.bytes)), 409600);
    client_close(&c);
}

static void shows_that_an_answer_was_cut(void **state)
{
    struct client c = client_open(f), d = client_open(f);

    (void)state;
    client_text(&c, "GET /cut HTTP/1.1\r\nHost: a\r\n\r\n");
    client_drain(&c);
    assert_string_equal(body_of(c.bytes), "4\r\nhalf\r\n");
    client_close(&c);
    client_text(&d, "GET /cut HTTP/1.0\r\n\r\n");
    client_drain(&d);
    assert_true(d.reset);
    client_close(&d);
}

static void ends_a_stream_whose_client_went(void **state)
{
    struct client c = client_open(f);

    (void)state;
    client_text(&c, "GET /drip?n=100000 HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 100; i++)
        fixture_turn(f);
    assert_true(plugin_stream.paused > 0);
    client_close(&c);
    await_gone();
}

/* --- end ------------------------------------------------------------------ */

static void drains(void **state)
{
    struct client idle = client_open(f), busy = client_open(f);

    (void)state;
    client_text(&busy, "GET /pending HTTP/1.1\r\nHost: a\r\n\r\n");
    await_pending(1);
    http_worker_drain(&f->worker);
    client_drain(&idle);
    assert_int_equal(http_worker_connections(&f->worker), 1);
    plugin_answer(0);
    client_drain(&busy);
    assert_true(has_line(busy.bytes, "Connection: close"));
    assert_string_equal(body_of(busy.bytes), "answer 0");
    assert_int_equal(http_worker_connections(&f->worker), 0);
    client_close(&idle);
    client_close(&busy);
}

static void closes_with_requests_open(void **state)
{
    struct client c = client_open(f), d = client_open(f);

    (void)state;
    client_text(&c, "GET /pending HTTP/1.1\r\nHost: a\r\n\r\n");
    client_text(&d, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    await_pending(1);
    http_worker_close(&f->worker);
    assert_int_equal(plugin_aborts, 1);
    fixture_turn(f);
    plugin_answer(0); /* what a plugin's stop() does */
    client_close(&c);
    client_close(&d);
}

static void closes_after_max_requests(void **state)
{
    struct http_settings settings = fixture_settings();
    struct client c;

    (void)state;
    settings.max_requests = 2;
    open_with(&settings, NULL);
    c = client_open(f);
    for (int i = 0; i < 3; i++)
        client_text(&c, "GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\n");
    client_drain(&c);
    assert_int_equal(status_at(c.bytes, 1), 200);
    assert_int_equal(status_at(c.bytes, 2), 0);
    client_close(&c);
}

static void leaves_connections_over_the_limit_waiting(void **state)
{
    struct http_settings settings = fixture_settings();
    struct client c, d;

    (void)state;
    settings.max_connections = 1;
    open_with(&settings, NULL);
    c = client_open(f);
    d = client_open(f);
    client_text(&d, "GET /hello/d HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 20; i++)
        client_poll(&d);
    assert_int_equal(http_worker_connections(&f->worker), 1);
    assert_int_equal(d.len, 0);
    client_close(&c);
    client_await_text(&d, "\"d\"}");
    client_close(&d);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_server, close_server)
#define HASTY(fn) cmocka_unit_test_setup_teardown(fn, open_hasty, close_server)
#define OWN(fn) cmocka_unit_test_setup_teardown(fn, NULL, close_server)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(answers_request_after_request),
        CASE(closes_when_asked),
        CASE(speaks_http_1_0),
        CASE(keeps_the_order_of_a_pipeline),
        CASE(stops_reading_a_pipeline_nobody_reads_answers_of),
        CASE(notices_a_client_that_goes),
        CASE(keeps_a_request_whose_client_reset),
        CASE(answers_a_client_that_only_shut_its_side),
        HASTY(gives_up_on_a_slow_header),
        HASTY(gives_up_on_a_slow_body),
        HASTY(closes_an_idle_connection),
        HASTY(answers_504_for_a_plugin_that_does_not),
        HASTY(gives_up_on_a_client_that_takes_nothing),
        HASTY(lets_a_slow_client_take_its_time),
        CASE(asks_for_a_body_that_waits_to_be_asked_for),
        CASE(lets_a_refused_client_read_why),
        CASE(goes_on_after_a_small_body_that_nobody_read),
        CASE(takes_a_large_body),
        CASE(streams_both_ways_with_pauses),
        CASE(stops_reading_while_a_body_is_paused),
        CASE(tells_a_reader_that_the_client_went),
        CASE(waits_for_a_slow_reader),
        CASE(streams_to_an_announced_length),
        CASE(shows_that_an_answer_was_cut),
        CASE(ends_a_stream_whose_client_went),
        CASE(drains),
        CASE(closes_with_requests_open),
        OWN(closes_after_max_requests),
        OWN(leaves_connections_over_the_limit_waiting),
    };
    return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
