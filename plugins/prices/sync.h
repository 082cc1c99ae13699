/* SPDX-License-Identifier: Apache-2.0 */
/* Learning what was set over the API: at first, and later from other processes. Each
 * worker looks when it starts, and lets what is to be priced wait until it knows;
 * afterwards one of them looks from time to time. */
#ifndef PRICES_SYNC_H
#define PRICES_SYNC_H

#include "prices.h"

struct sync; /* of one worker */

/* One for each worker, NULL when out of memory. Thread: control. */
struct sync *sync_create(struct prices *prices);
void sync_destroy(struct sync *syncs);

/* That of the worker that calls. */
struct sync *sync_here(struct sync *syncs);

/* Looks, unless it still does. Thread: its worker. */
void sync_look(struct sync *sync);

/* What obs_prices.wait() does. Thread: its worker. */
int sync_wait(struct sync *sync, void (*done)(void *user), void *user);

/* An obs_hook_fn: requests that may bring spans wait until the prices are known. */
int sync_hook(obs_request *req, void *self);

#endif
