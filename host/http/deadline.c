/* SPDX-License-Identifier: Apache-2.0 */
/* A ring with a sentinel: linking and unlinking need no branch. */
#include "http/deadline.h"

#include <stddef.h>

#define NS_PER_MS 1000000

static int64_t to_ms(int64_t length_ns)
{
    return (length_ns + NS_PER_MS - 1) / NS_PER_MS;
}

void deadline_list_init(struct deadline_list *list, uint32_t kind, int64_t length_ns)
{
    list->head.prev = list->head.next = &list->head;
    list->head.due_ms = INT64_MAX;
    list->length_ms = to_ms(length_ns);
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

/* All are moved by the same time, so the list stays in order. One that was not
 * kept before starts with its next arming. */
void deadline_list_resize(struct deadline_list *list, int64_t length_ns)
{
    int64_t length_ms = to_ms(length_ns);
    int64_t longer_ms = length_ms - list->length_ms;
    struct deadline *d, *next;

    list->length_ms = length_ms;
    for (d = list->head.next; longer_ms != 0 && d != &list->head; d = next) {
        next = d->next;
        d->due_ms += longer_ms;
        if (length_ms == 0)
            deadline_disarm(d);
    }
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
