/* SPDX-License-Identifier: Apache-2.0 */
/* One record is read and compared with the one on the shelf; only another one is
 * made into a book, off the loop. */
#include "sync.h"

#include <stdio.h>
#include <stdlib.h>

struct waiting {
    struct waiting *next;
    void (*done)(void *user);
    void *user;
};

/* All of it is the worker's. */
struct sync {
    struct prices *prices;
    struct waiting *waiting; /* the last one first: they do not depend on each other */
    bool looking, known;
    bool told;        /* that the record is broken */
    obs_arena *arena; /* of the look */
    obs_str record;
    int error;
    char text[512];
};

static void end(struct sync *s)
{
    struct waiting *waiting = s->waiting, *next;

    if (s->arena)
        obs_arena_destroy(s->arena);
    s->arena = NULL;
    s->waiting = NULL;
    s->looking = false;
    s->known = true; /* also that the store does not answer: it cannot take spans either */
    for (; waiting; waiting = next) {
        next = waiting->next;
        waiting->done(waiting->user);
        free(waiting);
    }
    obs_instance_release(s->prices->instance);
}

/* Off the loop: there may be thousands. */
static void replace(void *arg)
{
    struct sync *s = arg;

    s->error = shelf_replace(s->prices->shelf, s->record, s->text, sizeof(s->text));
}

static void replaced(void *arg)
{
    struct sync *s = arg;

    if (s->error < 0 && !s->told)
        obs_log(s->prices->instance, OBS_LOG_ERROR,
                "prices that were set over the API are not used: %s", s->text);
    s->told = s->error < 0;
    end(s);
}

static void found(int error, obs_str value, void *user)
{
    struct sync *s = user;

    if (error < 0 || shelf_has(s->prices->shelf, value)) {
        end(s); /* nothing was set, the store does not answer, or nothing is new */
        return;
    }
    s->arena = obs_arena_create(/* limit_bytes= */ 0);
    s->record = s->arena ? obs_arena_dup(s->arena, value) : obs_str_n(NULL, 0);
    if (!s->record.ptr || obs_offload(s->prices->instance, replace, replaced, s) < 0)
        end(s); /* next time */
}

void sync_look(struct sync *s)
{
    const struct prices *p = s->prices;

    if (s->looking)
        return;
    s->looking = true;
    obs_instance_hold(p->instance);
    if (p->store->record_get(p->store_self, obs_str_of(OWN_PRICES_SPACE),
                             obs_str_of(OWN_PRICES_KEY), found, s) < 0)
        end(s);
}

int sync_wait(struct sync *s, void (*done)(void *user), void *user)
{
    struct waiting *waiting;

    if (s->known) {
        done(user);
        return OBS_OK;
    }
    waiting = malloc(sizeof(*waiting));
    if (!waiting)
        return OBS_E_NOMEM;
    *waiting = (struct waiting){.next = s->waiting, .done = done, .user = user};
    s->waiting = waiting;
    return OBS_OK;
}

static void go_on(void *user)
{
    obs_request_resume(user, OBS_CONTINUE);
}

int sync_hook(obs_request *req, void *self)
{
    const struct prices *prices = self;
    struct sync *s = sync_here(prices->syncs);
    int rc;

    if (s->known || (obs_request_method(req) & (OBS_GET | OBS_HEAD | OBS_OPTIONS)))
        return OBS_CONTINUE;
    rc = sync_wait(s, go_on, req);
    return rc < 0 ? rc : OBS_PENDING;
}

struct sync *sync_here(struct sync *syncs)
{
    return &syncs[obs_worker_index(obs_worker_current())];
}

struct sync *sync_create(struct prices *prices)
{
    uint32_t n = obs_worker_count();
    struct sync *syncs = calloc(n ? n : 1, sizeof(*syncs));

    for (uint32_t i = 0; syncs && i < n; i++)
        syncs[i].prices = prices;
    return syncs;
}

void sync_destroy(struct sync *syncs)
{
    free(syncs);
}
