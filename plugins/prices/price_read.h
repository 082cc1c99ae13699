/* SPDX-License-Identifier: Apache-2.0 */
/* Reading one price: its parts, its levels by length of the prompt, and what
 * they become in each tier and region. */
#ifndef PRICES_PRICE_READ_H
#define PRICES_PRICE_READ_H

#include "book.h"
#include "reader.h"

/* Reads `node`, a mapping. `beside` are the keys that it may have beside those of a
 * price, ended by NULL. Errors: OBS_E_SYNTAX, OBS_E_NOMEM. */
int price_read(struct reader *r, const obs_conf *node, const char *const *beside,
               struct price *ret_price);

/* When a price begins that says `from`, such as "2025-03-01" or
 * "2025-03-01T12:00:00Z"; INT64_MIN (always) for an empty one. OBS_E_INVALID: no
 * such moment. */
OBS_MUST_CHECK int price_moment(obs_str from, int64_t *ret_ns);

#endif
