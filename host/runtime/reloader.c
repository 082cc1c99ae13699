/* SPDX-License-Identifier: Apache-2.0 */
/* At most one reload runs. When it is over on time, its outcome is taken over
 * here; when it is not, it is given up: its thread undoes what it made when the
 * plugin that holds it ever returns, and the next reload goes ahead. */
#include "runtime/reloader.h"

#include "core/spawn.h"
#include "plugin/loader.h"
#include "runtime/reload_job.h"
#include "runtime/retirement.h"
#include "runtime/telemetry.h"

#include <stdio.h>
#include <stdlib.h>

#define MS_NS INT64_C(1000000)
#define SECOND_NS (1000 * MS_NS)

/* Whoever waits for an answer. */
struct waiter {
    struct waiter *next;
    bool wait;
    void (*answer)(void *user, json_t *report);
    void *user;
};

/* A reload that waits for its turn. */
struct wish {
    struct wish *next;
    const char *source;
    char *plugin;
    bool dry_run;
    struct waiter *waiters;
};

/* The reload that runs, and its thread. `lock` guards `ended` and `reloader`. */
struct run {
    struct reload_job job;
    struct wish *wish;
    pthread_mutex_t lock;
    bool ended;
    struct reloader *reloader; /* NULL: it was given up */
    pthread_t thread;
    int64_t began_ns;
};

/* An old generation that ends. */
struct leaving {
    struct leaving *next;
    struct retirement *retirement;
    struct waiter *waiters; /* told when it is gone */
    json_t *report;         /* what they are told */
};

struct reloader {
    struct runtime *runtime;
    struct http_server *http;
    struct settings *settings;
    struct generation *generation;
    uv_async_t wake;
    uv_timer_t deadline;
    struct run *run;     /* NULL: none */
    struct wish *wishes; /* in their order */
    struct leaving *leaving;
    void (*listener)(void *user, enum reload_event event);
    void *listener_user;
    json_t *last; /* report of the last reload */
    bool cancelled;
    uint32_t n_stuck; /* generations that cannot be freed */
};

static _Atomic uint32_t n_abandoned; /* of all reloaders: outlives them */

static void run_next(struct reloader *reloader);

static void happened(struct reloader *reloader, enum reload_event event)
{
    if (reloader->listener)
        reloader->listener(reloader->listener_user, event);
}

/* ---- answers ------------------------------------------------------------------ */

static void answer_all(struct waiter **list, json_t *report)
{
    struct waiter *waiter;

    while ((waiter = *list)) {
        *list = waiter->next;
        waiter->answer(waiter->user, report);
        free(waiter);
    }
}

/* Moves those that wait for the end of the old generation to `to`. */
static void keep_waiting(struct waiter **list, struct waiter **to)
{
    while (*list) {
        struct waiter *waiter = *list;

        if (!waiter->wait) {
            list = &waiter->next;
            continue;
        }
        *list = waiter->next;
        waiter->next = *to;
        *to = waiter;
    }
}

static void free_wish(struct wish *wish)
{
    if (!wish)
        return;
    free(wish->plugin);
    free(wish);
}

static void log_report(const struct wish *wish, const json_t *report, int64_t took_ns)
{
    const json_t *errors = json_object_get(report, "errors");
    const json_t *notes = json_object_get(report, "notes");
    const json_t *plugins = json_object_get(report, "plugins");
    const json_t *item;
    size_t i, n_kept = 0;

    json_array_foreach(errors, i, item) obs_log(NULL, OBS_LOG_ERROR, "reload by %s refused: %s",
                                                wish->source, json_string_value(item));
    json_array_foreach(notes, i, item)
        obs_log(NULL, OBS_LOG_WARN, "reload by %s: %s", wish->source, json_string_value(item));
    if (errors || wish->dry_run)
        return;
    json_array_foreach(plugins, i, item) n_kept +=
        strcmp(json_string_value(json_object_get(item, "change")), "kept") == 0;
    obs_log(NULL, OBS_LOG_INFO,
            "reload by %s: generation %lld, %zu plugins changed, %zu kept, %lld ms", wish->source,
            (long long)json_integer_value(json_object_get(report, "generation")),
            json_array_size(plugins) - n_kept, n_kept, (long long)(took_ns / MS_NS));
}

static void tell(struct reloader *reloader, struct wish *wish, json_t *report, int result,
                 int64_t took_ns)
{
    const char *error = json_string_value(json_array_get(json_object_get(report, "errors"), 0));

    json_object_set_new(report, "source", json_string(wish->source));
    json_object_set_new(report, "total_ms", json_real((double)(took_ns / 1000) / 1000.0));
    log_report(wish, report, took_ns);
    if (!wish->dry_run) {
        runtime_reloaded(reloader->runtime, result, error ? error : "");
        telemetry_reload(result == OBS_OK);
        json_decref(reloader->last);
        reloader->last = json_incref(report);
    }
    answer_all(&wish->waiters, report);
    happened(reloader, RELOAD_ENDED);
}

static void count_alive(struct reloader *reloader)
{
    struct image_count images = image_count();
    uint32_t n = 1 + reloader->n_stuck;

    for (const struct leaving *l = reloader->leaving; l; l = l->next)
        n++;
    atomic_store(&reloader->runtime->n_generations, n);
    telemetry_generations(reloader->generation->number, n);
    telemetry_images(images.in_use, images.idle);
}

/* ---- old generations ----------------------------------------------------------- */

static void on_retired(void *user)
{
    uv_async_send(&((struct reloader *)user)->wake);
}

/* Takes those out that have ended. */
static void collect_retired(struct reloader *reloader)
{
    struct leaving **at = &reloader->leaving;

    while (*at) {
        struct leaving *l = *at;

        if (!retirement_ended(l->retirement)) {
            at = &l->next;
            continue;
        }
        json_object_set_new(
            l->report, "drained",
            json_boolean(strcmp(retirement_status(l->retirement).step, "gone") == 0));
        json_object_set_new(
            l->report, "drain_ms",
            json_real((double)(retirement_status(l->retirement).age_ns / 1000) / 1000.0));
        *at = l->next;
        reloader->n_stuck += !retirement_close(l->retirement);
        count_alive(reloader);
        answer_all(&l->waiters, l->report);
        json_decref(l->report);
        free(l);
        happened(reloader, RELOAD_DRAINED);
    }
}

/* The old generation goes; without memory for that it stays, which is logged. */
static void retire(struct reloader *reloader, struct generation *old, struct waiter **waiters,
                   json_t *report)
{
    struct leaving *l = calloc(1, sizeof(*l));

    if (!l || retirement_begin(old, reloader->runtime, reloader->settings->reload.drain_timeout_ns,
                               on_retired, reloader, &l->retirement) < 0) {
        obs_log(NULL, OBS_LOG_ERROR, "generation %llu stays until the end: out of memory",
                (unsigned long long)old->number);
        reloader->n_stuck++;
        free(l);
        return;
    }
    l->report = json_incref(report);
    keep_waiting(waiters, &l->waiters);
    l->next = reloader->leaving;
    reloader->leaving = l;
}

/* ---- the reload that runs ------------------------------------------------------- */

static void free_run(struct run *run)
{
    json_decref(run->job.report);
    settings_release(run->job.running);
    free_wish(run->wish);
    pthread_mutex_destroy(&run->lock);
    free(run);
}

static void *run_main(void *arg)
{
    struct run *run = arg;
    struct reloader *reloader;

    reload_job_run(&run->job);
    pthread_mutex_lock(&run->lock);
    run->ended = true;
    reloader = run->reloader;
    if (reloader)
        uv_async_send(&reloader->wake);
    pthread_mutex_unlock(&run->lock);
    if (!reloader) {
        obs_log(NULL, OBS_LOG_WARN, "a reload that was given up has ended");
        free_run(run);
        atomic_fetch_sub(&n_abandoned, 1);
    }
    return NULL;
}

static void take_over(struct reloader *reloader, struct run *run)
{
    struct generation *old = reloader->generation;
    struct reload_job *job = &run->job;

    if (!job->generation)
        return;
    reloader->generation = job->generation;
    if (job->settings) {
        settings_release(reloader->settings);
        reloader->settings = job->settings;
    }
    retire(reloader, old, &run->wish->waiters, job->report);
    count_alive(reloader);
    happened(reloader, RELOAD_SWITCHED);
}

static void finish_run(struct reloader *reloader)
{
    struct run *run = reloader->run;

    uv_timer_stop(&reloader->deadline);
    reloader->run = NULL;
    pthread_join(run->thread, /* ret= */ NULL);
    take_over(reloader, run);
    tell(reloader, run->wish, run->job.report, run->job.result,
         obs_clock_mono_ns() - run->began_ns);
    free_run(run);
}

static void on_wake(uv_async_t *wake)
{
    struct reloader *reloader = wake->data;
    bool ended = false;

    collect_retired(reloader);
    if (reloader->run) {
        pthread_mutex_lock(&reloader->run->lock);
        ended = reloader->run->ended;
        pthread_mutex_unlock(&reloader->run->lock);
    }
    if (ended)
        finish_run(reloader);
    run_next(reloader);
}

/* The reload did not end in time. When it is switching already it will: that
 * part calls nothing that may block for long. */
static void on_deadline(uv_timer_t *timer)
{
    struct reloader *reloader = timer->data;
    struct run *run = reloader->run;
    uint32_t preparing = RELOAD_PREPARING;
    char doing[200], error[300];
    struct wish *wish;
    json_t *report;
    bool ended;

    if (!run || !atomic_compare_exchange_strong(&run->job.phase, &preparing, RELOAD_ABANDONED))
        return;
    atomic_store(&run->job.progress.cancelled, true);
    progress_read(&run->job.progress, doing, sizeof(doing));
    snprintf(error, sizeof(error), "reload.timeout (%.1f s) ended during: %s",
             (double)reloader->settings->reload.timeout_ns / (double)SECOND_NS, doing);
    pthread_mutex_lock(&run->lock);
    ended = run->ended;
    wish = run->wish;
    if (!ended) {
        run->reloader = NULL;
        run->wish = NULL;
        atomic_fetch_add(&n_abandoned, 1);
        pthread_detach(run->thread);
    }
    pthread_mutex_unlock(&run->lock);
    if (ended)
        return; /* it was refused for another reason; its wake is on the way */
    reloader->run = NULL;
    report = reload_refusal(error);
    tell(reloader, wish, report, OBS_E_TIMEOUT, obs_clock_mono_ns() - run->began_ns);
    json_decref(report);
    free_wish(wish);
    run_next(reloader);
}

static struct run *create_run(struct reloader *reloader, struct wish *wish)
{
    struct run *run = calloc(1, sizeof(*run));

    if (!run)
        return NULL;
    run->wish = wish;
    run->reloader = reloader;
    run->began_ns = obs_clock_mono_ns();
    pthread_mutex_init(&run->lock, /* attributes= */ NULL);
    run->job = (struct reload_job){
        .runtime = reloader->runtime,
        .http = reloader->http,
        .running = settings_keep(reloader->settings),
        .current = reloader->generation,
        .plugin = wish->plugin,
        .dry_run = wish->dry_run,
        .deadline_ns = run->began_ns + reloader->settings->reload.timeout_ns,
        .progress = PROGRESS_INIT,
    };
    return run;
}

static void refuse_wish(struct reloader *reloader, struct wish *wish, int result, const char *error)
{
    json_t *report = reload_refusal(error);

    tell(reloader, wish, report, result, /* took_ns= */ 0);
    json_decref(report);
    free_wish(wish);
}

static void run_next(struct reloader *reloader)
{
    struct wish *wish;
    struct run *run;

    while (!reloader->run && (wish = reloader->wishes)) {
        reloader->wishes = wish->next;
        wish->next = NULL;
        if (reloader->cancelled) {
            refuse_wish(reloader, wish, OBS_E_CLOSED, "the server is shutting down");
            continue;
        }
        run = create_run(reloader, wish);
        if (!run || spawn(&run->thread, "obs-reload", run_main, run) < 0) {
            if (run) {
                run->wish = NULL;
                free_run(run);
            }
            refuse_wish(reloader, wish, OBS_E_NOMEM, "out of memory or threads");
            continue;
        }
        reloader->run = run;
        happened(reloader, RELOAD_BEGAN);
        /* the job's own limit for waiting comes first, so that its reason is told */
        uv_timer_start(&reloader->deadline, on_deadline,
                       (uint64_t)(reloader->settings->reload.timeout_ns / MS_NS) + 20,
                       /* repeat= */ 0);
    }
}

/* ---- asking -------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* The wish for the same that waits already, or a new one; NULL: out of memory. */
static struct wish *find_wish(struct reloader *reloader, const struct reload_ask *ask)
{
    struct wish **at = &reloader->wishes;
    struct wish *wish;

    for (; *at; at = &(*at)->next)
        if ((*at)->dry_run == ask->dry_run && same_text((*at)->plugin, ask->plugin))
            return *at;
    wish = calloc(1, sizeof(*wish));
    if (wish && ask->plugin)
        wish->plugin = strdup(ask->plugin);
    if (!wish || (ask->plugin && !wish->plugin)) {
        free_wish(wish);
        return NULL;
    }
    wish->source = ask->source;
    wish->dry_run = ask->dry_run;
    *at = wish;
    return wish;
}

void reloader_ask(struct reloader *reloader, const struct reload_ask *ask)
{
    struct wish *wish = find_wish(reloader, ask);
    struct waiter *waiter = wish && ask->answer ? calloc(1, sizeof(*waiter)) : NULL;

    if (ask->answer && !waiter) {
        json_t *report = reload_refusal("out of memory");

        ask->answer(ask->user, report);
        json_decref(report);
    } else if (waiter) {
        *waiter = (struct waiter){wish->waiters, ask->wait, ask->answer, ask->user};
        wish->waiters = waiter;
    }
    run_next(reloader);
}

const struct settings *reloader_settings(const struct reloader *reloader)
{
    return reloader->settings;
}

struct generation *reloader_generation(const struct reloader *reloader)
{
    return reloader->generation;
}

void reloader_listen(struct reloader *reloader, void (*fn)(void *user, enum reload_event event),
                     void *user)
{
    reloader->listener = fn;
    reloader->listener_user = user;
}

json_t *reloader_describe(const struct reloader *reloader)
{
    json_t *generations = json_array();

    json_array_append_new(generations,
                          json_pack("{s:I, s:s, s:I}", "number",
                                    (json_int_t)reloader->generation->number, "state", "current",
                                    "requests", (json_int_t)generation_pins(reloader->generation)));
    for (const struct leaving *l = reloader->leaving; l; l = l->next) {
        struct retirement_status s = retirement_status(l->retirement);

        json_array_append_new(generations,
                              json_pack("{s:I, s:s, s:I, s:f}", "number", (json_int_t)s.number,
                                        "state", s.step, "requests", (json_int_t)s.pins,
                                        "replaced_s", (double)s.age_ns / (double)SECOND_NS));
    }
    return json_pack("{s:o, s:b, s:O?}", "generations", generations, "reloading",
                     reloader->run != NULL, "last_reload", reloader->last);
}

/* ---- life ----------------------------------------------------------------------- */

int reloader_open(uv_loop_t *loop, struct runtime *runtime, struct http_server *http,
                  struct settings *settings, struct generation *generation,
                  struct reloader **ret_reloader)
{
    struct reloader *reloader = calloc(1, sizeof(*reloader));

    if (!reloader)
        return OBS_E_NOMEM;
    reloader->runtime = runtime;
    reloader->http = http;
    reloader->settings = settings_keep(settings);
    reloader->generation = generation;
    uv_async_init(loop, &reloader->wake, on_wake);
    uv_timer_init(loop, &reloader->deadline);
    reloader->wake.data = reloader->deadline.data = reloader;
    count_alive(reloader);
    *ret_reloader = reloader;
    return OBS_OK;
}

void reloader_cancel(struct reloader *reloader)
{
    reloader->cancelled = true;
    if (reloader->run)
        atomic_store(&reloader->run->job.progress.cancelled, true);
    run_next(reloader);
}

bool reloader_is_busy(const struct reloader *reloader)
{
    return reloader->run != NULL;
}

bool reloader_is_draining(const struct reloader *reloader)
{
    return reloader->leaving != NULL;
}

static void on_deadline_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* One after the other: both handles are in what is freed. */
static void on_wake_closed(uv_handle_t *handle)
{
    struct reloader *reloader = handle->data;

    uv_close((uv_handle_t *)&reloader->deadline, on_deadline_closed);
}

bool reloader_is_stuck(const struct reloader *reloader)
{
    return reloader->run || reloader->leaving || reloader->n_stuck > 0 ||
           atomic_load(&n_abandoned) > 0;
}

void reloader_close(struct reloader *reloader)
{
    if (!reloader)
        return;
    settings_release(reloader->settings);
    json_decref(reloader->last);
    uv_close((uv_handle_t *)&reloader->wake, on_wake_closed);
}
