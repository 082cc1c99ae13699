/* SPDX-License-Identifier: Apache-2.0 */
/* Books and calls for the tests of prices. */
#ifndef TEST_PRICES_FIXTURE_H
#define TEST_PRICES_FIXTURE_H

#include "price.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* A book in which `x` has the models of `text`, in braces: {m: {input: 1}}. The
 * models begin in line 2. */
#define MODELS(text) "providers: {x: {models:\n" text "}}\n"

/* 2026-01-01T00:00:00Z */
#define NEW_YEAR_NS INT64_C(1767225600000000000)

/* Ends with the test program. */
extern obs_arena *fixture_arena;

int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Fails the test when the book is refused. */
const struct price_book *fixture_book(const char *text, enum price_layer layer);

/* A file layer alone. */
struct price_books fixture_books(const char *text);

/* A chat at NEW_YEAR_NS. */
obs_span fixture_call(const char *provider, const char *model);

/* Prices a copy of `span`. */
obs_span fixture_priced(const struct price_books *books, obs_span span);

#define assert_str(s, expected)                                                                    \
    do {                                                                                           \
        obs_str str_ = (s);                                                                        \
        if (!obs_str_is(str_, expected))                                                           \
            fail_msg("expected %s, found %.*s", expected, OBS_STR_ARG(str_));                      \
    } while (0)

#endif
