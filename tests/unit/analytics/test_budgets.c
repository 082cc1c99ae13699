/* SPDX-License-Identifier: Apache-2.0 */
/* Budgets as they are written, and when a threshold is told. */
#include "budgets.h"

#include <math.h>
#include <string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static obs_arena *arena;

static int read_text(const char *text, struct budgets **ret, char *error, size_t size)
{
    const obs_conf *conf;

    assert_int_equal(obs_conf_parse(arena, obs_str_of(text), "test.yaml", &conf, error, size),
                     OBS_OK);
    return budgets_read(NULL, conf, ret, error, size);
}

static void budgets_are_read(void **state)
{
    struct budgets *b;
    char error[300];
    (void)state;

    assert_int_equal(read_text("- {name: all, limit_usd: 100}\n"
                               "- {name: p, project: demo, period: day, limit_usd: 0.000000001,"
                               " thresholds: [0.5, 1, 2], timezone: Europe/Berlin}\n",
                               &b, error, sizeof(error)),
                     OBS_OK);
    assert_int_equal(b->n, 2);
    assert_int_equal(b->items[0].limit, INT64_C(100000000000));
    assert_string_equal(b->items[0].period, "month");
    assert_int_equal(b->items[0].n_thresholds, 2);
    assert_int_equal(b->items[1].limit, 1);
    assert_true(obs_str_is(b->items[1].project, "demo"));
    assert_int_equal(b->items[1].n_thresholds, 3);
    budgets_free(b);
    assert_int_equal(read_text("[]", &b, error, sizeof(error)), OBS_OK);
    assert_null(b);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    static const char *const wrong[][2] = {
        {"- {limit_usd: 1}", "name"},
        {"- {name: a}", "limit_usd"},
        {"- {name: a, limit_usd: 0}", "limit_usd"},
        {"- {name: a, limit_usd: -1}", "limit_usd"},
        {"- {name: a, limit_usd: 1, period: year}", "period"},
        {"- {name: a, limit_usd: 1, thresholds: [1, 0.5]}", "thresholds"},
        {"- {name: a, limit_usd: 1, thresholds: [x]}", "thresholds"},
        {"- {name: a, limit_usd: 1, timezone: Mars}", "timezone"},
        {"- {name: a, limit_usd: 1, colour: red}", "thresholds or timezone"},
        {"a: 1", "list"},
    };
    struct budgets *b;
    char error[300];
    (void)state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        assert_int_equal(read_text(wrong[i][0], &b, error, sizeof(error)), OBS_E_INVALID);
        assert_null(b);
        if (!strstr(error, wrong[i][1]) || !strstr(error, "test.yaml:1:"))
            fail_msg("%s: %s", wrong[i][0], error);
    }
}

#define DAY_NS INT64_C(86400000000000)
#define NOON INT64_C(1795521600000000000) /* 2026-11-24T12:00Z */

static void each_threshold_is_told_once_a_period(void **state)
{
    struct budgets *b;
    char error[300];
    struct budget *x;
    (void)state;

    assert_int_equal(read_text("- {name: a, period: day, limit_usd: 10, thresholds: [0.5, 0.8, 1]}",
                               &b, error, sizeof(error)),
                     OBS_OK);
    x = &b->items[0];
    assert_true(budget_spent(x, INT64_C(4000000000), NOON) < 0);
    assert_true(fabs(budget_spent(x, INT64_C(5000000000), NOON) - 0.5) < 1e-9);
    assert_true(budget_spent(x, INT64_C(6000000000), NOON) < 0);
    assert_true(fabs(budget_spent(x, INT64_C(12000000000), NOON) - 1) < 1e-9); /* two at once */
    assert_true(budget_spent(x, INT64_C(13000000000), NOON) < 0);
    assert_true(fabs(budget_spent(x, INT64_C(5000000000), NOON + DAY_NS) - 0.5) < 1e-9);
    assert_int_equal(budget_end(x, NOON) - budget_begin(x, NOON), DAY_NS);
    budgets_free(b);
}

static int setup(void **state)
{
    (void)state;
    arena = obs_arena_create(0);
    return arena == NULL;
}

static int teardown(void **state)
{
    (void)state;
    obs_arena_destroy(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(budgets_are_read),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(each_threshold_is_told_once_a_period),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
