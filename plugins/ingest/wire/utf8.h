/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629): the check that every text of a request passes, fast for
 * ASCII, and the repair of what fails it. */
#ifndef INGEST_UTF8_H
#define INGEST_UTF8_H

#include <observatory/memory.h>

#include <stdbool.h>

/* Bytes of the character at `p` with `len` bytes left, 0 when it is none. */
size_t utf8_character(const unsigned char *p, size_t len);

/* The check for text that is longer than a word or not ASCII. */
bool utf8_valid_slow(const char *text, size_t len);

/* True when `text` is valid; short ASCII, the usual attribute name, without a
 * call. */
static inline bool utf8_valid(const char *text, size_t len)
{
    uint64_t first, last;

    if (len >= 8 && len <= 16) {
        memcpy(&first, text, 8);
        memcpy(&last, text + len - 8, 8); /* overlaps the first */
        if (((first | last) & UINT64_C(0x8080808080808080)) == 0)
            return true;
    }
    return utf8_valid_slow(text, len);
}

/* A copy of `text` in which each invalid byte sequence is one U+FFFD, as
 * Unicode 3.9 "maximal subparts" asks; ptr is NULL when out of memory. */
obs_str utf8_repair(obs_arena *arena, obs_str text);

#endif
