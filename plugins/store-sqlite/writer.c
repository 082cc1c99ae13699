/* SPDX-License-Identifier: Apache-2.0 */
/* Group commit. No lingering: while one transaction is written the next ones
 * queue up, so the batch grows with the load by itself. An error of the database
 * fails the whole transaction and everyone in it; an error in one request fails
 * that one alone, since each is then tried by itself. */
#include "writer.h"
#include "insert.h"
#include "schema.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PROBE_S 1 /* between looks whether a failing database works again */

/* Queued, then in a transaction, then on its way back to its worker. */
struct job {
    struct job *next;
    struct writer *writer;
    obs_worker *worker;
    const obs_span *spans; /* NULL: a record */
    size_t n_spans, bytes;
    obs_merge_fn merge; /* NULL: what is there stays */
    obs_append_fn append_done;
    obs_append_result result;
    obs_str space, key, value, existing; /* in this allocation, but `existing` */
    uint32_t flags;
    obs_record_fn record_done;
    void *user;
};

struct writer {
    obs_instance *instance;
    const struct settings *settings;
    obs_thread *thread;
    sqlite3 *db;
    struct insert insert;
    int health; /* last error told, OBS_OK: healthy */
    obs_series *batch, *queue, *commit_s;

    pthread_mutex_t lock; /* for all below */
    pthread_cond_t filled;
    struct job *first, **last;
    size_t queued_spans;
    uint64_t queued_bytes;
    bool ending;
};

/* --- queue ---------------------------------------------------------------------- */

static size_t span_bytes(const obs_span *s)
{
    return sizeof(*s) + s->input_text.len + s->output_text.len + s->input_messages.len +
           s->output_messages.len + s->attributes.len + s->resource_attributes.len + s->events.len +
           s->links.len;
}

static int enqueue(struct writer *w, struct job *job)
{
    int rc = OBS_OK;

    pthread_mutex_lock(&w->lock);
    if (w->ending)
        rc = OBS_E_CLOSED;
    else if (w->first && (w->queued_spans + job->n_spans > (size_t)w->settings->queue_spans ||
                          w->queued_bytes + job->bytes > w->settings->queue_bytes))
        rc = OBS_E_BUSY; /* a request larger than the queue passes when it is alone */
    if (rc == OBS_OK) {
        *w->last = job;
        w->last = &job->next;
        w->queued_spans += job->n_spans;
        w->queued_bytes += job->bytes;
        obs_series_set(w->queue, (double)w->queued_spans);
        pthread_cond_signal(&w->filled);
    }
    pthread_mutex_unlock(&w->lock);
    return rc;
}

/* Takes the oldest of what is queued, up to commit_max_spans but at least one
 * request. */
static struct job *take_batch(struct writer *w)
{
    struct job *first = w->first, *job = first;
    size_t spans = 0;

    for (;;) {
        spans += job->n_spans;
        w->queued_spans -= job->n_spans;
        w->queued_bytes -= job->bytes;
        if (!job->next || spans + job->next->n_spans > (size_t)w->settings->commit_max_spans)
            break;
        job = job->next;
    }
    w->first = job->next;
    if (!w->first)
        w->last = &w->first;
    job->next = NULL;
    obs_series_set(w->queue, (double)w->queued_spans);
    obs_series_observe(w->batch, (double)spans);
    return first;
}

/* Waits for work, while unhealthy for PROBE_S at most. False: the end, and then
 * nothing is left. */
static bool wait_for_work(struct writer *w, struct job **ret_jobs)
{
    struct timespec until;
    bool going;
    int rc = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PROBE_S;
    pthread_mutex_lock(&w->lock);
    while (!w->first && !w->ending && rc == 0)
        rc = w->health == OBS_OK ? pthread_cond_wait(&w->filled, &w->lock)
                                 : pthread_cond_timedwait(&w->filled, &w->lock, &until);
    going = w->first || !w->ending;
    *ret_jobs = w->first ? take_batch(w) : NULL;
    pthread_mutex_unlock(&w->lock);
    return going;
}

/* --- answers ---------------------------------------------------------------------- */

static void forget_existing(struct job *job)
{
    free((char *)(uintptr_t)job->existing.ptr);
    job->existing = obs_str_n(NULL, 0);
}

/* 1 for an error that lies in what was to be written, not in the database. */
static bool is_of_request(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_NOMEM:
        return true;
    default:
        return false;
    }
}

static void answer(void *arg)
{
    struct job *job = arg;

    if (job->spans)
        job->append_done(&job->result, job->user);
    else if (job->result.error == OBS_OK && job->existing.ptr)
        job->record_done(OBS_E_CONFLICT, job->existing, job->user);
    else
        job->record_done(job->result.error, job->value, job->user);
    forget_existing(job);
    free(job);
}

/* An answer must not get lost for want of memory: wait until there is some. */
static void send_answer(struct writer *w, struct job *job, int error)
{
    if (error < 0)
        job->result.n_stored = job->result.n_repeated = 0;
    job->result.error = error;
    while (obs_post(w->instance, job->worker, answer, job) < 0)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static void send_answers(struct writer *w, struct job *jobs, int error)
{
    while (jobs) {
        struct job *next = jobs->next; /* the answer frees the job */
        send_answer(w, jobs, error);
        jobs = next;
    }
}

/* Tells operators once when the state of the database changes: `rc` is SQLite's,
 * `error` what it means. */
static void report(struct writer *w, int rc, int error)
{
    if (error == w->health)
        return;
    w->health = error;
    if (error == OBS_OK)
        obs_health_report(w->instance, "database", OBS_HEALTHY, "writing works");
    else
        obs_health_report(w->instance, "database", OBS_UNHEALTHY,
                          "writing failed, spans are refused until it works again: %s",
                          sqlite3_errstr(rc));
}

/* --- transactions ------------------------------------------------------------------- */

static int write_job(struct writer *w, struct job *job)
{
    int rc = SQLITE_OK, is_new;

    if (!job->spans)
        return insert_record(&w->insert, job->space, job->key, job->value, job->flags,
                             &job->existing);
    job->result.n_stored = job->result.n_repeated = 0;
    for (size_t i = 0; i < job->n_spans && rc == SQLITE_OK; i++) {
        rc = insert_span(&w->insert, obs_span_at(job->spans, i), &is_new);
        if (rc == SQLITE_OK && is_new)
            job->result.n_stored++;
        else if (rc == SQLITE_OK)
            job->result.n_repeated++;
    }
    return rc;
}

/* One transaction of the jobs from `first` up to but without `end`. Returns a
 * SQLite result code; unless it is SQLITE_OK, nothing was written. `ret_error`
 * gets what it means, which cannot be told any more after the rollback. */
static int transact(struct writer *w, struct job *first, const struct job *end, int *ret_error)
{
    int64_t start_ns = obs_clock_mono_ns();
    int rc = db_run(w->db, "BEGIN IMMEDIATE");

    for (struct job *job = first; job != end && rc == SQLITE_OK; job = job->next)
        rc = write_job(w, job);
    if (rc == SQLITE_OK)
        rc = db_run(w->db, "COMMIT");
    *ret_error = db_error(w->db, rc);
    if (!is_of_request(rc))
        report(w, rc, *ret_error);
    if (rc != SQLITE_OK && !sqlite3_get_autocommit(w->db))
        (void)db_run(w->db, "ROLLBACK"); /* SQLite may have done it already */
    obs_series_observe(w->commit_s, (double)(obs_clock_mono_ns() - start_ns) / 1e9);
    return rc;
}

static void commit(struct writer *w, struct job *jobs)
{
    int error, rc = transact(w, jobs, NULL, &error);

    if (!is_of_request(rc)) {
        send_answers(w, jobs, error);
        return;
    }
    while (jobs) { /* one of them is at fault: only it shall fail */
        struct job *next = jobs->next;
        forget_existing(jobs);
        (void)transact(w, jobs, next, &error); /* `error` says it */
        send_answer(w, jobs, error);
        jobs = next;
    }
}

/* Nobody sends spans to a server that is not ready, so recovery has to be looked
 * for: something as large as a small batch is written and removed again. */
static void probe(struct writer *w)
{
    int rc = db_run(w->db, "REPLACE INTO records VALUES('store-sqlite','probe',zeroblob(65536))");

    if (rc == SQLITE_OK)
        rc = db_run(w->db, "DELETE FROM records WHERE space='store-sqlite' AND key='probe'");
    report(w, rc, db_error(w->db, rc));
}

static void run(void *arg)
{
    struct writer *w = arg;
    struct job *jobs;

    while (wait_for_work(w, &jobs))
        if (jobs)
            commit(w, jobs);
        else
            probe(w);
}

/* --- calls ------------------------------------------------------------------------------ */

int writer_append(struct writer *writer, const obs_span *spans, size_t n, obs_merge_fn merge,
                  obs_worker *worker, obs_append_fn done, void *user)
{
    struct job *job = calloc(1, sizeof(*job));
    int rc;

    if (!job)
        return OBS_E_NOMEM;
    job->writer = writer;
    job->worker = worker;
    job->spans = spans;
    job->n_spans = n;
    job->merge = merge;
    job->append_done = done;
    job->user = user;
    job->result.size = sizeof(job->result);
    for (size_t i = 0; i < n; i++)
        job->bytes += span_bytes(obs_span_at(spans, i));
    rc = enqueue(writer, job);
    if (rc < 0)
        free(job);
    return rc;
}

/* Copies `s` to `*at` and moves on. */
static obs_str copy(char **at, obs_str s)
{
    obs_str c = obs_str_n(*at, s.len);

    if (s.len)
        memcpy(*at, s.ptr, s.len);
    *at += s.len;
    return c;
}

int writer_put(struct writer *writer, obs_str space, obs_str key, obs_str value, uint32_t flags,
               obs_record_fn done, void *user)
{
    struct job *job = calloc(1, sizeof(*job) + space.len + key.len + value.len);
    char *at = (char *)(job + 1);
    int rc;

    if (!job)
        return OBS_E_NOMEM;
    job->writer = writer;
    job->worker = obs_worker_current();
    job->space = copy(&at, space);
    job->key = copy(&at, key);
    job->value = copy(&at, value);
    job->flags = flags;
    job->record_done = done;
    job->user = user;
    job->bytes = sizeof(*job) + value.len;
    rc = enqueue(writer, job);
    if (rc < 0)
        free(job);
    return rc;
}

/* --- life ------------------------------------------------------------------------------- */

static int register_metrics(struct writer *w)
{
    static const double sizes[] = {1, 4, 16, 64, 256, 512, 1024, 2048, 4096, 8192};
    static const char *const op[] = {"op"};
    const obs_str commit_op = OBS_STR("commit");
    obs_metric *batch, *queue, *query;
    int rc = obs_metric_register(w->instance,
                                 &(obs_metric_spec){.size = sizeof(obs_metric_spec),
                                                    .kind = OBS_METRIC_HISTOGRAM,
                                                    .name = "store_commit_batch_size",
                                                    .help = "Spans in one transaction.",
                                                    .bounds = sizes,
                                                    .n_bounds = sizeof(sizes) / sizeof(*sizes)},
                                 &batch);

    if (rc == OBS_OK)
        rc = obs_metric_register(w->instance,
                                 &(obs_metric_spec){.size = sizeof(obs_metric_spec),
                                                    .kind = OBS_METRIC_GAUGE,
                                                    .name = "store_queue_spans",
                                                    .help = "Spans that wait for the writer."},
                                 &queue);
    if (rc == OBS_OK)
        rc = obs_metric_register(w->instance,
                                 &(obs_metric_spec){.size = sizeof(obs_metric_spec),
                                                    .kind = OBS_METRIC_HISTOGRAM,
                                                    .name = "store_query_duration_seconds",
                                                    .help = "Time of an operation in the database.",
                                                    .labels = op,
                                                    .n_labels = 1},
                                 &query);
    if (rc < 0)
        return rc;
    w->batch = obs_metric_series(batch, NULL);
    w->queue = obs_metric_series(queue, NULL);
    w->commit_s = obs_metric_series(query, &commit_op);
    return OBS_OK;
}

int writer_start(obs_instance *instance, const struct settings *settings,
                 struct writer **ret_writer, char *error, size_t error_size)
{
    struct writer *w = calloc(1, sizeof(*w));
    int rc = w ? OBS_OK : OBS_E_NOMEM;

    snprintf(error, error_size, "out of memory");
    if (!w)
        return rc;
    w->instance = instance;
    w->settings = settings;
    w->last = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->filled, NULL);
    rc = register_metrics(w);
    if (rc == OBS_OK)
        rc = db_open(settings, /* read_only= */ 0, &w->db, error, error_size);
    if (rc == OBS_OK)
        rc = schema_migrate(w->db, error, error_size);
    if (rc == OBS_OK && insert_init(&w->insert, w->db) != SQLITE_OK) {
        snprintf(error, error_size, "database %s: %s", settings->path, sqlite3_errmsg(w->db));
        rc = OBS_E_STORE;
    }
    if (rc == OBS_OK)
        rc = obs_thread_start(instance, "sqlite-writer", run, w, &w->thread);
    if (rc < 0) {
        writer_stop(w);
        return rc;
    }
    *ret_writer = w;
    return OBS_OK;
}

void writer_stop(struct writer *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->ending = true;
    pthread_cond_signal(&w->filled);
    pthread_mutex_unlock(&w->lock);
    obs_thread_join(w->thread);
    insert_finish(&w->insert);
    db_close(w->db);
    pthread_cond_destroy(&w->filled);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
