/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of the JSON cursor. Short decimals are converted exactly without the
 * C library (Clinger's fast path: a mantissa below 2^53 and a power of ten
 * that a double holds exactly give the nearest double with one operation). */
#include "json_cursor.h"

#include <math.h>
#include <stdlib.h>

static bool is_digit(const char *p, const char *end)
{
    return p < end && *p >= '0' && *p <= '9';
}

static const char *digits(const char *p, const char *end)
{
    while (is_digit(p, end))
        p++;
    return p;
}

int json_number(struct json_cursor *c, obs_str *ret_text)
{
    const char *begin, *p;

    json_space(c);
    begin = p = c->p;
    if (p < c->end && *p == '-')
        p++;
    if (!is_digit(p, c->end))
        return json_fail(c, "a value");
    p = *p == '0' ? p + 1 : digits(p, c->end);
    if (p < c->end && *p == '.') {
        c->p = p + 1;
        if (!is_digit(c->p, c->end))
            return json_fail(c, "a digit");
        p = digits(c->p, c->end);
    }
    if (p < c->end && (*p | 32) == 'e') {
        c->p = p + 1;
        if (c->p < c->end && (*c->p == '+' || *c->p == '-'))
            c->p++;
        if (!is_digit(c->p, c->end))
            return json_fail(c, "a digit");
        p = digits(c->p, c->end);
    }
    c->p = p;
    *ret_text = obs_str_n(begin, (size_t)(p - begin));
    return OBS_OK;
}

/* --- doubles --------------------------------------------------------------- */

static const double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                       1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* "-12.5e3" within the fast path's bounds; false: ask the C library. */
static bool fast_double(obs_str text, double *ret)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    bool negative = p < end && *p == '-';
    uint64_t mantissa = 0;
    int n_digits = 0, exponent = 0;
    double value;

    p += negative;
    for (; is_digit(p, end); p++, n_digits++)
        mantissa = mantissa * 10 + (uint64_t)(*p - '0');
    if (p < end && *p == '.')
        for (p++; is_digit(p, end); p++, n_digits++, exponent--)
            mantissa = mantissa * 10 + (uint64_t)(*p - '0');
    if (p != end || n_digits == 0 || n_digits > 19 || mantissa > UINT64_C(1) << 53 ||
        exponent < -22)
        return false;
    value = (double)mantissa / powers_of_ten[-exponent];
    *ret = negative ? -value : value;
    return true;
}

bool json_parse_double(obs_arena *arena, obs_str text, double *ret_value)
{
    char small[64];
    char *copy = small;
    char *stop;

    if (text.len == 0)
        return false;
    if (fast_double(text, ret_value))
        return true;
    if (text.len >= sizeof(small)) {
        copy = obs_arena_alloc(arena, text.len + 1);
        if (!copy)
            return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (copy[strspn(copy, "0123456789+-.eE")] != '\0')
        return false; /* strtod would take hexadecimal and names */
    *ret_value = strtod(copy, &stop);
    return stop == copy + text.len && isfinite(*ret_value);
}

static bool double_name(obs_str text, double *ret)
{
    if (obs_str_is(text, "NaN"))
        *ret = NAN;
    else if (obs_str_is(text, "Infinity"))
        *ret = INFINITY;
    else if (obs_str_is(text, "-Infinity"))
        *ret = -INFINITY;
    else
        return false;
    return true;
}

int json_double(struct json_cursor *c, double *ret_value)
{
    const char *at;
    obs_str text;
    int rc;

    if (json_peek(c) != '"') {
        at = c->p;
        rc = json_number(c, &text);
        if (rc < 0)
            return rc;
        if (json_parse_double(c->arena, text, ret_value))
            return OBS_OK;
    } else {
        at = c->p;
        rc = json_string(c, &text);
        if (rc < 0)
            return rc;
        if (double_name(text, ret_value) || json_parse_double(c->arena, text, ret_value))
            return OBS_OK;
    }
    c->p = at;
    return json_fail(c, "a number that a double can hold");
}

/* --- integers -------------------------------------------------------------- */

static bool plain_uint(obs_str text, uint64_t *ret)
{
    uint64_t value = 0;

    if (text.len == 0 || text.len > 20)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint64_t digit = (uint64_t)(unsigned char)text.ptr[i] - '0';

        if (digit > 9 || value > UINT64_MAX / 10 || value * 10 > UINT64_MAX - digit)
            return false;
        value = value * 10 + digit;
    }
    *ret = value;
    return true;
}

bool json_parse_uint(obs_arena *arena, obs_str text, uint64_t *ret_value)
{
    double real;

    if (plain_uint(text, ret_value))
        return true;
    /* "1e3" and "5.0" are integers too (protobuf's JSON mapping) */
    if (!memchr(text.ptr ? text.ptr : "", '.', text.len) &&
        !memchr(text.ptr ? text.ptr : "", 'e', text.len) &&
        !memchr(text.ptr ? text.ptr : "", 'E', text.len))
        return false;
    if (!json_parse_double(arena, text, &real) || real < 0 || real >= 18446744073709551616.0 ||
        real != floor(real))
        return false;
    *ret_value = (uint64_t)real;
    return true;
}

bool json_parse_int(obs_arena *arena, obs_str text, int64_t *ret_value)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    uint64_t value;

    if (!json_parse_uint(arena, obs_str_n(text.ptr + negative, text.len - negative), &value))
        return false;
    if (value > (uint64_t)INT64_MAX + negative)
        return false;
    *ret_value = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* The digits of an integer, in quotes or not; `ret_at` is where it began. */
static int integer_text(struct json_cursor *c, const char **ret_at, obs_str *ret_text)
{
    char found = json_peek(c);

    *ret_at = c->p;
    return found == '"' ? json_string(c, ret_text) : json_number(c, ret_text);
}

int json_int(struct json_cursor *c, int64_t *ret_value)
{
    const char *at;
    obs_str text;
    int rc = integer_text(c, &at, &text);

    if (rc < 0 || json_parse_int(c->arena, text, ret_value))
        return rc;
    c->p = at;
    return json_fail(c, "a 64-bit integer");
}

int json_uint(struct json_cursor *c, uint64_t *ret_value)
{
    const char *at;
    obs_str text;
    int rc = integer_text(c, &at, &text);

    if (rc < 0 || json_parse_uint(c->arena, text, ret_value))
        return rc;
    c->p = at;
    return json_fail(c, "an unsigned 64-bit integer");
}
