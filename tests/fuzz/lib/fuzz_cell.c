/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes from a file: refused, or a cell that is the same when it is written and read
 * again. */
#include "cell.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t first[CELL_MAX_BYTES], second[CELL_MAX_BYTES];
    struct cell cell;

    cell_init(&cell);
    if (cell_merge_encoded(&cell, obs_str_n((const char *)data, size)) == OBS_OK) {
        size_t n = cell_encode(&cell, first);

        cell_clear(&cell);
        if (cell_merge_encoded(&cell, obs_str_n((const char *)first, n)) < 0 ||
            cell_encode(&cell, second) != n || memcmp(first, second, n) != 0)
            abort();
    }
    cell_free(&cell);
    return 0;
}
