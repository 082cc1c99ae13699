/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime's own series, looked up once at the start. */
#include "runtime/telemetry.h"

#include "core/log.h"
#include "runtime/build_commit.h"
#include "runtime/metric.h"
#include "runtime/metric_process.h"

#include <pthread.h>
#include <stdio.h>

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

#define NS_PER_S 1e9

static const double lag_bounds[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                    0.025,  0.05,    0.1,    0.25,  0.5,    1};

static struct {
    obs_series *generation, *generations;
    obs_series *images[2]; /* by being idle */
    obs_metric *plugins;
    obs_series *reloads[2]; /* by success */
    obs_series *loop_lag;
    obs_metric *stalled; /* by worker */
    obs_metric *stalls;  /* by plugin */
    obs_series *log_dropped;
} own;

/* One refresh at a time, so that the counter never steps back. */
static pthread_mutex_t refresh_lock = PTHREAD_MUTEX_INITIALIZER;

static int register_family(uint32_t kind, const char *name, const char *help,
                           const char *const *labels, size_t n_labels, obs_metric **ret_metric)
{
    const obs_metric_spec spec = {
        .size = sizeof(spec),
        .kind = kind,
        .name = name,
        .help = help,
        .labels = labels,
        .n_labels = n_labels,
    };

    return obs_metric_register(/* instance= */ NULL, &spec, ret_metric);
}

static int start_build_info(void)
{
    static const char *const labels[] = {"version", "commit", "compiler"};
    const obs_str values[] = {OBS_STR(OBS_VERSION), OBS_STR(BUILD_COMMIT), OBS_STR(COMPILER)};
    obs_metric *metric;
    int rc = register_family(OBS_METRIC_GAUGE, "build_info", "Always 1; what this build is.",
                             labels, 3, &metric);

    if (rc == OBS_OK)
        obs_series_set(obs_metric_series(metric, values), 1);
    return rc;
}

static int start_reloads(void)
{
    static const char *const labels[] = {"result"};
    const obs_str results[] = {OBS_STR("failure"), OBS_STR("success")};
    obs_metric *metric;
    int rc = register_family(OBS_METRIC_COUNTER, "reloads_total",
                             "Reloads of the configuration by result.", labels, 1, &metric);

    for (size_t i = 0; rc == OBS_OK && i < 2; i++)
        own.reloads[i] = obs_metric_series(metric, &results[i]);
    return rc;
}

static int start_generations(void)
{
    obs_metric *number, *alive;
    int rc = register_family(OBS_METRIC_GAUGE, "generation",
                             "Number of the configuration in use, from 1.", /* labels= */ NULL, 0,
                             &number);

    if (rc == OBS_OK)
        rc = register_family(OBS_METRIC_GAUGE, "generations",
                             "Generations alive: the one in use and those that drain.",
                             /* labels= */ NULL, 0, &alive);
    if (rc < 0)
        return rc;
    own.generation = obs_metric_series(number, /* values= */ NULL);
    own.generations = obs_metric_series(alive, /* values= */ NULL);
    return OBS_OK;
}

static int start_images(void)
{
    static const char *const labels[] = {"state"};
    const obs_str states[] = {OBS_STR("in_use"), OBS_STR("idle")};
    obs_metric *metric;
    int rc = register_family(OBS_METRIC_GAUGE, "plugin_images",
                             "Files of plugins that are mapped, in use or left over.", labels, 1,
                             &metric);

    for (size_t i = 0; rc == OBS_OK && i < 2; i++)
        own.images[i] = obs_metric_series(metric, &states[i]);
    return rc;
}

static int start_loop_lag(void)
{
    const obs_metric_spec spec = {
        .size = sizeof(spec),
        .kind = OBS_METRIC_HISTOGRAM,
        .name = "loop_lag_seconds",
        .help = "How late the loops of the workers ran what was due.",
        .bounds = lag_bounds,
        .n_bounds = sizeof(lag_bounds) / sizeof(lag_bounds[0]),
    };
    obs_metric *metric;
    int rc = obs_metric_register(/* instance= */ NULL, &spec, &metric);

    if (rc == OBS_OK)
        own.loop_lag = obs_metric_series(metric, /* values= */ NULL);
    return rc;
}

static int start_stalls(uint32_t n_workers)
{
    static const char *const by_worker[] = {"worker"};
    static const char *const by_plugin[] = {"plugin"};
    int rc =
        register_family(OBS_METRIC_GAUGE, "worker_stalled",
                        "1 while a worker is held by what it runs.", by_worker, 1, &own.stalled);

    if (rc == OBS_OK)
        rc = register_family(OBS_METRIC_COUNTER, "worker_stalls_total",
                             "How often a worker was held too long, by what it ran.", by_plugin, 1,
                             &own.stalls);
    for (uint32_t i = 0; rc == OBS_OK && i < n_workers; i++)
        telemetry_stalled(i, false);
    return rc;
}

static void refresh_log_dropped(void)
{
    pthread_mutex_lock(&refresh_lock);
    metric_series_store(own.log_dropped, (double)log_dropped());
    pthread_mutex_unlock(&refresh_lock);
}

static int start_log_dropped(void)
{
    obs_metric *metric;
    int rc = register_family(OBS_METRIC_COUNTER, "log_dropped_total",
                             "Lines of the log that were lost: its queue was full or its file "
                             "could not be written.",
                             /* labels= */ NULL, 0, &metric);

    if (rc < 0)
        return rc;
    own.log_dropped = obs_metric_series(metric, /* values= */ NULL);
    metric_on_read(refresh_log_dropped);
    return OBS_OK;
}

int telemetry_start(uint32_t n_workers)
{
    static const char *const labels[] = {"instance", "name", "version"};
    int rc;

    metric_start(n_workers);
    if ((rc = metric_process_start()) < 0 || (rc = start_build_info()) < 0 ||
        (rc = start_reloads()) < 0 || (rc = start_loop_lag()) < 0 ||
        (rc = start_stalls(n_workers)) < 0 || (rc = start_log_dropped()) < 0 ||
        (rc = start_generations()) < 0 || (rc = start_images()) < 0)
        return rc;
    return register_family(OBS_METRIC_GAUGE, "plugin_info",
                           "Always 1; the plugin instances in use.", labels, 3, &own.plugins);
}

void telemetry_generations(uint64_t number, uint32_t n_alive)
{
    if (!own.generation)
        return;
    obs_series_set(own.generation, (double)number);
    obs_series_set(own.generations, (double)n_alive);
}

void telemetry_images(size_t n_in_use, size_t n_idle)
{
    if (!own.images[0])
        return;
    obs_series_set(own.images[0], (double)n_in_use);
    obs_series_set(own.images[1], (double)n_idle);
}

void telemetry_reload(bool success)
{
    if (own.reloads[success])
        obs_series_add(own.reloads[success], 1);
}

void telemetry_plugin(const char *instance, const char *name, const char *version, bool present)
{
    const obs_str values[] = {obs_str_of(instance), obs_str_of(name), obs_str_of(version)};
    obs_series *series;

    if (!own.plugins)
        return;
    series = obs_metric_series(own.plugins, values);
    obs_series_set(series, present);
    metric_series_show(series, present);
}

void telemetry_loop_lag(int64_t lag_ns)
{
    if (own.loop_lag)
        obs_series_observe(own.loop_lag, (double)lag_ns / NS_PER_S);
}

void telemetry_stalled(uint32_t worker, bool stalled)
{
    char index[16];
    obs_str value;

    if (!own.stalled)
        return;
    snprintf(index, sizeof(index), "%u", worker);
    value = obs_str_of(index);
    obs_series_set(obs_metric_series(own.stalled, &value), stalled);
}

void telemetry_stall(const char *plugin)
{
    const obs_str value = obs_str_of(plugin);

    if (own.stalls)
        obs_series_add(obs_metric_series(own.stalls, &value), 1);
}
