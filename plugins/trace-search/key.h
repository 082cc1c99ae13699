/* SPDX-License-Identifier: Apache-2.0 */
/* The key that cursors are authenticated with: from the configuration, else made
 * once and kept in the store, so that cursors outlive a restart and hosts share
 * them. As long as the store cannot keep one - a full disk, a read-only file - the
 * process's own serves, so that reading goes on. */
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
    const uint8_t *own; /* the process's */
    uint8_t bytes[CURSOR_KEY_BYTES];
    uint8_t fresh[CURSOR_KEY_BYTES]; /* offered to the store */
    uint32_t known, asking;
    struct key_wait *waiting;
};

/* `secret` is the option, or NULL; `own` is borrowed. */
void key_init(struct key *key, const obs_store *store, void *store_self, const char *secret,
              const uint8_t own[CURSOR_KEY_BYTES]);

/* Calls wait->ready() when the key is known: at once, or later. */
void key_need(struct key *key, struct key_wait *wait);

#endif
