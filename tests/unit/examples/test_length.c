/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the example plugin echo knows the length beforehand. */
#include "length.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void the_header_tells_the_length_or_not(void **state)
{
    static const struct {
        const char *length, *transfer, *encoding;
        int64_t expected;
    } table[] = {
        {NULL, NULL, NULL, 0},
        {"0", NULL, NULL, 0},
        {"12345678901", NULL, NULL, 12345678901},
        {"5", NULL, "identity", 5},
        {"5", NULL, "gzip", -1},
        {"0", NULL, "gzip", 0},
        {NULL, "chunked", NULL, -1},
        {NULL, "chunked", "zstd", -1},
        {"12x", NULL, NULL, -1},
        {"", NULL, NULL, -1},
        {"99999999999999999999", NULL, NULL, -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        assert_int_equal(length_of_body(obs_str_of(table[i].length), obs_str_of(table[i].transfer),
                                        obs_str_of(table[i].encoding)),
                         table[i].expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_header_tells_the_length_or_not)};

    return cmocka_run_group_tests_name("length", tests, NULL, NULL);
}
