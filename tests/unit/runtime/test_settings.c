/* SPDX-License-Identifier: Apache-2.0 */
/* The options of the process itself. */
#include "core/log.h"
#include "plugin/instance.h"
#include "runtime/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static struct settings *load(const char *const *sets, size_t n)
{
    struct settings *settings = settings_load(/* file= */ NULL, sets, n);

    assert_non_null(settings);
    return settings;
}

static void assert_complaint(const struct settings *settings, const char *part)
{
    for (size_t i = 0; i < settings->errors.count; i++) {
        if (strstr(settings->errors.items[i].text.ptr, part))
            return;
    }
    fail_msg("no complaint has \"%s\"; the first of %zu is \"%s\"", part, settings->errors.count,
             settings->errors.count ? settings->errors.items[0].text.ptr : "");
}

static void an_empty_configuration_has_the_documented_defaults(void **state)
{
    struct settings *settings = load(NULL, 0);
    struct runtime_spec spec = settings_runtime(settings);

    (void)state;
    assert_true(settings_are_good(settings));
    assert_int_equal(settings->listen.count, 1);
    assert_true(obs_str_is(settings->listen.items[0], "127.0.0.1:8080"));
    assert_int_equal(settings->shutdown_timeout_ns, INT64_C(30000000000));
    assert_int_equal(settings->log.level, OBS_LOG_INFO);
    assert_true(settings_access_log(settings));
    assert_int_equal(spec.n_workers, runtime_cores() < 64 ? runtime_cores() : 64);
    assert_true(spec.offload_threads >= 2);
    assert_int_equal(settings->runtime.stall.warning_ns, INT64_C(1000000000));
    assert_int_equal(settings->runtime.stall.unhealthy_ns, INT64_C(30000000000));
    assert_int_equal(settings->http.max_body_bytes, 16 << 20);
    assert_null(settings->plugins);
    settings_release(settings);
}

static void the_control_socket_is_found_beside_mistakes(void **state)
{
    static const char *const sets[] = {"control.socket=/x.sock", "{"};
    struct settings *settings = settings_load("/no/such/file.yaml", sets, 2);

    (void)state;
    assert_non_null(settings);
    assert_int_equal(settings->errors.count, 2);
    assert_complaint(settings, "/no/such/file.yaml");
    assert_string_equal(settings->control.socket, "/x.sock");
    settings_release(settings);
}

static void every_override_is_taken(void **state)
{
    static const char *const sets[] = {
        "listen=[127.0.0.1:1, 'unix:/x']",
        "workers=3",
        "log.access=off",
        "log.level=debug",
        "shutdown_timeout=2s",
        "runtime.offload_threads=5",
        "plugin_folders=[/a, b]",
        "http.max_body=1MiB",
        "supervise={delay: 1s, max_delay: 1s, reset_after: 5m}",
        "services={t.word/1: first}",
    };
    struct settings *settings = load(sets, sizeof(sets) / sizeof(sets[0]));
    struct runtime_spec spec = settings_runtime(settings);
    char cwd[4096], expected[4200];

    (void)state;
    assert_true(settings_are_good(settings));
    assert_int_equal(settings->listen.count, 2);
    assert_true(obs_str_is(settings->listen.items[1], "unix:/x"));
    assert_int_equal(spec.n_workers, 3);
    assert_int_equal(spec.offload_threads, 5);
    assert_false(settings_access_log(settings));
    assert_int_equal(settings->log.level, OBS_LOG_DEBUG);
    assert_int_equal(settings->shutdown_timeout_ns, INT64_C(2000000000));
    assert_int_equal(settings->http.max_body_bytes, 1 << 20);
    assert_int_equal(settings->supervise.max_delay_ns, INT64_C(1000000000));
    assert_int_equal(settings->supervise.reset_after_ns, INT64_C(300000000000));
    assert_true(obs_str_is(settings->plugin_folders.items[0], "/a"));
    snprintf(expected, sizeof(expected), "%s/b", getcwd(cwd, sizeof(cwd)));
    assert_true(obs_str_is(settings->plugin_folders.items[1], expected));
    settings_release(settings);
}

static void every_mistake_is_told_at_once(void **state)
{
    static const char *const sets[] = {
        "lisen=x",
        "workers=65",
        "log.level=loud",
        "runtime.offload_queue=0",
        "http.max_body=lots",
        "supervise.max_delay=99ms",
        "plugins=text",
        "services={t.word/1: [a]}",
        "runtime.stall_warning=10s",
        "runtime.stall_unhealthy=9s",
    };
    struct settings *settings = load(sets, sizeof(sets) / sizeof(sets[0]));

    (void)state;
    assert_true(settings->errors.count >= 8);
    assert_complaint(settings, "did you mean \"listen\"");
    assert_complaint(settings, "workers");
    assert_complaint(settings, "log.level");
    assert_complaint(settings, "runtime.offload_queue");
    assert_complaint(settings, "http.max_body");
    assert_complaint(settings, "supervise.max_delay: expected at least supervise.delay");
    assert_complaint(settings, "plugins");
    assert_complaint(settings, "t.word/1");
    assert_complaint(settings, "at least runtime.stall_warning, which is 10.0 s");
    settings_release(settings);
}

static void the_access_log_takes_a_word_or_a_file(void **state)
{
    static const struct {
        const char *set;
        bool on;
    } cases[] = {{"log.access=off", false},
                 {"log.access=false", false},
                 {"log.access=on", true},
                 {"log.access=access.log", true}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct settings *settings = load(&cases[i].set, 1);

        assert_int_equal(settings_access_log(settings), cases[i].on);
        settings_release(settings);
    }
}

static void single_instances_have_levels_of_their_own(void **state)
{
    static const char *const sets[] = {"plugins.a={}", "log.levels={a: debug}",
                                       "log.file=/dev/stdout"};
    static const char *const wrong[] = {"plugins.a={}", "log.levels={a: loud, b: info, c: [x]}"};
    struct settings *settings = load(sets, 3);
    struct obs_instance a = {.name = (char[]){"a"}, .log = log_source("a")};

    (void)state;
    assert_true(settings_are_good(settings));
    assert_int_equal(settings_open_log(settings), OBS_OK);
    assert_true(obs_log_enabled(&a, OBS_LOG_DEBUG));
    assert_false(obs_log_enabled(NULL, OBS_LOG_DEBUG));
    log_close();
    settings_release(settings);
    settings = load(wrong, 2);
    assert_complaint(settings, "log.levels: a: expected one of error|warn|info|debug");
    assert_complaint(settings, "log.levels: b: no instance has this name");
    assert_complaint(settings, "log.levels: c: expected one of");
    settings_release(settings);
}

static void at_least_one_address_is_needed(void **state)
{
    static const char *const sets[] = {"listen=[]"};
    struct settings *settings = load(sets, 1);

    (void)state;
    assert_complaint(settings, "listen");
    settings_release(settings);
}

static void a_missing_file_is_a_mistake_with_its_name(void **state)
{
    struct settings *settings = settings_load("/nonexistent/x.yaml", NULL, 0);

    (void)state;
    assert_non_null(settings);
    assert_complaint(settings, "/nonexistent/x.yaml");
    settings_release(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_configuration_has_the_documented_defaults),
        cmocka_unit_test(the_control_socket_is_found_beside_mistakes),
        cmocka_unit_test(every_override_is_taken),
        cmocka_unit_test(every_mistake_is_told_at_once),
        cmocka_unit_test(the_access_log_takes_a_word_or_a_file),
        cmocka_unit_test(single_instances_have_levels_of_their_own),
        cmocka_unit_test(at_least_one_address_is_needed),
        cmocka_unit_test(a_missing_file_is_a_mistake_with_its_name),
    };
    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
