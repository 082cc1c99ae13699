/* SPDX-License-Identifier: Apache-2.0 */
/* Both OTLP decoders against encoders that were written apart from them. */
#include "fixture_encode.h"
#include "fixture_random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define CASES 2000

static int setup(void **state)
{
    *state = obs_arena_create(0);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    obs_arena_destroy(*state);
    return 0;
}

static void check_same(const struct otlp_batch *want, const struct otlp_batch *got, uint64_t seed,
                       const char *form)
{
    const char *why = "";

    if (!same_batch(want, got, &why))
        fail_msg("seed %llu, %s: %s differ", (unsigned long long)seed, form, why);
}

static void random_requests_decode_to_what_was_encoded(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        obs_arena *arena = obs_arena_create(0);
        struct otlp_batch want = {.arena = arena}, proto = {.arena = arena},
                          json = {.arena = arena};
        struct json_style style = style_of(seed);
        struct bytes proto_body = {0}, json_body = {0};
        struct decode_error error;
        char *copy;

        random_batch(&want, seed);
        encode_proto(&want, &proto_body);
        encode_json(&want, &style, &json_body);

        copy = exact_copy(bytes_str(&proto_body));
        if (otlp_proto_decode(obs_str_n(copy, proto_body.len), &proto, &error) < 0)
            fail_msg("seed %llu: %s", (unsigned long long)seed, error.text);
        check_same(&want, &proto, seed, "protobuf");
        free(copy);

        copy = exact_copy(bytes_str(&json_body));
        if (otlp_json_decode(obs_str_n(copy, json_body.len), &json, &error) < 0)
            fail_msg("seed %llu: %s", (unsigned long long)seed, error.text);
        check_same(&want, &json, seed, "JSON");
        free(copy);

        assert_int_equal(proto.n_replaced + json.n_replaced, 0);
        bytes_finish(&proto_body);
        bytes_finish(&json_body);
        obs_arena_destroy(arena);
    }
}

static void a_request_cut_at_any_byte_fails_or_is_a_shorter_one(void **state)
{
    struct otlp_batch want = {.arena = *state};
    struct json_style style = {0};
    struct bytes proto = {0}, json = {0};
    size_t n_refused = 0;

    for (uint64_t seed = 1; want.n_spans < 3; seed++) {
        want.n_spans = 0;
        random_batch(&want, seed);
    }
    encode_proto(&want, &proto);
    encode_json(&want, &style, &json);
    for (size_t len = 0; len < proto.len; len++) {
        obs_arena *arena = obs_arena_create(0);
        struct otlp_batch got = {.arena = arena};
        struct decode_error error;
        char *copy = exact_copy(obs_str_n(proto.data, len));
        int rc = otlp_proto_decode(obs_str_n(copy, len), &got, &error);

        /* only between two ResourceSpans is the rest a request of its own */
        assert_true(rc == OBS_E_SYNTAX || got.n_spans < want.n_spans);
        n_refused += rc == OBS_E_SYNTAX;
        if (rc < 0)
            assert_true(error.text[0] && error.offset <= len);
        free(copy);
        obs_arena_destroy(arena);
    }
    assert_true(n_refused > proto.len - 10);
    for (size_t len = 0; len < json.len; len++) {
        obs_arena *arena = obs_arena_create(0);
        struct otlp_batch got = {.arena = arena};
        struct decode_error error;
        char *copy = exact_copy(obs_str_n(json.data, len));

        assert_int_equal(otlp_json_decode(obs_str_n(copy, len), &got, &error), OBS_E_SYNTAX);
        assert_true(error.offset <= len);
        free(copy);
        obs_arena_destroy(arena);
    }
    bytes_finish(&proto);
    bytes_finish(&json);
}

static obs_str read_file(obs_arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = obs_arena_alloc(arena, 65536);
    size_t len;

    assert_non_null(file);
    assert_non_null(text);
    len = fread(text, 1, 65536, file);
    fclose(file);
    return obs_str_n(text, len);
}

static void the_example_of_the_specification_is_read(void **state)
{
    static const unsigned char trace_id[] = {0x5B, 0x8E, 0xFF, 0xF7, 0x98, 0x03, 0x81, 0x03,
                                             0xD2, 0x69, 0xB6, 0x33, 0x81, 0x3F, 0xC6, 0x0C};
    struct otlp_batch batch = {.arena = *state};
    struct decode_error error;
    const struct otlp_span *span;

    if (otlp_json_decode(read_file(*state, FIXTURES "/otlp-example-trace.json"), &batch, &error) <
        0)
        fail_msg("%s", error.text);
    assert_int_equal(batch.n_spans, 1);
    span = batch.spans;
    assert_memory_equal(span->trace_id.ptr, trace_id, 16);
    assert_int_equal(span->span_id.len, 8);
    assert_int_equal((unsigned char)span->parent_span_id.ptr[7], 0x73);
    assert_true(obs_str_is(span->name, "I'm a server span"));
    assert_int_equal(span->kind, 2);
    assert_int_equal(span->start_ns, UINT64_C(1544712660000000000));
    assert_int_equal(span->end_ns, UINT64_C(1544712661000000000));
    assert_true(obs_str_is(span->attrs.items[0].key, "my.span.attr"));
    assert_true(obs_str_is(span->attrs.items[0].value.s, "some value"));
    assert_true(obs_str_is(span->scope->name, "my.library"));
    assert_true(obs_str_is(span->scope->attrs.items[0].value.s, "some scope attribute"));
    assert_true(obs_str_is(span->resource->attrs.items[0].value.s, "my.service"));
}

static void wrong_json_is_refused_with_line_and_column(void **state)
{
    static const struct {
        const char *text;
        unsigned line, column;
        const char *says;
    } cases[] = {
        {"", 1, 1, "an object"},
        {"[]", 1, 1, "an object"},
        {"{\"resourceSpans\":\n [}", 2, 3, "an object, found '}'"},
        {"{\"resourceSpans\":{}}", 1, 18, "an array"},
        {"{\"resourceSpans\":[]} x", 1, 22, "the end"},
        {"{\"resourceSpans\":[],}", 1, 21, "a name in quotes"},
        {"{\"resourceSpans\" []}", 1, 18, "':'"},
        {"{\"a\":tru}", 1, 6, "a value"},
        {"{\"a\":01}", 1, 7, "',' or '}'"},
        {"{\"a\":1.}", 1, 8, "a digit"},
        {"{\"a\":-}", 1, 6, "a value"},
        {"{\"a\":\"x\ny\"}", 1, 8, "control character"},
        {"{\"\xC3\xA9\":\"\\x\"}", 1, 7, "one of"},
        {"{\"a\":\"\\u12g4\"}", 1, 7, "one of"},
        {"{\"a\":\"abc", 1, 10, "closing quote"},
        {"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":5}]}]}]}", 1, 52, "a string"},
        {"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\n\"startTimeUnixNano\":\"x\"}]}]}]}",
         2, 21, "unsigned 64-bit"},
        {"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"flags\":4294967296}]}]}]}", 1, 53,
         "32-bit"},
        {"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"attributes\":[{\"value\":{"
         "\"bytesValue\":"
         "\"!\"}}]}]}]}]}",
         1, 82, "base64"},
        {"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"attributes\":[{\"value\":{"
         "\"intValue\":"
         "\"9223372036854775808\"}}]}]}]}]}",
         1, 80, "64-bit integer"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct otlp_batch batch = {.arena = *state};
        struct decode_error error;

        assert_int_equal(otlp_json_decode(obs_str_of(cases[i].text), &batch, &error), OBS_E_SYNTAX);
        if (error.line != cases[i].line || error.column != cases[i].column ||
            !strstr(error.text, cases[i].says))
            fail_msg("%s: %s", cases[i].text, error.text);
    }
}

static void wrong_protobuf_is_refused_with_its_offset(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        unsigned offset;
        const char *says;
    } cases[] = {
        {"\x0a\xff", 2, 1, "cut off"},
        {"\x0a\x05\x12", 3, 0, "past the end"},
        {"\x08\x01", 2, 0, "wire type 0"},
        {"\x0b\x0c", 2, 0, "groups"},
        {"\x0e", 1, 0, "no such wire type"},
        {"\x00", 1, 0, "no field has this number"},
        {"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11, 1, "longer than 64 bits"},
        {"\x11\x01\x02", 3, 1, "fixed-width"},
        {"\x0a\x02\x0a\x05", 4, 2, "past the end"},
        /* a span whose name is a number */
        {"\x0a\x06\x12\x04\x12\x02\x28\x01", 8, 6, "in Span: field 5"},
        /* an attribute whose value is a fixed64 */
        {"\x0a\x0b\x12\x09\x12\x07\x4a\x05\x11zzzz", 13, 9, "in KeyValue"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct otlp_batch batch = {.arena = *state};
        struct decode_error error = {0};
        obs_str body = obs_str_n(cases[i].bytes, cases[i].len);

        assert_int_equal(otlp_proto_decode(body, &batch, &error), OBS_E_SYNTAX);
        if (error.offset != cases[i].offset || !strstr(error.text, cases[i].says))
            fail_msg("case %zu: %s", i, error.text);
    }
}

static void unknown_protobuf_fields_are_skipped(void **state)
{
    /* field 1000 varint, field 2 bytes, field 7 fixed32, field 9 fixed64 around
     * an empty ResourceSpans */
    static const char body[] =
        "\xc0\x3e\x05\x12\x01x\x3d\x01\x02\x03\x04\x0a\x00\x49\x01\x02\x03\x04"
        "\x05\x06\x07\x08";
    struct otlp_batch batch = {.arena = *state};
    struct decode_error error;

    assert_int_equal(otlp_proto_decode(obs_str_n(body, sizeof(body) - 1), &batch, &error), OBS_OK);
    assert_int_equal(batch.n_spans, 0);
}

#define WRAP_JSON(span) "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[" span "]}]}]}"

static const struct otlp_span *one_json(obs_arena *arena, const char *text,
                                        struct otlp_batch *batch)
{
    struct decode_error error;

    *batch = (struct otlp_batch){.arena = arena};
    if (otlp_json_decode(obs_str_of(text), batch, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(batch->n_spans, 1);
    return batch->spans;
}

static void invalid_utf8_is_replaced_and_counted(void **state)
{
    struct otlp_batch batch = {.arena = *state};
    struct decode_error error;
    const char proto[] = "\x0a\x08\x12\x06\x12\x04\x2a\x02\xff"
                         "a";
    const struct otlp_span *span;

    assert_int_equal(otlp_proto_decode(obs_str_n(proto, sizeof(proto) - 1), &batch, &error),
                     OBS_OK);
    assert_true(obs_str_is(batch.spans[0].name, "\xEF\xBF\xBD"
                                                "a"));
    assert_int_equal(batch.n_replaced, 1);

    span = one_json(*state, WRAP_JSON("{\"name\":\"\xE9\x9B-\"}"), &batch);
    assert_true(obs_str_is(span->name, "\xEF\xBF\xBD-"));
    assert_int_equal(batch.n_replaced, 1);

    span = one_json(*state, WRAP_JSON("{\"name\":\"\\ud83d\\ude80 \\ud83d \\ude80\"}"), &batch);
    assert_true(obs_str_is(span->name, "\xF0\x9F\x9A\x80 \xEF\xBF\xBD \xEF\xBF\xBD"));
    assert_int_equal(batch.n_replaced, 2);
}

static void of_a_repeated_name_the_last_one_counts(void **state)
{
    struct otlp_batch batch;
    const struct otlp_span *span = one_json(
        *state,
        "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{},{},{}]}]}],"
        "\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{}],\"spans\":[{\"name\":\"a\",\"name\":"
        "\"b\",\"kind\":null,\"attributes\":[{}],\"attributes\":null}]}]}]}",
        &batch);

    assert_true(obs_str_is(span->name, "b"));
    assert_int_equal(span->kind, 0);
    assert_int_equal(span->attrs.n, 1);
}

static void integers_come_as_strings_numbers_and_with_exponent(void **state)
{
    struct otlp_batch batch;
    const struct otlp_span *span = one_json(
        *state,
        WRAP_JSON("{\"startTimeUnixNano\":1e3,\"endTimeUnixNano\":\"18446744073709551615\","
                  "\"kind\":\"3\",\"attributes\":[{\"value\":{\"intValue\":-9223372036854775808}},"
                  "{\"value\":{\"intValue\":5.0}},{\"value\":{\"doubleValue\":\"-Infinity\"}}]}"),
        &batch);

    assert_int_equal(span->start_ns, 1000);
    assert_true(span->end_ns == UINT64_MAX);
    assert_int_equal(span->kind, 3);
    assert_true(span->attrs.items[0].value.i == INT64_MIN);
    assert_int_equal(span->attrs.items[1].value.i, 5);
    assert_true(span->attrs.items[2].value.d < -1e308);
}

static void ids_that_are_no_hexadecimal_get_a_length_no_id_has(void **state)
{
    struct otlp_batch batch;
    const struct otlp_span *span = one_json(
        *state, WRAP_JSON("{\"traceId\":\"zz\",\"spanId\":\"abc\",\"parentSpanId\":\"\"}"), &batch);

    assert_int_equal(span->trace_id.len, 1);
    assert_int_equal(span->span_id.len, 1);
    assert_int_equal(span->parent_span_id.len, 0);
}

static void more_spans_than_allowed_are_too_large(void **state)
{
    struct otlp_batch want = {.arena = *state};
    struct json_style style = {0};
    struct bytes proto = {0}, json = {0};
    struct decode_error error;

    for (uint64_t seed = 1; want.n_spans < 2; seed++) {
        want.n_spans = 0;
        random_batch(&want, seed);
    }
    encode_proto(&want, &proto);
    encode_json(&want, &style, &json);
    for (size_t limit = want.n_spans - 1; limit <= want.n_spans; limit++) {
        struct otlp_batch a = {.arena = *state, .max_spans = limit};
        struct otlp_batch b = {.arena = *state, .max_spans = limit};
        int expected = limit < want.n_spans ? OBS_E_TOO_LARGE : OBS_OK;

        assert_int_equal(otlp_proto_decode(bytes_str(&proto), &a, &error), expected);
        assert_int_equal(otlp_json_decode(bytes_str(&json), &b, &error), expected);
    }
    bytes_finish(&proto);
    bytes_finish(&json);
}

static void values_nest_to_the_limit_and_not_deeper(void **state)
{
    struct otlp_resource resource = {0};
    struct otlp_scope scope = {0};
    struct json_style style = {0};
    struct decode_error error;

    for (unsigned depth = OTLP_MAX_DEPTH; depth <= OTLP_MAX_DEPTH + 2; depth++) {
        struct otlp_batch batch = {.arena = *state}, a = {.arena = *state}, b = {.arena = *state};
        struct otlp_span *span = otlp_batch_add(&batch);
        struct otlp_attr attr = {obs_str_of("deep"), nested_value(*state, depth)};
        struct bytes proto = {0}, json = {0};
        int expected = depth <= OTLP_MAX_DEPTH + 1 ? OBS_OK : OBS_E_SYNTAX;

        span->resource = &resource;
        span->scope = &scope;
        span->attrs = (struct otlp_attrs){.items = &attr, .n = 1};
        encode_proto(&batch, &proto);
        encode_json(&batch, &style, &json);
        assert_int_equal(otlp_proto_decode(bytes_str(&proto), &a, &error), expected);
        assert_int_equal(otlp_json_decode(bytes_str(&json), &b, &error), expected);
        bytes_finish(&proto);
        bytes_finish(&json);
    }
}

static void a_full_arena_is_out_of_memory_and_no_crash(void **state)
{
    struct otlp_batch want = {.arena = *state};
    struct json_style style = {.escape_all = true};
    struct bytes proto = {0}, json = {0};
    struct decode_error error;

    for (uint64_t seed = 1; want.n_spans < 5; seed++) {
        want.n_spans = 0;
        random_batch(&want, seed);
    }
    encode_proto(&want, &proto);
    encode_json(&want, &style, &json);
    for (size_t limit = 64; limit < 4096; limit += 256) {
        obs_arena *small = obs_arena_create(limit);
        struct otlp_batch a = {.arena = small}, b = {.arena = small};

        assert_int_equal(otlp_proto_decode(bytes_str(&proto), &a, &error), OBS_E_NOMEM);
        assert_int_equal(otlp_json_decode(bytes_str(&json), &b, &error), OBS_E_NOMEM);
        obs_arena_destroy(small);
    }
    bytes_finish(&proto);
    bytes_finish(&json);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_requests_decode_to_what_was_encoded),
        TEST(a_request_cut_at_any_byte_fails_or_is_a_shorter_one),
        TEST(the_example_of_the_specification_is_read),
        TEST(wrong_json_is_refused_with_line_and_column),
        TEST(wrong_protobuf_is_refused_with_its_offset),
        TEST(unknown_protobuf_fields_are_skipped),
        TEST(invalid_utf8_is_replaced_and_counted),
        TEST(of_a_repeated_name_the_last_one_counts),
        TEST(integers_come_as_strings_numbers_and_with_exponent),
        TEST(ids_that_are_no_hexadecimal_get_a_length_no_id_has),
        TEST(more_spans_than_allowed_are_too_large),
        TEST(values_nest_to_the_limit_and_not_deeper),
        TEST(a_full_arena_is_out_of_memory_and_no_crash),
    };

    return cmocka_run_group_tests_name("otlp", tests, NULL, NULL);
}
