/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors: without the key nobody makes one that is taken, whatever the text;
 * and any bytes come back out of a cursor as they went in. */
#include "cursor.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[CURSOR_KEY_BYTES] = {1}, digest[PARAMS_DIGEST_BYTES] = {2};
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    obs_str in = obs_str_n((const char *)data, size), text, position;

    if (cursor_read(arena, key, digest, in, &position) != OBS_E_CURSOR)
        abort();
    text = cursor_write(arena, key, digest, in);
    if ((text.ptr != NULL) != (size >= 1 && size <= 256))
        abort();
    if (text.ptr &&
        (cursor_read(arena, key, digest, text, &position) != OBS_OK || !obs_str_eq(position, in)))
        abort();
    obs_arena_destroy(arena);
    return 0;
}
