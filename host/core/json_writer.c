/* SPDX-License-Identifier: Apache-2.0 */
/* Streaming JSON writer. Each value first puts the comma that its place needs:
 * none at the start of a level or after a key, else one. Strings are copied
 * eight bytes at a time and escaped only where RFC 8259 section 7 demands. The
 * process keeps the C locale, so printf and strtod use a full stop. */
#include "core/buf.h"
#include "core/rfc3339.h"
#include "core/utf8.h"
#include "runtime/misuse.h"

#include <observatory/json.h>

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_DEPTH 64

struct obs_jw {
    struct obs_buf *out;
    unsigned depth; /* 0: top level */
    bool comma;     /* the next value or key needs one */
    bool after_key; /* the next value follows "key": */
};

obs_jw *obs_jw_new(obs_arena *arena, obs_buf *out)
{
    obs_jw *jw = obs_arena_alloc(arena, sizeof(*jw));

    if (jw)
        *jw = (struct obs_jw){.out = out};
    return jw;
}

/* --- structure ---------------------------------------------------------------- */

/* Room for `len` bytes of a value behind its comma; NULL after an error. */
static inline char *begin_value(obs_jw *jw, size_t len)
{
    bool comma = jw->comma;
    char *to = buf_reserve(jw->out, len + comma);

    /* also without room: the caller goes on as if there were */
    jw->comma = true;
    jw->after_key = false;
    if (to && comma) {
        *to++ = ',';
        jw->out->len++;
    }
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
    if (jw->depth == MAX_DEPTH)
        misuse_abort(
            &(struct misuse){.function = *bracket == '{' ? "obs_jw_object" : "obs_jw_array",
                             .what = "nested deeper than 64 levels",
                             .right = "bound the depth of what is written"});
    jw->depth++;
    jw->comma = false;
}

static void close_level(obs_jw *jw, const char *bracket)
{
    MISUSE_UNLESS(jw->depth > 0 && !jw->after_key,
                  .function = *bracket == '}' ? "obs_jw_end_object" : "obs_jw_end_array",
                  .what = "where nothing is open or behind a key without its value",
                  .right = "end each object and array once, after its last value");
    jw->depth--;
    jw->comma = true;
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

/* What ASCII becomes: 0 itself, 'u' \u00XX, else a backslash and that letter. */
static const char escapes[128] = {
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b', 't', 'n', 'u', 'f',           'r', 'u',
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u',           'u', 'u',
    'u', 'u', 0,   0,   '"', 0,   0,   0,   0,   0,   0,   0,   ['\\'] = '\\',
};

/* How many of the eight bytes at `p`, from the first on, stand for themselves.
 * The three tests mark a wrong byte only above a right one (Bit Twiddling Hacks,
 * hasless and haszero), so the lowest mark is true. */
static inline size_t clean_bytes(const char *p)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
    uint64_t w, quote, slash, control, marks;

    memcpy(&w, p, 8);
    quote = w ^ (ones * '"');
    slash = w ^ (ones * '\\');
    control = (w - ones * 0x20) & ~w;
    marks = (w | ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | control) & high;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return marks ? (size_t)__builtin_ctzll(marks) / 8 : 8;
#else
    return marks ? 0 : 8;
#endif
}

/* Where `text` is being written, and how much of the reserved room is not yet
 * spoken for by the input that is left. */
struct target {
    struct obs_buf *out;
    char *to;
    size_t spare_bytes;
};

/* Room for `extra` bytes more than the `left` ones of the input. */
static bool widen(struct target *t, size_t extra, size_t left)
{
    if (extra > t->spare_bytes) {
        t->out->len = (size_t)(t->to - t->out->data);
        t->to = buf_reserve(t->out, left + extra);
        if (!t->to)
            return false;
        t->spare_bytes = t->out->capacity - t->out->len - left;
    }
    t->spare_bytes -= extra;
    return true;
}

static bool put_escape(struct target *t, unsigned char c, size_t left)
{
    char letter = escapes[c];

    if (!widen(t, letter == 'u' ? 5 : 1, left))
        return false;
    *t->to++ = '\\';
    *t->to++ = letter;
    if (letter == 'u') {
        *t->to++ = '0';
        *t->to++ = '0';
        *t->to++ = hex_digits[c >> 4];
        *t->to++ = hex_digits[c & 15];
    }
    return true;
}

/* The bytes from `p` that are sequences of two to four. */
static size_t wide_run(const char *p, size_t left)
{
    size_t run = 0, n;

    while (run < left && (unsigned char)p[run] >= 0x80 && (n = utf8_sequence(p + run, left - run)))
        run += n;
    return run;
}

/* Copies the sequences from `p` to the next ASCII byte or the end; what is no
 * UTF-8 becomes U+FFFD. Returns the bytes read, 0 without room. */
static size_t put_wide(struct target *t, const char *p, size_t left)
{
    size_t done = 0;

    while (done < left && (unsigned char)p[done] >= 0x80) {
        size_t run = wide_run(p + done, left - done);
        if (run) {
            memcpy(t->to, p + done, run);
            t->to += run;
            done += run;
        } else {
            if (!widen(t, 2, left - done))
                return 0;
            memcpy(t->to, "\xef\xbf\xbd", 3);
            t->to += 3;
            done++;
        }
    }
    return done;
}

/* The caller has reserved at least s.len bytes. */
static void put_text(struct obs_buf *out, obs_str s)
{
    struct target t = {.out = out, .to = out->data + out->len};
    const char *p = s.ptr;
    size_t left = s.len, n;

    for (; left > 0; p += n, left -= n) {
        unsigned char c;
        if (left >= 8) {
            memcpy(t.to, p, 8);
            n = clean_bytes(p);
            t.to += n;
            if (n == 8)
                continue;
            p += n;
            left -= n;
        }
        c = (unsigned char)*p;
        n = 1;
        if (c >= 0x80)
            n = put_wide(&t, p, left);
        else if (!escapes[c])
            *t.to++ = (char)c;
        else if (!put_escape(&t, c, left))
            n = 0;
        if (n == 0)
            return;
    }
    out->len = (size_t)(t.to - out->data);
}

/* `s` in quotes and behind them `tail`, one character or none. */
static inline void put_quoted(obs_jw *jw, obs_str s, const char *tail, size_t tail_len)
{
    struct obs_buf *out = jw->out;
    char *to = begin_value(jw, s.len + 2 + tail_len);

    if (!to)
        return;
    *to = '"';
    out->len++;
    put_text(out, s);
    to = buf_reserve(out, 1 + tail_len);
    if (!to)
        return;
    *to = '"';
    memcpy(to + 1, tail, tail_len);
    out->len += 1 + tail_len;
}

void obs_jw_str(obs_jw *jw, obs_str value)
{
    put_quoted(jw, value, "", 0);
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
    MISUSE_UNLESS(!jw->after_key, .function = "obs_jw_key",
                  .what = "behind a key without its value",
                  .right = "write one value after each key");
    put_quoted(jw, key, ":", 1);
    jw->comma = false;
    jw->after_key = true;
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
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";

    while (v >= 100) {
        end -= 2;
        memcpy(end, pairs + 2 * (v % 100), 2);
        v /= 100;
    }
    if (v >= 10) {
        end -= 2;
        memcpy(end, pairs + 2 * v, 2);
        return end;
    }
    *--end = (char)('0' + v);
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

/* Numbers with up to six decimals and 15 digits: the quotient of two integers
 * that are doubles is rounded like a decimal that is read, and no shorter text
 * of so few digits can mean the same double. */
static bool put_small_decimal(obs_jw *jw, double value)
{
    double scaled = rint(value * 1e6);

    if (!(fabs(scaled) < 1e15) || scaled / 1e6 != value || (scaled == 0 && signbit(value)))
        return false;
    obs_jw_fixed(jw, (int64_t)scaled, 6);
    return true;
}

void obs_jw_double(obs_jw *jw, double value)
{
    char text[40];
    int len = 0;

    if (!isfinite(value)) {
        obs_jw_null(jw);
        return;
    }
    if (put_small_decimal(jw, value))
        return;
    if (value == rint(value) && fabs(value) < 1e15 && value != 0) {
        obs_jw_int(jw, (int64_t)value);
        return;
    }
    /* every decimal of 15 digits comes back from a double of full precision */
    for (int precision = fabs(value) < DBL_MIN ? 1 : 15; precision <= 17; precision++) {
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
