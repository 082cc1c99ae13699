/* SPDX-License-Identifier: Apache-2.0 */
/* A zone is a sorted list of moments at which its offset changes. The rule at the
 * end of a file, for the time after its last moment, is written out up to 2200. */
#include "timezone.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DAY_S 86400
#define LAST_YEAR 2200
#define MAX_FILE_BYTES 65536
#define MAX_NAME 64
#define MAX_OFFSET_S (26 * 3600) /* of RFC 8536 */
#define FOLDER "/usr/share/zoneinfo"

struct change {
    int64_t at_s;
    int32_t offset_s; /* from then on */
};

struct zone {
    int32_t first_offset_s; /* before all changes */
    struct change *changes; /* ascending, each with another offset than before it */
    size_t n;
};

/* --- the calendar ----------------------------------------------------------------- */

/* Days since 1970 of a date (Hinnant, "chrono-compatible low-level date
 * algorithms"). */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
    int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400;
    unsigned of_era = (unsigned)(y - era * 400);
    unsigned of_year = (153 * (month + (month > 2 ? -3u : 9u)) + 2) / 5 + day - 1;

    return era * 146097 + (int64_t)(of_era * 365 + of_era / 4 - of_era / 100 + of_year) - 719468;
}

static void date_of(int64_t days, int64_t *ret_year, unsigned *ret_month)
{
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned of_era = (unsigned)(z - era * 146097);
    unsigned y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;

    *ret_month = m < 10 ? m + 3 : m - 9;
    *ret_year = (int64_t)y + era * 400 + (*ret_month <= 2);
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t floor_to(int64_t value, int64_t size)
{
    int64_t rest = value % size;

    return value - (rest < 0 ? rest + size : rest);
}

/* 0 is Sunday. */
static unsigned weekday_of(int64_t days)
{
    return (unsigned)((days % 7 + 11) % 7);
}

/* --- the rule at the end of a file (POSIX.1, TZ) -------------------------------------- */

/* When in a year: the `week`th `day` of `month` (5: the last), or a day of the year
 * counted with (month 0) or without (month 13) 29 February. */
struct rule_date {
    unsigned month, week, day;
    int32_t time_s;
};

struct rule {
    int32_t standard_s, summer_s; /* offsets */
    bool has_summer;
    struct rule_date begin, end;
};

static bool read_number(const char **at, int32_t max, int32_t *ret)
{
    char *end;
    long value;

    if (**at < '0' || **at > '9')
        return false;
    value = strtol(*at, &end, 10);
    *at = end;
    *ret = (int32_t)value;
    return value <= max;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool read_clock(const char **at, int32_t *ret_s)
{
    int32_t parts[3] = {0}, sign = **at == '-' ? -1 : 1;

    if (**at == '-' || **at == '+')
        ++*at;
    for (int i = 0; i < 3; i++) {
        if (!read_number(at, i ? 59 : 167, &parts[i]))
            return false;
        if (**at != ':')
            break;
        ++*at;
    }
    *ret_s = sign * (parts[0] * 3600 + parts[1] * 60 + parts[2]);
    return true;
}

/* Letters, or anything between < and >. */
static bool skip_name(const char **at)
{
    const char *begin = *at;

    if (**at == '<') {
        *at = strchr(begin, '>');
        if (!*at)
            return false;
        ++*at;
        return true;
    }
    while ((**at | 32) >= 'a' && (**at | 32) <= 'z')
        ++*at;
    return *at - begin >= 3;
}

static bool read_date(const char **at, struct rule_date *ret)
{
    int32_t month = 0, week = 0, day;

    if (*(*at)++ != ',')
        return false;
    if (**at == 'M') {
        ++*at;
        if (!read_number(at, 12, &month) || *(*at)++ != '.' || !read_number(at, 5, &week) ||
            *(*at)++ != '.' || !read_number(at, 6, &day) || month < 1 || week < 1)
            return false;
    } else {
        month = **at == 'J' ? 13 : 0;
        *at += month != 0;
        if (!read_number(at, 365, &day))
            return false;
    }
    *ret = (struct rule_date){(unsigned)month, (unsigned)week, (unsigned)day, 2 * 3600};
    if (**at != '/')
        return true;
    ++*at;
    return read_clock(at, &ret->time_s);
}

static bool read_rule(const char *text, struct rule *ret)
{
    int32_t west;

    *ret = (struct rule){0};
    if (!skip_name(&text) || !read_clock(&text, &west))
        return false;
    ret->standard_s = -west;
    if (!*text)
        return true;
    if (!skip_name(&text))
        return false;
    ret->has_summer = true;
    ret->summer_s = ret->standard_s + 3600;
    if (*text != ',') {
        if (!read_clock(&text, &west))
            return false;
        ret->summer_s = -west;
    }
    return read_date(&text, &ret->begin) && read_date(&text, &ret->end) && !*text;
}

/* The local second of a year at which a rule says something. */
static int64_t local_of(const struct rule_date *d, int64_t year)
{
    int64_t first, days;

    if (d->month == 0) {
        days = days_of(year, 1, 1) + d->day;
    } else if (d->month == 13) {
        days = days_of(year, 1, 1) + d->day - 1 + (is_leap(year) && d->day >= 60);
    } else {
        first = days_of(year, d->month, 1);
        days = first + (d->day + 7 - weekday_of(first)) % 7 + 7 * (d->week - 1);
        while (days >= (d->month == 12 ? days_of(year + 1, 1, 1) : days_of(year, d->month + 1, 1)))
            days -= 7;
    }
    return days * DAY_S + d->time_s;
}

/* --- the file ----------------------------------------------------------------------------- */

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be64(const uint8_t *p)
{
    return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

struct header {
    uint32_t n_utc, n_std, n_leap, n_times, n_types, n_chars;
};

#define HEADER_BYTES 44u

static bool read_header(const uint8_t *p, size_t len, struct header *ret)
{
    if (len < HEADER_BYTES || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
        return false;
    *ret = (struct header){be32(p + 20), be32(p + 24), be32(p + 28),
                           be32(p + 32), be32(p + 36), be32(p + 40)};
    return ret->n_times < 10000 && ret->n_types > 0 && ret->n_types < 256 && ret->n_chars < 10000 &&
           ret->n_leap < 10000 && ret->n_utc < 256 && ret->n_std < 256;
}

static size_t data_bytes(const struct header *h, size_t time_bytes)
{
    return h->n_times * (time_bytes + 1) + h->n_types * 6 + h->n_chars +
           h->n_leap * (time_bytes + 4) + h->n_std + h->n_utc;
}

static void add_change(struct zone *zone, int64_t at_s, int32_t offset_s)
{
    int32_t before = zone->n ? zone->changes[zone->n - 1].offset_s : zone->first_offset_s;

    if (offset_s != before && (zone->n == 0 || at_s > zone->changes[zone->n - 1].at_s))
        zone->changes[zone->n++] = (struct change){at_s, offset_s};
}

/* What the rule says for all years after what the file lists. */
static void add_rule(struct zone *zone, const struct rule *rule)
{
    int64_t year = 1970;
    unsigned month;

    if (zone->n)
        date_of(floor_to(zone->changes[zone->n - 1].at_s, DAY_S) / DAY_S, &year, &month);
    if (!rule->has_summer) {
        int64_t after = zone->n ? zone->changes[zone->n - 1].at_s + 1 : INT64_MIN / 2;
        add_change(zone, after, rule->standard_s);
        return;
    }
    for (; year <= LAST_YEAR; year++) {
        struct change begin = {local_of(&rule->begin, year) - rule->standard_s, rule->summer_s};
        struct change end = {local_of(&rule->end, year) - rule->summer_s, rule->standard_s};
        bool north = begin.at_s < end.at_s;

        add_change(zone, north ? begin.at_s : end.at_s, north ? begin.offset_s : end.offset_s);
        add_change(zone, north ? end.at_s : begin.at_s, north ? end.offset_s : begin.offset_s);
    }
}

static int read_data(const uint8_t *p, const struct header *h, struct zone *zone)
{
    const uint8_t *types = p + h->n_times * 8, *infos = types + h->n_times;

    for (uint32_t i = 0; i < h->n_types; i++)
        if (abs((int32_t)be32(infos + i * 6)) > MAX_OFFSET_S)
            return OBS_E_SYNTAX;
    zone->first_offset_s = (int32_t)be32(infos);
    for (uint32_t i = 0; i < h->n_times; i++) {
        if (types[i] >= h->n_types)
            return OBS_E_SYNTAX;
        add_change(zone, be64(p + i * 8), (int32_t)be32(infos + types[i] * 6u));
    }
    return OBS_OK;
}

/* The text between two newlines at the end. */
static int read_footer(const uint8_t *p, size_t len, struct zone *zone)
{
    const uint8_t *end = len > 1 && p[0] == '\n' ? memchr(p + 1, '\n', len - 1) : NULL;
    char text[128];
    struct rule rule;

    if (!end || end == p + 1)
        return OBS_OK; /* no rule: the last offset stays */
    if ((size_t)(end - p) > sizeof(text))
        return OBS_E_SYNTAX;
    memcpy(text, p + 1, (size_t)(end - p - 1));
    text[end - p - 1] = '\0';
    if (!read_rule(text, &rule) || abs(rule.standard_s) > MAX_OFFSET_S ||
        abs(rule.summer_s) > MAX_OFFSET_S)
        return OBS_E_SYNTAX;
    add_rule(zone, &rule);
    return OBS_OK;
}

static int parse(obs_arena *arena, const uint8_t *p, size_t len, const struct zone **ret_zone)
{
    struct zone *zone = obs_arena_calloc(arena, 1, sizeof(*zone));
    struct header h;
    size_t skip;
    int rc;

    if (!read_header(p, len, &h) || HEADER_BYTES + data_bytes(&h, 4) > len)
        return OBS_E_SYNTAX;
    skip = HEADER_BYTES + data_bytes(&h, 4);
    if (!read_header(p + skip, len - skip, &h) || skip + HEADER_BYTES + data_bytes(&h, 8) > len)
        return OBS_E_SYNTAX;
    skip += HEADER_BYTES;
    if (zone)
        zone->changes =
            obs_arena_calloc(arena, h.n_times + 2 * (LAST_YEAR - 1900), sizeof(*zone->changes));
    if (!zone || !zone->changes)
        return OBS_E_NOMEM;
    rc = read_data(p + skip, &h, zone);
    skip += data_bytes(&h, 8);
    if (rc == OBS_OK)
        rc = read_footer(p + skip, len - skip, zone);
    *ret_zone = zone;
    return rc;
}

/* Letters, digits and what zones are written with; never out of the folder. */
static bool is_name(obs_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c | 32) >= 'a' && (c | 32) <= 'z', digit = c >= '0' && c <= '9';

        if (!letter && !digit && (i == 0 || !strchr("/_+-", c)))
            return false;
    }
    return name.len > 0 && name.len <= MAX_NAME;
}

int zone_load(obs_arena *arena, obs_str name, const struct zone **ret_zone)
{
    const char *folder = getenv("TZDIR");
    uint8_t *bytes = obs_arena_alloc(arena, MAX_FILE_BYTES);
    char path[512];
    ssize_t len;
    int fd;

    if (!bytes)
        return OBS_E_NOMEM;
    if (!is_name(name) || snprintf(path, sizeof(path), "%s/%.*s", folder ? folder : FOLDER,
                                   OBS_STR_ARG(name)) >= (int)sizeof(path))
        return OBS_E_NOT_FOUND;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return OBS_E_NOT_FOUND;
    len = read(fd, bytes, MAX_FILE_BYTES);
    close(fd);
    return len < 0 ? OBS_E_NOT_FOUND : parse(arena, bytes, (size_t)len, ret_zone);
}

/* --- moments ---------------------------------------------------------------------------------- */

/* How many changes there were up to a moment, it included. */
static size_t changes_until(const struct zone *zone, int64_t unix_s)
{
    size_t low = 0, high = zone->n;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (zone->changes[middle].at_s <= unix_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int32_t zone_offset(const struct zone *zone, int64_t unix_s)
{
    size_t n = changes_until(zone, unix_s);

    return n ? zone->changes[n - 1].offset_s : zone->first_offset_s;
}

/* The first moment at which a local clock shows `local_s` or, where that hour is
 * left out, more. */
static int64_t moment_of(const struct zone *zone, int64_t local_s)
{
    int32_t before = zone_offset(zone, local_s - DAY_S), after = zone_offset(zone, local_s + DAY_S);
    int64_t first = local_s - before, second = local_s - after;
    size_t n;

    if (zone_offset(zone, first) == before)
        return first;
    if (zone_offset(zone, second) == after)
        return second;
    n = changes_until(zone, first); /* left out: when the clock was put forward */
    return n ? zone->changes[n - 1].at_s : first;
}

/* --- buckets
 * -------------------------------------------------------------------------------------- */

/* Up to an hour a bucket is cut by a change of the clock; longer ones take what
 * their part of the day has. */
static int64_t short_s(struct bucket_size size)
{
    int64_t s = size.unit == BUCKET_MINUTES ? 60 * (int64_t)size.n
                : size.unit == BUCKET_HOURS ? 3600 * (int64_t)size.n
                                            : DAY_S;

    return s <= 3600 ? s : 0;
}

/* The local second at which the bucket of `local_s` begins. */
static int64_t local_begin(struct bucket_size size, int64_t local_s)
{
    int64_t days = floor_to(local_s, DAY_S) / DAY_S, year;
    int64_t step = (size.unit == BUCKET_MINUTES ? 60 : 3600) * (int64_t)size.n;
    unsigned month;

    switch (size.unit) {
    case BUCKET_DAY:
        return days * DAY_S;
    case BUCKET_WEEK:
        return (days - (weekday_of(days) + 6) % 7) * DAY_S;
    case BUCKET_MONTH:
        date_of(days, &year, &month);
        return days_of(year, month, 1) * DAY_S;
    default:
        return days * DAY_S + floor_to(local_s - days * DAY_S, step);
    }
}

static int64_t local_next(struct bucket_size size, int64_t local_s)
{
    int64_t days = floor_to(local_s, DAY_S) / DAY_S, next, year;
    unsigned month;

    switch (size.unit) {
    case BUCKET_DAY:
        return (days + 1) * DAY_S;
    case BUCKET_WEEK:
        return (days + 7) * DAY_S;
    case BUCKET_MONTH:
        date_of(days, &year, &month);
        return (month == 12 ? days_of(year + 1, 1, 1) : days_of(year, month + 1, 1)) * DAY_S;
    default:
        next = local_s + (size.unit == BUCKET_MINUTES ? 60 : 3600) * (int64_t)size.n;
        return next < (days + 1) * DAY_S ? next : (days + 1) * DAY_S;
    }
}

/* Where a clock goes back over midnight, what is lived again is of the new day. */
static int64_t long_begin(const struct zone *zone, struct bucket_size size, int64_t unix_s)
{
    int64_t local = local_begin(size, unix_s + zone_offset(zone, unix_s));
    int64_t next = moment_of(zone, local_next(size, local));

    return next <= unix_s ? next : moment_of(zone, local);
}

int64_t bucket_begin(const struct zone *zone, struct bucket_size size, int64_t unix_s)
{
    int64_t s = short_s(size), offset = zone_offset(zone, unix_s), begin;
    size_t n = changes_until(zone, unix_s);

    if (!s)
        return long_begin(zone, size, unix_s);
    begin = floor_to(unix_s + offset, s) - offset;
    return n && zone->changes[n - 1].at_s > begin ? zone->changes[n - 1].at_s : begin;
}

int64_t bucket_next(const struct zone *zone, struct bucket_size size, int64_t begin_s)
{
    int64_t s = short_s(size), offset = zone_offset(zone, begin_s), next;
    size_t n = changes_until(zone, begin_s);

    if (!s)
        return moment_of(zone, local_next(size, local_begin(size, begin_s + offset)));
    next = floor_to(begin_s + offset, s) + s - offset;
    return n < zone->n && zone->changes[n].at_s < next ? zone->changes[n].at_s : next;
}
