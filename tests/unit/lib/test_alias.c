/* SPDX-License-Identifier: Apache-2.0 */
/* Names of all ages lead to the same field of a question. */
#include "alias.h"

#include <observatory/span.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void names_of_all_ages_mean_the_same(void **state)
{
    static const struct {
        const char *name;
        int field;
    } cases[] = {
        {"gen_ai.usage.input_tokens", OBS_FIELD_PROMPT_TOKENS},
        {"gen_ai.usage.prompt_tokens", OBS_FIELD_PROMPT_TOKENS},
        {"llm.token_count.prompt", OBS_FIELD_PROMPT_TOKENS},
        {"gen_ai.usage.output_tokens", OBS_FIELD_COMPLETION_TOKENS},
        {"gen_ai.usage.completion_tokens", OBS_FIELD_COMPLETION_TOKENS},
        {"gen_ai.response.model", OBS_FIELD_MODEL},
        {"gen_ai.request.model", OBS_FIELD_REQUEST_MODEL},
        {"gen_ai.system", OBS_FIELD_PROVIDER},
        {"gen_ai.provider.name", OBS_FIELD_PROVIDER},
        {"session.id", OBS_FIELD_SESSION_ID},
        {"my.own.attribute", -1},
        {"", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (alias_field(obs_str_of(cases[i].name)) != cases[i].field)
            fail_msg("%s: %d, not %d", cases[i].name, alias_field(obs_str_of(cases[i].name)),
                     cases[i].field);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_of_all_ages_mean_the_same)};

    return cmocka_run_group_tests_name("alias", tests, NULL, NULL);
}
