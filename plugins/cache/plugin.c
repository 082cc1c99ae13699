/* SPDX-License-Identifier: Apache-2.0 */
/* cache: answers that are asked for again are given again, as long as nothing was
 * written that could change them. Read hooks.c first, then key.c for what is the same
 * question, shelf.c for what is kept, flight.c for many who ask at once. */
#include "cache.h"

#include <observatory/plugin.h>

#include <stdlib.h>

static void destroy(void *self)
{
    free(self);
}

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    const struct settings *settings = config;
    struct cache *cache = calloc(1, sizeof(*cache));
    int rc;

    if (!cache)
        return OBS_E_NOMEM;
    cache->instance = instance;
    cache->settings = settings;
    cache->times = (struct key_times){settings->live_ns, settings->trace_ns, settings->closed_ns,
                                      settings->round_ns};
    rc = counters_register(instance, &cache->counters);
    if (rc < 0) {
        free(cache);
        return rc;
    }
    *ret_self = cache;
    return OBS_OK;
}

static int start(void *self)
{
    struct cache *cache = self;
    obs_service service;
    int rc = obs_service_get(cache->instance, OBS_STORE_ID, &service);

    if (rc < 0) {
        obs_log(cache->instance, OBS_LOG_ERROR, "cannot start: no store");
        return rc;
    }
    cache->store = service.table;
    cache->store_self = service.provider;
    if (!OBS_HAS(obs_store, cache->store, changes))
        obs_log(
            cache->instance, OBS_LOG_WARN,
            "the store does not tell what changes: answers are as old as the ttl options allow");
    return OBS_OK;
}

static int worker_start(void *self, obs_worker *worker, void **ret_context)
{
    struct cache *cache = self;
    struct desk *desk = calloc(1, sizeof(*desk));

    (void)worker;
    if (desk)
        desk->shelf = shelf_create(cache->settings->max_bytes / obs_worker_count());
    if (!desk || !desk->shelf) {
        free(desk);
        return OBS_E_NOMEM;
    }
    desk->cache = cache;
    *ret_context = desk;
    return OBS_OK;
}

static void worker_stop(void *self, obs_worker *worker, void *context)
{
    const struct cache *cache = self;
    struct desk *desk = context;

    (void)worker;
    obs_series_add(cache->counters.bytes, -(double)shelf_bytes(desk->shelf));
    shelf_destroy(desk->shelf);
    free(desk);
}

#define AT(member) offsetof(struct settings, member)
/* name, type, flags, offset, default, min, max, choices, help */
static const obs_option options[] = {
    {"max_bytes", OBS_OPT_SIZE, 0, AT(max_bytes), "64MiB", "64KiB", "1TiB", NULL,
     "bytes of kept answers, shared evenly among the workers; over it the least useful go"},
    {"max_entry", OBS_OPT_SIZE, 0, AT(max_entry_bytes), "1MiB", "1KiB", "1GiB", NULL,
     "bytes of one answer; a longer one is not kept"},
    {"ttl_live", OBS_OPT_DURATION, 0, AT(live_ns), "60s", "1s", "24h", NULL,
     "how long an answer holds whose range touches the last hour or has no end"},
    {"ttl_trace", OBS_OPT_DURATION, 0, AT(trace_ns), "300s", "1s", "24h", NULL,
     "how long one trace holds"},
    {"ttl_closed", OBS_OPT_DURATION, 0, AT(closed_ns), "1h", "1s", "7d", NULL,
     "how long an answer holds whose range ended more than an hour ago"},
    {"round", OBS_OPT_DURATION, 0, AT(round_ns), "10s", "1ms", "1h", NULL,
     "relative times such as now-15m are the same question for so long"},
};

static const obs_hook hooks[] = {
    {.phase = OBS_PHASE_HANDLE, .fn = before_handler},
    {.phase = OBS_PHASE_RESPOND, .fn = on_answer},
    {.phase = OBS_PHASE_LOG, .fn = on_end},
};

static const obs_need needs[] = {{.service = OBS_STORE_ID}};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "cache",
    .version = OBS_VERSION,
    .license = "Apache-2.0",
    .summary = "keeps answers until what they tell has changed",
    .needs = needs,
    .n_needs = sizeof(needs) / sizeof(needs[0]),
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .config_size = sizeof(struct settings),
    .hooks = hooks,
    .n_hooks = sizeof(hooks) / sizeof(hooks[0]),
    .create = create,
    .start = start,
    .worker_start = worker_start,
    .worker_stop = worker_stop,
    .destroy = destroy,
};
OBS_PLUGIN_NOTE("cache", OBS_VERSION);
