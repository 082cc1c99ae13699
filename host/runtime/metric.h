/* SPDX-License-Identifier: Apache-2.0 */
/* The metric registry behind observatory/metric.h, as the host sees it.
 * Families and series are never freed, so pointers to them stay valid as long
 * as the process, and readers walk the lists without a lock. */
#ifndef HOST_RUNTIME_METRIC_H
#define HOST_RUNTIME_METRIC_H

#include <observatory/metric.h>
#include <stdbool.h>

/* Of a thread that shares its shard with others (the default). */
#define METRIC_SHARD_SHARED UINT32_MAX

/* Says how many workers there will be, so that each gets a shard of its own in
 * every series made from now on; in older series they use the shared one. Call
 * it once, before anything is registered. Thread: control. */
void metric_start(uint32_t n_workers);

/* Gives the calling thread shard `shard` (its worker's index) for good: no
 * other living thread may have the same. METRIC_SHARD_SHARED takes it back. */
void metric_thread_shard(uint32_t shard);

/* Calls `fn` at the start of each obs_metrics_each(), for values that are
 * cheaper to read when asked than to keep. At most METRIC_MAX_REFRESH of them.
 * `fn` runs on any thread. Thread: control. */
#define METRIC_MAX_REFRESH 8
void metric_on_read(void (*fn)(void));

/* Shows a series to readers, or hides it: for what no longer exists. New ones
 * are shown. Thread: any. */
void metric_series_show(obs_series *series, bool shown);

/* Sets a counter that somebody else counts (the kernel). Thread: any. */
void metric_series_store(obs_series *series, double value);

#endif
