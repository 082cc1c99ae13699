/* SPDX-License-Identifier: Apache-2.0 */
/* Times and exact decimals in text. */
#include "timestamp.h"
#include "json_cursor.h"

#include <math.h>

#define NS_PER_S INT64_C(1000000000)

/* `width` digits at *p as a number in [low, high]; moves *p. -1 when not. */
static int64_t digits(const char **p, const char *end, int width, int64_t low, int64_t high)
{
    int64_t value = 0;

    if (end - *p < width)
        return -1;
    for (int i = 0; i < width; i++) {
        char d = *(*p)++;

        if (d < '0' || d > '9')
            return -1;
        value = value * 10 + (d - '0');
    }
    return value >= low && value <= high ? value : -1;
}

static bool separator(const char **p, const char *end, const char *any_of)
{
    return *p < end && strchr(any_of, *(*p)++) != NULL;
}

/* Days from 1970-01-01 (Howard Hinnant, days_from_civil). */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = year - (month <= 2), era = y / 400, yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int64_t days_in(int64_t year, int64_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

static bool date(const char **p, const char *end, int64_t *ret_s)
{
    int64_t year = digits(p, end, 4, 1970, 2261), month, day;

    if (year < 0 || !separator(p, end, "-"))
        return false;
    month = digits(p, end, 2, 1, 12);
    if (month < 0 || !separator(p, end, "-"))
        return false;
    day = digits(p, end, 2, 1, days_in(year, month));
    *ret_s = day < 0 ? 0 : days_of(year, month, day) * 86400;
    return day > 0;
}

static bool clock_time(const char **p, const char *end, int64_t *ret_s)
{
    int64_t hour = digits(p, end, 2, 0, 23), minute, second;

    if (hour < 0 || !separator(p, end, ":"))
        return false;
    minute = digits(p, end, 2, 0, 59);
    if (minute < 0 || !separator(p, end, ":"))
        return false;
    second = digits(p, end, 2, 0, 60);
    *ret_s += hour * 3600 + minute * 60 + second;
    return second >= 0;
}

static bool fraction(const char **p, const char *end, int64_t *ret_ns)
{
    int64_t unit = NS_PER_S / 10;

    *ret_ns = 0;
    if (*p == end || (**p != '.' && **p != ','))
        return true;
    ++*p;
    if (*p == end || **p < '0' || **p > '9')
        return false;
    for (; *p < end && **p >= '0' && **p <= '9'; ++*p, unit /= 10)
        *ret_ns += (**p - '0') * unit;
    return true;
}

static bool offset(const char **p, const char *end, int64_t *ret_s)
{
    int64_t hours, minutes;
    char sign;

    if (*p == end)
        return false;
    sign = *(*p)++;
    *ret_s = 0;
    if (sign == 'Z' || sign == 'z')
        return true;
    if (sign != '+' && sign != '-')
        return false;
    hours = digits(p, end, 2, 0, 23);
    if (hours < 0 || !separator(p, end, ":"))
        return false;
    minutes = digits(p, end, 2, 0, 59);
    *ret_s = (hours * 3600 + minutes * 60) * (sign == '-' ? -1 : 1);
    return minutes >= 0;
}

bool timestamp_parse(obs_str text, int64_t *ret_unix_ns)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    int64_t s, ns, east_s;

    if (!text.len || !date(&p, end, &s) || !separator(&p, end, "Tt ") || !clock_time(&p, end, &s) ||
        !fraction(&p, end, &ns) || !offset(&p, end, &east_s) || p != end)
        return false;
    s -= east_s;
    if (s < 0)
        return false;
    *ret_unix_ns = s * NS_PER_S + ns;
    return true;
}

/* The digits of "12.345", with `places` of them after the point. */
static bool plain_decimal(obs_str number, int places, int64_t *ret)
{
    const char *p = number.ptr, *end = number.ptr + number.len;
    uint64_t value = 0;
    bool point = false, cut = false, up = false;

    for (; p < end; p++) {
        if (*p == '.' && !point) {
            point = true;
            continue;
        }
        if (*p < '0' || *p > '9' || value > (uint64_t)INT64_MAX / 10 - 1)
            return false;
        if (point && places == 0) {
            up |= !cut && *p >= '5'; /* the first digit that has no room rounds */
            cut = true;
            continue;
        }
        value = value * 10 + (uint64_t)(*p - '0');
        places -= point;
    }
    value += up;
    for (; places > 0; places--) {
        if (value > (uint64_t)INT64_MAX / 10)
            return false;
        value *= 10;
    }
    *ret = (int64_t)value;
    return number.len > 0;
}

bool decimal_scaled(obs_arena *arena, obs_str number, int places, int64_t *ret)
{
    double real;

    if (plain_decimal(number, places, ret))
        return true;
    /* with an exponent, or very long: as exact as a double */
    if (!json_parse_double(arena, number, &real))
        return false;
    for (; places > 0; places--)
        real *= 10;
    if (!(real >= 0 && real < 9.2e18))
        return false;
    *ret = llround(real);
    return true;
}

bool timestamp_number(obs_arena *arena, obs_str number, int64_t *ret_unix_ns)
{
    double real;
    int places;

    if (!json_parse_double(arena, number, &real) || !(real >= 0))
        return false;
    places = real < 1e11 ? 9 : real < 1e14 ? 6 : real < 1e17 ? 3 : 0;
    return decimal_scaled(arena, number, places, ret_unix_ns);
}
