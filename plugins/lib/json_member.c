/* SPDX-License-Identifier: Apache-2.0 */
/* Strings are stepped over by their quotes, everything else by its brackets. What is
 * not valid ends the walk; it never leaves the text. */
#include "json_member.h"

#include <stdbool.h>

/* Behind the string that begins at `p`; `end` when it is cut off. */
static const char *skip_string(const char *p, const char *end)
{
    for (p++; p < end; p++) {
        if (*p == '\\')
            p++;
        else if (*p == '"')
            return p + 1;
    }
    return end;
}

static const char *skip_value(const char *p, const char *end)
{
    size_t depth = 0;

    while (p < end) {
        if (*p == '"') {
            p = skip_string(p, end);
        } else {
            if (*p == '{' || *p == '[')
                depth++;
            else if ((*p == '}' || *p == ']') && depth-- == 0)
                return p;
            else if (*p == ',' && depth == 0)
                return p;
            p++;
        }
        if (depth == 0 && p < end && (*p == ',' || *p == '}' || *p == ']'))
            return p;
    }
    return end;
}

static unsigned hex4(const char *p)
{
    unsigned value = 0;

    for (int i = 0; i < 4; i++) {
        char c = p[i];
        value = value << 4 | (unsigned)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return value;
}

static char *put_utf8(char *to, unsigned c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
        *to++ = (char)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        *to++ = (char)(0xe0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 63));
        *to++ = (char)(0x80 | (c & 63));
    } else {
        *to++ = (char)(0xf0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 63));
        *to++ = (char)(0x80 | (c >> 6 & 63));
        *to++ = (char)(0x80 | (c & 63));
    }
    return to;
}

/* \uXXXX at `p`, behind the backslash; two of them for a character beyond the basic
 * plane. */
static const char *unescape_unicode(const char *p, const char *end, char **to)
{
    unsigned c;

    if (end - p < 5)
        return end;
    c = hex4(p + 1);
    p += 5;
    if (c >= 0xd800 && c < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
        c = 0x10000 + ((c - 0xd800) << 10) + (hex4(p + 2) - 0xdc00);
        p += 6;
    }
    *to = put_utf8(*to, c & 0x1fffff);
    return p;
}

size_t json_unquote(obs_str json, char *to)
{
    static const char from[] = "bfnrt", made[] = "\b\f\n\r\t";
    const char *p = json.ptr + 1, *end = json.ptr + json.len - 1;
    char *begin = to;

    if (json.len < 2)
        return 0;
    while (p < end) {
        const char *escape;

        if (*p != '\\') {
            *to++ = *p++;
            continue;
        }
        if (++p == end)
            break;
        if (*p == 'u') {
            p = unescape_unicode(p, end, &to);
            continue;
        }
        escape = strchr(from, *p);
        *to++ = escape ? made[escape - from] : *p;
        p++;
    }
    return (size_t)(to - begin);
}

/* Whether the string in JSON is `key`. An escaped one is never shorter than what it
 * stands for. */
static bool is_key(obs_str json, obs_str key)
{
    char text[256];

    if (json.len == key.len + 2 && !memchr(json.ptr, '\\', json.len))
        return memcmp(json.ptr + 1, key.ptr, key.len) == 0;
    if (json.len <= key.len + 2 || json.len > sizeof(text) || !memchr(json.ptr, '\\', json.len))
        return false;
    return json_unquote(json, text) == key.len && memcmp(text, key.ptr, key.len) == 0;
}

obs_str json_member(obs_str object, obs_str key)
{
    const char *p = object.ptr, *end = p + object.len;

    if (object.len < 2 || *p++ != '{' || key.len == 0)
        return obs_str_n(NULL, 0);
    while (p < end && *p == '"') {
        const char *name = p, *value;

        p = skip_string(p, end);
        if (p == end || *p != ':')
            break;
        value = p + 1;
        p = skip_value(value, end);
        if (is_key(obs_str_n(name, (size_t)(value - 1 - name)), key))
            return obs_str_n(value, (size_t)(p - value));
        if (p < end && *p == ',')
            p++;
    }
    return obs_str_n(NULL, 0);
}
