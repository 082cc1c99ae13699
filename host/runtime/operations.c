/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of the control socket: {"command": "reload", "plugin": NAME,
 * "wait": true, "dry_run": true} and {"command": "status"}. */
#include "runtime/operations.h"

#include "http/http.h"
#include "plugin/descriptor.h"
#include "plugin/loader.h"
#include "runtime/control.h"
#include "runtime/reloader.h"
#include "runtime/runtime.h"
#include "runtime/watch.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct operations {
    uv_loop_t *loop;
    struct runtime *runtime;
    struct http_server *http;
    struct reloader *reloader;
    struct control *control;
    struct watch *watch; /* NULL: files are not watched */
};

/* ---- status ------------------------------------------------------------------- */

static json_t *describe_plugin(const obs_instance *instance)
{
    double age_s = (double)(obs_clock_wall_ns() - instance->created_ns) / 1e9;
    const char *content = instance->image->name;

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:f}", "instance", instance->name, "plugin",
                     instance->plugin->name, "version", instance->plugin->version, "state",
                     instance_state(instance), "file", instance->file, "content", content, "age_s",
                     age_s);
}

static json_t *describe_plugins(const struct generation *generation)
{
    json_t *plugins = json_array();

    for (size_t i = 0; i < generation->n_instances; i++)
        json_array_append_new(plugins, describe_plugin(generation->instances[i]));
    return plugins;
}

static void answer_status(const struct operations *ops, struct control_call *call)
{
    struct image_count images = image_count();
    char addresses[512];
    json_t *status;

    http_server_addresses(ops->http, addresses, sizeof(addresses));
    status = json_pack("{s:s, s:i, s:f, s:i, s:s, s:{s:i, s:i}, s:o}", "version", OBS_VERSION,
                       "pid", (int)getpid(), "uptime_s",
                       (double)(obs_clock_wall_ns() - ops->runtime->started_ns) / 1e9, "workers",
                       (int)ops->runtime->n_workers, "listening", addresses, "images", "in_use",
                       (int)images.in_use, "idle", (int)images.idle, "plugins",
                       describe_plugins(reloader_generation(ops->reloader)));
    if (status) {
        json_t *reloads = reloader_describe(ops->reloader);

        json_object_update(status, reloads);
        json_decref(reloads);
    }
    control_answer(call, status);
    json_decref(status);
}

/* ---- questions ----------------------------------------------------------------- */

static void answer_refusal(struct control_call *call, const char *error)
{
    json_t *answer = json_pack("{s:s, s:[s]}", "result", "refused", "errors", error);

    control_answer(call, answer);
    json_decref(answer);
}

static void on_reloaded(void *user, json_t *report)
{
    control_answer(user, report);
}

static void ask_reload(const struct operations *ops, const json_t *question,
                       struct control_call *call)
{
    const json_t *plugin = json_object_get(question, "plugin");

    if (plugin && !json_is_string(plugin)) {
        answer_refusal(call, "plugin: expected the name of an instance");
        return;
    }
    reloader_ask(ops->reloader, &(struct reload_ask){
                                    .source = "control socket",
                                    .plugin = json_string_value(plugin),
                                    .dry_run = json_is_true(json_object_get(question, "dry_run")),
                                    .wait = json_is_true(json_object_get(question, "wait")),
                                    .answer = on_reloaded,
                                    .user = call,
                                });
}

static void on_question(void *user, const json_t *question, struct control_call *call)
{
    const struct operations *ops = user;
    const char *command = json_string_value(json_object_get(question, "command"));

    if (command && strcmp(command, "reload") == 0)
        ask_reload(ops, question, call);
    else if (command && strcmp(command, "status") == 0)
        answer_status(ops, call);
    else
        answer_refusal(call, "command: expected \"reload\" or \"status\"");
}

/* ---- files ---------------------------------------------------------------------- */

static void on_changed(void *user)
{
    const struct operations *ops = user;

    reloader_ask(ops->reloader, &(struct reload_ask){.source = "a changed file"});
}

/* Files that plugins read at start. */
static void watch_contents(struct watch *watch, const obs_instance *instance)
{
    for (size_t i = 0; i < instance->plugin->n_options; i++) {
        const obs_option *option = descriptor_option(instance->plugin, i);
        const char *path;

        if (option->type != OBS_OPT_PATH || !(option->flags & OBS_OPT_CONTENT))
            continue;
        path = *(const char *const *)((const char *)instance->config + option->offset);
        if (path)
            watch_add(watch, path);
    }
}

static void watch_all(struct operations *ops)
{
    const struct generation *generation = reloader_generation(ops->reloader);

    watch_add(ops->watch, reloader_settings(ops->reloader)->file);
    for (size_t i = 0; i < generation->n_instances; i++) {
        watch_add(ops->watch, generation->instances[i]->file);
        watch_contents(ops->watch, generation->instances[i]);
    }
}

void operations_follow(struct operations *ops)
{
    bool wanted = reloader_settings(ops->reloader)->reload.watch;

    if (!wanted && ops->watch) {
        watch_close(ops->watch);
        ops->watch = NULL;
    }
    if (wanted && !ops->watch && watch_open(ops->loop, on_changed, ops, &ops->watch) < 0)
        obs_log(NULL, OBS_LOG_WARN, "reload.watch: out of memory, going on without");
    if (ops->watch)
        watch_all(ops);
}

/* ---- life ----------------------------------------------------------------------- */

/* Two servers of one file meet at the derived path: the second one goes without.
 * A path that somebody wrote down is meant to work. */
static int open_control(struct operations *ops, char *error, size_t error_size)
{
    const struct settings *settings = reloader_settings(ops->reloader);
    char path[PATH_MAX];
    int rc = settings_control_socket(settings, path, sizeof(path), error, error_size);

    if (rc == OBS_OK)
        rc = control_open(ops->loop, path, on_question, ops, &ops->control, error, error_size);
    if (rc != OBS_E_CONFLICT || settings->control.socket)
        return rc;
    obs_log(NULL, OBS_LOG_WARN, "%s; only SIGHUP reloads this one", error);
    return OBS_OK;
}

int operations_open(uv_loop_t *loop, struct runtime *runtime, struct http_server *http,
                    struct reloader *reloader, struct operations **ret_operations, char *error,
                    size_t error_size)
{
    struct operations *ops = calloc(1, sizeof(*ops));
    int rc;

    if (!ops) {
        snprintf(error, error_size, "out of memory");
        return OBS_E_NOMEM;
    }
    *ops =
        (struct operations){.loop = loop, .runtime = runtime, .http = http, .reloader = reloader};
    rc = open_control(ops, error, error_size);
    if (rc < 0) {
        free(ops);
        return rc;
    }
    operations_follow(ops);
    *ret_operations = ops;
    return OBS_OK;
}

void operations_close(struct operations *ops)
{
    if (!ops)
        return;
    control_close(ops->control);
    watch_close(ops->watch);
    free(ops);
}
