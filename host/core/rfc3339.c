/* SPDX-License-Identifier: Apache-2.0 */
/* int64_t nanoseconds reach from 1677 to 2262, so four digits of year always
 * do. */
#include "core/rfc3339.h"

static void put_number(char *to, unsigned width, int64_t v)
{
    while (width-- > 0) {
        to[width] = (char)('0' + v % 10);
        v /= 10;
    }
}

/* Days since 1970-01-01 to year, month, day (Howard Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms", civil_from_days). */
static void put_date(char *to, int64_t days)
{
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153, month = mp < 10 ? mp + 3 : mp - 9;

    put_number(to, 4, yoe + era * 400 + (month <= 2));
    to[4] = '-';
    put_number(to + 5, 2, month);
    to[7] = '-';
    put_number(to + 8, 2, doy - (153 * mp + 2) / 5 + 1);
}

/* Everything up to the whole second, 19 bytes; returns the nanoseconds left. */
static int64_t put_seconds(char *to, int64_t unix_ns)
{
    int64_t seconds = unix_ns / 1000000000, ns = unix_ns % 1000000000, of_day;

    if (ns < 0) {
        ns += 1000000000;
        seconds--;
    }
    of_day = seconds % 86400;
    if (of_day < 0)
        of_day += 86400;
    put_date(to, (seconds - of_day) / 86400);
    to[10] = 'T';
    put_number(to + 11, 2, of_day / 3600);
    to[13] = ':';
    put_number(to + 14, 2, of_day / 60 % 60);
    to[16] = ':';
    put_number(to + 17, 2, of_day % 60);
    return ns;
}

static size_t put_fraction(char *to, int64_t ns, unsigned width)
{
    size_t n = 19;

    if (width) {
        to[n++] = '.';
        put_number(to + n, width, ns / (width == 3 ? 1000000 : width == 6 ? 1000 : 1));
        n += width;
    }
    to[n++] = 'Z';
    to[n] = '\0';
    return n;
}

size_t rfc3339_format(char *to, int64_t unix_ns)
{
    int64_t ns = put_seconds(to, unix_ns);

    return put_fraction(to, ns, !ns ? 0 : ns % 1000000 == 0 ? 3 : ns % 1000 == 0 ? 6 : 9);
}

size_t rfc3339_format_ms(char *to, int64_t unix_ns)
{
    return put_fraction(to, put_seconds(to, unix_ns), 3);
}
