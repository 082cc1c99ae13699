/* SPDX-License-Identifier: Apache-2.0 */
/* The prices that were set over the API: a list of entries, one record of the store.
 *
 * A change takes the place of the version that it was made from and of no other; so
 * of two writers one comes too late, makes its change to what the other wrote, and
 * no entry is lost. */
#ifndef PRICES_OWN_PRICES_H
#define PRICES_OWN_PRICES_H

#include "price.h"

#include <observatory/json.h>

#include <stdbool.h>

#define OWN_PRICES_MAX 2000u /* entries */

/* One price of one model, as it was given. */
struct own_price {
    obs_str provider, model; /* in lower case */
    obs_str from;            /* as written; empty: always */
    obs_str price;           /* JSON object */
    obs_str set_at;          /* RFC 3339, UTC */
};

#define OWN_PRICES_SPACE "prices"
#define OWN_PRICES_KEY "book"

/* All of them, of one version. */
struct own_prices {
    uint64_t version; /* 0: nothing was ever set */
    struct own_price *items;
    size_t n;
};

/* Reads a record; texts are copied into `arena`. Errors: OBS_E_SYNTAX, OBS_E_NOMEM. */
OBS_MUST_CHECK int own_prices_read(obs_arena *arena, obs_str record, struct own_prices *ret);

/* The record of `prices`; ptr NULL when out of memory. */
obs_str own_prices_write(obs_arena *arena, const struct own_prices *prices);

/* `before` with `price` in place of that of the same model and moment, one version
 * on. Errors: OBS_E_TOO_LARGE, OBS_E_NOMEM. */
OBS_MUST_CHECK int own_prices_set(obs_arena *arena, const struct own_prices *before,
                                  const struct own_price *price, struct own_prices *ret);

/* `before` without the prices of a model, of one moment or (from.ptr NULL) of all.
 * Errors: OBS_E_NOT_FOUND, OBS_E_NOMEM. */
OBS_MUST_CHECK int own_prices_remove(obs_arena *arena, const struct own_prices *before,
                                     obs_str provider, obs_str model, obs_str from,
                                     struct own_prices *ret);

/* Makes a book of them. On failure `error` has one sentence, beginning with the path
 * of the member that is wrong ("tiers.batch.input: …"; "price: …" when it is the
 * whole one). Errors: OBS_E_SYNTAX, OBS_E_NOMEM. */
OBS_MUST_CHECK int own_prices_book(obs_arena *arena, const struct own_prices *prices,
                                   const struct price_book **ret_book, char *error,
                                   size_t error_size);

#endif
