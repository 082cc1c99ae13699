/* SPDX-License-Identifier: Apache-2.0 */
/* The main thread goes through the stages in order and sleeps in its own loop
 * in between; every stage that can fail undoes the earlier ones in reverse.
 *
 * The end, within shutdown_timeout: a reload is given up, no new connections,
 * requests in flight are answered, plugins drain, what is still open is cut,
 * plugins stop. Plugins are asked to drain when the last request is done, or at
 * half time when some request waits for an event that will not come. Nothing of
 * it waits for a worker or a plugin without a limit. */
#include "runtime/server.h"

#include "runtime/settings.h"
#include "core/log.h"
#include "http/http.h"
#include "plugin/generation.h"
#include "plugin/loader.h"
#include "plugin/progress.h"
#include "runtime/blame.h"
#include "runtime/ending.h"
#include "runtime/notify.h"
#include "runtime/operations.h"
#include "runtime/post.h"
#include "runtime/reload_job.h"
#include "runtime/reloader.h"
#include "runtime/runtime.h"
#include "runtime/signals.h"
#include "runtime/stall.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#define MS_NS INT64_C(1000000)
#define CUT_NS (1000 * MS_NS) /* for a worker to hear that it is over */
#define WATCH_MS 5            /* how often a draining worker looks whether it is done */

struct server;

/* Looks at one worker while it drains. Its timer is on the worker's loop. */
struct watch {
    uv_timer_t timer;
    struct post drain, cut; /* what the worker is told */
    struct server *server;
    obs_worker *worker;
    bool done;
};

/* The main thread's, except `n_idle`. */
struct server {
    struct settings *settings; /* those of the start; the reloader has those in force */
    int64_t began_ns;
    uv_loop_t loop;
    uv_async_t wake;     /* a worker has become idle */
    uv_timer_t timer;    /* end of a stage of the drain */
    uv_timer_t watchdog; /* the service manager's */
    struct signals *signals;
    struct notify *notify;
    struct runtime *runtime;
    struct stall *stall;
    struct generation *generation; /* of the start; NULL: the reloader has the one in use */
    struct http_server *http;
    struct reloader *reloader;
    struct operations *operations;
    struct watch *watches; /* one a worker */
    _Atomic uint32_t n_idle, n_cut;
    struct ending *ending_plugins;
    bool ending;
};

/* ---- the main loop -------------------------------------------------------- */

/* Whoever waits looks whether it was for this. */
static void on_wake(uv_async_t *wake)
{
    uv_stop(wake->loop);
}

static void on_timer(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

static const struct settings *in_force(const struct server *server)
{
    return server->reloader ? reloader_settings(server->reloader) : server->settings;
}

static void on_watchdog(uv_timer_t *timer)
{
    const struct server *server = timer->data;

    notify_send(server->notify, "WATCHDOG=1");
}

/* Debug lines while someone looks for something, then back to what is configured. */
static void toggle_debug(const struct server *server)
{
    uint32_t configured = (uint32_t)in_force(server)->log.level;

    log_set_level(log_level() == OBS_LOG_DEBUG ? configured : OBS_LOG_DEBUG);
    obs_log(NULL, OBS_LOG_WARN, "log level is now %s",
            log_level() == OBS_LOG_DEBUG ? "debug" : "as configured");
}

static void on_signal(int signal_number, void *user)
{
    struct server *server = user;

    switch (signal_number) {
    case SIGHUP:
        if (server->reloader)
            reloader_ask(server->reloader, &(struct reload_ask){.source = "SIGHUP"});
        break;
    case SIGUSR1:
        log_reopen();
        obs_log(NULL, OBS_LOG_INFO, "log files reopened");
        break;
    case SIGUSR2:
        toggle_debug(server);
        break;
    default:
        obs_log(NULL, OBS_LOG_INFO, "%s: shutting down within %lld s; again ends at once",
                signal_number == SIGINT ? "SIGINT" : "SIGTERM",
                (long long)(in_force(server)->shutdown_timeout_ns / (1000 * MS_NS)));
        server->ending = true;
        uv_stop(&server->loop);
    }
}

static int open_loop(struct server *server)
{
    if (uv_loop_init(&server->loop) < 0)
        return OBS_E_NOMEM;
    uv_async_init(&server->loop, &server->wake, on_wake);
    uv_timer_init(&server->loop, &server->timer);
    uv_timer_init(&server->loop, &server->watchdog);
    server->wake.data = server->timer.data = server->watchdog.data = server;
    return signals_open(&server->loop, on_signal, server, &server->signals);
}

static void close_loop(struct server *server)
{
    signals_close(server->signals);
    uv_close((uv_handle_t *)&server->wake, NULL);
    uv_close((uv_handle_t *)&server->timer, NULL);
    uv_close((uv_handle_t *)&server->watchdog, NULL);
    uv_run(&server->loop, UV_RUN_DEFAULT);
    uv_loop_close(&server->loop);
}

/* ---- start ---------------------------------------------------------------- */

static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        obs_log(NULL, OBS_LOG_WARN, "the limit of open files could not be raised, going on");
}

static void open_http_on_worker(obs_worker *worker, void *arg)
{
    struct server *server = arg;

    server->watches[worker->index].worker =
        http_worker_open(server->http, worker) == OBS_OK ? worker : NULL;
}

static int open_http(struct server *server)
{
    const struct settings *settings = server->settings;
    char error[512];

    if (http_server_open(&settings->http, &settings->listen, settings_access_log(settings),
                         &server->http, error, sizeof(error)) < 0) {
        fprintf(stderr, "observatory: %s\n", error);
        return EX_OSERR;
    }
    server->watches = calloc(server->runtime->n_workers, sizeof(server->watches[0]));
    if (!server->watches)
        return EX_OSERR;
    for (uint32_t i = 0; i < server->runtime->n_workers; i++) {
        worker_call(server->runtime->workers[i], open_http_on_worker, server);
        server->watches[i].server = server;
        if (!server->watches[i].worker) {
            fprintf(stderr, "observatory: worker %u cannot accept connections\n", i);
            return EX_OSERR;
        }
    }
    return EX_OK;
}

static int open_runtime(struct server *server)
{
    struct runtime_spec spec = settings_runtime(server->settings);

    if (runtime_create(&spec, &server->runtime) < 0 ||
        stall_open(&server->loop, server->runtime, &server->settings->runtime.stall,
                   &server->stall) < 0) {
        fprintf(stderr, "observatory: out of memory or threads at start\n");
        return EX_OSERR;
    }
    return EX_OK;
}

static int start_generation(struct server *server)
{
    struct progress progress = PROGRESS_INIT;

    if (generation_start(server->generation, server->runtime, &progress) < 0) {
        fprintf(stderr, "observatory: %s\n", progress.error);
        return EX_SOFTWARE;
    }
    runtime_publish(server->runtime, server->generation, /* change= */ NULL);
    reload_announce(server->generation, /* present= */ true);
    return EX_OK;
}

/* What a service manager wants to know, see systemd.service(5), Type=notify-reload. */
static void on_reload(void *user, enum reload_event event)
{
    struct server *server = user;

    if (event == RELOAD_BEGAN)
        notify_send(server->notify, "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reloading",
                    (long long)(obs_clock_mono_ns() / 1000));
    if (event == RELOAD_SWITCHED) {
        operations_follow(server->operations);
        stall_limit(server->stall, &in_force(server)->runtime.stall);
    }
    if (event == RELOAD_ENDED)
        notify_send(server->notify, "READY=1\nSTATUS=generation %llu",
                    (unsigned long long)reloader_generation(server->reloader)->number);
    if (server->ending)
        uv_stop(&server->loop);
}

static int open_operations(struct server *server)
{
    char error[512];

    if (reloader_open(&server->loop, server->runtime, server->http, server->settings,
                      server->generation, &server->reloader) < 0)
        return EX_OSERR;
    server->generation = NULL;
    reloader_listen(server->reloader, on_reload, server);
    if (operations_open(&server->loop, server->runtime, server->http, server->reloader,
                        &server->operations, error, sizeof(error)) == OBS_OK)
        return EX_OK;
    fprintf(stderr, "observatory: %s\n", error);
    return EX_OSERR;
}

static int start(struct server *server)
{
    int code;

    if (notify_open(&server->notify) < 0)
        obs_log(NULL, OBS_LOG_WARN, "NOTIFY_SOCKET cannot be used, going on without");
    raise_file_limit();
    blame_set_limit(server->settings->runtime.lag_warning_ns);
    image_allow_unloading(server->settings->reload.unload);
    code = open_runtime(server);
    if (code == EX_OK)
        code = start_generation(server);
    if (code == EX_OK)
        code = open_http(server);
    if (code == EX_OK)
        code = open_operations(server);
    return code;
}

static void say_ready(struct server *server)
{
    char addresses[512] = "";
    uint64_t watchdog_ms = notify_watchdog_ms(server->notify);

    http_server_addresses(server->http, addresses, sizeof(addresses));
    obs_log(NULL, OBS_LOG_INFO, "ready: listening on %s; %u workers, %zu plugins, pid %d, %lld ms",
            addresses, server->runtime->n_workers,
            reloader_generation(server->reloader)->n_instances, (int)getpid(),
            (long long)((obs_clock_mono_ns() - server->began_ns) / MS_NS));
    notify_send(server->notify, "READY=1\nSTATUS=listening on %s", addresses);
    if (watchdog_ms > 0)
        uv_timer_start(&server->watchdog, on_watchdog, 0, watchdog_ms);
}

/* ---- end ------------------------------------------------------------------ */

static void on_watch(uv_timer_t *timer)
{
    struct watch *watch = timer->data;

    if (watch->done || http_worker_connections(watch->worker) > 0)
        return;
    watch->done = true;
    uv_timer_stop(timer);
    atomic_fetch_add(&watch->server->n_idle, 1);
    uv_async_send(&watch->server->wake);
}

static struct watch *watch_of(struct post *post, size_t offset)
{
    return (struct watch *)(void *)((char *)post - offset);
}

static void drain_worker(struct post *post)
{
    struct watch *watch = watch_of(post, offsetof(struct watch, drain));

    http_worker_drain(watch->worker);
    uv_timer_init(&watch->worker->loop, &watch->timer);
    watch->timer.data = watch;
    uv_timer_start(&watch->timer, on_watch, /* timeout= */ 0, WATCH_MS);
}

static void cut_worker(struct post *post)
{
    struct watch *watch = watch_of(post, offsetof(struct watch, cut));

    if (watch->timer.data)
        uv_close((uv_handle_t *)&watch->timer, NULL);
    http_worker_close(watch->worker);
    atomic_fetch_add(&watch->server->n_cut, 1);
    uv_async_send(&watch->server->wake);
}

/* Tells every worker without waiting: one may be held by a plugin. */
static void tell_workers(struct server *server, size_t offset, void (*run)(struct post *post))
{
    for (uint32_t i = 0; i < server->runtime->n_workers; i++) {
        struct watch *watch = &server->watches[i];
        struct post *post = (struct post *)(void *)((char *)watch + offset);

        if (!watch->worker)
            continue;
        post->run = run;
        post_queue_push(watch->worker->posts, post);
    }
}

/* Turns the main loop until `done` or the time has come. */
static bool wait_for(struct server *server, bool (*done)(const struct server *server),
                     int64_t until_ns)
{
    int64_t left_ms;

    while (!done(server) && (left_ms = (until_ns - obs_clock_mono_ns()) / MS_NS) > 0) {
        uv_timer_start(&server->timer, on_timer, (uint64_t)left_ms, /* repeat= */ 0);
        uv_run(&server->loop, UV_RUN_DEFAULT);
        uv_timer_stop(&server->timer);
    }
    return done(server);
}

static bool is_idle(const struct server *server)
{
    return atomic_load(&server->n_idle) == server->runtime->n_workers;
}

static bool is_cut(const struct server *server)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < server->runtime->n_workers; i++)
        n += server->watches[i].worker != NULL;
    return atomic_load(&server->n_cut) == n;
}

static bool have_plugins_ended(const struct server *server)
{
    return ending_is_over(server->ending_plugins);
}

static bool is_settled(const struct server *server)
{
    return !reloader_is_busy(server->reloader);
}

static bool has_drained(const struct server *server)
{
    return !reloader_is_draining(server->reloader);
}

static void on_plugins_ended(void *user)
{
    uv_async_send(&((struct server *)user)->wake);
}

static struct generation *in_use(const struct server *server)
{
    return server->reloader ? reloader_generation(server->reloader) : server->generation;
}

static void drain(struct server *server, int64_t deadline_ns)
{
    int64_t half_ns = deadline_ns - in_force(server)->shutdown_timeout_ns / 2;

    atomic_store(&server->runtime->draining, 1);
    notify_send(server->notify, "STOPPING=1\nSTATUS=shutting down");
    reloader_cancel(server->reloader);
    wait_for(server, is_settled, half_ns);
    tell_workers(server, offsetof(struct watch, drain), drain_worker);
    http_server_stop_listening(server->http);
    wait_for(server, is_idle, half_ns);
    if (ending_begin(in_use(server), server->runtime, on_plugins_ended, server,
                     &server->ending_plugins) < 0)
        obs_log(NULL, OBS_LOG_WARN, "no thread to drain the plugins on, stopping them at once");
    if (!wait_for(server, is_idle, deadline_ns))
        obs_log(NULL, OBS_LOG_WARN, "shutdown_timeout is over: cutting off open requests");
}

/* Closes the connections that are left. False when a worker is held by a plugin
 * and cannot be reached. */
static bool cut(struct server *server)
{
    if (!server->watches)
        return true;
    tell_workers(server, offsetof(struct watch, cut), cut_worker);
    if (wait_for(server, is_cut, obs_clock_mono_ns() + CUT_NS))
        return true;
    obs_log(NULL, OBS_LOG_ERROR, "a worker is held by a plugin and does not end; leaving it");
    return false;
}

/* Ends the plugins in use; false when one of them does not. */
static bool stop_plugins(struct server *server, int64_t deadline_ns)
{
    if (!server->ending_plugins)
        return generation_retire(in_use(server), server->runtime, deadline_ns) == OBS_OK;
    ending_stop(server->ending_plugins, deadline_ns);
    if (wait_for(server, have_plugins_ended, deadline_ns + CUT_NS))
        return ending_close(server->ending_plugins);
    obs_log(NULL, OBS_LOG_ERROR, "plugin %s does not stop within shutdown_timeout; leaving it",
            ending_waits_for(server->ending_plugins));
    return false;
}

/* Ends whatever start() began. Returns false when something still runs and
 * nothing may be freed. */
static bool stop(struct server *server)
{
    int64_t deadline_ns = obs_clock_mono_ns() + in_force(server)->shutdown_timeout_ns;
    struct generation *generation = in_use(server);

    stall_close(server->stall);
    if (!cut(server))
        return false;
    operations_close(server->operations);
    if (server->reloader)
        wait_for(server, has_drained, deadline_ns);
    if (server->runtime && !stop_plugins(server, deadline_ns))
        return false;
    if (server->reloader && reloader_is_stuck(server->reloader))
        return false;
    reloader_close(server->reloader);
    runtime_destroy(server->runtime);
    generation_destroy(generation);
    http_server_close(server->http);
    free(server->watches);
    notify_close(server->notify);
    return true;
}

/* Reports how it went, and leaves no thread behind that could touch memory
 * that exit handlers free. */
static void leave_at_once(int code)
{
    log_close();
    _exit(code);
}

int server_run(struct settings *settings, struct generation *generation, int64_t began_ns)
{
    struct server server = {.settings = settings, .generation = generation, .began_ns = began_ns};
    int code;

    if (open_loop(&server) < 0)
        return EX_OSERR;
    code = start(&server);
    if (code == EX_OK) {
        say_ready(&server);
        while (!server.ending)
            uv_run(&server.loop, UV_RUN_DEFAULT);
        drain(&server, obs_clock_mono_ns() + in_force(&server)->shutdown_timeout_ns);
    }
    if (!stop(&server))
        leave_at_once(EX_SOFTWARE);
    if (server.ending)
        obs_log(NULL, OBS_LOG_INFO, "stopped");
    close_loop(&server);
    return code;
}
