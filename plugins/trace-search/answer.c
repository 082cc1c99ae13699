/* SPDX-License-Identifier: Apache-2.0 */
/* What both handlers end with. */
#include "search.h"

#include <sodium.h>

static void end_arena(void *arena)
{
    obs_arena_destroy(arena);
}

obs_arena *job_arena(obs_request *req)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);

    if (arena && obs_arena_defer(obs_request_arena(req), end_arena, arena) < 0) {
        obs_arena_destroy(arena);
        arena = NULL;
    }
    return arena;
}

/* `meta` differs with every answer and is no part of the tag (RFC 9110 §8.8.3). */
void answer_json(obs_request *req, obs_buf *buf, size_t tagged)
{
    uint8_t digest[16];
    char tag[2 * sizeof(digest) + 3] = "\"";

    if (obs_buf_error(buf) == OBS_OK) {
        crypto_generichash(digest, sizeof(digest), (const uint8_t *)obs_buf_str(buf).ptr, tagged,
                           NULL, 0);
        sodium_bin2hex(tag + 1, sizeof(tag) - 1, digest, sizeof(digest));
        strcat(tag, "\"");
        (void)obs_response_header(req, "ETag", obs_str_of(tag)); /* worth an answer without */
    }
    (void)obs_respond_json(req, 200, buf);
}
