/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "plugin/ledger.h"
#include "plugin/loader.h"

#include <stdlib.h>
#include <time.h>

#define SECOND_NS INT64_C(1000000000)

static const obs_plugin plugin = {OBS_PLUGIN_HEADER, .name = "test", .version = "1",
                                  .license = "Apache-2.0", .summary = "test"};

struct fixture *fixture_create(const struct runtime_spec *spec)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct image *image = image_of(&plugin);

    assert_non_null(fixture);
    assert_non_null(image);
    assert_int_equal(runtime_create(spec, &fixture->runtime), OBS_OK);
    fixture->instance = instance_create(obs_str_of("test"), image, spec->n_workers);
    assert_non_null(fixture->instance);
    return fixture;
}

static void pause_briefly(void)
{
    const struct timespec half_ms = {.tv_nsec = 500000};

    nanosleep(&half_ms, NULL);
}

void fixture_wait(struct fixture *fixture, _Atomic int *value, int expected)
{
    int64_t until_ns = obs_clock_mono_ns() + 10 * SECOND_NS;

    while (atomic_load(value) != expected && obs_clock_mono_ns() < until_ns) {
        runtime_turn(fixture->runtime);
        pause_briefly();
    }
    assert_int_equal(atomic_load(value), expected);
}

void fixture_destroy(struct fixture *fixture)
{
    int64_t until_ns = obs_clock_mono_ns() + 10 * SECOND_NS;

    do {
        runtime_turn(fixture->runtime);
        pause_briefly();
    } while (ledger_in_flight(fixture->instance->ledger) > 0 && obs_clock_mono_ns() < until_ns);
    runtime_turn(fixture->runtime);
    runtime_destroy(fixture->runtime);
    instance_destroy(fixture->instance);
    free(fixture);
}
