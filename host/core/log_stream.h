/* SPDX-License-Identifier: Apache-2.0 */
/* Where log lines go: a file, or a descriptor that the process was given. Used
 * by the writer thread alone, once it is open. */
#ifndef HOST_CORE_LOG_STREAM_H
#define HOST_CORE_LOG_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_stream {
    int fd;
    char *path; /* NULL: standard error or output, which is not ours to close */
};

/* Opens `path` for appending; NULL and "/dev/stderr" are standard error,
 * "/dev/stdout" standard output (which may be sockets, so that opening them by
 * name would fail). On failure a sentence is in `error`. Errors: OBS_E_*. */
int log_stream_open(struct log_stream *stream, const char *path, char *error, size_t error_size);

/* Opens the file anew; keeps the old one when that fails: better than none. */
void log_stream_reopen(struct log_stream *stream);

/* Writes all of it and returns 0, or the number of lines that were lost. Waits
 * for a full pipe; with `*hurry` at most for a moment. */
uint64_t log_stream_write(struct log_stream *stream, const char *data, size_t len,
                          const _Atomic(bool) *hurry);

/* Half-open is fine. */
void log_stream_close(struct log_stream *stream);

#endif
