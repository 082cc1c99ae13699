/* SPDX-License-Identifier: Apache-2.0 */
/* The log from the inside. Two kinds of lines - those of the host and its
 * plugins, and the access log - each with a bounded queue; one thread writes
 * both. Before log_open() and after log_close() lines go to stderr at once. */
#ifndef HOST_CORE_LOG_H
#define HOST_CORE_LOG_H

#include "core/log_level.h"

#include <stdbool.h>

struct log_settings {
    uint32_t level;          /* OBS_LOG_* */
    bool json;               /* one JSON object a line; else text for people */
    const char *file;        /* NULL or /dev/stderr: stderr; /dev/stdout: stdout */
    const char *access_file; /* the same; NULL: where the log goes */
    uint64_t queue_bytes;    /* of each queue; more is dropped and counted */
};

/* Opens the files and starts the writer. On failure a sentence is in `error`.
 * Thread: control. */
int log_open(const struct log_settings *settings, char *error, size_t error_size);

/* What a reload changes of the log. */
struct log_change;

/* Opens the files of `settings`; nothing is written to them yet. The size of the
 * queues stays. On failure a sentence is in `error`. Errors: OBS_E_*.
 * Thread: control. */
OBS_MUST_CHECK int log_change_open(const struct log_settings *settings,
                                   struct log_change **ret_change, char *error, size_t error_size);

/* Lines go by the new settings from the next one on. Thread: control. */
void log_change_commit(struct log_change *change);

/* NULL is a no-op. Thread: control. */
void log_change_cancel(struct log_change *change);

/* Writes what is queued and stops the writer; gives up after seconds when nobody
 * reads the other end of a pipe. Thread: control. */
void log_close(void);

/* Opens the files anew, after they were rotated. Thread: any. */
void log_reopen(void);

/* Waits until everything queued so far is written, at most some seconds; for the
 * moment before an abort. Thread: any but the writer. */
void log_flush(void);

/* Copies the first error that this thread logs from now on to `text`, too, to be
 * told to somebody else; NULL ends it. Thread: any. */
void log_capture(char *text, size_t size);

/* Writes one line past the queues to standard error and to where the log goes,
 * without waiting, locking or allocating: for the handler of a crash.
 * Thread: any. */
void log_at_once(uint32_t level, obs_str text);

/* Whether lines are JSON objects now; else they are text for people. A reload may
 * change it. Thread: any. */
bool log_is_json(void);

/* Queues one line of the access log, without its newline. Thread: any. */
void log_access(obs_str line);

/* Lines lost since the start, because a queue was full or a file could not be
 * written. Thread: any. */
uint64_t log_dropped(void);

#endif
