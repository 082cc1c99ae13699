/* SPDX-License-Identifier: Apache-2.0 */
/* Looking the key up: read the record; when there is none, offer a fresh one.
 * Whoever loses that race is handed the winner's. */
#include "key.h"

#include <sodium.h>

#define SPACE obs_str_of("trace-search")
#define NAME obs_str_of("cursor_key")

void key_init(struct key *key, const obs_store *store, void *store_self, const char *secret,
              const uint8_t own[CURSOR_KEY_BYTES])
{
    *key = (struct key){.store = store, .store_self = store_self, .own = own};
    if (!secret || !*secret)
        return;
    crypto_generichash(key->bytes, sizeof(key->bytes), (const uint8_t *)secret, strlen(secret),
                       NULL, 0);
    key->known = 1;
}

static void answer(struct key *key, int error)
{
    struct key_wait *wait = key->waiting;

    key->asking = 0;
    key->waiting = NULL;
    while (wait) {
        struct key_wait *next = wait->next;
        wait->ready(wait, error);
        wait = next;
    }
}

static void use(struct key *key, obs_str value)
{
    if (value.len != sizeof(key->bytes)) {
        answer(key, OBS_E_STORE);
        return;
    }
    memcpy(key->bytes, value.ptr, sizeof(key->bytes));
    key->known = 1;
    answer(key, OBS_OK);
}

/* Until the next need asks the store again. */
static void use_own(struct key *key)
{
    memcpy(key->bytes, key->own, sizeof(key->bytes));
    answer(key, OBS_OK);
}

/* Waiters may need the key again at once, and that would offer another one: what
 * was offered is done with before they are told. */
static void on_offered(int error, obs_str value, void *user)
{
    struct key *key = user;
    uint8_t offered[CURSOR_KEY_BYTES];

    memcpy(offered, key->fresh, sizeof(offered));
    sodium_memzero(key->fresh, sizeof(key->fresh));
    if (error == OBS_E_CONFLICT)
        use(key, value); /* somebody was faster */
    else if (error == OBS_OK)
        use(key, obs_str_n((const char *)offered, sizeof(offered)));
    else
        use_own(key);
    sodium_memzero(offered, sizeof(offered));
}

static void on_read(int error, obs_str value, void *user)
{
    struct key *key = user;
    int rc;

    if (error == OBS_OK) {
        use(key, value);
        return;
    }
    if (error != OBS_E_NOT_FOUND) {
        answer(key, error);
        return;
    }
    randombytes_buf(key->fresh, sizeof(key->fresh));
    rc = key->store->record_put(key->store_self, SPACE, NAME,
                                obs_str_n((const char *)key->fresh, sizeof(key->fresh)),
                                OBS_RECORD_NEW, on_offered, key);
    if (rc < 0)
        use_own(key);
}

void key_need(struct key *key, struct key_wait *wait)
{
    int rc;

    if (key->known) {
        wait->ready(wait, OBS_OK);
        return;
    }
    wait->next = key->waiting;
    key->waiting = wait;
    if (key->asking)
        return;
    key->asking = 1;
    rc = key->store->record_get(key->store_self, SPACE, NAME, on_read, key);
    if (rc < 0)
        answer(key, rc);
}
