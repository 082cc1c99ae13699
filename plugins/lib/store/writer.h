/* SPDX-License-Identifier: Apache-2.0 */
/* The one thread that writes. Callers queue; it takes what is queued, puts it in
 * one transaction, commits, and only then tells each caller. */
#ifndef PLUGINS_LIB_STORE_WRITER_H
#define PLUGINS_LIB_STORE_WRITER_H

#include "changes.h"
#include "database.h"
#include "fragment.h"
#include "rollup.h"
#include "row.h"
#include "statement.h"
#include "text_index.h"

#include <observatory/store.h>

struct writer;

/* What a job writes with: the connection and its statements. */
struct writing {
    struct db *db;
    struct rows rows;
    struct statements statements;
    struct fragments fragments;
    struct rollups rollups;
    struct text_index text;
};

/* What is counted as changed before the answer to a job is given. */
enum touches {
    TOUCHES_ALL,     /* anything */
    TOUCHES_NOTHING, /* no span, no feedback */
    TOUCHES_SPANS,   /* done() tells job->changes which */
};

/* One thing to write, all or nothing; the job is whoever submitted it's. */
struct write_job {
    struct write_job *next; /* the writer's */
    obs_worker *worker;     /* where done() is called */
    size_t n_spans, bytes;  /* what it takes in the queue; feedback counts as spans */

    /* On the writer's thread, inside a transaction; again when that is tried again.
     * Returns a code of the database. For an error that is none of SQLite's it is
     * DB_REFUSED, and `error` says which. */
    int (*write)(struct write_job *job, struct writing *writing);
    /* On the worker, when all is durable or nothing is written. */
    void (*done)(struct write_job *job);
    enum touches touches;
    struct changes *changes; /* the writer's, for done() */
    int error;               /* the outcome, for done() */
};

/* Opens the database, migrates it, starts the thread. On failure a sentence is in
 * `error`. `settings` is borrowed until writer_stop(), `changes` until the
 * last answer. Thread: control. */
int writer_start(obs_instance *instance, const struct settings *settings, struct changes *changes,
                 struct writer **ret_writer, char *error, size_t error_size);

/* Writes what is queued, answers it, ends. NULL is a no-op. Thread: control. */
void writer_stop(struct writer *writer);

/* Queues a job. Errors: OBS_E_BUSY (the queue is full), OBS_E_CLOSED: it will not
 * be written. Thread: any. */
int writer_submit(struct writer *writer, struct write_job *job);

#endif
