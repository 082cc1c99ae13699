/* SPDX-License-Identifier: Apache-2.0 */
/* A worker that does not turn is told while it does not: log, health, metrics;
 * and what the watcher reads outlives the instance that held the worker. */
#include "fixture.h"

#include "core/log.h"
#include "plugin/ledger.h"
#include "plugin/loader.h"
#include "runtime/stall.h"
#include "runtime/telemetry.h"

#include <observatory/metric.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MS_NS INT64_C(1000000)

static char file[] = "/tmp/observatory-stall-XXXXXX";

static int setup(void **state)
{
    const struct log_settings log = {.level = OBS_LOG_INFO, .file = file, .queue_bytes = 1 << 20};
    char error[256];
    int fd = mkstemp(file);

    if (fd < 0 || telemetry_start(2) < 0 || log_open(&log, error, sizeof(error)) < 0)
        return -1;
    close(fd);
    *state = fixture_create(
        &(struct runtime_spec){.n_workers = 2, .offload_threads = 1, .offload_queue = 1});
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

/* ---- a loop that watches ---------------------------------------------------- */

static uv_loop_t loop;

static struct stall *watch(struct runtime *runtime, int64_t warning_ns, int64_t unhealthy_ns)
{
    const struct stall_limits limits = {warning_ns, unhealthy_ns};
    struct stall *stall = NULL;

    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(stall_open(&loop, runtime, &limits, &stall), OBS_OK);
    return stall;
}

static void unwatch(struct stall *stall)
{
    stall_close(stall);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void watch_for(int64_t ns)
{
    const struct timespec pause = {.tv_nsec = MS_NS};
    int64_t until_ns = obs_clock_mono_ns() + ns;

    while (obs_clock_mono_ns() < until_ns) {
        uv_run(&loop, UV_RUN_NOWAIT);
        nanosleep(&pause, NULL);
    }
}

/* Watches until the log has a line with both parts, ten seconds at most. */
static void watch_until(const char *one, const char *two)
{
    for (int i = 0; i < 1000 && !log_has(one, two); i++)
        watch_for(10 * MS_NS);
    if (!log_has(one, two))
        fail_msg("the log never had a line with \"%s\" and \"%s\"", one, two);
}

/* ---- what is reported ------------------------------------------------------- */

struct component {
    const char *name;
    uint32_t state; /* UINT32_MAX: not reported */
    char detail[256];
};

static void find_component(const char *name, uint32_t state, const char *detail, void *user)
{
    struct component *component = user;

    if (strcmp(name, component->name) != 0)
        return;
    component->state = state;
    snprintf(component->detail, sizeof(component->detail), "%s", detail);
}

static struct component reported(const char *name)
{
    struct component component = {.name = name, .state = UINT32_MAX};

    obs_health_each(find_component, &component);
    return component;
}

struct wanted {
    const char *name, *label;
    double value; /* -1: there is none */
};

static void find_sample(const obs_metric_sample *sample, void *user)
{
    struct wanted *wanted = user;

    if (strcmp(sample->name, wanted->name) == 0 &&
        (sample->n_labels == 0 || obs_str_is(sample->values[0], wanted->label)))
        wanted->value = sample->value;
}

static double exported(const char *name, const char *label)
{
    struct wanted wanted = {name, label, -1};

    obs_metrics_each(find_sample, &wanted);
    return wanted.value;
}

/* ---- tests -------------------------------------------------------------------- */

static _Atomic int released;

static void hold(void *arg)
{
    const struct timespec pause = {.tv_nsec = MS_NS};

    (void)arg;
    while (!atomic_load(&released))
        nanosleep(&pause, NULL);
}

static void a_held_worker_is_told_while_it_is_held(void **state)
{
    struct fixture *fixture = *state;
    struct stall *stall =
        watch(fixture->runtime, /* warning_ns= */ 1000 * MS_NS, /* unhealthy_ns= */ 1800 * MS_NS);
    struct component worker;

    atomic_store(&released, 0);
    assert_true(exported("worker_stalled", "1") == 0);
    assert_int_equal(obs_post(fixture->instance, fixture->runtime->workers[1], hold, NULL), OBS_OK);
    watch_until("ERROR", "worker 1 has been held for 1.");
    assert_true(log_has("worker 1 has been held for 1.", "s by plugin test (post)"));
    worker = reported("worker-1");
    assert_int_equal(worker.state, OBS_DEGRADED);
    assert_non_null(strstr(worker.detail, "by plugin test (post)"));
    assert_true(exported("worker_stalled", "1") == 1);
    assert_true(exported("worker_stalls_total", "test") == 1);
    watch_until("worker 1 has been held", "not ready");
    assert_int_equal(reported("worker-1").state, OBS_UNHEALTHY);
    atomic_store(&released, 1);
    watch_until("WARN", "worker 1 turned again after ");
    worker = reported("worker-1");
    assert_int_equal(worker.state, OBS_HEALTHY);
    assert_string_equal(worker.detail, "");
    assert_true(exported("worker_stalled", "1") == 0);
    assert_true(exported("worker_stalls_total", "test") == 1);
    unwatch(stall);
}

static void an_idle_worker_is_not(void **state)
{
    struct fixture *fixture = *state;
    struct stall *stall = watch(fixture->runtime, STALL_LEAST_NS, STALL_LEAST_NS);

    watch_for(2 * STALL_LEAST_NS);
    assert_false(log_has("worker 0", "held"));
    assert_int_equal(reported("worker-0").state, UINT32_MAX);
    assert_true(exported("worker_stalled", "0") == 0);
    unwatch(stall);
}

static void hold_host(obs_worker *worker, void *arg)
{
    (void)worker;
    hold(arg);
}

static void *call_host(void *arg)
{
    worker_call(arg, hold_host, NULL);
    return NULL;
}

static void the_host_is_not_said_to_be_a_plugin(void **state)
{
    struct fixture *fixture = *state;
    struct stall *stall = watch(fixture->runtime, STALL_LEAST_NS, 60 * STALL_LEAST_NS);
    pthread_t caller;

    atomic_store(&released, 0);
    pthread_create(&caller, NULL, call_host, fixture->runtime->workers[0]);
    watch_until("worker 0 has been held", "by the host itself");
    atomic_store(&released, 1);
    pthread_join(caller, NULL);
    watch_until("worker 0 turned again", "s");
    assert_true(exported("worker_stalls_total", "host") == 1);
    unwatch(stall);
}

static void hold_briefly(void *arg)
{
    int64_t until_ns = obs_clock_mono_ns() + MS_NS / 10;

    (void)arg;
    while (obs_clock_mono_ns() < until_ns)
        sched_yield();
}

static void come_and_go_once(obs_worker *worker)
{
    static const obs_plugin plugin = {OBS_PLUGIN_HEADER, .name = "brief", .version = "1",
                                      .license = "Apache-2.0", .summary = "test"};
    obs_instance *instance =
        instance_create(obs_str_of("brief"), image_of(&plugin), /* n_workers= */ 2);

    if (!instance || obs_post(instance, worker, hold_briefly, NULL) < 0)
        abort();
    while (ledger_in_flight(instance->ledger) > 0)
        sched_yield();
    instance_destroy(instance);
}

static void *come_and_go(void *arg)
{
    for (int i = 0; i < 1000; i++)
        come_and_go_once(arg);
    atomic_store(&released, 2);
    return NULL;
}

/* What it proves comes from the sanitizers. */
static void an_instance_may_go_while_its_name_is_read(void **state)
{
    struct fixture *fixture = *state;
    /* every look finds a worker held too long */
    struct stall *stall = watch(fixture->runtime, /* warning_ns= */ 0, 60 * STALL_LEAST_NS);
    pthread_t thread;

    atomic_store(&released, 1);
    pthread_create(&thread, NULL, come_and_go, fixture->runtime->workers[1]);
    while (atomic_load(&released) != 2)
        stall_look(stall);
    pthread_join(thread, NULL);
    assert_true(exported("worker_stalls_total", "brief") > 0);
    unwatch(stall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_worker_is_not),
        cmocka_unit_test(a_held_worker_is_told_while_it_is_held),
        cmocka_unit_test(the_host_is_not_said_to_be_a_plugin),
        cmocka_unit_test(an_instance_may_go_while_its_name_is_read),
    };
    return cmocka_run_group_tests_name("stall", tests, setup, teardown);
}
