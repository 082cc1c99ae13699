/* SPDX-License-Identifier: Apache-2.0 */
/* Feedback: one of an id, found by its target, never by strangers. */
#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct found_feedback {
    obs_feedback items[16];
    char texts[16][9][64];
    size_t n;
    obs_search_result result;
    int done;
};

struct written {
    obs_append_result result;
    int done;
};

static void on_written(const obs_append_result *result, void *user)
{
    struct written *w = user;

    w->result = *result;
    w->done = 1;
}

static int put(struct fixture *f, const obs_scope *scope, const obs_feedback *feedback, size_t n,
               struct written *ret)
{
    int rc;

    *ret = (struct written){0};
    rc = f->store->feedback_put(f->self, scope, feedback, n, f->worker, on_written, ret);
    if (rc < 0)
        return rc;
    fake_worker_wait(f->worker, &ret->done);
    return ret->result.error;
}

static int on_row(const obs_feedback *row, void *user)
{
    struct found_feedback *found = user;
    obs_feedback *to = &found->items[found->n];
    obs_str *texts[] = {&to->id,      &to->project_id, &to->session_id, &to->name,    &to->label,
                        &to->comment, &to->source,     &to->author,     &to->metadata};

    *to = *row;
    for (size_t i = 0; i < 9; i++) {
        char *copy = found->texts[found->n][i];
        snprintf(copy, 64, "%.*s", OBS_STR_ARG(*texts[i]));
        *texts[i] = obs_str_of(copy);
    }
    found->n++;
    return 0;
}

static void on_found(const obs_search_result *result, void *user)
{
    struct found_feedback *found = user;

    found->result = *result;
    found->done = 1;
}

static int get(struct fixture *f, const obs_scope *scope, const obs_feedback_query *query,
               struct found_feedback *ret)
{
    int rc;

    *ret = (struct found_feedback){0};
    rc = f->store->feedback_get(f->self, scope, query, on_row, on_found, ret);
    if (rc < 0)
        return rc;
    fake_worker_wait(f->worker, &ret->done);
    return ret->result.error;
}

static obs_feedback feedback_of(const char *id, const char *project, uint8_t trace, uint8_t span)
{
    obs_feedback f = {
        .size = sizeof(f),
        .resolved = OBS_FEEDBACK_UNSAID,
        .id = obs_str_of(id),
        .project_id = obs_str_of(project),
        .name = obs_str_of("helpfulness"),
        .value = 0.5,
        .ts_ns = 100 + trace,
    };

    memset(f.trace_id, trace, sizeof(f.trace_id));
    memset(f.span_id, span, sizeof(f.span_id));
    return f;
}

static obs_feedback_query query_trace(uint8_t trace)
{
    obs_feedback_query q = {.size = sizeof(q), .limit = 10};

    memset(q.trace_id, trace, sizeof(q.trace_id));
    return q;
}

static void all_of_it_comes_back(void **state)
{
    struct fixture *f = *state;
    obs_feedback one = feedback_of("a", "p", 1, 2), session = feedback_of("s", "p", 0, 0);
    obs_feedback_query q = query_trace(1);
    struct found_feedback found;
    struct written w;

    one.label = obs_str_of("good");
    one.comment = obs_str_of("it's fine");
    one.source = obs_str_of("api");
    one.author = obs_str_of("u-1");
    one.metadata = obs_str_of("{\"k\":1}");
    one.resolved = OBS_FEEDBACK_RESOLVED;
    session.session_id = obs_str_of("s-1");
    session.value = NAN;
    assert_int_equal(put(f, &scope_all, &one, 1, &w), OBS_OK);
    assert_int_equal(w.result.n_stored, 1);
    assert_int_equal(put(f, &scope_all, &session, 1, &w), OBS_OK);
    assert_int_equal(get(f, &scope_all, &q, &found), OBS_OK);
    assert_int_equal(found.n, 1);
    assert_true(obs_str_is(found.items[0].label, "good"));
    assert_true(obs_str_is(found.items[0].comment, "it's fine"));
    assert_true(obs_str_is(found.items[0].source, "api"));
    assert_true(obs_str_is(found.items[0].author, "u-1"));
    assert_true(obs_str_is(found.items[0].metadata, "{\"k\":1}"));
    assert_true(found.items[0].value == 0.5);
    assert_int_equal(found.items[0].resolved, OBS_FEEDBACK_RESOLVED);
    assert_int_equal(found.items[0].ts_ns, 101);
    assert_memory_equal(found.items[0].trace_id, one.trace_id, 16);
    assert_memory_equal(found.items[0].span_id, one.span_id, 8);
    q = (obs_feedback_query){.size = sizeof(q), .limit = 1, .session_id = obs_str_of("s-1")};
    assert_int_equal(get(f, &scope_all, &q, &found), OBS_OK);
    assert_int_equal(found.n, 1);
    assert_true(isnan(found.items[0].value));
    assert_int_equal(found.items[0].label.len, 0);
}

static void the_same_id_takes_its_own_place(void **state)
{
    struct fixture *f = *state;
    obs_feedback both[2] = {feedback_of("a", "p", 1, 0), feedback_of("a", "q", 1, 0)};
    obs_feedback_query q = query_trace(1);
    struct found_feedback found;
    struct written w;

    assert_int_equal(put(f, &scope_all, both, 2, &w), OBS_OK);
    assert_int_equal(w.result.n_stored, 2);
    both[0].value = 1;
    assert_int_equal(put(f, &scope_all, both, 1, &w), OBS_OK);
    assert_int_equal(w.result.n_stored, 0);
    assert_int_equal(w.result.n_merged, 1);
    assert_int_equal(get(f, &scope_all, &q, &found), OBS_OK);
    assert_int_equal(found.n, 2);
    assert_true(found.items[0].value == 1 && found.items[1].value == 0.5);
}

static void all_or_none_is_stored(void **state)
{
    static const obs_str mine = OBS_STR("p");
    const obs_scope scope = {.size = sizeof(scope), .projects = &mine, .n_projects = 1};
    struct fixture *f = *state;
    obs_feedback both[2] = {feedback_of("a", "p", 1, 0), feedback_of("b", "q", 1, 0)};
    struct written w;

    assert_int_equal(put(f, &scope, both, 2, &w), OBS_E_FORBIDDEN_PROJECT);
    both[1] = feedback_of("b", "p", 1, 0);
    both[1].comment = obs_str_n("never read", (size_t)1 << 31);
    assert_int_equal(put(f, &scope, both, 2, &w), OBS_E_TOO_LARGE);
    assert_int_equal(w.result.n_stored, 0);
    assert_int_equal(file_number(f, "SELECT count(*) FROM feedback"), 0);
    both[1].comment = obs_str_n(NULL, 0);
    assert_int_equal(put(f, &scope, both, 2, &w), OBS_OK);
    fixture_close(f);
    assert_int_equal(fixture_open(f), OBS_OK);
    assert_int_equal(file_number(f, "SELECT count(*) FROM feedback"), 2);
}

static void strangers_neither_see_write_nor_remove(void **state)
{
    static const obs_str theirs = OBS_STR("q");
    const obs_scope stranger = {.size = sizeof(stranger), .projects = &theirs, .n_projects = 1};
    struct fixture *f = *state;
    obs_feedback one = feedback_of("a", "p", 1, 0);
    obs_feedback_query q = query_trace(1);
    struct found_feedback found;
    struct written w;

    assert_int_equal(put(f, &stranger, &one, 1, &w), OBS_E_FORBIDDEN_PROJECT);
    assert_int_equal(put(f, &scope_all, &one, 1, &w), OBS_OK);
    assert_int_equal(get(f, &stranger, &q, &found), OBS_OK);
    assert_int_equal(found.n, 0);
    w = (struct written){0};
    assert_int_equal(
        f->store->feedback_remove(f->self, &stranger, one.id, f->worker, on_written, &w), OBS_OK);
    fake_worker_wait(f->worker, &w.done);
    assert_int_equal(w.result.n_merged, 0);
    w = (struct written){0};
    assert_int_equal(
        f->store->feedback_remove(f->self, &scope_all, one.id, f->worker, on_written, &w), OBS_OK);
    fake_worker_wait(f->worker, &w.done);
    assert_int_equal(w.result.n_merged, 1);
    assert_int_equal(get(f, &scope_all, &q, &found), OBS_OK);
    assert_int_equal(found.n, 0);
}

static void it_is_found_by_span_oldest_first_up_to_a_limit(void **state)
{
    struct fixture *f = *state;
    char ids[5][4];
    obs_feedback many[5];
    obs_feedback_query q = query_trace(1);
    struct found_feedback found;
    struct written w;

    for (int i = 0; i < 5; i++) {
        snprintf(ids[i], sizeof(ids[i]), "%d", i);
        many[i] = feedback_of(ids[i], "p", 1, (uint8_t)(i % 2));
        many[i].ts_ns = 100 - i;
    }
    assert_int_equal(put(f, &scope_all, many, 5, &w), OBS_OK);
    q.limit = 3;
    assert_int_equal(get(f, &scope_all, &q, &found), OBS_OK);
    assert_int_equal(found.n, 3);
    assert_true(found.result.has_more);
    assert_true(obs_str_is(found.items[0].id, "4") && obs_str_is(found.items[2].id, "2"));
    memset(q.span_id, 1, sizeof(q.span_id));
    assert_int_equal(get(f, &scope_all, &q, &found), OBS_OK);
    assert_int_equal(found.n, 2);
    assert_false(found.result.has_more);
}

static void what_is_none_is_refused(void **state)
{
    struct fixture *f = *state;
    char long_id[258] = "";
    obs_feedback wrong[8];
    obs_feedback_query q = {.size = sizeof(q), .limit = 1};
    struct found_feedback found;
    struct written w;

    for (size_t i = 0; i < 8; i++)
        wrong[i] = feedback_of("a", "p", 1, 0);
    wrong[0].id = obs_str_n(NULL, 0);
    wrong[1].name = obs_str_n(NULL, 0);
    wrong[2].project_id = obs_str_n(NULL, 0);
    memset(wrong[3].trace_id, 0, sizeof(wrong[3].trace_id));
    wrong[4].value = INFINITY;
    wrong[5].resolved = 3;
    memset(long_id, 'i', sizeof(long_id) - 1);
    wrong[6].id = obs_str_of(long_id);
    wrong[7].size = sizeof(wrong[7]) - 1;
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(put(f, &scope_all, &wrong[i], 1, &w), OBS_E_INVALID);
    assert_int_equal(get(f, &scope_all, &q, &found), OBS_E_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_of_it_comes_back),
        TEST(the_same_id_takes_its_own_place),
        TEST(all_or_none_is_stored),
        TEST(strangers_neither_see_write_nor_remove),
        TEST(it_is_found_by_span_oldest_first_up_to_a_limit),
        TEST(what_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
