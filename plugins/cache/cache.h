/* SPDX-License-Identifier: Apache-2.0 */
/* The cache: its settings, what each worker has, what each request has. */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include "key.h"
#include "shelf.h"

#include <observatory/host.h>
#include <observatory/metric.h>

struct settings {
    uint64_t max_bytes, max_entry_bytes;
    int64_t live_ns, trace_ns, closed_ns, round_ns;
};

struct counters {
    obs_series *hits, *misses, *coalesced, *evictions, *bytes;
};

struct cache {
    obs_instance *instance;
    const struct settings *settings;
    struct key_times times;
    struct counters counters;
    const obs_store *store;
    void *store_self;
};

struct asking;

/* One question that is under way: who asks the store, and who waits for that. */
struct flight {
    struct flight *next;
    uint8_t digest[KEY_BYTES];
    uint64_t changes;
    int failures;
    struct asking *leader;
    struct asking *first, *last;
};

/* What belongs to a worker. */
struct desk {
    struct cache *cache;
    struct shelf *shelf;
    struct flight *flights;
};

/* A request whose answer may be kept; in its arena. */
struct asking {
    obs_request *req;
    struct desk *desk;
    struct key key;
    uint64_t changes;      /* before the question */
    struct flight *flight; /* led or waited for; NULL: neither */
    struct asking *next;   /* who waits after this one */
    bool served;           /* its answer is what was kept */
};

int counters_register(obs_instance *instance, struct counters *ret_counters);

/* answer.c: gives what is kept as the answer; false: out of memory, it is not
 * answered. */
bool answer_from(struct asking *asking, const struct kept *kept);

/* answer.c: an entry from an answer that is about to be sent, with the headers it
 * needs for that; NULL: it is not to be kept. */
struct kept *answer_keep(struct asking *asking);

/* flight.c */

/* The flight of the same question, as long as nothing has changed since it began. */
struct flight *flight_find(const struct desk *desk, const struct asking *asking);

/* Begins one; without memory the request is on its own. */
void flight_begin(struct asking *asking);

void flight_wait(struct flight *flight, struct asking *asking);

/* The leader has an answer: all get it. */
void flight_land(struct asking *leader, const struct kept *kept);

/* The leader has none: the first who waits asks, and when that fails too, all the others do,
 * so that a broken question does not go through them one by one. */
void flight_fail(struct asking *leader);

/* Who led or waited has gone. Somebody else leads. */
void flight_leave(struct asking *asking);

/* hooks.c */
int before_handler(obs_request *req, void *self);
int on_answer(obs_request *req, void *self);
int on_end(obs_request *req, void *self);

#endif
