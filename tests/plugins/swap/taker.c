/* SPDX-License-Identifier: Apache-2.0 */
/* taker: needs test.word/1 and provides test.echo/1. GET /taker answers the word
 * and when the instance was made. */
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

static int answer(obs_request *req, void *self)
{
    const struct taker *taker = self;
    const struct word_service *service = taker->service.table;
    obs_str text = obs_arena_printf(obs_request_arena(req), "%.*s %lld\n",
                                    OBS_STR_ARG(service->word(taker->service.provider)),
                                    (long long)taker->created_ns);

    return text.ptr ? obs_respond(req, 200, "text/plain", text) : OBS_E_NOMEM;
}

static const obs_need needs[] = {{WORD_SERVICE, 0, 0}};
static const char *const provides[] = {"test.echo/1"};
static const obs_route routes[] = {
    {.methods = OBS_GET, .path = "/taker", .handler = answer, .summary = "the word"},
};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,       .flags = OBS_PLUGIN_UNLOADABLE,
    .name = "taker",         .version = "1.0.0",
    .license = "Apache-2.0", .summary = "needs a word",
    .needs = needs,          .n_needs = 1,
    .provides = provides,    .n_provides = 1,
    .routes = routes,        .n_routes = 1,
    .create = create,        .start = start,
    .destroy = free,
};
OBS_PLUGIN_NOTE("taker", "1.0.0");
