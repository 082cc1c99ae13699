/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin's command: the calling thread is the worker, waiting turns its
 * loop, everything is started before and ended after. */
#include "plugin/generation.h"

#include "plugin/loader.h"
#include "runtime/command.h"
#include "runtime/settings.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <cmocka.h>

static struct {
    char journal[512];
    int done;
    int wait_result;
    obs_instance *instance;
} scene;

static void note(const char *what)
{
    size_t len = strlen(scene.journal);

    snprintf(scene.journal + len, sizeof(scene.journal) - len, "%s%s", len ? " " : "", what);
}

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    (void)config;
    *ret_self = scene.instance = instance;
    note("create");
    return OBS_OK;
}

static int start(void *self)
{
    (void)self;
    note("start");
    return OBS_OK;
}

static int worker_up(void *self, obs_worker *worker, void **ret_context)
{
    (void)self;
    *ret_context = worker;
    note(worker == obs_worker_current() ? "up" : "up-elsewhere");
    return OBS_OK;
}

static void worker_down(void *self, obs_worker *worker, void *context)
{
    (void)self;
    note(context == worker ? "down" : "down-elsewhere");
}

static void stop(void *self)
{
    (void)self;
    note("stop");
}

static void destroy(void *self)
{
    (void)self;
    note("destroy");
}

/* ---- commands ------------------------------------------------------------------ */

static int run_arguments(obs_command_call *call, void *self)
{
    assert_ptr_equal(self, scene.instance);
    assert_int_equal(obs_command_argc(call), 2);
    assert_string_equal(obs_command_arg(call, 0), "--spans");
    assert_string_equal(obs_command_arg(call, 1), "7");
    assert_null(obs_command_arg(call, 2));
    assert_null(obs_command_arg(call, -1));
    note("run");
    return 3;
}

static void set_done(void *arg)
{
    *(int *)arg = 1;
}

static void work(void *arg)
{
    (void)arg;
}

/* The way of a store: off the loop, back on it, done. */
static int run_wait(obs_command_call *call, void *self)
{
    (void)self;
    if (obs_offload(scene.instance, work, set_done, &scene.done) != OBS_OK)
        return EX_SOFTWARE;
    scene.wait_result = obs_command_wait(call, &scene.done);
    return EX_OK;
}

static void interrupt(void *arg)
{
    (void)arg;
    raise(SIGINT);
}

static int run_interrupted(obs_command_call *call, void *self)
{
    obs_timer *timer;

    (void)self;
    if (obs_timer_start(scene.instance, 1, 0, interrupt, NULL, &timer) != OBS_OK)
        return EX_SOFTWARE;
    scene.wait_result = obs_command_wait(call, &scene.done); /* nobody sets it */
    obs_timer_stop(timer);
    return EX_TEMPFAIL;
}

/* What was under way when the user interrupted still comes to its end. */
static int run_finishing(obs_command_call *call, void *self)
{
    int code = run_interrupted(call, self);

    if (code != EX_TEMPFAIL || scene.wait_result != OBS_E_CLOSED)
        return EX_SOFTWARE;
    return run_wait(call, self);
}

static const obs_command commands[] = {
    {"arguments", "", "looks at its arguments", run_arguments},
    {"wait", "", "waits for a job", run_wait},
    {"interrupted", "", "waits for what never comes", run_interrupted},
    {"finishing", "", "waits on after an interrupt", run_finishing},
};

static const obs_plugin plugin = {
    OBS_PLUGIN_HEADER,
    .name = "test",
    .version = "1",
    .license = "Apache-2.0",
    .summary = "test",
    .commands = commands,
    .n_commands = 4,
    .create = create,
    .start = start,
    .worker_start = worker_up,
    .worker_stop = worker_down,
    .stop = stop,
    .destroy = destroy,
};

static struct generation *make_generation(void)
{
    struct generation *generation = generation_create(/* number= */ 1, /* n_instances= */ 1, 1);

    generation->instances[0] = instance_create(obs_str_of("test"), image_of(&plugin), 1);
    generation->n_instances = 1;
    return generation;
}

static int run(const char *command, int argc, const char *const *argv)
{
    struct settings *settings = settings_load(/* file= */ NULL, NULL, 0);
    struct generation *generation = make_generation();
    int code;

    memset(&scene, 0, sizeof(scene));
    assert_non_null(settings);
    assert_true(settings_are_good(settings));
    code = command_run(&(struct command_spec){settings, generation, command, argc, argv});
    generation_destroy(generation);
    settings_release(settings);
    return code;
}

/* ---- tests --------------------------------------------------------------------- */

static void a_command_runs_between_start_and_stop_with_its_arguments(void **state)
{
    const char *const argv[] = {"--spans", "7"};

    (void)state;
    assert_int_equal(run("arguments", 2, argv), 3);
    assert_string_equal(scene.journal, "create start up run down stop destroy");
}

static void waiting_turns_the_loop_until_it_is_done(void **state)
{
    (void)state;
    assert_int_equal(run("wait", 0, NULL), EX_OK);
    assert_int_equal(scene.wait_result, OBS_OK);
    assert_int_equal(scene.done, 1);
}

static void an_interrupt_ends_the_wait_and_the_command_still_cleans_up(void **state)
{
    (void)state;
    assert_int_equal(run("interrupted", 0, NULL), EX_TEMPFAIL);
    assert_int_equal(scene.wait_result, OBS_E_CLOSED);
    assert_string_equal(scene.journal, "create start up down stop destroy");
}

static void an_interrupt_is_told_once(void **state)
{
    (void)state;
    assert_int_equal(run("finishing", 0, NULL), EX_OK);
    assert_int_equal(scene.wait_result, OBS_OK);
    assert_int_equal(scene.done, 1);
}

static void an_unknown_command_starts_nothing(void **state)
{
    (void)state;
    assert_int_equal(run("imaginary", 0, NULL), EX_USAGE);
    assert_int_equal(run(NULL, 0, NULL), EX_USAGE);
    assert_string_equal(scene.journal, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_runs_between_start_and_stop_with_its_arguments),
        cmocka_unit_test(waiting_turns_the_loop_until_it_is_done),
        cmocka_unit_test(an_interrupt_ends_the_wait_and_the_command_still_cleans_up),
        cmocka_unit_test(an_interrupt_is_told_once),
        cmocka_unit_test(an_unknown_command_starts_nothing),
    };
    return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
