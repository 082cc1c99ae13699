/* SPDX-License-Identifier: Apache-2.0 */
/* base64url of: version, digest of the query, position, keyed BLAKE2b over all
 * that (RFC 7693). */
#include "cursor.h"

#include <sodium.h>

#define VERSION 1
#define MAC_BYTES 16
#define HEAD_BYTES (1 + PARAMS_DIGEST_BYTES)
#define MAX_POSITION 256
#define MAX_TEXT 1024
#define VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING

static void authenticate(const uint8_t *bytes, size_t len, const uint8_t *key, uint8_t *ret_mac)
{
    crypto_generichash(ret_mac, MAC_BYTES, bytes, len, key, CURSOR_KEY_BYTES);
}

obs_str cursor_write(obs_arena *arena, const uint8_t key[CURSOR_KEY_BYTES],
                     const uint8_t digest[PARAMS_DIGEST_BYTES], obs_str position)
{
    uint8_t bytes[HEAD_BYTES + MAX_POSITION + MAC_BYTES];
    size_t len = HEAD_BYTES + position.len, size;
    char *text;

    if (position.len == 0 || position.len > MAX_POSITION)
        return obs_str_n(NULL, 0);
    bytes[0] = VERSION;
    memcpy(bytes + 1, digest, PARAMS_DIGEST_BYTES);
    memcpy(bytes + HEAD_BYTES, position.ptr, position.len);
    authenticate(bytes, len, key, bytes + len);
    len += MAC_BYTES;
    size = sodium_base64_encoded_len(len, VARIANT);
    text = obs_arena_alloc(arena, size);
    if (!text)
        return obs_str_n(NULL, 0);
    sodium_bin2base64(text, size, bytes, len, VARIANT);
    return obs_str_n(text, size - 1);
}

int cursor_read(obs_arena *arena, const uint8_t key[CURSOR_KEY_BYTES],
                const uint8_t digest[PARAMS_DIGEST_BYTES], obs_str text, obs_str *ret_position)
{
    uint8_t bytes[MAX_TEXT], mac[MAC_BYTES];
    size_t len;

    if (text.len > MAX_TEXT ||
        sodium_base642bin(bytes, sizeof(bytes), text.ptr, text.len, NULL, &len, NULL, VARIANT) != 0)
        return OBS_E_CURSOR;
    if (len <= HEAD_BYTES + MAC_BYTES || bytes[0] != VERSION)
        return OBS_E_CURSOR;
    authenticate(bytes, len - MAC_BYTES, key, mac);
    if (sodium_memcmp(mac, bytes + len - MAC_BYTES, MAC_BYTES) != 0 ||
        sodium_memcmp(digest, bytes + 1, PARAMS_DIGEST_BYTES) != 0)
        return OBS_E_CURSOR;
    *ret_position = obs_arena_dup(
        arena, obs_str_n((const char *)bytes + HEAD_BYTES, len - HEAD_BYTES - MAC_BYTES));
    return ret_position->ptr ? OBS_OK : OBS_E_NOMEM;
}
