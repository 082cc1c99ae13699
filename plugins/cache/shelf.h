/* SPDX-License-Identifier: Apache-2.0 */
/* Kept answers of one worker, bounded in bytes. No locks: nobody else sees them.
 *
 * What has to go is decided by S3-FIFO (Yang, Zhang, Qiu, Yue, Vigfusson, "FIFO
 * queues are all you need for cache eviction", SOSP 2023): what is new waits in a
 * small queue, a tenth of the room, and only what is asked for again there comes
 * into the main one, so that a walk through many pages pushes nothing out. */
#ifndef CACHE_SHELF_H
#define CACHE_SHELF_H

#include "key.h"

enum { SHELF_TAG_BYTES = 64, SHELF_SOURCE_BYTES = 64 };

struct kept {
    struct kept *chain;         /* the shelf's */
    struct kept *newer, *older; /* the shelf's */
    uint8_t hits;               /* the shelf's: 0 to 3 */
    bool in_main;               /* the shelf's */

    uint8_t digest[KEY_BYTES];
    uint64_t changes;   /* obs_store.changes before the question */
    int64_t made_ns;    /* monotonic */
    int64_t expires_ns; /* monotonic */
    int64_t ttl_ns;
    char etag[SHELF_TAG_BYTES];
    char source[SHELF_SOURCE_BYTES]; /* of meta */
    size_t len;
    char data[]; /* the answer up to where meta begins */
};

struct shelf;

/* NULL: out of memory. */
struct shelf *shelf_create(size_t limit_bytes);
void shelf_destroy(struct shelf *shelf);

/* What is kept under `digest` and still holds, borrowed until the next call: it has
 * not expired and nothing has changed. What does not hold is thrown away. */
const struct kept *shelf_find(struct shelf *shelf, const uint8_t *digest, uint64_t changes,
                              int64_t now_ns);

/* Takes an entry from malloc(), in the place of one of the same digest, and makes
 * room. Too large for the shelf: it is freed. Returns how many others had to go. */
size_t shelf_put(struct shelf *shelf, struct kept *kept);

size_t shelf_bytes(const struct shelf *shelf);

#endif
