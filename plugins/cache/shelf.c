/* SPDX-License-Identifier: Apache-2.0 */
/* S3-FIFO. The paper's queue of ghosts is a table in which a newer ghost takes the
 * place of an older one with the same slot. */
#include "shelf.h"

#include <stdlib.h>

enum { BUCKETS = 1 << 12, GHOSTS = 1 << 12, MOST_HITS = 3, SMALL_SHARE = 10 };

struct queue {
    struct kept *newest, *oldest;
    size_t bytes;
};

struct shelf {
    size_t limit_bytes;
    struct queue small, main;
    struct kept *buckets[BUCKETS];
    uint64_t ghosts[GHOSTS];
};

/* The digest is random enough to be its own hash. */
static uint64_t hash_of(const uint8_t *digest)
{
    uint64_t hash;

    memcpy(&hash, digest, sizeof(hash));
    return hash;
}

static size_t bytes_of(const struct kept *kept)
{
    return sizeof(*kept) + kept->len;
}

struct shelf *shelf_create(size_t limit_bytes)
{
    struct shelf *shelf = calloc(1, sizeof(*shelf));

    if (shelf)
        shelf->limit_bytes = limit_bytes;
    return shelf;
}

size_t shelf_bytes(const struct shelf *shelf)
{
    return shelf->small.bytes + shelf->main.bytes;
}

/* --- queues ------------------------------------------------------------------------------ */

static struct queue *queue_of(struct shelf *shelf, const struct kept *kept)
{
    return kept->in_main ? &shelf->main : &shelf->small;
}

static void enqueue(struct shelf *shelf, struct kept *kept, bool in_main)
{
    struct queue *queue;

    kept->in_main = in_main;
    kept->hits = 0;
    queue = queue_of(shelf, kept);
    kept->older = queue->newest;
    kept->newer = NULL;
    *(queue->newest ? &queue->newest->newer : &queue->oldest) = kept;
    queue->newest = kept;
    queue->bytes += bytes_of(kept);
}

static void dequeue(struct shelf *shelf, struct kept *kept)
{
    struct queue *queue = queue_of(shelf, kept);

    *(kept->newer ? &kept->newer->older : &queue->newest) = kept->older;
    *(kept->older ? &kept->older->newer : &queue->oldest) = kept->newer;
    queue->bytes -= bytes_of(kept);
}

/* --- finding ------------------------------------------------------------------------------ */

static struct kept **place_of(struct shelf *shelf, const uint8_t *digest)
{
    struct kept **at = &shelf->buckets[hash_of(digest) % BUCKETS];

    while (*at && memcmp((*at)->digest, digest, KEY_BYTES) != 0)
        at = &(*at)->chain;
    return at;
}

static void drop(struct shelf *shelf, struct kept *kept)
{
    *place_of(shelf, kept->digest) = kept->chain;
    dequeue(shelf, kept);
    free(kept);
}

const struct kept *shelf_find(struct shelf *shelf, const uint8_t *digest, uint64_t changes,
                              int64_t now_ns)
{
    struct kept *kept = *place_of(shelf, digest);

    if (!kept)
        return NULL;
    if (kept->changes != changes || kept->expires_ns <= now_ns) {
        drop(shelf, kept);
        return NULL;
    }
    if (kept->hits < MOST_HITS)
        kept->hits++;
    return kept;
}

/* --- making room -------------------------------------------------------------------------- */

/* 1 when something went. */
static size_t evict_small(struct shelf *shelf)
{
    struct kept *kept = shelf->small.oldest;
    uint64_t hash = hash_of(kept->digest);

    if (kept->hits > 1) {
        dequeue(shelf, kept);
        enqueue(shelf, kept, /* in_main= */ true);
        return 0;
    }
    shelf->ghosts[hash % GHOSTS] = hash;
    drop(shelf, kept);
    return 1;
}

/* What was asked for goes round once more for each time. */
static size_t evict_main(struct shelf *shelf)
{
    struct kept *kept = shelf->main.oldest;
    uint8_t hits = kept->hits;

    if (hits > 0) {
        dequeue(shelf, kept);
        enqueue(shelf, kept, /* in_main= */ true);
        kept->hits = (uint8_t)(hits - 1);
        return 0;
    }
    drop(shelf, kept);
    return 1;
}

size_t shelf_put(struct shelf *shelf, struct kept *kept)
{
    uint64_t hash = hash_of(kept->digest);
    struct kept **at = place_of(shelf, kept->digest);
    size_t gone = 0;

    if (*at)
        drop(shelf, *at);
    if (bytes_of(kept) > shelf->limit_bytes) {
        free(kept);
        return 0;
    }
    while (shelf_bytes(shelf) + bytes_of(kept) > shelf->limit_bytes) {
        bool small = shelf->small.oldest &&
                     (!shelf->main.oldest || shelf->small.bytes > shelf->limit_bytes / SMALL_SHARE);

        gone += small ? evict_small(shelf) : evict_main(shelf);
    }
    at = place_of(shelf, kept->digest);
    kept->chain = NULL;
    *at = kept;
    enqueue(shelf, kept, /* in_main= */ shelf->ghosts[hash % GHOSTS] == hash);
    return gone;
}

void shelf_destroy(struct shelf *shelf)
{
    if (!shelf)
        return;
    while (shelf->small.oldest)
        drop(shelf, shelf->small.oldest);
    while (shelf->main.oldest)
        drop(shelf, shelf->main.oldest);
    free(shelf);
}
