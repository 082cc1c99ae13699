/* SPDX-License-Identifier: Apache-2.0 */
/* The one thread that writes. Callers queue; it takes what is queued, puts it in
 * one transaction, commits, and only then tells each caller. */
#ifndef STORE_SQLITE_WRITER_H
#define STORE_SQLITE_WRITER_H

#include "db.h"

#include <observatory/store.h>

struct writer;

/* Opens the database, migrates it, starts the thread. On failure a sentence is in
 * `error`. `settings` is borrowed until writer_stop(). Thread: control. */
int writer_start(obs_instance *instance, const struct settings *settings,
                 struct writer **ret_writer, char *error, size_t error_size);

/* Writes what is queued, answers it, ends. NULL is a no-op. Thread: control. */
void writer_stop(struct writer *writer);

/* obs_store.append without the checks of the spans. Thread: any. */
int writer_append(struct writer *writer, const obs_span *spans, size_t n, obs_merge_fn merge,
                  obs_worker *worker, obs_append_fn done, void *user);

/* obs_store.record_put. Thread: worker. */
int writer_put(struct writer *writer, obs_str space, obs_str key, obs_str value, uint32_t flags,
               obs_record_fn done, void *user);

#endif
