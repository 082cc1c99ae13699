/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of the process: the file with its overrides, the host's
 * own options bound from it, and every mistake found so far. */
#ifndef HOST_RUNTIME_SETTINGS_H
#define HOST_RUNTIME_SETTINGS_H

#include "config/errors.h"
#include "http/http.h"
#include "runtime/stall.h"

/* Below `log:`. */
struct log_options {
    int32_t level;
    const obs_conf *levels; /* of single instances */
    int32_t format;
    const char *file;
    const char *access;
    uint64_t queue_bytes;
};

/* Below `runtime:`. */
struct runtime_options {
    int64_t offload_threads; /* 0: by the number of cores */
    int64_t offload_queue;
    int64_t lag_warning_ns;
    struct stall_limits stall; /* each from stall_warning and stall_unhealthy */
};

/* Owned by the verb that runs; the main thread's; constant once the workers
 * have begun. */
struct settings {
    obs_arena *arena;
    struct conf_errors errors;
    obs_str folder; /* of the file, absolute: what relative paths start from */

    obs_str_list listen;
    int64_t workers; /* from settings_load() on at least 1 */
    obs_str_list plugin_folders;
    int64_t shutdown_timeout_ns;
    const obs_conf *plugins;
    const obs_conf *services;
    const obs_conf *log_tree, *runtime_tree, *http_tree;

    struct log_options log;
    struct runtime_options runtime;
    struct http_settings http;
};

/* Reads `file` with `n_sets` overrides "path=value" and binds the host's
 * options. NULL when out of memory. Mistakes are in the result's errors.
 * Thread: control. */
struct settings *settings_load(const char *file, const char *const *sets, size_t n_sets);

/* NULL is a no-op. */
void settings_destroy(struct settings *settings);

/* Prints the mistakes to stderr, one a line; true when there are none. */
bool settings_are_good(struct settings *settings);

/* Opens the log as configured; complains on stderr. Errors: OBS_E_*. */
OBS_MUST_CHECK int settings_open_log(const struct settings *settings);

/* What runtime_create() needs. */
struct runtime_spec settings_runtime(const struct settings *settings);

/* Whether requests are logged. */
bool settings_access_log(const struct settings *settings);

/* `path`, made absolute against the folder of the config, in `arena`; NULL
 * when out of memory. */
const char *settings_path(const struct settings *settings, obs_arena *arena, obs_str path);

#endif
