/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal numbers as text. 19 digits are what 64 bits hold and more than any
 * result has: those behind them only move the point. */
#include "decimal.h"

#define MAX_DIGITS 19
#define MAX_EXPONENT 1000000 /* whatever is larger does not fit, or is nothing */

static bool is_digit(const char *p, const char *end)
{
    return p < end && *p >= '0' && *p <= '9';
}

/* Moves *p over at least one digit. `point`: they stand behind it. */
static bool read_digits(const char **p, const char *end, bool point, struct decimal *d)
{
    if (!is_digit(*p, end))
        return false;
    for (; is_digit(*p, end); ++*p) {
        if (d->n_digits == MAX_DIGITS) {
            d->exponent += !point;
            continue;
        }
        d->digits = 10 * d->digits + (uint64_t)(**p - '0');
        d->n_digits += d->digits != 0;
        d->exponent -= point;
    }
    return true;
}

static bool read_exponent(const char **p, const char *end, struct decimal *d)
{
    bool negative = *p < end && **p == '-';
    int64_t exponent = 0;

    if (*p < end && (**p == '-' || **p == '+'))
        ++*p;
    if (!is_digit(*p, end))
        return false;
    for (; is_digit(*p, end); ++*p)
        if (exponent < MAX_EXPONENT)
            exponent = 10 * exponent + (**p - '0');
    d->exponent += negative ? -exponent : exponent;
    return true;
}

bool decimal_read(obs_str text, struct decimal *ret_value)
{
    struct decimal d = {.negative = text.len > 0 && text.ptr[0] == '-'};
    const char *p = text.len ? text.ptr + d.negative : NULL;
    const char *end = text.len ? text.ptr + text.len : NULL;

    if (!read_digits(&p, end, /* point= */ false, &d))
        return false;
    if (p < end && *p == '.') {
        p++;
        if (!read_digits(&p, end, /* point= */ true, &d))
            return false;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (!read_exponent(&p, end, &d))
            return false;
    }
    if (p != end)
        return false;
    *ret_value = d;
    return true;
}

int64_t decimal_magnitude(const struct decimal *value)
{
    return value->digits ? value->n_digits + value->exponent : 0;
}

static uint64_t divide_half_up(uint64_t v, int64_t places)
{
    uint64_t by = 1, rest;

    if (places > MAX_DIGITS)
        return 0;
    while (places-- > 0)
        by *= 10;
    rest = v % by;
    return v / by + (rest >= by - rest);
}

bool decimal_scaled(const struct decimal *value, int places, int64_t *ret)
{
    int64_t shift = value->exponent + places;
    uint64_t v = value->digits;

    if (shift < 0)
        v = divide_half_up(v, -shift);
    for (; shift > 0 && v; shift--)
        if (__builtin_mul_overflow(v, 10, &v))
            return false;
    if (v > INT64_MAX)
        return false;
    *ret = value->negative ? -(int64_t)v : (int64_t)v;
    return true;
}
