/* SPDX-License-Identifier: Apache-2.0 */
/* The key that cursors are authenticated with: from the configuration, else made
 * once and kept in the store, so that cursors outlive a restart and hosts share
 * them. */
#ifndef TRACE_SEARCH_KEY_H
#define TRACE_SEARCH_KEY_H

#include "cursor.h"

#include <observatory/plugin.h>

/* Something that waits for the key. `ready` is called on the worker, error OBS_OK
 * or that of the store. */
struct key_wait {
    struct key_wait *next;
    void (*ready)(struct key_wait *wait, int error);
};

/* One worker's; no other thread touches it. */
struct key {
    const obs_store *store;
    void *store_self;
    uint8_t bytes[CURSOR_KEY_BYTES];
    uint8_t fresh[CURSOR_KEY_BYTES]; /* offered to the store */
    uint32_t known, asking;
    struct key_wait *waiting;
};

/* `secret` is the option, or NULL. */
void key_init(struct key *key, const obs_store *store, void *store_self, const char *secret);

/* Calls wait->ready() when the key is known: at once, or later. */
void key_need(struct key *key, struct key_wait *wait);

#endif
