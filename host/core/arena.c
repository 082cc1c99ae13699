/* SPDX-License-Identifier: Apache-2.0 */
/* Arena: see arena.h. Ordinary blocks double up to 1 MiB. What is larger than
 * half the next block gets a block of its own behind the current one, so that
 * the rest of the current block stays in use. */
#include "core/arena.h"
#include "runtime/misuse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_BLOCK_BYTES ((size_t)1 << 20)
#define SHORT_TEXT_BYTES 256

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

/* The content of a block has ended. */
static void spoil_block(struct arena_block *block)
{
    ARENA_UNPOISON(block_data(block), block->size);
#ifndef NDEBUG
    memset(block_data(block), ARENA_SPOILT, block->size);
#endif
}

static void free_block(struct arena_block *block)
{
    spoil_block(block);
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
    *arena = (struct obs_arena){
        .limit_bytes = limit_bytes,
        .next_bytes = ARENA_FIRST_BYTES - HEAD_BYTES,
    };
}

void arena_reset(struct obs_arena *arena)
{
    struct arena_block *first, *block;

    run_cleanups(arena); /* may allocate: look at the blocks only now */
    first = arena->first;
    block = arena->block;
    while (block) {
        struct arena_block *older = block->older;
        if (block != first)
            free_block(block);
        block = older;
    }
    arena_init(arena, arena->limit_bytes);
    if (first) {
        first->older = NULL;
        arena->first = first;
        arena->used_bytes = first->size;
        arena->next_bytes = 2 * first->size;
        spoil_block(first);
        use_block(arena, first);
    }
}

void arena_seal(struct obs_arena *arena)
{
    arena->sealed = true;
    arena->end = arena->at; /* leads to arena_alloc_slow() */
}

void arena_unseal(struct obs_arena *arena)
{
    arena->sealed = false;
    if (arena->block)
        use_block(arena, arena->block);
}

void arena_finish(struct obs_arena *arena)
{
    arena_reset(arena);
    if (arena->first)
        free_block(arena->first);
    arena_init(arena, arena->limit_bytes);
}

static bool fits(const struct obs_arena *arena, size_t bytes)
{
    return !arena->limit_bytes || (arena->used_bytes <= arena->limit_bytes &&
                                   bytes <= arena->limit_bytes - arena->used_bytes);
}

static struct arena_block *new_block(struct obs_arena *arena, size_t bytes)
{
    struct arena_block *block;

    if (bytes > SIZE_MAX - HEAD_BYTES || !fits(arena, bytes))
        return NULL;
    block = malloc(HEAD_BYTES + bytes);
    if (!block)
        return NULL;
    *block = (struct arena_block){.size = bytes};
    arena->used_bytes += bytes;
    return block;
}

static void *alloc_apart(struct obs_arena *arena, size_t size, size_t need)
{
    struct arena_block *block = new_block(arena, need);

    if (!block)
        return NULL;
    if (arena->block) {
        block->older = arena->block->older;
        arena->block->older = block;
    } else {
        arena->block = block; /* `at` and `end` stay NULL: it is full */
    }
    ARENA_POISON(block_data(block), block->size);
    ARENA_UNPOISON(block_data(block), size);
    return block_data(block);
}

void *arena_alloc_slow(struct obs_arena *arena, size_t size)
{
    size_t need = arena_rounded(size ? size : 1);
    struct arena_block *block;

    MISUSE_UNLESS(!arena->sealed, .function = "obs_arena_alloc",
                  .what = "in the arena of a request that is over",
                  .right = "a request ends with its answer, keep nothing of it beyond");
    if (need == 0)
        return NULL;
    if (size == 0)
        return arena_alloc(arena, 1); /* a pointer, not an error */
    if (need > arena->next_bytes / (arena->first ? 2 : 1) || !fits(arena, arena->next_bytes))
        return alloc_apart(arena, size, need);
    block = new_block(arena, arena->next_bytes);
    if (!block)
        return NULL;
    block->older = arena->block;
    if (!arena->first)
        arena->first = block;
    if (arena->next_bytes < MAX_BLOCK_BYTES)
        arena->next_bytes *= 2;
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
    char brief[SHORT_TEXT_BYTES], *text;
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(brief, sizeof(brief), format, args);
    va_end(args);
    if (len < 0)
        return obs_str_n(NULL, 0);
    if ((size_t)len < sizeof(brief))
        return obs_arena_dup(arena, obs_str_n(brief, (size_t)len));
    text = arena_alloc(arena, (size_t)len + 1);
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
