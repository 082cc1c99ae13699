/* SPDX-License-Identifier: Apache-2.0 */
/* Reloads of a real configuration with real plugin files: what is kept, what is
 * made anew, what is refused, in which order plugins are called. FIXTURES is the
 * folder with the builds of fixtures/swapped.c. */
#include "runtime/reloader.h"

#include "http/http.h"
#include "plugin/plan.h"
#include "plugin/progress.h"
#include "runtime/runtime.h"
#include "runtime/telemetry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define SECOND_NS INT64_C(1000000000)
#define N_WORKERS 2

struct world {
    char folder[64];
    char file[96];
    const char *timeout; /* of a reload */
    uv_loop_t loop;
    struct runtime *runtime;
    struct http_server *http;
    struct reloader *reloader;
    json_t *answer;
    int n_answers;
};

/* ---- files -------------------------------------------------------------------- */

static const char *in_folder(const struct world *world, const char *name)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/%s", world->folder, name);
    return path;
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* What the plugins wrote down since the last call. */
static const char *journal(const struct world *world)
{
    static char text[4096];
    FILE *file = fopen(in_folder(world, "journal"), "r");
    size_t n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

    text[n] = '\0';
    if (file)
        fclose(file);
    unlink(in_folder(world, "journal"));
    return text;
}

/* Puts build `version` in the place of the plugin, as an installer does. */
static void install(const struct world *world, const char *version)
{
    char command[600];

    snprintf(command, sizeof(command),
             "cp '%s/swapped-%s.so' '%s/new' && chmod 755 '%s/new' && mv '%s/new' '%s/swapped.so'",
             getenv("FIXTURES"), version, world->folder, world->folder, world->folder,
             world->folder);
    assert_int_equal(system(command), 0);
}

static void configure(const struct world *world, const char *options)
{
    char text[1024];

    snprintf(text, sizeof(text),
             "listen: 127.0.0.1:0\nworkers: %d\nplugin_folders: .\n"
             "reload: {timeout: %s}\n%s\n",
             N_WORKERS, world->timeout, options);
    write_text(world->file, text);
}

#define ENTRY "plugins:\n  swapped:\n    journal: journal\n"

/* ---- life --------------------------------------------------------------------- */

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    *state = world;
    strcpy(world->folder, "/tmp/observatory-reloader-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->file, sizeof(world->file), "%s/o.yaml", world->folder);
    install(world, "1");
    world->timeout = "30s";
    write_text(in_folder(world, "secret"), "one");
    configure(world, ENTRY "    secret: secret\n");
    assert_int_equal(uv_loop_init(&world->loop), 0);
    return 0;
}

static void begin(struct world *world)
{
    const struct plan_spec spec = {.number = 1};
    struct settings *settings = settings_load(world->file, NULL, 0);
    struct progress progress = PROGRESS_INIT;
    struct runtime_spec runtime_spec;
    struct generation *generation;
    char error[512];

    assert_non_null(settings);
    assert_true(settings_are_good(settings));
    runtime_spec = settings_runtime(settings);
    assert_int_equal(plan_generation(settings, &spec, &generation), OBS_OK);
    assert_int_equal(runtime_create(&runtime_spec, &world->runtime), OBS_OK);
    assert_int_equal(generation_start(generation, world->runtime, &progress), OBS_OK);
    runtime_publish(world->runtime, generation, NULL);
    assert_int_equal(http_server_open(&settings->http, &settings->listen, false, &world->http,
                                      error, sizeof(error)),
                     OBS_OK);
    assert_int_equal(reloader_open(&world->loop, world->runtime, world->http, settings, generation,
                                   &world->reloader),
                     OBS_OK);
    settings_release(settings);
}

static int teardown(void **state)
{
    struct world *world = *state;
    char command[200];

    json_decref(world->answer);
    snprintf(command, sizeof(command), "rm -rf '%s'", world->folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    free(world);
    return 0;
}

/* Turns the loop until so many answers have come and nothing drains. */
static void wait_for_answers(struct world *world, int n)
{
    int64_t until_ns = obs_clock_mono_ns() + 10 * SECOND_NS;

    while ((world->n_answers < n || reloader_is_draining(world->reloader)) &&
           obs_clock_mono_ns() < until_ns) {
        uv_run(&world->loop, UV_RUN_NOWAIT);
        usleep(200);
    }
    assert_int_equal(world->n_answers, n);
    assert_false(reloader_is_draining(world->reloader));
}

static void end(struct world *world)
{
    int64_t until_ns = obs_clock_mono_ns() + 10 * SECOND_NS;
    struct generation *generation = reloader_generation(world->reloader);

    while (reloader_is_stuck(world->reloader) && obs_clock_mono_ns() < until_ns) {
        uv_run(&world->loop, UV_RUN_NOWAIT);
        usleep(1000);
    }
    assert_false(reloader_is_stuck(world->reloader));
    generation_succeed(generation, NULL);
    generation_drain(generation);
    assert_int_equal(generation_retire(generation, world->runtime, until_ns), OBS_OK);
    reloader_close(world->reloader);
    runtime_destroy(world->runtime);
    generation_destroy(generation);
    http_server_close(world->http);
    uv_run(&world->loop, UV_RUN_DEFAULT);
}

static void on_answer(void *user, json_t *report)
{
    struct world *world = user;

    json_decref(world->answer);
    world->answer = json_incref(report);
    world->n_answers++;
}

static void ask(struct world *world, const char *plugin, bool dry_run)
{
    reloader_ask(world->reloader, &(struct reload_ask){.source = "a test",
                                                       .plugin = plugin,
                                                       .dry_run = dry_run,
                                                       .wait = true,
                                                       .answer = on_answer,
                                                       .user = world});
}

/* Reloads and says what became of the first plugin: "file". */
static const char *reload(struct world *world)
{
    ask(world, NULL, false);
    wait_for_answers(world, world->n_answers + 1);
    return json_string_value(
        json_object_get(json_array_get(json_object_get(world->answer, "plugins"), 0), "change"));
}

static const char *result(const struct world *world)
{
    return json_string_value(json_object_get(world->answer, "result"));
}

static const char *error(const struct world *world)
{
    const char *text =
        json_string_value(json_array_get(json_object_get(world->answer, "errors"), 0));

    return text ? text : "";
}

/* ---- what is kept and what is not ------------------------------------------------- */

static void what_is_the_same_is_not_told(void **state)
{
    struct world *world = *state;

    begin(world);
    assert_string_equal(journal(world), "1.0.0 create\n1.0.0 start\n");
    assert_string_equal(reload(world), "kept");
    install(world, "1"); /* another file with the same content */
    assert_string_equal(reload(world), "kept");
    assert_string_equal(journal(world), "");
    assert_int_equal(reloader_generation(world->reloader)->number, 3);
    end(world);
    assert_string_equal(journal(world), "1.0.0 drain\n1.0.0 stop\n1.0.0 destroy\n");
}

static void a_new_file_takes_the_state_over_and_the_old_one_ends(void **state)
{
    struct world *world = *state;

    begin(world);
    (void)journal(world);
    install(world, "2");
    assert_string_equal(reload(world), "file");
    assert_string_equal(result(world), "switched");
    assert_string_equal(journal(world), "2.0.0 create\n2.0.0 start\n2.0.0 took over 1\n"
                                        "1.0.0 drain\n1.0.0 stop\n1.0.0 destroy\n");
    install(world, "1");
    assert_string_equal(reload(world), "file");
    assert_non_null(strstr(journal(world), "1.0.0 took over 2\n"));
    end(world);
}

static void options_and_watched_files_make_it_anew(void **state)
{
    struct world *world = *state;

    begin(world);
    write_text(in_folder(world, "secret"), "two");
    assert_string_equal(reload(world), "content");
    configure(world, ENTRY "    secret: secret\n    create_ms: 1\n");
    assert_string_equal(reload(world), "options");
    end(world);
}

static void a_plugin_comes_and_goes(void **state)
{
    struct world *world = *state;
    const json_t *plugins;

    begin(world);
    (void)journal(world);
    configure(world, "");
    assert_string_equal(reload(world), "removed");
    assert_string_equal(journal(world), "1.0.0 drain\n1.0.0 stop\n1.0.0 destroy\n");
    configure(world, ENTRY "  other: {module: swapped.so, journal: journal}\n");
    assert_string_equal(reload(world), "added");
    plugins = json_object_get(world->answer, "plugins");
    assert_int_equal(json_array_size(plugins), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(plugins, 1), "instance")),
                        "other");
    end(world);
}

/* ---- refusals ------------------------------------------------------------------------ */

static void a_failure_leaves_the_old_one_alone(void **state)
{
    static const struct {
        const char *options, *reason, *journal;
    } cases[] = {
        {ENTRY "    fail: create\n", "create failed: told to fail in create", "1.0.0 create\n"},
        {ENTRY "    fail: start\n", "start failed: told to fail in start",
         "1.0.0 create\n1.0.0 start\n1.0.0 stop\n1.0.0 destroy\n"},
        {ENTRY "    unknown: 1\n", "plugins.swapped.unknown: unknown option", ""},
        {"plugins: {missing: {}}", "there is no plugin of this name", ""},
        {"http: {max_body: lots}\n" ENTRY, "expected a size", ""},
        {"log: {file: /nowhere/at/all}\n" ENTRY, "log file /nowhere/at/all", NULL},
    };
    struct world *world = *state;

    begin(world);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)journal(world);
        configure(world, cases[i].options);
        (void)reload(world);
        assert_string_equal(result(world), "refused");
        if (!strstr(error(world), cases[i].reason))
            fail_msg("expected \"%s\" in \"%s\"", cases[i].reason, error(world));
        if (cases[i].journal)
            assert_string_equal(journal(world), cases[i].journal);
        assert_int_equal(reloader_generation(world->reloader)->number, 1);
    }
    configure(world, ENTRY "    secret: secret\n");
    assert_string_equal(reload(world), "kept"); /* and the next good one works */
    end(world);
}

static void state_that_cannot_be_read_needs_consent(void **state)
{
    struct world *world = *state;

    begin(world);
    install(world, "3");
    (void)reload(world);
    assert_string_equal(result(world), "refused");
    assert_non_null(
        strstr(error(world), "reads no state, the running 1.0.0 has some of version 1"));
    configure(world, ENTRY "    state: reset\n");
    assert_string_equal(reload(world), "file");
    assert_string_equal(result(world), "switched");
    end(world);
}

/* The plugin that hangs is given up; it undoes what it did when it comes back,
 * and reloads go on meanwhile. */
static void a_create_that_hangs_is_given_up(void **state)
{
    struct world *world = *state;

    world->timeout = "1s";
    configure(world, ENTRY "    secret: secret\n");
    begin(world);
    configure(world, ENTRY "    create_ms: 2500\n");
    (void)reload(world);
    assert_string_equal(result(world), "refused");
    assert_non_null(strstr(error(world), "reload.timeout (1.0 s) ended during: create of swapped"));
    assert_true(reloader_is_stuck(world->reloader));
    configure(world, ENTRY "    secret: secret\n");
    assert_string_equal(reload(world), "kept");
    end(world); /* waits for it */
    assert_non_null(strstr(journal(world), "1.0.0 create\n1.0.0 destroy\n"));
}

/* ---- ways of asking -------------------------------------------------------------------- */

static void a_dry_run_changes_nothing(void **state)
{
    struct world *world = *state;

    begin(world);
    (void)journal(world);
    install(world, "2");
    ask(world, NULL, /* dry_run= */ true);
    wait_for_answers(world, 1);
    assert_string_equal(result(world), "checked");
    assert_string_equal(journal(world), "");
    assert_int_equal(reloader_generation(world->reloader)->number, 1);
    end(world);
}

static void one_plugin_alone_is_taken_from_disk(void **state)
{
    struct world *world = *state;

    configure(world, ENTRY "  other: {module: swapped.so, journal: journal}\n");
    begin(world);
    configure(world, "plugins:\n  swapped: {journal: journal, create_ms: 1}\n"
                     "  other: {module: swapped.so, journal: journal, create_ms: 1}\n");
    ask(world, "other", false);
    wait_for_answers(world, 1);
    assert_string_equal(result(world), "switched");
    assert_non_null(strstr(journal(world), "took over 1\n"));
    assert_string_equal(reload(world), "options"); /* the first one is still to come */
    assert_null(strstr(journal(world), "took over 2\n"));
    ask(world, "nobody", false);
    wait_for_answers(world, 3);
    assert_non_null(strstr(error(world), "plugins.nobody: it is not in the configuration"));
    end(world);
}

static void wishes_that_wait_are_fulfilled_together(void **state)
{
    struct world *world = *state;

    begin(world);
    for (int i = 0; i < 50; i++)
        ask(world, NULL, false);
    wait_for_answers(world, 50);
    assert_true(reloader_generation(world->reloader)->number <= 4);
    end(world);
}

static void what_only_a_restart_changes_is_said(void **state)
{
    struct world *world = *state;
    const json_t *notes;

    begin(world);
    configure(world, "runtime: {offload_queue: 7}\n" ENTRY "    secret: secret\n");
    assert_string_equal(reload(world), "kept");
    notes = json_object_get(world->answer, "notes");
    assert_int_equal(json_array_size(notes), 1);
    assert_string_equal(json_string_value(json_array_get(notes, 0)),
                        "runtime.offload_queue: the new value takes effect with the next restart");
    end(world);
}

static void the_end_refuses_what_waits(void **state)
{
    struct world *world = *state;

    begin(world);
    reloader_cancel(world->reloader);
    ask(world, NULL, false);
    assert_int_equal(world->n_answers, 1);
    assert_string_equal(error(world), "the server is shutting down");
    end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_the_same_is_not_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_file_takes_the_state_over_and_the_old_one_ends, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(options_and_watched_files_make_it_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(a_plugin_comes_and_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failure_leaves_the_old_one_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(state_that_cannot_be_read_needs_consent, setup, teardown),
        cmocka_unit_test_setup_teardown(a_create_that_hangs_is_given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dry_run_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(one_plugin_alone_is_taken_from_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(wishes_that_wait_are_fulfilled_together, setup, teardown),
        cmocka_unit_test_setup_teardown(what_only_a_restart_changes_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(the_end_refuses_what_waits, setup, teardown),
    };

    if (telemetry_start(N_WORKERS) < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
