/* SPDX-License-Identifier: Apache-2.0 */
/* What the HTTP layer counts. Series are looked up once and their pointers kept
 * with the endpoint, so that a request costs a few additions and no lock. */
#ifndef HOST_HTTP_TRAFFIC_H
#define HOST_HTTP_TRAFFIC_H

#include <observatory/metric.h>

/* The families; the same in every server of a process. */
struct traffic {
    obs_metric *requests; /* method, route, status */
    obs_metric *duration; /* method, route */
    obs_series *in_flight;
    obs_series *bytes;
    obs_series *connections;
};

/* Registers the families. Errors: those of obs_metric_register(). */
int traffic_register(struct traffic *ret_traffic);

/* The opaque member of struct endpoint: series of one route, found on first
 * use by any worker. NULL when out of memory. `route` is borrowed. */
struct endpoint_telemetry *traffic_create(obs_str route);
void traffic_destroy(struct endpoint_telemetry *telemetry);

/* Counts one answer. `method` is a bit of OBS_ANY_METHOD or 0 for any other. */
void traffic_count(const struct traffic *traffic, struct endpoint_telemetry *telemetry,
                   uint32_t method, int status, int64_t duration_ns, uint64_t body_bytes);

#endif
