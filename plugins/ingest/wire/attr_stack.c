/* SPDX-License-Identifier: Apache-2.0 */
/* The stack of attributes under way. */
#include "attr_stack.h"

bool attr_stack_grow(struct attr_stack *stack)
{
    size_t capacity = stack->capacity ? stack->capacity * 2 : 64;
    struct otlp_attr *items;

    if (capacity > SIZE_MAX / sizeof(*items))
        return false;
    items = obs_arena_alloc(stack->arena, capacity * sizeof(*items));
    if (!items)
        return false;
    if (stack->n)
        memcpy(items, stack->items, stack->n * sizeof(*items));
    stack->items = items;
    stack->capacity = capacity;
    return true;
}

bool attr_stack_take(struct attr_stack *stack, size_t mark, struct otlp_attr **ret_items,
                     uint32_t *ret_n)
{
    size_t n = stack->n - mark;
    struct otlp_attr *items = NULL;

    if (n > 0) {
        items = obs_arena_alloc(stack->arena, n * sizeof(*items));
        if (!items || n > UINT32_MAX)
            return false;
        memcpy(items, stack->items + mark, n * sizeof(*items));
    }
    stack->n = mark;
    *ret_items = items;
    *ret_n = (uint32_t)n;
    return true;
}

bool attr_stack_take_values(struct attr_stack *stack, size_t mark, struct otlp_value **ret_items,
                            uint32_t *ret_n)
{
    size_t n = stack->n - mark;
    struct otlp_value *items = NULL;

    if (n > 0) {
        items = obs_arena_alloc(stack->arena, n * sizeof(*items));
        if (!items || n > UINT32_MAX)
            return false;
        for (size_t i = 0; i < n; i++)
            items[i] = stack->items[mark + i].value;
    }
    stack->n = mark;
    *ret_items = items;
    *ret_n = (uint32_t)n;
    return true;
}
