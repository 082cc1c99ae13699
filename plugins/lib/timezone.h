/* SPDX-License-Identifier: Apache-2.0 */
/* Time zones of the IANA database, and the buckets of time that people in them
 * mean: a day begins at their midnight and may have 23 or 25 hours. The compiled
 * files of the system are read (TZif, RFC 8536). */
#ifndef PLUGINS_LIB_TIMEZONE_H
#define PLUGINS_LIB_TIMEZONE_H

#include <observatory/memory.h>

/* Immutable; lives in the arena that it was loaded into. */
struct zone;

/* The zone of `name`: "Europe/Berlin", "UTC". Reads a small file: some ten
 * microseconds. Errors: OBS_E_NOT_FOUND (no such zone), OBS_E_SYNTAX (a file that
 * is none), OBS_E_NOMEM. Thread: any. */
OBS_MUST_CHECK int zone_load(obs_arena *arena, obs_str name, const struct zone **ret_zone);

/* What a local clock is ahead of UTC at a moment, in seconds. */
int32_t zone_offset(const struct zone *zone, int64_t unix_s);

/* Units of a bucket: `n` of MINUTES and HOURS count from local midnight and divide
 * a day, others are single. A week begins on Monday. */
enum bucket_unit { BUCKET_MINUTES, BUCKET_HOURS, BUCKET_DAY, BUCKET_WEEK, BUCKET_MONTH };

struct bucket_size {
    enum bucket_unit unit;
    uint32_t n;
};

/* The bucket that holds a moment: its first second, and that of the next one.
 * Every moment is in exactly one bucket; where clocks go back, an hour that is
 * lived twice is two buckets of hours. */
int64_t bucket_begin(const struct zone *zone, struct bucket_size size, int64_t unix_s);
int64_t bucket_next(const struct zone *zone, struct bucket_size size, int64_t begin_s);

#endif
