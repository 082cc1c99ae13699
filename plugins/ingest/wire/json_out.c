/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer of the mapping: the piece under way, strings and numbers. */
#include "json_out.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define FIRST_PIECE_BYTES ((size_t)4 << 10)
#define LAST_PIECE_BYTES ((size_t)256 << 10)

void json_out_init(struct json_out *out, obs_arena *arena)
{
    static char none[1];

    *out = (struct json_out){
        .arena = arena, .start = none, .p = none, .end = none, .piece_bytes = FIRST_PIECE_BYTES};
}

bool json_out_grow(struct json_out *out, size_t n)
{
    size_t used = (size_t)(out->p - out->start);
    size_t size = out->piece_bytes;
    char *piece;

    if (out->failed)
        return false;
    if (n > SIZE_MAX / 4 || used > SIZE_MAX / 4) {
        out->failed = true;
        return false;
    }
    if (size < 2 * used + n)
        size = 2 * used + n;
    piece = obs_arena_alloc(out->arena, size);
    if (!piece) {
        out->failed = true;
        return false;
    }
    if (out->piece_bytes < LAST_PIECE_BYTES)
        out->piece_bytes *= 2;
    if (used)
        memcpy(piece, out->start, used);
    out->start = piece;
    out->p = piece + used;
    out->end = piece + size;
    return true;
}

obs_str json_out_take(struct json_out *out)
{
    obs_str text = obs_str_n(out->start, (size_t)(out->p - out->start));

    if (out->failed)
        return obs_str_n(NULL, 0);
    out->start = out->p;
    return text;
}

/* --- strings --------------------------------------------------------------- */

static char *put_escape(char *p, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    static const char letters[] = "btn\0fr"; /* for 8, 9, 10, 12, 13 */

    *p++ = '\\';
    if (byte == '"' || byte == '\\') {
        *p++ = (char)byte;
    } else if (byte >= 8 && byte <= 13 && byte != 11) {
        *p++ = letters[byte - 8];
    } else {
        memcpy(p, "u00", 3);
        p[3] = digits[byte >> 4];
        p[4] = digits[byte & 15];
        p += 5;
    }
    return p;
}

/* Escapes `len` bytes to `out`, which has room for the worst case. */
static char *put_escaped(char *out, const char *p, size_t len)
{
    const char *end = p + len;

#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1F);

    while (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash));
        unsigned mask;

        hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(v, control), v));
        mask = (unsigned)_mm_movemask_epi8(hit);
        _mm_storeu_si128((__m128i *)(void *)out, v);
        if (mask) {
            unsigned at = (unsigned)__builtin_ctz(mask);

            out = put_escape(out + at, (unsigned char)p[at]);
            p += at + 1;
            continue;
        }
        p += 16;
        out += 16;
    }
#endif
    for (; p < end; p++) {
        unsigned char byte = (unsigned char)*p;

        if (byte == '"' || byte == '\\' || byte < 0x20)
            out = put_escape(out, byte);
        else
            *out++ = (char)byte;
    }
    return out;
}

void json_out_str(struct json_out *out, obs_str text)
{
    enum { STEP = 4096 }; /* so that room is asked for the worst case of a step, not of all */

    json_out_char(out, '"');
    while (text.len) {
        size_t n = text.len < STEP ? text.len : STEP;

        if (!json_out_room(out, 6 * n + 16))
            return;
        out->p = put_escaped(out->p, text.ptr, n);
        text.ptr += n;
        text.len -= n;
    }
    json_out_char(out, '"');
}

void json_out_hex(struct json_out *out, obs_str bytes)
{
    static const char digits[] = "0123456789abcdef";

    if (!json_out_room(out, 2 * bytes.len + 2))
        return;
    *out->p++ = '"';
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char byte = (unsigned char)bytes.ptr[i];

        *out->p++ = digits[byte >> 4];
        *out->p++ = digits[byte & 15];
    }
    *out->p++ = '"';
}

void json_out_base64(struct json_out *out, obs_str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = (const unsigned char *)bytes.ptr;

    if (!json_out_room(out, bytes.len / 3 * 4 + 6))
        return;
    *out->p++ = '"';
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t group = (uint32_t)in[i] << 16;

        group |= left > 1 ? (uint32_t)in[i + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)in[i + 2] : 0;
        *out->p++ = digits[group >> 18];
        *out->p++ = digits[group >> 12 & 63];
        *out->p++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *out->p++ = left > 2 ? digits[group & 63] : '=';
    }
    *out->p++ = '"';
}

/* --- numbers --------------------------------------------------------------- */

static char *put_uint(char *p, uint64_t value)
{
    char digits[20];
    int n = 0;

    do
        digits[n++] = (char)('0' + value % 10);
    while (value /= 10);
    while (n)
        *p++ = digits[--n];
    return p;
}

void json_out_int(struct json_out *out, int64_t value)
{
    if (!json_out_room(out, 24))
        return;
    if (value < 0)
        *out->p++ = '-';
    out->p = put_uint(out->p, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

/* Doubles that are a short decimal: an integer below 2^53 over a power of ten
 * divides exactly rounded, so when the quotient is the value, its digits read
 * back to it. NULL when it is none. */
static char *put_short_double(char *p, double value)
{
    double magnitude = fabs(value);
    double scale = 1;

    if (magnitude >= 1e15)
        return NULL;
    for (int decimals = 0; decimals <= 9; decimals++, scale *= 10) {
        double scaled = magnitude * scale;
        uint64_t whole = (uint64_t)scaled, unit = (uint64_t)scale, fraction;

        if (scaled >= 9007199254740992.0)
            return NULL;
        if ((double)whole != scaled || (double)whole / scale != magnitude)
            continue;
        if (signbit(value))
            *p++ = '-';
        p = put_uint(p, whole / unit);
        *p++ = '.';
        fraction = whole % unit;
        if (decimals == 0)
            *p++ = '0';
        while (unit > 1) {
            unit /= 10;
            *p++ = (char)('0' + fraction / unit % 10);
        }
        return p;
    }
    return NULL;
}

void json_out_double(struct json_out *out, double value)
{
    char *p;

    if (!isfinite(value)) {
        json_out_str(out, obs_str_of(isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity"));
        return;
    }
    if (!json_out_room(out, 40))
        return;
    p = put_short_double(out->p, value);
    if (!p) {
        int n = 0;

        for (int digits = 15; digits <= 17; digits++) {
            n = snprintf(out->p, 40, "%.*g", digits, value);
            if (strtod(out->p, NULL) == value)
                break;
        }
        p = out->p + n;
        if (!memchr(out->p, '.', (size_t)n) && !memchr(out->p, 'e', (size_t)n)) {
            *p++ = '.';
            *p++ = '0';
        }
    }
    out->p = p;
}

void json_out_bool(struct json_out *out, bool value)
{
    if (value)
        JSON_OUT_LITERAL(out, "true");
    else
        JSON_OUT_LITERAL(out, "false");
}

/* --- time ------------------------------------------------------------------ */

static char *put_padded(char *p, uint64_t value, int width)
{
    for (int i = width; i-- > 0; value /= 10)
        p[i] = (char)('0' + value % 10);
    return p + width;
}

/* Days since 1970-01-01 to a date (Howard Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms"): years begin in March, 400 of them are an era. */
static char *put_date(char *p, uint64_t days)
{
    uint64_t z = days + 719468, era = z / 146097, doe = z % 146097;
    uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    uint64_t mp = (5 * doy + 2) / 153;
    uint64_t month = mp < 10 ? mp + 3 : mp - 9;

    p = put_padded(p, yoe + era * 400 + (month <= 2), 4);
    *p++ = '-';
    p = put_padded(p, month, 2);
    *p++ = '-';
    return put_padded(p, doy - (153 * mp + 2) / 5 + 1, 2);
}

void json_out_time(struct json_out *out, int64_t unix_ns)
{
    uint64_t ns = unix_ns > 0 ? (uint64_t)unix_ns : 0; /* spans begin after 1970 */
    uint64_t s = ns / 1000000000, fraction = ns % 1000000000;
    char *p;

    if (!json_out_room(out, 40))
        return;
    p = out->p;
    *p++ = '"';
    p = put_date(p, s / 86400);
    *p++ = 'T';
    p = put_padded(p, s / 3600 % 24, 2);
    *p++ = ':';
    p = put_padded(p, s / 60 % 60, 2);
    *p++ = ':';
    p = put_padded(p, s % 60, 2);
    if (fraction) {
        *p++ = '.';
        if (fraction % 1000000 == 0)
            p = put_padded(p, fraction / 1000000, 3);
        else if (fraction % 1000 == 0)
            p = put_padded(p, fraction / 1000, 6);
        else
            p = put_padded(p, fraction, 9);
    }
    *p++ = 'Z';
    *p++ = '"';
    out->p = p;
}
