/* SPDX-License-Identifier: Apache-2.0 */
/* Times as clients write them. */
#ifndef PLUGINS_LIB_TIMEPARSE_H
#define PLUGINS_LIB_TIMEPARSE_H

#include <observatory/base.h>

/* Reads one of
 *   2026-11-23T07:00:00.123456789Z, +01:00 too; 2026-11-23 is its first moment;
 *   a Unix time: up to 11 digits are seconds (decimals allowed), 12-14 are
 *     milliseconds, 15-17 microseconds, more nanoseconds;
 *   now, now-15m, now+1h, now-7d/d: units s m h d w; /u rounds down to the unit
 *     in UTC, weeks begin on Monday.
 * Errors: OBS_E_INVALID (none of these), OBS_E_RANGE (outside of 1678-2261). */
OBS_MUST_CHECK int time_parse(obs_str text, int64_t now_ns, int64_t *ret_ns);

#endif
