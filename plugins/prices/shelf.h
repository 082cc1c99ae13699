/* SPDX-License-Identifier: Apache-2.0 */
/* The books in force: two that last as long as the instance, and that of the API,
 * which is exchanged while calls are priced on all threads. */
#ifndef PRICES_SHELF_H
#define PRICES_SHELF_H

#include "own_prices.h"

#include <pthread.h>

struct shelf {
    pthread_rwlock_t lock; /* for the books; held for the microsecond that a price takes */
    struct price_books books;
    obs_arena *arena; /* of the API's book and of the record */
    obs_str record;   /* what it was made of; ptr NULL: nothing was ever set */
    uint64_t version; /* of the record; 0: none */
};

void shelf_init(struct shelf *shelf);
void shelf_destroy(struct shelf *shelf);

/* Prices a span by the books of the moment. Errors: OBS_E_NOMEM. Thread: any. */
OBS_MUST_CHECK int shelf_price(struct shelf *shelf, obs_span *span, obs_arena *arena);

/* The books, until shelf_close(). Thread: any. */
const struct price_books *shelf_open(struct shelf *shelf);
void shelf_close(struct shelf *shelf);

/* What was set over the API, copied into `arena`; ptr NULL when nothing was. Errors:
 * OBS_E_NOMEM. Thread: any. */
OBS_MUST_CHECK int shelf_record(struct shelf *shelf, obs_arena *arena, obs_str *ret_record);

/* Whether it is this record. Thread: any. */
bool shelf_has(struct shelf *shelf, obs_str record);

/* Puts the book of a record in place of the one that is there, unless that is as
 * new. On failure `error` has one sentence. Errors: OBS_E_SYNTAX, OBS_E_NOMEM.
 * Thread: any. */
OBS_MUST_CHECK int shelf_replace(struct shelf *shelf, obs_str record, char *error,
                                 size_t error_size);

#endif
