/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines without a timer each: one list a kind, and since all entries of a
 * kind have the same length, a list is always in order of expiry. Arming is
 * "move to the tail"; one timer of the worker looks at the heads. */
#ifndef HOST_HTTP_DEADLINE_H
#define HOST_HTTP_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Embedded in what it watches. Zeroed is not armed. */
struct deadline {
    struct deadline *prev, *next; /* NULL when not armed */
    int64_t due_ms;
    uint32_t kind; /* of the list it is in */
};

struct deadline_list {
    struct deadline head; /* sentinel of a ring */
    int64_t length_ms;    /* 0: entries never expire and are not kept */
    uint32_t kind;
};

void deadline_list_init(struct deadline_list *list, uint32_t kind, int64_t length_ns);

/* Gives the list another length, those that are armed included. */
void deadline_list_resize(struct deadline_list *list, int64_t length_ns);

/* Starts or restarts `d`, taking it out of any other list. */
void deadline_arm(struct deadline_list *list, struct deadline *d, int64_t now_ms);

/* A no-op when not armed. */
void deadline_disarm(struct deadline *d);

/* The first one that is due, still armed; NULL when none is. */
struct deadline *deadline_expired(const struct deadline_list *list, int64_t now_ms);

static inline bool deadline_armed(const struct deadline *d)
{
    return d->next != NULL;
}

#endif
