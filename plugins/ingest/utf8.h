/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629): the check that every text of a request passes, fast for
 * ASCII, and the repair of what fails it. */
#ifndef INGEST_UTF8_H
#define INGEST_UTF8_H

#include <observatory/memory.h>

#include <stdbool.h>

/* Bytes of the character at `p` with `len` bytes left, 0 when it is none. */
size_t utf8_character(const unsigned char *p, size_t len);

/* The check for text that is not all ASCII. */
bool utf8_valid_slow(const char *text, size_t len);

/* True when no byte has its high bit set. */
static inline bool utf8_is_ascii(const char *text, size_t len)
{
    uint64_t all = 0;
    uint64_t word;

    if (len < 8) {
        for (size_t i = 0; i < len; i++)
            all |= (unsigned char)text[i];
        return (all & 0x80) == 0;
    }
    for (size_t i = 0; i + 8 < len; i += 8) {
        memcpy(&word, text + i, 8);
        all |= word;
    }
    memcpy(&word, text + len - 8, 8); /* overlaps what came before */
    return ((all | word) & UINT64_C(0x8080808080808080)) == 0;
}

static inline bool utf8_valid(const char *text, size_t len)
{
    return utf8_is_ascii(text, len) || utf8_valid_slow(text, len);
}

/* A copy of `text` in which each invalid byte sequence is one U+FFFD, as
 * Unicode 3.9 "maximal subparts" asks; ptr is NULL when out of memory. */
obs_str utf8_repair(obs_arena *arena, obs_str text);

#endif
