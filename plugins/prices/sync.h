/* SPDX-License-Identifier: Apache-2.0 */
/* Learning of prices that another process set, by looking for the next version. */
#ifndef PRICES_SYNC_H
#define PRICES_SYNC_H

#include "prices.h"

#define SYNC_SPACE "prices"
#define SYNC_HINT "book" /* key: the number of a version that is there, in text */

/* Of the versions so many are kept; of older ones only the key, which must not be
 * taken again, with this in place of the prices. */
#define SYNC_KEPT 16u
#define SYNC_SUPERSEDED "superseded"

struct sync;

/* NULL when out of memory. Thread: control. */
struct sync *sync_create(struct prices *prices);
void sync_destroy(struct sync *sync);

/* Looks, unless it still does. Thread: worker, always the same one. */
void sync_look(struct sync *sync);

/* The key of a version, in `text`. */
obs_str sync_key(uint64_t version, char text[40]);

#endif
