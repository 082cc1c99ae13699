/* SPDX-License-Identifier: Apache-2.0 */
/* A search, a zero, and a text: refused with a sentence, or matched; what matches has a
 * snippet with a mark, unless it is found by what it has not. */
#include "text_query.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    obs_str search = obs_str_n((const char *)data, zero ? (size_t)(zero - data) : size);
    obs_str text = zero ? obs_str_n((const char *)zero + 1, size - search.len - 1) : search;
    obs_arena *arena = obs_arena_create(0);
    struct text_query query;
    const char *wrong = NULL;
    int rc = text_query_parse(arena, search, &query, &wrong);

    if (rc < 0 && !wrong)
        abort();
    if (rc == OBS_OK) {
        obs_buf *buf = obs_buf_new(arena, 0);

        if (text_query_match(&query, &text, 1) > 0 && !text_query_snippet(&query, text, buf))
            abort();
        if (obs_buf_str(buf).len &&
            !memmem(obs_buf_str(buf).ptr, obs_buf_str(buf).len, "<mark>", 6))
            abort();
    }
    obs_arena_destroy(arena);
    return 0;
}
