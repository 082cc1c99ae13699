/* SPDX-License-Identifier: Apache-2.0 */
/* What all that reads a price book shares: complaints with their place, keys,
 * numbers and names. */
#ifndef PRICES_READER_H
#define PRICES_READER_H

#include <observatory/conf.h>
#include <observatory/memory.h>

#include <stdbool.h>

struct reader {
    obs_arena *arena;
    char *error;
    size_t error_size;
};

/* Writes one sentence with the place of `node`. Returns OBS_E_SYNTAX. */
int reader_complain(struct reader *r, const obs_conf *node, const char *format, ...)
    OBS_PRINTF(3, 4);

/* Complains about the first key of `map` that is none of `known`, which NULL ends;
 * with `parts` those of a price are known too. */
int reader_check_keys(struct reader *r, const obs_conf *map, const char *const *known, bool parts);

/* USD with up to nine decimals: as nano-dollars, or, when they are for a million
 * tokens, as femto-dollars a token. */
int reader_money(struct reader *r, const obs_conf *node, const char *expected, int64_t *ret);

/* A name in lower case, of 1 to 256 bytes that need no escape in JSON. `node` is
 * where it stands, `what` what it names. */
int reader_name(struct reader *r, const obs_conf *node, obs_str name, const char *what,
                obs_str *ret_name);

#endif
