/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing values with units. Numbers are read by strtod/strtoll on a bounded,
 * NUL-terminated copy; products are checked against the range of the result. */
#include "config/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define MAX_TEXT 64

struct unit {
    const char *name;
    double factor;
};

static const struct unit sizes[] = {
    {"", 1},
    {"b", 1},
    {"k", 1024},
    {"kb", 1e3},
    {"kib", 1024},
    {"m", 1048576},
    {"mb", 1e6},
    {"mib", 1048576},
    {"g", 1073741824},
    {"gb", 1e9},
    {"gib", 1073741824},
    {"t", 1099511627776.0},
    {"tb", 1e12},
    {"tib", 1099511627776.0},
};
static const struct unit durations[] = {
    {"ns", 1},   {"us", 1e3},   {"ms", 1e6},    {"s", 1e9},
    {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}, {"w", 604800e9},
};
static const struct unit rates[] = {
    {"", 1}, {"/s", 1}, {"/m", 60}, {"/min", 60}, {"/h", 3600}, {"/d", 86400},
};

static const struct unit *find(const struct unit *units, size_t n, const char *name, size_t len,
                               int (*compare)(const char *, const char *, size_t))
{
    for (size_t i = 0; i < n; i++)
        if (strlen(units[i].name) == len && compare(units[i].name, name, len) == 0)
            return &units[i];
    return NULL;
}
#define FIND(units, name, len, compare)                                                            \
    find(units, sizeof(units) / sizeof(*(units)), name, len, compare)

static bool copy(obs_str text, char out[MAX_TEXT])
{
    if (text.len == 0 || text.len >= MAX_TEXT || memchr(text.ptr, 0, text.len))
        return false;
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return true;
}

/* Digits with an optional fraction and sign; no hexadecimal, inf or nan. */
static const char *number(const char *text, double *ret_value)
{
    const char *digits = text + (*text == '-' || *text == '+');
    char *end;

    if (!isdigit((unsigned char)*digits) || (digits[0] == '0' && (digits[1] | 32) == 'x'))
        return NULL;
    errno = 0;
    *ret_value = strtod(text, &end);
    return errno || !isfinite(*ret_value) ? NULL : end;
}

bool units_int(obs_str text, int64_t *ret_value)
{
    char buf[MAX_TEXT], *end;
    long long v;

    if (!copy(text, buf) || isspace((unsigned char)buf[0]))
        return false;
    errno = 0;
    v = strtoll(buf, &end, 10);
    if (errno || *end || end == buf)
        return false;
    *ret_value = v;
    return true;
}

bool units_float(obs_str text, double *ret_value)
{
    char buf[MAX_TEXT];
    const char *end;
    double v;

    if (!copy(text, buf) || !(end = number(buf, &v)) || *end)
        return false;
    *ret_value = v;
    return true;
}

bool units_bool(obs_str text, int32_t *ret_value)
{
    static const char *const words[] = {"false", "off", "no", "true", "on", "yes"};

    for (int32_t i = 0; i < 6; i++)
        if (strlen(words[i]) == text.len && strncasecmp(words[i], text.ptr, text.len) == 0) {
            *ret_value = i >= 3;
            return true;
        }
    return false;
}

bool units_size(obs_str text, uint64_t *ret_bytes)
{
    const struct unit *unit;
    char buf[MAX_TEXT];
    const char *end;
    double v;

    if (!copy(text, buf) || !(end = number(buf, &v)))
        return false;
    end += *end == ' ';
    unit = FIND(sizes, end, strlen(end), strncasecmp);
    if (!unit || v < 0 || v * unit->factor >= 9007199254740992.0) /* exact up to 2^53 */
        return false;
    if (unit->factor == 1 && v != floor(v))
        return false; /* half a byte */
    *ret_bytes = (uint64_t)(v * unit->factor);
    return true;
}

/* Whole numbers stay exact, also beyond 2^53 ns. */
static bool add_part(double v, double factor_ns, int64_t *sum_ns)
{
    int64_t part;

    if (v == floor(v) && v < 9007199254740992.0) {
        if (__builtin_mul_overflow((int64_t)v, (int64_t)factor_ns, &part))
            return false;
    } else if (v * factor_ns < 9.2e18) {
        part = (int64_t)llround(v * factor_ns);
    } else {
        return false;
    }
    return !__builtin_add_overflow(*sum_ns, part, sum_ns);
}

bool units_duration(obs_str text, int64_t *ret_ns)
{
    char buf[MAX_TEXT];
    const char *at = buf;
    int64_t sum_ns = 0;

    if (!copy(text, buf))
        return false;
    if (strcmp(buf, "0") == 0) {
        *ret_ns = 0;
        return true;
    }
    while (*at) {
        const struct unit *unit;
        size_t len = 0;
        double v;
        if (!isdigit((unsigned char)*at))
            return false; /* no signs inside a sum */
        at = number(at, &v);
        if (!at)
            return false;
        while (isalpha((unsigned char)at[len]))
            len++;
        unit = FIND(durations, at, len, strncmp);
        if (!unit || !add_part(v, unit->factor, &sum_ns))
            return false;
        at += len;
    }
    *ret_ns = sum_ns;
    return true;
}

bool units_rate(obs_str text, double *ret_per_s)
{
    const struct unit *unit;
    char buf[MAX_TEXT];
    const char *end;
    double v;

    if (!copy(text, buf) || !(end = number(buf, &v)))
        return false;
    unit = FIND(rates, end, strlen(end), strncmp);
    if (!unit || v < 0)
        return false;
    *ret_per_s = v / unit->factor;
    return true;
}

const char *units_format_size(char text[UNITS_TEXT_BYTES], uint64_t bytes)
{
    static const char *const names[] = {"", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;

    while (unit < 4 && bytes >= 1024 && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    snprintf(text, UNITS_TEXT_BYTES, "%" PRIu64 "%s", bytes, names[unit]);
    return text;
}

const char *units_format_duration(char text[UNITS_TEXT_BYTES], int64_t ns)
{
    static const struct {
        const char *name;
        int64_t ns;
    } parts[] = {
        {"d", INT64_C(86400000000000)},
        {"h", INT64_C(3600000000000)},
        {"m", INT64_C(60000000000)},
        {"s", 1000000000},
        {"ms", 1000000},
        {"us", 1000},
        {"ns", 1},
    };
    size_t len = 0;

    if (ns <= 0)
        return strcpy(text, "0s");
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        if (ns >= parts[i].ns)
            len += (size_t)snprintf(text + len, UNITS_TEXT_BYTES - len, "%" PRId64 "%s",
                                    ns / parts[i].ns, parts[i].name);
        ns %= parts[i].ns;
    }
    return text;
}
