/* SPDX-License-Identifier: Apache-2.0 */
/* The text that filters become, with a dialect of the test's own. */
#include "filter_sql.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const char *column(uint32_t field)
{
    switch (field) {
    case OBS_FIELD_MODEL:
        return "m";
    case OBS_FIELD_STATUS:
        return "st";
    case OBS_FIELD_TAGS:
        return "tags";
    case OBS_FIELD_SAMPLE_RATE:
        return "rate";
    default:
        return NULL;
    }
}

static void placeholder(obs_buf *to, size_t number)
{
    obs_buf_printf(to, "$%zu", number);
}

static const struct sql_dialect dialect = {
    .column = column, .has = "%s ? %s", .placeholder = placeholder, .max_parameters = 4};
static const struct sql_limits limits = {.depth = 4, .nodes = 8, .values = 3};

static obs_filter leaf(uint32_t field, uint32_t op, const obs_value *values, size_t n)
{
    return (obs_filter){.size = sizeof(obs_filter),
                        .kind = OBS_FILTER_LEAF,
                        .field = field,
                        .op = op,
                        .values = values,
                        .n_values = n};
}

static void assert_compiles(const obs_filter *filter, const char *expected, size_t n_binds)
{
    obs_arena *arena = obs_arena_create(0);
    struct sql sql;
    obs_str text;

    assert_int_equal(sql_init(&sql, arena, &dialect), OBS_OK);
    assert_int_equal(sql_filter(&sql, filter, &limits), OBS_OK);
    text = obs_buf_str(sql.text);
    if (!obs_str_is(text, expected))
        fail_msg("expected %s, found %.*s", expected, OBS_STR_ARG(text));
    assert_int_equal(sql.n_binds, n_binds);
    obs_arena_destroy(arena);
}

static int error_of(const obs_filter *filter)
{
    obs_arena *arena = obs_arena_create(0);
    struct sql sql;
    int rc;

    assert_int_equal(sql_init(&sql, arena, &dialect), OBS_OK);
    rc = sql_filter(&sql, filter, &limits);
    obs_arena_destroy(arena);
    return rc;
}

static void values_become_parameters_and_never_text(void **state)
{
    const obs_value evil = {.s = OBS_STR("'; DROP TABLE spans; --")};
    const obs_value list[] = {evil, {.s = OBS_STR("b")}};
    obs_filter f = leaf(OBS_FIELD_MODEL, OBS_OP_EQ, &evil, 1);

    (void)state;
    assert_compiles(&f, "(m=$1)", 1);
    f = leaf(OBS_FIELD_MODEL, OBS_OP_NOT_IN, list, 2);
    assert_compiles(&f, "(m NOT IN ($1,$2))", 2);
    f = leaf(OBS_FIELD_TAGS, OBS_OP_HAS, &evil, 1);
    assert_compiles(&f, "(tags ? $1)", 1);
}

static void lists_of_nothing_hold_for_nothing_or_whatever_is_there(void **state)
{
    obs_filter f = leaf(OBS_FIELD_MODEL, OBS_OP_IN, NULL, 0);

    (void)state;
    assert_compiles(&f, "(1=0)", 0);
    f.op = OBS_OP_NOT_IN;
    assert_compiles(&f, "(m IS NOT NULL)", 0);
}

/* At the top NULL is as good as false, and the bare comparison uses an index. */
static void leaves_have_two_values_below_a_not(void **state)
{
    const obs_value two = {.i = 2};
    const obs_filter status = leaf(OBS_FIELD_STATUS, OBS_OP_LT, &two, 1);
    const obs_filter model = leaf(OBS_FIELD_MODEL, OBS_OP_EXISTS, NULL, 0);
    const obs_filter *const both[] = {&status, &model};
    const obs_filter either = {.kind = OBS_FILTER_OR, .children = both, .n_children = 2};
    const obs_filter *const one[] = {&either};
    const obs_filter neither = {.kind = OBS_FILTER_NOT, .children = one, .n_children = 1};
    const obs_filter *const mixed[] = {&neither, &status};
    const obs_filter all = {.kind = OBS_FILTER_AND, .children = mixed, .n_children = 2};

    (void)state;
    assert_compiles(&either, "((st<$1) OR (m IS NOT NULL))", 1);
    assert_compiles(&all, "(NOT (((st<$1) IS TRUE OR (m IS NOT NULL) IS TRUE)) AND (st<$2))", 2);
}

static void limits_are_kept(void **state)
{
    const obs_value values[5] = {{.i = 1}};
    obs_filter f = leaf(OBS_FIELD_STATUS, OBS_OP_IN, values, 4);
    const obs_filter three = leaf(OBS_FIELD_STATUS, OBS_OP_IN, values, 3);
    const obs_filter *const two_lists[] = {&three, &three};
    const obs_filter both = {.kind = OBS_FILTER_AND, .children = two_lists, .n_children = 2};
    const obs_filter none = {.kind = OBS_FILTER_AND};
    const obs_filter *wide[9], *chain[5][1];
    obs_filter deep[5], all = {.kind = OBS_FILTER_AND, .children = wide};

    (void)state;
    assert_int_equal(error_of(&f), OBS_E_COMPLEX); /* values of a list */
    assert_int_equal(error_of(&three), OBS_OK);
    assert_int_equal(error_of(&both), OBS_E_COMPLEX); /* parameters of the dialect */
    for (size_t i = 0; i < 9; i++)
        wide[i] = &none;
    all.n_children = 7;
    assert_int_equal(error_of(&all), OBS_OK);
    all.n_children = 8;
    assert_int_equal(error_of(&all), OBS_E_COMPLEX); /* nodes, its own included */
    for (size_t i = 0; i < 5; i++) {
        chain[i][0] = i ? &deep[i - 1] : &none;
        deep[i] = (obs_filter){.kind = OBS_FILTER_NOT, .children = chain[i], .n_children = 1};
    }
    assert_int_equal(error_of(&deep[2]), OBS_OK);
    assert_int_equal(error_of(&deep[3]), OBS_E_COMPLEX); /* levels */
}

static void what_means_nothing_is_refused(void **state)
{
    const obs_value value = {.d = NAN};
    obs_filter f = leaf(OBS_FIELD_SAMPLE_RATE, OBS_OP_GT, &value, 1);
    const obs_filter *const two[] = {&f, &f};
    const obs_filter not_two = {.kind = OBS_FILTER_NOT, .children = two, .n_children = 2};

    (void)state;
    assert_int_equal(error_of(&f), OBS_E_INVALID); /* not a number */
    f.n_values = 0;
    assert_int_equal(error_of(&f), OBS_E_INVALID);
    assert_int_equal(error_of(&not_two), OBS_E_INVALID);
    assert_int_equal(error_of(&(obs_filter){.kind = 7}), OBS_E_INVALID);
    f = leaf(OBS_N_SPAN_FIELDS, OBS_OP_EXISTS, NULL, 0);
    assert_int_equal(error_of(&f), OBS_E_INVALID);
    f = leaf(OBS_FIELD_MODEL, OBS_OP_REGEX + 1, &value, 1);
    assert_int_equal(error_of(&f), OBS_E_INVALID);
    f = leaf(OBS_FIELD_MODEL, OBS_OP_HAS, &value, 1);
    assert_int_equal(error_of(&f), OBS_E_UNSUPPORTED);
    f = leaf(OBS_FIELD_TAGS, OBS_OP_EQ, &value, 1);
    assert_int_equal(error_of(&f), OBS_E_UNSUPPORTED);
    f = leaf(OBS_FIELD_PROVIDER, OBS_OP_EXISTS, NULL, 0); /* the dialect lacks it */
    assert_int_equal(error_of(&f), OBS_E_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_parameters_and_never_text),
        cmocka_unit_test(lists_of_nothing_hold_for_nothing_or_whatever_is_there),
        cmocka_unit_test(leaves_have_two_values_below_a_not),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(what_means_nothing_is_refused),
    };
    return cmocka_run_group_tests_name("filter_sql", tests, NULL, NULL);
}
