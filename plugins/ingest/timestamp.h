/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time as clients write them: RFC 3339, or a Unix time whose size
 * tells its unit (seconds, milliseconds, microseconds, nanoseconds). */
#ifndef INGEST_TIMESTAMP_H
#define INGEST_TIMESTAMP_H

#include <observatory/memory.h>

#include <stdbool.h>

/* "2026-11-23T07:00:00.123456789Z", "… 08:00:00+01:00": up to nanoseconds,
 * further digits are cut; a leap second counts as the next second. Years 1970
 * to 2261. False when `text` is none. */
bool timestamp_parse(obs_str text, int64_t *ret_unix_ns);

/* A number: below 1e11 seconds, below 1e14 milliseconds, below 1e17
 * microseconds, else nanoseconds. Fractions count. */
bool timestamp_number(obs_arena *arena, obs_str number, int64_t *ret_unix_ns);

/* A decimal number times 10^`places`, exactly, rounded half up at the end:
 * dollars to nano-dollars with 9. False when it is no number, negative or too
 * large. */
bool decimal_scaled(obs_arena *arena, obs_str number, int places, int64_t *ret);

#endif
