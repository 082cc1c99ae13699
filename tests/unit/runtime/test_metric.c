/* SPDX-License-Identifier: Apache-2.0 */
/* The registry: registering, finding series, exact sums from many threads. */
#include "runtime/metric.h"

#include "core/log.h"
#include "runtime/metric_process.h"
#include "runtime/metric_series.h"
#include "runtime/telemetry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#define N_SHARDS 4u
#define N_THREADS 7u /* the last ones share a shard */
#define N_UPDATES 20000u

/* ---- helpers ------------------------------------------------------------- */

static obs_metric *family(uint32_t kind, const char *name, const char *const *labels, size_t n)
{
    const obs_metric_spec spec = {
        .size = sizeof(spec),
        .kind = kind,
        .name = name,
        .help = "help",
        .labels = labels,
        .n_labels = n,
    };
    obs_metric *metric = NULL;

    assert_int_equal(obs_metric_register(NULL, &spec, &metric), OBS_OK);
    return metric;
}

static int try_register(uint32_t kind, const char *name, const char *const *labels, size_t n)
{
    const obs_metric_spec spec = {
        .size = sizeof(spec), .kind = kind, .name = name, .labels = labels, .n_labels = n};
    obs_metric *metric;

    return obs_metric_register(NULL, &spec, &metric);
}

static obs_metric *histogram(const char *name, const double *bounds, size_t n_bounds)
{
    const obs_metric_spec spec = {
        .size = sizeof(spec),
        .kind = OBS_METRIC_HISTOGRAM,
        .name = name,
        .bounds = bounds,
        .n_bounds = n_bounds,
    };
    obs_metric *metric = NULL;

    assert_int_equal(obs_metric_register(NULL, &spec, &metric), OBS_OK);
    return metric;
}

/* The sample of `name` whose first label value is `value` ("" for no labels). */
struct lookup {
    const char *name;
    const char *value;
    int found;
    double number;
    uint64_t count;
    uint64_t buckets[METRIC_MAX_BOUNDS + 1];
    size_t n_bounds;
};

static void look(const obs_metric_sample *sample, void *user)
{
    struct lookup *lookup = user;

    if (strcmp(sample->name, lookup->name) != 0 ||
        (sample->n_labels > 0 && !obs_str_is(sample->values[0], lookup->value)))
        return;
    lookup->found++;
    lookup->number = sample->kind == OBS_METRIC_HISTOGRAM ? sample->sum : sample->value;
    lookup->count = sample->count;
    lookup->n_bounds = sample->n_bounds;
    if (sample->kind == OBS_METRIC_HISTOGRAM)
        memcpy(lookup->buckets, sample->buckets,
               (sample->n_bounds + 1) * sizeof(sample->buckets[0]));
}

static struct lookup read_series(const char *name, const char *value)
{
    struct lookup lookup = {.name = name, .value = value};

    obs_metrics_each(look, &lookup);
    return lookup;
}

static double value_of(const char *name, const char *value)
{
    struct lookup lookup = read_series(name, value);

    assert_int_equal(lookup.found, 1);
    return lookup.number;
}

static obs_series *series(obs_metric *metric, const char *value)
{
    obs_str text = obs_str_of(value);

    return obs_metric_series(metric, &text);
}

/* ---- threads ------------------------------------------------------------- */

struct writer {
    pthread_t thread;
    uint32_t shard;
    obs_series *counter, *gauge, *histogram;
};

static void *write_updates(void *arg)
{
    const struct writer *writer = arg;

    metric_thread_shard(writer->shard);
    for (unsigned i = 0; i < N_UPDATES; i++) {
        obs_series_add(writer->counter, 1);
        obs_series_add(writer->gauge, i % 2 ? -1 : 1);
        obs_series_observe(writer->histogram, i % 2 ? 0.25 : 4);
    }
    return NULL;
}

static void sums_from_all_threads_are_exact(void **state)
{
    static const double bounds[] = {1};
    struct writer writers[N_THREADS];
    uint64_t last = 0;
    struct lookup end;

    (void)state;
    for (uint32_t i = 0; i < N_THREADS; i++) {
        writers[i] = (struct writer){
            .shard = i < N_SHARDS ? i : METRIC_SHARD_SHARED,
            .counter =
                obs_metric_series(family(OBS_METRIC_COUNTER, "threads_total", NULL, 0), NULL),
            .gauge = obs_metric_series(family(OBS_METRIC_GAUGE, "threads_now", NULL, 0), NULL),
            .histogram = obs_metric_series(histogram("threads_seconds", bounds, 1), NULL),
        };
        assert_int_equal(pthread_create(&writers[i].thread, NULL, write_updates, &writers[i]), 0);
    }
    /* a reader meanwhile sees counts that only grow and add up */
    for (int i = 0; i < 200; i++) {
        struct lookup now = read_series("threads_seconds", "");

        assert_true(now.count >= last);
        assert_int_equal(now.count, now.buckets[0] + now.buckets[1]);
        last = now.count;
    }
    for (uint32_t i = 0; i < N_THREADS; i++)
        pthread_join(writers[i].thread, NULL);

    assert_float_equal(value_of("threads_total", ""), N_THREADS * N_UPDATES, 0);
    assert_float_equal(value_of("threads_now", ""), 0, 0);
    end = read_series("threads_seconds", "");
    assert_int_equal(end.count, N_THREADS * N_UPDATES);
    assert_int_equal(end.buckets[0], N_THREADS * N_UPDATES / 2);
    assert_int_equal(end.buckets[1], N_THREADS * N_UPDATES / 2);
    assert_float_equal(end.number, N_THREADS * N_UPDATES / 2 * 4.25, 0);
}

static const char *const key_label[] = {"key"};

static void *find_same_series(void *arg)
{
    obs_metric *metric = arg;

    for (int i = 0; i < 500; i++) {
        char text[16];

        snprintf(text, sizeof(text), "%d", i);
        obs_series_add(series(metric, text), 1);
    }
    return NULL;
}

static void threads_that_look_up_the_same_values_share_series(void **state)
{
    obs_metric *metric = family(OBS_METRIC_COUNTER, "lookups_total", key_label, 1);
    pthread_t threads[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, find_same_series, metric), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 500; i++) {
        char text[16];

        snprintf(text, sizeof(text), "%d", i);
        assert_float_equal(value_of("lookups_total", text), 4, 0);
    }
}

/* ---- values -------------------------------------------------------------- */

static void a_counter_never_falls(void **state)
{
    obs_series *counter =
        obs_metric_series(family(OBS_METRIC_COUNTER, "falls_total", NULL, 0), NULL);

    (void)state;
    obs_series_add(counter, 2.5);
    obs_series_add(counter, -1);
    assert_float_equal(value_of("falls_total", ""), 2.5, 0);
    obs_series_add(counter, NAN);
    assert_true(value_of("falls_total", "") < 3); /* false for NaN */
    assert_float_equal(value_of("falls_total", ""), 2.5, 0);
}

static void setting_a_gauge_covers_what_other_threads_added(void **state)
{
    obs_series *gauge = obs_metric_series(family(OBS_METRIC_GAUGE, "level", NULL, 0), NULL);

    (void)state;
    obs_series_add(gauge, 100); /* shared shard */
    metric_thread_shard(1);
    obs_series_add(gauge, 10);
    metric_thread_shard(METRIC_SHARD_SHARED);
    assert_float_equal(value_of("level", ""), 110, 0);
    obs_series_set(gauge, 7);
    assert_float_equal(value_of("level", ""), 7, 0);
    metric_thread_shard(2);
    obs_series_add(gauge, -2);
    metric_thread_shard(METRIC_SHARD_SHARED);
    assert_float_equal(value_of("level", ""), 5, 0);
}

static void a_value_on_a_bound_belongs_to_the_bucket_below_it(void **state)
{
    static const double bounds[] = {1, 2, 4};
    obs_series *series_ = obs_metric_series(histogram("bounds_inclusive", bounds, 3), NULL);
    struct lookup seen;

    (void)state;
    obs_series_observe(series_, 1);
    obs_series_observe(series_, 1.0000001);
    obs_series_observe(series_, 4);
    obs_series_observe(series_, 4.0000001);
    obs_series_observe(series_, -3);
    obs_series_observe(series_, INFINITY);
    obs_series_observe(series_, NAN); /* ignored */
    seen = read_series("bounds_inclusive", "");
    assert_int_equal(seen.buckets[0], 2);
    assert_int_equal(seen.buckets[1], 1);
    assert_int_equal(seen.buckets[2], 1);
    assert_int_equal(seen.buckets[3], 2);
    assert_int_equal(seen.count, 6);
    assert_true(isinf(seen.number));
}

static void many_bounds_are_searched_as_few_are(void **state)
{
    double bounds[40];
    obs_series *series_;
    struct lookup seen;

    (void)state;
    for (int i = 0; i < 40; i++)
        bounds[i] = i;
    series_ = obs_metric_series(histogram("bounds_many", bounds, 40), NULL);
    for (int i = 0; i < 40; i++) {
        obs_series_observe(series_, i);
        obs_series_observe(series_, i + 0.5);
    }
    seen = read_series("bounds_many", "");
    assert_int_equal(seen.buckets[0], 1);
    for (int i = 1; i <= 39; i++)
        assert_int_equal(seen.buckets[i], 2);
    assert_int_equal(seen.buckets[40], 1);
}

static void default_bounds_span_a_millisecond_to_ten_seconds(void **state)
{
    struct lookup seen;

    (void)state;
    obs_series_observe(obs_metric_series(histogram("bounds_default", NULL, 0), NULL), 0.001);
    seen = read_series("bounds_default", "");
    assert_int_equal(seen.n_bounds, 13);
    assert_int_equal(seen.buckets[0], 1);
}

/* ---- registering --------------------------------------------------------- */

static void the_same_family_is_found_again(void **state)
{
    obs_metric *first = family(OBS_METRIC_COUNTER, "again_total", key_label, 1);

    (void)state;
    obs_series_add(series(first, "a"), 3);
    assert_ptr_equal(family(OBS_METRIC_COUNTER, "again_total", key_label, 1), first);
    assert_float_equal(value_of("again_total", "a"), 3, 0);
}

static void another_family_of_the_same_name_is_a_conflict(void **state)
{
    static const char *const other_label[] = {"chave"};
    static const double bounds[] = {1, 2};
    static const double other_bounds[] = {1, 3};
    const obs_metric_spec other = {.size = sizeof(other),
                                   .kind = OBS_METRIC_HISTOGRAM,
                                   .name = "conflict_seconds",
                                   .bounds = other_bounds,
                                   .n_bounds = 2};
    obs_metric *metric;

    (void)state;
    family(OBS_METRIC_COUNTER, "conflict_total", key_label, 1);
    assert_int_equal(try_register(OBS_METRIC_COUNTER, "conflict_total", other_label, 1),
                     OBS_E_CONFLICT);
    assert_int_equal(try_register(OBS_METRIC_COUNTER, "conflict_total", NULL, 0), OBS_E_CONFLICT);
    histogram("conflict_seconds", bounds, 2);
    assert_int_equal(obs_metric_register(NULL, &other, &metric), OBS_E_CONFLICT);
    assert_int_equal(try_register(OBS_METRIC_GAUGE, "conflict_seconds", NULL, 0), OBS_E_CONFLICT);
    /* OpenMetrics calls counter conflict_total family "conflict" */
    assert_int_equal(try_register(OBS_METRIC_GAUGE, "conflict", NULL, 0), OBS_E_CONFLICT);
}

static void names_that_readers_would_refuse_are_refused(void **state)
{
    static const struct {
        uint32_t kind;
        const char *name;
    } bad[] = {
        {OBS_METRIC_COUNTER, "no_suffix"},
        {OBS_METRIC_GAUGE, "gauge_total"},
        {OBS_METRIC_GAUGE, ""},
        {OBS_METRIC_GAUGE, "1st"},
        {OBS_METRIC_GAUGE, "with-dash"},
        {OBS_METRIC_GAUGE, "umlaut_\xC3\xA4"},
        {OBS_METRIC_GAUGE, "x_bucket"},
        {OBS_METRIC_GAUGE, "x_sum"},
        {OBS_METRIC_GAUGE, "x_count"},
        {OBS_METRIC_GAUGE, "x_created"},
        {OBS_METRIC_GAUGE, NULL},
        {3, "no_such_kind"},
    };
    static const char *const reserved[] = {"__name"};
    static const char *const twice[] = {"a", "a"};
    static const char *const le[] = {"le"};
    static const char *const colon[] = {"a:b"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(try_register(bad[i].kind, bad[i].name, NULL, 0), OBS_E_INVALID);
    assert_int_equal(try_register(OBS_METRIC_GAUGE, "labels", reserved, 1), OBS_E_INVALID);
    assert_int_equal(try_register(OBS_METRIC_GAUGE, "labels", twice, 2), OBS_E_INVALID);
    assert_int_equal(try_register(OBS_METRIC_GAUGE, "labels", colon, 1), OBS_E_INVALID);
    assert_int_equal(try_register(OBS_METRIC_HISTOGRAM, "labels", le, 1), OBS_E_INVALID);
    assert_int_equal(try_register(OBS_METRIC_GAUGE, "labels", le, 1), OBS_OK);
}

static void bounds_that_do_not_ascend_are_refused(void **state)
{
    static const double bad[][3] = {{1, 1, 2}, {2, 1, 3}, {1, 2, NAN}, {-INFINITY, 1, 2}};
    obs_metric_spec spec = {
        .size = sizeof(spec), .kind = OBS_METRIC_HISTOGRAM, .name = "ascend", .n_bounds = 3};
    obs_metric *metric;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        spec.bounds = bad[i];
        assert_int_equal(obs_metric_register(NULL, &spec, &metric), OBS_E_INVALID);
    }
    /* +Inf at the end says what is the case anyway */
    spec.bounds = (const double[]){1, 2, INFINITY};
    assert_int_equal(obs_metric_register(NULL, &spec, &metric), OBS_OK);
    obs_metric_series(metric, NULL);
    assert_int_equal(read_series("ascend", "").n_bounds, 2);
}

/* ---- labels -------------------------------------------------------------- */

static void label_sets_past_the_limit_go_to_other_and_are_counted(void **state)
{
    const obs_metric_spec spec = {.size = sizeof(spec),
                                  .kind = OBS_METRIC_COUNTER,
                                  .name = "limited_total",
                                  .labels = key_label,
                                  .n_labels = 1,
                                  .max_series = 3};
    obs_metric *metric;

    (void)state;
    assert_int_equal(obs_metric_register(NULL, &spec, &metric), OBS_OK);
    assert_int_equal(read_series("limited_total", "other").found, 0);
    for (int i = 0; i < 5; i++) {
        char text[2] = {(char)('a' + i), '\0'};

        obs_series_add(series(metric, text), 1);
    }
    obs_series_add(series(metric, "a"), 1); /* known ones stay known */
    assert_float_equal(value_of("limited_total", "a"), 2, 0);
    assert_float_equal(value_of("limited_total", "c"), 1, 0);
    assert_int_equal(read_series("limited_total", "d").found, 0);
    assert_float_equal(value_of("limited_total", "other"), 2, 0);
    assert_float_equal(value_of("metric_series_overflow_total", "limited_total"), 2, 0);
    /* a real value of that name is the same series, not a second one */
    obs_series_add(series(metric, "other"), 1);
    assert_float_equal(value_of("limited_total", "other"), 3, 0);
}

static void values_are_told_apart_by_label(void **state)
{
    static const char *const two[] = {"a", "b"};
    obs_metric *metric = family(OBS_METRIC_COUNTER, "pairs_total", two, 2);
    const obs_str left[] = {OBS_STR("ab"), OBS_STR("c")};
    const obs_str right[] = {OBS_STR("a"), OBS_STR("bc")};

    (void)state;
    assert_ptr_not_equal(obs_metric_series(metric, left), obs_metric_series(metric, right));
    assert_ptr_equal(obs_metric_series(metric, left), obs_metric_series(metric, left));
}

static void values_that_would_look_the_same_are_one_series(void **state)
{
    obs_metric *metric = family(OBS_METRIC_COUNTER, "bytes_total", key_label, 1);

    (void)state;
    obs_series_add(series(metric, "x\xFF"), 1);
    obs_series_add(series(metric, "x\xFE"), 1);
    obs_series_add(series(metric, "x\xC0\x80"), 1);     /* overlong */
    obs_series_add(series(metric, "x\xE0\x80\xAF"), 1); /* overlong */
    obs_series_add(series(metric, "x\xED\xA0\x80"), 1); /* a surrogate */
    obs_series_add(series(metric, "x\xE2\x82"), 1);     /* cut */
    assert_float_equal(value_of("bytes_total", "x\xEF\xBF\xBD"), 6, 0);
    obs_series_add(series(metric, "\xF0\x9F\x94\xAD"), 1); /* valid ones stay */
    assert_float_equal(value_of("bytes_total", "\xF0\x9F\x94\xAD"), 1, 0);
}

static void long_values_are_cut_between_characters(void **state)
{
    obs_metric *metric = family(OBS_METRIC_COUNTER, "long_total", key_label, 1);
    char text[300];
    char cut[256];

    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text + 255, "\xC3\xA4", 2); /* would straddle the limit */
    text[299] = '\0';
    memset(cut, 'x', 255);
    cut[255] = '\0';
    obs_series_add(series(metric, text), 1);
    assert_float_equal(value_of("long_total", cut), 1, 0);
}

/* ---- reading ------------------------------------------------------------- */

struct order {
    char last[64];
    int out_of_order;
};

static void check_order(const obs_metric_sample *sample, void *user)
{
    struct order *order = user;

    order->out_of_order += strcmp(sample->name, order->last) < 0;
    snprintf(order->last, sizeof(order->last), "%s", sample->name);
}

static void families_come_in_order_of_their_names(void **state)
{
    struct order order = {0};

    (void)state;
    family(OBS_METRIC_GAUGE, "order_m", NULL, 0);
    family(OBS_METRIC_GAUGE, "order_a", NULL, 0);
    family(OBS_METRIC_GAUGE, "order_z", NULL, 0);
    family(OBS_METRIC_GAUGE, "a_first", NULL, 0);
    obs_metrics_each(check_order, &order);
    assert_int_equal(order.out_of_order, 0);
}

static void instances_that_are_gone_are_not_shown(void **state)
{
    (void)state;
    assert_int_equal(telemetry_start(N_SHARDS), OBS_OK);
    telemetry_plugin("one", "p", "1.0", true);
    telemetry_plugin("two", "p", "1.0", true);
    telemetry_plugin("one", "p", "1.0", true);
    assert_float_equal(value_of("plugin_info", "one"), 1, 0);
    telemetry_plugin("one", "p", "1.0", false);
    assert_int_equal(read_series("plugin_info", "one").found, 0);
    assert_float_equal(value_of("plugin_info", "two"), 1, 0);
    telemetry_plugin("one", "p", "1.0", true);
    assert_float_equal(value_of("plugin_info", "one"), 1, 0);
    telemetry_generations(7, 2);
    assert_float_equal(value_of("generation", ""), 7, 0);
    assert_float_equal(value_of("generations", ""), 2, 0);
    telemetry_images(5, 1);
    assert_float_equal(value_of("plugin_images", "in_use"), 5, 0);
    assert_float_equal(value_of("plugin_images", "idle"), 1, 0);
    telemetry_reload(false);
    assert_float_equal(value_of("reloads_total", "failure"), 1, 0);
    assert_float_equal(value_of("reloads_total", "success"), 0, 0);
}

static void the_process_is_measured_when_somebody_reads(void **state)
{
    FILE *file;
    double fds;
    double cpu;
    volatile unsigned spin = 0;

    (void)state;
    assert_int_equal(metric_process_start(), OBS_OK);
    fds = value_of("process_open_fds", "");
    file = fopen("/dev/null", "re");
    assert_non_null(file);
    assert_float_equal(value_of("process_open_fds", ""), fds + 1, 0);
    fclose(file);
    cpu = value_of("process_cpu_seconds_total", "");
    for (unsigned i = 0; i < 1000000; i++)
        spin = spin + i;
    assert_true(value_of("process_cpu_seconds_total", "") > cpu);
    assert_true(value_of("process_resident_memory_bytes", "") > 1e5);
    assert_true(value_of("process_virtual_memory_bytes", "") >
                value_of("process_resident_memory_bytes", ""));
    assert_true(value_of("process_start_time_seconds", "") > 1.5e9);
    assert_true(value_of("process_threads", "") >= 1);
    assert_true(value_of("process_max_fds", "") >= fds);
}

static void lines_that_the_log_lost_are_counted(void **state)
{
    const struct log_settings full = {
        .level = OBS_LOG_INFO, .file = "/dev/full", .queue_bytes = 1 << 16};
    char error[256];
    double before;

    (void)state;
    assert_int_equal(telemetry_start(N_SHARDS), OBS_OK);
    before = value_of("log_dropped_total", "");
    assert_int_equal(log_open(&full, error, sizeof(error)), OBS_OK);
    obs_log(NULL, OBS_LOG_INFO, "one");
    obs_log(NULL, OBS_LOG_INFO, "two");
    log_flush();
    assert_float_equal(value_of("log_dropped_total", ""), before + 2, 0);
    log_close();
}

static int start(void **state)
{
    (void)state;
    metric_start(N_SHARDS);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_from_all_threads_are_exact),
        cmocka_unit_test(threads_that_look_up_the_same_values_share_series),
        cmocka_unit_test(a_counter_never_falls),
        cmocka_unit_test(setting_a_gauge_covers_what_other_threads_added),
        cmocka_unit_test(a_value_on_a_bound_belongs_to_the_bucket_below_it),
        cmocka_unit_test(many_bounds_are_searched_as_few_are),
        cmocka_unit_test(default_bounds_span_a_millisecond_to_ten_seconds),
        cmocka_unit_test(the_same_family_is_found_again),
        cmocka_unit_test(another_family_of_the_same_name_is_a_conflict),
        cmocka_unit_test(names_that_readers_would_refuse_are_refused),
        cmocka_unit_test(bounds_that_do_not_ascend_are_refused),
        cmocka_unit_test(label_sets_past_the_limit_go_to_other_and_are_counted),
        cmocka_unit_test(values_are_told_apart_by_label),
        cmocka_unit_test(values_that_would_look_the_same_are_one_series),
        cmocka_unit_test(long_values_are_cut_between_characters),
        cmocka_unit_test(families_come_in_order_of_their_names),
        cmocka_unit_test(instances_that_are_gone_are_not_shown),
        cmocka_unit_test(the_process_is_measured_when_somebody_reads),
        cmocka_unit_test(lines_that_the_log_lost_are_counted),
    };

    return cmocka_run_group_tests_name("metric", tests, start, NULL);
}
