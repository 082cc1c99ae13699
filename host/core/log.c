/* SPDX-License-Identifier: Apache-2.0 */
/* Structured log. A caller renders its line on its own stack and appends it to
 * its queue under a lock; the writer swaps the queue for an empty one and writes
 * it in one go. Callers never wait for the disk: what does not fit is dropped,
 * counted, and told when there is room again. After the first line the writer
 * waits for more, so that a busy server wakes it some hundred times a second
 * and not once a request. */
#include "core/log.h"
#include "core/log_line.h"
#include "core/log_stream.h"
#include "core/spawn.h"
#include "plugin/instance.h"

#include <observatory/worker.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TEXT_BYTES 2048
#define LINGER_NS (INT64_C(2) * 1000000)
#define PATIENCE_NS (INT64_C(3) * 1000000000)

/* Guarded by state.lock, except `writing` and `to`, the writer's own. */
struct queue {
    char *filling, *writing;
    size_t len;
    uint64_t dropped; /* not yet told */
    struct log_stream to;
};

enum doze { AWAKE, LINGERING, IDLE };

struct log_change {
    bool json;
    uint32_t level;
    struct log_stream lines, access;
    bool has_access;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake, drained; /* exist while `open` */
    pthread_t writer;
    struct queue lines, access;
    struct queue *access_to; /* &access, or &lines when they share a target */
    size_t queue_bytes;
    struct log_change *change; /* for the writer to apply */
    enum doze doze;
    bool open, reopen, flush, ended;
    _Atomic bool json; /* read without the lock */
    bool hung;         /* a writer was given up: its queues are not ours any more */
    _Atomic bool ending;
    _Atomic uint64_t lost; /* all that were dropped or not written */
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Where the first error of this thread goes, too. */
static _Thread_local struct {
    char *text;
    size_t size;
} captured;

/* --- queue -------------------------------------------------------------------- */

static void count_dropped(struct queue *queue)
{
    queue->dropped++;
    atomic_fetch_add_explicit(&state.lost, 1, memory_order_relaxed);
}

/* With the lock held: room for a line of `len` bytes, NULL when it is dropped. */
static char *reserve(struct queue *queue, size_t len)
{
    char *to = queue->filling + queue->len;

    if (len > state.queue_bytes - queue->len) {
        count_dropped(queue);
        return NULL;
    }
    queue->len += len;
    if (state.doze == IDLE || (state.doze == LINGERING && queue->len > state.queue_bytes / 2)) {
        state.doze = AWAKE; /* one signal is enough */
        pthread_cond_signal(&state.wake);
    }
    return to;
}

static void submit(const struct log_line *line)
{
    _Atomic(bool) hurry = true;
    char *to;

    pthread_mutex_lock(&state.lock);
    if (state.open) {
        to = reserve(&state.lines, line->len);
        if (to)
            memcpy(to, line->text, line->len);
    } else {
        struct log_stream to_stderr = {.fd = STDERR_FILENO};
        (void)log_stream_write(&to_stderr, line->text, line->len, &hurry); /* nowhere to tell */
    }
    pthread_mutex_unlock(&state.lock);
}

/* --- writer ------------------------------------------------------------------- */

static struct timespec in_ns(int64_t ns)
{
    int64_t at = obs_clock_mono_ns() + ns;

    return (struct timespec){.tv_sec = at / 1000000000, .tv_nsec = at % 1000000000};
}

static void tell_dropped(uint64_t dropped)
{
    struct log_line line;
    char text[96];

    snprintf(text, sizeof(text), "%llu log lines were dropped: the queue was full",
             (unsigned long long)dropped);
    log_line_render(&line, state.json, obs_clock_wall_ns(), OBS_LOG_WARN, obs_str_of("host"),
                    obs_str_of(text));
    (void)log_stream_write(&state.lines.to, line.text, line.len, &state.ending);
}

/* With the lock held; lets go of it while it writes. */
static void drain(struct queue *queue)
{
    char *full = queue->filling;
    size_t len = queue->len;
    uint64_t dropped = queue->dropped, lost;

    if (len == 0 && dropped == 0)
        return;
    queue->filling = queue->writing;
    queue->writing = full;
    queue->len = 0;
    queue->dropped = 0;
    pthread_mutex_unlock(&state.lock);
    lost = log_stream_write(&queue->to, full, len, &state.ending);
    atomic_fetch_add_explicit(&state.lost, lost, memory_order_relaxed);
    if (dropped)
        tell_dropped(dropped);
    pthread_mutex_lock(&state.lock);
}

static bool waiting(void)
{
    return state.lines.len || state.access.len || state.lines.dropped || state.access.dropped ||
           state.reopen || state.change;
}

static bool pressing(void)
{
    return atomic_load(&state.ending) || state.flush || state.reopen || state.change;
}

/* With the lock held: until there is something, and then for a moment more. */
static void doze(void)
{
    struct timespec until;

    while (!waiting() && !pressing()) {
        state.doze = IDLE;
        pthread_cond_wait(&state.wake, &state.lock);
    }
    until = in_ns(LINGER_NS);
    state.doze = LINGERING;
    while (state.doze == LINGERING && !pressing())
        if (pthread_cond_timedwait(&state.wake, &state.lock, &until) != 0)
            break;
    state.doze = AWAKE;
}

static void swap_stream(struct log_stream *to, struct log_stream *from)
{
    struct log_stream old = *to;

    *to = *from;
    *from = old;
}

/* With the lock held: what was queued before goes to the old files. */
static void apply_change(void)
{
    struct log_change *change = state.change;

    if (!change)
        return;
    drain(&state.lines);
    drain(&state.access);
    state.change = NULL;
    swap_stream(&state.lines.to, &change->lines);
    swap_stream(&state.access.to, &change->access);
    state.access_to = change->has_access ? &state.access : &state.lines;
    state.json = change->json;
    log_change_cancel(change);
}

static void *write_lines(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&state.lock);
    while (!atomic_load(&state.ending) || waiting()) {
        bool flushing;
        doze();
        flushing = state.flush;
        if (state.reopen) {
            state.reopen = false;
            pthread_mutex_unlock(&state.lock);
            log_stream_reopen(&state.lines.to);
            log_stream_reopen(&state.access.to);
            pthread_mutex_lock(&state.lock);
        }
        apply_change();
        drain(&state.lines);
        drain(&state.access);
        if (flushing) { /* asked before this turn began, so what it was about is written */
            state.flush = false;
            pthread_cond_broadcast(&state.drained);
        }
    }
    state.ended = true;
    state.flush = false;
    pthread_cond_broadcast(&state.drained);
    pthread_mutex_unlock(&state.lock);
    return NULL;
}

/* --- life --------------------------------------------------------------------- */

static void finish_queue(struct queue *queue)
{
    log_stream_close(&queue->to);
    free(queue->filling);
    free(queue->writing);
    *queue = (struct queue){.to.fd = STDERR_FILENO};
}

static int init_queue(struct queue *queue, const char *path, char *error, size_t error_size)
{
    int rc;

    *queue =
        (struct queue){.filling = malloc(state.queue_bytes), .writing = malloc(state.queue_bytes)};
    rc = log_stream_open(&queue->to, path, error, error_size);
    if (rc == OBS_OK && (!queue->filling || !queue->writing)) {
        snprintf(error, error_size, "log: out of memory for the queue");
        rc = OBS_E_NOMEM;
    }
    return rc;
}

static int start_writer(void)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&state.wake, &monotonic);
    pthread_cond_init(&state.drained, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return spawn(&state.writer, "obs-log", write_lines, /* arg= */ NULL);
}

int log_open(const struct log_settings *settings, char *error, size_t error_size)
{
    int rc;

    if (state.hung) {
        snprintf(error, error_size, "log: the writer hangs");
        return OBS_E_BUSY;
    }
    state.queue_bytes =
        settings->queue_bytes < LOG_LINE_BYTES ? LOG_LINE_BYTES : settings->queue_bytes;
    state.json = settings->json;
    state.reopen = state.flush = state.ended = false;
    atomic_store(&state.ending, false);
    log_set_level(settings->level);
    rc = init_queue(&state.lines, settings->file, error, error_size);
    if (rc == OBS_OK)
        rc = init_queue(&state.access, settings->access_file, error, error_size);
    if (rc < 0)
        goto fail;
    state.access_to = settings->access_file ? &state.access : &state.lines;
    rc = start_writer();
    if (rc < 0) {
        snprintf(error, error_size, "log: no thread for the writer");
        goto fail;
    }
    pthread_mutex_lock(&state.lock);
    state.open = true;
    pthread_mutex_unlock(&state.lock);
    return OBS_OK;

fail:
    finish_queue(&state.lines);
    finish_queue(&state.access);
    return rc;
}

/* With the lock held. False when the writer hangs. */
static bool wait_for(const bool *done, bool wanted)
{
    struct timespec until = in_ns(PATIENCE_NS);

    while (*done != wanted)
        if (pthread_cond_timedwait(&state.drained, &state.lock, &until) != 0)
            return *done == wanted;
    return true;
}

void log_close(void)
{
    bool ended;

    pthread_mutex_lock(&state.lock);
    if (!state.open) {
        pthread_mutex_unlock(&state.lock);
        return;
    }
    state.open = false;
    atomic_store(&state.ending, true);
    pthread_cond_signal(&state.wake);
    ended = wait_for(&state.ended, true);
    pthread_mutex_unlock(&state.lock);
    if (!ended) { /* it blocks in a write */
        state.hung = true;
        pthread_detach(state.writer);
        return;
    }
    pthread_join(state.writer, NULL);
    pthread_cond_destroy(&state.wake);
    pthread_cond_destroy(&state.drained);
    finish_queue(&state.lines);
    finish_queue(&state.access);
}

int log_change_open(const struct log_settings *settings, struct log_change **ret_change,
                    char *error, size_t error_size)
{
    struct log_change *change = calloc(1, sizeof(*change));
    int rc;

    if (!change) {
        snprintf(error, error_size, "log: out of memory");
        return OBS_E_NOMEM;
    }
    change->json = settings->json;
    change->level = settings->level;
    change->has_access = settings->access_file != NULL;
    rc = log_stream_open(&change->lines, settings->file, error, error_size);
    if (rc == OBS_OK)
        rc = log_stream_open(&change->access, settings->access_file, error, error_size);
    if (rc < 0)
        log_change_cancel(change);
    else
        *ret_change = change;
    return rc;
}

void log_change_commit(struct log_change *change)
{
    struct log_change *unapplied;

    log_set_level(change->level);
    pthread_mutex_lock(&state.lock);
    unapplied = state.open ? state.change : change;
    if (state.open) {
        state.change = change;
        state.flush = true;
        pthread_cond_signal(&state.wake);
        (void)wait_for(&state.flush, false); /* a writer that hangs takes it over later */
    }
    pthread_mutex_unlock(&state.lock);
    log_change_cancel(unapplied);
}

void log_change_cancel(struct log_change *change)
{
    if (!change)
        return;
    log_stream_close(&change->lines);
    log_stream_close(&change->access);
    free(change);
}

void log_reopen(void)
{
    pthread_mutex_lock(&state.lock);
    if (state.open) {
        state.reopen = true;
        pthread_cond_signal(&state.wake);
    }
    pthread_mutex_unlock(&state.lock);
}

void log_flush(void)
{
    pthread_mutex_lock(&state.lock);
    if (state.open) {
        state.flush = true;
        pthread_cond_signal(&state.wake);
        (void)wait_for(&state.flush, false); /* a writer that hangs must not hang others */
    }
    pthread_mutex_unlock(&state.lock);
}

void log_capture(char *text, size_t size)
{
    captured.text = text;
    captured.size = size;
}

/* Reads what its writer may be changing: a line in the wrong place is better than
 * none, and a lock may never come free again. */
void log_at_once(uint32_t level, obs_str text)
{
    const int log_fd = state.open ? state.lines.to.fd : STDERR_FILENO;
    struct log_line line;

    log_line_render(&line, state.json, obs_clock_wall_ns(), level, obs_str_of("host"), text);
    (void)!write(STDERR_FILENO, line.text, line.len);
    if (log_fd != STDERR_FILENO)
        (void)!write(log_fd, line.text, line.len);
}

uint64_t log_dropped(void)
{
    return atomic_load(&state.lost);
}

bool log_is_json(void)
{
    return state.json;
}

void log_access(obs_str line)
{
    char *to;

    pthread_mutex_lock(&state.lock);
    if (state.open) {
        to = reserve(state.access_to, line.len + 1);
        if (to) {
            memcpy(to, line.ptr, line.len);
            to[line.len] = '\n';
        }
    } else {
        atomic_fetch_add(&state.lost, 1);
    }
    pthread_mutex_unlock(&state.lock);
}

/* --- the SDK's function --------------------------------------------------------- */

/* Cuts text that vsnprintf() had no room for at a character, and shows it. */
static size_t cut(char *text, size_t size)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    size_t len = size - sizeof(ellipsis);

    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    memcpy(text + len, ellipsis, sizeof(ellipsis));
    return len + sizeof(ellipsis) - 1;
}

void obs_log(obs_instance *instance, uint32_t level, const char *format, ...)
{
    struct log_line line;
    char text[TEXT_BYTES];
    va_list args;
    size_t len;
    int n;

    if (!obs_log_enabled(instance, level))
        return;
    va_start(args, format);
    n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n < 0)
        return;
    len = (size_t)n < sizeof(text) ? (size_t)n : cut(text, sizeof(text));
    if (level == OBS_LOG_ERROR && captured.text && !captured.text[0])
        snprintf(captured.text, captured.size, "%s", text);
    log_line_render(&line, state.json, obs_clock_wall_ns(), level,
                    obs_str_of(instance ? instance->name : "host"), obs_str_n(text, len));
    submit(&line);
}
