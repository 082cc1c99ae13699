/* SPDX-License-Identifier: Apache-2.0 */
/* Ids of texts: digits, or the beginning of the SHA-256. That is what createTraceId()
 * of Langfuse's newer SDKs makes of a seed, so services that send the same id in the
 * old way and in the new one meet in one trace. */
#include "ids.h"

#include <stdbool.h>

#include <sodium.h>

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

static void hash(const void *data, size_t len, uint8_t *ret, size_t n)
{
    unsigned char sha[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(sha, data, len);
    memcpy(ret, sha, n);
}

void langfuse_trace_id(obs_str text, uint8_t ret[16])
{
    if (!from_digits(text, /* dashes= */ true, ret, 16))
        hash(text.ptr, text.len, ret, 16);
}

void langfuse_span_id(obs_str text, uint8_t ret[8])
{
    if (!from_digits(text, /* dashes= */ false, ret, 8))
        hash(text.ptr, text.len, ret, 8);
}

void langfuse_root_id(const uint8_t trace_id[16], uint8_t ret[8])
{
    hash(trace_id, 16, ret, 8);
}
