/* SPDX-License-Identifier: Apache-2.0 */
/* Structured log. A caller renders its line on its own stack and appends it to
 * the queue of its stream under a lock; the writer swaps the queue for an empty
 * one and writes it in one go. Callers never wait for the disk: what does not
 * fit is dropped, counted, and told when there is room again. */
#include "core/log.h"
#include "core/rfc3339.h"
#include "core/utf8.h"
#include "plugin/instance.h"

#include <observatory/worker.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_BYTES 4096
#define TEXT_BYTES 2048

/* Guarded by log.lock, except `writing`, the writer's own. */
struct stream {
    int fd;
    char *path; /* NULL: stderr */
    char *queue, *writing;
    size_t len;
    uint64_t dropped_now; /* not yet told */
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t filled, drained;
    pthread_t writer;
    struct stream lines, access;
    struct stream *access_to; /* &access, or &lines when they share a target */
    size_t queue_bytes;
    bool open, ending, reopen, json, busy;
    _Atomic uint32_t level;
    _Atomic uint64_t dropped;
} state = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .filled = PTHREAD_COND_INITIALIZER,
    .drained = PTHREAD_COND_INITIALIZER,
    .lines.fd = STDERR_FILENO,
    .level = OBS_LOG_INFO,
};

static const char *const level_names[] = {"error", "warn", "info", "debug"};

/* --- rendering ------------------------------------------------------------- */

struct line {
    char text[LINE_BYTES];
    size_t len;
};

static void put(struct line *l, const char *text, size_t len)
{
    size_t room = sizeof(l->text) - 1 - l->len; /* the newline always fits */

    if (len > room)
        len = room;
    memcpy(l->text + l->len, text, len);
    l->len += len;
}

static void put_str(struct line *l, const char *text)
{
    put(l, text, strlen(text));
}

/* Control characters and, in JSON, quotes are escaped; what is no UTF-8 becomes
 * U+FFFD: one line stays one line and cannot be forged. */
static void put_escaped(struct line *l, const char *text, bool json)
{
    size_t left = strlen(text), n;

    for (; left > 0 && l->len + 8 < sizeof(l->text); text += n, left -= n) {
        unsigned char c = (unsigned char)*text;
        char hex[8];
        n = utf8_sequence(text, left);
        if (n == 0) {
            put_str(l, "\xef\xbf\xbd");
            n = 1;
        } else if (c < 0x20 || c == 0x7f) {
            snprintf(hex, sizeof(hex), json ? "\\u%04x" : "\\x%02x", c);
            put_str(l, hex);
        } else {
            if (json && (c == '"' || c == '\\'))
                put(l, "\\", 1);
            put(l, text, n);
        }
    }
}

static void render(struct line *l, const char *component, uint32_t level, const char *text)
{
    char when[RFC3339_BYTES];

    l->len = 0;
    rfc3339_format(when, obs_clock_wall_ns() / 1000000 * 1000000);
    if (state.json) {
        put_str(l, "{\"ts\":\"");
        put_str(l, when);
        put_str(l, "\",\"level\":\"");
        put_str(l, level_names[level]);
        put_str(l, "\",\"component\":\"");
        put_escaped(l, component, true);
        put_str(l, "\",\"msg\":\"");
        put_escaped(l, text, true);
        l->len = l->len > LINE_BYTES - 4 ? LINE_BYTES - 4 : l->len;
        put_str(l, "\"}");
    } else {
        put_str(l, when);
        put(l, "                         ", 25 - strlen(when));
        put_str(l, level_names[level]);
        put(l, "  ", level == OBS_LOG_WARN || level == OBS_LOG_INFO ? 2 : 1);
        put_escaped(l, component, false);
        put_str(l, ": ");
        put_escaped(l, text, false);
    }
    l->text[l->len++] = '\n';
}

/* --- queue and writer -------------------------------------------------------- */

static void write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nowhere left to complain */
        data += n;
        len -= (size_t)n;
    }
}

/* With the lock held. */
static void append(struct stream *stream, const char *text, size_t len)
{
    if (len > state.queue_bytes - stream->len) {
        stream->dropped_now++;
        atomic_fetch_add(&state.dropped, 1);
        return;
    }
    memcpy(stream->queue + stream->len, text, len);
    stream->len += len;
    if (!state.busy)
        pthread_cond_signal(&state.filled);
}

static void submit(struct stream *stream, const char *text, size_t len)
{
    pthread_mutex_lock(&state.lock);
    if (state.open)
        append(stream, text, len);
    else
        write_all(STDERR_FILENO, text, len);
    pthread_mutex_unlock(&state.lock);
}

static int open_file(const char *path)
{
    return path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640) : STDERR_FILENO;
}

static void reopen_stream(struct stream *stream)
{
    int fd = stream->path ? open_file(stream->path) : -1;

    if (fd < 0)
        return; /* keep the old file: better than none */
    close(stream->fd);
    stream->fd = fd;
}

/* With the lock held; lets go of it while it writes. */
static void drain(struct stream *stream)
{
    char *full = stream->queue;
    size_t len = stream->len;
    uint64_t dropped = stream->dropped_now;
    char told[96];

    if (len == 0 && dropped == 0)
        return;
    stream->queue = stream->writing;
    stream->writing = full;
    stream->len = 0;
    stream->dropped_now = 0;
    pthread_mutex_unlock(&state.lock);
    write_all(stream->fd, full, len);
    if (dropped) {
        int n = snprintf(told, sizeof(told), "%llu log lines were dropped: the queue was full",
                         (unsigned long long)dropped);
        struct line l;
        render(&l, "host", OBS_LOG_WARN, n > 0 ? told : "");
        write_all(stream->fd, l.text, l.len);
    }
    pthread_mutex_lock(&state.lock);
}

static bool waiting(void)
{
    return state.lines.len || state.access.len || state.lines.dropped_now ||
           state.access.dropped_now || state.reopen;
}

static void *write_lines(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&state.lock);
    while (!state.ending || waiting()) {
        while (!waiting() && !state.ending)
            pthread_cond_wait(&state.filled, &state.lock);
        state.busy = true;
        if (state.reopen) {
            state.reopen = false;
            reopen_stream(&state.lines);
            reopen_stream(&state.access);
        }
        drain(&state.lines);
        drain(&state.access);
        state.busy = false;
        pthread_cond_broadcast(&state.drained);
    }
    pthread_mutex_unlock(&state.lock);
    return NULL;
}

/* --- life -------------------------------------------------------------------- */

static void finish_stream(struct stream *stream)
{
    if (stream->path && stream->fd >= 0)
        close(stream->fd);
    free(stream->path);
    free(stream->queue);
    free(stream->writing);
    *stream = (struct stream){.fd = STDERR_FILENO};
}

static int init_stream(struct stream *stream, const char *path, char *error, size_t error_size)
{
    *stream = (struct stream){
        .fd = open_file(path),
        .path = path ? strdup(path) : NULL,
        .queue = malloc(state.queue_bytes),
        .writing = malloc(state.queue_bytes),
    };
    if (stream->fd < 0) {
        snprintf(error, error_size, "log file %s: %s", path, strerror(errno));
        return OBS_E_INVALID;
    }
    if (!stream->queue || !stream->writing || (path && !stream->path)) {
        snprintf(error, error_size, "log: out of memory for the queue");
        return OBS_E_NOMEM;
    }
    return OBS_OK;
}

static int start_writer(void)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&state.writer, NULL, write_lines, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == 0)
        pthread_setname_np(state.writer, "obs-log");
    return rc;
}

int log_open(const struct log_settings *settings, char *error, size_t error_size)
{
    int rc;

    state.queue_bytes = settings->queue_bytes < LINE_BYTES ? LINE_BYTES : settings->queue_bytes;
    state.json = settings->json;
    state.ending = false;
    atomic_store(&state.level, settings->level);
    rc = init_stream(&state.lines, settings->file, error, error_size);
    if (rc == OBS_OK && settings->access_file)
        rc = init_stream(&state.access, settings->access_file, error, error_size);
    if (rc < 0)
        goto fail;
    state.access_to = settings->access_file ? &state.access : &state.lines;
    if (start_writer() != 0) {
        snprintf(error, error_size, "log: no thread for the writer");
        rc = OBS_E_NOMEM;
        goto fail;
    }
    pthread_mutex_lock(&state.lock);
    state.open = true;
    pthread_mutex_unlock(&state.lock);
    return OBS_OK;

fail:
    finish_stream(&state.lines);
    finish_stream(&state.access);
    return rc;
}

void log_close(void)
{
    pthread_mutex_lock(&state.lock);
    if (!state.open) {
        pthread_mutex_unlock(&state.lock);
        return;
    }
    state.open = false;
    state.ending = true;
    pthread_cond_signal(&state.filled);
    pthread_mutex_unlock(&state.lock);
    pthread_join(state.writer, NULL);
    finish_stream(&state.lines);
    finish_stream(&state.access);
}

void log_reopen(void)
{
    pthread_mutex_lock(&state.lock);
    state.reopen = state.open;
    pthread_cond_signal(&state.filled);
    pthread_mutex_unlock(&state.lock);
}

void log_flush(void)
{
    pthread_mutex_lock(&state.lock);
    /* a turn that is under way may have begun before the last line: wait for
     * an idle writer and nothing queued */
    while (state.open && (state.busy || waiting()))
        pthread_cond_wait(&state.drained, &state.lock);
    pthread_mutex_unlock(&state.lock);
}

void log_set_level(uint32_t level)
{
    atomic_store(&state.level, level > OBS_LOG_DEBUG ? OBS_LOG_DEBUG : level);
}

uint32_t log_level(void)
{
    return atomic_load(&state.level);
}

uint64_t log_dropped(void)
{
    return atomic_load(&state.dropped);
}

void log_access(obs_str line)
{
    static const char newline = '\n';

    pthread_mutex_lock(&state.lock);
    if (state.open && line.len < state.queue_bytes - state.access_to->len) {
        append(state.access_to, line.ptr, line.len);
        append(state.access_to, &newline, 1);
    } else {
        atomic_fetch_add(&state.dropped, 1);
        if (state.open)
            state.access_to->dropped_now++;
    }
    pthread_mutex_unlock(&state.lock);
}

/* --- the SDK's functions ------------------------------------------------------- */

int obs_log_enabled(const obs_instance *instance, uint32_t level)
{
    (void)instance;
    return level <= atomic_load_explicit(&state.level, memory_order_relaxed);
}

void obs_log(obs_instance *instance, uint32_t level, const char *format, ...)
{
    char text[TEXT_BYTES];
    struct line line;
    va_list args;

    if (!obs_log_enabled(instance, level))
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    render(&line, instance ? instance->name : "host", level > OBS_LOG_DEBUG ? OBS_LOG_DEBUG : level,
           text);
    submit(&state.lines, line.text, line.len);
}
