/* SPDX-License-Identifier: Apache-2.0 */
/* prices: what a call of a model cost, by the price books. book_load.c reads one,
 * rates.c chooses the prices of a call, price.c applies them. */
#include "book.h"
#include "prices.h"
#include "recompute.h"
#include "sync.h"

#include <stdlib.h>

#define LOOK_AROUND_MS 2000

static void destroy(void *self)
{
    struct prices *prices = self;

    recompute_destroy(prices->recompute);
    sync_destroy(prices->syncs);
    if (prices->shelf)
        shelf_destroy(prices->shelf);
    obs_arena_destroy(prices->arena);
    free(prices);
}

static int refuse(const struct prices *prices, const char *error, int rc)
{
    obs_log(prices->instance, OBS_LOG_ERROR, "cannot read the prices: %s", error);
    return rc;
}

/* A book that is not there leaves what the configuration does not say unpriced; a
 * broken one stops the start. */
static int load_file(struct prices *prices)
{
    const struct price_book **book = &prices->shelf->books.layers[PRICE_LAYER_FILE];
    const char *path = prices->config->file;
    char error[512] = "";
    int rc;

    if (!path || path[0] == '\0')
        return OBS_OK;
    rc = price_book_load(prices->arena, path, book, error, sizeof(error));
    if (rc == OBS_E_NOT_FOUND) {
        obs_log(prices->instance, OBS_LOG_WARN, "no price book at %s, calls stay unpriced", path);
        return OBS_OK;
    }
    if (rc < 0)
        return refuse(prices, error, rc);
    obs_log(prices->instance, OBS_LOG_DEBUG, "prices of %zu models from %s",
            price_book_models(*book), path);
    return OBS_OK;
}

static int load_overrides(struct prices *prices)
{
    const struct price_book **book = &prices->shelf->books.layers[PRICE_LAYER_CONFIG];
    char error[512] = "";
    int rc;

    if (!prices->config->overrides)
        return OBS_OK;
    rc = price_book_read_providers(prices->arena, prices->config->overrides, PRICE_LAYER_CONFIG,
                                   book, error, sizeof(error));
    return rc < 0 ? refuse(prices, error, rc) : OBS_OK;
}

int prices_price(const struct prices *prices, obs_span *span, obs_arena *arena)
{
    return shelf_price(prices->shelf, span, arena);
}

static int price(void *self, obs_span *span, obs_arena *arena)
{
    const struct prices *prices = self;
    int rc = prices_price(prices, span, arena);

    if (rc == OBS_OK)
        counters_count(&prices->counters, span);
    return rc;
}

static int wait_until_known(void *self, void (*done)(void *user), void *user)
{
    const struct prices *prices = self;

    return sync_wait(sync_here(prices->syncs), done, user);
}

static const obs_prices service = {
    .size = sizeof(service), .price = price, .wait = wait_until_known};

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    struct prices *prices = calloc(1, sizeof(*prices));
    int rc = OBS_E_NOMEM;

    if (!prices)
        return OBS_E_NOMEM;
    prices->instance = instance;
    prices->config = config;
    prices->arena = obs_arena_create(/* limit_bytes= */ 0);
    prices->recompute = recompute_create(prices);
    prices->shelf = prices->arena ? obs_arena_calloc(prices->arena, 1, sizeof(struct shelf)) : NULL;
    if (prices->shelf)
        shelf_init(prices->shelf);
    if (prices->shelf && prices->recompute)
        rc = counters_register(instance, &prices->counters);
    if (rc == OBS_OK)
        rc = load_file(prices);
    if (rc == OBS_OK)
        rc = load_overrides(prices);
    if (rc == OBS_OK)
        rc = obs_service_provide(instance, OBS_PRICES_ID, &service, prices);
    if (rc < 0) {
        destroy(prices);
        return rc;
    }
    *ret_self = prices;
    return OBS_OK;
}

static int start(void *self)
{
    struct prices *prices = self;
    obs_service store;
    int rc = obs_service_get(prices->instance, OBS_STORE_ID, &store);

    if (rc < 0) {
        obs_log(prices->instance, OBS_LOG_ERROR, "cannot start: no store");
        return rc;
    }
    prices->store = store.table;
    prices->store_self = store.provider;
    prices->syncs = sync_create(prices);
    return prices->syncs ? OBS_OK : OBS_E_NOMEM;
}

/* The record of the prices set over the API goes from instance to instance: what was
 * set while the new one was being started is in force when it takes over. */
static int export_state(void *self, obs_worker *worker, void *context, obs_buf *state)
{
    const struct prices *prices = self;
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    obs_str record = {0};
    int rc = arena ? shelf_record(prices->shelf, arena, &record) : OBS_E_NOMEM;

    (void)worker;
    (void)context;
    if (rc == OBS_OK)
        obs_buf_append(state, record.ptr, record.len);
    if (arena)
        obs_arena_destroy(arena);
    return rc;
}

static int import_state(void *self, obs_worker *worker, void *context, uint32_t layout,
                        obs_str state)
{
    const struct prices *prices = self;
    char error[512];

    (void)worker;
    (void)context;
    (void)layout;
    if (state.len == 0 || shelf_has(prices->shelf, state))
        return OBS_OK;
    return shelf_replace(prices->shelf, state, error, sizeof(error));
}

static void drain(void *self)
{
    struct prices *prices = self;

    recompute_stop(prices->recompute);
}

static void tell_age(const struct prices *prices)
{
    const struct price_book *file = prices->shelf->books.layers[PRICE_LAYER_FILE]; /* lasts */
    bool known = file && file->updated_ns != OBS_ABSENT;

    obs_series_set(prices->counters.age_s,
                   known ? (double)(obs_clock_wall_ns() - file->updated_ns) / 1e9 : -1);
}

/* What other processes set, and work that one of them or the instance before left,
 * is found by one worker. */
static void look_around(void *self)
{
    struct prices *prices = self;

    tell_age(prices);
    sync_look(sync_here(prices->syncs));
    recompute_resume(prices->recompute);
}

static int worker_start(void *self, obs_worker *worker, void **ret_context)
{
    struct prices *prices = self;
    obs_timer *timer = NULL;
    int rc = OBS_OK;

    sync_look(sync_here(prices->syncs));
    if (obs_worker_index(worker) == 0)
        rc = obs_timer_start(prices->instance, /* delay_ms= */ 0, LOOK_AROUND_MS, look_around,
                             prices, &timer);
    *ret_context = timer;
    return rc;
}

static void worker_stop(void *self, obs_worker *worker, void *context)
{
    struct prices *prices = self;

    obs_timer_stop(context);
    recompute_leave(prices->recompute, worker);
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
    {
        .name = "overrides",
        .type = OBS_OPT_TREE,
        .offset = offsetof(struct prices_config, overrides),
        .help = "prices that count before those of the file, in the shape of its `providers`",
    },
    {
        .name = "recompute_rate",
        .type = OBS_OPT_INT,
        .offset = offsetof(struct prices_config, recompute_rate),
        .def = "5000",
        .min = "1",
        .max = "1000000",
        .help = "spans a second that are priced anew by POST /api/v1/prices/recompute",
    },
};

static const obs_param range_params[] = {
    {"from", "query", "string", "spans that began at this time or later"},
    {"to", "query", "string", "spans that began before this time"},
    {"limit", "query", "integer", "groups at most, 1 to 1000; default 100"},
};

static const obs_param span_params[] = {
    {"trace_id", "path", "string", "32 hexadecimal digits"},
    {"span_id", "path", "string", "16 hexadecimal digits"},
};

#define VIEW_PARAMS                                                                                \
    {"at", "query", "time", "the moment whose prices are shown; default now"},                     \
        {"history", "query", "boolean", "true: all prices that ever were or will be, too"},

static const obs_param list_params[] = {
    {"provider", "query", "string", "only models of this provider"},
    {"model", "query", "string", "only models of this name"},
    VIEW_PARAMS};

static const obs_param show_params[] = {
    {"provider", "path", "string", "as on spans"},
    {"model", "path", "string", "any name of the model; a slash in it is written %2F"},
    VIEW_PARAMS};

static const obs_param put_params[] = {
    {"provider", "path", "string", "as on spans"},
    {"model", "path", "string", "the name that gets a price; a slash in it is written %2F"},
};

static const obs_param delete_params[] = {
    {"provider", "path", "string", "as it was set"},
    {"model", "path", "string", "as it was set"},
    {"from", "query", "string", "only the price of this moment, as it was set"},
};

static const obs_param job_params[] = {{"id", "path", "string", "the job"}};

#define PARAMS(array) .params = array, .n_params = sizeof(array) / sizeof(array[0])

static const obs_route routes[] = {
    {
        .methods = OBS_GET,
        .path = "/api/v1/prices/unpriced",
        .handler = handle_unpriced,
        .permission = "costs:read",
        .limit_class = "query",
        .max_age_s = -1,
        .summary = "Models that have no price, how much they are used, and why",
        PARAMS(range_params),
    },
    {
        .methods = OBS_GET,
        .path = "/api/v1/traces/{trace_id}/spans/{span_id}/cost",
        .handler = handle_explain,
        .permission = "costs:read",
        .limit_class = "query",
        .max_age_s = -1,
        .summary = "How the cost of a span came to be",
        PARAMS(span_params),
    },
    {
        .methods = OBS_GET,
        .path = "/api/v1/prices",
        .handler = handle_prices_list,
        .permission = "costs:read",
        .limit_class = "query",
        .max_age_s = -1,
        .summary = "The prices in force, of all books",
        PARAMS(list_params),
    },
    {
        .methods = OBS_GET,
        .path = "/api/v1/prices/{provider}/{model}",
        .handler = handle_prices_show,
        .permission = "costs:read",
        .limit_class = "query",
        .max_age_s = -1,
        .summary = "The price that a name of a model leads to",
        PARAMS(show_params),
    },
    {
        .methods = OBS_PUT,
        .body = OBS_BODY_BUFFER,
        .path = "/api/v1/prices/{provider}/{model}",
        .handler = handle_prices_put,
        .permission = "prices:write",
        .limit_class = "query",
        .max_age_s = -1,
        .summary = "Sets a price, from a moment on",
        PARAMS(put_params),
    },
    {
        .methods = OBS_DELETE,
        .path = "/api/v1/prices/{provider}/{model}",
        .handler = handle_prices_delete,
        .permission = "prices:write",
        .limit_class = "query",
        .max_age_s = -1,
        .summary = "Removes prices that were set",
        PARAMS(delete_params),
    },
    {
        .methods = OBS_POST,
        .body = OBS_BODY_BUFFER,
        .path = "/api/v1/prices/recompute",
        .handler = handle_recompute_start,
        .permission = "prices:write",
        .limit_class = "query",
        .max_age_s = -1,
        .summary = "Prices stored spans anew, in the background",
    },
    {
        .methods = OBS_GET,
        .path = "/api/v1/prices/recompute",
        .handler = handle_recompute_list,
        .permission = "costs:read",
        .limit_class = "query",
        .max_age_s = -1,
        .summary = "The jobs of pricing anew, newest first",
    },
    {
        .methods = OBS_GET,
        .path = "/api/v1/prices/recompute/{id}",
        .handler = handle_recompute_show,
        .permission = "costs:read",
        .limit_class = "query",
        .max_age_s = -1,
        .summary = "One of them",
        PARAMS(job_params),
    },
    {
        .methods = OBS_DELETE,
        .path = "/api/v1/prices/recompute/{id}",
        .handler = handle_recompute_cancel,
        .permission = "prices:write",
        .limit_class = "query",
        .max_age_s = -1,
        .summary = "Cancels one that is under way",
        PARAMS(job_params),
    },
};

static const obs_hook hooks[] = {{.phase = OBS_PHASE_LIMIT, .fn = sync_hook}};

static const obs_need needs[] = {{.service = OBS_STORE_ID}};

static const char *const provides[] = {OBS_PRICES_ID};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "prices",
    .version = OBS_VERSION,
    .license = "Apache-2.0",
    .summary = "what calls of models cost, by a price book",
    .needs = needs,
    .n_needs = 1,
    .provides = provides,
    .n_provides = 1,
    .routes = routes,
    .n_routes = sizeof(routes) / sizeof(*routes),
    .hooks = hooks,
    .n_hooks = 1,
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .config_size = sizeof(struct prices_config),
    .create = create,
    .start = start,
    .worker_start = worker_start,
    .worker_stop = worker_stop,
    .drain = drain,
    .state_version = 1,
    .state_oldest = 1,
    .export_state = export_state,
    .import_state = import_state,
    .destroy = destroy,
};
OBS_PLUGIN_NOTE("prices", OBS_VERSION);
