/* SPDX-License-Identifier: Apache-2.0 */
/* Requests as bytes on a socket, answers compared as bytes. */
#include "fixture.h"
#include "plugin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct fixture *f;

static int open_server(void **state)
{
    struct http_settings settings = fixture_settings();

    (void)state;
    plugin_reset();
    f = fixture_open(&settings, plugin_routes, n_plugin_routes, NULL);
    return 0;
}

static int close_server(void **state)
{
    (void)state;
    fixture_close(f);
    return 0;
}

#define BYTES(s) (s), sizeof(s) - 1

/* --- refusals ------------------------------------------------------------- */

struct refusal {
    const char *bytes;
    size_t len;
    const char *line; /* "400 Bad Request" */
    int code;
    const char *name, *category, *message;
};

#define INVALID "400 Bad Request", 1200, "INVALID_REQUEST", "VALIDATION"
#define H "Host: a\r\n"

static const struct refusal refusals[] = {
    /* request line */
    {BYTES("GET  / HTTP/1.1\r\n" H "\r\n"), INVALID, "malformed request line"},
    {BYTES("GET /  HTTP/1.1\r\n" H "\r\n"), INVALID, "malformed request line"},
    {BYTES("GET\t/ HTTP/1.1\r\n" H "\r\n"), INVALID, "malformed request line"},
    {BYTES("G@T / HTTP/1.1\r\n" H "\r\n"), INVALID, "malformed request line"},
    {BYTES("GET /\r\n" H "\r\n"), INVALID, "malformed request line"},
    {BYTES("GET / HTTP/1.1\n" H "\r\n"), INVALID, "the request line does not end with CRLF"},
    {BYTES("GET / HTTP/x.1\r\n" H "\r\n"), INVALID, "malformed HTTP version"},
    {BYTES("GET / http/1.1\r\n" H "\r\n"), INVALID, "malformed request"},
    {BYTES("\x16\x03\x01\x02\x00\x01"), INVALID, "malformed request line"},
    {BYTES("GET /hello/a#b HTTP/1.1\r\n" H "\r\n"), INVALID, "malformed request target"},
    {BYTES("GET hello HTTP/1.1\r\n" H "\r\n"), INVALID, "malformed request"},
    {BYTES("GET http:///x HTTP/1.1\r\n" H "\r\n"), INVALID, NULL},
    {BYTES("GET * HTTP/1.1\r\n" H "\r\n"), INVALID,
     "this form of the request target is not for this method"},
    {BYTES("GET /hello/%zz HTTP/1.1\r\n" H "\r\n"), INVALID,
     "the path has a malformed escape or is not UTF-8"},
    {BYTES("GET /hello/%00 HTTP/1.1\r\n" H "\r\n"), INVALID,
     "the path has a malformed escape or is not UTF-8"},
    {BYTES("GET /hello/%ff HTTP/1.1\r\n" H "\r\n"), INVALID,
     "the path has a malformed escape or is not UTF-8"},
    {BYTES("GET / HTTP/2.0\r\n" H "\r\n"), "505 HTTP Version Not Supported", 1211, "HTTP_VERSION",
     "VALIDATION", "HTTP version not supported"},
    {BYTES("GET / HTTP/1.2\r\n" H "\r\n"), "505 HTTP Version Not Supported", 1211, "HTTP_VERSION",
     "VALIDATION", "HTTP version not supported"},
    {BYTES("GET / HTTP/0.9\r\n" H "\r\n"), "505 HTTP Version Not Supported", 1211, "HTTP_VERSION",
     "VALIDATION", "HTTP version not supported"},
    {BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "505 HTTP Version Not Supported", 1211,
     "HTTP_VERSION", "VALIDATION", "HTTP version not supported"},
    {BYTES("BREW / HTTP/1.1\r\n" H "\r\n"), "501 Not Implemented", 1902, "NOT_IMPLEMENTED",
     "INTERNAL", "method not implemented"},
    {BYTES("TRACE / HTTP/1.1\r\n" H "\r\n"), "501 Not Implemented", 1902, "NOT_IMPLEMENTED",
     "INTERNAL", "method not implemented"},
    {BYTES("CONNECT a:80 HTTP/1.1\r\n" H "\r\n"), "501 Not Implemented", 1902, "NOT_IMPLEMENTED",
     "INTERNAL", "method not implemented"},
    /* fields */
    {BYTES("GET / HTTP/1.1\r\n\r\n"), INVALID, "the Host field is missing"},
    {BYTES("GET / HTTP/1.1\r\n" H H "\r\n"), INVALID, "there is more than one Host field"},
    {BYTES("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), INVALID, "the Host field is malformed"},
    {BYTES("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), INVALID, "the Host field is malformed"},
    {BYTES("GET / HTTP/1.1\r\nHost: a:x\r\n\r\n"), INVALID, "the Host field is malformed"},
    {BYTES("GET / HTTP/1.1\r\nHost:\r\n\r\n"), INVALID, "the Host field is malformed"},
    {BYTES("GET / HTTP/1.0\r\nHost: a/b\r\n\r\n"), INVALID, "the Host field is malformed"},
    {BYTES("GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n"), INVALID, "malformed request"},
    {BYTES("GET / HTTP/1.1\r\n" H "X: a\n\r\n"), INVALID, "malformed request"},
    {BYTES("GET / HTTP/1.1\r\n" H "X: a\r\n\n"), INVALID, "malformed request"},
    {BYTES("GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n"), INVALID, "malformed request"},
    {BYTES("GET / HTTP/1.1\r\n" H "X: a\0b\r\n\r\n"), INVALID, "malformed request"},
    {BYTES("GET / HTTP/1.1\r\n" H "X: a\x01\r\n\r\n"), INVALID, "malformed request"},
    {BYTES("GET / HTTP/1.1\r\n" H "X : a\r\n\r\n"), INVALID, "malformed request"},
    {BYTES("GET / HTTP/1.1\r\n" H ": a\r\n\r\n"), INVALID, "malformed request"},
    {BYTES("GET / HTTP/1.1\r\n" H "X(: a\r\n\r\n"), INVALID, "malformed request"},
    {BYTES("GET / HTTP/1.1\r\n X: a\r\n" H "\r\n"), INVALID, "malformed request"},
/* lengths */
#define LENGTH "the length of the body is stated wrongly or twice"
    {BYTES("POST /echo HTTP/1.1\r\n" H "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab"), INVALID,
     LENGTH},
    {BYTES("POST /echo HTTP/1.1\r\n" H "Content-Length: 2, 2\r\n\r\nab"), INVALID, LENGTH},
    {BYTES("POST /echo HTTP/1.1\r\n" H "Content-Length: +2\r\n\r\nab"), INVALID, LENGTH},
    {BYTES("POST /echo HTTP/1.1\r\n" H "Content-Length: -2\r\n\r\nab"), INVALID, LENGTH},
    {BYTES("POST /echo HTTP/1.1\r\n" H "Content-Length: 0x2\r\n\r\nab"), INVALID, LENGTH},
    {BYTES("POST /echo HTTP/1.1\r\n" H "Content-Length: \r\n\r\nab"), INVALID, LENGTH},
    {BYTES("POST /echo HTTP/1.1\r\n" H "Content-Length: 99999999999999999999\r\n\r\nab"), INVALID,
     LENGTH},
    {BYTES("POST /echo HTTP/1.1\r\n" H
           "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     INVALID, LENGTH},
    {BYTES("POST /echo HTTP/1.1\r\n" H
           "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n"),
     INVALID, LENGTH},
    {BYTES("POST /echo HTTP/1.1\r\n" H
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     INVALID, LENGTH},
#define CODING "the length of the body cannot be told from Transfer-Encoding"
    {BYTES("POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
     INVALID, LENGTH},
    {BYTES("POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), INVALID,
     CODING},
    {BYTES("POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n"), INVALID, CODING},
    {BYTES("POST /echo HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\r\n0\r\n\r\n"), INVALID, CODING},
    {BYTES("POST /echo HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), INVALID,
     CODING},
    {BYTES("POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
     "501 Not Implemented", 1212, "TRANSFER_CODING", "VALIDATION",
     "transfer coding not implemented"},
/* chunks */
#define CHUNKED "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
    {BYTES(CHUNKED "0x2\r\nab\r\n0\r\n\r\n"), INVALID, LENGTH},
    {BYTES(CHUNKED "2 \r\nab\r\n0\r\n\r\n"), INVALID, LENGTH},
    {BYTES(CHUNKED "-2\r\nab\r\n0\r\n\r\n"), INVALID, LENGTH},
    {BYTES(CHUNKED "fffffffffffffffff\r\n"), INVALID, LENGTH},
    {BYTES(CHUNKED "2\nab\r\n0\r\n\r\n"), INVALID, "malformed request"},
    {BYTES(CHUNKED "2\r\nabc\r\n0\r\n\r\n"), INVALID, "malformed request"},
    {BYTES(CHUNKED "2;\x01\r\nab\r\n0\r\n\r\n"), INVALID, "malformed request"},
    /* expectations and codings */
    {BYTES("POST /echo HTTP/1.1\r\n" H "Expect: a miracle\r\nContent-Length: 2\r\n\r\nab"),
     "417 Expectation Failed", 1210, "EXPECTATION_FAILED", "VALIDATION",
     "the expectation cannot be met"},
    {BYTES("POST /echo HTTP/1.1\r\n" H "Content-Length: 100001\r\n\r\n"), "413 Content Too Large",
     1207, "BODY_TOO_LARGE", "VALIDATION", "the body is too large"},
    /* cut off */
    {BYTES("GET / HTTP/1.1\r\nHost"), INVALID, "the connection ended before the request did"},
    {BYTES("POST /echo HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nab"), INVALID,
     "the connection ended before the request did"},
};

/* Every refusal closes, so that no second request is read from a stream whose
 * framing is in doubt. */
static char *expected(const struct refusal *r)
{
    char body[1024], *text = malloc(2048);

    snprintf(body, sizeof(body),
             "{\"error\":{\"code\":%d,\"error_code\":\"%s\",\"category\":\"%s\","
             "\"message\":\"%s\"},\"meta\":{\"timestamp\":\"*\",\"request_id\":\"*\","
             "\"documentation_url\":\"/docs/errors#%d\"}}",
             r->code, r->name, r->category, r->message, r->code);
    snprintf(text, 2048,
             "HTTP/1.1 %s\r\nDate: *\r\nX-Request-Id: *\r\nContent-Type: application/json\r\n"
             "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
             r->line, strlen(body) + 32 - 1 + 24 - 1, body);
    return text;
}

static void refuses_what_it_must(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal *r = &refusals[i];
        char *want, *got;

        if (!r->message)
            continue;
        want = expected(r);
        got = exchange(f, r->bytes, r->len);
        if (strcmp(want, got) != 0)
            print_error("request %zu: %.*s\n", i, (int)r->len, r->bytes);
        assert_string_equal(got, want);
        free(want);
        free(got);
    }
}

static void refuses_the_same_at_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal *r = &refusals[i];

        for (size_t at = 1; at < r->len; at++) {
            char *got = exchange_split(f, r->bytes, r->len, at);

            if (status_at(got, 0) != atoi(r->line) || status_at(got, 1) != 0)
                print_error("request %zu split at %zu: %.*s\n", i, at, (int)r->len, r->bytes);
            assert_int_equal(status_at(got, 0), atoi(r->line));
            assert_int_equal(status_at(got, 1), 0);
            free(got);
        }
    }
}

/* --- good requests -------------------------------------------------------- */

static void answers_a_request_byte_for_byte(void **state)
{
    char *got = exchange(f, BYTES("GET /hello/world HTTP/1.1\r\nHost: a\r\n\r\n"));

    (void)state;
    assert_string_equal(got, "HTTP/1.1 200 OK\r\nDate: *\r\nX-Request-Id: *\r\n"
                             "Content-Type: application/json\r\n"
                             "Cache-Control: private, max-age=60\r\n"
                             "Content-Length: 17\r\n\r\n{\"hello\":\"world\"}");
    free(got);
}

static const char *const good[] = {
    "GET /hello/world HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /show/%C3%A9%2Fb/../c?q=a+b%26c&z HTTP/1.1\r\nHost: a\r\nX-Test: 1 \r\nx-test:2\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world",
    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
    "5;a=b;c=\"d\"\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nX-Trailer: t\r\n\r\n",
    "POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
    "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "\r\n\r\nGET /etag HTTP/1.1\r\nHost: [::1]:80\r\nIf-None-Match: W/\"v0\", \"v1\"\r\n\r\n",
    "GET http://other:1/show/x?q=1 HTTP/1.1\r\nHost: a\r\n\r\n",
    "HEAD /hello/world HTTP/1.1\r\nHost: a\r\n\r\nGET /fields HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /hello/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /hello/b HTTP/1.0\r\n\r\n",
};

static void answers_the_same_at_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        size_t len = strlen(good[i]);
        char *want;

        plugin_reset();
        want = exchange(f, good[i], len);
        assert_in_range(status_at(want, 0), 200, 304);
        for (size_t at = 1; at < len; at++) {
            char *got;

            plugin_reset();
            got = exchange_split(f, good[i], len, at);
            if (strcmp(want, got) != 0)
                print_error("request %zu split at %zu\n", i, at);
            assert_string_equal(got, want);
            free(got);
        }
        free(want);
    }
}

static void understands_path_query_and_fields(void **state)
{
    char *got = exchange(f, good[1], strlen(good[1]));

    (void)state;
    assert_string_equal(body_of(got), "path=/show/c rest=c q=a b&c x=1, 2 trace=");
    assert_true(has_line(got, "Cache-Control: no-store"));
    free(got);
    got = exchange(f, BYTES("GET /show/a%2Fb%2fc HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_string_equal(body_of(got), "path=/show/a%2Fb%2Fc rest=a/b/c q= x= trace=");
    free(got);
}

static void takes_a_valid_traceparent_only(void **state)
{
#define TP "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    char *got =
        exchange(f, BYTES("GET /show/x HTTP/1.1\r\nHost: a\r\ntraceparent: " TP "\r\n\r\n"));

    (void)state;
    assert_non_null(strstr(got, "trace=" TP));
    free(got);
    got = exchange(f, BYTES("GET /show/x HTTP/1.1\r\nHost: a\r\ntraceparent: " TP "-x\r\n\r\n"));
    assert_null(strstr(got, "trace=00"));
    free(got);
    got = exchange(f, BYTES("GET /show/x HTTP/1.1\r\nHost: a\r\ntraceparent: "
                            "00-00000000000000000000000000000000-00f067aa0ba902b7-01\r\n\r\n"));
    assert_null(strstr(got, "trace=00"));
    free(got);
}

static void keeps_a_sane_request_id(void **state)
{
    struct client c = client_open(f);

    (void)state;
    client_text(&c, "GET /hello/a HTTP/1.1\r\nHost: a\r\nX-Request-Id: my-id.1_2\r\n\r\n");
    client_await_text(&c, "}");
    assert_true(has_line(c.bytes, "X-Request-Id: my-id.1_2"));
    client_forget(&c);
    client_text(&c, "GET /hello/a HTTP/1.1\r\nHost: a\r\nX-Request-Id: not sane\r\n\r\n");
    client_await_text(&c, "}");
    assert_null(strstr(c.bytes, "not sane"));
    assert_int_equal(strspn(strstr(c.bytes, "X-Request-Id: ") + 14, "0123456789abcdef"), 32);
    client_close(&c);
}

/* --- methods -------------------------------------------------------------- */

static void answers_head_without_a_body(void **state)
{
    char *got = exchange(f, BYTES("HEAD /hello/world HTTP/1.1\r\nHost: a\r\n\r\n"));

    (void)state;
    assert_int_equal(status_at(got, 0), 200);
    assert_true(has_line(got, "Content-Length: 17"));
    assert_string_equal(body_of(got), "");
    free(got);
    got = exchange(f, BYTES("HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(status_at(got, 0), 404);
    assert_string_equal(body_of(got), "");
    free(got);
    got = exchange(f, BYTES("HEAD /drip?n=2 HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(status_at(got, 0), 200);
    assert_string_equal(body_of(got), "");
    free(got);
}

static void tells_what_a_path_allows(void **state)
{
    char *got = exchange(f, BYTES("OPTIONS /echo HTTP/1.1\r\nHost: a\r\n\r\n"));

    (void)state;
    assert_int_equal(status_at(got, 0), 204);
    assert_true(has_line(got, "Allow: POST, PUT, OPTIONS"));
    free(got);
    got = exchange(f, BYTES("DELETE /hello/x HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(status_at(got, 0), 405);
    assert_true(has_line(got, "Allow: GET, HEAD, OPTIONS"));
    assert_non_null(strstr(got, "\"code\":1302"));
    assert_false(has_line(got, "Connection: close"));
    free(got);
    got = exchange(f, BYTES("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(status_at(got, 0), 204);
    assert_true(has_line(got, "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
    free(got);
    got = exchange(f, BYTES("OPTIONS /nowhere HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(status_at(got, 0), 404);
    free(got);
    got = exchange(f, BYTES("OPTIONS /own-options HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_string_equal(body_of(got), "ignored");
    free(got);
}

static void checks_query_parameters(void **state)
{
    char *got = exchange(f, BYTES("GET /checked?limt=1 HTTP/1.1\r\nHost: a\r\n\r\n"));

    (void)state;
    assert_int_equal(status_at(got, 0), 400);
    assert_non_null(strstr(got, "\"code\":1202"));
    assert_non_null(
        strstr(got, "unknown query parameter \\\"limt\\\"; did you mean \\\"limit\\\"?"));
    assert_non_null(strstr(got, "\"field\":\"limt\""));
    free(got);
    got = exchange(f, BYTES("GET /checked?limit=1&limit=2 HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(status_at(got, 0), 400);
    assert_non_null(strstr(got, "\"code\":1200"));
    free(got);
    got = exchange(f, BYTES("GET /show/a?q=%f HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(status_at(got, 0), 400);
    assert_non_null(strstr(got, "the query has a malformed escape or is not UTF-8"));
    free(got);
    got = exchange(f, BYTES("GET /checked?tag=1&tag=2&limit=3 HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(status_at(got, 0), 200);
    free(got);
}

/* --- errors of handlers ---------------------------------------------------- */

static void turns_errors_into_answers(void **state)
{
    char *got = exchange(f, BYTES("GET /error/busy HTTP/1.1\r\nHost: a\r\n\r\n"));

    (void)state;
    assert_int_equal(status_at(got, 0), 503);
    assert_true(has_line(got, "Retry-After: 1"));
    free(got);
    got = exchange(f, BYTES("GET /error/auth HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(status_at(got, 0), 401);
    assert_true(has_line(got, "WWW-Authenticate: Bearer"));
    free(got);
    got = exchange(f, BYTES("GET /error/rate HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(status_at(got, 0), 429);
    assert_true(has_line(got, "Retry-After: 1"));
    free(got);
    got = exchange(f, BYTES("GET /error/x%22%0a HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(status_at(got, 0), 400);
    assert_non_null(strstr(got, "\"message\":\"limit is \\\"x\\\"\\n\\\"\",\"field\":\"limit\""));
    free(got);
    got = exchange(f, BYTES("GET /none HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_int_equal(status_at(got, 0), 500);
    assert_non_null(strstr(got, "\"code\":1900"));
    free(got);
}

static void refuses_fields_that_would_break_the_answer(void **state)
{
    char *got = exchange(f, BYTES("GET /fields HTTP/1.1\r\nHost: a\r\n\r\n"));

    (void)state;
    assert_string_equal(got, "HTTP/1.1 204 No Content\r\nDate: *\r\nX-Request-Id: *\r\n"
                             "X-One: 1\r\n\r\n");
    free(got);
}

static void answers_304_when_the_tag_matches(void **state)
{
    char *got =
        exchange(f, BYTES("GET /etag HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"v1\"\r\n\r\n"));

    (void)state;
    assert_string_equal(got, "HTTP/1.1 304 Not Modified\r\nDate: *\r\nX-Request-Id: *\r\n"
                             "ETag: \"v1\"\r\n\r\n");
    free(got);
    got = exchange(f, BYTES("GET /etag HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"v2\"\r\n\r\n"));
    assert_int_equal(status_at(got, 0), 200);
    free(got);
}

/* --- limits --------------------------------------------------------------- */

static char *long_request(const char *before, size_t n, const char *after, size_t *ret_len)
{
    size_t a = strlen(before), b = strlen(after);
    char *text = malloc(a + n + b + 1);

    memcpy(text, before, a);
    memset(text + a, 'x', n);
    memcpy(text + a + n, after, b + 1);
    *ret_len = a + n + b;
    return text;
}

static int status_of_long(const char *before, size_t n, const char *after)
{
    size_t len;
    char *text = long_request(before, n, after, &len);
    char *got = exchange(f, text, len);
    int status = status_at(got, 0);

    free(text);
    free(got);
    return status;
}

static void limits_what_a_header_may_hold(void **state)
{
    char many[8192] = "GET /hello/a HTTP/1.1\r\nHost: a\r\n";
    char *got;

    (void)state;
    assert_int_equal(status_of_long("GET /hello/", 2000, " HTTP/1.1\r\nHost: a\r\n\r\n"), 200);
    assert_int_equal(status_of_long("GET /hello/", 3000, " HTTP/1.1\r\nHost: a\r\n\r\n"), 414);
    assert_int_equal(status_of_long("GET /hello/a HTTP/1.1\r\nHost: a\r\nX: ", 8000, "\r\n\r\n"),
                     200);
    assert_int_equal(status_of_long("GET /hello/a HTTP/1.1\r\nHost: a\r\nX: ", 9000, "\r\n\r\n"),
                     431);
    assert_int_equal(status_of_long("GET /hello/a HTTP/1.1\r\nHost: a\r\n", 300000, ": \r\n\r\n"),
                     431);
    for (int i = 0; i < 100; i++)
        strcat(many, "X: 1\r\n");
    strcat(many, "\r\n");
    got = exchange(f, many, strlen(many));
    assert_int_equal(status_at(got, 0), 431);
    free(got);
}

static void limits_trailers_and_chunk_extensions(void **state)
{
    (void)state;
    assert_int_equal(status_of_long(CHUNKED "0\r\nX: ", 9000, "\r\n\r\n"), 431);
    assert_int_equal(status_of_long(CHUNKED "1;", 9000, "\r\na\r\n0\r\n\r\n"), 400);
}

static void limits_a_chunked_body(void **state)
{
    (void)state;
    assert_int_equal(status_of_long(CHUNKED "18000\r\n", 0x18000, "\r\n0\r\n\r\n"), 200);
    assert_int_equal(status_of_long(CHUNKED "18700\r\n", 0x18700, "\r\n0\r\n\r\n"), 413);
    assert_int_equal(
        status_of_long("POST /ignore HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "3e9\r\n",
                       1001, "\r\n0\r\n\r\n"),
        413);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refuses_what_it_must, open_server, close_server),
        cmocka_unit_test_setup_teardown(refuses_the_same_at_every_split, open_server, close_server),
        cmocka_unit_test_setup_teardown(answers_a_request_byte_for_byte, open_server, close_server),
        cmocka_unit_test_setup_teardown(answers_the_same_at_every_split, open_server, close_server),
        cmocka_unit_test_setup_teardown(understands_path_query_and_fields, open_server,
                                        close_server),
        cmocka_unit_test_setup_teardown(takes_a_valid_traceparent_only, open_server, close_server),
        cmocka_unit_test_setup_teardown(keeps_a_sane_request_id, open_server, close_server),
        cmocka_unit_test_setup_teardown(answers_head_without_a_body, open_server, close_server),
        cmocka_unit_test_setup_teardown(tells_what_a_path_allows, open_server, close_server),
        cmocka_unit_test_setup_teardown(checks_query_parameters, open_server, close_server),
        cmocka_unit_test_setup_teardown(turns_errors_into_answers, open_server, close_server),
        cmocka_unit_test_setup_teardown(refuses_fields_that_would_break_the_answer, open_server,
                                        close_server),
        cmocka_unit_test_setup_teardown(answers_304_when_the_tag_matches, open_server,
                                        close_server),
        cmocka_unit_test_setup_teardown(limits_what_a_header_may_hold, open_server, close_server),
        cmocka_unit_test_setup_teardown(limits_trailers_and_chunk_extensions, open_server,
                                        close_server),
        cmocka_unit_test_setup_teardown(limits_a_chunked_body, open_server, close_server),
    };
    return cmocka_run_group_tests_name("conformance", tests, NULL, NULL);
}
