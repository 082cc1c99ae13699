/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 check and repair. */
#include "utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* The range of the second byte after the first byte `lead` of a sequence of
 * `n` bytes (RFC 3629 §4); 0 when no sequence starts so. */
static size_t sequence_of(unsigned char lead, unsigned char *ret_low, unsigned char *ret_high)
{
    *ret_low = 0x80;
    *ret_high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 2;
    if (lead >= 0xE0 && lead <= 0xEF) {
        if (lead == 0xE0)
            *ret_low = 0xA0;
        else if (lead == 0xED)
            *ret_high = 0x9F; /* no surrogates */
        return 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        if (lead == 0xF0)
            *ret_low = 0x90;
        else if (lead == 0xF4)
            *ret_high = 0x8F; /* U+10FFFF is the last */
        return 4;
    }
    return 0;
}

/* How many bytes at `p` belong to the start of a character; *ret_whole says
 * whether it is complete. At least 1. */
static size_t prefix_of(const unsigned char *p, size_t len, bool *ret_whole)
{
    unsigned char low, high;
    size_t n = sequence_of(p[0], &low, &high);
    size_t i;

    *ret_whole = p[0] < 0x80;
    if (n == 0 || len < 2 || p[1] < low || p[1] > high)
        return 1;
    for (i = 2; i < n && i < len && (p[i] & 0xC0) == 0x80; i++)
        ;
    *ret_whole = i == n;
    return i;
}

size_t utf8_character(const unsigned char *p, size_t len)
{
    bool whole;
    size_t n = len ? prefix_of(p, len, &whole) : 0;

    return n > 0 && whole ? n : 0;
}

/* The first byte from `p` on that is not ASCII. */
static const unsigned char *skip_ascii(const unsigned char *p, const unsigned char *end)
{
    uint64_t word;

#ifdef __SSE2__
    for (; end - p >= 32; p += 32) {
        __m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(p + 16));

        if (_mm_movemask_epi8(_mm_or_si128(a, b)))
            break;
    }
    for (; end - p >= 16; p += 16) {
        int mask = _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)p));

        if (mask)
            return p + __builtin_ctz((unsigned)mask);
    }
#endif
    for (; end - p >= 8; p += 8) {
        memcpy(&word, p, 8);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (p < end && *p < 0x80)
        p++;
    return p;
}

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

bool utf8_valid_slow(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    const unsigned char *end = p + len;

    while ((p = skip_ascii(p, end)) < end)
        do {
            size_t n;

            if (p[0] < 0xE0 && p[0] >= 0xC2 && end - p >= 2 && is_continuation(p[1]))
                n = 2; /* the common ones without a table: Latin, Greek, Cyrillic … */
            else if (p[0] > 0xE0 && p[0] < 0xED && end - p >= 3 && is_continuation(p[1]) &&
                     is_continuation(p[2]))
                n = 3; /* … and most of Asia */
            else if ((n = utf8_character(p, (size_t)(end - p))) == 0)
                return false;
            p += n;
        } while (p < end && *p >= 0x80);
    return true;
}

obs_str utf8_repair(obs_arena *arena, obs_str text)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    const unsigned char *end = p + text.len;
    char *copy, *out;

    copy = text.len <= SIZE_MAX / 3 ? obs_arena_alloc(arena, text.len * 3 + 1) : NULL;
    if (!copy)
        return obs_str_n(NULL, 0);
    out = copy;
    while (p < end) {
        bool whole;
        size_t n = prefix_of(p, (size_t)(end - p), &whole);

        if (whole) {
            memcpy(out, p, n);
            out += n;
        } else {
            memcpy(out, REPLACEMENT, 3);
            out += 3;
        }
        p += n;
    }
    return obs_str_n(copy, (size_t)(out - copy));
}
