/* SPDX-License-Identifier: Apache-2.0 */
/* What the calls besides append and search promise: merging, sums, feedback. */
#include "probe.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define PROJECT "Projekt ü" /* full_span()'s */

/* --- merging -------------------------------------------------------------------- */

/* Everything of what was added, but the times of what is there. */
static int take_added(const obs_span *stored, const obs_span *added, obs_arena *arena,
                      obs_span *ret_span, void *user)
{
    (void)arena;
    (void)user;
    *ret_span = *added;
    ret_span->start_ns = stored->start_ns;
    ret_span->end_ns = stored->end_ns;
    return 1;
}

/* One text of what was added, made in the arena. */
static int take_release(const obs_span *stored, const obs_span *added, obs_arena *arena,
                        obs_span *ret_span, void *user)
{
    (void)user;
    *ret_span = *stored;
    ret_span->release = obs_arena_printf(arena, "%.*s+%.*s", OBS_STR_ARG(stored->release),
                                         OBS_STR_ARG(added->release));
    return 1;
}

static void merging_leaves_every_other_field_as_it_was(void **unused)
{
    obs_span span = full_span(5001), part = span_of(5001);
    (void)unused;

    assert_int_equal(append_merging(&span, 1, take_added).n_stored, 1);
    part.flags |= OBS_SPAN_FRAGMENT;
    part.project_id = span.project_id;
    part.release = obs_str_of("1");
    assert_int_equal(append_merging(&part, 1, take_release).n_merged, 1);
    span.release = obs_str_of("1.2.3+1");
    assert_int_equal(found_as(&span), 1);
}

static void every_field_of_a_fragment_waits_for_its_span(void **unused)
{
    obs_span part = full_span(5002), span = span_of(5002);
    (void)unused;

    part.flags |= OBS_SPAN_FRAGMENT | OBS_SPAN_UPDATE;
    assert_int_equal(append_merging(&part, 1, take_added).n_waiting, 1);
    assert_int_equal(found_as(&part), 0);
    span.project_id = part.project_id;
    assert_int_equal(append_merging(&span, 1, take_added).n_stored, 1);
    part.flags &= ~(OBS_SPAN_FRAGMENT | OBS_SPAN_UPDATE);
    part.start_ns = span.start_ns;
    part.end_ns = span.end_ns;
    assert_int_equal(found_as(&part), 1);
}

static void a_fragment_needs_somebody_who_merges(void **unused)
{
    obs_span part = span_of(5003);
    (void)unused;

    part.flags |= OBS_SPAN_FRAGMENT;
    assert_int_equal(append_error(&everything, &part, 1), OBS_E_INVALID);
}

/* --- sums ------------------------------------------------------------------------- */

struct answer {
    obs_append_result written;
    obs_search_result found;
    int64_t count, tokens;
    double value;
    int rows, done;
};

static void on_found(const obs_search_result *result, void *user)
{
    struct answer *a = user;

    a->found = *result;
    a->done = 1;
}

static void wait_answer(struct answer *a, int rc)
{
    assert_int_equal(rc, OBS_OK);
    assert_int_equal(obs_command_wait(probe.call, &a->done), OBS_OK);
    assert_int_equal(a->found.error, OBS_OK);
    assert_int_equal(a->written.error, OBS_OK);
}

static int on_group(const obs_group *group, void *user)
{
    struct answer *a = user;

    if (group->kind != OBS_GROUP_TOTAL)
        return 0;
    assert_true(obs_str_is(group->dimensions[0], a->rows ? "few" : "many"));
    a->rows++;
    a->count += group->measures[0].i;
    a->tokens = group->measures[1].i;
    return 0;
}

static void sums_are_of_the_scope_and_the_largest_comes_first(void **unused)
{
    static const obs_str mine = OBS_STR("sums");
    static const obs_dimension by_model = {.field = OBS_FIELD_MODEL};
    static const obs_measure measures[] = {{OBS_MEASURE_COUNT, 0, 0},
                                           {OBS_MEASURE_SUM, OBS_FIELD_TOTAL_TOKENS, 0}};
    const obs_scope scope = {.size = sizeof(scope), .projects = &mine, .n_projects = 1};
    const obs_aggregate_query q = {.size = sizeof(q),
                                   .flags = OBS_QUERY_DESCENDING,
                                   .limit = 10,
                                   .from_ns = INT64_MIN,
                                   .to_ns = INT64_MAX,
                                   .dimensions = &by_model,
                                   .n_dimensions = 1,
                                   .measures = measures,
                                   .n_measures = 2};
    obs_span spans[5];
    struct answer a = {0};
    (void)unused;

    for (uint64_t i = 0; i < 5; i++) {
        spans[i] = span_of(5100 + i);
        spans[i].project_id = i < 4 ? mine : obs_str_of("not mine");
        spans[i].model = obs_str_of(i == 1 ? "few" : "many");
        spans[i].output_tokens = INT64_C(1) << (8 * i);
    }
    append(spans, 5);
    wait_answer(&a, probe.store->aggregate(probe.self, &scope, &q, on_group, on_found, &a));
    assert_int_equal(a.rows, 2);
    assert_int_equal(a.found.n_rows, 2);
    assert_int_equal(a.count, 4);
    assert_int_equal(a.tokens, 256);
}

/* --- feedback ----------------------------------------------------------------------- */

static void on_written(const obs_append_result *result, void *user)
{
    struct answer *a = user;

    a->written = *result;
    a->done = 1;
}

static obs_append_result put(const obs_feedback *feedback)
{
    struct answer a = {0};

    wait_answer(&a, probe.store->feedback_put(probe.self, &everything, feedback, 1,
                                              obs_worker_current(), on_written, &a));
    return a.written;
}

static obs_append_result remove_feedback(const obs_scope *scope, obs_str id)
{
    struct answer a = {0};

    wait_answer(&a, probe.store->feedback_remove(probe.self, scope, id, obs_worker_current(),
                                                 on_written, &a));
    return a.written;
}

static int on_feedback(const obs_feedback *feedback, void *user)
{
    struct answer *a = user;

    a->rows++;
    a->value = feedback->value;
    return 0;
}

static struct answer get(const obs_scope *scope, const obs_feedback *like)
{
    obs_feedback_query q = {.size = sizeof(q), .limit = 10};
    struct answer a = {0};

    memcpy(q.trace_id, like->trace_id, sizeof(q.trace_id));
    wait_answer(&a, probe.store->feedback_get(probe.self, scope, &q, on_feedback, on_found, &a));
    return a;
}

static void feedback_comes_again_in_its_own_place_and_goes(void **unused)
{
    static const obs_str mine = OBS_STR(PROJECT), theirs = OBS_STR("theirs");
    const obs_scope scope = {.size = sizeof(scope), .projects = &mine, .n_projects = 1};
    const obs_scope stranger = {.size = sizeof(scope), .projects = &theirs, .n_projects = 1};
    obs_feedback f = {.size = sizeof(f),
                      .resolved = OBS_FEEDBACK_UNSAID,
                      .id = obs_str_of("f-1"),
                      .project_id = mine,
                      .name = obs_str_of("helpfulness"),
                      .value = NAN};
    (void)unused;

    memset(f.trace_id, 9, sizeof(f.trace_id));
    assert_int_equal(put(&f).n_stored, 1);
    assert_true(isnan(get(&scope, &f).value));
    f.value = -0.25;
    assert_int_equal(put(&f).n_merged, 1);
    assert_int_equal(get(&scope, &f).rows, 1);
    assert_true(get(&scope, &f).value == -0.25);
    assert_int_equal(get(&stranger, &f).rows, 0);
    assert_int_equal(remove_feedback(&stranger, f.id).n_merged, 0);
    assert_int_equal(remove_feedback(&scope, f.id).n_merged, 1);
    assert_int_equal(get(&scope, &f).rows, 0);
}

int test_calls(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merging_leaves_every_other_field_as_it_was),
        cmocka_unit_test(every_field_of_a_fragment_waits_for_its_span),
        cmocka_unit_test(a_fragment_needs_somebody_who_merges),
        cmocka_unit_test(sums_are_of_the_scope_and_the_largest_comes_first),
        cmocka_unit_test(feedback_comes_again_in_its_own_place_and_goes),
    };
    return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
