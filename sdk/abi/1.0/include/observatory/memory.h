/* SPDX-License-Identifier: Apache-2.0 */
/* Arena and buffer: memory that ends with what it belongs to. */
#ifndef OBSERVATORY_MEMORY_H
#define OBSERVATORY_MEMORY_H

#include <observatory/base.h>

OBS_BEGIN_DECLS

/* A region that is released as a whole. A request has one
 * (obs_request_arena()); a plugin may make its own for work off the loop. Not
 * locked: one thread at a time.  Since: ABI 1.0. */
typedef struct obs_arena obs_arena;

/* Makes an arena that refuses to grow past `limit_bytes` (0: no limit).
 * Returns NULL when out of memory; end it with obs_arena_destroy().
 * Thread: [any].  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK obs_arena *obs_arena_create(size_t limit_bytes);

/* Runs the arena's cleanups in reverse order and frees it. NULL is a no-op.
 * Never call it on a request's arena.  Thread: [any].  Since: ABI 1.0. */
OBS_API void obs_arena_destroy(obs_arena *arena);

/* `size` bytes aligned for any type, not cleared; valid until the arena ends.
 * NULL when over the limit or out of memory.
 * Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK void *obs_arena_alloc(obs_arena *arena, size_t size);

/* Like obs_arena_alloc() for `count` × `size` zeroed bytes; checks the product
 * for overflow.  Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK void *obs_arena_calloc(obs_arena *arena, size_t count, size_t size);

/* A NUL-terminated copy of `s` in the arena (the NUL is not counted in `len`);
 * `ptr` is NULL on failure.
 * Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API obs_str obs_arena_dup(obs_arena *arena, obs_str s);

/* A formatted string in the arena, NUL-terminated; `ptr` is NULL on failure.
 * Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API OBS_PRINTF(2, 3) obs_str obs_arena_printf(obs_arena *arena, const char *format, ...);

/* Calls `fn(data)` when the arena ends, last registered first. `data` is
 * borrowed until then. Errors: OBS_E_NOMEM.
 * Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK int obs_arena_defer(obs_arena *arena, void (*fn)(void *data), void *data);

/* A growing run of bytes, contiguous, for building bodies. Errors are sticky:
 * after one failed append every further append is a no-op and
 * obs_buf_error() tells which. Not locked.  Since: ABI 1.0. */
typedef struct obs_buf obs_buf;

/* Makes an empty buffer that lives as long as `arena` and holds at most
 * `limit_bytes` (0: no limit). NULL when out of memory.
 * Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK obs_buf *obs_buf_new(obs_arena *arena, size_t limit_bytes);

/* Appends `len` bytes from `data`, copied.
 * Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API void obs_buf_append(obs_buf *buf, const void *data, size_t len);

/* Appends formatted text without its NUL.
 * Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API OBS_PRINTF(2, 3) void obs_buf_printf(obs_buf *buf, const char *format, ...);

/* Room for `len` more bytes; returns where to write them, NULL on failure
 * (sticky). Follow with obs_buf_commit() of what was written.
 * Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API OBS_MUST_CHECK char *obs_buf_reserve(obs_buf *buf, size_t len);

/* Adds `len` bytes, at most what was reserved, to the content.
 * Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API void obs_buf_commit(obs_buf *buf, size_t len);

/* Cuts the content back to `len` bytes; a no-op when it is shorter.
 * Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API void obs_buf_truncate(obs_buf *buf, size_t len);

/* The content so far, borrowed until the next append or the arena's end.
 * Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API obs_str obs_buf_str(const obs_buf *buf);

/* OBS_OK, or the first error: OBS_E_NOMEM, OBS_E_TOO_LARGE.
 * Thread: [any], one at a time.  Since: ABI 1.0. */
OBS_API int obs_buf_error(const obs_buf *buf);

OBS_END_DECLS
#endif
