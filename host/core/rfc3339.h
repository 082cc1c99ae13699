/* SPDX-License-Identifier: Apache-2.0 */
/* Times as text: RFC 3339 in UTC. */
#ifndef HOST_CORE_RFC3339_H
#define HOST_CORE_RFC3339_H

#include <stddef.h>
#include <stdint.h>

#define RFC3339_BYTES 31 /* with the NUL */

/* Writes `unix_ns` with as many fraction digits as it needs of 0, 3, 6 or 9,
 * NUL-terminated; returns the length without the NUL. */
size_t rfc3339_format(char *to, int64_t unix_ns);

/* The same with always three digits, cut: the columns of a log line up. */
size_t rfc3339_format_ms(char *to, int64_t unix_ns);

#endif
