/* SPDX-License-Identifier: Apache-2.0 */
/* Arena: see arena.h. Blocks double up to 1 MiB; what is larger than a block
 * gets one of its own. */
#include "core/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_BLOCK_BYTES ((size_t)1 << 20)

struct arena_block {
    struct arena_block *older;
    size_t size; /* of the data behind this head */
};

struct arena_cleanup {
    struct arena_cleanup *next;
    void (*fn)(void *data);
    void *data;
};

#define HEAD_BYTES ((sizeof(struct arena_block) + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1))

static char *block_data(struct arena_block *block)
{
    return (char *)block + HEAD_BYTES;
}

static void use_block(struct obs_arena *arena, struct arena_block *block)
{
    arena->block = block;
    arena->at = block_data(block);
    arena->end = arena->at + block->size;
    ARENA_POISON(arena->at, block->size);
}

static void free_block(struct arena_block *block)
{
    ARENA_UNPOISON(block_data(block), block->size);
    free(block);
}

static void run_cleanups(struct obs_arena *arena)
{
    /* a cleanup may register another one */
    while (arena->defer) {
        struct arena_cleanup *c = arena->defer;
        arena->defer = c->next;
        c->fn(c->data);
    }
}

void arena_init(struct obs_arena *arena, size_t limit_bytes)
{
    *arena = (struct obs_arena){.limit_bytes = limit_bytes};
}

void arena_reset(struct obs_arena *arena)
{
    run_cleanups(arena);
    while (arena->block && arena->block != arena->first) {
        struct arena_block *older = arena->block->older;
        free_block(arena->block);
        arena->block = older;
    }
    arena->used_bytes = 0;
    if (arena->first) {
        arena->used_bytes = arena->first->size;
        use_block(arena, arena->first);
    }
}

void arena_finish(struct obs_arena *arena)
{
    arena_reset(arena);
    if (arena->first)
        free_block(arena->first);
    arena_init(arena, arena->limit_bytes);
}

static size_t block_size_for(const struct obs_arena *arena, size_t need)
{
    size_t size = arena->block ? 2 * arena->block->size : ARENA_FIRST_BYTES - HEAD_BYTES;

    if (size > MAX_BLOCK_BYTES)
        size = MAX_BLOCK_BYTES;
    return size < need ? need : size;
}

void *arena_alloc_slow(struct obs_arena *arena, size_t size)
{
    size_t need = (size + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
    struct arena_block *block;
    size_t bytes;

    if (need < size)
        return NULL;
    bytes = block_size_for(arena, need);
    if (arena->limit_bytes && arena->used_bytes + bytes > arena->limit_bytes)
        bytes = need; /* perhaps it still fits without the slack */
    if (bytes > SIZE_MAX - HEAD_BYTES ||
        (arena->limit_bytes && (arena->used_bytes > arena->limit_bytes ||
                                bytes > arena->limit_bytes - arena->used_bytes)))
        return NULL;
    block = malloc(HEAD_BYTES + bytes);
    if (!block)
        return NULL;
    *block = (struct arena_block){.older = arena->block, .size = bytes};
    arena->used_bytes += bytes;
    if (!arena->first)
        arena->first = block;
    use_block(arena, block);
    return arena_alloc(arena, size);
}

/* --- the SDK's functions ---------------------------------------------------- */

obs_arena *obs_arena_create(size_t limit_bytes)
{
    struct obs_arena *arena = malloc(sizeof(*arena));

    if (arena)
        arena_init(arena, limit_bytes);
    return arena;
}

void obs_arena_destroy(obs_arena *arena)
{
    if (!arena)
        return;
    arena_finish(arena);
    free(arena);
}

void *obs_arena_alloc(obs_arena *arena, size_t size)
{
    return arena_alloc(arena, size);
}

void *obs_arena_calloc(obs_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    void *p;

    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    p = arena_alloc(arena, bytes);
    return p ? memset(p, 0, bytes) : NULL;
}

obs_str obs_arena_dup(obs_arena *arena, obs_str s)
{
    char *copy = s.len < SIZE_MAX ? arena_alloc(arena, s.len + 1) : NULL;

    if (!copy)
        return obs_str_n(NULL, 0);
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return obs_str_n(copy, s.len);
}

obs_str obs_arena_printf(obs_arena *arena, const char *format, ...)
{
    va_list args;
    char *text;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    text = len < 0 ? NULL : arena_alloc(arena, (size_t)len + 1);
    if (!text)
        return obs_str_n(NULL, 0);
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return obs_str_n(text, (size_t)len);
}

int obs_arena_defer(obs_arena *arena, void (*fn)(void *data), void *data)
{
    struct arena_cleanup *c = arena_alloc(arena, sizeof(*c));

    if (!c)
        return OBS_E_NOMEM;
    *c = (struct arena_cleanup){.next = arena->defer, .fn = fn, .data = data};
    arena->defer = c;
    return OBS_OK;
}
