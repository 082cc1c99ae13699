/* SPDX-License-Identifier: Apache-2.0 */
/* Version, sort field, flags, reserved; value and row little-endian. */
#include "position.h"

#define VERSION 1

static void put_i64(uint8_t *to, int64_t v)
{
    for (unsigned i = 0; i < 8; i++)
        to[i] = (uint8_t)((uint64_t)v >> 8 * i);
}

static int64_t get_i64(const char *from)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < 8; i++)
        v |= (uint64_t)(uint8_t)from[i] << 8 * i;
    return (int64_t)v;
}

void position_write(const struct position *position, uint8_t to[POSITION_BYTES])
{
    to[0] = VERSION;
    to[1] = (uint8_t)position->sort_field;
    to[2] = (uint8_t)(position->descending | position->null << 1);
    to[3] = 0;
    put_i64(to + 4, position->value);
    put_i64(to + 12, position->row);
}

int position_read(obs_str bytes, struct position *ret_position)
{
    if (bytes.len != POSITION_BYTES || bytes.ptr[0] != VERSION || (uint8_t)bytes.ptr[2] > 3 ||
        bytes.ptr[3] != 0)
        return OBS_E_INVALID;
    *ret_position = (struct position){
        .sort_field = (uint8_t)bytes.ptr[1],
        .descending = bytes.ptr[2] & 1,
        .null = (uint8_t)bytes.ptr[2] >> 1,
        .value = get_i64(bytes.ptr + 4),
        .row = get_i64(bytes.ptr + 12),
    };
    return OBS_OK;
}
