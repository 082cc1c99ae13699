/* SPDX-License-Identifier: Apache-2.0 */
/* Which index SQLite walks for the questions people ask: the selective one,
 * however the scope narrows, and never a sort of a whole project. */
#include "aggregate.h"
#include "fixture.h"
#include "functions.h"
#include "schema.h"
#include "search.h"

#include <stdio.h>

static const obs_str projects[] = {OBS_STR("a"), OBS_STR("b"), OBS_STR("c")};
static const obs_scope scope_one = {
    .size = sizeof(obs_scope), .projects = projects, .n_projects = 1};
static const obs_scope scope_three = {
    .size = sizeof(obs_scope), .projects = projects, .n_projects = 3};

struct question {
    const obs_scope *scope;
    uint32_t field; /* compared for equality; OBS_N_SPAN_FIELDS: no filter */
    uint32_t other; /* a second one, likewise */
    const char *index;
};

static const struct question questions[] = {
    {&scope_all, OBS_N_SPAN_FIELDS, OBS_N_SPAN_FIELDS, "spans_time"},
    {&scope_three, OBS_N_SPAN_FIELDS, OBS_N_SPAN_FIELDS, "spans_time"},
    {&scope_one, OBS_N_SPAN_FIELDS, OBS_N_SPAN_FIELDS, "spans_project"},
    {&scope_all, OBS_FIELD_PROJECT_ID, OBS_N_SPAN_FIELDS, "spans_project"},
    {&scope_one, OBS_FIELD_MODEL, OBS_N_SPAN_FIELDS, "spans_model"},
    {&scope_one, OBS_FIELD_USER_ID, OBS_N_SPAN_FIELDS, "spans_user"},
    {&scope_one, OBS_FIELD_SESSION_ID, OBS_N_SPAN_FIELDS, "spans_session"},
    {&scope_one, OBS_FIELD_MODEL, OBS_FIELD_SESSION_ID, "spans_session"},
    {&scope_three, OBS_FIELD_MODEL, OBS_FIELD_USER_ID, "spans_user"},
    {&scope_one, OBS_FIELD_MODEL, OBS_FIELD_TRACE_ID, "spans_identity"},
    {&scope_three, OBS_FIELD_TRACE_ID, OBS_N_SPAN_FIELDS, "spans_identity"},
    {&scope_one, OBS_FIELD_PROVIDER, OBS_N_SPAN_FIELDS, "spans_project"},
};

static void explain(struct fixture *f, const struct question *question, char *plan, size_t size)
{
    const obs_value value = {.s = OBS_STR("0123456789abcdef")};
    const obs_filter leaves[] = {
        {.kind = OBS_FILTER_LEAF,
         .field = question->field,
         .op = OBS_OP_EQ,
         .values = &value,
         .n_values = 1},
        {.kind = OBS_FILTER_LEAF,
         .field = question->other,
         .op = OBS_OP_EQ,
         .values = &value,
         .n_values = 1},
    };
    const obs_filter *const children[] = {&leaves[0], &leaves[1]};
    const obs_filter all = {.kind = OBS_FILTER_AND,
                            .children = children,
                            .n_children = (question->field < OBS_N_SPAN_FIELDS ? 1u : 0u) +
                                          (question->other < OBS_N_SPAN_FIELDS ? 1u : 0u)};
    obs_span_query query = query_all();
    char sql[8192] = "EXPLAIN QUERY PLAN ";
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = NULL;

    query.filter = &all;
    query.from_ns = 0;
    assert_int_equal(
        search_explain(&f->settings.store, question->scope, &query, sql + strlen(sql), 8000),
        OBS_OK);
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    plan[0] = '\0';
    while (sqlite3_step(stmt) == SQLITE_ROW)
        snprintf(plan + strlen(plan), size - strlen(plan), "%s; ",
                 (const char *)sqlite3_column_text(stmt, 3));
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

static void the_selective_index_is_walked(void **state)
{
    struct fixture f;
    char plan[1024];

    (void)state;
    fixture_init(&f);
    assert_int_equal(fixture_open(&f), OBS_OK);
    for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
        char expected[64];
        snprintf(expected, sizeof(expected), "INDEX %s (", questions[i].index);
        explain(&f, &questions[i], plan, sizeof(plan));
        if (!strstr(plan, expected))
            fail_msg("question %zu: expected %s, found %s", i, questions[i].index, plan);
        /* a trace is small enough to be sorted; nothing else is */
        if (strcmp(questions[i].index, "spans_identity") != 0 && strstr(plan, "TEMP B-TREE"))
            fail_msg("question %zu sorts: %s", i, plan);
    }
    fixture_finish(&f);
}

static void prompts_are_read_only_when_asked_for(void **state)
{
    struct settings settings = {.filter_depth = 16, .filter_nodes = 16, .filter_values = 16};
    const obs_filter leaf = {
        .kind = OBS_FILTER_LEAF, .field = OBS_FIELD_INPUT_TEXT, .op = OBS_OP_EXISTS};
    obs_span_query query = query_all();
    char sql[8192];

    (void)state;
    query.fields = OBS_FIELD_BIT(OBS_FIELD_MODEL);
    assert_int_equal(search_explain(&settings, &scope_all, &query, sql, sizeof(sql)), OBS_OK);
    assert_null(strstr(sql, "contents"));
    assert_non_null(strstr(sql, "s.model"));
    assert_null(strstr(sql, "s.provider"));
    query.filter = &leaf;
    assert_int_equal(search_explain(&settings, &scope_all, &query, sql, sizeof(sql)), OBS_OK);
    assert_non_null(strstr(sql, "contents"));
    query.filter = NULL;
    query.fields |= OBS_FIELD_BIT(OBS_FIELD_OUTPUT_TEXT);
    assert_int_equal(search_explain(&settings, &scope_all, &query, sql, sizeof(sql)), OBS_OK);
    assert_non_null(strstr(sql, "contents"));
}

static void explain_groups(struct fixture *f, const obs_scope *scope, const obs_aggregate_query *q,
                           char *plan, size_t size)
{
    char sql[4096] = "EXPLAIN QUERY PLAN ";
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = NULL;

    assert_int_equal(aggregate_explain(&f->settings.store, scope, q, sql + strlen(sql), 4000),
                     OBS_OK);
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(functions_add(db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    plan[0] = '\0';
    while (sqlite3_step(stmt) == SQLITE_ROW)
        snprintf(plan + strlen(plan), size - strlen(plan), "%s; ",
                 (const char *)sqlite3_column_text(stmt, 3));
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

/* A list of what has no price needs no walk over everything, however it is
 * narrowed besides. */
static void what_is_unpriced_has_an_index(void **state)
{
    static const obs_value unpriced = {.s = OBS_STR("unpriced")};
    static const obs_filter only_unpriced = {.size = sizeof(obs_filter),
                                             .kind = OBS_FILTER_LEAF,
                                             .field = OBS_FIELD_COST_SOURCE,
                                             .op = OBS_OP_EQ,
                                             .values = &unpriced,
                                             .n_values = 1};
    const obs_scope scopes[] = {
        {.size = sizeof(obs_scope), .all = 1},
        {.size = sizeof(obs_scope), .projects = projects, .n_projects = 1},
        {.size = sizeof(obs_scope), .projects = projects, .n_projects = 2},
    };
    const obs_filter *const children[] = {&only_unpriced};
    const obs_filter all = {.kind = OBS_FILTER_AND, .children = children, .n_children = 1};
    const obs_measure measures[] = {{.kind = OBS_MEASURE_COUNT}};
    struct fixture fixture, *f = &fixture;
    obs_aggregate_query q = {
        .size = sizeof(q),
        .limit = 64,
        .from_ns = INT64_MIN,
        .to_ns = INT64_MAX,
        .measures = measures,
        .n_measures = 1,
    };
    char plan[1024];

    (void)state;
    fixture_init(f);
    assert_int_equal(fixture_open(f), OBS_OK);
    for (size_t i = 0; i < 6; i++) {
        q.filter = i % 2 ? &all : &only_unpriced;
        q.from_ns = i % 2 ? 1 : INT64_MIN;
        explain_groups(f, &scopes[i / 2], &q, plan, sizeof(plan));
        if (!strstr(plan, "INDEX spans_unpriced"))
            fail_msg("question %zu: %s", i, plan);
    }
    q.filter = NULL;
    explain_groups(f, &scopes[0], &q, plan, sizeof(plan));
    assert_null(strstr(plan, "spans_unpriced"));
    fixture_finish(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_selective_index_is_walked),
        cmocka_unit_test(what_is_unpriced_has_an_index),
        cmocka_unit_test(prompts_are_read_only_when_asked_for),
    };
    return cmocka_run_group_tests_name("plans", tests, NULL, NULL);
}
