/* SPDX-License-Identifier: Apache-2.0 */
/* One option table a section; the sections themselves are options of the top
 * that hold a tree. A section that is absent gets its defaults. */
#include "runtime/settings.h"

#include "config/config.h"
#include "config/options.h"
#include "config/units.h"
#include "core/log.h"
#include "core/private_folder.h"

#include <stdio.h>

#define TOP(member) offsetof(struct settings, member)
#define LOG(member) offsetof(struct log_options, member)
#define RUNTIME(member) offsetof(struct runtime_options, member)
#define RELOAD(member) offsetof(struct reload_options, member)
#define CONTROL(member) offsetof(struct control_options, member)
#define SUPERVISE(member) offsetof(struct supervise_options, member)
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
    {"plugin_cache", OBS_OPT_PATH, 0, TOP(plugin_cache),
     .help = "folder for the private copies that plugins are run from; default: one below /tmp"},
    {"log", OBS_OPT_TREE, 0, TOP(log_tree), .help = "what is logged, where and how"},
    {"runtime", OBS_OPT_TREE, 0, TOP(runtime_tree), .help = "threads and queues"},
    {"reload", OBS_OPT_TREE, 0, TOP(reload_tree), .help = "how plugins are exchanged"},
    {"control", OBS_OPT_TREE, 0, TOP(control_tree), .help = "how the server is told to reload"},
    {"supervise", OBS_OPT_TREE, 0, TOP(supervise_tree),
     .help = "how `serve --supervise` starts the server again"},
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

static const obs_option reload_table[] = {
    {"timeout", OBS_OPT_DURATION, 0, RELOAD(timeout_ns), "30s", "10ms", "1h",
     .help = "time in which new instances must have started; over it the reload is refused"},
    {"drain_timeout", OBS_OPT_DURATION, 0, RELOAD(drain_timeout_ns), "60s", "0s", "24h",
     .help = "time that requests have to end on the instances they began on; then they are cut"},
    {"max_generations", OBS_OPT_INT, 0, RELOAD(max_generations), "4", "2", "64",
     .help = "generations that may be alive at once; a further reload waits for one to end"},
    {"watch", OBS_OPT_BOOL, 0, RELOAD(watch), "false",
     .help = "reload by itself when the file or a plugin changes: for development"},
    {"unload", OBS_OPT_BOOL, 0, RELOAD(unload), "true",
     .help = "unmap the files of plugins that allow it after their last use"},
};

static const obs_option control_table[] = {
    {"socket", OBS_OPT_PATH, 0, CONTROL(socket),
     .help = "UNIX socket of the control commands, mode 0600; default: derived, below /tmp"},
};

static const obs_option supervise_table[] = {
    {"delay", OBS_OPT_DURATION, 0, SUPERVISE(delay_ns), "100ms", "1ms", "1h",
     .help = "time between a crash and the next start; doubled with each further crash"},
    {"max_delay", OBS_OPT_DURATION, 0, SUPERVISE(max_delay_ns), "30s", "1ms", "1h",
     .help = "what it is doubled up to"},
    {"reset_after", OBS_OPT_DURATION, 0, SUPERVISE(reset_after_ns), "60s", "1ms", "24h",
     .help = "a server that ran this long begins with `delay` again"},
};

/* ---- checks that a table cannot express ------------------------------------ */

/* `tree`, or NULL when it is something else: nothing in it is looked at. */
static const obs_conf *expect_mapping(struct settings *settings, const obs_conf *tree,
                                      const char *path)
{
    uint32_t type = obs_conf_type(tree);

    if (type == OBS_CONF_NULL || type == OBS_CONF_MAPPING)
        return tree;
    conf_error_at(&settings->errors, tree, path, "expected a mapping");
    return NULL;
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
    settings->log.levels = expect_mapping(settings, settings->log.levels, "log.levels");
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

static void check_supervise(struct settings *settings)
{
    const struct supervise_options *supervise = &settings->supervise;

    if (supervise->max_delay_ns < supervise->delay_ns)
        conf_error_at(&settings->errors, obs_conf_get(settings->supervise_tree, "max_delay"),
                      "supervise.max_delay", "expected at least supervise.delay, which is %.3f s",
                      (double)supervise->delay_ns / 1e9);
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
    bind_section(settings, "reload", reload_table, COUNT(reload_table), settings->reload_tree,
                 &settings->reload);
    bind_section(settings, "control", control_table, COUNT(control_table), settings->control_tree,
                 &settings->control);
    bind_section(settings, "supervise", supervise_table, COUNT(supervise_table),
                 settings->supervise_tree, &settings->supervise);
    bind_section(settings, "http", http_options, n_http_options, settings->http_tree,
                 &settings->http);
    settings->plugins = expect_mapping(settings, settings->plugins, "plugins");
    settings->services = expect_mapping(settings, settings->services, "services");
    check_listen(settings);
    check_levels(settings);
    check_services(settings);
    check_stall(settings);
    check_supervise(settings);
    fill_by_cores(settings);
    return make_folders_absolute(settings);
}

/* Of what cannot be read as a whole: whoever asks the server to reload wants to
 * hear from it what is wrong. That much has been told already. */
static void bind_control_alone(struct settings *settings, const obs_conf *root)
{
    const struct conf_errors told = settings->errors;

    bind_section(settings, "control", control_table, COUNT(control_table),
                 obs_conf_get(root, "control"), &settings->control);
    settings->errors = told;
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
    settings->n_refs = 1;
    settings->file = file;
    settings->sets = sets;
    settings->n_sets = n_sets;
    conf_errors_init(&settings->errors, arena);
    settings->folder = config_folder(arena, file);
    if (!settings->folder.ptr)
        goto fail;
    if (config_load(arena, file, sets, n_sets, &root, &settings->errors) < 0)
        bind_control_alone(settings, root);
    else if (!bind_all(settings, root))
        goto fail;
    return settings;

fail:
    settings_release(settings);
    return NULL;
}

struct settings *settings_keep(struct settings *settings)
{
    atomic_fetch_add_explicit(&settings->n_refs, 1, memory_order_relaxed);
    return settings;
}

void settings_release(struct settings *settings)
{
    if (settings && atomic_fetch_sub_explicit(&settings->n_refs, 1, memory_order_acq_rel) == 1)
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

static struct log_settings log_settings(const struct settings *settings)
{
    struct log_settings log = {
        .level = (uint32_t)settings->log.level,
        .json = settings->log.format == 1,
        .file = settings->log.file,
        .queue_bytes = settings->log.queue_bytes,
    };

    if (access_file(settings))
        log.access_file =
            settings_path(settings, settings->arena, obs_str_of(access_file(settings)));
    return log;
}

void settings_apply_levels(const struct settings *settings)
{
    log_share_levels();
    for (size_t i = 0; i < obs_conf_count(settings->log.levels); i++) {
        obs_str name = {0};
        const obs_conf *level = obs_conf_at(settings->log.levels, i, &name);

        if (log_set_level_of(name.ptr, level_of(level)) < 0)
            obs_log(NULL, OBS_LOG_WARN, "log.levels: no memory for that of %s", name.ptr);
    }
}

int settings_open_log(const struct settings *settings)
{
    struct log_settings log = log_settings(settings);
    char error[512];
    int rc = log_open(&log, error, sizeof(error));

    if (rc < 0)
        fprintf(stderr, "observatory: %s\n", error);
    else
        settings_apply_levels(settings);
    return rc;
}

int settings_change_log(const struct settings *settings, const struct settings *running,
                        struct log_change **ret_change, char *error, size_t error_size)
{
    struct log_settings log = log_settings(settings);

    if (settings->log.level == running->log.level)
        log.level = log_level();
    return log_change_open(&log, ret_change, error, error_size);
}

struct runtime_spec settings_runtime(const struct settings *settings)
{
    return (struct runtime_spec){
        .n_workers = (uint32_t)settings->workers,
        .offload_threads = (uint32_t)settings->runtime.offload_threads,
        .offload_queue = (uint32_t)settings->runtime.offload_queue,
    };
}

/* FNV-1a: two configurations of one user shall not meet; nobody else can get
 * into the folder. */
static uint64_t hash_text(obs_str text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * UINT64_C(0x100000001b3);
    return hash;
}

int settings_control_socket(const struct settings *settings, char *path, size_t size, char *error,
                            size_t error_size)
{
    const char *name = settings->file ? strrchr(settings->file, '/') : NULL;
    char folder[256];
    int len, rc;

    if (settings->control.socket) {
        len = snprintf(path, size, "%s", settings->control.socket);
    } else {
        rc = private_folder_default(folder, sizeof(folder));
        if (rc == OBS_OK)
            rc = private_folder_make(folder, error, error_size);
        if (rc < 0)
            return rc;
        name = name ? name + 1 : settings->file;
        len = snprintf(
            path, size, "%s/control-%016llx.sock", folder,
            (unsigned long long)(hash_text(settings->folder) * 31 + hash_text(obs_str_of(name))));
    }
    if (len > 0 && (size_t)len < size)
        return OBS_OK;
    snprintf(error, error_size, "control.socket: the path is longer than %zu bytes", size - 1);
    return OBS_E_INVALID;
}

const char *settings_path(const struct settings *settings, obs_arena *arena, obs_str path)
{
    if (path.len > 0 && path.ptr[0] == '/')
        return obs_arena_dup(arena, path).ptr;
    return obs_arena_printf(arena, "%.*s/%.*s", OBS_STR_ARG(settings->folder), OBS_STR_ARG(path))
        .ptr;
}
