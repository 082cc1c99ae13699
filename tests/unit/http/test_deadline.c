/* SPDX-License-Identifier: Apache-2.0 */
#include "http/deadline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define MS 1000000

static void expires_in_the_order_of_arming(void **state)
{
    struct deadline_list list;
    struct deadline d[3] = {0};

    (void)state;
    deadline_list_init(&list, 7, 100 * MS);
    deadline_arm(&list, &d[0], 0);
    deadline_arm(&list, &d[1], 10);
    deadline_arm(&list, &d[2], 20);
    deadline_arm(&list, &d[0], 30); /* again: to the end */
    assert_null(deadline_expired(&list, 109));
    assert_ptr_equal(deadline_expired(&list, 110), &d[1]);
    deadline_disarm(&d[1]);
    assert_null(deadline_expired(&list, 119));
    assert_ptr_equal(deadline_expired(&list, 125), &d[2]);
    deadline_disarm(&d[2]);
    assert_ptr_equal(deadline_expired(&list, 130), &d[0]);
    assert_int_equal(d[0].kind, 7);
    deadline_disarm(&d[0]);
    deadline_disarm(&d[0]);
    assert_null(deadline_expired(&list, INT64_MAX - 1));
}

static void those_armed_follow_a_new_length(void **state)
{
    struct deadline_list list;
    struct deadline d[2] = {0};

    (void)state;
    deadline_list_init(&list, 1, 100 * MS);
    deadline_arm(&list, &d[0], 0);
    deadline_arm(&list, &d[1], 10);
    deadline_list_resize(&list, 20 * MS);
    assert_ptr_equal(deadline_expired(&list, 20), &d[0]);
    deadline_disarm(&d[0]);
    assert_null(deadline_expired(&list, 29));
    deadline_list_resize(&list, 200 * MS);
    assert_null(deadline_expired(&list, 209));
    assert_ptr_equal(deadline_expired(&list, 210), &d[1]);
    deadline_list_resize(&list, 0);
    assert_false(deadline_armed(&d[1]));
    deadline_list_resize(&list, 5 * MS);
    deadline_arm(&list, &d[1], 0);
    assert_ptr_equal(deadline_expired(&list, 5), &d[1]);
}

static void moves_between_lists(void **state)
{
    struct deadline_list a, b;
    struct deadline d = {0};

    (void)state;
    deadline_list_init(&a, 1, 10 * MS);
    deadline_list_init(&b, 2, 20 * MS);
    deadline_arm(&a, &d, 0);
    deadline_arm(&b, &d, 0);
    assert_null(deadline_expired(&a, 1000));
    assert_ptr_equal(deadline_expired(&b, 20), &d);
    assert_int_equal(d.kind, 2);
}

static void keeps_nothing_without_a_length(void **state)
{
    struct deadline_list list;
    struct deadline d = {0};

    (void)state;
    deadline_list_init(&list, 1, 0);
    deadline_arm(&list, &d, 0);
    assert_false(deadline_armed(&d));
    assert_null(deadline_expired(&list, INT64_MAX - 1));
    deadline_list_init(&list, 1, 1); /* less than a millisecond is one */
    deadline_arm(&list, &d, 5);
    assert_int_equal(d.due_ms, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expires_in_the_order_of_arming),
        cmocka_unit_test(those_armed_follow_a_new_length),
        cmocka_unit_test(moves_between_lists),
        cmocka_unit_test(keeps_nothing_without_a_length),
    };
    return cmocka_run_group_tests_name("deadline", tests, NULL, NULL);
}
