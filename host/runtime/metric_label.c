/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of metric and label names, cleaning and hashing of label values. */
#include "runtime/metric_label.h"

#include "core/utf8.h"

#define REPLACEMENT "\xEF\xBF\xBD"
#define REPLACEMENT_BYTES 3u

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t n = strlen(name);
    size_t m = strlen(suffix);

    return n > m && memcmp(name + n - m, suffix, m) == 0;
}

bool metric_name_valid(const char *name, uint32_t kind)
{
    if (!name || (!is_letter(name[0]) && name[0] != ':'))
        return false;
    for (const char *c = name; *c; c++)
        if (!is_letter(*c) && !is_digit(*c) && *c != ':')
            return false;
    if (ends_with(name, "_bucket") || ends_with(name, "_sum") || ends_with(name, "_count") ||
        ends_with(name, "_created"))
        return false;
    return ends_with(name, "_total") == (kind == OBS_METRIC_COUNTER);
}

bool metric_label_valid(const char *name, uint32_t kind)
{
    if (!name || !is_letter(name[0]) || strncmp(name, "__", 2) == 0)
        return false;
    for (const char *c = name; *c; c++)
        if (!is_letter(*c) && !is_digit(*c))
            return false;
    return kind != OBS_METRIC_HISTOGRAM || strcmp(name, "le") != 0;
}

obs_str metric_label_clean(obs_str value, char *buffer)
{
    size_t used = 0;
    bool replaced = false; /* the last thing written stands for bad bytes */

    for (size_t i = 0; i < value.len;) {
        size_t n = utf8_sequence(value.ptr + i, value.len - i);
        const char *from = n > 0 ? value.ptr + i : REPLACEMENT;
        size_t bytes = n > 0 ? n : REPLACEMENT_BYTES;

        if (n > 0 || !replaced) {
            if (used + bytes > METRIC_MAX_VALUE_BYTES)
                break;
            memcpy(buffer + used, from, bytes);
            used += bytes;
        }
        replaced = n == 0;
        i += n > 0 ? n : 1;
    }
    return obs_str_n(buffer, used);
}

uint64_t metric_label_hash(const obs_str *values, size_t n)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < values[i].len; j++)
            hash = (hash ^ (unsigned char)values[i].ptr[j]) * UINT64_C(1099511628211);
        /* a byte that UTF-8 never has tells {"ab","c"} from {"a","bc"} */
        hash = (hash ^ 0xFF) * UINT64_C(1099511628211);
    }
    return hash;
}
