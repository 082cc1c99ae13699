/* SPDX-License-Identifier: Apache-2.0 */
/* Streaming JSON writer. Each value first puts the comma that its place needs;
 * strings are copied in clean runs and escaped only where RFC 8259 §7 demands.
 * The state is one bit a level: whether something stands there already. */
#include "core/buf.h"
#include "core/rfc3339.h"
#include "core/utf8.h"

#include <observatory/json.h>

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_DEPTH 64

struct obs_jw {
    struct obs_buf *out;
    uint64_t filled;    /* bit n: level n has an element */
    unsigned depth;     /* 0: top level */
    unsigned after_key; /* 1: the next value follows "key": */
};

obs_jw *obs_jw_new(obs_arena *arena, obs_buf *out)
{
    obs_jw *jw = obs_arena_alloc(arena, sizeof(*jw));

    if (jw)
        *jw = (struct obs_jw){.out = out};
    return jw;
}

/* --- structure ---------------------------------------------------------------- */

static uint64_t level_bit(const obs_jw *jw)
{
    return UINT64_C(1) << (jw->depth & 63);
}

/* Room for `len` bytes of a value and its comma; NULL after an error. */
static char *begin_value(obs_jw *jw, size_t len)
{
    char *to = buf_reserve(jw->out, len + 1);
    unsigned after_key = jw->after_key;

    jw->after_key = 0; /* also without room: the caller goes on as if there were */
    if (!to)
        return NULL;
    if (!after_key && jw->filled & level_bit(jw)) {
        *to++ = ',';
        jw->out->len++;
    }
    jw->filled |= level_bit(jw);
    return to;
}

static void put_value(obs_jw *jw, const char *text, size_t len)
{
    char *to = begin_value(jw, len);

    if (!to)
        return;
    memcpy(to, text, len);
    jw->out->len += len;
}

static void open_level(obs_jw *jw, const char *bracket)
{
    put_value(jw, bracket, 1);
    assert(jw->depth + 1 < MAX_DEPTH && "JSON nested deeper than 63 levels");
    jw->depth++;
    jw->filled &= ~level_bit(jw);
}

static void close_level(obs_jw *jw, const char *bracket)
{
    assert(jw->depth > 0 && !jw->after_key);
    jw->depth--;
    obs_buf_append(jw->out, bracket, 1);
}

void obs_jw_object(obs_jw *jw)
{
    open_level(jw, "{");
}

void obs_jw_end_object(obs_jw *jw)
{
    close_level(jw, "}");
}

void obs_jw_array(obs_jw *jw)
{
    open_level(jw, "[");
}

void obs_jw_end_array(obs_jw *jw)
{
    close_level(jw, "]");
}

/* --- strings -------------------------------------------------------------------- */

static const char hex_digits[] = "0123456789abcdef";

/* The bytes that may be copied as they are from here, eight at a time. */
static size_t clean_run(const char *p, size_t len)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
    size_t n = 0;

    while (len - n >= 8) {
        uint64_t w, quote, slash, control;
        memcpy(&w, p + n, 8);
        quote = w ^ (ones * '"');
        slash = w ^ (ones * '\\');
        control = (w - ones * 0x20) & ~w;
        quote = (quote - ones) & ~quote;
        slash = (slash - ones) & ~slash;
        if ((w | quote | slash | control) & high)
            break;
        n += 8;
    }
    while (n < len && (unsigned char)p[n] >= 0x20 && (unsigned char)p[n] < 0x80 && p[n] != '"' &&
           p[n] != '\\')
        n++;
    return n;
}

static size_t escape(char *to, unsigned char c)
{
    static const char shorts[] = "\b\t\n\f\r\"\\";
    static const char letters[] = "btnfr\"\\";
    const char *found = c ? strchr(shorts, c) : NULL;

    to[0] = '\\';
    if (found) {
        to[1] = letters[found - shorts];
        return 2;
    }
    memcpy(to + 1, "u00", 3);
    to[4] = hex_digits[c >> 4];
    to[5] = hex_digits[c & 15];
    return 6;
}

static void put_text(struct obs_buf *out, obs_str s)
{
    const char *p = s.ptr;
    size_t left = s.len;

    while (left > 0) {
        size_t run = clean_run(p, left), n = 0;
        while (run + n < left && (n || (unsigned char)p[run] >= 0x80)) {
            size_t sequence = utf8_sequence(p + run + n, left - run - n);
            if (sequence < 2)
                break;
            n += sequence;
        }
        if (run + n > 0) {
            obs_buf_append(out, p, run + n);
        } else {
            char *to = buf_reserve(out, 6);
            if (!to)
                return;
            n = 1;
            if ((unsigned char)*p < 0x80)
                out->len += escape(to, (unsigned char)*p);
            else {
                memcpy(to, "\xef\xbf\xbd", 3); /* U+FFFD */
                out->len += 3;
            }
        }
        p += run + n;
        left -= run + n;
    }
}

void obs_jw_str(obs_jw *jw, obs_str value)
{
    char *to = begin_value(jw, value.len + 2);

    if (!to)
        return;
    *to++ = '"';
    jw->out->len++;
    if (clean_run(value.ptr, value.len) == value.len) { /* the common case, in one piece */
        if (value.len)
            memcpy(to, value.ptr, value.len);
        to[value.len] = '"';
        jw->out->len += value.len + 1;
        return;
    }
    put_text(jw->out, value);
    obs_buf_append(jw->out, "\"", 1);
}

void obs_jw_cstr(obs_jw *jw, const char *value)
{
    if (value)
        obs_jw_str(jw, obs_str_of(value));
    else
        obs_jw_null(jw);
}

void obs_jw_key_str(obs_jw *jw, obs_str key)
{
    assert(!jw->after_key);
    obs_jw_str(jw, key);
    obs_buf_append(jw->out, ":", 1);
    jw->after_key = 1;
}

void obs_jw_key(obs_jw *jw, const char *key)
{
    obs_jw_key_str(jw, obs_str_of(key));
}

void obs_jw_hex(obs_jw *jw, const uint8_t *value, size_t len)
{
    char *to = begin_value(jw, 2 * len + 2);

    if (!to)
        return;
    *to++ = '"';
    for (size_t i = 0; i < len; i++) {
        *to++ = hex_digits[value[i] >> 4];
        *to++ = hex_digits[value[i] & 15];
    }
    *to = '"';
    jw->out->len += 2 * len + 2;
}

/* --- numbers ---------------------------------------------------------------------- */

/* Decimal digits of `v`, right-aligned before `end`; returns their start. */
static char *digits(char *end, uint64_t v)
{
    do {
        *--end = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    return end;
}

static uint64_t magnitude(int64_t v)
{
    return v < 0 ? UINT64_C(0) - (uint64_t)v : (uint64_t)v;
}

void obs_jw_uint(obs_jw *jw, uint64_t value)
{
    char text[24], *end = text + sizeof(text), *start = digits(end, value);

    put_value(jw, start, (size_t)(end - start));
}

void obs_jw_int(obs_jw *jw, int64_t value)
{
    char text[24], *end = text + sizeof(text), *start = digits(end, magnitude(value));

    if (value < 0)
        *--start = '-';
    put_value(jw, start, (size_t)(end - start));
}

void obs_jw_fixed(obs_jw *jw, int64_t value, unsigned decimals)
{
    char text[48], *end = text + sizeof(text), *start;
    uint64_t v = magnitude(value);

    assert(decimals <= 18);
    while (decimals > 0 && v % 10 == 0) { /* also ends at zero: "0" */
        v /= 10;
        decimals--;
    }
    start = digits(end, v);
    if (decimals > 0) {
        while (end - start <= (ptrdiff_t)decimals)
            *--start = '0';
        memmove(start - 1, start, (size_t)(end - start) - decimals);
        start--;
        end[-(ptrdiff_t)decimals - 1] = '.';
    }
    if (value < 0 && v)
        *--start = '-';
    put_value(jw, start, (size_t)(end - start));
}

void obs_jw_double(obs_jw *jw, double value)
{
    char text[40];
    int len = 0;

    if (!isfinite(value)) {
        obs_jw_null(jw);
        return;
    }
    if (value == floor(value) && fabs(value) < 1e15) {
        obs_jw_int(jw, (int64_t)value);
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        len = snprintf(text, sizeof(text), "%.*g", precision, value);
        if (strtod(text, NULL) == value)
            break;
    }
    put_value(jw, text, (size_t)len);
}

void obs_jw_bool(obs_jw *jw, int value)
{
    put_value(jw, value ? "true" : "false", value ? 4 : 5);
}

void obs_jw_null(obs_jw *jw)
{
    put_value(jw, "null", 4);
}

void obs_jw_raw(obs_jw *jw, obs_str json)
{
    if (json.len)
        put_value(jw, json.ptr, json.len);
    else
        obs_jw_null(jw);
}

/* --- time --------------------------------------------------------------------------- */

void obs_jw_time(obs_jw *jw, int64_t unix_ns)
{
    char text[RFC3339_BYTES + 2] = "\"";
    size_t len = rfc3339_format(text + 1, unix_ns);

    text[len + 1] = '"';
    put_value(jw, text, len + 2);
}
