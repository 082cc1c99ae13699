/* SPDX-License-Identifier: Apache-2.0 */
/* The log from the inside. Two streams - lines of the host and its plugins, and
 * the access log - each a bounded queue of finished lines; one thread writes
 * both. Before log_open() and after log_close() lines go to stderr at once. */
#ifndef HOST_CORE_LOG_H
#define HOST_CORE_LOG_H

#include <observatory/log.h>
#include <stdbool.h>

struct log_settings {
    uint32_t level;          /* OBS_LOG_* */
    bool json;               /* one JSON object a line; else text for people */
    const char *file;        /* NULL: stderr */
    const char *access_file; /* NULL: where the log goes */
    uint64_t queue_bytes;    /* of each stream; more is dropped and counted */
};

/* Opens the files and starts the writer. On failure a sentence is in `error`.
 * Thread: control. */
int log_open(const struct log_settings *settings, char *error, size_t error_size);

/* Writes what is queued, stops the writer. Thread: control. */
void log_close(void);

/* Opens the files anew, after they were rotated. Thread: any. */
void log_reopen(void);

/* Waits until everything queued so far is written; for the moment before an
 * abort. Thread: any. */
void log_flush(void);

/* Changes the level for all lines at run time. Thread: any. */
void log_set_level(uint32_t level);
uint32_t log_level(void);

/* Queues one line of the access log, without its newline. Thread: any. */
void log_access(obs_str line);

/* Lines dropped because a queue was full, since the start. Thread: any. */
uint64_t log_dropped(void);

#endif
