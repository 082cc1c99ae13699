/* SPDX-License-Identifier: Apache-2.0 */
/* Ids of texts: digits, or FNV-1a of 128 and 64 bits.
 *
 * FNV is no cryptographic hash: who chooses both texts can make them collide. That
 * joins two traces of a project, or two spans of a trace, which whoever writes into
 * the project can do anyway by sending an id twice. By chance it happens in one of
 * 37 million traces with a million observations each. */
#include "ids.h"

#include <stdbool.h>

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads exactly `n` bytes in hexadecimal, passing over dashes; false when it is
 * something else, or zero, which no id may be. */
static bool from_digits(obs_str text, bool dashes, uint8_t *ret, size_t n)
{
    size_t n_digits = 0;
    uint8_t any = 0;

    for (size_t i = 0; i < text.len; i++) {
        int value = digit(text.ptr[i]);

        if (dashes && text.ptr[i] == '-')
            continue;
        if (value < 0 || n_digits == 2 * n)
            return false;
        ret[n_digits / 2] = (uint8_t)(ret[n_digits / 2] << 4 | value);
        any |= (uint8_t)value;
        n_digits++;
    }
    return n_digits == 2 * n && any;
}

static void hash_64(const void *data, size_t len, uint8_t ret[8])
{
    const unsigned char *bytes = data;
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < len; i++)
        h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
    h += !h;
    for (int i = 0; i < 8; i++)
        ret[i] = (uint8_t)(h >> (56 - 8 * i));
}

static void hash_128(obs_str text, uint8_t ret[16])
{
    __extension__ typedef unsigned __int128 uint128;
    const uint128 prime = (uint128)1 << 88 | 0x13b;
    uint128 h = (uint128)UINT64_C(0x6c62272e07bb0142) << 64 | UINT64_C(0x62b821756295c58d);

    for (size_t i = 0; i < text.len; i++)
        h = (h ^ (unsigned char)text.ptr[i]) * prime;
    h += !h;
    for (int i = 0; i < 16; i++)
        ret[i] = (uint8_t)(h >> (120 - 8 * i));
}

void langfuse_trace_id(obs_str text, uint8_t ret[16])
{
    if (!from_digits(text, /* dashes= */ true, ret, 16))
        hash_128(text, ret);
}

void langfuse_span_id(obs_str text, uint8_t ret[8])
{
    if (!from_digits(text, /* dashes= */ false, ret, 8))
        hash_64(text.ptr, text.len, ret);
}

void langfuse_root_id(const uint8_t trace_id[16], uint8_t ret[8])
{
    hash_64(trace_id, 16, ret);
}
