/* SPDX-License-Identifier: Apache-2.0 */
/* The instance, and what its routes share. */
#ifndef PRICES_PRICES_H
#define PRICES_PRICES_H

#include "counters.h"
#include "shelf.h"

#include <observatory/observatory.h>
#include <observatory/prices.h>
#include <observatory/store.h>

/* The options, filled by the host. */
struct prices_config {
    const char *file;
    const obs_conf *overrides; /* the same shape as `providers:` of the file */
    int64_t recompute_rate;    /* spans a second */
};

struct recompute;
struct sync;

struct prices {
    obs_instance *instance;
    const struct prices_config *config;
    obs_arena *arena; /* of the books that last */
    struct shelf *shelf;
    struct prices_counters counters;
    const obs_store *store; /* bound in start() */
    void *store_self;
    struct recompute *recompute;
    struct sync *syncs; /* one for each worker, made in start() */
};

/* What obs_prices.price() does. Thread: any. */
int prices_price(const struct prices *prices, obs_span *span, obs_arena *arena);

/* The handlers. Thread: worker. */
int handle_unpriced(obs_request *req, void *self);
int handle_explain(obs_request *req, void *self);
int handle_recompute_start(obs_request *req, void *self);
int handle_recompute_list(obs_request *req, void *self);
int handle_recompute_show(obs_request *req, void *self);
int handle_recompute_cancel(obs_request *req, void *self);
int handle_prices_list(obs_request *req, void *self);
int handle_prices_show(obs_request *req, void *self);
int handle_prices_put(obs_request *req, void *self);
int handle_prices_delete(obs_request *req, void *self);

#endif
