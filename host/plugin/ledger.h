/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that an instance registered with the host and that must be gone
 * before its memory is. The plugin undoes it in stop(); what is left the host
 * revokes, with a warning that names it. */
#ifndef HOST_PLUGIN_LEDGER_H
#define HOST_PLUGIN_LEDGER_H

#include <observatory/host.h>
#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>

/* A ring; the head is an entry itself. */
struct ledger_entry {
    struct ledger_entry *next, *previous;
};

/* A service that the instance offers. */
struct ledger_service {
    const char *id; /* the descriptor's */
    const void *table;
    void *provider;
};

#define LEDGER_MAX_SERVICES 32

struct ledger {
    _Atomic size_t n_in_flight; /* posts and offloaded jobs not yet answered */
    size_t n_revoked;           /* timers and threads that the plugin left; of whoever retires it */
    struct ledger_entry threads;                         /* the main thread's */
    struct ledger_service services[LEDGER_MAX_SERVICES]; /* the main thread's */
    size_t n_services;
    uint32_t n_workers;
    struct ledger_entry timers[]; /* one ring a worker, touched by it alone */
};

/* NULL when out of memory. */
struct ledger *ledger_create(uint32_t n_workers);

/* NULL is a no-op. Nothing is left in it. */
void ledger_destroy(struct ledger *ledger);

/* Adds to the end of a ring; takes out of whichever it is in. */
void ledger_link(struct ledger_entry *ring, struct ledger_entry *entry);
void ledger_unlink(struct ledger_entry *entry);

static inline bool ledger_is_empty(const struct ledger_entry *ring)
{
    return ring->next == ring;
}

/* Counts what is under way across threads. Entered before the hand-over, left
 * on the worker after the last callback returned. Thread: any. */
static inline void ledger_enter(struct ledger *ledger)
{
    atomic_fetch_add_explicit(&ledger->n_in_flight, 1, memory_order_relaxed);
}

/* Release: whoever sees the count at zero sees what the callbacks did. */
static inline void ledger_leave(struct ledger *ledger)
{
    size_t before = atomic_fetch_sub_explicit(&ledger->n_in_flight, 1, memory_order_release);

    assert(before > 0);
    (void)before;
}

static inline size_t ledger_in_flight(struct ledger *ledger)
{
    return atomic_load_explicit(&ledger->n_in_flight, memory_order_acquire);
}

#endif
