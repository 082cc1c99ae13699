/* SPDX-License-Identifier: Apache-2.0 */
/* One arena that a request ends. */
#include "job_arena.h"

static void end_arena(void *arena)
{
    obs_arena_destroy(arena);
}

obs_arena *job_arena(obs_request *req, size_t limit_bytes)
{
    obs_arena *arena = obs_arena_create(limit_bytes);

    if (arena && obs_arena_defer(obs_request_arena(req), end_arena, arena) < 0) {
        obs_arena_destroy(arena);
        arena = NULL;
    }
    return arena;
}
