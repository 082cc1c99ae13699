/* SPDX-License-Identifier: Apache-2.0 */
/* What each parameter becomes, which values are refused and how, and which
 * queries a cursor takes for the same. */
#include "params.h"
#include "hex_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* 2026-11-23T07:00:00Z */
#define NOW (INT64_C(1795417200) * 1000000000)

#define HOUR (INT64_C(3600) * 1000000000)

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

/* Takes "name=value&name=value" as it stands, and stops at the first error. */
static int take_all(struct params *params, obs_arena *arena, const char *text)
{
    params_init(params, arena, NOW, 1000);
    while (*text) {
        size_t len = strcspn(text, "&"), name = strcspn(text, "=");
        int rc =
            params_take(params, obs_str_n(text, name), obs_str_n(text + name + 1, len - name - 1));
        if (rc < 0)
            return rc;
        text += len + (text[len] == '&');
    }
    return OBS_OK;
}

static obs_span_query query_of(obs_arena *arena, const char *text)
{
    struct params *params = obs_arena_calloc(arena, 1, sizeof(*params));
    obs_span_query query = {0};
    int rc;

    assert_non_null(params);
    rc = take_all(params, arena, text);
    if (rc == OBS_OK)
        rc = params_finish(params, &query);
    if (rc < 0)
        fail_msg("%s: error %d, %.*s", text, rc, OBS_STR_ARG(params->filter.wrong_text));
    return query;
}

/* The only leaf of a query with one condition. */
static const obs_filter *leaf_of(obs_arena *arena, const char *text)
{
    obs_span_query query = query_of(arena, text);

    assert_non_null(query.filter);
    assert_int_equal(query.filter->kind, OBS_FILTER_AND);
    assert_int_equal(query.filter->n_children, 1);
    return query.filter->children[0];
}

static void assert_refused(obs_arena *arena, const char *text, int error, const char *field)
{
    struct params params;
    obs_span_query query = {0};
    int rc = take_all(&params, arena, text);

    if (rc == OBS_OK)
        rc = params_finish(&params, &query);
    if (rc != error)
        fail_msg("%s: expected error %d, found %d", text, error, rc);
    assert_string_equal(params.filter.wrong_field, field);
    assert_true(params.filter.wrong_text.len > 0);
    assert_int_equal(query.size, 0); /* written on success only */
}

static void no_parameters_mean_the_newest_fifty_spans(void **state)
{
    obs_span_query query = query_of(*state, "");

    assert_int_equal(query.size, sizeof(query));
    assert_int_equal(query.flags, OBS_QUERY_DESCENDING);
    assert_int_equal(query.fields, OBS_FIELDS_ALL);
    assert_true(query.from_ns == INT64_MIN && query.to_ns == INT64_MAX);
    assert_null(query.filter);
    assert_int_equal(query.sort_field, OBS_FIELD_TS);
    assert_int_equal(query.limit, 50);
    assert_int_equal(query.after.len, 0);
}

static void the_default_limit_is_never_above_the_greatest(void **state)
{
    struct params params;

    params_init(&params, *state, NOW, 10);
    assert_int_equal(params.limit, 10);
}

static void lists_mean_any_of_their_items(void **state)
{
    static const struct {
        const char *name;
        uint32_t field;
    } rows[] = {
        {"session_id", OBS_FIELD_SESSION_ID},
        {"user_id", OBS_FIELD_USER_ID},
        {"provider", OBS_FIELD_PROVIDER},
        {"model", OBS_FIELD_MODEL},
        {"operation_type", OBS_FIELD_OPERATION_TYPE},
        {"service", OBS_FIELD_SERVICE_NAME},
        {"environment", OBS_FIELD_ENVIRONMENT},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        obs_str one = obs_arena_printf(*state, "%s=a b", rows[i].name);
        obs_str two = obs_arena_printf(*state, "%s=,x,,y,", rows[i].name);
        obs_str none = obs_arena_printf(*state, "%s=", rows[i].name);
        obs_str commas = obs_arena_printf(*state, "%s=,,", rows[i].name);
        const obs_filter *leaf = leaf_of(*state, one.ptr);
        assert_int_equal(leaf->kind, OBS_FILTER_LEAF);
        assert_int_equal(leaf->field, rows[i].field);
        assert_int_equal(leaf->op, OBS_OP_EQ);
        assert_int_equal(leaf->n_values, 1);
        assert_true(obs_str_is(leaf->values[0].s, "a b"));
        leaf = leaf_of(*state, two.ptr);
        assert_int_equal(leaf->op, OBS_OP_IN);
        assert_int_equal(leaf->n_values, 2);
        assert_true(obs_str_is(leaf->values[0].s, "x"));
        assert_true(obs_str_is(leaf->values[1].s, "y"));
        assert_refused(*state, none.ptr, OBS_E_INVALID, rows[i].name);
        assert_refused(*state, commas.ptr, OBS_E_INVALID, rows[i].name);
    }
}

static void a_span_name_is_one_text_with_its_commas(void **state)
{
    const obs_filter *leaf = leaf_of(*state, "span_name=a,b");

    assert_int_equal(leaf->field, OBS_FIELD_SPAN_NAME);
    assert_int_equal(leaf->op, OBS_OP_EQ);
    assert_true(obs_str_is(leaf->values[0].s, "a,b"));
    assert_refused(*state, "span_name=", OBS_E_INVALID, "span_name");
}

static void trace_ids_become_bytes(void **state)
{
    static const uint8_t id[16] = {0x0a, 0xbc, 0xde, 0xf0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x9f};
    const obs_filter *leaf = leaf_of(*state, "trace_id=0aBCdef000000000000000000000009F");

    assert_int_equal(leaf->field, OBS_FIELD_TRACE_ID);
    assert_int_equal(leaf->op, OBS_OP_EQ);
    assert_int_equal(leaf->values[0].s.len, 16);
    assert_memory_equal(leaf->values[0].s.ptr, id, 16);
    assert_refused(*state, "trace_id=", OBS_E_INVALID, "trace_id");
    assert_refused(*state, "trace_id=0abc", OBS_E_INVALID, "trace_id");
    assert_refused(*state, "trace_id=0abcdef000000000000000000000009g", OBS_E_INVALID, "trace_id");
    assert_refused(*state, "trace_id=0abcdef000000000000000000000009f0", OBS_E_INVALID, "trace_id");
    assert_refused(*state, "trace_id=00000000000000000000000000000000", OBS_E_INVALID, "trace_id");
}

static void span_ids_have_sixteen_digits(void **state)
{
    static const uint8_t id[8] = {0xff, 0, 0, 0, 0, 0, 0, 0x1e};
    uint8_t found[8];

    (void)state;
    assert_int_equal(hex_span_id(obs_str_of("fF0000000000001E"), found), OBS_OK);
    assert_memory_equal(found, id, 8);
    assert_int_equal(hex_span_id(obs_str_of("0000000000000000"), found), OBS_E_INVALID);
    assert_int_equal(hex_span_id(obs_str_of("ff000000000000"), found), OBS_E_INVALID);
    assert_int_equal(hex_span_id(obs_str_of("ff0000000000001 "), found), OBS_E_INVALID);
    assert_int_equal(hex_span_id(obs_str_n(NULL, 0), found), OBS_E_INVALID);
}

static void statuses_are_read_in_any_case(void **state)
{
    static const struct {
        const char *text;
        uint32_t status;
    } rows[] = {{"status=OK", OBS_STATUS_OK},
                {"status=ok", OBS_STATUS_OK},
                {"status=Success", OBS_STATUS_OK},
                {"status=error", OBS_STATUS_ERROR},
                {"status=UNSET", OBS_STATUS_UNSET}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const obs_filter *leaf = leaf_of(*state, rows[i].text);
        assert_int_equal(leaf->field, OBS_FIELD_STATUS);
        assert_int_equal(leaf->op, OBS_OP_EQ);
        assert_int_equal(leaf->values[0].i, rows[i].status);
    }
    assert_refused(*state, "status=", OBS_E_INVALID, "status");
    assert_refused(*state, "status=2", OBS_E_INVALID, "status");
    assert_refused(*state, "status=OKAY", OBS_E_INVALID, "status");
    assert_refused(*state, "status=O", OBS_E_INVALID, "status");
}

static void tags_mean_all_of_them_however_often_given(void **state)
{
    static const char *const texts[] = {"tags=a,b", "tags=a&tags=b", "tags=,a,,b"};

    for (size_t i = 0; i < 3; i++) {
        obs_span_query query = query_of(*state, texts[i]);
        assert_int_equal(query.filter->kind, OBS_FILTER_AND);
        assert_int_equal(query.filter->n_children, 2);
        for (size_t k = 0; k < 2; k++) {
            const obs_filter *leaf = query.filter->children[k];
            assert_int_equal(leaf->field, OBS_FIELD_TAGS);
            assert_int_equal(leaf->op, OBS_OP_HAS);
            assert_true(obs_str_is(leaf->values[0].s, k ? "b" : "a"));
        }
    }
    assert_refused(*state, "tags=", OBS_E_INVALID, "tags");
}

static void too_many_tags_are_too_complex(void **state)
{
    obs_buf *buf = obs_buf_new(*state, 0);
    struct params params;

    for (size_t i = 0; i < FILTER_PARAMS_MAX; i++)
        obs_buf_printf(buf, "%st%zu", i ? "," : "", i);
    params_init(&params, *state, NOW, 1000);
    assert_int_equal(params_take(&params, obs_str_of("tags"), obs_buf_str(buf)), OBS_OK);
    assert_int_equal(params.filter.n_filters, FILTER_PARAMS_MAX);
    assert_int_equal(params_take(&params, obs_str_of("tags"), obs_str_of("one")), OBS_E_COMPLEX);
    assert_true(params.filter.wrong_text.len > 0);
}

static void bounds_are_exact_decimals(void **state)
{
    static const struct {
        const char *text;
        uint32_t field, op;
        int64_t value;
    } rows[] = {
        {"min_duration_ms=12.5", OBS_FIELD_DURATION, OBS_OP_GTE, 12500000},
        {"min_duration_ms=.5", OBS_FIELD_DURATION, OBS_OP_GTE, 500000},
        {"max_duration_ms=0.000001", OBS_FIELD_DURATION, OBS_OP_LTE, 1},
        {"max_duration_ms=9223372036854.775807", OBS_FIELD_DURATION, OBS_OP_LTE, INT64_MAX},
        {"min_cost=0.1", OBS_FIELD_TOTAL_COST, OBS_OP_GTE, 100000000},
        {"min_cost=0", OBS_FIELD_TOTAL_COST, OBS_OP_GTE, 0},
        {"max_cost=4.35", OBS_FIELD_TOTAL_COST, OBS_OP_LTE, INT64_C(4350000000)},
        {"max_cost=0.000000001", OBS_FIELD_TOTAL_COST, OBS_OP_LTE, 1},
        {"min_tokens=100", OBS_FIELD_TOTAL_TOKENS, OBS_OP_GTE, 100},
        {"max_tokens=9223372036854775807", OBS_FIELD_TOTAL_TOKENS, OBS_OP_LTE, INT64_MAX},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const obs_filter *leaf = leaf_of(*state, rows[i].text);
        assert_int_equal(leaf->field, rows[i].field);
        assert_int_equal(leaf->op, rows[i].op);
        assert_int_equal(leaf->n_values, 1);
        assert_int_equal(leaf->values[0].i, rows[i].value);
    }
}

static void bounds_that_are_no_such_number_are_refused(void **state)
{
    static const char *const bad[] = {"",
                                      ".",
                                      "-1",
                                      "+1",
                                      "1e3",
                                      "1,5",
                                      "0x1",
                                      "1 ",
                                      "abc",
                                      "1..5",
                                      "1.2.3",
                                      "nan",
                                      "9223372036854775808"};
    static const char *const names[] = {"min_duration_ms", "max_duration_ms", "min_cost",
                                        "max_cost",        "min_tokens",      "max_tokens"};

    for (size_t i = 0; i < 6; i++)
        for (size_t k = 0; k < sizeof(bad) / sizeof(*bad); k++) {
            obs_str text = obs_arena_printf(*state, "%s=%s", names[i], bad[k]);
            assert_refused(*state, text.ptr, OBS_E_INVALID, names[i]);
        }
    assert_refused(*state, "min_duration_ms=0.0000001", OBS_E_INVALID, "min_duration_ms");
    assert_refused(*state, "max_duration_ms=9223372036854.775808", OBS_E_INVALID,
                   "max_duration_ms");
    assert_refused(*state, "max_cost=0.0000000001", OBS_E_INVALID, "max_cost");
    assert_refused(*state, "min_cost=9223372037", OBS_E_INVALID, "min_cost");
    assert_refused(*state, "min_tokens=1.5", OBS_E_INVALID, "min_tokens");
}

static void roots_are_spans_without_a_parent(void **state)
{
    static const char *const yes[] = {"roots_only=true", "roots_only=1"};

    for (size_t i = 0; i < 2; i++) {
        const obs_filter *filter = leaf_of(*state, yes[i]);
        assert_int_equal(filter->kind, OBS_FILTER_NOT);
        assert_int_equal(filter->n_children, 1);
        assert_int_equal(filter->children[0]->kind, OBS_FILTER_LEAF);
        assert_int_equal(filter->children[0]->field, OBS_FIELD_PARENT_SPAN_ID);
        assert_int_equal(filter->children[0]->op, OBS_OP_EXISTS);
        assert_int_equal(filter->children[0]->n_values, 0);
    }
    assert_null(query_of(*state, "roots_only=false").filter);
    assert_null(query_of(*state, "roots_only=0").filter);
    assert_refused(*state, "roots_only=", OBS_E_INVALID, "roots_only");
    assert_refused(*state, "roots_only=yes", OBS_E_INVALID, "roots_only");
}

static void ranges_of_time_have_two_names_each(void **state)
{
    obs_span_query query = query_of(*state, "from=now-1h&to=2026-11-23T07:00:00.5Z");

    assert_int_equal(query.from_ns, NOW - HOUR);
    assert_int_equal(query.to_ns, NOW + 500000000);
    assert_null(query.filter);
    query = query_of(*state, "start_time=1795417200&end_time=now+1h");
    assert_int_equal(query.from_ns, NOW);
    assert_int_equal(query.to_ns, NOW + HOUR);
}

static void times_that_are_none_are_refused(void **state)
{
    static const char *const names[] = {"from", "to", "start_time", "end_time"};
    static const char *const bad[] = {"", "yesterday", "2026-02-30", "2026-11-23T07:00:00",
                                      "9999-01-01"};

    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < sizeof(bad) / sizeof(*bad); k++) {
            obs_str text = obs_arena_printf(*state, "%s=%s", names[i], bad[k]);
            assert_refused(*state, text.ptr, OBS_E_INVALID, names[i]);
        }
}

static void a_range_must_not_be_empty(void **state)
{
    assert_refused(*state, "from=now&to=now", OBS_E_RANGE, "from");
    assert_refused(*state, "to=now-1h&from=now", OBS_E_RANGE, "from");
    assert_int_equal(query_of(*state, "from=0&to=0.000000001").to_ns, 1);
}

static void a_project_is_no_filter_but_a_scope(void **state)
{
    struct params params;
    obs_span_query query = {0};

    assert_int_equal(take_all(&params, *state, "project_id=p,1"), OBS_OK);
    assert_true(obs_str_is(params.filter.project, "p,1"));
    assert_int_equal(params_finish(&params, &query), OBS_OK);
    assert_null(query.filter);
    assert_refused(*state, "project_id=", OBS_E_INVALID, "project_id");
}

static void orders_are_by_what_can_be_compared(void **state)
{
    static const struct {
        const char *text;
        uint32_t field;
    } rows[] = {
        {"sort_by=ts", OBS_FIELD_TS},
        {"sort_by=duration_ms", OBS_FIELD_DURATION},
        {"sort_by=ttft_ms", OBS_FIELD_TTFT},
        {"sort_by=total_cost_usd", OBS_FIELD_TOTAL_COST},
        {"sort_by=prompt_tokens", OBS_FIELD_PROMPT_TOKENS},
        {"sort_by=completion_tokens", OBS_FIELD_COMPLETION_TOKENS},
        {"sort_by=total_tokens", OBS_FIELD_TOTAL_TOKENS},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        assert_int_equal(query_of(*state, rows[i].text).sort_field, rows[i].field);
    assert_int_equal(query_of(*state, "sort_order=asc").flags, 0);
    assert_int_equal(query_of(*state, "sort_order=desc").flags, OBS_QUERY_DESCENDING);
    assert_refused(*state, "sort_by=", OBS_E_INVALID, "sort_by");
    assert_refused(*state, "sort_by=model", OBS_E_INVALID, "sort_by");
    assert_refused(*state, "sort_by=ts; drop table spans", OBS_E_INVALID, "sort_by");
    assert_refused(*state, "sort_order=", OBS_E_INVALID, "sort_order");
    assert_refused(*state, "sort_order=up", OBS_E_INVALID, "sort_order");
}

static void limits_are_from_one_to_the_greatest(void **state)
{
    static const char *const bad[] = {
        "limit=",    "limit=0",   "limit=1001",       "limit=-1",
        "limit=1.5", "limit=ten", "limit=4294967297", "limit=99999999999999999999"};

    assert_int_equal(query_of(*state, "limit=1").limit, 1);
    assert_int_equal(query_of(*state, "limit=1000").limit, 1000);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_refused(*state, bad[i], OBS_E_INVALID, "limit");
}

static void fields_are_those_asked_for(void **state)
{
    assert_int_equal(query_of(*state, "fields=model,ts").fields,
                     OBS_FIELD_BIT(OBS_FIELD_MODEL) | OBS_FIELD_BIT(OBS_FIELD_TS));
    assert_refused(*state, "fields=", OBS_E_INVALID, "fields");
    assert_refused(*state, "fields=model,nope", OBS_E_UNKNOWN, "fields");
}

static void the_total_is_counted_when_asked_for(void **state)
{
    assert_int_equal(query_of(*state, "include=total").flags,
                     OBS_QUERY_DESCENDING | OBS_QUERY_TOTAL);
    assert_refused(*state, "include=", OBS_E_INVALID, "include");
    assert_refused(*state, "include=everything", OBS_E_INVALID, "include");
}

static void unknown_parameters_are_refused(void **state)
{
    struct params params;

    assert_refused(*state, "modle=x", OBS_E_UNKNOWN, "query");
    assert_refused(*state, "Model=x", OBS_E_UNKNOWN, "query");
    assert_refused(*state, "=x", OBS_E_UNKNOWN, "query");
    assert_int_equal(take_all(&params, *state, "modle=x"), OBS_E_UNKNOWN);
    assert_non_null(memmem(params.filter.wrong_text.ptr, params.filter.wrong_text.len, "modle", 5));
}

static void what_is_given_twice_is_refused_under_any_name(void **state)
{
    assert_refused(*state, "model=a&model=b", OBS_E_INVALID, "model");
    assert_refused(*state, "model=a&model=a", OBS_E_INVALID, "model");
    assert_refused(*state, "limit=1&limit=2", OBS_E_INVALID, "limit");
    assert_refused(*state, "from=now-1h&start_time=now-2h", OBS_E_INVALID, "start_time");
    assert_refused(*state, "end_time=now&to=now", OBS_E_INVALID, "to");
    assert_refused(*state, "cursor=a&cursor=b", OBS_E_INVALID, "cursor");
}

static void a_minimum_and_a_maximum_go_together(void **state)
{
    obs_span_query query = query_of(*state, "min_cost=1&max_cost=2&min_tokens=1&max_tokens=2");

    assert_int_equal(query.filter->n_children, 4);
}

static void every_parameter_is_declared_once_and_taken(void **state)
{
    for (size_t i = 0; i < N_PARAMS_DECLARED; i++) {
        const obs_param *declared = &params_declared[i];
        struct params params;
        params_init(&params, *state, NOW, 1000);
        if (params_take(&params, obs_str_of(declared->name), obs_str_of("?")) < 0)
            assert_string_equal(params.filter.wrong_field, declared->name); /* not "query" */
        assert_string_equal(declared->in, "query");
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(declared->name, params_declared[k].name);
    }
}

static void digest_of(obs_arena *arena, const char *text, uint8_t ret_digest[PARAMS_DIGEST_BYTES])
{
    struct params params;

    assert_int_equal(take_all(&params, arena, text), OBS_OK);
    params_digest(&params, ret_digest);
}

static void assert_digests(obs_arena *arena, const char *a, const char *b, int equal)
{
    uint8_t x[PARAMS_DIGEST_BYTES], y[PARAMS_DIGEST_BYTES];

    digest_of(arena, a, x);
    digest_of(arena, b, y);
    if ((memcmp(x, y, sizeof(x)) == 0) != equal)
        fail_msg("%s and %s: expected %s", a, b, equal ? "the same" : "different digests");
}

static void pages_of_one_query_have_one_digest(void **state)
{
    assert_digests(*state, "", "", 1);
    assert_digests(*state, "model=a&provider=b", "provider=b&model=a", 1);
    assert_digests(*state, "model=a", "model=a&limit=7", 1);
    assert_digests(*state, "model=a", "model=a&fields=ts", 1);
    assert_digests(*state, "model=a", "model=a&include=total", 1);
    assert_digests(*state, "model=a", "model=a&cursor=xyz", 1);
}

static void other_queries_have_other_digests(void **state)
{
    static const char *const texts[] = {
        "",
        "model=a",
        "model=b",
        "model=a,b",
        "provider=a",
        "span_name=a",
        "session_id=a",
        "user_id=a",
        "model=a&provider=b",
        "model=b&provider=a",
        "from=now-1h",
        "to=now-1h",
        "from=now-2h",
        "project_id=a",
        "sort_by=ts",
        "sort_by=ttft_ms",
        "sort_order=asc",
        "tags=a",
        "tags=a,b",
        "min_cost=1",
        "max_cost=1",
        "min_duration_ms=1",
        "roots_only=true",
        "status=OK",
    };
    const size_t n = sizeof(texts) / sizeof(*texts);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            assert_digests(*state, texts[i], texts[k], i == k);
}

static void a_digest_does_not_change_with_the_clock(void **state)
{
    uint8_t x[PARAMS_DIGEST_BYTES], y[PARAMS_DIGEST_BYTES];
    struct params params;

    digest_of(*state, "from=now-1h", x);
    params_init(&params, *state, NOW + HOUR, 1000);
    assert_int_equal(params_take(&params, obs_str_of("from"), obs_str_of("now-1h")), OBS_OK);
    params_digest(&params, y);
    assert_memory_equal(x, y, sizeof(x));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(no_parameters_mean_the_newest_fifty_spans),
        TEST(the_default_limit_is_never_above_the_greatest),
        TEST(lists_mean_any_of_their_items),
        TEST(a_span_name_is_one_text_with_its_commas),
        TEST(trace_ids_become_bytes),
        TEST(span_ids_have_sixteen_digits),
        TEST(statuses_are_read_in_any_case),
        TEST(tags_mean_all_of_them_however_often_given),
        TEST(too_many_tags_are_too_complex),
        TEST(bounds_are_exact_decimals),
        TEST(bounds_that_are_no_such_number_are_refused),
        TEST(roots_are_spans_without_a_parent),
        TEST(ranges_of_time_have_two_names_each),
        TEST(times_that_are_none_are_refused),
        TEST(a_range_must_not_be_empty),
        TEST(a_project_is_no_filter_but_a_scope),
        TEST(orders_are_by_what_can_be_compared),
        TEST(limits_are_from_one_to_the_greatest),
        TEST(fields_are_those_asked_for),
        TEST(the_total_is_counted_when_asked_for),
        TEST(unknown_parameters_are_refused),
        TEST(what_is_given_twice_is_refused_under_any_name),
        TEST(a_minimum_and_a_maximum_go_together),
        TEST(every_parameter_is_declared_once_and_taken),
        TEST(pages_of_one_query_have_one_digest),
        TEST(other_queries_have_other_digests),
        TEST(a_digest_does_not_change_with_the_clock),
    };
    return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}
