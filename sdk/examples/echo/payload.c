/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 check, base64, and the choice between them. */
#include "payload.h"

/* Bytes of the character at `p` (`len` bytes left), 0 when it is none. */
static size_t character_bytes(const unsigned char *p, size_t len)
{
    static const struct {
        unsigned char first, last; /* range of the first byte */
        unsigned char low, high;   /* range of the second byte */
        unsigned char bytes;
    } forms[] = {
        {0x00, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        size_t n = forms[i].bytes;

        if (p[0] < forms[i].first || p[0] > forms[i].last)
            continue;
        if (len < n || (n > 1 && (p[1] < forms[i].low || p[1] > forms[i].high)))
            return 0;
        for (size_t j = 2; j < n; j++)
            if ((p[j] & 0xC0) != 0x80)
                return 0;
        return n;
    }
    return 0;
}

bool payload_is_utf8(obs_str text)
{
    const unsigned char *p = (const unsigned char *)text.ptr;

    for (size_t i = 0; i < text.len;) {
        size_t n = character_bytes(p + i, text.len - i);

        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

obs_str payload_base64(obs_arena *arena, obs_str data)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = (const unsigned char *)data.ptr;
    size_t len = (data.len + 2) / 3 * 4;
    char *text = obs_arena_alloc(arena, len + 1);
    char *out = text;

    if (!text)
        return obs_str_n(NULL, 0);
    for (size_t i = 0; i < data.len; i += 3) {
        size_t left = data.len - i;
        uint32_t group = (uint32_t)in[i] << 16;

        group |= left > 1 ? (uint32_t)in[i + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)in[i + 2] : 0;
        *out++ = digits[group >> 18];
        *out++ = digits[group >> 12 & 63];
        *out++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *out++ = left > 2 ? digits[group & 63] : '=';
    }
    return obs_str_n(text, len);
}

int payload_write(obs_arena *arena, obs_jw *jw, obs_str body)
{
    bool text = payload_is_utf8(body);
    obs_str shown = text ? body : payload_base64(arena, body);

    if (!text && !shown.ptr)
        return OBS_E_NOMEM;
    obs_jw_key(jw, "body");
    obs_jw_str(jw, shown);
    obs_jw_key(jw, "body_encoding");
    obs_jw_cstr(jw, text ? "utf-8" : "base64");
    return OBS_OK;
}
