/* SPDX-License-Identifier: Apache-2.0 */
/* A request's way through the cache: before its handler, with its answer, at its end. */
#include "cache.h"

#include "scope.h"

#include <observatory/worker.h>

#include <stdlib.h>

static const char asking_key; /* its address */

static void on_gone(void *data)
{
    flight_leave(data);
}

/* RFC 9111 §5.2.1: who wants no stored answer. */
static bool mentions(obs_request *req, const char *directive)
{
    obs_str value = obs_request_header(req, "Cache-Control");

    return value.len > 0 && memmem(value.ptr, value.len, directive, strlen(directive)) != NULL;
}

static uint64_t count_changes(const struct cache *cache, const obs_scope *scope,
                              const struct key *key)
{
    if (!OBS_HAS(obs_store, cache->store, changes))
        return 0; /* only time ends what is kept */
    return cache->store->changes(cache->store_self, scope, key->of_trace ? key->trace_id : NULL,
                                 key->to_ns);
}

/* NULL: the answer cannot be kept. */
static struct asking *ask(obs_request *req, struct cache *cache)
{
    struct asking *asking = obs_arena_calloc(obs_request_arena(req), 1, sizeof(*asking));
    obs_scope scope = scope_of(req);

    if (!asking || key_of(req, &scope, &cache->times, &asking->key) < 0)
        return NULL;
    asking->req = req;
    asking->desk = obs_request_worker_context(req);
    asking->changes = count_changes(cache, &scope, &asking->key);
    return asking;
}

/* Asks the store, or waits for who does. */
static int fly(struct asking *asking)
{
    struct flight *flight = flight_find(asking->desk, asking);

    if (obs_request_on_abort(asking->req, on_gone, asking) < 0)
        return OBS_CONTINUE; /* on its own */
    if (flight) {
        obs_series_add(asking->desk->cache->counters.coalesced, 1);
        flight_wait(flight, asking);
        return OBS_PENDING;
    }
    flight_begin(asking);
    return OBS_CONTINUE;
}

int before_handler(obs_request *req, void *self)
{
    struct cache *cache = self;
    const struct kept *kept;
    struct asking *asking;

    if (!(obs_request_route_decl(req)->flags & OBS_ROUTE_CACHE) || mentions(req, "no-store"))
        return OBS_CONTINUE;
    asking = ask(req, cache);
    if (!asking)
        return OBS_CONTINUE;
    if (!mentions(req, "no-cache")) {
        kept = shelf_find(asking->desk->shelf, asking->key.digest, asking->changes,
                          obs_clock_mono_ns());
        if (kept && answer_from(asking, kept)) {
            obs_series_add(cache->counters.hits, 1);
            return OBS_RESPONDED;
        }
    }
    obs_series_add(cache->counters.misses, 1);
    if (obs_request_set(req, &asking_key, asking) < 0)
        return OBS_CONTINUE;
    return fly(asking);
}

/* While a configuration takes the place of another, an answer may be of either, and
 * another store may be written to. */
static bool settled(void)
{
    obs_host_info host = {.size = sizeof(host)};

    obs_host_describe(&host);
    return host.n_generations <= 1;
}

static void keep(struct desk *desk, struct kept *kept)
{
    const struct counters *counters = &desk->cache->counters;
    size_t before = shelf_bytes(desk->shelf);

    obs_series_add(counters->evictions, (double)shelf_put(desk->shelf, kept));
    obs_series_add(counters->bytes, (double)shelf_bytes(desk->shelf) - (double)before);
}

int on_answer(obs_request *req, void *self)
{
    struct asking *asking = obs_request_get(req, &asking_key);
    bool leads = asking && asking->flight && asking->flight->leader == asking;
    struct kept *kept;

    (void)self;
    if (!asking || asking->served || (asking->flight && !leads))
        return OBS_CONTINUE;
    kept = answer_keep(asking);
    if (leads && kept)
        flight_land(asking, kept);
    else if (leads)
        flight_fail(asking);
    if (kept && settled())
        keep(asking->desk, kept);
    else
        free(kept);
    return OBS_CONTINUE;
}

/* Whatever became of it, nobody waits for it any more. */
int on_end(obs_request *req, void *self)
{
    struct asking *asking = obs_request_get(req, &asking_key);

    (void)self;
    if (asking && asking->flight && asking->flight->leader == asking)
        flight_leave(asking);
    return OBS_CONTINUE;
}
