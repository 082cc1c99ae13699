/* SPDX-License-Identifier: Apache-2.0 */
#include "http/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

/* GET / HTTP/1.1\r\nhOsT: a \r\nE:\r\nX-Y: z\r\n\r\n */
static const char bytes[] = "GET / HTTP/1.1\r\nhOsT: a \r\nE:\r\nX-Y: z\r\n\r\n";

static void finds_fields_whatever_the_pieces(void **state)
{
    struct head head;

    (void)state;
    assert_int_equal(head_init(&head), OBS_OK);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(head_on_target(&head, 4, 1), OBS_OK);
        assert_int_equal(head_on_name(&head, 16, 2, 10), OBS_OK);
        assert_int_equal(head_on_name(&head, 18, 2, 10), OBS_OK);
        assert_int_equal(head_on_value(&head, 22, 1), OBS_OK);
        assert_int_equal(head_on_value(&head, 23, 1), OBS_OK);
        assert_int_equal(head_on_name(&head, 26, 1, 10), OBS_OK); /* its value is empty */
        assert_int_equal(head_on_name(&head, 30, 3, 10), OBS_OK);
        assert_int_equal(head_on_value(&head, 35, 1), OBS_OK);
        assert_int_equal(head_append(&head, bytes, 20), OBS_OK);
        assert_int_equal(head_append(&head, bytes + 20, sizeof(bytes) - 21), OBS_OK);
        head_index(&head);
        assert_int_equal(head.n_fields, 3);
        assert_int_equal(head.count[FIELD_HOST], 1);
        assert_true(obs_str_is(head_known(&head, FIELD_HOST), "a"));
        assert_true(obs_str_is(field_name(&head, &head.fields[1]), "E"));
        assert_int_equal(head.fields[1].value_len, 0);
        assert_true(obs_str_is(field_value(&head, &head.fields[2]), "z"));
        assert_null(head_known(&head, FIELD_EXPECT).ptr);
        head_reset(&head);
    }
    head_finish(&head);
}

static void refuses_folded_values_and_too_many_fields(void **state)
{
    struct head head;

    (void)state;
    assert_int_equal(head_init(&head), OBS_OK);
    assert_int_equal(head_on_name(&head, 16, 1, 1), OBS_OK);
    assert_int_equal(head_on_value(&head, 19, 1), OBS_OK);
    assert_int_equal(head_on_value(&head, 23, 1), OBS_E_INVALID);
    assert_int_equal(head_on_name(&head, 30, 1, 1), OBS_E_HEADERS_LARGE);
    head_finish(&head);
}

static void grows_and_shrinks(void **state)
{
    struct head head;
    char *large = calloc(1, 100000);

    (void)state;
    assert_int_equal(head_init(&head), OBS_OK);
    assert_int_equal(head_append(&head, large, 100000), OBS_OK);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(head_on_name(&head, i * 10, 1, 1000), OBS_OK);
        assert_int_equal(head_on_value(&head, i * 10 + 3, 1), OBS_OK);
    }
    assert_int_equal(head.n_fields, 1000);
    head_reset(&head);
    assert_true(head.cap < 100000 && head.cap_fields < 1000);
    head_finish(&head);
    free(large);
}

static void folds_ascii_only(void **state)
{
    (void)state;
    assert_true(ascii_equal_fold(obs_str_of("Content-TYPE"), obs_str_of("content-type")));
    assert_false(ascii_equal_fold(obs_str_of("a["), obs_str_of("a{")));
    assert_true(obs_str_is(ascii_trim(obs_str_of(" \t a b\t ")), "a b"));
    assert_int_equal(ascii_trim(obs_str_of(" \t ")).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_fields_whatever_the_pieces),
        cmocka_unit_test(refuses_folded_values_and_too_many_fields),
        cmocka_unit_test(grows_and_shrinks),
        cmocka_unit_test(folds_ascii_only),
    };
    return cmocka_run_group_tests_name("head", tests, NULL, NULL);
}
