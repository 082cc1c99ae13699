/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics that several files of a store add to. */
#ifndef PLUGINS_LIB_STORE_METRICS_H
#define PLUGINS_LIB_STORE_METRICS_H

#include <observatory/metric.h>
#include <observatory/plugin.h>

/* The histogram of the time that operations take, with the label `op`. Errors: those
 * of obs_metric_register(). */
int store_register_duration(obs_instance *instance, obs_metric **ret_metric);

#endif
