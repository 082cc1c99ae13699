/* SPDX-License-Identifier: Apache-2.0 */
/* What the runtime tells about itself: build, generation, plugins, reloads,
 * loop lag, stalls, lines lost by the log. The names are those of the API's telemetry table. */
#ifndef HOST_RUNTIME_TELEMETRY_H
#define HOST_RUNTIME_TELEMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sizes the shards for `n_workers` and registers the host's own families, so
 * call it before any other registration. Every function below is a no-op until
 * it succeeded. Errors: OBS_E_NOMEM, OBS_E_CONFLICT. Thread: control. */
int telemetry_start(uint32_t n_workers);

/* The generation that requests run on now, and how many are alive. Thread: any. */
void telemetry_generations(uint64_t number, uint32_t n_alive);

/* Files of plugins that are mapped: in use, and left mapped. Thread: any. */
void telemetry_images(size_t n_in_use, size_t n_idle);

/* Counts a reload: reloads_total{result="success"|"failure"}. Thread: any. */
void telemetry_reload(bool success);

/* Shows or hides plugin_info{instance,name,version}; `instance` is the key in
 * the configuration, `name` that of the descriptor. Idempotent: at a switch take
 * the old generation's instances down first, then put the new one's up. Strings
 * are copied. Thread: any. */
void telemetry_plugin(const char *instance, const char *name, const char *version, bool present);

/* A worker is held or is not any more: worker_stalled{worker}. Thread: any. */
void telemetry_stalled(uint32_t worker, bool stalled);

/* Counts one stall: worker_stalls_total{plugin}, an instance's name or "host".
 * Thread: any. */
void telemetry_stall(const char *plugin);

/* One measurement of how late a worker's loop ran a timer. Thread: worker. */
void telemetry_loop_lag(int64_t lag_ns);

#endif
