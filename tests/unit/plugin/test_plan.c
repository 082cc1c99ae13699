/* SPDX-License-Identifier: Apache-2.0 */
/* From a config to a generation: files, options, every mistake at its place.
 * FIXTURES is the folder with the variants of fixtures/variant.c. */
#include "plugin/plan.h"

#include "http/route.h"
#include "plugin/loader.h"
#include "runtime/settings.h"
#include "runtime/telemetry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

/* As fixtures/variant.c has it. */
struct config {
    const char *greeting;
    uint64_t limit;
};

static char file[] = "/tmp/observatory-plan-XXXXXX";

/* Plans what `plugins` says, with the fixtures as the plugin folder. */
static int plan(const char *plugins, const char *only, struct settings **ret_settings,
                struct generation **ret_generation)
{
    const struct plan_spec spec = {.number = 1, .only = only};
    FILE *to = fopen(file, "w");

    assert_non_null(to);
    fprintf(to, "plugin_folders: %s\nplugins:\n%s", getenv("FIXTURES"), plugins);
    fclose(to);
    *ret_generation = NULL;
    *ret_settings = settings_load(file, NULL, 0);
    assert_non_null(*ret_settings);
    return plan_generation(*ret_settings, &spec, ret_generation);
}

static void finish(struct settings *settings, struct generation *generation)
{
    generation_destroy(generation);
    settings_release(settings);
}

/* In any place of the list: printing sorts it. */
static void assert_complaint(struct settings *settings, const char *expected)
{
    char place[4400];

    snprintf(place, sizeof(place), "%s:%s", file, expected);
    for (size_t i = 0; i < settings->errors.count; i++) {
        if (strncmp(settings->errors.items[i].text.ptr, place, strlen(place)) == 0)
            return;
    }
    conf_errors_print(&settings->errors, stderr);
    fail_msg("expected \"%s\" among the above", place);
}

static void an_entry_is_loaded_and_its_options_bound(void **state)
{
    struct settings *settings;
    struct generation *generation;
    struct route_match match;
    const struct config *config;

    (void)state;
    assert_int_equal(
        plan("  good:\n    greeting: /hi\n    limit: 2KiB\n", NULL, &settings, &generation),
        OBS_OK);
    assert_true(settings_are_good(settings));
    assert_int_equal(generation->n_instances, 1);
    config = generation->instances[0]->config;
    assert_string_equal(config->greeting, "/hi");
    assert_int_equal(config->limit, 2048);
    router_find(generation->router, OBS_POST, obs_str_of("/hi/test"), &match);
    assert_non_null(match.endpoint);
    assert_int_equal(match.endpoint->body_limit, 2048);
    finish(settings, generation);
}

static void an_instance_may_have_another_name_than_its_module(void **state)
{
    struct settings *settings;
    struct generation *generation;
    char plugins[4200];

    (void)state;
    snprintf(plugins, sizeof(plugins), "  second:\n    module: %s/good.so\n    greeting: /x\n",
             getenv("FIXTURES"));
    assert_int_equal(plan(plugins, NULL, &settings, &generation), OBS_OK);
    assert_string_equal(generation->instances[0]->name, "second");
    assert_string_equal(generation->instances[0]->plugin->name, "good");
    finish(settings, generation);
}

static void every_mistake_is_told_with_its_place(void **state)
{
    struct settings *settings;
    struct generation *generation;
    char missing[4200];

    (void)state;
    assert_int_equal(plan("  good:\n    limit: lots\n    greting: x\n"
                          "  magic:\n"
                          "  goof: {}\n"
                          "  Loud:\n",
                          NULL, &settings, &generation),
                     OBS_E_INVALID);
    assert_null(generation);
    assert_int_equal(settings->errors.count, 5);
    assert_complaint(settings, "4:12: plugins.good.limit: expected a size");
    assert_complaint(settings, "5:5: plugins.good.greting: ");
    assert_complaint(settings, "6:3: plugins.magic: plugin file ");
    snprintf(missing, sizeof(missing),
             "7:3: plugins.goof: there is no plugin of this name in %s; did you mean \"good\"?",
             getenv("FIXTURES"));
    assert_complaint(settings, missing);
    assert_complaint(settings, "8:3: plugins.Loud: expected a name");
    finish(settings, generation);
}

static void two_routes_alike_are_told_at_the_later_instance(void **state)
{
    struct settings *settings;
    struct generation *generation;
    char plugins[4200];

    (void)state;
    snprintf(plugins, sizeof(plugins),
             "  good: {greeting: /a}\n  again: {module: %s/good.so, greeting: /b}\n",
             getenv("FIXTURES"));
    assert_int_equal(plan(plugins, NULL, &settings, &generation), OBS_E_INVALID);
    assert_int_equal(settings->errors.count, 1);
    assert_complaint(settings, "4:3: plugins.again: route /test: ");
    finish(settings, generation);
}

static void a_command_gets_only_its_instance(void **state)
{
    struct settings *settings;
    struct generation *generation;
    char plugins[4200];

    (void)state;
    snprintf(plugins, sizeof(plugins),
             "  good: {greeting: /a}\n  again: {module: %s/good.so, greeting: /b}\n",
             getenv("FIXTURES"));
    assert_int_equal(plan(plugins, "good", &settings, &generation), OBS_OK);
    assert_int_equal(generation->n_instances, 1);
    assert_string_equal(generation->instances[0]->name, "good");
    finish(settings, generation);
}

static int make_file(void **state)
{
    int fd = mkstemp(file);

    (void)state;
    if (fd < 0 || telemetry_start(1) < 0)
        return -1;
    return close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_is_loaded_and_its_options_bound),
        cmocka_unit_test(an_instance_may_have_another_name_than_its_module),
        cmocka_unit_test(every_mistake_is_told_with_its_place),
        cmocka_unit_test(two_routes_alike_are_told_at_the_later_instance),
        cmocka_unit_test(a_command_gets_only_its_instance),
    };
    return cmocka_run_group_tests_name("plan", tests, make_file, remove_file);
}
