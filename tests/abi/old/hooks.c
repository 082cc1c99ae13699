/* SPDX-License-Identifier: Apache-2.0 */
/* A hook of every phase. What a request asks for stands in its headers. */
#include "client.h"

static const char mark; /* its address is the key */

static int early(obs_request *req, void *self)
{
    return obs_request_set(req, &mark, self);
}

static int authenticate(obs_request *req, void *self)
{
    (void)self;
    if (!obs_str_is(obs_request_header(req, "X-Old-Answer"), "hook"))
        return OBS_CONTINUE;
    obs_respond(req, 202, "text/plain", obs_str_of("answered by a hook"));
    return OBS_RESPONDED;
}

static int authorize(obs_request *req, void *self)
{
    (void)self;
    return obs_request_header(req, "X-Old-Deny").ptr ? OBS_E_FORBIDDEN : OBS_CONTINUE;
}

static void go_on(void *arg)
{
    obs_request_resume(arg, OBS_CONTINUE);
}

static int limit(obs_request *req, void *self)
{
    const struct client *client = self;

    if (!obs_request_header(req, "X-Old-Wait").ptr)
        return OBS_CONTINUE;
    if (obs_post(client->instance, obs_worker_current(), go_on, req) < 0)
        return OBS_E_NOMEM;
    return OBS_PENDING;
}

static int respond(obs_request *req, void *self)
{
    obs_response_header(req, "X-Old-Mark",
                        obs_str_of(obs_request_get(req, &mark) == self ? "kept" : "lost"));
    return OBS_CONTINUE;
}

static int log_it(obs_request *req, void *self)
{
    struct client *client = self;

    if (obs_response_status(req) == 200 && obs_response_bytes(req) > 0)
        atomic_fetch_add(&client->logged, 1);
    obs_series_observe(client->duration, (double)obs_request_age_ns(req) / 1e9);
    return OBS_CONTINUE;
}

const obs_hook hooks_table[HOOKS_COUNT] = {
    {.phase = OBS_PHASE_EARLY, .fn = early},
    {.phase = OBS_PHASE_AUTHENTICATE, .fn = authenticate},
    {.phase = OBS_PHASE_AUTHORIZE, .fn = authorize},
    {.phase = OBS_PHASE_LIMIT, .fn = limit},
    {.phase = OBS_PHASE_RESPOND, .fn = respond},
    {.phase = OBS_PHASE_LOG, .fn = log_it},
};
