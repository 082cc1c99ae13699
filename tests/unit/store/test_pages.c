/* SPDX-License-Identifier: Apache-2.0 */
/* All pages together are the whole sorted list, for every sort, with equal keys
 * and absent values, while rows arrive. */
#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define N_SPANS 120
#define PROJECT "pages"

static const uint32_t sorts[] = {
    OBS_FIELD_TS,          OBS_FIELD_DURATION,      OBS_FIELD_TTFT,
    OBS_FIELD_TOTAL_COST,  OBS_FIELD_PROMPT_TOKENS, OBS_FIELD_COMPLETION_TOKENS,
    OBS_FIELD_TOTAL_TOKENS};

static const obs_str projects[] = {OBS_STR(PROJECT)};
static const obs_scope scope = {.size = sizeof(obs_scope), .projects = projects, .n_projects = 1};

struct pages {
    uint64_t ids[4 * N_SPANS];
    size_t n;
};

static int64_t sort_value(const obs_span *s, uint32_t field)
{
    switch (field) {
    case OBS_FIELD_TS:
        return s->start_ns;
    case OBS_FIELD_DURATION:
        return s->end_ns - s->start_ns;
    case OBS_FIELD_TTFT:
        return s->ttft_ns;
    case OBS_FIELD_TOTAL_COST:
        return s->total_cost;
    case OBS_FIELD_PROMPT_TOKENS:
        return obs_span_prompt_tokens(s);
    case OBS_FIELD_COMPLETION_TOKENS:
        return obs_span_completion_tokens(s);
    default:
        return obs_span_total_tokens(s);
    }
}

static obs_span made(uint64_t n)
{
    obs_span s = span_of(500000 + n);

    s.project_id = projects[0];
    s.start_ns = INT64_C(1790000000000000000) + (int64_t)(n % 13);
    s.end_ns = s.start_ns + (int64_t)(n % 7);
    s.ttft_ns = n % 3 ? (int64_t)(n % 5) : OBS_ABSENT;
    s.total_cost = n % 4 ? (int64_t)(n % 6) : OBS_ABSENT;
    s.input_tokens = n % 5 ? (int64_t)(n % 9) : OBS_ABSENT;
    s.output_tokens = n % 2 ? (int64_t)(n % 3) : OBS_ABSENT;
    return s;
}

struct order {
    uint32_t field;
    int descending;
    int64_t last;
    int seen;
    struct pages *pages;
};

/* Absent values come last, whichever way. */
static int check_order(const obs_span *span, void *user)
{
    struct order *o = user;
    int64_t v = sort_value(span, o->field);

    if (o->seen && v != o->last) {
        if (o->last == OBS_ABSENT)
            fail_msg("a value after an absent one");
        if (v != OBS_ABSENT && (v < o->last) != o->descending)
            fail_msg("%lld after %lld", (long long)v, (long long)o->last);
    }
    o->last = v;
    o->seen = 1;
    memcpy(&o->pages->ids[o->pages->n++], span->span_id, 8);
    return 0;
}

static void walk(uint32_t field, int descending, uint32_t limit, int inserting)
{
    static struct pages pages;
    struct order order = {.field = field, .descending = descending, .pages = &pages};
    static uint64_t extra = 10000;
    obs_span_query q = query_all();
    char position[64];
    obs_search_result r;

    pages.n = 0;
    q.fields = OBS_FIELDS_ALL;
    q.sort_field = field;
    q.flags = descending ? OBS_QUERY_DESCENDING : 0;
    q.limit = limit;
    do {
        r = search(&scope, &q, check_order, &order);
        assert_true(r.n_rows <= limit);
        assert_true(r.n_rows == limit || !r.has_more);
        memcpy(position, r.position.ptr, r.position.len);
        q.after = obs_str_n(position, r.position.len);
        if (inserting && pages.n < 2 * N_SPANS) {
            obs_span s = made(extra++);
            append(&s, 1);
        }
    } while (r.has_more);
    for (uint64_t n = 0; n < N_SPANS; n++) { /* each of the first ones exactly once */
        obs_span s = made(n);
        size_t times = 0;
        for (size_t i = 0; i < pages.n; i++)
            times += memcmp(&pages.ids[i], s.span_id, 8) == 0;
        assert_int_equal(times, 1);
    }
}

static void pages_together_are_the_whole_list(void **unused)
{
    (void)unused;
    for (uint64_t n = 0; n < N_SPANS; n++) {
        obs_span s = made(n);
        append(&s, 1);
    }
    for (size_t i = 0; i < sizeof(sorts) / sizeof(*sorts); i++)
        for (int descending = 0; descending < 2; descending++)
            for (uint32_t limit = 1; limit <= 50; limit = 3 * limit + 2)
                walk(sorts[i], descending, limit, 0);
}

static void pages_are_stable_while_rows_arrive(void **unused)
{
    (void)unused;
    for (int descending = 0; descending < 2; descending++) {
        walk(OBS_FIELD_TS, descending, 7, 1);
        walk(OBS_FIELD_TTFT, descending, 7, 1);
    }
}

static void a_position_of_another_order_is_refused(void **unused)
{
    obs_span_query q = query_all();
    char position[64];
    obs_search_result r;
    (void)unused;

    q.limit = 3;
    r = search(&scope, &q, NULL, NULL);
    memcpy(position, r.position.ptr, r.position.len);
    q.after = obs_str_n(position, r.position.len);
    assert_int_equal(search_error(&q), OBS_OK);
    q.sort_field = OBS_FIELD_DURATION;
    assert_int_equal(search_error(&q), OBS_E_INVALID);
    q.sort_field = OBS_FIELD_TS;
    q.flags = 0;
    assert_int_equal(search_error(&q), OBS_E_INVALID);
    q.flags = OBS_QUERY_DESCENDING;
    q.after.len--;
    assert_int_equal(search_error(&q), OBS_E_INVALID);
}

static void a_range_of_time_is_half_open(void **unused)
{
    obs_span_query q = query_all();
    (void)unused;

    q.flags |= OBS_QUERY_TOTAL;
    q.from_ns = INT64_C(1790000000000000003);
    q.to_ns = INT64_C(1790000000000000004);
    q.limit = 1;
    assert_true(search(&scope, &q, NULL, NULL).total > 0);
    q.to_ns = q.from_ns;
    assert_int_equal(search(&scope, &q, NULL, NULL).total, 0);
    q.to_ns = q.from_ns - 1;
    assert_int_equal(search_error(&q), OBS_E_INVALID);
}

int test_pages(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_together_are_the_whole_list),
        cmocka_unit_test(pages_are_stable_while_rows_arrive),
        cmocka_unit_test(a_position_of_another_order_is_refused),
        cmocka_unit_test(a_range_of_time_is_half_open),
    };
    return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
