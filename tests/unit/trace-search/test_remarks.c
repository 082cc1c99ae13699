/* SPDX-License-Identifier: Apache-2.0 */
/* Feedback among the spans of a trace: each piece stands once, with its span or with
 * the trace, in the order in which it came. */
#include "remarks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#define N_SPANS 50u
#define N_REMARKS 400u

static struct node node_of(unsigned span)
{
    struct node node = {.json = obs_str_of("{\"x\":1}")};

    node.id[0] = (uint8_t)(span + 1);
    return node;
}

/* `span` N_SPANS and more: of a span that is not there, or of the trace. */
static void add(struct remarks *remarks, unsigned span, unsigned number)
{
    char id[16];
    obs_feedback feedback = {.size = sizeof(feedback), .resolved = OBS_FEEDBACK_UNSAID};
    size_t bytes = 0;

    snprintf(id, sizeof(id), "f%u", number);
    feedback.id = obs_str_of(id);
    if (span <= N_SPANS)
        feedback.span_id[0] = (uint8_t)(span + 1);
    assert_int_equal(remarks_add(remarks, &feedback, &bytes), OBS_OK);
    assert_true(bytes > strlen(id));
}

static const obs_json *parsed(obs_arena *arena, obs_str json)
{
    const obs_json *value = NULL;

    if (obs_json_parse(arena, json, &value, NULL) < 0)
        fail_msg("no JSON: %.*s", OBS_STR_ARG(json));
    return value;
}

/* Each element's number, which must rise. */
static size_t check_list(const obs_json *list, unsigned span)
{
    unsigned last = 0, number = 0;

    assert_int_equal(obs_json_type(list), OBS_JSON_ARRAY);
    for (size_t i = 0; i < obs_json_count(list); i++, last = number) {
        obs_str id = obs_json_str(obs_json_get(obs_json_at(list, i), "id"));

        assert_int_equal(sscanf(id.ptr, "f%u", &number), 1);
        assert_true(i == 0 || number > last);
        if (span < N_SPANS)
            assert_int_equal(number * 7 % (N_SPANS + 2), span);
        else
            assert_true(number * 7 % (N_SPANS + 2) >= N_SPANS);
    }
    return obs_json_count(list);
}

static void each_piece_stands_once(void **state)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    struct remarks remarks = {.arena = arena};
    struct node nodes[N_SPANS];
    obs_buf *rest = obs_buf_new(arena, /* limit_bytes= */ 0);
    size_t n = 0;

    (void)state;
    for (unsigned i = 0; i < N_SPANS; i++)
        nodes[i] = node_of(N_SPANS - 1 - i);
    for (unsigned i = 0; i < N_REMARKS; i++)
        add(&remarks, i * 7 % (N_SPANS + 2), i);
    assert_int_equal(remarks_attach(&remarks, nodes, N_SPANS), OBS_OK);
    for (unsigned i = 0; i < N_SPANS; i++) {
        const obs_json *object = parsed(arena, nodes[i].json);

        assert_int_equal(obs_json_int(obs_json_get(object, "x")), 1);
        n += check_list(obs_json_get(object, "feedback"), N_SPANS - 1 - i);
    }
    remarks_write_rest(&remarks, obs_jw_new(arena, rest));
    n += check_list(parsed(arena, obs_buf_str(rest)), N_SPANS);
    assert_int_equal(n, N_REMARKS);
    obs_arena_destroy(arena);
}

static void spans_without_feedback_have_an_empty_list(void **state)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    struct remarks remarks = {.arena = arena};
    struct node node = node_of(0);
    obs_buf *rest = obs_buf_new(arena, /* limit_bytes= */ 0);

    (void)state;
    assert_int_equal(remarks_attach(&remarks, &node, 1), OBS_OK);
    assert_true(obs_str_is(node.json, "{\"x\":1,\"feedback\":[]}"));
    remarks_write_rest(&remarks, obs_jw_new(arena, rest));
    assert_true(obs_str_is(obs_buf_str(rest), "[]"));
    obs_arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_piece_stands_once),
        cmocka_unit_test(spans_without_feedback_have_an_empty_list),
    };

    return cmocka_run_group_tests_name("remarks", tests, NULL, NULL);
}
