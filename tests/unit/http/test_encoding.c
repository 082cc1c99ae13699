/* SPDX-License-Identifier: Apache-2.0 */
/* Codings by themselves, and on the wire in both directions. */
#include "fixture.h"
#include "http/encoding.h"
#include "plugin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

struct bytes {
    char *ptr;
    size_t len, cap;
};

static int collect(void *user, const char *bytes, size_t len)
{
    struct bytes *b = user;

    if (b->len + len + 1 > b->cap) {
        b->cap = (b->len + len + 1) * 2;
        b->ptr = realloc(b->ptr, b->cap);
    }
    memcpy(b->ptr + b->len, bytes, len);
    b->len += len;
    b->ptr[b->len] = 0;
    return OBS_OK;
}

static struct bytes encoded(enum coding coding, obs_str text)
{
    struct encoder *encoder = encoder_create(coding, 3);
    struct bytes b = {0};

    assert_int_equal(encoder_run(encoder, text, ENCODE_END, collect, &b), OBS_OK);
    encoder_destroy(encoder);
    return b;
}

/* Decodes in steps of `in` and `room` bytes; OBS_E_* when refused. */
static int decoded(enum coding coding, obs_str text, size_t step, size_t room, struct bytes *ret)
{
    struct decoder *decoder = decoder_create(coding);
    char *out = malloc(room);
    int rc = OBS_OK;

    *ret = (struct bytes){0};
    while (text.len > 0 && rc == OBS_OK) {
        obs_str in = obs_str_n(text.ptr, text.len < step ? text.len : step);
        size_t len = 0, given = in.len;

        do {
            rc = decoder_step(decoder, &in, out, room, &len);
            if (rc == OBS_OK)
                collect(ret, out, len);
        } while (rc == OBS_OK && (in.len > 0 || len == room));
        text = obs_str_n(text.ptr + given, text.len - given);
    }
    if (rc == OBS_OK && !decoder_complete(decoder))
        rc = OBS_E_MISSING;
    decoder_destroy(decoder);
    free(out);
    return rc;
}

static void gives_back_what_it_was_given(void **state)
{
    static const size_t sizes[] = {0, 1, 1000, 16384, 100000, 300001};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        for (int coding = CODING_GZIP; coding <= CODING_ZSTD; coding++) {
            char *text = malloc(sizes[i] + 1);
            struct bytes packed, plain;

            for (size_t k = 0; k < sizes[i]; k++)
                text[k] = (char)(k * k >> 7);
            packed = encoded((enum coding)coding, obs_str_n(text, sizes[i]));
            for (size_t step = 1; step < 100000; step *= 13) {
                if (step == 1 && sizes[i] > 16384)
                    continue;
                assert_int_equal(decoded((enum coding)coding, obs_str_n(packed.ptr, packed.len),
                                         step, step + 5, &plain),
                                 OBS_OK);
                assert_int_equal(plain.len, sizes[i]);
                if (sizes[i] > 0)
                    assert_memory_equal(plain.ptr, text, sizes[i]);
                free(plain.ptr);
            }
            free(packed.ptr);
            free(text);
        }
}

static void takes_several_members_and_refuses_garbage(void **state)
{
    (void)state;
    for (int coding = CODING_GZIP; coding <= CODING_ZSTD; coding++) {
        struct bytes packed = encoded((enum coding)coding, obs_str_of("hello "));
        struct bytes more = encoded((enum coding)coding, obs_str_of("world"));
        struct bytes plain;

        collect(&packed, more.ptr, more.len);
        assert_int_equal(
            decoded((enum coding)coding, obs_str_n(packed.ptr, packed.len), 3, 100, &plain),
            OBS_OK);
        assert_string_equal(plain.ptr, "hello world");
        free(plain.ptr);
        assert_int_equal(
            decoded((enum coding)coding, obs_str_n(packed.ptr, packed.len - 1), 7, 100, &plain),
            OBS_E_MISSING);
        free(plain.ptr);
        collect(&packed, "garbage!", 8);
        assert_int_equal(
            decoded((enum coding)coding, obs_str_n(packed.ptr, packed.len), 7, 100, &plain),
            OBS_E_SYNTAX);
        free(plain.ptr);
        free(packed.ptr);
        free(more.ptr);
    }
}

static void an_encoder_can_be_used_again(void **state)
{
    (void)state;
    for (int coding = CODING_GZIP; coding <= CODING_ZSTD; coding++) {
        struct encoder *encoder = encoder_create((enum coding)coding, 3);
        struct bytes a = {0}, plain;

        assert_int_equal(encoder_run(encoder, obs_str_of("left in the"), ENCODE_MORE, collect, &a),
                         OBS_OK);
        a.len = 0;
        assert_int_equal(encoder_reset(encoder, 1, 5), OBS_OK);
        assert_int_equal(encoder_run(encoder, obs_str_of("fresh"), ENCODE_END, collect, &a),
                         OBS_OK);
        assert_int_equal(decoded((enum coding)coding, obs_str_n(a.ptr, a.len), 99, 99, &plain),
                         OBS_OK);
        assert_string_equal(plain.ptr, "fresh");
        free(plain.ptr);
        free(a.ptr);
        encoder_destroy(encoder);
    }
}

static void negotiates_by_weight(void **state)
{
    static const struct {
        const char *field;
        enum coding coding;
    } cases[] = {
        {"gzip", CODING_GZIP},
        {"zstd", CODING_ZSTD},
        {"gzip, deflate, br, zstd", CODING_ZSTD},
        {"gzip;q=1, zstd;q=0.5", CODING_GZIP},
        {"gzip;q=0.5 , zstd ; q=0.5", CODING_ZSTD},
        {"gzip;q=0, zstd;q=0.0", CODING_IDENTITY},
        {"*", CODING_ZSTD},
        {"*;q=0", CODING_IDENTITY},
        {"zstd;q=0, *", CODING_GZIP},
        {"identity, gzip;q=0.5", CODING_IDENTITY},
        {"X-GZIP", CODING_GZIP},
        {"", CODING_IDENTITY},
        {"br", CODING_IDENTITY},
        {"gzip;q=2", CODING_IDENTITY},
        {"gzip;q=", CODING_IDENTITY},
        {"gzip;x=1", CODING_IDENTITY},
        {",,gzip,", CODING_GZIP},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum coding got = coding_negotiate(obs_str_of(cases[i].field));

        if (got != cases[i].coding)
            print_error("%s\n", cases[i].field);
        assert_int_equal(got, cases[i].coding);
    }
    assert_int_equal(coding_of_content(obs_str_of("GZip")), CODING_GZIP);
    assert_int_equal(coding_of_content(obs_str_of("")), CODING_IDENTITY);
    assert_int_equal(coding_of_content(obs_str_of("gzip, zstd")), CODING_UNKNOWN);
    assert_true(content_compressible(obs_str_of("Application/JSON; charset=utf-8")));
    assert_true(content_compressible(obs_str_of("image/svg+xml")));
    assert_false(content_compressible(obs_str_of("text/event-stream")));
    assert_false(content_compressible(obs_str_of("image/png")));
}

/* --- on the wire ---------------------------------------------------------- */

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

/* Posts `body` in chunks of `step` bytes; returns all that comes back. */
static struct client post(const char *path, const char *coding, obs_str body, size_t step)
{
    struct client c = client_open(f);
    char head[256];

    snprintf(head, sizeof(head),
             "POST %s HTTP/1.1\r\nHost: a\r\nContent-Encoding: %s\r\nConnection: close\r\n"
             "Transfer-Encoding: chunked\r\n\r\n",
             path, coding);
    client_text(&c, head);
    while (body.len > 0) {
        size_t n = body.len < step ? body.len : step;

        snprintf(head, sizeof(head), "%zx\r\n", n);
        client_text(&c, head);
        client_send(&c, body.ptr, n);
        client_text(&c, "\r\n");
        body = obs_str_n(body.ptr + n, body.len - n);
    }
    client_text(&c, "0\r\n\r\n");
    client_drain(&c);
    return c;
}

static void decodes_a_request_body(void **state)
{
    static const char *const names[] = {"", "gzip", "zstd"};
    char text[3000];

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i * i % 23);
    for (int coding = CODING_GZIP; coding <= CODING_ZSTD; coding++) {
        struct bytes packed = encoded((enum coding)coding, obs_str_n(text, sizeof(text)));
        struct client c;

        for (size_t step = 1; step < 4000; step = step * 3 + 1) {
            c = post("/echo", names[coding], obs_str_n(packed.ptr, packed.len), step);
            assert_int_equal(status_at(c.bytes, 0), 200);
            assert_int_equal(strlen(body_of(c.bytes)), sizeof(text));
            assert_memory_equal(body_of(c.bytes), text, sizeof(text));
            client_close(&c);
            c = post("/count", names[coding], obs_str_n(packed.ptr, packed.len), step);
            assert_string_equal(body_of(c.bytes), "3000");
            client_close(&c);
        }
        c = post("/raw", names[coding], obs_str_n(packed.ptr, packed.len), 100);
        assert_memory_equal(body_of(c.bytes), packed.ptr, packed.len);
        client_close(&c);
        c = post("/echo", names[coding], obs_str_n(packed.ptr, packed.len - 4), 100);
        assert_int_equal(status_at(c.bytes, 0), 400);
        assert_non_null(strstr(c.bytes, "\"code\":1206"));
        client_close(&c);
        c = post("/count", names[coding], obs_str_n(packed.ptr, packed.len - 4), 100);
        assert_int_equal(status_at(c.bytes, 0), 400);
        client_close(&c);
        free(packed.ptr);
    }
}

static void refuses_bombs_and_unknown_codings(void **state)
{
    static const char *const names[] = {"", "gzip", "zstd"};
    char *zeros = calloc(1, 50 << 20);
    struct client c;

    (void)state;
    for (int coding = CODING_GZIP; coding <= CODING_ZSTD; coding++) {
        struct bytes packed = encoded((enum coding)coding, obs_str_n(zeros, 50 << 20));

        c = post("/echo", names[coding], obs_str_n(packed.ptr, packed.len), 1000);
        assert_int_equal(status_at(c.bytes, 0), 413);
        assert_non_null(strstr(c.bytes, "\"code\":1207"));
        client_close(&c);
        c = post("/count", names[coding], obs_str_n(packed.ptr, packed.len), 1000);
        assert_int_equal(status_at(c.bytes, 0), 413);
        assert_int_equal(plugin_stream.status, OBS_E_TOO_LARGE);
        client_close(&c);
        free(packed.ptr);
    }
    free(zeros);
    c = post("/echo", "br", obs_str_of("x"), 1);
    assert_int_equal(status_at(c.bytes, 0), 415);
    assert_non_null(strstr(c.bytes, "\"code\":1208"));
    client_close(&c);
    c = post("/echo", "gzip", obs_str_of("not gzip at all"), 5);
    assert_int_equal(status_at(c.bytes, 0), 400);
    client_close(&c);
}

static struct client get(const char *path, const char *accept)
{
    struct client c = client_open(f);
    char head[256];

    snprintf(head, sizeof(head),
             "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept-Encoding: %s\r\n\r\n", path,
             accept);
    client_text(&c, head);
    client_drain(&c);
    return c;
}

static void compresses_what_is_worth_it(void **state)
{
    static const size_t sizes[] = {1024, 20000, 3000000};
    struct client c;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        for (int coding = CODING_GZIP; coding <= CODING_ZSTD; coding++) {
            char path[64], length[64];
            struct bytes plain;
            obs_str body;

            snprintf(path, sizeof(path), "/big?type=json&n=%zu", sizes[i]);
            c = get(path, coding == CODING_GZIP ? "gzip" : "gzip, zstd");
            assert_true(has_line(c.bytes, "Vary: Accept-Encoding"));
            assert_true(has_line(c.bytes, coding == CODING_GZIP ? "Content-Encoding: gzip"
                                                                : "Content-Encoding: zstd"));
            body = obs_str_of(body_of(c.bytes));
            body.len = (size_t)(c.bytes + c.len - body.ptr);
            snprintf(length, sizeof(length), "Content-Length: %zu", body.len);
            assert_true(has_line(c.bytes, length));
            assert_true(body.len < sizes[i]);
            assert_int_equal(decoded((enum coding)coding, body, 4096, 4096, &plain), OBS_OK);
            assert_int_equal(plain.len, sizes[i]);
            assert_int_equal(plain.ptr[sizes[i] - 1], 'a' + (sizes[i] - 1) % 26);
            free(plain.ptr);
            client_close(&c);
        }
    c = get("/big?type=json&n=1023", "gzip");
    assert_true(has_line(c.bytes, "Content-Length: 1023"));
    client_close(&c);
    c = get("/big?n=5000", "gzip"); /* octet-stream */
    assert_true(has_line(c.bytes, "Content-Length: 5000"));
    assert_false(has_line(c.bytes, "Vary: Accept-Encoding"));
    client_close(&c);
    c = get("/big?type=json&n=5000", "br");
    assert_true(has_line(c.bytes, "Content-Length: 5000"));
    assert_true(has_line(c.bytes, "Vary: Accept-Encoding"));
    client_close(&c);
}

/* Joins chunks at `body`, as far as they are complete. */
static struct bytes dechunked(const char *body)
{
    struct bytes b = {0};
    char *at;
    size_t len;

    while ((len = strtoul(body, &at, 16)) > 0) {
        collect(&b, at + 2, len);
        body = at + 2 + len + 2;
    }
    return b;
}

/* What came in while nothing more was sent must come out without waiting. */
static void compresses_a_stream_piece_by_piece(void **state)
{
    struct client c = client_open(f);
    struct bytes packed, plain;

    (void)state;
    client_text(&c, "POST /stream?type=json HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n"
                    "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n");
    client_await_text(&c, "\r\n\r\n");
    for (int i = 0; i < 100; i++)
        client_poll(&c);
    assert_true(has_line(c.bytes, "Content-Encoding: gzip"));
    packed = dechunked(body_of(c.bytes));
    assert_int_equal(decoded(CODING_GZIP, obs_str_n(packed.ptr, packed.len), 99, 99, &plain),
                     OBS_E_MISSING);
    assert_string_equal(plain.ptr, "hello");
    free(packed.ptr);
    free(plain.ptr);
    client_text(&c, "6\r\n world\r\n0\r\n\r\n");
    client_drain(&c);
    assert_memory_equal(c.bytes + c.len - 5, "0\r\n\r\n", 5);
    packed = dechunked(body_of(c.bytes));
    assert_int_equal(decoded(CODING_GZIP, obs_str_n(packed.ptr, packed.len), 99, 99, &plain),
                     OBS_OK);
    assert_string_equal(plain.ptr, "hello world");
    free(packed.ptr);
    free(plain.ptr);
    client_close(&c);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_server, close_server)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_what_it_was_given),
        cmocka_unit_test(takes_several_members_and_refuses_garbage),
        cmocka_unit_test(an_encoder_can_be_used_again),
        cmocka_unit_test(negotiates_by_weight),
        CASE(decodes_a_request_body),
        CASE(refuses_bombs_and_unknown_codings),
        CASE(compresses_what_is_worth_it),
        CASE(compresses_a_stream_piece_by_piece),
    };
    return cmocka_run_group_tests_name("encoding", tests, NULL, NULL);
}
