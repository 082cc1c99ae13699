/* SPDX-License-Identifier: Apache-2.0 */
/* A ring with a sentinel: linking and unlinking need no branch. */
#include "http/deadline.h"

#include <stddef.h>

#define NS_PER_MS 1000000

void deadline_list_init(struct deadline_list *list, uint32_t kind, int64_t length_ns)
{
    list->head.prev = list->head.next = &list->head;
    list->head.due_ms = INT64_MAX;
    list->length_ms = (length_ns + NS_PER_MS - 1) / NS_PER_MS;
    list->kind = kind;
}

void deadline_disarm(struct deadline *d)
{
    if (!d->next)
        return;
    d->prev->next = d->next;
    d->next->prev = d->prev;
    d->next = d->prev = NULL;
}

void deadline_arm(struct deadline_list *list, struct deadline *d, int64_t now_ms)
{
    deadline_disarm(d);
    if (list->length_ms == 0)
        return;
    d->due_ms = now_ms + list->length_ms;
    d->kind = list->kind;
    d->prev = list->head.prev;
    d->next = &list->head;
    d->prev->next = d;
    list->head.prev = d;
}

struct deadline *deadline_expired(const struct deadline_list *list, int64_t now_ms)
{
    struct deadline *first = list->head.next;

    return first->due_ms <= now_ms ? first : NULL;
}
