/* SPDX-License-Identifier: Apache-2.0 */
/* Groups and sums against a naive loop, and what is refused. */
#include "fixture.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define BASE_NS INT64_C(1767225600000000000)
#define N 700

static const char *const models[] = {"gpt-4o", "claude", "", "gemini"};
static const char *const providers[] = {"openai", "anthropic", "x"};
static const char *const sources[] = {"price_book", "unpriced", "no_usage"};

struct group {
    char provider[32], model[32];
    int64_t count, tokens, least, greatest;
};

struct groups {
    struct group items[64];
    size_t n, stop_after; /* 0: never */
    obs_search_result result;
    int done;
};

static int on_group(const obs_group *group, void *user)
{
    const obs_str *dimensions = group->dimensions;
    const obs_number *measures = group->measures;
    struct groups *g = user;

    if (group->kind != OBS_GROUP_TOTAL)
        return 0;
    snprintf(g->items[g->n].provider, 32, "%.*s", OBS_STR_ARG(dimensions[0]));
    snprintf(g->items[g->n].model, 32, "%.*s", OBS_STR_ARG(dimensions[1]));
    g->items[g->n].count = measures[0].i;
    g->items[g->n].tokens = measures[1].i;
    g->items[g->n].least = measures[2].i;
    g->items[g->n++].greatest = measures[3].i;
    return g->n == g->stop_after;
}

static void on_done(const obs_search_result *result, void *user)
{
    struct groups *g = user;

    g->result = *result;
    g->done = 1;
}

static const obs_dimension dimensions[] = {{.field = OBS_FIELD_PROVIDER},
                                           {.field = OBS_FIELD_MODEL}};
static const obs_measure measures[] = {{OBS_MEASURE_COUNT, 0, 0},
                                       {OBS_MEASURE_SUM, OBS_FIELD_TOTAL_TOKENS, 0},
                                       {OBS_MEASURE_MIN, OBS_FIELD_TTFT, 0},
                                       {OBS_MEASURE_MAX, OBS_FIELD_TS, 0}};

static obs_aggregate_query query_groups(void)
{
    return (obs_aggregate_query){
        .size = sizeof(obs_aggregate_query),
        .flags = OBS_QUERY_DESCENDING,
        .limit = 64,
        .from_ns = INT64_MIN,
        .to_ns = INT64_MAX,
        .dimensions = dimensions,
        .n_dimensions = 2,
        .measures = measures,
        .n_measures = 4,
    };
}

static int ask(struct fixture *f, const obs_scope *scope, const obs_aggregate_query *q,
               struct groups *ret)
{
    int rc;

    *ret = (struct groups){.stop_after = ret->stop_after};
    rc = f->store->aggregate(f->self, scope, q, on_group, on_done, ret);
    if (rc < 0)
        return rc;
    fake_worker_wait(f->worker, &ret->done);
    return ret->result.error;
}

static obs_span span_number(uint64_t i)
{
    obs_span s = span_make(i + 1, i % 5 ? "p" : "q", BASE_NS + (int64_t)i);
    uint64_t r = i * UINT64_C(2654435761) >> 7;

    s.provider = obs_str_of(providers[r % 3]);
    s.model = obs_str_of(models[r / 3 % 4]);
    s.cost_source = obs_str_of(sources[r / 12 % 3]);
    s.input_tokens = r % 7 ? (int64_t)(r % 1000) : OBS_ABSENT;
    s.output_audio_tokens = r % 11 ? OBS_ABSENT : (int64_t)(r % 100);
    s.ttft_ns = r % 3 ? (int64_t)(r % 5000) : OBS_ABSENT;
    return s;
}

static void fill(struct fixture *f)
{
    obs_span *spans = calloc(N, sizeof(*spans));

    for (uint64_t i = 0; i < N; i++)
        spans[i] = span_number(i);
    assert_int_equal(append_wait(f, &scope_all, spans, N, NULL), OBS_OK);
    free(spans);
}

static bool matches(const obs_span *s, bool mine, int64_t from, int64_t to, const char *source)
{
    return (!mine || obs_str_is(s->project_id, "p")) && s->start_ns >= from && s->start_ns < to &&
           (!source || obs_str_is(s->cost_source, source));
}

/* What a group should hold. */
static struct group naive(const struct group *like, bool mine, int64_t from, int64_t to,
                          const char *source)
{
    struct group g = {.least = OBS_ABSENT, .greatest = OBS_ABSENT};

    for (uint64_t i = 0; i < N; i++) {
        obs_span s = span_number(i);
        int64_t tokens = obs_span_total_tokens(&s);

        if (!matches(&s, mine, from, to, source) || !obs_str_is(s.provider, like->provider) ||
            !obs_str_is(s.model, like->model))
            continue;
        g.count++;
        g.tokens += tokens > 0 ? tokens : 0;
        if (s.ttft_ns >= 0 && (g.least < 0 || s.ttft_ns < g.least))
            g.least = s.ttft_ns;
        if (s.start_ns > g.greatest)
            g.greatest = s.start_ns;
    }
    return g;
}

static void check(const struct groups *g, bool mine, int64_t from, int64_t to, const char *source)
{
    int64_t counted = 0, expected = 0;

    for (uint64_t i = 0; i < N; i++) {
        obs_span s = span_number(i);
        expected += matches(&s, mine, from, to, source);
    }
    for (size_t i = 0; i < g->n; i++) {
        struct group want = naive(&g->items[i], mine, from, to, source);

        counted += g->items[i].count;
        assert_int_equal(g->items[i].count, want.count);
        assert_int_equal(g->items[i].tokens, want.tokens);
        assert_int_equal(g->items[i].least, want.least);
        assert_int_equal(g->items[i].greatest, want.greatest);
        if (i > 0)
            assert_true(g->items[i - 1].count >= g->items[i].count);
    }
    assert_int_equal(counted, expected);
}

static const obs_value unpriced = {.s = OBS_STR("unpriced")};
static const obs_filter only_unpriced = {.size = sizeof(obs_filter),
                                         .kind = OBS_FILTER_LEAF,
                                         .field = OBS_FIELD_COST_SOURCE,
                                         .op = OBS_OP_EQ,
                                         .values = &unpriced,
                                         .n_values = 1};

static void groups_are_those_of_a_naive_loop(void **state)
{
    static const obs_str p = OBS_STR("p");
    const obs_scope mine = {.size = sizeof(mine), .projects = &p, .n_projects = 1};
    struct fixture *f = *state;
    obs_aggregate_query q = query_groups();
    struct groups g = {0};

    fill(f);
    assert_int_equal(ask(f, &scope_all, &q, &g), OBS_OK);
    assert_int_equal(g.n, 12);
    check(&g, false, INT64_MIN, INT64_MAX, NULL);
    assert_int_equal(ask(f, &mine, &q, &g), OBS_OK);
    check(&g, true, INT64_MIN, INT64_MAX, NULL);
    q.from_ns = BASE_NS + 100;
    q.to_ns = BASE_NS + 500;
    q.filter = &only_unpriced;
    assert_int_equal(ask(f, &mine, &q, &g), OBS_OK);
    check(&g, true, q.from_ns, q.to_ns, "unpriced");
}

static void the_largest_groups_come_first_up_to_the_limit(void **state)
{
    struct fixture *f = *state;
    obs_aggregate_query q = query_groups();
    struct groups all = {0}, some = {0};

    fill(f);
    q.sort_measure = 1;
    assert_int_equal(ask(f, &scope_all, &q, &all), OBS_OK);
    assert_false(all.result.has_more);
    q.limit = 5;
    assert_int_equal(ask(f, &scope_all, &q, &some), OBS_OK);
    assert_true(some.result.has_more);
    assert_int_equal(some.n, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(some.items[i].tokens, all.items[i].tokens);
        assert_true(all.items[i].tokens >= all.items[i + 1].tokens);
    }
}

/* Else a page of groups would be another one each time. */
static void groups_of_the_same_size_come_in_the_order_of_their_names(void **state)
{
    struct fixture *f = *state;
    obs_aggregate_query q = query_groups();
    obs_span spans[12];
    struct groups g = {0};

    for (uint64_t i = 0; i < 12; i++) {
        spans[i] = span_make(i + 1, "p", BASE_NS);
        spans[i].provider = obs_str_of(providers[(i + 1) % 3]);
        spans[i].model = obs_str_of(models[(i + 2) % 4]);
    }
    assert_int_equal(append_wait(f, &scope_all, spans, 12, NULL), OBS_OK);
    assert_int_equal(ask(f, &scope_all, &q, &g), OBS_OK);
    assert_int_equal(g.n, 12);
    for (size_t i = 1; i < g.n; i++) {
        int order = strcmp(g.items[i - 1].provider, g.items[i].provider);
        assert_true(order < 0 ||
                    (order == 0 && strcmp(g.items[i - 1].model, g.items[i].model) < 0));
    }
}

static int on_total(const obs_group *group, void *user)
{
    struct groups *g = user;

    if (group->kind != OBS_GROUP_TOTAL)
        return 0;
    g->items[g->n].count = group->measures[0].i;
    g->items[g->n++].tokens = group->measures[1].i;
    return 0;
}

static void without_dimensions_there_is_one_group(void **state)
{
    struct fixture *f = *state;
    obs_aggregate_query q = query_groups();
    struct groups g = {0};

    q.dimensions = NULL;
    q.n_dimensions = 0;
    fill(f);
    assert_int_equal(f->store->aggregate(f->self, &scope_all, &q, on_total, on_done, &g), OBS_OK);
    fake_worker_wait(f->worker, &g.done);
    assert_int_equal(g.n, 1);
    assert_int_equal(g.items[0].count, N);
    assert_true(g.items[0].tokens > 0);
}

static void who_has_enough_is_given_no_more(void **state)
{
    struct fixture *f = *state;
    obs_aggregate_query q = query_groups();
    struct groups g = {.stop_after = 2};

    fill(f);
    assert_int_equal(ask(f, &scope_all, &q, &g), OBS_OK);
    assert_int_equal(g.n, 2);
    assert_int_equal(g.result.n_rows, 2);
    assert_true(g.result.has_more);
}

static void it_ends_when_its_time_is_over(void **state)
{
    struct fixture *f = *state;
    obs_aggregate_query q = query_groups();
    struct groups g = {0};

    fill(f);
    q.timeout_ns = 1;
    assert_int_equal(ask(f, &scope_all, &q, &g), OBS_E_TIMEOUT);
    q.timeout_ns = 0;
    assert_int_equal(ask(f, &scope_all, &q, &g), OBS_OK); /* the reader goes on */
}

static void a_sum_that_does_not_fit_stays_at_the_end(void **state)
{
    struct fixture *f = *state;
    obs_aggregate_query q = query_groups();
    obs_span spans[2] = {span_make(1, "p", BASE_NS), span_make(2, "p", BASE_NS)};
    struct groups g = {0};

    for (size_t i = 0; i < 2; i++)
        spans[i].input_tokens = INT64_MAX - 5;
    assert_int_equal(append_wait(f, &scope_all, spans, 2, NULL), OBS_OK);
    assert_int_equal(ask(f, &scope_all, &q, &g), OBS_OK);
    assert_int_equal(g.n, 1);
    assert_int_equal(g.items[0].tokens, INT64_MAX);
    assert_int_equal(g.items[0].least, OBS_ABSENT);
}

static void what_cannot_be_asked_is_refused(void **state)
{
    static const obs_dimension number[] = {{.field = OBS_FIELD_TOTAL_TOKENS}},
                               none[] = {{.field = OBS_N_SPAN_FIELDS}};
    static const obs_measure text[] = {{OBS_MEASURE_SUM, OBS_FIELD_MODEL, 0}},
                             times[] = {{OBS_MEASURE_SUM, OBS_FIELD_TS, 0}},
                             unknown[] = {{99, OBS_FIELD_TS, 0}};
    static const obs_measure *const wrong[] = {text, times, unknown};
    struct fixture *f = *state;
    obs_aggregate_query q = query_groups();
    struct groups g = {0};

    q.limit = 0;
    assert_int_equal(ask(f, &scope_all, &q, &g), OBS_E_INVALID);
    q = query_groups();
    q.dimensions = number;
    q.n_dimensions = 1;
    assert_int_equal(ask(f, &scope_all, &q, &g), OBS_E_INVALID);
    q.dimensions = none;
    assert_int_equal(ask(f, &scope_all, &q, &g), OBS_E_INVALID);
    q = query_groups();
    q.sort_measure = 4;
    assert_int_equal(ask(f, &scope_all, &q, &g), OBS_E_INVALID);
    for (size_t i = 0; i < 3; i++) {
        q = query_groups();
        q.measures = wrong[i];
        q.n_measures = 1;
        assert_int_equal(ask(f, &scope_all, &q, &g), OBS_E_INVALID);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(groups_are_those_of_a_naive_loop),
        TEST(the_largest_groups_come_first_up_to_the_limit),
        TEST(groups_of_the_same_size_come_in_the_order_of_their_names),
        TEST(without_dimensions_there_is_one_group),
        TEST(who_has_enough_is_given_no_more),
        TEST(it_ends_when_its_time_is_over),
        TEST(a_sum_that_does_not_fit_stays_at_the_end),
        TEST(what_cannot_be_asked_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
