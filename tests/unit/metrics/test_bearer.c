/* SPDX-License-Identifier: Apache-2.0 */
/* The token of /metrics. */
#include "bearer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void only_the_whole_token_opens(void **state)
{
    static const struct {
        const char *authorization;
        bool opens;
    } table[] = {
        {"Bearer s3cret", true}, {"bearer s3cret", true},    {"BEARER   s3cret", true},
        {"Bearer s3cre", false}, {"Bearer s3cretx", false},  {"Bearer S3cret", false},
        {"Bearer ", false},      {"Bearer", false},          {"s3cret", false},
        {"Basic s3cret", false}, {"Bearer x s3cret", false}, {"", false},
        {NULL, false},           {"Bearer s3cret ", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (bearer_matches(obs_str_of(table[i].authorization), obs_str_of("s3cret")) !=
            table[i].opens)
            fail_msg("wrong about %s", table[i].authorization);
}

static void an_empty_token_never_opens(void **state)
{
    (void)state;
    assert_false(bearer_matches(obs_str_of("Bearer "), obs_str_of("")));
    assert_false(bearer_matches(obs_str_of("Bearer x"), obs_str_of(NULL)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_whole_token_opens),
        cmocka_unit_test(an_empty_token_never_opens),
    };

    return cmocka_run_group_tests_name("bearer", tests, NULL, NULL);
}
