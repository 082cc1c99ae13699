/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 after RFC 3629: no overlong forms, no surrogates, nothing past
 * U+10FFFF. */
#ifndef HOST_CORE_UTF8_H
#define HOST_CORE_UTF8_H

#include <observatory/base.h>
#include <stdbool.h>

/* Length of the valid sequence at `p` (1-4), 0 when there is none in `len`. */
size_t utf8_sequence(const char *p, size_t len);

bool utf8_valid(obs_str text);

#endif
