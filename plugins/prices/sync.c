/* SPDX-License-Identifier: Apache-2.0 */
/* From the version in force on, one by one; from nothing, or from one that is too
 * old for that, with the one that the hint names. */
#include "sync.h"

#include <stdio.h>
#include <stdlib.h>

struct sync {
    struct prices *prices;
    bool looking;
    bool was_hinted;
};

obs_str sync_key(uint64_t version, char text[40])
{
    snprintf(text, 40, "book/%llu", (unsigned long long)version);
    return obs_str_of(text);
}

static void end(struct sync *s)
{
    s->looking = false;
    obs_instance_release(s->prices->instance);
}

static void ask(struct sync *s, obs_str key, obs_record_fn done)
{
    const struct prices *p = s->prices;

    if (p->store->record_get(p->store_self, obs_str_of(SYNC_SPACE), key, done, s) < 0)
        end(s);
}

static void found(int error, obs_str value, void *user);
static void hinted(int error, obs_str value, void *user);

static void ask_version(struct sync *s, uint64_t version)
{
    char key[40];

    ask(s, sync_key(version, key), found);
}

static void ask_hint(struct sync *s)
{
    s->was_hinted = true;
    ask(s, obs_str_of(SYNC_HINT), hinted);
}

static void found(int error, obs_str value, void *user)
{
    struct sync *s = user;
    const struct prices *p = s->prices;
    uint64_t before = shelf_version(p->shelf);
    char text[512];

    if (error < 0) {
        end(s); /* there is none, or the store does not answer: next time */
        return;
    }
    if (obs_str_is(value, SYNC_SUPERSEDED)) {
        if (s->was_hinted)
            end(s); /* a hint that was overtaken: next time */
        else
            ask_hint(s);
        return;
    }
    if (shelf_replace(p->shelf, value, text, sizeof(text)) < 0) {
        obs_log(p->instance, OBS_LOG_ERROR, "prices that were set over the API are not used: %s",
                text);
        end(s);
        return;
    }
    if (shelf_version(p->shelf) == before) {
        end(s);
        return;
    }
    ask_version(s, shelf_version(p->shelf) + 1);
}

static void hinted(int error, obs_str value, void *user)
{
    struct sync *s = user;
    char text[24];

    if (error < 0 || value.len >= sizeof(text)) {
        ask_version(s, 1);
        return;
    }
    memcpy(text, value.ptr, value.len);
    text[value.len] = '\0';
    ask_version(s, strtoull(text, NULL, 10));
}

void sync_look(struct sync *s)
{
    uint64_t version = shelf_version(s->prices->shelf);

    if (s->looking)
        return;
    s->looking = true;
    s->was_hinted = false;
    obs_instance_hold(s->prices->instance);
    if (version)
        ask_version(s, version + 1);
    else
        ask_hint(s);
}

struct sync *sync_create(struct prices *prices)
{
    struct sync *s = calloc(1, sizeof(*s));

    if (s)
        s->prices = prices;
    return s;
}

void sync_destroy(struct sync *s)
{
    free(s);
}
