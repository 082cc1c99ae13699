/* SPDX-License-Identifier: Apache-2.0 */
/* Spans that come in parts: in either order, across restarts, refused by whoever
 * merges, forgotten when they are old. */
#include "fixture.h"

#include <stdlib.h>
#include <unistd.h>

#define BASE_NS INT64_C(1767225600000000000)

/* Fills what is absent; an update replaces. Enough to see what the store does. */
static int merge(const obs_span *stored, const obs_span *added, obs_arena *arena, obs_span *ret,
                 void *user)
{
    (void)user;
    if (obs_str_is(added->error_message, "refuse"))
        return OBS_E_RANGE;
    if (!(added->flags & (OBS_SPAN_FRAGMENT | OBS_SPAN_UPDATE)))
        return 0;
    *ret = *stored;
    if (added->input_text.len && (!stored->input_text.len || added->flags & OBS_SPAN_UPDATE))
        ret->input_text = added->input_text;
    if (added->flags & OBS_SPAN_UPDATE && added->model.len)
        ret->model = added->model;
    if (obs_str_is(added->error_message, "forget"))
        ret->input_text = obs_str_n(NULL, 0);
    if (added->tags.len)
        ret->tags = obs_arena_printf(arena, "%.*s%.*s", OBS_STR_ARG(stored->tags),
                                     OBS_STR_ARG(added->tags));
    if (added->input_tokens >= 0)
        ret->input_tokens = obs_tokens_sum(stored->input_tokens, added->input_tokens);
    if (obs_str_is(added->error_message, "end before start"))
        ret->end_ns = ret->start_ns - 1;
    return 1;
}

static obs_span fragment_of(uint64_t number, uint32_t flags)
{
    obs_span span = span_make(number, "p", 0);

    span.start_ns = span.end_ns = 0;
    span.span_name = obs_str_n(NULL, 0);
    span.flags |= OBS_SPAN_FRAGMENT | flags;
    return span;
}

static obs_append_result put(struct fixture *f, const obs_span *span)
{
    obs_append_result result;

    assert_int_equal(append_merging(f, &scope_all, span, 1, merge, &result), OBS_OK);
    return result;
}

/* The only span of the store. */
static obs_span only(struct fixture *f, struct found *found)
{
    obs_span_query query = query_all();

    assert_int_equal(search_wait(f, &scope_all, &query, found), OBS_OK);
    assert_int_equal(found->n, 1);
    return found->spans[0];
}

#define assert_text(text, expected) assert_true(obs_str_is(text, expected))

static void a_fragment_joins_its_span_in_either_order(void **state)
{
    struct fixture *f = *state;
    obs_span span = span_make(1, "p", BASE_NS), part = fragment_of(1, 0);
    struct found found = {0};
    obs_span now;

    part.input_text = obs_str_of("question");
    assert_int_equal(put(f, &part).n_waiting, 1);
    assert_int_equal(file_number(f, "SELECT count(*) FROM spans"), 0);
    assert_int_equal(put(f, &span).n_stored, 1);
    now = only(f, &found);
    assert_text(now.input_text, "question");
    assert_int_equal(now.start_ns, BASE_NS);
    assert_int_equal(now.flags, OBS_SPAN_SAMPLED);
    assert_int_equal(file_number(f, "SELECT count(*) FROM fragments"), 0);
    found_finish(&found);

    part.tags = obs_str_of("[1]");
    assert_int_equal(put(f, &part).n_merged, 1);
    now = only(f, &found);
    assert_text(now.tags, "[1]");
    assert_text(now.input_text, "question");
    found_finish(&found);
    assert_int_equal(put(f, &span).n_repeated, 1);
}

static void fragments_fold_in_the_order_in_which_they_came(void **state)
{
    struct fixture *f = *state;
    static const char *const tags[] = {"a", "b", "c"};
    obs_span span = span_make(1, "p", BASE_NS), other = fragment_of(2, 0);
    struct found found = {0};

    for (size_t i = 0; i < 3; i++) {
        obs_span part = fragment_of(1, OBS_SPAN_UPDATE);
        part.tags = obs_str_of(tags[i]);
        part.model = obs_str_of(tags[i]);
        assert_int_equal(put(f, &part).n_waiting, 1);
    }
    assert_int_equal(put(f, &other).n_waiting, 1);
    fixture_close(f);
    assert_int_equal(fixture_open(f), OBS_OK); /* they survive */
    span.tags = obs_str_of("-");
    assert_int_equal(put(f, &span).n_stored, 1);
    assert_text(only(f, &found).tags, "-abc");
    assert_text(found.spans[0].model, "c");
    found_finish(&found);
    assert_int_equal(file_number(f, "SELECT count(*) FROM fragments"), 1);
}

static void a_span_and_its_fragments_in_one_request(void **state)
{
    struct fixture *f = *state;
    obs_span both[2] = {fragment_of(1, 0), span_make(1, "p", BASE_NS)};
    struct found found = {0};
    obs_append_result result;

    both[0].input_text = obs_str_of("q");
    assert_int_equal(append_merging(f, &scope_all, both, 2, merge, &result), OBS_OK);
    assert_int_equal(result.n_stored, 1);
    assert_int_equal(result.n_merged, 1); /* though it came before its span */
    assert_int_equal(result.n_waiting, 0);
    assert_text(only(f, &found).input_text, "q");
    found_finish(&found);
}

/* Another project may have a span of the same ids. */
static void projects_do_not_meet(void **state)
{
    struct fixture *f = *state;
    obs_span span = span_make(1, "theirs", BASE_NS), part = fragment_of(1, 0);
    struct found found = {0};

    part.input_text = obs_str_of("mine");
    assert_int_equal(put(f, &span).n_stored, 1);
    assert_int_equal(put(f, &part).n_waiting, 1);
    assert_int_equal(only(f, &found).input_text.len, 0);
    found_finish(&found);
}

static void content_comes_and_goes(void **state)
{
    struct fixture *f = *state;
    obs_span span = span_make(1, "p", BASE_NS), part = fragment_of(1, 0);
    struct found found = {0};

    assert_int_equal(put(f, &span).n_stored, 1);
    assert_int_equal(file_number(f, "SELECT count(*) FROM contents"), 0);
    part.input_text = obs_str_of("q");
    assert_int_equal(put(f, &part).n_merged, 1);
    assert_int_equal(file_number(f, "SELECT count(*) FROM contents"), 1);
    part.error_message = obs_str_of("forget");
    assert_int_equal(put(f, &part).n_merged, 1);
    assert_int_equal(file_number(f, "SELECT count(*) FROM contents"), 0);
    assert_int_equal(only(f, &found).input_text.len, 0);
    found_finish(&found);
}

static void an_update_is_stored_without_its_flag(void **state)
{
    struct fixture *f = *state;
    obs_span span = span_make(1, "p", BASE_NS);

    span.flags |= OBS_SPAN_UPDATE;
    assert_int_equal(put(f, &span).n_stored, 1);
    assert_int_equal(file_number(f, "SELECT flags FROM spans"), OBS_SPAN_SAMPLED);
    assert_int_equal(put(f, &span).n_merged, 1);
    assert_int_equal(file_number(f, "SELECT flags FROM spans"), OBS_SPAN_SAMPLED);
}

/* Nothing of a request is written when one of its spans cannot be. */
static void an_error_of_who_merges_fails_the_request(void **state)
{
    struct fixture *f = *state;
    obs_span spans[2] = {span_make(2, "p", BASE_NS), fragment_of(1, 0)};
    obs_span first = span_make(1, "p", BASE_NS);

    assert_int_equal(put(f, &first).n_stored, 1);
    spans[1].error_message = obs_str_of("refuse");
    assert_int_equal(append_merging(f, &scope_all, spans, 2, merge, NULL), OBS_E_RANGE);
    assert_int_equal(file_number(f, "SELECT count(*) FROM spans"), 1);
    spans[1].error_message = obs_str_of("end before start");
    assert_int_equal(append_merging(f, &scope_all, spans, 2, merge, NULL), OBS_E_INVALID);
    assert_int_equal(file_number(f, "SELECT count(*) FROM spans"), 1);
    spans[1].error_message = obs_str_n(NULL, 0);
    assert_int_equal(append_merging(f, &scope_all, spans, 2, merge, NULL), OBS_OK);
    assert_int_equal(file_number(f, "SELECT count(*) FROM spans"), 2);
}

/* A row of spans without its contents would pass for the whole span. */
static void a_prompt_too_large_for_a_row_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    obs_span span = span_make(1, "p", BASE_NS);

    span.input_text = obs_str_n("never read", (size_t)1 << 31);
    assert_int_equal(append_merging(f, &scope_all, &span, 1, merge, NULL), OBS_E_TOO_LARGE);
    assert_int_equal(file_number(f, "SELECT count(*) FROM spans"), 0);
}

struct answer {
    obs_append_result result;
    int done;
};

static void on_appended(const obs_append_result *result, void *user)
{
    struct answer *answer = user;

    answer->result = *result;
    answer->done = 1;
}

/* However the requests share transactions. */
static void others_in_the_transaction_do_not_fail(void **state)
{
    enum { N = 60 };
    struct fixture *f = *state;
    obs_span spans[N], first = span_make(1, "p", BASE_NS);
    struct answer answers[N] = {0};

    assert_int_equal(put(f, &first).n_stored, 1);
    for (size_t i = 0; i < N; i++) {
        spans[i] = fragment_of(1, 0);
        spans[i].input_tokens = 1;
        if (i % 3 == 1)
            spans[i].error_message = obs_str_of("refuse");
        assert_int_equal(f->store->append(f->self, &scope_all, &spans[i], 1, merge, f->worker,
                                          on_appended, &answers[i]),
                         OBS_OK);
    }
    for (size_t i = 0; i < N; i++) {
        fake_worker_wait(f->worker, &answers[i].done);
        assert_int_equal(answers[i].result.error, i % 3 == 1 ? OBS_E_RANGE : OBS_OK);
        assert_int_equal(answers[i].result.n_merged, i % 3 == 1 ? 0 : 1);
    }
    assert_int_equal(file_number(f, "SELECT input_tokens FROM spans"), N - N / 3);
}

static void without_merging_what_is_there_stays(void **state)
{
    struct fixture *f = *state;
    obs_span span = span_make(1, "p", BASE_NS), part = fragment_of(1, 0);

    assert_int_equal(append_wait(f, &scope_all, &part, 1, NULL), OBS_E_INVALID);
    assert_int_equal(put(f, &part).n_waiting, 1);
    assert_int_equal(append_wait(f, &scope_all, &span, 1, NULL), OBS_OK);
    assert_int_equal(file_number(f, "SELECT count(*) FROM fragments"), 1);
}

/* Although nobody writes anything. */
static void old_fragments_are_forgotten(void **state)
{
    struct fixture *f = *state;
    obs_span parts[700];
    int64_t left = 700;

    for (size_t i = 0; i < 700; i++)
        parts[i] = fragment_of(100 + i, 0);
    assert_int_equal(append_merging(f, &scope_all, parts, 700, merge, NULL), OBS_OK);
    fixture_close(f);
    assert_int_equal(fixture_open(f), OBS_OK);
    fixture_close(f);
    assert_int_equal(file_number(f, "SELECT count(*) FROM fragments"), 700); /* not old yet */
    f->settings.store.keep_fragments_ns = 0;
    assert_int_equal(fixture_open(f), OBS_OK);
    for (int i = 0; i < 500 && left > 0; i++) {
        usleep(10000);
        left = file_number(f, "SELECT count(*) FROM fragments");
    }
    assert_int_equal(left, 0);
}

/* A second store on the same file, as another process would have it. Its
 * configuration is in `ret`, which must stay where it is. */
static void open_other(const struct fixture *f, struct fixture *ret)
{
    *ret = *f;
    ret->self = NULL;
    assert_int_equal(fixture_open(ret), OBS_OK);
}

static void fragments_of_another_process_are_seen(void **state)
{
    struct fixture *f = *state, other;
    obs_span span = span_make(1, "p", BASE_NS), part = fragment_of(1, 0);
    obs_span unrelated = span_make(9, "p", BASE_NS);

    assert_int_equal(put(f, &unrelated).n_stored, 1);
    open_other(f, &other);
    part.input_text = obs_str_of("q");
    assert_int_equal(put(&other, &part).n_waiting, 1);
    fixture_close(&other);
    assert_int_equal(put(f, &span).n_stored, 1);
    assert_int_equal(file_number(f, "SELECT count(*) FROM contents WHERE input_text='q'"), 1);
    assert_int_equal(file_number(f, "SELECT count(*) FROM fragments"), 0);
}

/* Both read, merge and write the same span at once, and nothing gets lost. */
static void two_processes_merge_into_one_span(void **state)
{
    enum { N = 50 };
    struct fixture *f = *state, other;
    obs_span parts[N], span = span_make(1, "p", BASE_NS);
    struct answer answers[2][N] = {0};

    assert_int_equal(put(f, &span).n_stored, 1);
    open_other(f, &other);
    for (size_t i = 0; i < N; i++) {
        parts[i] = fragment_of(1, 0);
        parts[i].input_tokens = 1;
        assert_int_equal(f->store->append(f->self, &scope_all, &parts[i], 1, merge, f->worker,
                                          on_appended, &answers[0][i]),
                         OBS_OK);
        assert_int_equal(f->store->append(other.self, &scope_all, &parts[i], 1, merge, f->worker,
                                          on_appended, &answers[1][i]),
                         OBS_OK);
    }
    for (size_t i = 0; i < N; i++)
        for (size_t store = 0; store < 2; store++) {
            fake_worker_wait(f->worker, &answers[store][i].done);
            assert_int_equal(answers[store][i].result.n_merged, 1);
        }
    fixture_close(&other);
    assert_int_equal(file_number(f, "SELECT input_tokens FROM spans"), 2 * N);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_fragment_joins_its_span_in_either_order),
        TEST(fragments_fold_in_the_order_in_which_they_came),
        TEST(a_span_and_its_fragments_in_one_request),
        TEST(projects_do_not_meet),
        TEST(content_comes_and_goes),
        TEST(an_update_is_stored_without_its_flag),
        TEST(an_error_of_who_merges_fails_the_request),
        TEST(a_prompt_too_large_for_a_row_leaves_nothing),
        TEST(others_in_the_transaction_do_not_fail),
        TEST(without_merging_what_is_there_stays),
        TEST(old_fragments_are_forgotten),
        TEST(fragments_of_another_process_are_seen),
        TEST(two_processes_merge_into_one_span),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
