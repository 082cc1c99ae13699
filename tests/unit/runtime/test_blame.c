/* SPDX-License-Identifier: Apache-2.0 */
/* A callback that holds its loop is logged with the name of its instance, and
 * the lateness it causes is measured. */
#include "fixture.h"

#include "core/log.h"
#include "runtime/blame.h"
#include "runtime/telemetry.h"

#include <observatory/metric.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MS_NS INT64_C(1000000)

static char file[] = "/tmp/observatory-blame-XXXXXX";

static int setup(void **state)
{
    const struct log_settings log = {.level = OBS_LOG_INFO, .file = file, .queue_bytes = 1 << 20};
    char error[256];
    int fd = mkstemp(file);

    if (fd < 0 || telemetry_start(1) < 0 || log_open(&log, error, sizeof(error)) < 0)
        return -1;
    close(fd);
    blame_set_limit(50 * MS_NS);
    *state = fixture_create(
        &(struct runtime_spec){.n_workers = 1, .offload_threads = 1, .offload_queue = 1});
    return 0;
}

static int teardown(void **state)
{
    fixture_destroy(*state);
    log_close();
    return unlink(file);
}

/* Whether a line of the log has both parts. */
static bool log_has(const char *one, const char *two)
{
    char line[512];
    bool found = false;
    FILE *from;

    log_flush();
    from = fopen(file, "r");
    assert_non_null(from);
    while (!found && fgets(line, sizeof(line), from))
        found = strstr(line, one) && strstr(line, two);
    fclose(from);
    return found;
}

static _Atomic int n_done;

static void hold(void *arg)
{
    const struct timespec pause = {.tv_nsec = *(const int64_t *)arg};

    nanosleep(&pause, NULL);
    atomic_fetch_add(&n_done, 1);
}

static void a_quick_callback_is_not_logged_and_a_slow_one_is_by_name(void **state)
{
    struct fixture *fixture = *state;
    obs_worker *worker = fixture->runtime->workers[0];
    int64_t quick_ns = MS_NS, slow_ns = 120 * MS_NS;

    assert_int_equal(obs_post(fixture->instance, worker, hold, &quick_ns), OBS_OK);
    fixture_wait(fixture, &n_done, 1);
    assert_false(log_has("held its loop", "ms"));
    assert_int_equal(obs_post(fixture->instance, worker, hold, &slow_ns), OBS_OK);
    fixture_wait(fixture, &n_done, 2);
    runtime_turn(fixture->runtime);
    assert_true(log_has("test: ", "held its loop"));
    assert_false(log_has("host: ", "held its loop"));
    assert_null(blame_instance);
}

static void hold_host(obs_worker *worker, void *arg)
{
    (void)worker;
    hold(arg);
}

static void a_slow_turn_without_a_plugin_is_the_hosts(void **state)
{
    struct fixture *fixture = *state;
    const struct timespec second = {.tv_sec = 1, .tv_nsec = 100 * MS_NS};
    int64_t slow_ns = 120 * MS_NS;

    nanosleep(&second, NULL); /* reports are a second apart */
    worker_call(fixture->runtime->workers[0], hold_host, &slow_ns);
    runtime_turn(fixture->runtime);
    assert_true(log_has("host: ", "held its loop"));
}

static void count_lag(const obs_metric_sample *sample, void *user)
{
    uint64_t *n = user;

    if (strcmp(sample->name, "loop_lag_seconds") == 0)
        *n = sample->count;
}

static void the_lag_is_sampled_while_nothing_happens(void **state)
{
    int64_t until_ns = obs_clock_mono_ns() + 10000 * MS_NS;
    const struct timespec pause = {.tv_nsec = 10 * MS_NS};
    uint64_t n = 0;

    (void)state;
    while (n == 0 && obs_clock_mono_ns() < until_ns) {
        nanosleep(&pause, NULL);
        obs_metrics_each(count_lag, &n);
    }
    assert_true(n > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quick_callback_is_not_logged_and_a_slow_one_is_by_name),
        cmocka_unit_test(a_slow_turn_without_a_plugin_is_the_hosts),
        cmocka_unit_test(the_lag_is_sampled_while_nothing_happens),
    };
    return cmocka_run_group_tests_name("blame", tests, setup, teardown);
}
