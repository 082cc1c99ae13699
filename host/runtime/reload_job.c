/* SPDX-License-Identifier: Apache-2.0 */
/* Every step that can fail comes before the switch and undoes itself; until the
 * switch the generation in use has seen no call. */
#include "runtime/reload_job.h"

#include "core/log.h"
#include "http/http.h"
#include "plugin/loader.h"
#include "plugin/plan.h"
#include "runtime/blame.h"
#include "runtime/telemetry.h"

#include <stdio.h>
#include <time.h>

#define MS_NS INT64_C(1000000)
#define ROOM_PAUSE_NS (2 * MS_NS)

/* What a reload makes before it switches. */
struct preparation {
    struct settings *settings;
    struct generation *generation;
    struct http_change *http;
    struct log_change *log;
    bool started; /* plugins of the generation have been called */
    int64_t step_began_ns;
};

/* ---- report ------------------------------------------------------------------- */

static void add_text(json_t *report, const char *list, const char *text)
{
    json_t *array = json_object_get(report, list);

    if (!array) {
        array = json_array();
        json_object_set_new(report, list, array);
    }
    json_array_append_new(array, json_stringn_nocheck(text, strlen(text)));
}

json_t *reload_refusal(const char *error)
{
    json_t *report = json_object();

    json_object_set_new(report, "result", json_string("refused"));
    add_text(report, "errors", error);
    return report;
}

static int refuse(struct reload_job *job, int rc, const char *error)
{
    add_text(job->report, "errors", error);
    return rc;
}

/* Notes how long the step that ends now took. */
static void time_step(struct reload_job *job, struct preparation *p, const char *name)
{
    json_t *steps = json_object_get(job->report, "ms");
    int64_t now_ns = obs_clock_mono_ns();

    if (!steps) {
        steps = json_object();
        json_object_set_new(job->report, "ms", steps);
    }
    json_object_set_new(steps, name,
                        json_real((double)((now_ns - p->step_began_ns) / 1000) / 1000.0));
    p->step_began_ns = now_ns;
}

static void report_errors(struct reload_job *job, const struct conf_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++)
        add_text(job->report, "errors", errors->items[i].text.ptr);
}

static void report_plugin(json_t *plugins, const obs_instance *instance, const char *change,
                          const obs_instance *old)
{
    json_t *plugin =
        json_pack("{s:s, s:s, s:s, s:s}", "instance", instance->name, "plugin",
                  instance->plugin->name, "version", instance->plugin->version, "change", change);

    if (plugin && old)
        json_object_set_new(plugin, "before", json_string(old->plugin->version));
    json_array_append_new(plugins, plugin);
}

static void report_plugins(struct reload_job *job, const struct generation *generation)
{
    static const char *const names[] = {
        [CHANGE_KEPT] = "kept",       [CHANGE_ADDED] = "added",     [CHANGE_FILE] = "file",
        [CHANGE_OPTIONS] = "options", [CHANGE_CONTENT] = "content", [CHANGE_PROVIDER] = "provider",
    };
    json_t *plugins = json_array();

    for (size_t i = 0; i < generation->n_instances; i++)
        report_plugin(plugins, generation->instances[i], names[generation->changes[i]],
                      generation->predecessors[i]);
    for (size_t i = 0; i < job->current->n_instances; i++) {
        const obs_instance *old = job->current->instances[i];

        if (!generation_find(generation, old->name))
            report_plugin(plugins, old, "removed", /* old= */ NULL);
    }
    json_object_set_new(job->report, "plugins", plugins);
}

static const char shutting_down[] = "the server is shutting down";

/* ---- prepare ------------------------------------------------------------------ */

/* Old generations cost memory and may hold files: a reload waits until there
 * are few enough. */
static int wait_for_room(struct reload_job *job)
{
    const struct timespec pause = {.tv_nsec = ROOM_PAUSE_NS};
    char error[200];

    progress_say(&job->progress, "waiting for an old generation to end");
    while ((int64_t)atomic_load(&job->runtime->n_generations) >=
           job->running->reload.max_generations) {
        if (atomic_load(&job->progress.cancelled) || obs_clock_mono_ns() >= job->deadline_ns) {
            snprintf(error, sizeof(error),
                     "%u generations are alive already (reload.max_generations), because requests "
                     "still run on them; `observatory status` shows which",
                     atomic_load(&job->runtime->n_generations));
            return refuse(job, OBS_E_BUSY, error);
        }
        nanosleep(&pause, NULL);
    }
    return OBS_OK;
}

static void note(void *user, const char *sentence)
{
    add_text(((struct reload_job *)user)->report, "notes", sentence);
}

static int read_settings(struct reload_job *job, struct preparation *p)
{
    const struct settings *running = job->running;

    progress_say(&job->progress, "reading of the configuration");
    p->settings = settings_load(running->file, running->sets, running->n_sets);
    if (!p->settings)
        return refuse(job, OBS_E_NOMEM, "out of memory");
    if (job->plugin)
        p->settings->http = running->http; /* the host's own part stays */
    if (settings_keep_fixed(p->settings, running, note, job) < 0)
        return refuse(job, OBS_E_NOMEM, "out of memory");
    time_step(job, p, "read");
    return OBS_OK;
}

/* Goes on even when the settings have errors, so that all are told at once. */
static int plan(struct reload_job *job, struct preparation *p)
{
    const struct plan_spec spec = {
        .number = job->current->number + 1,
        .previous = job->current,
        .plugin = job->plugin,
        .links = job->links,
    };
    int rc;

    /* code of a plugin runs while its file is mapped; should that take until the
     * reload is given up, the current generation must still be there afterwards */
    atomic_fetch_add(&job->current->n_holds, 1);
    progress_say(&job->progress, "loading of the plugins");
    rc = plan_generation(p->settings, &spec, &p->generation);
    if (rc == OBS_OK)
        report_plugins(job, p->generation);
    atomic_fetch_sub(&job->current->n_holds, 1);
    report_errors(job, &p->settings->errors);
    if (rc < 0 && p->settings->errors.count == 0)
        return refuse(job, rc, obs_error(rc)->text);
    if (rc < 0)
        return rc;
    time_step(job, p, "load");
    return OBS_OK;
}

static int start(struct reload_job *job, struct preparation *p)
{
    int rc;

    p->started = true;
    rc = generation_start(p->generation, job->runtime, &job->progress);
    if (rc < 0 && atomic_load(&job->progress.cancelled))
        return refuse(job, rc, shutting_down);
    if (rc < 0)
        return refuse(job, rc, job->progress.error);
    time_step(job, p, "start");
    return OBS_OK;
}

/* What is the host's own: files of the log, addresses. When only one plugin is
 * taken from disk, all of this stays. */
static int change_host(struct reload_job *job, struct preparation *p)
{
    const struct settings *settings = p->settings;
    char error[512];
    int rc;

    if (job->plugin)
        return OBS_OK;
    progress_say(&job->progress, "opening of log files and addresses");
    rc = settings_change_log(settings, job->running, &p->log, error, sizeof(error));
    if (rc == OBS_OK && job->http)
        rc = http_change_open(job->http, &settings->http, &settings->listen,
                              settings_access_log(settings), &p->http, error, sizeof(error));
    if (rc < 0)
        return refuse(job, rc, error);
    time_step(job, p, "open");
    return OBS_OK;
}

/* The switch waits for every worker; one that is held by a callback is to hold
 * up the reload here, where it can still be given up. */
static int meet_workers(struct reload_job *job, struct preparation *p)
{
    progress_say(&job->progress, "waiting for a worker that is held");
    runtime_turn(job->runtime);
    time_step(job, p, "meet");
    return OBS_OK;
}

static int prepare(struct reload_job *job, struct preparation *p)
{
    static int (*const steps[])(struct reload_job *, struct preparation *) = {
        read_settings, plan, start, change_host, meet_workers};
    int rc = wait_for_room(job);

    p->step_began_ns = obs_clock_mono_ns();
    for (size_t i = 0; rc == OBS_OK && i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (job->dry_run && steps[i] == start)
            break;
        if (atomic_load(&job->progress.cancelled))
            return refuse(job, OBS_E_CLOSED, shutting_down);
        rc = steps[i](job, p);
    }
    return rc;
}

static void undo(struct reload_job *job, struct preparation *p)
{
    int64_t deadline_ns = obs_clock_mono_ns() + job->running->reload.timeout_ns;

    log_change_cancel(p->log);
    http_change_cancel(p->http);
    if (p->generation && p->started &&
        generation_retire(p->generation, job->runtime, deadline_ns) < 0)
        return; /* it was logged; what still runs keeps its memory */
    generation_destroy(p->generation);
    settings_release(p->settings);
}

/* ---- switch ------------------------------------------------------------------- */

/* Old series go first: an instance that is kept has the same ones. */
void reload_announce(const struct generation *generation, bool present)
{
    for (size_t i = 0; i < generation->n_instances; i++) {
        const obs_instance *instance = generation->instances[i];

        telemetry_plugin(instance->name, instance->plugin->name, instance->plugin->version,
                         present);
    }
}

static void apply_host(struct reload_job *job, struct preparation *p)
{
    if (job->plugin)
        return;
    http_change_commit(p->http);
    log_change_commit(p->log);
    settings_apply_levels(p->settings);
    blame_set_limit(p->settings->runtime.lag_warning_ns);
    image_allow_unloading(p->settings->reload.unload);
    job->settings = settings_keep(p->settings);
}

/* Cannot fail. */
static void commit(struct reload_job *job, struct preparation *p)
{
    generation_succeed(job->current, p->generation);
    runtime_publish(job->runtime, p->generation, p->http);
    time_step(job, p, "switch");
    reload_announce(job->current, /* present= */ false);
    reload_announce(p->generation, /* present= */ true);
    apply_host(job, p);
    settings_release(p->settings);
    job->generation = p->generation;
    json_object_set_new(job->report, "generation", json_integer((json_int_t)p->generation->number));
}

void reload_job_run(struct reload_job *job)
{
    struct preparation p = {0};
    uint32_t preparing = RELOAD_PREPARING;

    job->report = json_object();
    job->result = prepare(job, &p);
    if (job->result == OBS_OK && !job->dry_run &&
        !atomic_compare_exchange_strong(&job->phase, &preparing, RELOAD_SWITCHING))
        job->result = refuse(job, OBS_E_TIMEOUT, "reload.timeout is over");
    if (job->result == OBS_OK && !job->dry_run)
        commit(job, &p);
    else
        undo(job, &p);
    if (job->result < 0)
        json_object_del(job->report, "notes"); /* nothing was taken over */
    json_object_set_new(job->report, "result",
                        json_string(job->result < 0 ? "refused"
                                    : job->dry_run  ? "checked"
                                                    : "switched"));
}
