/* SPDX-License-Identifier: Apache-2.0 */
/* One option table a section; the sections themselves are options of the top
 * that hold a tree. A section that is absent gets its defaults. */
#include "runtime/settings.h"

#include "config/config.h"
#include "config/options.h"
#include "config/units.h"
#include "core/log.h"

#include <stdio.h>

#define TOP(member) offsetof(struct settings, member)
#define LOG(member) offsetof(struct log_options, member)
#define RUNTIME(member) offsetof(struct runtime_options, member)
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const obs_option top_options[] = {
    {"listen", OBS_OPT_LIST, 0, TOP(listen), "127.0.0.1:8080",
     .help = "addresses to serve on: host:port, [ipv6]:port, *:port or unix:/path"},
    {"workers", OBS_OPT_INT, 0, TOP(workers), NULL, "1", "64",
     .help = "threads that serve requests; default: one a core"},
    {"plugin_folders", OBS_OPT_LIST, 0, TOP(plugin_folders),
     .help = "where plugin files are, relative to this file; default: those installed"},
    {"shutdown_timeout", OBS_OPT_DURATION, 0, TOP(shutdown_timeout_ns), "30s", "0s", "1h",
     .help = "time that requests in flight have to end when the server stops"},
    {"log", OBS_OPT_TREE, 0, TOP(log_tree), .help = "what is logged, where and how"},
    {"runtime", OBS_OPT_TREE, 0, TOP(runtime_tree), .help = "threads and queues"},
    {"http", OBS_OPT_TREE, 0, TOP(http_tree), .help = "limits and deadlines of HTTP"},
    {"plugins", OBS_OPT_TREE, 0, TOP(plugins),
     .help = "what is loaded: instance name, then its options"},
    {"services", OBS_OPT_TREE, 0, TOP(services),
     .help = "which instance provides a service that several could: id, then instance"},
};

static const obs_option log_table[] = {
    {"level", OBS_OPT_CHOICE, 0, LOG(level), "info", .choices = "error|warn|info|debug",
     .help = "the least important lines that are written"},
    {"levels", OBS_OPT_TREE, 0, LOG(levels),
     .help = "the level of single instances, as in {ingest: debug}"},
    {"format", OBS_OPT_CHOICE, 0, LOG(format), "text", .choices = "text|json",
     .help = "for people, or a JSON object a line"},
    {"file", OBS_OPT_PATH, 0, LOG(file),
     .help = "where lines go, /dev/stdout too; default: stderr"},
    {"access", OBS_OPT_STRING, 0, LOG(access), "on",
     .help = "a line for each request: on, off, or a file of its own"},
    {"queue", OBS_OPT_SIZE, 0, LOG(queue_bytes), "1MiB", "64KiB", "1GiB",
     .help = "bytes that may wait for the disk; lines over it are dropped and counted"},
};

static const obs_option runtime_table[] = {
    {"offload_threads", OBS_OPT_INT, 0, RUNTIME(offload_threads), NULL, "1", "256",
     .help = "threads for work of plugins that blocks; default: one a core, at least 2"},
    {"offload_queue", OBS_OPT_INT, 0, RUNTIME(offload_queue), "1024", "1", "1000000",
     .help = "jobs that may wait for them; over it a plugin is told to come back later"},
    {"lag_warning", OBS_OPT_DURATION, 0, RUNTIME(lag_warning_ns), "50ms", "1ms", "1h",
     .help = "a callback that holds its loop longer is logged with its plugin's name"},
    {"stall_warning", OBS_OPT_DURATION, 0, RUNTIME(stall.warning_ns), "1s", "1s", "1h",
     .help = "a worker that is held longer is logged while it is, and degraded in /health"},
    {"stall_unhealthy", OBS_OPT_DURATION, 0, RUNTIME(stall.unhealthy_ns), "30s", "1s", "24h",
     .help = "a worker that is held longer makes the server unhealthy and not ready"},
};

/* ---- checks that a table cannot express ------------------------------------ */

static void expect_mapping(struct settings *settings, const obs_conf *tree, const char *path)
{
    uint32_t type = obs_conf_type(tree);

    if (type != OBS_CONF_NULL && type != OBS_CONF_MAPPING)
        conf_error_at(&settings->errors, tree, path, "expected a mapping");
}

static void check_listen(struct settings *settings)
{
    for (size_t i = 0; i < settings->listen.count; i++) {
        if (settings->listen.items[i].len == 0)
            conf_error_at(&settings->errors, NULL, "listen", "an address is empty");
    }
    if (settings->listen.count == 0)
        conf_error_at(&settings->errors, NULL, "listen",
                      "expected an address such as 127.0.0.1:8080");
}

/* OBS_LOG_*, or UINT32_MAX for no level. */
static uint32_t level_of(const obs_conf *node)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};

    for (uint32_t level = 0; level < COUNT(names); level++)
        if (obs_str_is(obs_conf_str(node), names[level]))
            return level;
    return UINT32_MAX;
}

static void check_levels(struct settings *settings)
{
    expect_mapping(settings, settings->log.levels, "log.levels");
    for (size_t i = 0; i < obs_conf_count(settings->log.levels); i++) {
        obs_str name = {0};
        const obs_conf *level = obs_conf_at(settings->log.levels, i, &name);

        if (level_of(level) == UINT32_MAX)
            conf_error_at(&settings->errors, level, "log.levels",
                          "%.*s: expected one of error|warn|info|debug", OBS_STR_ARG(name));
        else if (!obs_conf_get(settings->plugins, name.ptr))
            conf_error_at(&settings->errors, level, "log.levels", "%.*s: no instance has this name",
                          OBS_STR_ARG(name));
    }
}

static void check_services(struct settings *settings)
{
    for (size_t i = 0; i < obs_conf_count(settings->services); i++) {
        obs_str id;
        const obs_conf *instance = obs_conf_at(settings->services, i, &id);

        if (obs_conf_type(instance) != OBS_CONF_SCALAR)
            conf_error_at(&settings->errors, instance, "services",
                          "%.*s: expected the name of an instance", OBS_STR_ARG(id));
    }
}

static void check_stall(struct settings *settings)
{
    const struct stall_limits *stall = &settings->runtime.stall;

    if (stall->unhealthy_ns < stall->warning_ns)
        conf_error_at(&settings->errors, obs_conf_get(settings->runtime_tree, "stall_unhealthy"),
                      "runtime.stall_unhealthy",
                      "expected at least runtime.stall_warning, which is %.1f s",
                      (double)stall->warning_ns / 1e9);
}

static bool make_folders_absolute(struct settings *settings)
{
    obs_str *items =
        obs_arena_calloc(settings->arena, settings->plugin_folders.count + 1, sizeof(*items));

    if (!items)
        return false;
    for (size_t i = 0; i < settings->plugin_folders.count; i++) {
        const char *path =
            settings_path(settings, settings->arena, settings->plugin_folders.items[i]);

        if (!path)
            return false;
        items[i] = obs_str_of(path);
    }
    settings->plugin_folders.items = items;
    return true;
}

static void fill_by_cores(struct settings *settings)
{
    uint32_t cores = runtime_cores();

    if (settings->workers == 0)
        settings->workers = cores < 64 ? cores : 64;
    if (settings->runtime.offload_threads == 0)
        settings->runtime.offload_threads = cores < 2 ? 2 : cores < 256 ? cores : 256;
}

/* ---- loading --------------------------------------------------------------- */

static void bind_section(struct settings *settings, const char *path, const obs_option *options,
                         size_t n_options, const obs_conf *tree, void *to)
{
    (void)options_bind(&(struct options_spec){.arena = settings->arena,
                                              .map = tree,
                                              .path = path,
                                              .folder = settings->folder,
                                              .options = options,
                                              .n = n_options,
                                              .stride = sizeof(obs_option)},
                       to, &settings->errors);
}

/* Mistakes are in the errors afterwards, so results are not looked at. */
static bool bind_all(struct settings *settings, const obs_conf *root)
{
    bind_section(settings, "", top_options, COUNT(top_options), root, settings);
    bind_section(settings, "log", log_table, COUNT(log_table), settings->log_tree, &settings->log);
    bind_section(settings, "runtime", runtime_table, COUNT(runtime_table), settings->runtime_tree,
                 &settings->runtime);
    bind_section(settings, "http", http_options, n_http_options, settings->http_tree,
                 &settings->http);
    expect_mapping(settings, settings->plugins, "plugins");
    expect_mapping(settings, settings->services, "services");
    check_listen(settings);
    check_levels(settings);
    check_services(settings);
    check_stall(settings);
    fill_by_cores(settings);
    return make_folders_absolute(settings);
}

struct settings *settings_load(const char *file, const char *const *sets, size_t n_sets)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    struct settings *settings = arena ? obs_arena_calloc(arena, 1, sizeof(*settings)) : NULL;
    const obs_conf *root = NULL;

    if (!settings) {
        obs_arena_destroy(arena);
        return NULL;
    }
    settings->arena = arena;
    conf_errors_init(&settings->errors, arena);
    settings->folder = config_folder(arena, file);
    if (!settings->folder.ptr ||
        (config_load(arena, file, sets, n_sets, &root, &settings->errors) == OBS_OK &&
         !bind_all(settings, root))) {
        settings_destroy(settings);
        return NULL;
    }
    return settings;
}

void settings_destroy(struct settings *settings)
{
    if (settings)
        obs_arena_destroy(settings->arena); /* the settings are in it */
}

bool settings_are_good(struct settings *settings)
{
    if (settings->errors.count == 0)
        return true;
    conf_errors_print(&settings->errors, stderr);
    return false;
}

/* ---- what the parts of the host need ---------------------------------------- */

/* The file of `log.access`; NULL when it is one of the words. */
static const char *access_file(const struct settings *settings)
{
    int32_t on;

    return units_bool(obs_str_of(settings->log.access), &on) ? NULL : settings->log.access;
}

bool settings_access_log(const struct settings *settings)
{
    int32_t on = 1;

    (void)units_bool(obs_str_of(settings->log.access), &on); /* a file is on, too */
    return on != 0;
}

int settings_open_log(const struct settings *settings)
{
    struct log_settings log = {
        .level = (uint32_t)settings->log.level,
        .json = settings->log.format == 1,
        .file = settings->log.file,
        .queue_bytes = settings->log.queue_bytes,
    };
    char error[512];
    int rc;

    if (access_file(settings))
        log.access_file =
            settings_path(settings, settings->arena, obs_str_of(access_file(settings)));
    rc = log_open(&log, error, sizeof(error));
    if (rc < 0)
        fprintf(stderr, "observatory: %s\n", error);
    for (size_t i = 0; rc == OBS_OK && i < obs_conf_count(settings->log.levels); i++) {
        obs_str name = {0};
        const obs_conf *level = obs_conf_at(settings->log.levels, i, &name);

        rc = log_set_level_of(name.ptr, level_of(level));
    }
    return rc;
}

struct runtime_spec settings_runtime(const struct settings *settings)
{
    return (struct runtime_spec){
        .n_workers = (uint32_t)settings->workers,
        .offload_threads = (uint32_t)settings->runtime.offload_threads,
        .offload_queue = (uint32_t)settings->runtime.offload_queue,
    };
}

const char *settings_path(const struct settings *settings, obs_arena *arena, obs_str path)
{
    if (path.len > 0 && path.ptr[0] == '/')
        return obs_arena_dup(arena, path).ptr;
    return obs_arena_printf(arena, "%.*s/%.*s", OBS_STR_ARG(settings->folder), OBS_STR_ARG(path))
        .ptr;
}
