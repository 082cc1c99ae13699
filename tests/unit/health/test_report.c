/* SPDX-License-Identifier: Apache-2.0 */
/* What /health and /health/ready say. */
#include "report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define SEC INT64_C(1000000000)
#define NOW (INT64_C(1795419537) * SEC + 250000000)

static obs_arena *arena;

static int make_arena(void **state)
{
    (void)state;
    arena = obs_arena_create(/* limit_bytes= */ 0);
    return arena ? 0 : -1;
}

static int end_arena(void **state)
{
    (void)state;
    obs_arena_destroy(arena);
    return 0;
}

static struct report *make_report(void)
{
    static const obs_host_info host = {
        .size = sizeof(host),
        .version = "9.8.7",
        .started_ns = NOW - 90 * SEC - SEC / 2,
        .generation = 3,
    };
    struct report *report = obs_arena_alloc(arena, sizeof(*report));

    assert_non_null(report);
    report_init(report, arena, &host);
    return report;
}

static const obs_json *parse(obs_buf *out)
{
    const obs_json *json = NULL;

    assert_int_equal(obs_json_parse(arena, obs_buf_str(out), &json, NULL), OBS_OK);
    return json;
}

static const obs_json *health(const struct report *report)
{
    obs_buf *out = obs_buf_new(arena, /* limit_bytes= */ 0);

    assert_non_null(out);
    assert_int_equal(report_write_health(report, NOW, out), OBS_OK);
    return parse(out);
}

static const obs_json *ready(const struct report *report)
{
    obs_buf *out = obs_buf_new(arena, /* limit_bytes= */ 0);

    assert_non_null(out);
    assert_int_equal(report_write_ready(report, out), OBS_OK);
    return parse(out);
}

static void assert_text(const obs_json *object, const char *key, const char *expected)
{
    obs_str text = obs_json_str(obs_json_get(object, key));

    if (!obs_str_is(text, expected))
        fail_msg("%s: \"%.*s\" is not \"%s\"", key, OBS_STR_ARG(text), expected);
}

static void a_server_without_components_is_healthy_and_ready(void **state)
{
    struct report *report = make_report();
    const obs_json *json = health(report);

    (void)state;
    assert_text(json, "status", "healthy");
    assert_text(json, "database", "disabled");
    assert_text(json, "redis", "disabled");
    assert_int_equal(obs_json_count(obs_json_get(json, "components")), 0);
    assert_text(ready(report), "status", "ready");
    assert_true(report_ready(report));
}

static void the_worst_component_decides(void **state)
{
    struct report *report = make_report();

    (void)state;
    report_component("database", OBS_HEALTHY, "open", report);
    assert_text(health(report), "status", "healthy");
    report_component("redis", OBS_DEGRADED, "slow", report);
    assert_text(health(report), "status", "degraded");
    assert_text(health(report), "redis", "degraded");
    assert_true(report_ready(report));
    report_component("exports", OBS_UNHEALTHY, "disk is full", report);
    report_component("queue", OBS_HEALTHY, "", report);
    assert_text(health(report), "status", "unhealthy");
    assert_text(health(report), "database", "healthy");
    assert_int_equal(report_state(report), OBS_UNHEALTHY);
    assert_false(report_ready(report));
    assert_text(ready(report), "status", "not ready");
    assert_true(obs_str_is(obs_json_str(obs_json_at(obs_json_get(ready(report), "unhealthy"), 0)),
                           "exports"));
    assert_int_equal(obs_json_count(obs_json_get(ready(report), "unhealthy")), 1);
}

static void components_keep_order_name_and_detail(void **state)
{
    struct report *report = make_report();
    char detail[] = "first \"detail\"";
    const obs_json *list;

    (void)state;
    report_component("database", OBS_DEGRADED, detail, report);
    report_component("redis", OBS_HEALTHY, NULL, report);
    memset(detail, '!', sizeof(detail) - 1); /* it was borrowed for the call only */
    list = obs_json_get(health(report), "components");
    assert_int_equal(obs_json_count(list), 2);
    assert_text(obs_json_at(list, 0), "name", "database");
    assert_text(obs_json_at(list, 0), "status", "degraded");
    assert_text(obs_json_at(list, 0), "detail", "first \"detail\"");
    assert_text(obs_json_at(list, 1), "name", "redis");
    assert_text(obs_json_at(list, 1), "detail", "");
}

static void two_databases_count_as_the_worse(void **state)
{
    struct report *report = make_report();

    (void)state;
    report_component("database", OBS_UNHEALTHY, "", report);
    report_component("database", OBS_HEALTHY, "", report);
    assert_text(health(report), "database", "unhealthy");
}

static void draining_is_not_ready_but_healthy(void **state)
{
    struct report *report = make_report();

    (void)state;
    report->host.draining = 1;
    assert_text(health(report), "status", "healthy");
    assert_true(obs_json_bool(obs_json_get(health(report), "draining")));
    assert_text(ready(report), "status", "not ready");
    assert_false(report_ready(report));
}

static void plugins_are_listed_with_version_state_and_generation(void **state)
{
    struct report *report = make_report();
    const obs_plugin_info info = {.size = sizeof(info),
                                  .instance = "hello-2",
                                  .name = "hello",
                                  .version = "1.2.3",
                                  .state = "started",
                                  .generation = 3};
    const obs_json *plugin;

    (void)state;
    report_plugin(&info, report);
    plugin = obs_json_at(obs_json_get(health(report), "plugins"), 0);
    assert_text(plugin, "name", "hello-2");
    assert_text(plugin, "plugin", "hello");
    assert_text(plugin, "version", "1.2.3");
    assert_text(plugin, "state", "started");
    assert_int_equal(obs_json_int(obs_json_get(plugin, "generation")), 3);
}

static void time_version_and_uptime_are_told(void **state)
{
    const obs_json *json = health(make_report());

    (void)state;
    assert_text(json, "version", "9.8.7");
    assert_text(json, "timestamp", "2026-11-23T07:38:57.250Z");
    assert_float_equal(obs_json_double(obs_json_get(json, "uptime_s")), 90.5, 1e-9);
}

static void the_last_reload_tells_how_it_went(void **state)
{
    struct report *report = make_report();
    const obs_json *reload = obs_json_get(health(report), "last_reload");

    (void)state;
    assert_text(reload, "result", "none");
    assert_int_equal(obs_json_type(obs_json_get(reload, "time")), OBS_JSON_NULL);
    report->host.reloaded_ns = NOW;
    reload = obs_json_get(health(report), "last_reload");
    assert_text(reload, "result", "success");
    assert_text(reload, "time", "2026-11-23T07:38:57.250Z");
    report->host.reload_result = OBS_E_INVALID;
    assert_text(obs_json_get(health(report), "last_reload"), "result", "failure");
    assert_int_equal(
        obs_json_int(obs_json_get(obs_json_get(health(report), "last_reload"), "generation")), 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_arena, end_arena)
    const struct CMUnitTest tests[] = {
        TEST(a_server_without_components_is_healthy_and_ready),
        TEST(the_worst_component_decides),
        TEST(components_keep_order_name_and_detail),
        TEST(two_databases_count_as_the_worse),
        TEST(draining_is_not_ready_but_healthy),
        TEST(plugins_are_listed_with_version_state_and_generation),
        TEST(time_version_and_uptime_are_told),
        TEST(the_last_reload_tells_how_it_went),
    };

    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
