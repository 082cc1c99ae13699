/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8: runs of ASCII are skipped eight bytes at a time. */
#include "core/utf8.h"

static bool continues(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* RFC 3629 §4: the second byte's range depends on the first. */
static bool second_in_range(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return continues(second);
    }
}

size_t utf8_sequence(const char *p, size_t len)
{
    const unsigned char *s = (const unsigned char *)p;
    size_t need;

    if (len == 0)
        return 0;
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        need = 2;
    else if (s[0] >= 0xe0 && s[0] <= 0xef)
        need = 3;
    else if (s[0] >= 0xf0 && s[0] <= 0xf4)
        need = 4;
    else
        return 0;
    if (len < need || !second_in_range(s[0], s[1]))
        return 0;
    for (size_t i = 2; i < need; i++)
        if (!continues(s[i]))
            return 0;
    return need;
}

bool utf8_valid(obs_str text)
{
    const char *p = text.ptr;
    size_t left = text.len;

    while (left > 0) {
        uint64_t word;
        size_t n;
        while (left >= 8) {
            memcpy(&word, p, 8);
            if (word & UINT64_C(0x8080808080808080))
                break;
            p += 8;
            left -= 8;
        }
        if (left == 0)
            break;
        n = utf8_sequence(p, left);
        if (n == 0)
            return false;
        p += n;
        left -= n;
    }
    return true;
}
