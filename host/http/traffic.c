/* SPDX-License-Identifier: Apache-2.0 */
/* The cache is filled by whichever worker comes first; since a look-up always
 * gives the same pointer, two that race store the same value, and relaxed
 * order suffices: series are published by the registry's own lock. */
#include "http/traffic.h"
#include "http/status.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { N_METHODS = 8 }; /* the seven bits of OBS_ANY_METHOD, and any other */

struct method_series {
    obs_series *_Atomic duration;
    obs_series *_Atomic status[STATUS_COUNT];
};

struct endpoint_telemetry {
    obs_str route;
    struct method_series *_Atomic methods[N_METHODS];
};

static const char *const method_names[N_METHODS] = {"GET",   "HEAD",   "POST",    "PUT",
                                                    "PATCH", "DELETE", "OPTIONS", "other"};

static int make(uint32_t kind, const char *name, const char *help, const char *const *labels,
                size_t n_labels, obs_metric **ret_metric)
{
    obs_metric_spec spec = {
        .size = sizeof(spec),
        .kind = kind,
        .name = name,
        .help = help,
        .labels = labels,
        .n_labels = n_labels,
        .max_series = 10000,
    };

    return obs_metric_register(/* instance= */ NULL, &spec, ret_metric);
}

int traffic_register(struct traffic *ret_traffic)
{
    static const char *const labels[] = {"method", "route", "status"};
    struct traffic t = {0};
    obs_metric *in_flight, *bytes, *connections;
    int rc;

    rc = make(OBS_METRIC_COUNTER, "http_requests_total", "Requests answered.", labels, 3,
              &t.requests);
    if (rc == OBS_OK)
        rc = make(OBS_METRIC_HISTOGRAM, "http_request_duration_seconds",
                  "Time from the end of the request's header to the end of its answer.", labels, 2,
                  &t.duration);
    if (rc == OBS_OK)
        rc = make(OBS_METRIC_GAUGE, "http_requests_in_flight", "Requests being served.", NULL, 0,
                  &in_flight);
    if (rc == OBS_OK)
        rc = make(OBS_METRIC_COUNTER, "http_response_bytes_total",
                  "Bytes of answers' bodies, as sent.", NULL, 0, &bytes);
    if (rc == OBS_OK)
        rc = make(OBS_METRIC_GAUGE, "http_connections", "Open connections.", NULL, 0, &connections);
    if (rc < 0)
        return rc;
    t.in_flight = obs_metric_series(in_flight, NULL);
    t.bytes = obs_metric_series(bytes, NULL);
    t.connections = obs_metric_series(connections, NULL);
    *ret_traffic = t;
    return OBS_OK;
}

struct endpoint_telemetry *traffic_create(obs_str route)
{
    struct endpoint_telemetry *telemetry = calloc(1, sizeof(*telemetry));

    if (telemetry)
        telemetry->route = route;
    return telemetry;
}

void traffic_destroy(struct endpoint_telemetry *telemetry)
{
    if (!telemetry)
        return;
    for (int i = 0; i < N_METHODS; i++)
        free(atomic_load_explicit(&telemetry->methods[i], memory_order_relaxed));
    free(telemetry);
}

static struct method_series *series_of(struct endpoint_telemetry *telemetry, int index)
{
    struct method_series *now, *made;

    now = atomic_load_explicit(&telemetry->methods[index], memory_order_acquire);
    if (now)
        return now;
    made = calloc(1, sizeof(*made));
    if (!made)
        return NULL;
    if (atomic_compare_exchange_strong_explicit(&telemetry->methods[index], &now, made,
                                                memory_order_acq_rel, memory_order_acquire))
        return made;
    free(made);
    return now;
}

static obs_series *find_duration(const struct traffic *traffic, struct endpoint_telemetry *t,
                                 int method)
{
    obs_str values[2] = {obs_str_of(method_names[method]), t->route};

    return obs_metric_series(traffic->duration, values);
}

static obs_series *find_total(const struct traffic *traffic, struct endpoint_telemetry *t,
                              int method, int status)
{
    char text[12];
    int len = snprintf(text, sizeof(text), "%d", status);
    obs_str values[3] = {obs_str_of(method_names[method]), t->route, obs_str_n(text, (size_t)len)};

    return obs_metric_series(traffic->requests, values);
}

void traffic_count(const struct traffic *traffic, struct endpoint_telemetry *telemetry,
                   uint32_t method, int status, int64_t duration_ns, uint64_t body_bytes)
{
    int index = method ? __builtin_ctz(method) : N_METHODS - 1;
    uint32_t row = status_index(status);
    struct method_series *series = series_of(telemetry, index);
    obs_series *total = NULL, *duration = NULL;

    if (series) {
        duration = atomic_load_explicit(&series->duration, memory_order_acquire);
        if (row < STATUS_COUNT - 1)
            total = atomic_load_explicit(&series->status[row], memory_order_acquire);
    }
    if (!duration) {
        duration = find_duration(traffic, telemetry, index);
        if (series)
            atomic_store_explicit(&series->duration, duration, memory_order_release);
    }
    if (!total) {
        total = find_total(traffic, telemetry, index, status);
        if (series && row < STATUS_COUNT - 1)
            atomic_store_explicit(&series->status[row], total, memory_order_release);
    }
    obs_series_add(total, 1);
    obs_series_observe(duration, (double)duration_ns / 1e9);
    if (body_bytes > 0)
        obs_series_add(traffic->bytes, (double)body_bytes);
}
