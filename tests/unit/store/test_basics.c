/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#define S(text) obs_str_of(text)

static void every_field_comes_back_as_it_was(void **unused)
{
    obs_span s = full_span(1);
    (void)unused;

    assert_int_equal(append(&s, 1).n_stored, 1);
    assert_int_equal(found_as(&s), 1);
}

static void what_is_absent_comes_back_absent(void **unused)
{
    obs_span s = span_of(2);
    (void)unused;

    append(&s, 1);
    assert_int_equal(found_as(&s), 1);
}

static void what_is_sent_again_is_stored_once(void **unused)
{
    obs_span s[3] = {span_of(10), span_of(11), span_of(10)};
    obs_append_result r;
    (void)unused;

    r = append(s, 3);
    assert_int_equal(r.n_stored, 2);
    assert_int_equal(r.n_repeated, 1);
    s[0].span_name = obs_str_of("later");
    r = append(s, 2);
    assert_int_equal(r.n_stored, 0);
    assert_int_equal(r.n_repeated, 2);
    assert_int_equal(found_as(&s[2]), 1); /* the first one stays */
}

static void the_same_ids_in_another_project_are_another_span(void **unused)
{
    obs_span mine = span_of(20), theirs = span_of(20);
    (void)unused;

    theirs.project_id = obs_str_of("other");
    append(&mine, 1);
    assert_int_equal(append(&theirs, 1).n_stored, 1);
}

static int count(const obs_span *span, void *user)
{
    (void)span;
    ++*(int *)user;
    return 0;
}

static int all_of_project(const obs_span *span, void *user)
{
    assert_true(obs_str_is(span->project_id, user));
    return 0;
}

static void a_scope_is_never_left(void **unused)
{
    const obs_str mine[] = {OBS_STR("scoped")};
    const obs_scope scope = {.size = sizeof(scope), .projects = mine, .n_projects = 1};
    const obs_scope nothing = {.size = sizeof(nothing)};
    obs_span s = span_of(30), other = span_of(31);
    obs_span_query q = query_all();
    int n = 0;
    (void)unused;

    s.project_id = mine[0];
    assert_int_equal(append_error(&scope, &s, 1), OBS_OK);
    assert_int_equal(append_error(&scope, &other, 1), OBS_E_FORBIDDEN_PROJECT);
    assert_int_equal(append_error(&nothing, &s, 1), OBS_E_FORBIDDEN_PROJECT);
    q.flags |= OBS_QUERY_TOTAL;
    assert_int_equal(search(&scope, &q, all_of_project, "scoped").total, 1);
    assert_int_equal(search(&nothing, &q, count, &n).total, 0);
    assert_int_equal(n, 0);
}

static void a_filter_does_not_widen_the_scope(void **unused)
{
    const obs_str mine[] = {OBS_STR("scoped")};
    const obs_scope scope = {.size = sizeof(scope), .projects = mine, .n_projects = 1};
    obs_value p = {.s = OBS_STR("p")};
    obs_filter leaf = {.size = sizeof(leaf),
                       .kind = OBS_FILTER_LEAF,
                       .field = OBS_FIELD_PROJECT_ID,
                       .op = OBS_OP_EQ,
                       .values = &p,
                       .n_values = 1};
    obs_filter all = {.size = sizeof(all), .kind = OBS_FILTER_AND};
    const obs_filter *const children[] = {&leaf, &all};
    obs_filter either = {
        .size = sizeof(either), .kind = OBS_FILTER_OR, .children = children, .n_children = 2};
    obs_span_query q = query_all();
    (void)unused;

    q.filter = &either;
    search(&scope, &q, all_of_project, "scoped");
}

static void invalid_spans_are_refused(void **unused)
{
    obs_span ends_early = span_of(40), no_trace = span_of(41), no_span = span_of(42),
             no_project = span_of(43);
    (void)unused;

    ends_early.end_ns = ends_early.start_ns - 1;
    memset(no_trace.trace_id, 0, 16);
    memset(no_span.span_id, 0, 8);
    no_project.project_id = obs_str_n(NULL, 0);
    assert_int_equal(append_error(&everything, &ends_early, 1), OBS_E_INVALID);
    assert_int_equal(append_error(&everything, &no_trace, 1), OBS_E_INVALID);
    assert_int_equal(append_error(&everything, &no_span, 1), OBS_E_INVALID);
    assert_int_equal(append_error(&everything, &no_project, 1), OBS_E_INVALID);
    assert_int_equal(append_error(&everything, NULL, 0), OBS_E_INVALID);
}

static void spans_of_a_later_minor_stand_further_apart(void **unused)
{
    struct {
        obs_span span;
        uint64_t more[5];
    } later[2] = {{span_of(45), {1, 2, 3, 4, 5}}, {span_of(46), {6, 7, 8, 9, 10}}};
    (void)unused;

    later[0].span.size = later[1].span.size = sizeof(later[0]);
    assert_int_equal(append(&later[0].span, 2).n_stored, 2);
    assert_int_equal(found_as(&later[1].span), 1);
    later[1].span.size = sizeof(obs_span);
    assert_int_equal(append_error(&everything, &later[0].span, 2), OBS_E_INVALID);
    later[0].span.size = 0;
    assert_int_equal(append_error(&everything, &later[0].span, 1), OBS_E_INVALID);
}

struct record {
    int done, error;
    char value[64];
};

static void on_record(int error, obs_str value, void *user)
{
    struct record *r = user;

    r->error = error;
    snprintf(r->value, sizeof(r->value), "%.*s", OBS_STR_ARG(value));
    r->done = 1;
}

static struct record put(const char *key, const char *value, uint32_t flags)
{
    struct record r = {0};

    assert_int_equal(
        probe.store->record_put(probe.self, S("space"), S(key), S(value), flags, on_record, &r),
        OBS_OK);
    assert_int_equal(obs_command_wait(probe.call, &r.done), OBS_OK);
    return r;
}

static struct record get(const char *key)
{
    struct record r = {0};

    assert_int_equal(probe.store->record_get(probe.self, S("space"), S(key), on_record, &r),
                     OBS_OK);
    assert_int_equal(obs_command_wait(probe.call, &r.done), OBS_OK);
    return r;
}

static void records_are_kept(void **unused)
{
    static char large[(1 << 20) + 1];
    (void)unused;

    assert_int_equal(get("a").error, OBS_E_NOT_FOUND);
    assert_int_equal(put("a", "one", OBS_RECORD_NEW).error, OBS_OK);
    assert_string_equal(get("a").value, "one");
    assert_int_equal(put("a", "two", OBS_RECORD_NEW).error, OBS_E_CONFLICT);
    assert_string_equal(put("a", "two", OBS_RECORD_NEW).value, "one");
    assert_int_equal(put("a", "three", 0).error, OBS_OK);
    assert_string_equal(get("a").value, "three");
    assert_int_equal(put("b", "", 0).error, OBS_OK);
    assert_int_equal(get("b").error, OBS_OK);
    assert_int_equal(probe.store->record_put(probe.self, S("x"), S("y"),
                                             obs_str_n(large, sizeof(large)), 0, on_record, NULL),
                     OBS_E_TOO_LARGE);
}

static struct record swap(const char *key, const char *old, const char *value)
{
    struct record r = {0};
    obs_str expected = old ? S(old) : obs_str_n(NULL, 0);

    assert_int_equal(
        probe.store->record_swap(probe.self, S("space"), S(key), expected, S(value), on_record, &r),
        OBS_OK);
    assert_int_equal(obs_command_wait(probe.call, &r.done), OBS_OK);
    return r;
}

static void a_record_is_changed_by_whoever_knew_it(void **unused)
{
    (void)unused;

    assert_int_equal(swap("swap", "one", "two").error, OBS_E_CONFLICT); /* there is none */
    assert_int_equal(get("swap").error, OBS_E_NOT_FOUND);
    assert_int_equal(swap("swap", NULL, "one").error, OBS_OK);
    assert_int_equal(swap("swap", NULL, "two").error, OBS_E_CONFLICT);
    assert_string_equal(swap("swap", "", "two").value, "one");
    assert_int_equal(swap("swap", "one", "two").error, OBS_OK);
    assert_int_equal(swap("swap", "one", "three").error, OBS_E_CONFLICT);
    assert_string_equal(get("swap").value, "two");
    assert_int_equal(swap("swap", "two", "").error, OBS_OK);
    assert_int_equal(swap("swap", "", "again").error, OBS_OK);
    assert_string_equal(get("swap").value, "again");
}

static int stop_at_two(const obs_span *span, void *user)
{
    (void)span;
    return ++*(int *)user == 2;
}

static void a_caller_may_have_enough(void **unused)
{
    obs_span_query q = query_all();
    obs_search_result r;
    int n = 0;
    (void)unused;

    r = search(&everything, &q, stop_at_two, &n);
    assert_int_equal(n, 2);
    assert_int_equal(r.n_rows, 2);
    assert_int_equal(r.has_more, 1);
}

int test_basics(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_comes_back_as_it_was),
        cmocka_unit_test(what_is_absent_comes_back_absent),
        cmocka_unit_test(what_is_sent_again_is_stored_once),
        cmocka_unit_test(the_same_ids_in_another_project_are_another_span),
        cmocka_unit_test(a_scope_is_never_left),
        cmocka_unit_test(a_filter_does_not_widen_the_scope),
        cmocka_unit_test(invalid_spans_are_refused),
        cmocka_unit_test(spans_of_a_later_minor_stand_further_apart),
        cmocka_unit_test(records_are_kept),
        cmocka_unit_test(a_record_is_changed_by_whoever_knew_it),
        cmocka_unit_test(a_caller_may_have_enough),
    };
    return cmocka_run_group_tests_name("basics", tests, NULL, NULL);
}
