/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of the process: the file with its overrides, the host's
 * own options bound from it, and every mistake found so far. */
#ifndef HOST_RUNTIME_SETTINGS_H
#define HOST_RUNTIME_SETTINGS_H

#include "config/errors.h"
#include "http/http.h"
#include "runtime/stall.h"

#include <stdatomic.h>

struct log_change;

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

/* Below `reload:`. */
struct reload_options {
    int64_t timeout_ns;
    int64_t drain_timeout_ns;
    int64_t max_generations;
    int32_t watch;  /* bool */
    int32_t unload; /* bool */
};

/* Below `control:`. */
struct control_options {
    const char *socket; /* NULL: derived, see settings_control_socket() */
};

/* Below `supervise:`. */
struct supervise_options {
    int64_t delay_ns;
    int64_t max_delay_ns;
    int64_t reset_after_ns;
};

/* Counted: the verb that runs holds one, and every instance that was made from
 * it. Constant once it has been loaded. */
struct settings {
    obs_arena *arena;
    _Atomic uint32_t n_refs;
    struct conf_errors errors;
    const char *file; /* what it was loaded from, to be loaded again: borrowed */
    const char *const *sets;
    size_t n_sets;
    obs_str folder; /* of the file, absolute: what relative paths start from */

    obs_str_list listen;
    int64_t workers; /* from settings_load() on at least 1 */
    obs_str_list plugin_folders;
    int64_t shutdown_timeout_ns;
    const obs_conf *plugins;
    const obs_conf *services;
    const char *plugin_cache;
    const obs_conf *log_tree, *runtime_tree, *http_tree, *reload_tree, *control_tree,
        *supervise_tree;

    struct log_options log;
    struct runtime_options runtime;
    struct reload_options reload;
    struct control_options control;
    struct supervise_options supervise;
    struct http_settings http;
};

/* Reads `file` with `n_sets` overrides "path=value" and binds the host's
 * options. The three are borrowed for as long as it lives. NULL when out of
 * memory. Mistakes are in the result's errors. Thread: any but a worker. */
struct settings *settings_load(const char *file, const char *const *sets, size_t n_sets);

/* One more holder. Thread: any. */
struct settings *settings_keep(struct settings *settings);

/* One holder less; the last one frees. NULL is a no-op. Thread: any. */
void settings_release(struct settings *settings);

/* Gives `settings`, which are to follow `running`, the values that only a restart
 * changes; `note` is called with a sentence for each that differs. Errors:
 * OBS_E_NOMEM. */
OBS_MUST_CHECK int settings_keep_fixed(struct settings *settings, const struct settings *running,
                                       void (*note)(void *user, const char *sentence), void *user);

/* Prints the mistakes to stderr, one a line; true when there are none. */
bool settings_are_good(struct settings *settings);

/* Opens the log as configured; complains on stderr. Errors: OBS_E_*. */
OBS_MUST_CHECK int settings_open_log(const struct settings *settings);

/* What a reload from `running` changes of the log, see core/log.h. A level that
 * was changed otherwise stays when the configured one is the same. Errors:
 * OBS_E_*. */
OBS_MUST_CHECK int settings_change_log(const struct settings *settings,
                                       const struct settings *running,
                                       struct log_change **ret_change, char *error,
                                       size_t error_size);

/* Puts the levels of single instances in force. Thread: any. */
void settings_apply_levels(const struct settings *settings);

/* What runtime_create() needs. */
struct runtime_spec settings_runtime(const struct settings *settings);

/* Whether requests are logged. */
bool settings_access_log(const struct settings *settings);

/* Where the control socket is: as configured, or a path derived from that of the
 * file, so that the server and whoever talks to it come to the same one. `error`
 * gets a sentence. Errors: OBS_E_INVALID. */
OBS_MUST_CHECK int settings_control_socket(const struct settings *settings, char *path, size_t size,
                                           char *error, size_t error_size);

/* `path`, made absolute against the folder of the config, in `arena`; NULL
 * when out of memory. */
const char *settings_path(const struct settings *settings, obs_arena *arena, obs_str path);

#endif
