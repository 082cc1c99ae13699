/* SPDX-License-Identifier: Apache-2.0 */
/* The format of /metrics by the Accept header. */
#include "accept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void the_header_decides(void **state)
{
    static const struct {
        const char *accept;
        enum format format;
    } table[] = {
        {NULL, FORMAT_TEXT},
        {"", FORMAT_TEXT},
        {"*/*", FORMAT_TEXT},
        {"text/plain", FORMAT_TEXT},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", FORMAT_TEXT},
        {"application/openmetrics-text", FORMAT_OPENMETRICS},
        {"Application/OpenMetrics-Text; Version=1.0.0", FORMAT_OPENMETRICS},
        {"application/openmetrics-text; version=\"1.0.0\"; charset=utf-8", FORMAT_OPENMETRICS},
        {"application/*", FORMAT_OPENMETRICS},
        {"application/json", FORMAT_TEXT}, /* neither: text all the same */
        /* what Prometheus 2 and 3 send */
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
         "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         FORMAT_OPENMETRICS},
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
         "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
         "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
         FORMAT_OPENMETRICS},
        {"text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5",
         FORMAT_TEXT},
        /* weights */
        {"application/openmetrics-text;q=0.4,text/plain;q=0.5", FORMAT_TEXT},
        {"application/openmetrics-text;q=0.501,text/plain;q=0.5", FORMAT_OPENMETRICS},
        {"application/openmetrics-text;q=0,*/*", FORMAT_TEXT},
        {"text/plain;q=0,*/*", FORMAT_OPENMETRICS},
        {"*/*;q=0.9,text/plain;q=0.1", FORMAT_OPENMETRICS},
        {"*/*, application/openmetrics-text;q=0.5", FORMAT_TEXT},
        {"application/openmetrics-text;q=0.0001,text/plain;q=0.001", FORMAT_TEXT},
        {"application/openmetrics-text;q=7,text/plain;q=0.1", FORMAT_TEXT},
        {"application/openmetrics-text;q=,text/plain;q=0.1", FORMAT_TEXT},
        {"application/openmetrics-text;q=1.000,text/plain;q=0.999", FORMAT_OPENMETRICS},
        /* ties: the one that is named */
        {"application/openmetrics-text,*/*", FORMAT_OPENMETRICS},
        {"text/plain,application/openmetrics-text", FORMAT_TEXT},
        {"text/plain,application/openmetrics-text;version=1.0.0", FORMAT_OPENMETRICS},
        /* versions that nobody here speaks */
        {"application/openmetrics-text;version=2.0.0", FORMAT_TEXT},
        {"application/openmetrics-text;version=2.0.0,application/openmetrics-text;q=0.1",
         FORMAT_OPENMETRICS},
        {"text/plain;version=1.0.0,application/openmetrics-text;q=0.1", FORMAT_OPENMETRICS},
        /* separators in quotes, spaces, empty members */
        {" , application/openmetrics-text ; x=\"a,b;q=0\\\"\" ; q=1 ,, text/plain;q=0.5",
         FORMAT_OPENMETRICS},
        {"application/openmetrics-text;x=\"never closed, text/plain", FORMAT_OPENMETRICS},
        {";;;,=,;q", FORMAT_TEXT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (accept_choose(obs_str_of(table[i].accept)) != table[i].format)
            fail_msg("Accept: %s gives the wrong format", table[i].accept);
}

static void each_format_names_its_version(void **state)
{
    (void)state;
    assert_string_equal(accept_content_type(FORMAT_TEXT),
                        "text/plain; version=0.0.4; charset=utf-8");
    assert_string_equal(accept_content_type(FORMAT_OPENMETRICS),
                        "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_decides),
        cmocka_unit_test(each_format_names_its_version),
    };

    return cmocka_run_group_tests_name("accept", tests, NULL, NULL);
}
