/* SPDX-License-Identifier: Apache-2.0 */
/* A price book in memory: built by book_load.c and price_read.c, immutable
 * afterwards. All of it lives in the arena that it was read into. */
#ifndef PRICES_BOOK_H
#define PRICES_BOOK_H

#include "parts.h"
#include "price.h"

#include <observatory/conf.h>

#include <stdbool.h>

#define PRICE_MAX_NAME 256 /* bytes; longer names of models have no price */

/* Bounds of what every lookup may have to walk through. */
#define PRICE_MAX_PROVIDERS 256
#define PRICE_MAX_RESALES 1024

/* What a token of each part costs, in femto-dollars (1e-15 USD), and each call.
 * A part is -1 when the model has none: output of one that writes nothing. */
struct price_rates {
    int64_t above_tokens; /* of the prompt; -1: the lowest */
    int64_t femto[PRICE_N_PARTS];
    int64_t request_nano;
    bool by_request; /* only the call is paid for, whatever its tokens are */
    bool free;       /* everything is zero */
};

/* By length of the prompt, ascending; n == 0: the book has no such price. */
struct price_levels {
    struct price_rates *rates;
    size_t n;
};

/* In force from a moment on. Tier 0 is the usual one and region 0 is everywhere
 * else, both without a name. */
struct price {
    int64_t from_ns; /* INT64_MIN: always */
    obs_str from;    /* as it was written */
    const obs_conf *node;
    obs_str *tiers;
    obs_str *regions; /* a name that ends in '*' means all that begin so */
    size_t n_tiers, n_regions;
    struct price_levels *levels; /* of region × n_tiers + tier */
};

struct price_model {
    struct price_model *next; /* in the order of the book */
    obs_str provider, name;   /* printable, without quotes and backslashes */
    obs_str source, read;     /* where and on which day the prices were read; may be empty */
    const obs_conf *node;     /* as it was written */
    struct price *prices;     /* ascending by from_ns */
    size_t n_prices;
};

/* A name of a model: its own, an alias, or a pattern without its '*'. */
struct price_name {
    obs_str provider, model; /* in lower case */
    bool is_pattern;
    const struct price_model *target;
    const obs_conf *node; /* where it stands */
};

/* A cloud that sells models of others at their price. */
struct price_reseller {
    struct price_reseller *next;
    obs_str provider, of;
};

struct price_book {
    enum price_layer layer;
    int64_t updated_ns; /* when all of it was reviewed; OBS_ABSENT: it does not say */
    obs_str updated;
    struct price_name **slots; /* open addressing, a power of two, half full at most */
    uint64_t n_slots;
    struct price_name **patterns; /* longest first */
    size_t n_patterns;
    struct price_reseller *resellers; /* in the order of the book */
    obs_str *providers;               /* in the order of the book */
    size_t n_providers;
    struct price_model *models;
    size_t n_models;
};

#endif
