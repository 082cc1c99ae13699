/* SPDX-License-Identifier: Apache-2.0 */
/* Timers of plugins, and what happens to those that are left. */
#include "fixture.h"

#include "plugin/ledger.h"
#include "runtime/timer.h"

#include <stdlib.h>
#include <time.h>

static int setup(void **state)
{
    *state = fixture_create(&(struct runtime_spec){
        .n_workers = 1, .offload_threads = 1, .offload_queue = 1, .inline_worker = true});
    return 0;
}

static int teardown(void **state)
{
    fixture_destroy(*state);
    return 0;
}

struct tick {
    obs_timer *timer;
    _Atomic int n;
    int stop_after; /* 0: never */
    int64_t first_ns;
};

static void on_tick(void *user)
{
    struct tick *tick = user;

    if (atomic_fetch_add(&tick->n, 1) == 0)
        tick->first_ns = obs_clock_mono_ns();
    if (atomic_load(&tick->n) == tick->stop_after)
        obs_timer_stop(tick->timer);
}

static void a_one_shot_timer_fires_once_and_not_before_its_time(void **state)
{
    struct fixture *fixture = *state;
    struct tick once = {0}, later = {0};
    int64_t began_ns = obs_clock_mono_ns();

    assert_int_equal(obs_timer_start(fixture->instance, 20, 0, on_tick, &once, &once.timer), 0);
    assert_int_equal(obs_timer_start(fixture->instance, 60, 0, on_tick, &later, &later.timer), 0);
    fixture_wait(fixture, &later.n, 1);
    assert_int_equal(atomic_load(&once.n), 1);
    assert_true(once.first_ns - began_ns >= 19 * INT64_C(1000000));
    obs_timer_stop(once.timer);
    obs_timer_stop(later.timer);
}

static void a_timer_is_not_early_when_the_loop_has_been_busy(void **state)
{
    struct fixture *fixture = *state;
    const struct timespec busy = {.tv_nsec = 30000000};
    struct tick tick = {0};
    int64_t began_ns;

    runtime_turn(fixture->runtime);
    nanosleep(&busy, NULL); /* the loop's idea of now is 30 ms old */
    began_ns = obs_clock_mono_ns();
    assert_int_equal(obs_timer_start(fixture->instance, 20, 0, on_tick, &tick, &tick.timer), 0);
    fixture_wait(fixture, &tick.n, 1);
    assert_true(tick.first_ns - began_ns >= 19 * INT64_C(1000000));
    obs_timer_stop(tick.timer);
}

static void a_periodic_timer_goes_on_until_its_callback_stops_it(void **state)
{
    struct fixture *fixture = *state;
    struct tick tick = {.stop_after = 5}, end = {0};

    assert_int_equal(obs_timer_start(fixture->instance, 0, 1, on_tick, &tick, &tick.timer), 0);
    fixture_wait(fixture, &tick.n, 5);
    assert_int_equal(obs_timer_start(fixture->instance, 10, 0, on_tick, &end, &end.timer), 0);
    fixture_wait(fixture, &end.n, 1);
    assert_int_equal(atomic_load(&tick.n), 5);
    obs_timer_stop(end.timer);
}

static void a_stopped_timer_never_fires(void **state)
{
    struct fixture *fixture = *state;
    struct tick stopped = {0}, end = {0};

    assert_int_equal(obs_timer_start(fixture->instance, 0, 1, on_tick, &stopped, &stopped.timer),
                     0);
    obs_timer_stop(stopped.timer);
    obs_timer_stop(NULL);
    assert_int_equal(obs_timer_start(fixture->instance, 5, 0, on_tick, &end, &end.timer), 0);
    fixture_wait(fixture, &end.n, 1);
    assert_int_equal(atomic_load(&stopped.n), 0);
    obs_timer_stop(end.timer);
}

static void timers_left_behind_are_revoked_and_counted(void **state)
{
    struct fixture *fixture = *state;
    struct ledger *ledger = fixture->instance->ledger;
    struct tick ticks[3] = {0};

    for (int i = 0; i < 3; i++)
        assert_int_equal(
            obs_timer_start(fixture->instance, 0, 1, on_tick, &ticks[i], &ticks[i].timer), 0);
    obs_timer_stop(ticks[1].timer);
    assert_false(ledger_is_empty(&ledger->timers[0]));
    assert_int_equal(timer_revoke(fixture->instance, fixture->runtime->workers[0]), 2);
    assert_true(ledger_is_empty(&ledger->timers[0]));
    runtime_turn(fixture->runtime);
    assert_int_equal(atomic_load(&ticks[0].n), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_one_shot_timer_fires_once_and_not_before_its_time, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_timer_is_not_early_when_the_loop_has_been_busy, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_periodic_timer_goes_on_until_its_callback_stops_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_stopped_timer_never_fires, setup, teardown),
        cmocka_unit_test_setup_teardown(timers_left_behind_are_revoked_and_counted, setup,
                                        teardown),
    };
    return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
