/* SPDX-License-Identifier: Apache-2.0 */
/* Rings without locks: each belongs to one thread. Only the count of what is
 * under way is shared. */
#include "plugin/ledger.h"

#include <stdlib.h>

static void ring_init(struct ledger_entry *ring)
{
    ring->next = ring->previous = ring;
}

struct ledger *ledger_create(uint32_t n_workers)
{
    struct ledger *ledger = calloc(1, sizeof(*ledger) + n_workers * sizeof(ledger->timers[0]));

    if (!ledger)
        return NULL;
    ledger->n_workers = n_workers;
    ring_init(&ledger->threads);
    for (uint32_t i = 0; i < n_workers; i++)
        ring_init(&ledger->timers[i]);
    return ledger;
}

void ledger_destroy(struct ledger *ledger)
{
    if (!ledger)
        return;
    assert(ledger_in_flight(ledger) == 0 && ledger_is_empty(&ledger->threads));
    for (uint32_t i = 0; i < ledger->n_workers; i++)
        assert(ledger_is_empty(&ledger->timers[i]));
    free(ledger);
}

void ledger_link(struct ledger_entry *ring, struct ledger_entry *entry)
{
    entry->previous = ring->previous;
    entry->next = ring;
    ring->previous->next = entry;
    ring->previous = entry;
}

void ledger_unlink(struct ledger_entry *entry)
{
    entry->previous->next = entry->next;
    entry->next->previous = entry->previous;
    ring_init(entry);
}
