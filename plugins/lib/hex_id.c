/* SPDX-License-Identifier: Apache-2.0 */
/* Reading digits. */
#include "hex_id.h"

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_hex(obs_str text, uint8_t *to, size_t len)
{
    uint8_t any = 0;

    if (text.len != 2 * len)
        return OBS_E_INVALID;
    for (size_t i = 0; i < len; i++) {
        int high = digit(text.ptr[2 * i]), low = digit(text.ptr[2 * i + 1]);

        if (high < 0 || low < 0)
            return OBS_E_INVALID;
        to[i] = (uint8_t)(high << 4 | low);
        any |= to[i];
    }
    return any ? OBS_OK : OBS_E_INVALID;
}

int hex_trace_id(obs_str text, uint8_t ret_id[16])
{
    return read_hex(text, ret_id, 16);
}

int hex_span_id(obs_str text, uint8_t ret_id[8])
{
    return read_hex(text, ret_id, 8);
}
