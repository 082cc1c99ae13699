/* SPDX-License-Identifier: Apache-2.0 */
/* Values as people write them: 16MiB, 1m30s, 100/s, on. All return false, and
 * write nothing, for what is not of that form or does not fit. */
#ifndef HOST_CONFIG_UNITS_H
#define HOST_CONFIG_UNITS_H

#include <observatory/base.h>
#include <stdbool.h>

bool units_int(obs_str text, int64_t *ret_value);
bool units_float(obs_str text, double *ret_value);

/* true/false, on/off, yes/no, any case. */
bool units_bool(obs_str text, int32_t *ret_value);

/* Bytes: a number, decimals allowed before a unit, and B, KB, MB, GB, TB (powers
 * of 1000) or K, KiB, M, MiB, G, GiB, T, TiB (powers of 1024), any case; less
 * than 2^53. */
bool units_size(obs_str text, uint64_t *ret_bytes);

/* A sum of numbers with ns, us, ms, s, m, h, d or w, in this case (M might be a
 * month); decimals allowed; 0 needs no unit. */
bool units_duration(obs_str text, int64_t *ret_ns);

/* A number per s, m, h or d ("100/s"); without a unit it is per second. */
bool units_rate(obs_str text, double *ret_per_s);

/* The other way, for messages: what the functions above read back as the same
 * value, in the largest units that say it exactly ("16MiB", "1m30s", "0s"). */
#define UNITS_TEXT_BYTES 48
const char *units_format_size(char text[UNITS_TEXT_BYTES], uint64_t bytes);
const char *units_format_duration(char text[UNITS_TEXT_BYTES], int64_t ns); /* not negative */

#endif
