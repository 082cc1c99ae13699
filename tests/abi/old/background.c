/* SPDX-License-Identifier: Apache-2.0 */
/* Timers, posts, work off the loop, a thread, and the state of a worker that
 * survives a hot swap. */
#include "client.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An answer that comes later. In the request's arena. */
struct later {
    obs_request *req;
    obs_timer *timer;
    int worked;     /* off the loop */
    int on_worker;  /* back on it */
    uint32_t index; /* of the worker that the handler ran on */
};

static void finish(void *arg)
{
    struct later *later = arg;
    struct answer answer;

    obs_timer_stop(later->timer);
    later->on_worker =
        obs_worker_current() && obs_worker_index(obs_worker_current()) == later->index;
    if (answer_begin(later->req, &answer) < 0) {
        obs_respond_error(later->req, OBS_E_NOMEM, /* field= */ NULL, NULL);
        return;
    }
    obs_jw_key(answer.jw, "worked");
    obs_jw_bool(answer.jw, later->worked);
    obs_jw_key(answer.jw, "on_worker");
    obs_jw_bool(answer.jw, later->on_worker);
    answer_end(later->req, &answer);
}

static void work(void *arg)
{
    struct later *later = arg;

    later->worked = obs_worker_current() == NULL;
}

static void client_gone(void *data)
{
    (void)data;
}

int background_later(obs_request *req, void *self)
{
    obs_instance *instance = ((struct client *)self)->instance;
    struct later *later = obs_arena_calloc(obs_request_arena(req), 1, sizeof(*later));
    obs_str by = obs_request_query(req, "by");
    int rc;

    if (!later)
        return OBS_E_NOMEM;
    later->req = req;
    later->index = obs_worker_index(obs_worker_current());
    rc = obs_request_on_abort(req, client_gone, later);
    if (rc < 0)
        return rc;
    if (obs_str_is(by, "timer"))
        rc = obs_timer_start(instance, /* delay_ms= */ 5, /* period_ms= */ 0, finish, later,
                             &later->timer);
    else if (obs_str_is(by, "offload"))
        rc = obs_offload(instance, work, finish, later);
    else
        rc = obs_post(instance, obs_worker_current(), finish, later);
    return rc < 0 ? rc : OBS_PENDING;
}

int background_counters(obs_request *req, void *self)
{
    struct client *client = self;
    struct context *context = obs_request_worker_context(req);
    struct answer answer;
    int rc = answer_begin(req, &answer);

    if (rc < 0)
        return rc;
    answer_uint(&answer, "visits", ++context->visits);
    answer_uint(&answer, "ticks", context->ticks);
    answer_uint(&answer, "logged", atomic_load(&client->logged));
    answer_uint(&answer, "beats", atomic_load(&client->beats));
    return answer_end(req, &answer);
}

static void beat(void *arg)
{
    struct client *client = arg;

    if (obs_worker_current())
        atomic_fetch_add(&client->beats, 1);
}

/* Has no loop of its own, so it posts to that of a worker. */
struct pulse {
    struct client *client;
    obs_worker *worker;
};

static void thread_main(void *arg)
{
    struct pulse pulse = *(struct pulse *)arg;

    free(arg);
    while (!atomic_load(&pulse.client->stopping)) {
        if (obs_post(pulse.client->instance, pulse.worker, beat, pulse.client) < 0)
            obs_log(pulse.client->instance, OBS_LOG_WARN, "a beat was lost: out of memory");
        usleep(10000);
    }
}

static void tick(void *user)
{
    struct context *context = user;

    context->ticks++;
}

/* The first worker's start starts the thread, for a thread needs somewhere to
 * post to; it is joined in stop(). */
static int start_thread(struct client *client, obs_worker *worker)
{
    struct pulse *pulse = malloc(sizeof(*pulse));

    if (!pulse)
        return OBS_E_NOMEM;
    *pulse = (struct pulse){client, worker};
    return obs_thread_start(client->instance, "old-beat", thread_main, pulse, &client->thread);
}

int background_worker_start(void *self, obs_worker *worker, void **ret_context)
{
    struct client *client = self;
    struct context *context = calloc(1, sizeof(*context));
    int rc;

    if (!context)
        return OBS_E_NOMEM;
    context->client = client;
    rc = obs_timer_start(client->instance, 5, 5, tick, context, &context->timer);
    if (rc == OBS_OK && obs_worker_index(worker) == 0)
        rc = start_thread(client, worker);
    if (rc < 0) {
        obs_timer_stop(context->timer);
        free(context);
        return rc;
    }
    *ret_context = context;
    return OBS_OK;
}

void background_worker_stop(void *self, obs_worker *worker, void *context)
{
    struct context *mine = context;

    (void)self;
    (void)worker;
    obs_timer_stop(mine->timer);
    free(mine);
}

void background_stop(struct client *client)
{
    atomic_store(&client->stopping, 1);
    obs_thread_join(client->thread);
}

/* The state of a worker is its visits; what all share has none. */
int background_export(void *self, obs_worker *worker, void *context, obs_buf *state)
{
    const struct context *mine = context;

    (void)self;
    if (worker)
        obs_buf_append(state, &mine->visits, sizeof(mine->visits));
    return obs_buf_error(state);
}

int background_import(void *self, obs_worker *worker, void *context, uint32_t version,
                      obs_str state)
{
    struct context *mine = context;

    (void)self;
    if (!worker)
        return OBS_OK;
    if (version != 1 || state.len != sizeof(mine->visits))
        return OBS_E_INVALID;
    memcpy(&mine->visits, state.ptr, sizeof(mine->visits));
    return OBS_OK;
}
