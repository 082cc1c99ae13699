/* SPDX-License-Identifier: Apache-2.0 */
/* prices: what a call of a model cost, by the price book. book_load.c reads the
 * book, price.c finds a price and applies it. */
#include "price.h"

#include <observatory/observatory.h>
#include <observatory/prices.h>

#include <stdlib.h>

/* The options, filled by the host. */
struct prices_config {
    const char *file;
};

struct prices {
    obs_instance *instance;
    const struct prices_config *config;
    obs_arena *arena;              /* of the book */
    const struct price_book *book; /* NULL: everything is unpriced */
};

static void destroy(void *self)
{
    struct prices *prices = self;

    obs_arena_destroy(prices->arena);
    free(prices);
}

/* A book that is not there leaves everything unpriced; a broken one stops the
 * start. */
static int load(struct prices *prices)
{
    const char *path = prices->config->file;
    char error[256] = "";
    int rc;

    if (!path || path[0] == '\0')
        return OBS_OK;
    rc = price_book_load(prices->arena, path, &prices->book, error, sizeof(error));
    if (rc == OBS_E_NOT_FOUND) {
        obs_log(prices->instance, OBS_LOG_WARN, "no price book at %s, calls stay unpriced", path);
        return OBS_OK;
    }
    if (rc < 0)
        obs_log(prices->instance, OBS_LOG_ERROR, "cannot read the prices: %s", error);
    else
        obs_log(prices->instance, OBS_LOG_DEBUG, "prices of %zu models from %s",
                price_book_models(prices->book), path);
    return rc;
}

static int price(void *self, obs_span *span, obs_arena *arena)
{
    const struct prices *prices = self;

    (void)arena;
    price_apply(prices->book, span);
    return OBS_OK;
}

static const obs_prices service = {.size = sizeof(service), .price = price};

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    struct prices *prices = calloc(1, sizeof(*prices));
    int rc = OBS_E_NOMEM;

    if (!prices)
        return OBS_E_NOMEM;
    prices->instance = instance;
    prices->config = config;
    prices->arena = obs_arena_create(/* limit_bytes= */ 0);
    if (prices->arena)
        rc = load(prices);
    if (rc == OBS_OK)
        rc = obs_service_provide(instance, OBS_PRICES_ID, &service, prices);
    if (rc < 0) {
        destroy(prices);
        return rc;
    }
    *ret_self = prices;
    return OBS_OK;
}

static const obs_option options[] = {
    {
        .name = "file",
        .type = OBS_OPT_PATH,
        .flags = OBS_OPT_CONTENT,
        .offset = offsetof(struct prices_config, file),
        .def = "prices.yaml",
        .help = "price book; calls stay unpriced when there is none",
    },
};

static const char *const provides[] = {OBS_PRICES_ID};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "prices",
    .version = OBS_VERSION,
    .license = "Apache-2.0",
    .summary = "what calls of models cost, by a price book",
    .provides = provides,
    .n_provides = 1,
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .config_size = sizeof(struct prices_config),
    .create = create,
    .destroy = destroy,
};
OBS_PLUGIN_NOTE("prices", OBS_VERSION);
