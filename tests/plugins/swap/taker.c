/* SPDX-License-Identifier: Apache-2.0 */
/* taker: needs test.word/1 and provides test.echo/1. GET /taker answers the word
 * and when the instance was made; GET /taker/later asks for the word after half a
 * second. */
#include "word.h"

#include <stdlib.h>

struct taker {
    obs_instance *instance;
    obs_service service;
    int64_t created_ns;
};

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    static const uint32_t echo_table[2] = {sizeof(echo_table), 0};
    struct taker *taker = calloc(1, sizeof(*taker));
    int rc;

    (void)config;
    if (!taker)
        return OBS_E_NOMEM;
    taker->instance = instance;
    taker->created_ns = obs_clock_mono_ns();
    rc = obs_service_provide(instance, "test.echo/1", echo_table, taker);
    if (rc < 0)
        free(taker);
    else
        *ret_self = taker;
    return rc;
}

static int start(void *self)
{
    struct taker *taker = self;

    return obs_service_get(taker->instance, WORD_SERVICE, &taker->service);
}

static int answer_now(obs_request *req, void *self)
{
    const struct taker *taker = self;
    const struct word_service *service = taker->service.table;
    obs_str text = obs_arena_printf(obs_request_arena(req), "%.*s %lld\n",
                                    OBS_STR_ARG(service->word(taker->service.provider)),
                                    (long long)taker->created_ns);

    if (!text.ptr)
        return obs_respond_error(req, OBS_E_NOMEM, /* field= */ NULL, NULL);
    return obs_respond(req, 200, "text/plain", text);
}

/* A request that asks its provider when another one may be in use already. */
struct later {
    struct taker *taker;
    obs_request *req;
    obs_timer *timer;
};

static void on_time(void *user)
{
    struct later *later = user;

    obs_timer_stop(later->timer);
    (void)answer_now(later->req, later->taker);
}

static int answer_later(obs_request *req, void *self)
{
    struct taker *taker = self;
    struct later *later = obs_arena_calloc(obs_request_arena(req), 1, sizeof(*later));
    int rc;

    if (!later)
        return OBS_E_NOMEM;
    later->taker = taker;
    later->req = req;
    rc = obs_timer_start(taker->instance, /* delay_ms= */ 500, /* period_ms= */ 0, on_time, later,
                         &later->timer);
    return rc < 0 ? rc : OBS_PENDING;
}

static const obs_need needs[] = {{WORD_SERVICE, 0, 0}};
static const char *const provides[] = {"test.echo/1"};
static const obs_route routes[] = {
    {.methods = OBS_GET, .path = "/taker", .handler = answer_now, .summary = "the word"},
    {.methods = OBS_GET, .path = "/taker/later", .handler = answer_later, .summary = "the word"},
};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,       .flags = OBS_PLUGIN_UNLOADABLE,
    .name = "taker",         .version = "1.0.0",
    .license = "Apache-2.0", .summary = "needs a word",
    .needs = needs,          .n_needs = 1,
    .provides = provides,    .n_provides = 1,
    .routes = routes,        .n_routes = 2,
    .create = create,        .start = start,
    .destroy = free,
};
OBS_PLUGIN_NOTE("taker", "1.0.0");
