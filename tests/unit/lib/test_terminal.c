/* SPDX-License-Identifier: Apache-2.0 */
/* What a terminal is given: no more columns than asked for, and nothing that it obeys. */
#include "terminal.h"

#include <math.h>
#include <stdlib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static char *text;
static size_t size;

static struct terminal begin(void)
{
    return (struct terminal){.out = open_memstream(&text, &size), .width = 80};
}

static void assert_written(struct terminal *t, const char *expected)
{
    fclose(t->out);
    assert_string_equal(text, expected);
    free(text);
}

static void texts_take_as_many_columns_as_they_are_given(void **state)
{
    struct terminal t = begin();
    (void)state;

    terminal_put(&t, obs_str_of("abc"), 5, false);
    terminal_put(&t, obs_str_of("abc"), 5, true);
    terminal_put(&t, obs_str_of("abcdef"), 4, false);
    terminal_put(&t, obs_str_of("東京タワー"), 5, false);
    terminal_put(&t, obs_str_of("e\xcc\x81"), 2, false);
    assert_written(&t, "abc    abcabc…東京…e\xcc\x81 ");
    assert_int_equal(terminal_columns(obs_str_of("東京")), 4);
}

/* Somebody may have put them into a prompt. */
static void what_a_terminal_would_obey_is_blank(void **state)
{
    struct terminal t = begin();
    (void)state;

    terminal_put(&t, obs_str_of("a\033[31mb\nc\xc2\x9b\x7f\xffz"), 14, false);
    assert_written(&t, "a [31mb c   z ");
}

static void bars_begin_and_end_where_they_should(void **state)
{
    struct terminal t = begin();
    (void)state;

    terminal_bar(&t, 0, 0.5, 4);
    fputc('|', t.out);
    terminal_bar(&t, 0.5, 1, 4);
    fputc('|', t.out);
    terminal_bar(&t, 0, 0, 4);
    fputc('|', t.out);
    terminal_bar(&t, 2, 3, 4);
    fputc('|', t.out);
    assert_written(&t, "██  |  ██|▏   |   █|");
}

static void the_highest_value_is_a_full_block(void **state)
{
    static const double values[] = {0, 1, 4, 8, NAN, 8};
    struct terminal t = begin();
    (void)state;

    terminal_sparkline(&t, values, 6);
    assert_written(&t, "_▁▄█ █");
}

static void what_is_no_terminal_gets_no_colours(void **state)
{
    struct terminal t;
    FILE *out = open_memstream(&text, &size);
    (void)state;

    setenv("COLUMNS", "77", 1);
    terminal_init(&t, stdin);
    assert_int_equal(t.width, 77);
    t.out = out;
    t.colors = false;
    terminal_color(&t, COLOR_RED);
    assert_written(&t, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_take_as_many_columns_as_they_are_given),
        cmocka_unit_test(what_a_terminal_would_obey_is_blank),
        cmocka_unit_test(bars_begin_and_end_where_they_should),
        cmocka_unit_test(the_highest_value_is_a_full_block),
        cmocka_unit_test(what_is_no_terminal_gets_no_colours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
