/* SPDX-License-Identifier: Apache-2.0 */
/* Ids of texts: digits, or the beginning of the SHA-256. That is what createTraceId()
 * of Langfuse's newer SDKs makes of a seed, so services that send the same id in the
 * old way and in the new one meet in one trace. */
#include "ids.h"
#include "hex_id.h"

#include <sodium.h>

static void hash(const void *data, size_t len, uint8_t *ret, size_t n)
{
    unsigned char sha[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(sha, data, len);
    memcpy(ret, sha, n);
}

/* The digits of a UUID without its dashes; empty when there are more. */
static obs_str without_dashes(obs_str text, char digits[32])
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '-')
            continue;
        if (n == 32)
            return obs_str_n(NULL, 0);
        digits[n++] = text.ptr[i];
    }
    return obs_str_n(digits, n);
}

void langfuse_trace_id(obs_str text, uint8_t ret[16])
{
    char digits[32];

    if (hex_trace_id(without_dashes(text, digits), ret) < 0)
        hash(text.ptr, text.len, ret, 16);
}

void langfuse_span_id(obs_str text, uint8_t ret[8])
{
    if (hex_span_id(text, ret) < 0)
        hash(text.ptr, text.len, ret, 8);
}

void langfuse_root_id(const uint8_t trace_id[16], uint8_t ret[8])
{
    hash(trace_id, 16, ret, 8);
}
