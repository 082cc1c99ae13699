/* SPDX-License-Identifier: Apache-2.0 */
/* What is removed is gone at once, with what belongs to it; nothing else is. */
#include "fixture.h"

#include <stdlib.h>

#define BASE_NS INT64_C(1767225600000000000)
#define N 1200 /* more than one step */

struct answer {
    obs_append_result result;
    int done;
};

static void on_removed(const obs_append_result *result, void *user)
{
    struct answer *answer = user;

    answer->result = *result;
    answer->done = 1;
}

static obs_append_result remove_wait(struct fixture *f, const obs_scope *scope, uint32_t flags,
                                     int64_t from_ns, int64_t to_ns, const obs_filter *filter)
{
    const obs_span_set spans = {
        .size = sizeof(spans), .from_ns = from_ns, .to_ns = to_ns, .filter = filter};
    struct answer answer = {0};

    assert_int_equal(f->store->remove(f->self, scope, &spans, flags, on_removed, &answer), OBS_OK);
    fake_worker_wait(f->worker, &answer.done);
    assert_int_equal(answer.result.error, OBS_OK);
    return answer.result;
}

static void fill(struct fixture *f)
{
    obs_span *spans = calloc(N, sizeof(*spans));

    for (uint64_t i = 0; i < N; i++) {
        spans[i] = span_make(i + 1, i % 2 ? "p" : "q", BASE_NS + (int64_t)i);
        spans[i].input_text = obs_str_of("a prompt");
    }
    assert_int_equal(append_wait(f, &scope_all, spans, N, NULL), OBS_OK);
    free(spans);
}

static void only_the_scope_and_the_range_go(void **state)
{
    static const obs_str p = OBS_STR("p");
    const obs_scope mine = {.size = sizeof(mine), .projects = &p, .n_projects = 1};
    struct fixture *f = *state;

    fill(f);
    assert_int_equal(remove_wait(f, &mine, 0, BASE_NS, BASE_NS + 1000, NULL).n_merged, 500);
    assert_int_equal(file_number(f, "SELECT count(*) FROM spans"), N - 500);
    assert_int_equal(file_number(f, "SELECT count(*) FROM contents"), N - 500);
    assert_int_equal(file_number(f, "SELECT count(*) FROM spans WHERE project_id='q'"), N / 2);
    assert_int_equal(remove_wait(f, &mine, 0, BASE_NS, BASE_NS + 1000, NULL).n_merged, 0);
}

static void contents_can_go_before_their_spans(void **state)
{
    struct fixture *f = *state;

    fill(f);
    assert_int_equal(
        remove_wait(f, &scope_all, OBS_REMOVE_CONTENT, INT64_MIN, INT64_MAX, NULL).n_merged, N);
    assert_int_equal(file_number(f, "SELECT count(*) FROM spans"), N);
    assert_int_equal(file_number(f, "SELECT count(*) FROM contents"), 0);
}

static void put_feedback(struct fixture *f, const obs_span *span, const char *id)
{
    obs_feedback feedback = {.size = sizeof(feedback),
                             .id = obs_str_of(id),
                             .project_id = span->project_id,
                             .name = obs_str_of("thumb"),
                             .value = 1,
                             .ts_ns = BASE_NS};
    struct answer answer = {0};

    memcpy(feedback.trace_id, span->trace_id, sizeof(feedback.trace_id));
    assert_int_equal(
        f->store->feedback_put(f->self, &scope_all, &feedback, 1, f->worker, on_removed, &answer),
        OBS_OK);
    fake_worker_wait(f->worker, &answer.done);
    assert_int_equal(answer.result.error, OBS_OK);
}

/* A comment may quote what was said. */
static void the_last_span_of_a_trace_takes_its_feedback_along(void **state)
{
    struct fixture *f = *state;
    obs_span a = span_make(1, "p", BASE_NS), b = span_make(2, "p", BASE_NS);
    const obs_value id = {.s = obs_str_n((const char *)a.span_id, 8)};
    const obs_filter first = {.size = sizeof(first),
                              .kind = OBS_FILTER_LEAF,
                              .field = OBS_FIELD_SPAN_ID,
                              .op = OBS_OP_EQ,
                              .values = &id,
                              .n_values = 1};

    memcpy(b.trace_id, a.trace_id, sizeof(b.trace_id));
    assert_int_equal(append_wait(f, &scope_all, &a, 1, NULL), OBS_OK);
    assert_int_equal(append_wait(f, &scope_all, &b, 1, NULL), OBS_OK);
    put_feedback(f, &a, "one");
    remove_wait(f, &scope_all, 0, INT64_MIN, INT64_MAX, &first);
    assert_int_equal(file_number(f, "SELECT count(*) FROM feedback"), 1);
    remove_wait(f, &scope_all, 0, INT64_MIN, INT64_MAX, NULL);
    assert_int_equal(file_number(f, "SELECT count(*) FROM feedback"), 0);
}

static void rollups_stay(void **state)
{
    struct fixture *f = *state;
    int64_t cells;

    fill(f);
    cells = file_number(f, "SELECT count(*) FROM rollups");
    assert_true(cells > 0);
    remove_wait(f, &scope_all, 0, INT64_MIN, INT64_MAX, NULL);
    assert_int_equal(file_number(f, "SELECT count(*) FROM rollups"), cells);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_the_scope_and_the_range_go),
        TEST(contents_can_go_before_their_spans),
        TEST(the_last_span_of_a_trace_takes_its_feedback_along),
        TEST(rollups_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
