/* SPDX-License-Identifier: Apache-2.0 */
/* The price book in memory. Built by book_load.c, read by price.c. */
#ifndef PRICES_BOOK_H
#define PRICES_BOOK_H

#include "price.h"

#include <observatory/conf.h>

#include <stdint.h>

#define PRICE_MAX_NAME 256 /* bytes; longer names of models have no price */

/* Femto-dollars (1e-15 USD) a token, in force from a moment on. Output and
 * reasoning are -1 when the file gives none: a model that writes nothing. */
struct price {
    int64_t from_ns;
    int64_t input, cache_read, cache_write, output, reasoning;
    uint32_t free; /* every part is zero */
};

struct price_model {
    struct price *prices; /* ascending by from_ns */
    size_t n_prices;
};

/* A name of a model: its own, an alias, or a pattern without its '*'. */
struct price_name {
    struct price_name *next; /* of the patterns */
    obs_str provider, model;
    const struct price_model *target;
    const obs_conf *node; /* where it stands in the file */
};

/* A cloud that sells models of others at their price. */
struct price_reseller {
    struct price_reseller *next;
    obs_str provider, of;
};

struct price_book {
    struct price_name **slots; /* open addressing, a power of two, half full at most */
    uint64_t n_slots;
    struct price_name *patterns;      /* longest first */
    struct price_reseller *resellers; /* in the order of the file */
    obs_str *providers;               /* in the order of the file */
    size_t n_providers, n_models;
};

uint64_t price_hash(obs_str provider, obs_str model);

/* The model by its name or by what is left of it without prefixes and suffixes,
 * of the provider or of those it resells; NULL when unknown. `provider` is
 * normalised already; when it is empty, the first that has the model counts. */
const struct price_model *price_find(const struct price_book *book, obs_str provider,
                                     obs_str model);

/* tokens × price, rounded once to nano-dollars, half to even. */
int64_t price_product(int64_t tokens, int64_t femto_per_token);

#endif
