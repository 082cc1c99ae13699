/* SPDX-License-Identifier: Apache-2.0 */
/* A pool of threads that read, each with a connection of its own; a bounded
 * queue in front of them. */
#ifndef PLUGINS_LIB_STORE_READER_H
#define PLUGINS_LIB_STORE_READER_H

#include "database.h"
#include "statement.h"

#include <observatory/store.h>

struct readers;

/* What is read: the label of the time that it takes. */
enum read_op { READ_SEARCH, READ_AGGREGATE, READ_FEEDBACK, READ_RECORD, N_READ_OPS };

/* One thing to read. `run` is called on a thread of the pool, then `done` on the
 * worker that submitted it; the job is whoever submitted it's. */
struct read_job {
    struct read_job *next; /* the pool's, as the next two */
    obs_worker *worker;
    int64_t deadline_ns; /* monotonic */
    enum read_op op;
    void (*run)(struct read_job *job, struct statements *statements);
    void (*done)(struct read_job *job);
};

/* Starts the threads. On failure a sentence is in `error`. `settings` is borrowed
 * until readers_stop(). Thread: control. */
int readers_start(obs_instance *instance, const struct settings *settings,
                  struct readers **ret_readers, char *error, size_t error_size);

/* Finishes what is queued and ends. NULL is a no-op. Thread: control. */
void readers_stop(struct readers *readers);

/* Queues a job. Once `timeout_ns` (0: the option query_timeout) have passed, its
 * statements end with DB_INTERRUPT. Errors: OBS_E_BUSY (the queue is full),
 * OBS_E_CLOSED: it will not run. Thread: worker. */
int readers_submit(struct readers *readers, struct read_job *job, int64_t timeout_ns);

#endif
