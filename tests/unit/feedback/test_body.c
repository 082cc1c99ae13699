/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of feedback: what each member becomes, what is refused and how that is said. */
#include "body.h"
#include "feedback_id.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NOW_NS INT64_C(1790000000000000000)

static int setup(void **state)
{
    *state = obs_arena_create(/* limit_bytes= */ 0);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    obs_arena_destroy(*state);
    return 0;
}

static struct body body_new(obs_arena *arena)
{
    return (struct body){.arena = arena, .now_ns = NOW_NS, .max_items = 3};
}

static obs_feedback on_trace(void)
{
    obs_feedback target;

    feedback_init(&target);
    memset(target.trace_id, 0xab, sizeof(target.trace_id));
    target.ts_ns = NOW_NS;
    return target;
}

static obs_feedback read_one(obs_arena *arena, const char *json)
{
    struct body body = body_new(arena);
    obs_feedback target = on_trace();

    if (body_read(&body, obs_str_of(json), &target) < 0)
        fail_msg("%s: %.*s", json, OBS_STR_ARG(body.text));
    assert_int_equal(body.n_items, 1);
    assert_false(body.list);
    return body.items[0];
}

#define assert_text(got, want)                                                                     \
    do {                                                                                           \
        obs_str got_ = (got);                                                                      \
        if (!obs_str_is(got_, want))                                                               \
            fail_msg("'%.*s', expected '%s'", OBS_STR_ARG(got_), want);                            \
    } while (0)

static void every_member_goes_to_its_field(void **state)
{
    obs_feedback f = read_one(
        *state, "{\"id\":\"i\",\"name\":\"n\",\"score\":-0.25,\"label\":\"l\",\"comment\":\"c\","
                "\"resolved\":true,\"span_id\":\"EEE19b7ec3c1b174\",\"source\":\"s\","
                "\"author\":\"a\",\"ts\":\"2026-11-23T07:00:00.5Z\","
                "\"metadata\":{\"k\":[1,-2.5,true,null,\"\\u00e9\",{}]}}");

    assert_text(f.id, "i");
    assert_text(f.name, "n");
    assert_true(f.value == -0.25);
    assert_text(f.label, "l");
    assert_text(f.comment, "c");
    assert_int_equal(f.resolved, OBS_FEEDBACK_RESOLVED);
    assert_memory_equal(f.span_id, "\xee\xe1\x9b\x7e\xc3\xc1\xb1\x74", 8);
    assert_int_equal(f.trace_id[15], 0xab);
    assert_text(f.source, "s");
    assert_text(f.author, "a");
    assert_int_equal(f.ts_ns, INT64_C(1795417200500000000));
    assert_text(f.metadata, "{\"k\":[1,-2.5,true,null,\"\xc3\xa9\",{}]}");
}

static void what_is_left_out_has_defaults(void **state)
{
    obs_feedback f = read_one(*state, "{\"comment\":\"c\",\"score\":null,\"metadata\":{}}");
    obs_feedback same = on_trace();

    assert_text(f.name, "feedback");
    assert_text(f.source, "api");
    assert_true(isnan(f.value));
    assert_int_equal(f.label.len + f.author.len + f.metadata.len, 0);
    assert_int_equal(f.resolved, OBS_FEEDBACK_UNSAID);
    assert_int_equal(f.ts_ns, NOW_NS);
    same.name = obs_str_of("feedback");
    same.source = obs_str_of("api");
    assert_true(obs_str_eq(f.id, feedback_id(*state, &same, obs_str_of(""))));
}

static void a_score_is_a_number_a_boolean_or_a_text(void **state)
{
    assert_true(read_one(*state, "{\"score\":7}").value == 7);
    assert_true(read_one(*state, "{\"score\":1e-3}").value == 0.001);
    assert_true(read_one(*state, "{\"score\":true}").value == 1);
    assert_true(read_one(*state, "{\"score\":false}").value == 0);
    assert_true(isnan(read_one(*state, "{\"score\":\"good\"}").value));
    assert_text(read_one(*state, "{\"score\":\"good\"}").label, "good");
    assert_text(read_one(*state, "{\"user_id\":\"ada\",\"score\":1}").author, "ada");
    assert_int_equal(read_one(*state, "{\"score\":1,\"ts\":1790000001}").ts_ns,
                     INT64_C(1790000001000000000));
}

static void what_is_wrong_is_said(void **state)
{
    static const struct {
        const char *json;
        int error;
        const char *field;
        const char *text;
    } rows[] = {
        {"{", OBS_E_SYNTAX, NULL, "line 1, column 1"},
        {"[]", OBS_E_RANGE, NULL, "an array of 1 to 3"},
        {"[{\"score\":1},{\"score\":1},{\"score\":1},{\"score\":1}]", OBS_E_RANGE, NULL, "found 4"},
        {"7", OBS_E_INVALID, "body", "expected an object"},
        {"[{\"score\":1},[]]", OBS_E_INVALID, "body", "item 1: "},
        {"{}", OBS_E_MISSING, "score", "at least one of"},
        {"{\"name\":\"n\",\"author\":\"a\"}", OBS_E_MISSING, "score", "at least one of"},
        {"{\"score\":\"\",\"comment\":\"\"}", OBS_E_MISSING, "score", "at least one of"},
        {"{\"score\":[1]}", OBS_E_INVALID, "score", "a number, a boolean or a text"},
        {"{\"score\":\"a\",\"label\":\"b\"}", OBS_E_INVALID, "score", "another in label"},
        {"{\"label\":1}", OBS_E_INVALID, "label", "expected a text"},
        {"{\"score\":1,\"name\":false}", OBS_E_INVALID, "name", "expected a text"},
        {"{\"resolved\":\"yes\"}", OBS_E_INVALID, "resolved", "true or false"},
        {"{\"score\":1,\"span_id\":\"0000000000000000\"}", OBS_E_INVALID, "span_id", "all zero"},
        {"{\"score\":1,\"span_id\":7}", OBS_E_INVALID, "span_id", "16 hexadecimal"},
        {"{\"score\":1,\"metadata\":\"{}\"}", OBS_E_INVALID, "metadata", "an object"},
        {"{\"score\":1,\"ts\":\"soon\"}", OBS_E_INVALID, "ts", "RFC 3339"},
        {"{\"score\":1,\"ts\":-1}", OBS_E_INVALID, "ts", "from 1970 on"},
        {"{\"score\":1,\"ts\":1.5}", OBS_E_INVALID, "ts", "RFC 3339"},
        {"[{\"score\":1},{\"scor\":1}]", OBS_E_UNKNOWN, "scor", "item 1: scor: unknown field"},
    };
    obs_feedback target = on_trace();

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct body body = body_new(*state);
        int rc = body_read(&body, obs_str_of(rows[i].json), &target);

        if (rc != rows[i].error || !body.text.ptr || !strstr(body.text.ptr, rows[i].text))
            fail_msg("%s: %d '%s'", rows[i].json, rc, body.text.ptr ? body.text.ptr : "");
        if (rows[i].field)
            assert_string_equal(body.field, rows[i].field);
        else
            assert_null(body.field);
    }
}

static void an_id_is_at_most_256_bytes(void **state)
{
    obs_feedback target = on_trace();
    char id[258];

    for (int len = 256; len <= 257; len++) {
        struct body body = body_new(*state);
        obs_str json;

        memset(id, 'x', sizeof(id));
        json = obs_arena_printf(*state, "{\"score\":1,\"id\":\"%.*s\"}", len, id);
        assert_int_equal(body_read(&body, json, &target), len == 256 ? OBS_OK : OBS_E_RANGE);
    }
}

static void feedback_on_a_session_is_on_no_span(void **state)
{
    struct body body = body_new(*state);
    obs_feedback target;

    feedback_init(&target);
    target.session_id = obs_str_of("s");
    assert_int_equal(
        body_read(&body, obs_str_of("{\"score\":1,\"span_id\":\"eee19b7ec3c1b174\"}"), &target),
        OBS_E_INVALID);
    assert_string_equal(body.field, "span_id");
}

static void items_of_an_array_are_read_one_by_one(void **state)
{
    struct body body = body_new(*state);
    obs_feedback target = on_trace();
    obs_str json = obs_str_of("[{\"score\":1,\"comment\":\"c\"},{\"label\":\"l\",\"name\":\"n\"}]");

    assert_int_equal(body_read(&body, json, &target), OBS_OK);
    assert_true(body.list);
    assert_int_equal(body.n_items, 2);
    assert_true(isnan(body.items[1].value));
    assert_int_equal(body.items[1].comment.len, 0);
    assert_false(obs_str_eq(body.items[0].id, body.items[1].id));
}

static void a_change_touches_what_it_names(void **state)
{
    struct body body = body_new(*state);
    obs_feedback f = read_one(*state, "{\"score\":1,\"comment\":\"c\",\"resolved\":false}");
    obs_str id = f.id;

    assert_int_equal(body_change(&body, obs_str_of("{\"resolved\":true}"), &f), OBS_OK);
    assert_int_equal(f.resolved, OBS_FEEDBACK_RESOLVED);
    assert_true(f.value == 1);
    assert_text(f.comment, "c");
    assert_int_equal(body_change(&body, obs_str_of("{\"comment\":null,\"score\":\"bad\"}"), &f),
                     OBS_OK);
    assert_int_equal(f.comment.len, 0);
    assert_true(isnan(f.value));
    assert_text(f.label, "bad");
    assert_true(obs_str_eq(f.id, id));
    assert_int_equal(body.n_items, 1);
}

static void a_change_leaves_identity_and_content(void **state)
{
    static const char *const fixed[] = {"id", "name", "source", "author", "user_id", "span_id"};
    obs_feedback f = read_one(*state, "{\"score\":1}");
    struct body body = body_new(*state);

    for (size_t i = 0; i < COUNT(fixed); i++) {
        obs_str json = obs_arena_printf(*state, "{\"%s\":\"eee19b7ec3c1b174\"}", fixed[i]);

        assert_int_equal(body_change(&body, json, &f), OBS_E_INVALID);
        assert_string_equal(body.field, fixed[i]);
    }
    assert_int_equal(body_change(&body, obs_str_of("{\"score\":null}"), &f), OBS_E_MISSING);
    assert_int_equal(body_change(&body, obs_str_of("[{\"score\":2}]"), &f), OBS_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_member_goes_to_its_field, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_left_out_has_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(a_score_is_a_number_a_boolean_or_a_text, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(an_id_is_at_most_256_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(feedback_on_a_session_is_on_no_span, setup, teardown),
        cmocka_unit_test_setup_teardown(items_of_an_array_are_read_one_by_one, setup, teardown),
        cmocka_unit_test_setup_teardown(a_change_touches_what_it_names, setup, teardown),
        cmocka_unit_test_setup_teardown(a_change_leaves_identity_and_content, setup, teardown),
    };

    return cmocka_run_group_tests_name("feedback body", tests, NULL, NULL);
}
