/* SPDX-License-Identifier: Apache-2.0 */
/* Both decoders of log records against requests that were written in both forms. */
#include "fixture_message.h"
#include "fixture_random.h"
#include "otlp_logs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define CASES 1000
#define MAX_RECORDS 4u

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

/* --- random requests ------------------------------------------------------- */

static void random_record(struct dice *d, struct otlp_record *r)
{
    r->trace_id = dice_raw(d, dice_roll(d, 10) ? 16 : 0);
    r->span_id = dice_raw(d, dice_roll(d, 10) ? 8 : dice_roll(d, 12));
    r->event_name = dice_text(d);
    r->body = dice_value(d, 0);
    r->time_ns = dice_roll(d, UINT64_MAX);
    r->observed_ns = dice_roll(d, UINT64_MAX);
    dice_attrs(d, &r->attrs);
}

static struct message record_message(const struct json_style *style, const struct otlp_record *r)
{
    struct message m = message_of(style);

    message_fixed64(&m, 1, "timeUnixNano", r->time_ns);
    message_varint(&m, 2, "severityNumber", 9);
    message_text(&m, 3, "severityText", obs_str_of("INFO"));
    message_value(&m, 5, "body", &r->body);
    message_attrs(&m, 6, "attributes", &r->attrs);
    message_varint(&m, 7, "droppedAttributesCount", r->attrs.dropped);
    message_id(&m, 9, "traceId", r->trace_id);
    message_id(&m, 10, "spanId", r->span_id);
    message_fixed64(&m, 11, "observedTimeUnixNano", r->observed_ns);
    message_text(&m, 12, "eventName", r->event_name);
    return m;
}

/* A request of `n` resources with a scope and records each, which are `want`. */
static struct message random_request(struct dice *d, const struct json_style *style,
                                     struct otlp_logs *want)
{
    struct message request = message_of(style), of_resource[2];
    size_t n = dice_roll(d, 3);

    for (size_t i = 0; i < n; i++) {
        struct otlp_resource *resource = dice_room(d, 1, sizeof(*resource));
        struct otlp_scope *scope = dice_room(d, 1, sizeof(*scope));
        struct message r = message_of(style), s = message_of(style), of_scope = message_of(style);
        struct message records[MAX_RECORDS];
        size_t n_records = dice_roll(d, MAX_RECORDS + 1);

        dice_attrs(d, &resource->attrs);
        resource->attrs.dropped = 0;
        message_attrs(&r, 1, "attributes", &resource->attrs);
        scope->name = dice_text(d);
        message_text(&s, 1, "name", scope->name);
        for (size_t k = 0; k < n_records; k++) {
            struct otlp_record *record = otlp_logs_add(want);

            random_record(d, record);
            record->resource = resource;
            record->scope = scope;
            records[k] = record_message(style, record);
        }
        of_resource[i] = message_of(style);
        message_list(&of_scope, 2, "logRecords", records, n_records);
        message_child(&of_scope, 1, "scope", &s); /* what comes last counts for all */
        message_list(&of_resource[i], 2, "scopeLogs", &of_scope, 1);
        message_child(&of_resource[i], 1, "resource", &r);
    }
    message_list(&request, 1, "resourceLogs", of_resource, n);
    message_end(&request);
    return request;
}

static void check_same(const struct otlp_logs *want, const struct otlp_logs *got, uint64_t seed)
{
    assert_int_equal(got->n_records, want->n_records);
    for (size_t i = 0; i < want->n_records; i++) {
        const struct otlp_record *a = &want->records[i], *b = &got->records[i];

        if (!obs_str_eq(a->trace_id, b->trace_id) || !obs_str_eq(a->span_id, b->span_id) ||
            !obs_str_eq(a->event_name, b->event_name) || a->time_ns != b->time_ns ||
            a->observed_ns != b->observed_ns || !same_value(&a->body, &b->body) ||
            !same_attr_list(&a->attrs, &b->attrs) ||
            !same_attr_list(&a->resource->attrs, &b->resource->attrs) ||
            !obs_str_eq(a->scope->name, b->scope->name))
            fail_msg("seed %llu: record %zu differs", (unsigned long long)seed, i);
    }
}

static void random_requests_decode_to_what_was_encoded(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        obs_arena *arena = obs_arena_create(0);
        struct otlp_logs want = {.arena = arena}, proto = {.arena = arena}, json = {.arena = arena};
        struct json_style style = style_of(seed);
        struct dice dice = dice_of(arena, seed);
        struct message request = random_request(&dice, &style, &want);
        char *proto_body = exact_copy(bytes_str(&request.proto));
        char *json_body = exact_copy(bytes_str(&request.json));
        struct decode_error error;

        if (otlp_logs_proto_decode(obs_str_n(proto_body, request.proto.len), &proto, &error) < 0)
            fail_msg("seed %llu: %s", (unsigned long long)seed, error.text);
        check_same(&want, &proto, seed);
        if (otlp_logs_json_decode(obs_str_n(json_body, request.json.len), &json, &error) < 0)
            fail_msg("seed %llu: %s", (unsigned long long)seed, error.text);
        check_same(&want, &json, seed);
        assert_int_equal(proto.n_replaced + json.n_replaced, 0);
        free(proto_body);
        free(json_body);
        message_finish(&request);
        obs_arena_destroy(arena);
    }
}

/* --- wrong requests -------------------------------------------------------- */

/* A request with at least two records. */
static struct message some_request(obs_arena *arena, struct otlp_logs *want)
{
    const struct json_style plain = {0};

    for (uint64_t seed = 1;; seed++) {
        struct dice dice = dice_of(arena, seed);
        struct message request;

        *want = (struct otlp_logs){.arena = arena};
        request = random_request(&dice, &plain, want);
        if (want->n_records >= 2)
            return request;
        message_finish(&request);
    }
}

static void a_request_cut_at_any_byte_fails_or_is_a_shorter_one(void **state)
{
    struct otlp_logs want;
    struct message request = some_request(*state, &want);

    for (size_t len = 0; len < request.proto.len; len++) {
        struct otlp_logs got = {.arena = *state};
        struct decode_error error;
        char *copy = exact_copy(obs_str_n(request.proto.data, len));
        int rc = otlp_logs_proto_decode(obs_str_n(copy, len), &got, &error);

        assert_true(rc == OBS_E_SYNTAX || got.n_records < want.n_records);
        if (rc < 0)
            assert_true(error.text[0] && error.offset <= len);
        free(copy);
    }
    for (size_t len = 0; len < request.json.len; len++) {
        struct otlp_logs got = {.arena = *state};
        struct decode_error error;
        char *copy = exact_copy(obs_str_n(request.json.data, len));

        assert_int_equal(otlp_logs_json_decode(obs_str_n(copy, len), &got, &error), OBS_E_SYNTAX);
        assert_true(error.offset <= len);
        free(copy);
    }
    message_finish(&request);
}

static void more_records_than_allowed_are_too_large(void **state)
{
    struct otlp_logs want;
    struct message request = some_request(*state, &want);
    struct decode_error error;

    for (size_t limit = want.n_records - 1; limit <= want.n_records; limit++) {
        struct otlp_logs a = {.arena = *state, .max_records = limit};
        struct otlp_logs b = {.arena = *state, .max_records = limit};
        int expected = limit < want.n_records ? OBS_E_TOO_LARGE : OBS_OK;

        assert_int_equal(otlp_logs_proto_decode(bytes_str(&request.proto), &a, &error), expected);
        assert_true(!expected || strstr(error.text, "log records"));
        assert_int_equal(otlp_logs_json_decode(bytes_str(&request.json), &b, &error), expected);
        assert_true(!expected || strstr(error.text, "log records"));
    }
    message_finish(&request);
}

static void a_body_nests_to_the_limit_and_not_deeper(void **state)
{
    const struct json_style plain = {0};
    struct decode_error error;

    for (unsigned depth = OTLP_MAX_DEPTH; depth <= OTLP_MAX_DEPTH + 2; depth++) {
        struct otlp_logs a = {.arena = *state}, b = {.arena = *state};
        struct otlp_record record = {.body = nested_value(*state, depth)};
        struct message m = record_message(&plain, &record), scope = message_of(&plain);
        struct message resource = message_of(&plain), request = message_of(&plain);
        int expected = depth <= OTLP_MAX_DEPTH + 1 ? OBS_OK : OBS_E_SYNTAX;

        message_list(&scope, 2, "logRecords", &m, 1);
        message_list(&resource, 2, "scopeLogs", &scope, 1);
        message_list(&request, 1, "resourceLogs", &resource, 1);
        message_end(&request);
        assert_int_equal(otlp_logs_proto_decode(bytes_str(&request.proto), &a, &error), expected);
        assert_int_equal(otlp_logs_json_decode(bytes_str(&request.json), &b, &error), expected);
        message_finish(&request);
    }
}

static void errors_name_the_message_or_the_place(void **state)
{
    static const char spans_body[] = "\x0a\x04\x12\x02\x12\x00";    /* empty record */
    static const char wrong[] = "\x0a\x06\x12\x04\x12\x02\x60\x01"; /* event_name: 1 */
    static const char json[] =
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":4}]}]}]}";
    struct otlp_logs logs = {.arena = *state};
    struct decode_error error;

    assert_int_equal(
        otlp_logs_proto_decode(obs_str_n(spans_body, sizeof(spans_body) - 1), &logs, &error),
        OBS_OK);
    assert_int_equal(logs.n_records, 1);
    assert_int_equal(otlp_logs_proto_decode(obs_str_n(wrong, sizeof(wrong) - 1), &logs, &error),
                     OBS_E_SYNTAX);
    assert_non_null(strstr(error.text, "byte 6, in LogRecord: field 12"));
    assert_int_equal(otlp_logs_json_decode(obs_str_of(json), &logs, &error), OBS_E_SYNTAX);
    assert_non_null(strstr(error.text, "line 1, column 55: expected an object"));
}

static void a_full_arena_is_out_of_memory_and_no_crash(void **state)
{
    struct otlp_logs want;
    struct message request = some_request(*state, &want);
    struct decode_error error;

    for (size_t limit = 64; limit < 2048; limit += 256) {
        obs_arena *small = obs_arena_create(limit);
        struct otlp_logs a = {.arena = small}, b = {.arena = small};

        assert_int_equal(otlp_logs_proto_decode(bytes_str(&request.proto), &a, &error),
                         OBS_E_NOMEM);
        assert_int_equal(otlp_logs_json_decode(bytes_str(&request.json), &b, &error), OBS_E_NOMEM);
        obs_arena_destroy(small);
    }
    message_finish(&request);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_requests_decode_to_what_was_encoded),
        TEST(a_request_cut_at_any_byte_fails_or_is_a_shorter_one),
        TEST(more_records_than_allowed_are_too_large),
        TEST(a_body_nests_to_the_limit_and_not_deeper),
        TEST(errors_name_the_message_or_the_place),
        TEST(a_full_arena_is_out_of_memory_and_no_crash),
    };

    return cmocka_run_group_tests_name("logs", tests, NULL, NULL);
}
