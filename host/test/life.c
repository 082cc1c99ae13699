/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a test host: what runtime/server.c does, with the calling thread
 * as the only worker and no address to listen on. A reload is the very one of
 * the server. */
#include "test/test.h"

#include "core/log.h"
#include "http/http.h"
#include "plugin/cache.h"
#include "plugin/ledger.h"
#include "plugin/loader.h"
#include "plugin/progress.h"
#include "runtime/blame.h"
#include "runtime/reload_job.h"
#include "runtime/telemetry.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MS_NS INT64_C(1000000)

obs_worker *test_worker(const obs_test *t)
{
    obs_worker *worker = t->runtime->workers[0];

    assert(worker == obs_worker_current()); /* the thread that called obs_test_start() */
    return worker;
}

int test_running(obs_test *t)
{
    if (t->stage == TEST_RUNNING)
        return OBS_OK;
    return test_fail(t, OBS_E_CLOSED, "the test host does not run");
}

static int64_t deadline_ns(const obs_test *t)
{
    return obs_clock_mono_ns() + t->timeout_ms * MS_NS;
}

/* ---- start ---------------------------------------------------------------- */

/* What is wrong with the configuration, a line each. */
static int fail_config(obs_test *t, int rc)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);

    if (!to)
        return test_fail(t, rc, "out of memory");
    conf_errors_print(&t->settings->errors, to);
    fclose(to);
    while (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    (void)test_fail(t, rc, "%s", text);
    free(text);
    return rc;
}

static int plan(obs_test *t)
{
    const struct plan_spec spec = {.number = 1, .links = t->links};
    size_t n = 0;
    const char *const *sets = test_overrides(t, &n);
    int rc;

    if (sets)
        t->settings = settings_load(t->config, sets, n);
    if (!t->settings)
        return test_fail(t, OBS_E_NOMEM, "out of memory");
    t->settings->workers = 1;
    rc = plan_generation(t->settings, &spec, &t->generation);
    if (t->settings->errors.count > 0)
        return fail_config(t, OBS_E_INVALID);
    return rc < 0 ? test_fail(t, rc, "%s", obs_error(rc)->text) : OBS_OK;
}

static int open_runtime(obs_test *t)
{
    struct runtime_spec spec = settings_runtime(t->settings);
    int rc;

    if (settings_open_log(t->settings) < 0)
        return test_fail(t, OBS_E_INVALID, "the log cannot be opened");
    blame_set_limit(t->settings->runtime.lag_warning_ns);
    image_allow_unloading(t->settings->reload.unload);
    spec.inline_worker = true;
    rc = runtime_create(&spec, &t->runtime);
    if (rc < 0)
        return test_fail(t, rc, "out of memory or threads");
    t->tick = calloc(1, sizeof(*t->tick));
    if (!t->tick)
        return test_fail(t, OBS_E_NOMEM, "out of memory");
    uv_timer_init(&test_worker(t)->loop, t->tick);
    return OBS_OK;
}

static int start_plugins(obs_test *t)
{
    struct progress progress = PROGRESS_INIT;
    int rc = generation_start(t->generation, t->runtime, &progress);

    if (rc < 0)
        return test_fail(t, rc, "%s", progress.error);
    runtime_publish(t->runtime, t->generation, /* change= */ NULL);
    atomic_store(&t->runtime->n_generations, 1);
    reload_announce(t->generation, /* present= */ true);
    return OBS_OK;
}

static int open_http(obs_test *t)
{
    static const obs_str_list nowhere = {0};
    char error[512];
    int rc = http_server_open(&t->settings->http, &nowhere, settings_access_log(t->settings),
                              &t->http, error, sizeof(error));

    if (rc < 0)
        return test_fail(t, rc, "%s", error);
    rc = http_worker_open(t->http, test_worker(t));
    return rc < 0 ? test_fail(t, rc, "out of memory or files") : OBS_OK;
}

/* ---- end ------------------------------------------------------------------ */

static void on_tick_closed(uv_handle_t *handle)
{
    free(handle);
}

/* Notes what an instance that has ended had left running. */
static void note_left(obs_test *t, const struct generation *generation)
{
    for (size_t i = 0; i < generation->n_instances; i++) {
        size_t n = generation->instances[i]->ledger->n_revoked;

        if (n > 0)
            obs_buf_printf(t->left, "plugin %s: stop() left timers or threads behind: %zu\n",
                           generation->instances[i]->name, n);
    }
}

/* Ends a generation that no request runs on. */
static void retire(obs_test *t, struct generation *generation)
{
    int rc = generation_retire(generation, t->runtime, deadline_ns(t));

    note_left(t, generation);
    if (rc == OBS_OK)
        generation_destroy(generation);
    else
        t->stuck = true; /* told at the end */
}

void test_reap(obs_test *t)
{
    size_t kept = 0;

    for (size_t i = 0; i < t->n_old; i++) {
        struct generation *old = t->old[i];

        if (generation_pins(old) > 0)
            t->old[kept++] = old;
        else
            retire(t, old);
    }
    t->n_old = kept;
    atomic_store(&t->runtime->n_generations, 1 + (uint32_t)kept);
}

/* The server is done with its requests, and the clients have read the answers. */
static int is_idle(void *user)
{
    const obs_test *t = user;

    return http_worker_connections(test_worker(t)) == 0 && !responses_are_open(t);
}

/* Lets the requests end and the plugins drain, like the server. */
static void drain(obs_test *t)
{
    atomic_store(&t->runtime->draining, 1);
    responses_resume(t);
    http_worker_drain(test_worker(t));
    generation_succeed(t->generation, /* successor= */ NULL);
    generation_drain(t->generation);
    if (!test_turn_until(t, is_idle, t, t->timeout_ms))
        responses_name_open(t, t->left);
}

/* Ends the plugins, as far as they let it. */
static void retire_all(obs_test *t)
{
    for (size_t i = 0; i < t->n_old; i++)
        retire(t, t->old[i]);
    retire(t, t->generation);
    t->n_old = 0;
    t->generation = NULL;
}

/* Frees what start() made, as far as it had come. When something of a plugin
 * still runs, all that it may look at stays. */
static void take_down(obs_test *t)
{
    if (t->runtime) {
        http_worker_close(test_worker(t));
        retire_all(t);
    }
    if (t->stuck)
        return;
    if (t->tick)
        uv_close((uv_handle_t *)t->tick, on_tick_closed);
    t->tick = NULL;
    runtime_destroy(t->runtime);
    t->runtime = NULL;
    generation_destroy(t->generation); /* planned only */
    t->generation = NULL;
    http_server_close(t->http);
    t->http = NULL;
    log_close();
    settings_release(t->settings);
    t->settings = NULL;
    cache_set_folder(NULL);
}

/* ---- public, declared in observatory/test.h -------------------------------- */

int obs_test_start(obs_test *t)
{
    static int (*const steps[])(obs_test *) = {test_mistake, plan, open_runtime, start_plugins,
                                               open_http};
    int rc;

    if (t->stage != TEST_NEW)
        return test_fail(t, OBS_E_CONFLICT, "obs_test_start() was called before");
    if (runtime_get())
        return test_fail(t, OBS_E_BUSY, "another test host runs in this process");
    rc = telemetry_start(/* n_workers= */ 1);
    if (rc < 0)
        return test_fail(t, rc, "the host's metrics: %s", obs_error(rc)->text);
    for (size_t i = 0; rc == OBS_OK && i < sizeof(steps) / sizeof(steps[0]); i++)
        rc = steps[i](t);
    if (rc == OBS_OK)
        t->stage = TEST_RUNNING;
    else
        take_down(t);
    return rc;
}

/* The reasons of a reload that was refused, a line each. */
static int fail_reload(obs_test *t, const struct reload_job *job)
{
    obs_buf *text = obs_buf_new(t->arena, /* limit_bytes= */ 0);
    const json_t *errors = json_object_get(job->report, "errors");
    const json_t *error;
    size_t i;

    if (!text)
        return test_fail(t, OBS_E_NOMEM, "out of memory");
    json_array_foreach((json_t *)(uintptr_t)errors, i, error)
        obs_buf_printf(text, "%s%s", i ? "\n" : "", json_string_value(error));
    return test_fail(t, job->result, "%.*s", OBS_STR_ARG(obs_buf_str(text)));
}

/* Takes over what the reload made. */
static void switch_over(obs_test *t, const struct reload_job *job)
{
    struct generation *old = t->generation;

    settings_release(t->settings);
    t->settings = job->settings;
    t->generation = job->generation;
    t->old[t->n_old++] = old;
    generation_drain(old);
    test_reap(t);
}

int obs_test_reload(obs_test *t)
{
    struct reload_job job;
    int rc = test_running(t);

    if (rc == OBS_OK)
        rc = test_mistake(t);
    if (rc < 0)
        return rc;
    if (t->n_old == TEST_MAX_OLD)
        return test_fail(t, OBS_E_BUSY, "requests run on %d old generations", TEST_MAX_OLD);
    t->settings->file = t->config;
    t->settings->sets = test_overrides(t, &t->settings->n_sets);
    if (!t->settings->sets)
        return test_fail(t, OBS_E_NOMEM, "out of memory");
    job = (struct reload_job){
        .runtime = t->runtime,
        .running = t->settings,
        .current = t->generation,
        .links = t->links,
        .progress = PROGRESS_INIT,
    };
    reload_job_run(&job);
    if (job.result < 0)
        rc = fail_reload(t, &job);
    else
        switch_over(t, &job);
    runtime_reloaded(t->runtime, rc, rc < 0 ? obs_test_error(t) : "");
    telemetry_reload(rc == OBS_OK);
    json_decref(job.report);
    return rc;
}

int obs_test_stop(obs_test *t)
{
    obs_str left;

    if (t->stage == TEST_RUNNING) {
        drain(t);
        responses_hang_up(t);
        take_down(t);
        t->stage = TEST_STOPPED;
    }
    left = obs_buf_str(t->left);
    if (t->stuck)
        return test_fail(t, OBS_E_TIMEOUT, "posts, jobs or threads do not end; the log says whose");
    if (left.len > 0)
        return test_fail(t, OBS_E_INVALID, "%.*s", (int)left.len - 1, left.ptr);
    return OBS_OK;
}

int obs_test_free(obs_test *t)
{
    int rc;

    if (!t)
        return OBS_OK;
    rc = obs_test_stop(t);
    if (rc < 0)
        fprintf(stderr, "observatory: %s\n", obs_test_error(t));
    if (t->stuck)
        return rc; /* what still runs may look at any of this */
    responses_free(t);
    test_forget_links(t);
    cache_close();
    close(t->log_fd);
    free((void *)t->sets);
    free(t->log);
    free(t->error);
    obs_arena_destroy(t->arena);
    free(t);
    return rc;
}
