/* SPDX-License-Identifier: Apache-2.0 */
/* Times as clients write them. */
#ifndef PLUGINS_LIB_TIMEPARSE_H
#define PLUGINS_LIB_TIMEPARSE_H

#include <observatory/base.h>

/* All of them leave `ret_ns` alone on errors: OBS_E_INVALID (no such time),
 * OBS_E_RANGE (outside of 1678-2261). Digits behind the nanoseconds are cut,
 * those of a Unix time behind its 19th. */

/* 2026-11-23: its first moment in UTC. */
OBS_MUST_CHECK int time_date(obs_str text, int64_t *ret_ns);

/* 2026-11-23T07:00:00.123456789Z, +01:00 too; a blank for the T, a comma for the
 * point. A leap second counts as the next second. */
OBS_MUST_CHECK int time_rfc3339(obs_str text, int64_t *ret_ns);

/* A number as in JSON: with up to 11 digits before the point it is seconds, with
 * 12-14 milliseconds, with 15-17 microseconds, with more nanoseconds. */
OBS_MUST_CHECK int time_unix(obs_str text, int64_t *ret_ns);

/* Any of these, a Unix time without exponent, or
 *   now, now-15m, now+1h, now-7d/d: units s m h d w; /u rounds down to the unit
 *     in UTC, weeks begin on Monday. */
OBS_MUST_CHECK int time_parse(obs_str text, int64_t now_ns, int64_t *ret_ns);

#endif
