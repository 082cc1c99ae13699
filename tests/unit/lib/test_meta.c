/* SPDX-License-Identifier: Apache-2.0 */
/* Where an answer's meta begins, whatever its data looks like. */
#include "meta.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void finds_the_last_member(void **state)
{
    static const char *const datas[] = {"{\"data\":[],", "{",
                                        "{\"x\":\"\\\"meta\\\":{\\\"source\\\":\\\"no\\\"}}\",",
                                        "{\"data\":{\"meta\":{\"source\":\"no\"}},"};
    obs_str data, source;
    char body[256];

    (void)state;
    for (size_t i = 0; i < sizeof(datas) / sizeof(datas[0]); i++) {
        strcpy(body, datas[i]);
        strcat(body, "\"meta\":{\"request_id\":\"x\",\"source\":\"raw\",\"version\":\"1\"}}");
        assert_int_equal(meta_split(obs_str_of(body), &data, &source), OBS_OK);
        assert_true(obs_str_is(data, datas[i]));
        assert_true(obs_str_is(source, "raw"));
    }
}

static void refuses_what_does_not_end_with_meta(void **state)
{
    static const char *const bodies[] = {"",
                                         "{}",
                                         "}}",
                                         "[]",
                                         "{\"meta\":{\"source\":\"raw\"},\"data\":1}",
                                         "{\"meta\":{\"version\":\"1\"}}",
                                         "{\"meta\":{\"source\":\"raw\",\"more\":{}}}",
                                         "{\"beta\":{\"source\":\"raw\"}}",
                                         "{\"meta\":{\"source\":\"raw}}"};
    obs_str data, source;

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        assert_int_equal(meta_split(obs_str_of(bodies[i]), &data, &source), OBS_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_last_member),
        cmocka_unit_test(refuses_what_does_not_end_with_meta),
    };
    return cmocka_run_group_tests_name("meta", tests, NULL, NULL);
}
