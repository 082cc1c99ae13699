/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin health as it is installed: loaded from its file, HEALTH. */
#include <observatory/test.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

/* Something that health tells about: reports what it is configured to. */
struct config {
    int32_t state;
};

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    *ret_self = NULL;
    obs_health_report(instance, "database", (uint32_t)((const struct config *)config)->state,
                      "as configured");
    return OBS_OK;
}

static void destroy(void *self)
{
    (void)self;
}

static const obs_option options[] = {
    {.name = "reports",
     .type = OBS_OPT_CHOICE,
     .offset = offsetof(struct config, state),
     .def = "healthy",
     .choices = "healthy|degraded|unhealthy",
     .help = "what it reports"},
};

static const obs_plugin patient = {
    OBS_PLUGIN_HEADER,
    .name = "patient",
    .version = "1",
    .license = "Apache-2.0",
    .summary = "reports a state",
    .options = options,
    .n_options = 1,
    .config_size = sizeof(struct config),
    .create = create,
    .destroy = destroy,
};

static int start(void **state)
{
    obs_test *t = obs_test_new();

    assert_non_null(t);
    *state = t;
    obs_test_plugin(t, "health", getenv("HEALTH"));
    obs_test_link(t, "patient", &patient);
    if (obs_test_start(t) < 0)
        fail_msg("%s", obs_test_error(t));
    return 0;
}

static int end(void **state)
{
    return obs_test_free(*state);
}

static void set_state(obs_test *t, const char *set)
{
    obs_test_set(t, set);
    if (obs_test_reload(t) < 0)
        fail_msg("%s", obs_test_error(t));
}

static void assert_value(obs_test_response *r, const char *pointer, const char *expected)
{
    obs_str text = obs_json_str(obs_test_json(r, pointer));

    if (!obs_str_is(text, expected))
        fail_msg("%s: \"%.*s\" is not \"%s\"", pointer, OBS_STR_ARG(text), expected);
}

static void a_healthy_server_is_ready_and_shows_its_plugins(void **state)
{
    obs_test_response *r = obs_test_get(*state, "/health");

    assert_int_equal(obs_test_status(r), 200);
    assert_value(r, "/status", "healthy");
    assert_value(r, "/database", "healthy");
    assert_value(r, "/components/0/detail", "as configured");
    assert_value(r, "/plugins/0/name", "health");
    assert_value(r, "/plugins/1/plugin", "patient");
    assert_value(r, "/plugins/1/state", "started");
    assert_true(obs_str_is(obs_test_header(r, "Cache-Control"), "no-store"));
    assert_int_equal(obs_test_status(obs_test_get(*state, "/health/ready")), 200);
}

static void an_unhealthy_component_takes_it_out_of_service(void **state)
{
    obs_test_response *r;

    set_state(*state, "plugins.patient.reports=unhealthy");
    r = obs_test_get(*state, "/health");
    assert_int_equal(obs_test_status(r), 503);
    assert_value(r, "/status", "unhealthy");
    r = obs_test_get(*state, "/health/ready");
    assert_int_equal(obs_test_status(r), 503);
    assert_value(r, "/unhealthy/0", "database");
    assert_int_equal(obs_test_status(obs_test_get(*state, "/health/live")), 200);
}

static void a_degraded_component_does_not(void **state)
{
    obs_test_response *r;

    set_state(*state, "plugins.patient.reports=degraded");
    r = obs_test_get(*state, "/health");
    assert_int_equal(obs_test_status(r), 200);
    assert_value(r, "/status", "degraded");
    assert_int_equal(obs_test_status(obs_test_get(*state, "/health/ready")), 200);
}

static void a_reload_is_shown_with_its_generation(void **state)
{
    obs_test_response *r = obs_test_get(*state, "/health");

    assert_value(r, "/last_reload/result", "none");
    set_state(*state, "plugins.patient.reports=degraded");
    r = obs_test_get(*state, "/health");
    assert_value(r, "/last_reload/result", "success");
    assert_int_equal(obs_json_int(obs_test_json(r, "/last_reload/generation")), 2);
    assert_int_equal(obs_json_int(obs_test_json(r, "/plugins/1/generation")), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_healthy_server_is_ready_and_shows_its_plugins, start,
                                        end),
        cmocka_unit_test_setup_teardown(an_unhealthy_component_takes_it_out_of_service, start, end),
        cmocka_unit_test_setup_teardown(a_degraded_component_does_not, start, end),
        cmocka_unit_test_setup_teardown(a_reload_is_shown_with_its_generation, start, end),
    };

    return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
