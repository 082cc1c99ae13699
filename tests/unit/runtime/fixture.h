/* SPDX-License-Identifier: Apache-2.0 */
/* A runtime with workers and an instance to hang things on, for the tests of
 * this folder. */
#ifndef TESTS_UNIT_RUNTIME_FIXTURE_H
#define TESTS_UNIT_RUNTIME_FIXTURE_H

#include "plugin/instance.h"
#include "runtime/runtime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct fixture {
    struct runtime *runtime;
    obs_instance *instance;
};

/* `spec` as runtime_create() takes it. */
struct fixture *fixture_create(const struct runtime_spec *spec);

/* Lets everything end, and fails the test when something was left behind. */
void fixture_destroy(struct fixture *fixture);

/* Turns the workers until `*value` is `expected`, ten seconds at most. */
void fixture_wait(struct fixture *fixture, _Atomic int *value, int expected);

#endif
