/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing times. All arithmetic is checked: a range ends in an error, never in a
 * wrong moment. */
#include "timeparse.h"
#include "decimal.h"

#define SECOND INT64_C(1000000000)
#define DAY (86400 * SECOND)

struct reader {
    const char *p, *end;
};

static bool digit(const struct reader *r)
{
    return r->p < r->end && *r->p >= '0' && *r->p <= '9';
}

/* Exactly `width` digits. */
static bool number(struct reader *r, unsigned width, int *ret_value)
{
    int v = 0;

    while (width-- > 0) {
        if (!digit(r))
            return false;
        v = 10 * v + (*r->p++ - '0');
    }
    *ret_value = v;
    return true;
}

static bool skip(struct reader *r, const char *any_of)
{
    if (r->p == r->end || !*r->p || !strchr(any_of, *r->p))
        return false;
    r->p++;
    return true;
}

/* Up to nine decimals as nanoseconds; more are cut. */
static int64_t fraction(struct reader *r)
{
    int64_t ns = 0, unit = SECOND;

    while (digit(r)) {
        unit /= 10;
        ns += (*r->p++ - '0') * unit;
    }
    return ns;
}

/* Days since 1970-01-01 (Howard Hinnant, days_from_civil). */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

static bool date(struct reader *r, int64_t *ret_days)
{
    int year, month, day;

    if (!number(r, 4, &year) || !skip(r, "-") || !number(r, 2, &month) || !skip(r, "-") ||
        !number(r, 2, &day) || month < 1 || month > 12 || day < 1 || day > days_in(year, month))
        return false;
    *ret_days = days_of(year, month, day);
    return true;
}

/* "Z", "+hh:mm"; RFC 3339 §5.6. */
static bool offset(struct reader *r, int64_t *ret_seconds)
{
    int hours, minutes;
    bool west = r->p < r->end && *r->p == '-';

    if (skip(r, "Zz")) {
        *ret_seconds = 0;
        return true;
    }
    if (!skip(r, "+-") || !number(r, 2, &hours) || !skip(r, ":") || !number(r, 2, &minutes) ||
        hours > 23 || minutes > 59)
        return false;
    *ret_seconds = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

static bool time_of_day(struct reader *r, int64_t *ret_seconds, int64_t *ret_ns)
{
    int hours, minutes, seconds;
    int64_t shift;

    if (!skip(r, "Tt ") || !number(r, 2, &hours) || !skip(r, ":") || !number(r, 2, &minutes) ||
        !skip(r, ":") || !number(r, 2, &seconds) || hours > 23 || minutes > 59 || seconds > 60)
        return false;
    if (skip(r, ".,")) { /* the comma is ISO 8601's */
        if (!digit(r))
            return false;
        *ret_ns = fraction(r);
    }
    if (!offset(r, &shift))
        return false;
    *ret_seconds = hours * 3600 + minutes * 60 + seconds - shift;
    return true;
}

static int to_ns(int64_t seconds, int64_t ns, int64_t *ret_ns)
{
    int64_t v;

    if (__builtin_mul_overflow(seconds, SECOND, &v) || __builtin_add_overflow(v, ns, &v))
        return OBS_E_RANGE;
    *ret_ns = v;
    return OBS_OK;
}

static bool unit_of(struct reader *r, int64_t *ret_ns)
{
    static const char letters[] = "smhdw";
    static const int64_t units[] = {SECOND, 60 * SECOND, 3600 * SECOND, DAY, 7 * DAY};
    const char *found = r->p < r->end && *r->p ? strchr(letters, *r->p) : NULL;

    if (!found)
        return false;
    r->p++;
    *ret_ns = units[found - letters];
    return true;
}

static int round_down(int64_t t, int64_t unit, int64_t *ret_ns)
{
    int64_t origin = unit == 7 * DAY ? 4 * DAY : 0; /* 1970-01-05 was a Monday */
    int64_t rest = (t % unit - origin) % unit;

    return __builtin_sub_overflow(t, rest < 0 ? rest + unit : rest, ret_ns) ? OBS_E_RANGE : OBS_OK;
}

static int relative(struct reader r, int64_t now_ns, int64_t *ret_ns)
{
    int64_t t = now_ns, amount, unit;

    r.p += 3; /* "now" */
    if (r.p < r.end && (*r.p == '-' || *r.p == '+')) {
        bool back = *r.p++ == '-';
        if (!digit(&r))
            return OBS_E_INVALID;
        for (amount = 0; digit(&r);)
            if (__builtin_mul_overflow(amount, 10, &amount) ||
                __builtin_add_overflow(amount, *r.p++ - '0', &amount))
                return OBS_E_RANGE;
        if (!unit_of(&r, &unit))
            return OBS_E_INVALID;
        if (__builtin_mul_overflow(amount, back ? -unit : unit, &amount) ||
            __builtin_add_overflow(t, amount, &t))
            return OBS_E_RANGE;
    }
    if (skip(&r, "/")) {
        if (!unit_of(&r, &unit))
            return OBS_E_INVALID;
        if (round_down(t, unit, &t) < 0)
            return OBS_E_RANGE;
    }
    if (r.p != r.end)
        return OBS_E_INVALID;
    *ret_ns = t;
    return OBS_OK;
}

static struct reader reader_of(obs_str text)
{
    return (struct reader){text.ptr, text.len ? text.ptr + text.len : text.ptr};
}

/* --- public, declared in timeparse.h -------------------------------------- */

int time_date(obs_str text, int64_t *ret_ns)
{
    struct reader r = reader_of(text);
    int64_t days;

    if (!date(&r, &days) || r.p != r.end)
        return OBS_E_INVALID;
    return to_ns(days * 86400, /* ns= */ 0, ret_ns);
}

int time_rfc3339(obs_str text, int64_t *ret_ns)
{
    struct reader r = reader_of(text);
    int64_t days, seconds, ns = 0;

    if (!date(&r, &days) || !time_of_day(&r, &seconds, &ns) || r.p != r.end)
        return OBS_E_INVALID;
    return to_ns(days * 86400 + seconds, ns, ret_ns);
}

/* The magnitude tells the unit: 11 digits of seconds reach the year 5138. */
int time_unix(obs_str text, int64_t *ret_ns)
{
    struct decimal number;
    int64_t n;

    if (!decimal_read(text, &number))
        return OBS_E_INVALID;
    n = decimal_magnitude(&number);
    return decimal_scaled(&number,
                          n <= 11   ? 9
                          : n <= 14 ? 6
                          : n <= 17 ? 3
                                    : 0,
                          ret_ns)
               ? OBS_OK
               : OBS_E_RANGE;
}

int time_parse(obs_str text, int64_t now_ns, int64_t *ret_ns)
{
    if (text.len >= 3 && memcmp(text.ptr, "now", 3) == 0)
        return relative(reader_of(text), now_ns, ret_ns);
    if (text.len > 4 && text.ptr[4] == '-')
        return text.len == 10 ? time_date(text, ret_ns) : time_rfc3339(text, ret_ns);
    if (text.len && (memchr(text.ptr, 'e', text.len) || memchr(text.ptr, 'E', text.len)))
        return OBS_E_INVALID; /* nobody writes a time so by hand */
    return time_unix(text, ret_ns);
}
