/* SPDX-License-Identifier: Apache-2.0 */
/* Group commit. No lingering: while one transaction is written the next ones
 * queue up, so the batch grows with the load by itself. An error of the database
 * fails the whole transaction and everyone in it; an error in one request fails
 * that one alone, since each is then tried by itself. */
#include "writer.h"
#include "chores.h"
#include "metrics.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define S_NS INT64_C(1000000000)
#define PROBE_EVERY_NS S_NS /* whether a failing database works again */

struct writer {
    obs_instance *instance;
    const struct settings *settings;
    struct changes *changes;
    obs_thread *thread;
    struct writing writing;
    int health; /* last error told, OBS_OK: healthy */
    struct chores chores;
    int64_t version; /* db_version() */
    bool version_known;
    obs_series *batch, *queue, *commit_s, *waiting, *unindexed;

    pthread_mutex_t lock; /* for all below */
    pthread_cond_t filled;
    struct write_job *first, **last;
    size_t queued_spans;
    uint64_t queued_bytes;
    bool ending;
};

/* --- queue ---------------------------------------------------------------------- */

int writer_submit(struct writer *w, struct write_job *job)
{
    int rc = OBS_OK;

    if (!w)
        return OBS_E_CLOSED; /* the store did not start */
    job->changes = w->changes;
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
static struct write_job *take_batch(struct writer *w)
{
    struct write_job *first = w->first, *job = first;
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

/* Waits for work until something else is due. False: the end, and then nothing is
 * left. */
static bool wait_for_work(struct writer *w, struct write_job **ret_jobs)
{
    int64_t due_ns =
        w->health == OBS_OK ? chores_due_ns(&w->chores) : obs_clock_mono_ns() + PROBE_EVERY_NS;
    struct timespec until = {.tv_sec = due_ns / S_NS, .tv_nsec = due_ns % S_NS};
    bool going;
    int rc = 0;

    pthread_mutex_lock(&w->lock);
    while (!w->first && !w->ending && rc == 0)
        rc = pthread_cond_timedwait(&w->filled, &w->lock, &until);
    going = w->first || !w->ending;
    *ret_jobs = w->first ? take_batch(w) : NULL;
    pthread_mutex_unlock(&w->lock);
    return going;
}

/* --- answers ---------------------------------------------------------------------- */

/* Whether an error lies in what was to be written, not in the database. */
static bool is_of_request(int rc)
{
    switch (rc & 0xff) {
    case DB_CONSTRAINT:
    case DB_MISMATCH:
    case DB_TOO_BIG:
    case DB_NOMEM:
        return true;
    default:
        return false;
    }
}

static void answer(void *arg)
{
    struct write_job *job = arg; /* done() frees it, or hands it in again */

    /* after a failure too: whether a commit failed before or behind the disk is not known */
    if (job->touches == TOUCHES_ALL)
        changes_all(job->changes);
    job->done(job);
}

/* An answer must not get lost for want of memory: wait until there is some. */
static void send_answer(struct writer *w, struct write_job *job, int error)
{
    job->error = error;
    while (obs_post(w->instance, job->worker, answer, job) < 0)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static void send_answers(struct writer *w, struct write_job *jobs, int error)
{
    while (jobs) {
        struct write_job *next = jobs->next; /* the answer frees the job */
        send_answer(w, jobs, error);
        jobs = next;
    }
}

/* Tells operators once when the state of the database changes: `error` is
 * what happened means. */
static void report(struct writer *w, int error)
{
    if (error == w->health)
        return;
    w->health = error;
    if (error == OBS_OK)
        obs_health_report(w->instance, "database", OBS_HEALTHY, "writing works");
    else
        obs_health_report(w->instance, "database", OBS_UNHEALTHY,
                          "writing failed, spans are refused until it works again: %s",
                          db_message(w->writing.db));
}

/* --- transactions ------------------------------------------------------------------- */

/* One transaction of the jobs from `first` up to but without `end`. Returns a
 * code of the database; unless it is DB_OK, nothing was written. `ret_error`
 * gets what it means, which cannot be told any more after the rollback. */
static int transact(struct writer *w, struct write_job *first, const struct write_job *end,
                    int *ret_error)
{
    struct db *db = w->writing.db;
    int64_t start_ns = obs_clock_mono_ns();
    int rc = db_begin(db, /* writes= */ true), own = OBS_OK;

    if (rc == DB_OK)
        rc = fragments_look(&w->writing.fragments);
    if (rc == DB_OK)
        rc = rollups_begin(&w->writing.rollups);
    if (rc == DB_OK)
        rc = text_begin(&w->writing.text);
    for (struct write_job *job = first; job != end && rc == DB_OK; job = job->next) {
        job->error = OBS_OK;
        rc = job->write(job, &w->writing);
        own = job->error;
    }
    if (rc == DB_OK)
        rc = rollups_write(&w->writing.rollups);
    if (rc == DB_OK)
        rc = db_commit(db);
    *ret_error = rc == DB_REFUSED ? own : db_error(db, rc);
    if (!is_of_request(rc))
        report(w, *ret_error);
    if (rc != DB_OK) {
        db_rollback(db);
        fragments_forget(&w->writing.fragments);
    }
    obs_series_observe(w->commit_s, (double)(obs_clock_mono_ns() - start_ns) / 1e9);
    return rc;
}

static void commit(struct writer *w, struct write_job *jobs)
{
    int error, rc = transact(w, jobs, NULL, &error);

    if (!is_of_request(rc)) {
        send_answers(w, jobs, error);
        return;
    }
    while (jobs) { /* one of them is at fault: only it shall fail */
        struct write_job *next = jobs->next;

        (void)transact(w, jobs, next, &error); /* `error` says it */
        send_answer(w, jobs, error);
        jobs = next;
    }
}

static bool is_busy(struct writer *w)
{
    bool busy;

    pthread_mutex_lock(&w->lock);
    busy = w->first != NULL;
    pthread_mutex_unlock(&w->lock);
    return busy;
}

/* Others that write to the database end kept answers as well as this process does. */
static void look_for_others(struct writer *w)
{
    int64_t version = 0;

    if (db_version(w->writing.db, &version) != DB_OK)
        return;
    if (w->version_known && version != w->version)
        changes_all(w->changes);
    w->version = version;
    w->version_known = true;
}

/* How many fragments there are is told after each look for old ones. */
static void do_chores(struct writer *w)
{
    int64_t waiting = 0;

    if (obs_clock_mono_ns() < chores_due_ns(&w->chores))
        return;
    look_for_others(w);
    (void)chores_run(&w->chores, &w->writing, is_busy(w)); /* what fails is tried again */
    if (w->writing.fragments.any && fragments_count(&w->writing.fragments, &waiting) != DB_OK)
        return;
    obs_series_set(w->waiting, (double)waiting);
    obs_series_set(w->unindexed, (double)w->chores.unindexed);
}

/* Nobody sends spans to a server that is not ready, so recovery has to be looked
 * for. */
static void probe(struct writer *w)
{
    int rc = db_probe(w->writing.db);

    report(w, db_error(w->writing.db, rc));
}

static void run(void *arg)
{
    struct writer *w = arg;
    struct write_job *jobs;

    while (wait_for_work(w, &jobs)) {
        if (jobs)
            commit(w, jobs);
        else if (w->health != OBS_OK)
            probe(w);
        if (w->health == OBS_OK)
            do_chores(w);
    }
}

/* --- life ------------------------------------------------------------------------------- */

static int register_metrics(struct writer *w)
{
    static const double sizes[] = {1, 4, 16, 64, 256, 512, 1024, 2048, 4096, 8192};
    const obs_str commit_op = OBS_STR("commit");
    obs_metric *batch, *queue, *query, *waiting, *unindexed;
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
        rc = store_register_duration(w->instance, &query);
    if (rc == OBS_OK)
        rc = obs_metric_register(
            w->instance,
            &(obs_metric_spec){.size = sizeof(obs_metric_spec),
                               .kind = OBS_METRIC_GAUGE,
                               .name = "store_fragments_waiting",
                               .help = "Parts of spans that wait for their span."},
            &waiting);
    if (rc == OBS_OK)
        rc = obs_metric_register(
            w->instance,
            &(obs_metric_spec){.size = sizeof(obs_metric_spec),
                               .kind = OBS_METRIC_GAUGE,
                               .name = "store_text_unindexed",
                               .help = "Spans whose texts are not in the text index yet."},
            &unindexed);
    if (rc < 0)
        return rc;
    w->waiting = obs_metric_series(waiting, NULL);
    w->unindexed = obs_metric_series(unindexed, NULL);
    w->batch = obs_metric_series(batch, NULL);
    w->queue = obs_metric_series(queue, NULL);
    w->commit_s = obs_metric_series(query, &commit_op);
    return OBS_OK;
}

static int prepare(struct writing *writing)
{
    int rc;

    writing->statements.db = writing->db;
    writing->fragments.statements = &writing->statements;
    writing->text.statements = &writing->statements;
    rc = rollups_init(&writing->rollups, &writing->statements);
    return rc == DB_OK ? rows_init(&writing->rows, writing->db) : rc;
}

/* Time is that of the monotonic clock, which nobody sets. */
static void init_queue(struct writer *w)
{
    pthread_condattr_t attributes;

    w->last = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&w->filled, &attributes);
    pthread_condattr_destroy(&attributes);
}

int writer_start(obs_instance *instance, const struct settings *settings, struct changes *changes,
                 struct writer **ret_writer, char *error, size_t error_size)
{
    struct writer *w = calloc(1, sizeof(*w));
    int rc = w ? OBS_OK : OBS_E_NOMEM;

    snprintf(error, error_size, "out of memory");
    if (!w)
        return rc;
    w->instance = instance;
    w->settings = settings;
    w->changes = changes;
    chores_init(&w->chores, settings, changes);
    init_queue(w);
    rc = register_metrics(w);
    if (rc == OBS_OK)
        rc = db_open(settings, /* read_only= */ false, &w->writing.db, error, error_size);
    if (rc == OBS_OK && prepare(&w->writing) != DB_OK) {
        snprintf(error, error_size, "database: %s", db_message(w->writing.db));
        rc = OBS_E_STORE;
    }
    if (rc == OBS_OK)
        rc = obs_thread_start(instance, "store-writer", run, w, &w->thread);
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
    statements_finish(&w->writing.statements);
    rollups_finish(&w->writing.rollups);
    rows_finish(&w->writing.rows);
    db_close(w->writing.db);
    pthread_cond_destroy(&w->filled);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
