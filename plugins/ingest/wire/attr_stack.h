/* SPDX-License-Identifier: Apache-2.0 */
/* Elements of lists whose length is not known before their end: pushed on one
 * stack, nested lists above their parents, and taken off as an array of
 * exactly the right size. Memory comes from the arena. */
#ifndef INGEST_ATTR_STACK_H
#define INGEST_ATTR_STACK_H

#include "otlp.h"

#include <stdbool.h>

struct attr_stack {
    obs_arena *arena;
    struct otlp_attr *items;
    size_t n;
    size_t capacity;
};

/* Makes room for one more; false when out of memory. */
bool attr_stack_grow(struct attr_stack *stack);

/* A new top element, not cleared, NULL when out of memory. The pointer moves
 * with the next push: fill a local one and push last when there is nesting. */
static inline struct otlp_attr *attr_stack_push(struct attr_stack *stack)
{
    if (stack->n == stack->capacity && !attr_stack_grow(stack))
        return NULL;
    return &stack->items[stack->n++];
}

/* Takes everything from `mark` on off the stack, into `ret`. False when out of
 * memory. */
bool attr_stack_take(struct attr_stack *stack, size_t mark, struct otlp_attr **ret_items,
                     uint32_t *ret_n);

/* The same for the values alone, without their keys. */
bool attr_stack_take_values(struct attr_stack *stack, size_t mark, struct otlp_value **ret_items,
                            uint32_t *ret_n);

#endif
