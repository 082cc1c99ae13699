/* SPDX-License-Identifier: Apache-2.0 */
/* Both texts of /metrics, byte for byte, and before promtool where it is
 * installed. */
#include "exposition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What `samples` look like in `format`; NUL-terminated, the caller's to free. */
static char *expose(enum format format, const obs_metric_sample *samples, size_t n)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    struct exposition x = {.format = format};
    char *text;
    obs_str out;

    assert_non_null(arena);
    x.out = obs_buf_new(arena, /* limit_bytes= */ 0);
    assert_non_null(x.out);
    for (size_t i = 0; i < n; i++)
        exposition_sample(&samples[i], &x);
    exposition_end(&x);
    assert_int_equal(obs_buf_error(x.out), OBS_OK);
    out = obs_buf_str(x.out);
    text = strndup(out.len > 0 ? out.ptr : "", out.len);
    assert_non_null(text);
    obs_arena_destroy(arena);
    return text;
}

static void assert_exposed(enum format format, const obs_metric_sample *samples, size_t n,
                           const char *expected)
{
    char *text = expose(format, samples, n);

    assert_string_equal(text, expected);
    free(text);
}

static const char *const labels[] = {"method", "path"};
static const obs_str values_a[] = {OBS_STR("GET"), OBS_STR("/a")};
static const obs_str values_b[] = {OBS_STR("a\\b"), OBS_STR("say \"hi\"\nbye")};
static const double bounds[] = {0.005, 1, 2.5};
static const uint64_t buckets[] = {1, 0, 2, 3};

static const obs_metric_sample counters[] = {
    {.size = sizeof(obs_metric_sample),
     .kind = OBS_METRIC_COUNTER,
     .name = "requests_total",
     .help = "Requests \\ \"so far\"\nby path",
     .labels = labels,
     .values = values_a,
     .n_labels = 2,
     .value = 3},
    {.size = sizeof(obs_metric_sample),
     .kind = OBS_METRIC_COUNTER,
     .name = "requests_total",
     .help = "Requests \\ \"so far\"\nby path",
     .labels = labels,
     .values = values_b,
     .n_labels = 2,
     .value = 0.25},
};

static const obs_metric_sample times = {
    .size = sizeof(obs_metric_sample),
    .kind = OBS_METRIC_HISTOGRAM,
    .name = "request_duration_seconds",
    .help = "Time.",
    .labels = labels,
    .values = values_a,
    .n_labels = 1,
    .bounds = bounds,
    .buckets = buckets,
    .n_bounds = 3,
    .sum = 12.5,
    .count = 6,
};

static void text_has_one_header_a_family_and_its_own_escapes(void **state)
{
    (void)state;
    assert_exposed(FORMAT_TEXT, counters, 2,
                   "# HELP requests_total Requests \\\\ \"so far\"\\nby path\n"
                   "# TYPE requests_total counter\n"
                   "requests_total{method=\"GET\",path=\"/a\"} 3\n"
                   "requests_total{method=\"a\\\\b\",path=\"say \\\"hi\\\"\\nbye\"} 0.25\n");
}

static void openmetrics_names_a_counters_family_without_total(void **state)
{
    (void)state;
    assert_exposed(FORMAT_OPENMETRICS, counters, 2,
                   "# HELP requests Requests \\\\ \\\"so far\\\"\\nby path\n"
                   "# TYPE requests counter\n"
                   "requests_total{method=\"GET\",path=\"/a\"} 3\n"
                   "requests_total{method=\"a\\\\b\",path=\"say \\\"hi\\\"\\nbye\"} 0.25\n"
                   "# EOF\n");
}

static void histogram_buckets_are_cumulative_and_end_with_inf(void **state)
{
    (void)state;
    assert_exposed(FORMAT_TEXT, &times, 1,
                   "# HELP request_duration_seconds Time.\n"
                   "# TYPE request_duration_seconds histogram\n"
                   "request_duration_seconds_bucket{method=\"GET\",le=\"0.005\"} 1\n"
                   "request_duration_seconds_bucket{method=\"GET\",le=\"1\"} 1\n"
                   "request_duration_seconds_bucket{method=\"GET\",le=\"2.5\"} 3\n"
                   "request_duration_seconds_bucket{method=\"GET\",le=\"+Inf\"} 6\n"
                   "request_duration_seconds_sum{method=\"GET\"} 12.5\n"
                   "request_duration_seconds_count{method=\"GET\"} 6\n");
}

static void openmetrics_tells_units_and_writes_whole_bounds_as_floats(void **state)
{
    obs_metric_sample plain = times;

    (void)state;
    plain.n_labels = 0;
    assert_exposed(FORMAT_OPENMETRICS, &plain, 1,
                   "# HELP request_duration_seconds Time.\n"
                   "# TYPE request_duration_seconds histogram\n"
                   "# UNIT request_duration_seconds seconds\n"
                   "request_duration_seconds_bucket{le=\"0.005\"} 1\n"
                   "request_duration_seconds_bucket{le=\"1.0\"} 1\n"
                   "request_duration_seconds_bucket{le=\"2.5\"} 3\n"
                   "request_duration_seconds_bucket{le=\"+Inf\"} 6\n"
                   "request_duration_seconds_sum 12.5\n"
                   "request_duration_seconds_count 6\n"
                   "# EOF\n");
}

static void the_unit_of_a_counter_stands_before_total(void **state)
{
    static const obs_metric_sample sample = {.size = sizeof(sample),
                                             .kind = OBS_METRIC_COUNTER,
                                             .name = "response_bytes_total",
                                             .help = "",
                                             .value = 1};

    (void)state;
    assert_exposed(FORMAT_OPENMETRICS, &sample, 1,
                   "# TYPE response_bytes counter\n"
                   "# UNIT response_bytes bytes\n"
                   "response_bytes_total 1\n"
                   "# EOF\n");
}

static void numbers_read_back_to_the_same_double(void **state)
{
    static const struct {
        double value;
        const char *text;
    } table[] = {
        {0, "0"},
        {-0.0, "0"},
        {1, "1"},
        {-42, "-42"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {9007199254740991.0, "9007199254740991"},
        {1e300, "1e+300"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {1795419537.49, "1795419537.49"},
        {INFINITY, "+Inf"},
        {-INFINITY, "-Inf"},
        {NAN, "NaN"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const obs_metric_sample sample = {.size = sizeof(sample),
                                          .kind = OBS_METRIC_GAUGE,
                                          .name = "g",
                                          .help = "",
                                          .value = table[i].value};
        char expected[64];

        snprintf(expected, sizeof(expected), "# TYPE g gauge\ng %s\n", table[i].text);
        assert_exposed(FORMAT_TEXT, &sample, 1, expected);
    }
}

static void nothing_is_a_valid_text_too(void **state)
{
    (void)state;
    assert_exposed(FORMAT_TEXT, NULL, 0, "");
    assert_exposed(FORMAT_OPENMETRICS, NULL, 0, "# EOF\n");
}

/* Feeds the real registry, with values that are hard on a parser. */
static void promtool_accepts_what_the_registry_gives(void **state)
{
    static const char *const names[] = {"value"};
    static const char *const hard[] = {"\\", "\"", "\n", "a\\n\"b\"", "\xFF\xFE", "{}=,", ""};
    const obs_metric_spec counter = {.size = sizeof(counter),
                                     .kind = OBS_METRIC_COUNTER,
                                     .name = "hard_values_total",
                                     .help = "a \\ and a \"quote\"\nand a line",
                                     .labels = names,
                                     .n_labels = 1};
    const obs_metric_spec time = {.size = sizeof(time),
                                  .kind = OBS_METRIC_HISTOGRAM,
                                  .name = "some_duration_seconds",
                                  .help = "Times."};
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    struct exposition x = {.format = FORMAT_TEXT};
    obs_metric *metric;
    FILE *tool;

    (void)state;
    if (system("command -v promtool >/dev/null") != 0)
        skip();
    assert_non_null(arena);
    assert_int_equal(obs_metric_register(NULL, &counter, &metric), OBS_OK);
    for (size_t i = 0; i < sizeof(hard) / sizeof(hard[0]); i++) {
        obs_str value = obs_str_of(hard[i]);

        obs_series_add(obs_metric_series(metric, &value), (double)i);
    }
    assert_int_equal(obs_metric_register(NULL, &time, &metric), OBS_OK);
    obs_series_observe(obs_metric_series(metric, NULL), 0.3);

    x.out = obs_buf_new(arena, /* limit_bytes= */ 0);
    assert_non_null(x.out);
    obs_metrics_each(exposition_sample, &x);
    exposition_end(&x);
    tool = popen("promtool check metrics", "w");
    assert_non_null(tool);
    fwrite(obs_buf_str(x.out).ptr, 1, obs_buf_str(x.out).len, tool);
    assert_int_equal(pclose(tool), 0);
    obs_arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_has_one_header_a_family_and_its_own_escapes),
        cmocka_unit_test(openmetrics_names_a_counters_family_without_total),
        cmocka_unit_test(histogram_buckets_are_cumulative_and_end_with_inf),
        cmocka_unit_test(openmetrics_tells_units_and_writes_whole_bounds_as_floats),
        cmocka_unit_test(the_unit_of_a_counter_stands_before_total),
        cmocka_unit_test(numbers_read_back_to_the_same_double),
        cmocka_unit_test(nothing_is_a_valid_text_too),
        cmocka_unit_test(promtool_accepts_what_the_registry_gives),
    };

    return cmocka_run_group_tests_name("exposition", tests, NULL, NULL);
}
