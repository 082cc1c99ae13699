/* SPDX-License-Identifier: Apache-2.0 */
/* A file to import, plain or gzipped, read by lines or as a whole. */
#ifndef INGEST_IMPORT_SOURCE_H
#define INGEST_IMPORT_SOURCE_H

#include <observatory/base.h>
#include <stdbool.h>

struct source;

/* Opens `path`, "-" is standard input. NULL with a reason in `error`. */
struct source *source_open(const char *path, char *error, size_t error_size);

/* NULL is a no-op. */
void source_close(struct source *source);

/* The first bytes, at most 64 KiB, without taking them. */
obs_str source_peek(struct source *source);

/* The next line without its end, borrowed until the next call; `ret_end` is true
 * after the last one. A line may have up to `limit_bytes`.
 * Errors: OBS_E_TOO_LARGE, OBS_E_SYNTAX (broken gzip), OBS_E_NOMEM. */
int source_line(struct source *source, size_t limit_bytes, obs_str *ret_line, bool *ret_end);

/* All that is left, borrowed until the source is closed. Errors as above. */
int source_rest(struct source *source, size_t limit_bytes, obs_str *ret_text);

#endif
