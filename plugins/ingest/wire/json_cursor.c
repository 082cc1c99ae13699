/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON cursor: structure, strings and skipping. Strings are scanned 16
 * bytes at a time where SSE2 is there, else byte by byte. */
#include "json_cursor.h"
#include "utf8.h"

#include <stdio.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

void json_cursor_init(struct json_cursor *c, obs_str text, obs_arena *arena,
                      struct decode_error *error)
{
    *c = (struct json_cursor){
        .p = text.len ? text.ptr : "",
        .arena = arena,
        .error = error,
    };
    c->start = c->p;
    c->end = c->p + text.len;
}

/* --- errors ---------------------------------------------------------------- */

static void locate(const struct json_cursor *c, struct decode_error *e)
{
    const char *line = c->start;

    e->offset = (uint64_t)(c->p - c->start);
    e->line = 1;
    e->column = 1;
    for (const char *p = c->start; p < c->p; p++)
        if (*p == '\n') {
            e->line++;
            line = p + 1;
        }
    for (const char *p = line; p < c->p; p++)
        e->column += ((unsigned char)*p & 0xC0) != 0x80; /* characters, not bytes */
}

int json_fail(struct json_cursor *c, const char *expected)
{
    struct decode_error *e = c->error;
    char found[16];

    if (!e)
        return OBS_E_SYNTAX;
    locate(c, e);
    if (c->p >= c->end)
        snprintf(found, sizeof(found), "the end");
    else if ((unsigned char)*c->p > ' ' && (unsigned char)*c->p < 0x7F)
        snprintf(found, sizeof(found), "'%c'", *c->p);
    else
        snprintf(found, sizeof(found), "byte 0x%02x", (unsigned char)*c->p);
    snprintf(e->text, sizeof(e->text), "line %u, column %u: expected %s, found %s", e->line,
             e->column, expected, found);
    return OBS_E_SYNTAX;
}

/* --- structure ------------------------------------------------------------- */

void json_space_slow(struct json_cursor *c)
{
    const char *p = c->p;

    while (p < c->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    c->spaced = true;
    c->p = p;
}

int json_finish(struct json_cursor *c)
{
    json_space(c);
    return c->p == c->end ? OBS_OK : json_fail(c, "the end of the text");
}

int json_open(struct json_cursor *c, char bracket)
{
    if (json_peek(c) != bracket)
        return json_fail(c, bracket == '{' ? "an object" : "an array");
    if (++c->depth > JSON_MAX_DEPTH)
        return json_fail(c, "less nesting");
    c->p++;
    return OBS_OK;
}

/* After an element: 1 when another follows, 0 after the closing bracket. */
static int next(struct json_cursor *c, bool *first, char closing)
{
    char found = json_peek(c);

    if (found == closing) {
        c->p++;
        c->depth--;
        return 0;
    }
    if (*first) {
        *first = false;
        return 1;
    }
    if (found != ',')
        return json_fail(c, closing == '}' ? "',' or '}'" : "',' or ']'");
    c->p++;
    json_space(c);
    return 1;
}

int json_item(struct json_cursor *c, bool *first)
{
    return next(c, first, ']');
}

/* Up to the name of the next member: 1, or 0 at the end of the object. */
static int before_key(struct json_cursor *c, bool *first)
{
    int rc = next(c, first, '}');

    if (rc > 0 && (c->p >= c->end || *c->p != '"'))
        return json_fail(c, "a name in quotes");
    return rc;
}

static int after_key(struct json_cursor *c)
{
    if (json_peek(c) != ':')
        return json_fail(c, "':'");
    c->p++;
    json_space(c);
    return 1;
}

int json_key(struct json_cursor *c, bool *first, obs_str *ret_key)
{
    int rc = before_key(c, first);

    if (rc <= 0)
        return rc;
    rc = json_string(c, ret_key);
    return rc < 0 ? rc : after_key(c);
}

static bool literal(struct json_cursor *c, const char *word, size_t len)
{
    if ((size_t)(c->end - c->p) < len || memcmp(c->p, word, len) != 0)
        return false;
    c->p += len;
    return true;
}

bool json_null(struct json_cursor *c)
{
    return json_peek(c) == 'n' && literal(c, "null", 4);
}

int json_bool(struct json_cursor *c, bool *ret_value)
{
    json_space(c);
    if (literal(c, "true", 4))
        *ret_value = true;
    else if (literal(c, "false", 5))
        *ret_value = false;
    else
        return json_fail(c, "true or false");
    return OBS_OK;
}

/* --- strings --------------------------------------------------------------- */

/* The first quote, backslash or control character from `p` on; `high` collects
 * whether anything was not ASCII. */
static const char *scan(const char *p, const char *end, int *high)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1F);

    while (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash));
        unsigned mask, top = (unsigned)_mm_movemask_epi8(v);

        hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(v, control), v));
        mask = (unsigned)_mm_movemask_epi8(hit);
        if (mask) {
            unsigned at = (unsigned)__builtin_ctz(mask);

            *high |= (int)(top & ((1u << at) - 1));
            return p + at;
        }
        *high |= (int)top;
        p += 16;
    }
#endif
    for (; p < end; p++) {
        unsigned char byte = (unsigned char)*p;

        if (byte == '"' || byte == '\\' || byte < 0x20)
            return p;
        *high |= byte & 0x80;
    }
    return end;
}

/* The string at the cursor, up to its closing quote. */
static int string_at(struct json_cursor *c, struct json_raw *ret, int *ret_high)
{
    const char *begin, *p;

    *ret_high = 0;
    ret->escaped = false;
    if (json_peek(c) != '"')
        return json_fail(c, "a string");
    begin = p = c->p + 1;
    for (;;) {
        p = scan(p, c->end, ret_high);
        if (p < c->end && *p == '"')
            break;
        if (p >= c->end || *p != '\\' || c->end - p < 2) {
            c->p = p < c->end && *p != '\\' ? p : c->end;
            return json_fail(c, c->p < c->end ? "no control character in a string"
                                              : "the string's closing quote");
        }
        ret->escaped = true;
        p += 2;
    }
    ret->text = obs_str_n(begin, (size_t)(p - begin));
    c->p = p + 1;
    return OBS_OK;
}

static int hex4(const char *p, const char *end, uint32_t *ret)
{
    uint32_t value = 0;

    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        unsigned char d = (unsigned char)p[i];

        if (d >= '0' && d <= '9')
            value = value << 4 | (uint32_t)(d - '0');
        else if ((d | 32) >= 'a' && (d | 32) <= 'f')
            value = value << 4 | (uint32_t)((d | 32) - 'a' + 10);
        else
            return -1;
    }
    *ret = value;
    return 0;
}

static char *put_utf8(char *out, uint32_t code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xC0 | code >> 6);
        *out++ = (char)(0x80 | (code & 63));
    } else if (code < 0x10000) {
        *out++ = (char)(0xE0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 63));
        *out++ = (char)(0x80 | (code & 63));
    } else {
        *out++ = (char)(0xF0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 63));
        *out++ = (char)(0x80 | (code >> 6 & 63));
        *out++ = (char)(0x80 | (code & 63));
    }
    return out;
}

/* \uXXXX at `p` (after the u), with a second one when it is a pair; half a pair
 * becomes U+FFFD. Returns the bytes read, 0 when it is no hexadecimal. */
static size_t unicode_escape(struct json_cursor *c, const char *p, const char *end,
                             uint32_t *ret_code)
{
    uint32_t code, low;

    if (hex4(p, end, &code) < 0)
        return 0;
    *ret_code = code;
    if (code < 0xD800 || code > 0xDFFF)
        return 4;
    if (code < 0xDC00 && end - p >= 10 && p[4] == '\\' && p[5] == 'u' &&
        hex4(p + 6, end, &low) == 0 && low >= 0xDC00 && low <= 0xDFFF) {
        *ret_code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        return 10;
    }
    c->n_replaced++;
    *ret_code = 0xFFFD;
    return 4;
}

/* What the letter after a backslash stands for, 0 when nothing. */
static char simple_escape(char letter)
{
    switch (letter) {
    case '"':
    case '\\':
    case '/':
        return letter;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

static int bad_escape(struct json_cursor *c, const char *at)
{
    c->p = at;
    return json_fail(c, "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
}

/* Unescapes `raw`; with `out` NULL only checks it. Returns the length. */
static int unescape(struct json_cursor *c, obs_str raw, char *out, size_t *ret_len)
{
    const char *p = raw.ptr, *end = raw.ptr + raw.len;
    char *begin = out;
    int high = 0;

    while (p < end) {
        const char *stop = scan(p, end, &high);
        uint32_t code;
        size_t n;

        if (out) {
            memcpy(out, p, (size_t)(stop - p));
            out += stop - p;
        }
        if (stop == end)
            break;
        p = stop + 1; /* only a backslash is left inside a string */
        if (*p != 'u') {
            char byte = simple_escape(*p++);

            if (!byte)
                return bad_escape(c, stop);
            if (out)
                *out++ = byte;
            continue;
        }
        n = unicode_escape(c, p + 1, end, &code);
        if (n == 0)
            return bad_escape(c, stop);
        p += 1 + n;
        if (out)
            out = put_utf8(out, code); /* never longer than the escape */
    }
    if (ret_len)
        *ret_len = (size_t)(out - begin);
    return OBS_OK;
}

/* Makes sure that a text with bytes beyond ASCII is UTF-8. */
static int checked(struct json_cursor *c, obs_str text, obs_str *ret)
{
    if (!utf8_valid_slow(text.ptr, text.len)) {
        text = utf8_repair(c->arena, text);
        if (!text.ptr)
            return OBS_E_NOMEM;
        c->n_replaced++;
    }
    *ret = text;
    return OBS_OK;
}

int json_unescape(struct json_cursor *c, struct json_raw raw, obs_str *ret_text)
{
    char *out;
    size_t len;
    int rc;

    if (!raw.escaped) {
        *ret_text = raw.text;
        return OBS_OK;
    }
    out = obs_arena_alloc(c->arena, raw.text.len);
    if (!out)
        return OBS_E_NOMEM;
    rc = unescape(c, raw.text, out, &len);
    if (rc < 0)
        return rc;
    *ret_text = obs_str_n(out, len);
    return OBS_OK;
}

int json_string(struct json_cursor *c, obs_str *ret_text)
{
    struct json_raw raw;
    int high;
    int rc = string_at(c, &raw, &high);

    if (rc < 0)
        return rc;
    if (raw.escaped) {
        const char *after = c->p;

        rc = json_unescape(c, raw, ret_text);
        if (rc < 0)
            return rc;
        c->p = after;
    } else {
        *ret_text = raw.text;
    }
    return high ? checked(c, *ret_text, ret_text) : OBS_OK;
}

int json_string_raw(struct json_cursor *c, struct json_raw *ret_raw)
{
    int high;
    int rc = string_at(c, ret_raw, &high);

    if (rc < 0)
        return rc;
    if (high && !utf8_valid_slow(ret_raw->text.ptr, ret_raw->text.len))
        return json_fail(c, "UTF-8");
    if (ret_raw->escaped) {
        const char *after = c->p;
        uint64_t n_replaced = c->n_replaced;

        rc = unescape(c, ret_raw->text, NULL, NULL);
        if (rc < 0)
            return rc;
        c->p = after;
        c->n_replaced = n_replaced;
    }
    return OBS_OK;
}

/* --- skipping -------------------------------------------------------------- */

static int skip_scalar(struct json_cursor *c)
{
    struct json_raw raw;
    obs_str number;

    switch (json_peek(c)) {
    case '"':
        return json_string_raw(c, &raw);
    case 't':
        return literal(c, "true", 4) ? OBS_OK : json_fail(c, "a value");
    case 'f':
        return literal(c, "false", 5) ? OBS_OK : json_fail(c, "a value");
    case 'n':
        return literal(c, "null", 4) ? OBS_OK : json_fail(c, "a value");
    default:
        return json_number(c, &number);
    }
}

/* As json_key(), but what is passed over is kept as it is: nothing is repaired. */
static int skip_key(struct json_cursor *c, bool *first)
{
    int rc = before_key(c, first);
    struct json_raw key;

    if (rc <= 0)
        return rc;
    rc = json_string_raw(c, &key);
    return rc < 0 ? rc : after_key(c);
}

/* Recursion is bounded by JSON_MAX_DEPTH in json_open(). */
static int skip(struct json_cursor *c)
{
    char bracket = json_peek(c);
    bool first = true;
    int rc;

    if (bracket != '{' && bracket != '[')
        return skip_scalar(c);
    rc = json_open(c, bracket);
    while (rc >= 0) {
        rc = bracket == '{' ? skip_key(c, &first) : json_item(c, &first);
        if (rc <= 0)
            return rc;
        rc = skip(c);
    }
    return rc;
}

int json_skip(struct json_cursor *c, obs_str *ret_text)
{
    const char *begin;
    int rc;

    json_space(c);
    begin = c->p;
    rc = skip(c);
    if (rc == OBS_OK && ret_text)
        *ret_text = obs_str_n(begin, (size_t)(c->p - begin));
    return rc;
}
