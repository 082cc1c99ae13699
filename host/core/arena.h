/* SPDX-License-Identifier: Apache-2.0 */
/* The arena of the SDK from the inside: blocks of memory handed out by moving a
 * pointer. A request keeps its arena across requests: arena_reset() runs the
 * cleanups, frees all blocks but the first and starts over. What is not handed
 * out, or not any more, is poisoned under AddressSanitizer; in other debug builds
 * what ends is filled with ARENA_SPOILT, so that a pointer that was kept does
 * not seem to work. */
#ifndef HOST_CORE_ARENA_H
#define HOST_CORE_ARENA_H

#include <observatory/memory.h>
#include <stdbool.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define ARENA_POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define ARENA_UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#define ARENA_REDZONE ((size_t)16) /* stays poisoned behind each allocation */
#else
#define ARENA_POISON(p, n) ((void)(p), (void)(n))
#define ARENA_UNPOISON(p, n) ((void)(p), (void)(n))
#define ARENA_REDZONE ((size_t)0)
#endif

#define ARENA_SPOILT 0xDB

#define ARENA_ALIGN ((size_t)16)
#define ARENA_FIRST_BYTES ((size_t)4096)

struct arena_block;
struct arena_cleanup;

/* Owned by whoever called arena_init(); one thread at a time. */
struct obs_arena {
    char *at; /* next free byte of the current block */
    char *end;
    struct arena_block *block;   /* the current one; older ones hang on it */
    struct arena_block *first;   /* kept across resets; NULL before the first use */
    struct arena_cleanup *defer; /* last registered first */
    size_t next_bytes;           /* size of the next ordinary block */
    size_t used_bytes;           /* in blocks, for the limit */
    size_t limit_bytes;          /* 0: none */
    bool sealed;
};

/* An empty arena; allocates nothing yet. */
void arena_init(struct obs_arena *arena, size_t limit_bytes);

/* Runs the cleanups and empties it; keeps the first block, which is never larger
 * than ARENA_FIRST_BYTES, for the next use. */
void arena_reset(struct obs_arena *arena);

/* What is allocated from an empty arena until arena_unseal() aborts, in debug
 * builds: it belongs to a request that is over. */
void arena_seal(struct obs_arena *arena);
void arena_unseal(struct obs_arena *arena);

/* Runs the cleanups and frees everything. */
void arena_finish(struct obs_arena *arena);

/* The way when the current block is full, and for 0 bytes. */
void *arena_alloc_slow(struct obs_arena *arena, size_t size);

/* What `size` bytes take up; 0 for 0 (but under ASan) and for what overflows. */
static inline size_t arena_rounded(size_t size)
{
    size_t rounded = (size + ARENA_REDZONE + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);

    return rounded < size ? 0 : rounded;
}

/* obs_arena_alloc() without the call. */
static inline void *arena_alloc(struct obs_arena *arena, size_t size)
{
    size_t rounded = arena_rounded(size);
    char *p = arena->at;

    if ((size_t)(arena->end - p) <= rounded - 1) /* also when `rounded` is 0 */
        return arena_alloc_slow(arena, size);
    arena->at = p + rounded;
    ARENA_UNPOISON(p, size);
    return p;
}

#endif
