/* SPDX-License-Identifier: Apache-2.0 */
/* Names of fields: finding them, lists of them, guesses at what was meant; and
 * scopes, which only get narrower. */
#include "scope.h"
#include "span_fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void finds_every_field_by_its_name(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < OBS_N_SPAN_FIELDS; i++)
        assert_int_equal(field_find(obs_str_of(field_name(i))), i);
    assert_int_equal(field_find(obs_str_of("TS")), -1);
    assert_int_equal(field_find(obs_str_of("")), -1);
    assert_int_equal(field_find(obs_str_n("modelx", 5)), OBS_FIELD_MODEL);
}

static void reads_a_list_as_a_set(void **state)
{
    uint64_t fields = 0;
    obs_str wrong = {0};

    (void)state;
    assert_int_equal(fields_parse(obs_str_of("model,ts,model"), &fields, &wrong), OBS_OK);
    assert_true(fields == (OBS_FIELD_BIT(OBS_FIELD_TS) | OBS_FIELD_BIT(OBS_FIELD_MODEL)));
}

static void refuses_an_unknown_or_empty_name(void **state)
{
    uint64_t fields = 7;
    obs_str wrong = {0};

    (void)state;
    assert_int_equal(fields_parse(obs_str_of("ts,nonsense,model"), &fields, &wrong), OBS_E_UNKNOWN);
    assert_true(obs_str_is(wrong, "nonsense"));
    assert_int_equal(fields_parse(obs_str_of("ts,,model"), &fields, &wrong), OBS_E_UNKNOWN);
    assert_int_equal(wrong.len, 0);
    assert_int_equal(fields_parse(obs_str_of(""), &fields, &wrong), OBS_E_INVALID);
    assert_int_equal(fields, 7);
}

static void guesses_what_was_meant(void **state)
{
    static const struct {
        const char *typed, *meant;
    } rows[] = {
        {"modle", "model"},
        {"trace-id", "trace_id"},
        {"total_cost", "total_cost_usd"},
        {"inputtext", "input_text"},
        {"statuscode", "status_code"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const char *meant = field_suggest(obs_str_of(rows[i].typed));
        assert_non_null(meant);
        assert_string_equal(meant, rows[i].meant);
    }
    assert_null(field_suggest(obs_str_of("qqqqqqq")));
    assert_null(field_suggest(obs_str_of("")));
    assert_null(field_suggest(obs_str_of("a name that is longer than any that there is")));
}

static void a_complaint_names_the_guess_and_all_fields(void **state)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    obs_str text = fields_complaint(arena, obs_str_of("modle"));
    char copy[2048];

    (void)state;
    assert_in_range(text.len, 100, sizeof(copy) - 1);
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    assert_non_null(strstr(copy, "did you mean \"model\"?"));
    for (uint32_t i = 0; i < OBS_N_SPAN_FIELDS; i++)
        assert_non_null(strstr(copy, field_name(i)));
    obs_arena_destroy(arena);
}

static void a_scope_of_all_narrows_to_one_project(void **state)
{
    obs_scope scope = scope_of(NULL);
    obs_str project = OBS_STR("a");

    (void)state;
    assert_int_equal(scope.all, 1);
    assert_int_equal(scope_narrow(&scope, &project), OBS_OK);
    assert_int_equal(scope.all, 0);
    assert_int_equal(scope.n_projects, 1);
    assert_true(obs_str_is(scope.projects[0], "a"));
}

static void a_scope_never_widens(void **state)
{
    obs_str mine[] = {OBS_STR("a"), OBS_STR("b")}, b = OBS_STR("b"), c = OBS_STR("c");
    obs_scope scope = {.size = sizeof(scope), .projects = mine, .n_projects = 2};

    (void)state;
    assert_int_equal(scope_narrow(&scope, &c), OBS_E_FORBIDDEN_PROJECT);
    assert_int_equal(scope.n_projects, 2);
    assert_int_equal(scope_narrow(&scope, &b), OBS_OK);
    assert_int_equal(scope.n_projects, 1);
    assert_int_equal(scope_narrow(&scope, &mine[0]), OBS_E_FORBIDDEN_PROJECT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_every_field_by_its_name),
        cmocka_unit_test(reads_a_list_as_a_set),
        cmocka_unit_test(refuses_an_unknown_or_empty_name),
        cmocka_unit_test(guesses_what_was_meant),
        cmocka_unit_test(a_complaint_names_the_guess_and_all_fields),
        cmocka_unit_test(a_scope_of_all_narrows_to_one_project),
        cmocka_unit_test(a_scope_never_widens),
    };
    return cmocka_run_group_tests_name("span_fields", tests, NULL, NULL);
}
