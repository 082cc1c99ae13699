/* SPDX-License-Identifier: Apache-2.0 */
#include <observatory/json.h>

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

struct bench {
    obs_arena *arena;
    obs_buf *buf;
    obs_jw *jw;
};

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));

    b->arena = obs_arena_create(0);
    b->buf = obs_buf_new(b->arena, 0);
    b->jw = obs_jw_new(b->arena, b->buf);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    obs_arena_destroy(b->arena);
    free(b);
    return 0;
}

/* Compares with what was written so far and empties the buffer. */
static void wrote(struct bench *b, const char *expected)
{
    obs_buf_append(b->buf, "", 1);
    assert_int_equal(obs_buf_error(b->buf), OBS_OK);
    assert_string_equal(obs_buf_str(b->buf).ptr, expected);
    obs_buf_truncate(b->buf, 0);
    b->jw = obs_jw_new(b->arena, b->buf);
}

static void writes_commas_where_they_belong(void **state)
{
    struct bench *b = *state;

    obs_jw_object(b->jw);
    obs_jw_key(b->jw, "a");
    obs_jw_array(b->jw);
    obs_jw_int(b->jw, 1);
    obs_jw_object(b->jw);
    obs_jw_end_object(b->jw);
    obs_jw_null(b->jw);
    obs_jw_end_array(b->jw);
    obs_jw_key(b->jw, "b\"");
    obs_jw_bool(b->jw, 1);
    obs_jw_key(b->jw, "c");
    obs_jw_raw(b->jw, obs_str_of("[2]"));
    obs_jw_key(b->jw, "d");
    obs_jw_raw(b->jw, obs_str_of(NULL));
    obs_jw_end_object(b->jw);
    wrote(b, "{\"a\":[1,{},null],\"b\\\"\":true,\"c\":[2],\"d\":null}");
}

static void escapes_what_must_be_escaped(void **state)
{
    struct bench *b = *state;

    obs_jw_str(b->jw, obs_str_n("\"\\\b\f\n\r\t\0\x1f\x7f/", 11));
    wrote(b, "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\x7f/\"");
    obs_jw_str(b->jw, obs_str_of("Grüße 世界 🚀 and a long clean run of ASCII text"));
    wrote(b, "\"Grüße 世界 🚀 and a long clean run of ASCII text\"");
    obs_jw_str(b->jw, obs_str_of(NULL));
    wrote(b, "\"\"");
}

static void replaces_what_is_not_utf8(void **state)
{
    struct bench *b = *state;

    obs_jw_str(b->jw, obs_str_of("a\xff-\xc0\xaf-\xed\xa0\x80-\xf4\x90\x80\x80-\xe4\xb8"));
    wrote(b, "\"a\xef\xbf\xbd-\xef\xbf\xbd\xef\xbf\xbd-\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd-"
             "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd-\xef\xbf\xbd\xef\xbf\xbd\"");
}

/* Every single byte in every position of a word: what is written reads back. */
static void any_bytes_read_back(void **state)
{
    struct bench *b = *state;
    const obs_json *value;
    char text[20];

    for (int c = 0; c < 128; c++)
        for (size_t at = 0; at < sizeof(text); at++) {
            memset(text, 'x', sizeof(text));
            text[at] = (char)c;
            obs_jw_str(b->jw, obs_str_n(text, sizeof(text)));
            assert_int_equal(obs_json_parse(b->arena, obs_buf_str(b->buf), &value, NULL), OBS_OK);
            assert_true(obs_str_eq(obs_json_str(value), obs_str_n(text, sizeof(text))));
            obs_buf_truncate(b->buf, 0);
            b->jw = obs_jw_new(b->arena, b->buf);
        }
}

/* A slow escape after RFC 8259 to hold the fast one against. */
static void escape_slowly(char *to, const unsigned char *p, size_t len)
{
    *to++ = '"';
    for (size_t i = 0; i < len; i++) {
        const char *found = strchr("\"\"\\\\\bb\ff\nn\rr\tt", p[i]);
        if (p[i] < 0x20 || p[i] == '"' || p[i] == '\\')
            to += p[i] && found && (found[1] == found[0] || p[i] < 0x20)
                      ? sprintf(to, "\\%c", found[1])
                      : sprintf(to, "\\u%04x", p[i]);
        else if (p[i] < 0x80)
            *to++ = (char)p[i];
        else
            to += sprintf(to, "\xef\xbf\xbd");
    }
    strcpy(to, "\"");
}

/* Bytes from few kinds in every length and start: what word-wise copying could
 * get wrong. No byte above 0x7f is part of a sequence here. */
static void escapes_like_the_slow_way(void **state)
{
    static const unsigned char kinds[] = {'a', 'z',  ' ',  '"',  '\\', '\n',
                                          0,   0x1f, 0x7f, 0x80, 0xff};
    struct bench *b = *state;
    uint64_t random = 88172645463325252;
    unsigned char text[64];
    char expected[8 * sizeof(text)];

    for (int round = 0; round < 50000; round++) {
        size_t len = (size_t)round % 40;
        for (size_t i = 0; i < len; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            text[i] = kinds[random % 100 < 60 ? random % 3 : random % sizeof(kinds)];
        }
        escape_slowly(expected, text, len);
        obs_jw_str(b->jw, obs_str_n((const char *)text, len));
        wrote(b, expected);
    }
}

static size_t write_sample(struct bench *b, size_t limit_bytes, int *ret_error)
{
    static const char text[] = "plain text and \"quotes\" \n\x01 and \xc3\xa9 and \xff";
    obs_buf *out = obs_buf_new(b->arena, limit_bytes);
    obs_jw *jw = obs_jw_new(b->arena, out);

    obs_jw_object(jw);
    for (int i = 0; i < 2; i++) {
        obs_jw_key(jw, i ? "b" : "a\t");
        obs_jw_str(jw, obs_str_of(text));
    }
    obs_jw_end_object(jw);
    *ret_error = obs_buf_error(out);
    return obs_buf_str(out).len;
}

/* Every limit from nothing to enough: all of it, or an error, never a crash. */
static void a_limit_stops_at_any_place(void **state)
{
    size_t full, len;
    int error;

    full = write_sample(*state, 0, &error);
    assert_int_equal(error, OBS_OK);
    for (size_t limit = 1; limit < full + 20; limit++) {
        len = write_sample(*state, limit, &error);
        assert_int_equal(error, limit < full ? OBS_E_TOO_LARGE : OBS_OK);
        assert_true(len <= limit);
    }
}

static void nests_64_levels_and_no_more(void **state)
{
    struct bench *b = *state;
    const obs_json *value;
    int status;
    pid_t child;

    for (int i = 0; i < 64; i++)
        obs_jw_array(b->jw);
    obs_jw_int(b->jw, 1);
    obs_jw_int(b->jw, 2);
    child = fork();
    if (child == 0) {
        freopen("/dev/null", "w", stderr);
        obs_jw_array(b->jw);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    for (int i = 0; i < 64; i++)
        obs_jw_end_array(b->jw);
    assert_int_equal(obs_json_parse(b->arena, obs_buf_str(b->buf), &value, NULL), OBS_OK);
}

static void writes_numbers_exactly(void **state)
{
    struct bench *b = *state;

    obs_jw_array(b->jw);
    obs_jw_int(b->jw, INT64_MIN);
    obs_jw_int(b->jw, INT64_MAX);
    obs_jw_uint(b->jw, UINT64_MAX);
    obs_jw_int(b->jw, 0);
    obs_jw_double(b->jw, 0.1);
    obs_jw_double(b->jw, 1e300);
    obs_jw_double(b->jw, -2.5);
    obs_jw_double(b->jw, 1.0 / 3);
    obs_jw_double(b->jw, 42);
    obs_jw_double(b->jw, NAN);
    obs_jw_double(b->jw, INFINITY);
    obs_jw_end_array(b->jw);
    wrote(b, "[-9223372036854775808,9223372036854775807,18446744073709551615,0,0.1,1e+300,-2.5,"
             "0.3333333333333333,42,null,null]");
}

/* The digits of the shortest decimal that reads back, found by trying all. */
static size_t fewest_digits(double value)
{
    char text[40];

    for (int precision = 1;; precision++) {
        snprintf(text, sizeof(text), "%.*e", precision - 1, value);
        if (strtod(text, NULL) == value)
            return (size_t)precision;
    }
}

static size_t significant_digits(const char *text)
{
    size_t n = 0, zeros = 0;

    for (; *text && *text != 'e'; text++) {
        if (*text == '0' && n > 0)
            zeros++;
        else if (*text >= '1' && *text <= '9') {
            n += zeros + 1;
            zeros = 0;
        }
    }
    return n;
}

static void check_double(struct bench *b, double value)
{
    double back;

    obs_jw_double(b->jw, value);
    obs_buf_append(b->buf, "", 1);
    back = strtod(obs_buf_str(b->buf).ptr, NULL);
    assert_memory_equal(&back, &value, sizeof(value));
    if (value != 0)
        assert_int_equal(significant_digits(obs_buf_str(b->buf).ptr), fewest_digits(value));
    obs_buf_truncate(b->buf, 0);
    b->jw = obs_jw_new(b->arena, b->buf);
}

static void doubles_read_back_and_are_short(void **state)
{
    static const double special[] = {
        0.0,        -0.0,     5e-324,    -5e-324,  DBL_MIN,  DBL_MAX,    -DBL_MAX,
        1e15,       1e15 + 2, 1e22,      1e23,     0.1,      0.3,        0.7,
        123456.789, 1e-6,     1.5e-6,    1e-7,     2.5e-310, 999999999,  0.000001,
        1e21,       4.35,     100.0 / 3, 1e9 + .1, -1e-5,    1e14 + 0.5, 9007199254740993.0,
        0.1 + 0.2};
    struct bench *b = *state;
    uint64_t random = 88172645463325252;

    for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
        check_double(b, special[i]);
    for (int i = 0; i < 20000; i++) {
        double value;
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        memcpy(&value, &random, sizeof(value));
        if (isfinite(value))
            check_double(b, value);
        check_double(b, (double)(int32_t)random / 1000);
        check_double(b, (double)(random % 1000000000) * 1e-9);
    }
}

static void writes_fixed_point_exactly(void **state)
{
    struct bench *b = *state;

    obs_jw_array(b->jw);
    obs_jw_fixed(b->jw, 1500000000, 9);
    obs_jw_fixed(b->jw, 1, 9);
    obs_jw_fixed(b->jw, -1, 9);
    obs_jw_fixed(b->jw, 0, 9);
    obs_jw_fixed(b->jw, 3000000000, 9);
    obs_jw_fixed(b->jw, 321000, 6);
    obs_jw_fixed(b->jw, 12345, 0);
    obs_jw_fixed(b->jw, INT64_MIN, 18);
    obs_jw_fixed(b->jw, INT64_MAX, 9);
    obs_jw_end_array(b->jw);
    wrote(b, "[1.5,0.000000001,-0.000000001,0,3,0.321,12345,-9.223372036854775808,"
             "9223372036.854775807]");
}

static void writes_times_of_every_kind(void **state)
{
    struct bench *b = *state;

    obs_jw_array(b->jw);
    obs_jw_time(b->jw, 0);
    obs_jw_time(b->jw, -1);
    obs_jw_time(b->jw, INT64_C(1709164800123000000)); /* a leap day */
    obs_jw_time(b->jw, INT64_C(951782400000001000));  /* 2000-02-29 */
    obs_jw_time(b->jw, INT64_C(4107542400000000000)); /* 2100 is no leap year */
    obs_jw_time(b->jw, INT64_MAX);
    obs_jw_time(b->jw, INT64_MIN);
    obs_jw_end_array(b->jw);
    wrote(b, "[\"1970-01-01T00:00:00Z\",\"1969-12-31T23:59:59.999999999Z\","
             "\"2024-02-29T00:00:00.123Z\",\"2000-02-29T00:00:00.000001Z\","
             "\"2100-03-01T00:00:00Z\",\"2262-04-11T23:47:16.854775807Z\","
             "\"1677-09-21T00:12:43.145224192Z\"]");
}

/* Each day that nanoseconds can tell, held against the C library's calendar. */
static void every_day_is_the_calendars(void **state)
{
    struct bench *b = *state;

    for (int64_t day = -106751; day <= 106750; day++) {
        time_t seconds = (time_t)(day * 86400 + 86399);
        char expected[40];
        struct tm tm;
        gmtime_r(&seconds, &tm);
        strftime(expected, sizeof(expected), "\"%Y-%m-%dT%H:%M:%SZ\"", &tm);
        obs_jw_time(b->jw, seconds * INT64_C(1000000000));
        wrote(b, expected);
    }
}

static void writes_hexadecimal(void **state)
{
    struct bench *b = *state;

    obs_jw_hex(b->jw, (const uint8_t *)"\x00\x9f\xff", 3);
    wrote(b, "\"009fff\"");
}

static void a_full_buffer_is_an_error_not_a_crash(void **state)
{
    struct bench *b = *state;
    obs_buf *small = obs_buf_new(b->arena, 20);
    obs_jw *jw = obs_jw_new(b->arena, small);

    obs_jw_object(jw);
    for (int i = 0; i < 10; i++) {
        obs_jw_key(jw, "key");
        obs_jw_str(jw, obs_str_of("some value"));
    }
    obs_jw_end_object(jw);
    assert_int_equal(obs_buf_error(small), OBS_E_TOO_LARGE);
}

static int join_keys(obs_str key, const obs_json *value, void *user)
{
    char *keys = user;
    (void)value;
    strncat(keys, key.ptr, key.len);
    return keys[0] == 'z' ? 7 : 0;
}

static void reads_a_tree(void **state)
{
    struct bench *b = *state;
    const obs_json *v;
    char keys[8] = "";

    assert_int_equal(obs_json_parse(b->arena,
                                    obs_str_of("{\"n\":-7,\"r\":2.9,\"s\":\"x\\u0000y\",\"t\":true,"
                                               "\"a\":[1,null],\"o\":{}}"),
                                    &v, NULL),
                     OBS_OK);
    assert_int_equal(obs_json_type(v), OBS_JSON_OBJECT);
    assert_int_equal(obs_json_count(v), 6);
    assert_int_equal(obs_json_int(obs_json_get(v, "n")), -7);
    assert_int_equal(obs_json_int(obs_json_get(v, "r")), 2);
    assert_true(obs_json_double(obs_json_get(v, "r")) == 2.9);
    assert_true(obs_str_eq(obs_json_str(obs_json_get(v, "s")), obs_str_n("x\0y", 3)));
    assert_true(obs_json_bool(obs_json_get(v, "t")));
    assert_int_equal(obs_json_count(obs_json_get(v, "a")), 2);
    assert_int_equal(obs_json_type(obs_json_at(obs_json_get(v, "a"), 1)), OBS_JSON_NULL);
    assert_null(obs_json_at(obs_json_get(v, "a"), 2));
    assert_null(obs_json_get(v, "absent"));
    assert_int_equal(obs_json_int(NULL), 0);
    assert_int_equal(obs_json_each(v, join_keys, keys), 0);
    assert_string_equal(keys, "nrstao");
}

static void says_where_a_text_breaks(void **state)
{
    struct bench *b = *state;
    const obs_json *v;
    obs_json_error error = {.size = sizeof(error)};
    char deep[200];

    assert_int_equal(obs_json_parse(b->arena, obs_str_of("{\n  \"a\": ]"), &v, &error),
                     OBS_E_SYNTAX);
    assert_int_equal(error.line, 2);
    assert_true(error.column > 0);
    assert_true(strlen(error.text) > 0);
    assert_int_equal(obs_json_parse(b->arena, obs_str_of("{\"a\":1,\"a\":2}"), &v, &error),
                     OBS_E_SYNTAX);
    assert_int_equal(obs_json_parse(b->arena, obs_str_of(""), &v, &error), OBS_E_SYNTAX);
    assert_int_equal(obs_json_parse(b->arena, obs_str_of("1 2"), &v, &error), OBS_E_SYNTAX);
    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    assert_int_equal(obs_json_parse(b->arena, obs_str_n(deep, 200), &v, &error), OBS_E_SYNTAX);
    assert_non_null(strstr(error.text, "64"));
}

static void says_where_a_text_is_too_deep(void **state)
{
    struct bench *b = *state;
    const obs_json *v;
    obs_json_error error = {.size = sizeof(error)};
    char text[400] = "[\n\"\xc3\xa9[[\\\"[\",[]";
    size_t at = strlen(text);

    memset(text + at, ',', 1);
    memset(text + at + 1, '[', 63);
    memset(text + at + 64, ']', 64);
    assert_int_equal(obs_json_parse(b->arena, obs_str_of(text), &v, &error), OBS_OK);
    memset(text + at + 1, '[', 64);
    memset(text + at + 65, ']', 65);
    assert_int_equal(obs_json_parse(b->arena, obs_str_of(text), &v, &error), OBS_E_SYNTAX);
    assert_int_equal(error.line, 2);
    assert_int_equal(error.offset, at + 64);
    assert_int_equal(error.column, at + 64 - 2 + 1 - 1); /* one character of two bytes */
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(writes_commas_where_they_belong),
        WITH(escapes_what_must_be_escaped),
        WITH(replaces_what_is_not_utf8),
        WITH(any_bytes_read_back),
        WITH(escapes_like_the_slow_way),
        WITH(a_limit_stops_at_any_place),
        WITH(nests_64_levels_and_no_more),
        WITH(writes_numbers_exactly),
        WITH(doubles_read_back_and_are_short),
        WITH(writes_fixed_point_exactly),
        WITH(writes_times_of_every_kind),
        WITH(every_day_is_the_calendars),
        WITH(writes_hexadecimal),
        WITH(a_full_buffer_is_an_error_not_a_crash),
        WITH(reads_a_tree),
        WITH(says_where_a_text_breaks),
        WITH(says_where_a_text_is_too_deep),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
