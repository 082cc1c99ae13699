/* SPDX-License-Identifier: Apache-2.0 */
/* A folder with a configuration file in it, and what was read from it. */
#ifndef TESTS_UNIT_CONFIG_FIXTURE_H
#define TESTS_UNIT_CONFIG_FIXTURE_H

#include "config/errors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>
#include <cmocka.h>

struct fixture {
    char folder[64];
    char file[80];
    obs_arena *arena;
    struct conf_errors errors;
    const obs_conf *root;
};

int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Writes `text` to `name` in the folder. */
void fixture_write(const struct fixture *f, const char *name, const char *text, mode_t mode);

/* Reads `text` (NULL: no file) with overrides by config_load(). */
int fixture_load(struct fixture *f, const char *text, const char *const *sets, size_t n_sets);

/* The text of complaint `i` without the folder that it begins with; "" past the
 * end. */
const char *fixture_complaint(const struct fixture *f, size_t i);

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

#endif
