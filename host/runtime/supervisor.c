/* SPDX-License-Identifier: Apache-2.0 */
/* All signals that mean something are blocked and taken one at a time by
 * sigtimedwait(), so none can come at a wrong moment. The configuration is read
 * again before each start, because a reload may have changed the addresses. One
 * thread only, no plugin, no loop: what does little does not crash. */
#include "runtime/supervisor.h"

#include "core/log_line.h"
#include "core/log_stream.h"
#include "core/rfc3339.h"
#include "http/inherited.h"
#include "http/server.h"
#include "runtime/backoff.h"
#include "runtime/settings.h"
#include "runtime/supervised.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define MS_NS INT64_C(1000000)
#define SECOND_NS INT64_C(1000000000)
#define BY_SIGNAL 128 /* exit codes from here on stand for signals, as in a shell */

struct supervisor {
    const struct supervisor_spec *spec;
    char program[PATH_MAX];
    struct log_stream log;
    bool json;
    struct backoff backoff;
    struct listener *listeners; /* a list */
    size_t n_listeners;
    sigset_t signals, before; /* taken here; what the child gets */
    pid_t self, child;
    int link; /* to the child; -1: there is none */
    int64_t began_ns;
    uint64_t n_starts;
    bool ending;                            /* TERM or INT came */
    char crashed[SUPERVISOR_MESSAGE_BYTES]; /* how the last child ended, and when */
};

/* ---- log --------------------------------------------------------------------- */

static OBS_PRINTF(3, 4) void say(struct supervisor *s, uint32_t level, const char *format, ...)
{
    static const _Atomic(bool) hurry = true; /* who reads our pipe must not stop us */
    struct log_line line;
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    log_line_render(&line, s->json, obs_clock_wall_ns(), level, obs_str_of("supervisor"),
                    obs_str_of(text));
    (void)log_stream_write(&s->log, line.text, line.len, &hurry); /* nowhere to tell */
}

static int open_log(struct supervisor *s, const struct settings *settings, char *error,
                    size_t error_size)
{
    struct log_stream log;
    int rc = log_stream_open(&log, settings->log.file, error, error_size);

    if (rc < 0)
        return rc;
    log_stream_close(&s->log);
    s->log = log;
    s->json = settings->log.format == 1;
    return OBS_OK;
}

/* ---- listening sockets ----------------------------------------------------------- */

static bool is_wanted(const struct listener *l, const obs_str_list *listen)
{
    for (size_t i = 0; i < listen->count; i++)
        if (obs_str_is(listen->items[i], l->configured))
            return true;
    return false;
}

/* Whether the child has shut it down, because a reload removed its address. */
static bool is_dead(const struct listener *l)
{
    struct pollfd state = {.fd = l->fd, .events = POLLRDHUP};

    return poll(&state, 1, /* timeout= */ 0) > 0 &&
           (state.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

/* Releases those that are not `listen`'s, all for NULL. */
static void release_listeners(struct supervisor *s, const obs_str_list *listen)
{
    struct listener **at = &s->listeners;

    while (*at) {
        struct listener *l = *at;

        if (listen && is_wanted(l, listen) && !is_dead(l)) {
            at = &l->next;
            continue;
        }
        *at = l->next;
        s->n_listeners--;
        listener_release(l);
    }
}

static bool is_open(const struct supervisor *s, obs_str address)
{
    const struct listener *l = s->listeners;

    while (l && !obs_str_is(address, l->configured))
        l = l->next;
    return l != NULL;
}

/* Opens what is missing. The child opens addresses over INHERITED_MAX itself. */
static int open_listeners(struct supervisor *s, const struct settings *settings, char *error,
                          size_t error_size)
{
    const obs_str_list *listen = &settings->listen;
    int rc = OBS_OK;

    for (size_t i = 0; i < listen->count && s->n_listeners < INHERITED_MAX; i++) {
        struct listener *l;

        if (is_open(s, listen->items[i]))
            continue;
        rc = listener_open(listen->items[i], settings->http.backlog, &l, error, error_size);
        if (rc < 0)
            return rc;
        l->next = s->listeners;
        s->listeners = l;
        s->n_listeners++;
    }
    return rc;
}

/* ---- settings -------------------------------------------------------------------- */

static int apply(struct supervisor *s, const struct settings *settings, char *error,
                 size_t error_size)
{
    int rc = open_log(s, settings, error, error_size);

    s->backoff.first_ns = settings->supervise.delay_ns;
    s->backoff.most_ns = settings->supervise.max_delay_ns;
    s->backoff.reset_ns = settings->supervise.reset_after_ns;
    release_listeners(s, &settings->listen);
    return rc < 0 ? rc : open_listeners(s, settings, error, error_size);
}

/* Before the first start everything must be right. Returns an exit code. */
static int begin(struct supervisor *s)
{
    struct settings *settings = settings_load(s->spec->config, s->spec->sets, s->spec->n_sets);
    char error[512] = "out of memory";
    int code = EX_OSERR;

    if (settings && !settings_are_good(settings))
        code = EX_CONFIG;
    else if (settings && apply(s, settings, error, sizeof(error)) == OBS_OK)
        code = EX_OK;
    else
        fprintf(stderr, "observatory: %s\n", error);
    inherited_close();
    settings_release(settings);
    return code;
}

/* Before any other start what was, goes on; of a configuration that has become
 * wrong the child complains. */
static void refresh(struct supervisor *s)
{
    struct settings *settings = settings_load(s->spec->config, s->spec->sets, s->spec->n_sets);
    char error[512];

    if (settings && settings->errors.count == 0 && apply(s, settings, error, sizeof(error)) < 0)
        say(s, OBS_LOG_ERROR, "%s; going on without", error);
    settings_release(settings);
}

/* ---- starting the child ------------------------------------------------------------ */

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "observatory: %s: %s\n", what, strerror(errno));
    _exit(EX_OSERR);
}

/* Moves the descriptors to where sd_listen_fds(3) has them, and the link behind
 * them; first out of the way, since some may be in the place of others. */
static void place_descriptors(const struct supervisor *s, int link)
{
    const int n = (int)s->n_listeners;
    int high[INHERITED_MAX + 1];
    int i = 0;

    for (const struct listener *l = s->listeners; l; l = l->next)
        high[i++] = fcntl(l->fd, F_DUPFD_CLOEXEC, INHERITED_FIRST_FD + n + 1);
    high[i] = fcntl(link, F_DUPFD_CLOEXEC, INHERITED_FIRST_FD + n + 1);
    for (i = 0; i <= n; i++)
        if (dup2(high[i], INHERITED_FIRST_FD + i) < 0)
            give_up("descriptors for the server");
}

static void set_environment(const struct supervisor *s)
{
    char names[INHERITED_MAX * INHERITED_NAME_BYTES] = "";
    char text[64];
    size_t len = 0;

    for (const struct listener *l = s->listeners; l; l = l->next) {
        char name[INHERITED_NAME_BYTES];

        inherited_name(obs_str_of(l->configured), name);
        len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", len ? ":" : "", name);
    }
    setenv("LISTEN_FDNAMES", names, /* overwrite= */ 1);
    snprintf(text, sizeof(text), "%zu", s->n_listeners);
    setenv("LISTEN_FDS", text, /* overwrite= */ 1);
    snprintf(text, sizeof(text), "%d", (int)getpid());
    setenv("LISTEN_PID", text, /* overwrite= */ 1);
    snprintf(text, sizeof(text), "%d %d", (int)s->self, INHERITED_FIRST_FD + (int)s->n_listeners);
    setenv(SUPERVISOR_VARIABLE, text, /* overwrite= */ 1);
}

/* In the child: becomes the server. A group of its own keeps an interrupt at the
 * terminal from coming twice, by the kernel and by us. */
static _Noreturn void become_server(const struct supervisor *s, int link)
{
    const char **argv = calloc(2 * s->spec->n_sets + 5, sizeof(*argv));
    size_t n = 0;

    if (!argv)
        give_up("arguments for the server");
    argv[n++] = "observatory";
    argv[n++] = "--config";
    argv[n++] = s->spec->config;
    for (size_t i = 0; i < s->spec->n_sets; i++) {
        argv[n++] = "--set";
        argv[n++] = s->spec->sets[i];
    }
    argv[n++] = "serve";
    (void)setpgid(0, 0);
    place_descriptors(s, link);
    set_environment(s);
    sigprocmask(SIG_SETMASK, &s->before, NULL);
    execv(s->program, (char **)argv);
    give_up(s->program);
}

static int start_child(struct supervisor *s)
{
    int link[2];
    int rc;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, link) < 0)
        return -errno;
    if (s->crashed[0])
        (void)!send(link[0], s->crashed, strlen(s->crashed), MSG_NOSIGNAL);
    s->began_ns = obs_clock_mono_ns();
    s->n_starts++;
    s->child = fork();
    if (s->child == 0)
        become_server(s, link[1]);
    rc = s->child < 0 ? -errno : 0;
    close(link[1]);
    if (rc < 0) {
        close(link[0]);
        return rc;
    }
    s->link = link[0];
    say(s, OBS_LOG_INFO, "the server runs as process %d", (int)s->child);
    return 0;
}

/* ---- waiting --------------------------------------------------------------------- */

/* Takes every child that has ended, also those that are ours only because we are
 * the first process of a container. True when the server was among them. */
static bool reap(const struct supervisor *s, int *ret_status)
{
    bool found = false;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != s->child)
            continue;
        *ret_status = status;
        found = true;
    }
    return found;
}

static void note_signal(struct supervisor *s, int signal_number)
{
    if (signal_number == SIGUSR1)
        log_stream_reopen(&s->log);
    if (signal_number == SIGTERM || signal_number == SIGINT)
        s->ending = true;
}

/* Until the child has ended; returns how. */
static int wait_child(struct supervisor *s)
{
    int status = 0;

    for (;;) {
        int signal_number = sigwaitinfo(&s->signals, /* info= */ NULL);

        if (signal_number == SIGCHLD && reap(s, &status))
            return status;
        if (signal_number <= 0 || signal_number == SIGCHLD)
            continue;
        note_signal(s, signal_number);
        kill(s->child, signal_number);
    }
}

/* Until it is time for the next start, or HUP wants it now. */
static void wait_for_next(struct supervisor *s, int64_t wait_ns)
{
    int64_t until_ns = obs_clock_mono_ns() + wait_ns;
    int64_t left_ns;

    while (!s->ending && (left_ns = until_ns - obs_clock_mono_ns()) > 0) {
        const struct timespec left = {.tv_sec = left_ns / SECOND_NS,
                                      .tv_nsec = left_ns % SECOND_NS};
        int signal_number = sigtimedwait(&s->signals, /* info= */ NULL, &left);
        int status;

        if (signal_number == SIGHUP)
            return;
        if (signal_number == SIGCHLD)
            (void)reap(s, &status);
        else if (signal_number > 0)
            note_signal(s, signal_number);
    }
}

/* ---- the end of a child ------------------------------------------------------------ */

static int exit_code(int status)
{
    return WIFSIGNALED(status) ? BY_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

/* "SIGSEGV in plugin hello", from its own last words if it had any. */
static void describe(const struct supervisor *s, int status, char *text, size_t size)
{
    char last[SUPERVISOR_MESSAGE_BYTES];
    ssize_t n;

    if (WIFSIGNALED(status))
        snprintf(text, size, "SIG%s", sigabbrev_np(WTERMSIG(status)));
    else
        snprintf(text, size, "exit code %d", WEXITSTATUS(status));
    while ((n = recv(s->link, last, sizeof(last), MSG_DONTWAIT)) > 0)
        if (WIFSIGNALED(status))
            snprintf(text, size, "%.*s", (int)n, last);
}

static bool is_final(const struct supervisor *s, int code)
{
    return s->ending || code == EX_OK ||
           (s->n_starts == 1 && (code == EX_CONFIG || code == EX_USAGE));
}

/* Logs the end and returns how long to wait before the next start; below 0: there
 * is none. */
static int64_t judge(struct supervisor *s, int status)
{
    int64_t lived_ns = obs_clock_mono_ns() - s->began_ns;
    char how[SUPERVISOR_MESSAGE_BYTES / 2], when[RFC3339_BYTES];
    int64_t wait_ns;

    describe(s, status, how, sizeof(how));
    if (is_final(s, exit_code(status))) {
        say(s, status == 0 ? OBS_LOG_INFO : OBS_LOG_ERROR,
            "the server (process %d) ended after %.1f s: %s", (int)s->child, (double)lived_ns / 1e9,
            how);
        return -1;
    }
    wait_ns = backoff_next(&s->backoff, lived_ns);
    say(s, OBS_LOG_ERROR, "the server (process %d) ended after %.1f s: %s; next start in %lld ms",
        (int)s->child, (double)lived_ns / 1e9, how, (long long)(wait_ns / MS_NS));
    rfc3339_format_ms(when, obs_clock_wall_ns());
    snprintf(s->crashed, sizeof(s->crashed), "%s at %s", how, when);
    return wait_ns;
}

/* Runs one child to its end. Returns as judge(), and its exit code. */
static int64_t run_child(struct supervisor *s, int *ret_code)
{
    int rc = start_child(s);
    int64_t wait_ns;
    int status;

    if (rc < 0) {
        wait_ns = backoff_next(&s->backoff, /* lasted_ns= */ 0);
        say(s, OBS_LOG_ERROR, "no process for the server: %s; next try in %lld ms", strerror(-rc),
            (long long)(wait_ns / MS_NS));
        return wait_ns;
    }
    status = wait_child(s);
    wait_ns = judge(s, status);
    close(s->link);
    *ret_code = exit_code(status);
    return wait_ns;
}

/* One after the other. Returns the exit code of the last one. */
static int run_children(struct supervisor *s)
{
    int code = EX_OK;
    int64_t wait_ns;

    while ((wait_ns = run_child(s, &code)) >= 0) {
        wait_for_next(s, wait_ns);
        if (s->ending)
            return EX_OK; /* nothing runs that could end otherwise */
        refresh(s);
    }
    return code;
}

/* ---- life ------------------------------------------------------------------------ */

static void block_signals(struct supervisor *s)
{
    static const int taken[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
    sigset_t blocked;

    sigemptyset(&s->signals);
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        sigaddset(&s->signals, taken[i]);
    blocked = s->signals;
    sigaddset(&blocked, SIGPIPE); /* of a log that nobody reads any more */
    sigprocmask(SIG_BLOCK, &blocked, &s->before);
    signal(SIGCHLD, SIG_DFL); /* ignored, it would keep ends from us */
}

/* The path and not the file that runs: an upgrade takes effect with the next
 * start. */
static int find_program(struct supervisor *s)
{
    ssize_t n = readlink("/proc/self/exe", s->program, sizeof(s->program) - 1);

    if (n < 0) {
        fprintf(stderr, "observatory: /proc/self/exe: %s\n", strerror(errno));
        return EX_OSERR;
    }
    s->program[n] = '\0';
    return EX_OK;
}

int supervisor_run(const struct supervisor_spec *spec)
{
    struct supervisor s = {
        .spec = spec, .log = {.fd = STDERR_FILENO}, .self = getpid(), .link = -1};
    int code = find_program(&s);

    block_signals(&s);
    if (code == EX_OK)
        code = begin(&s);
    if (code == EX_OK)
        code = run_children(&s);
    release_listeners(&s, /* listen= */ NULL);
    log_stream_close(&s.log);
    return code;
}
