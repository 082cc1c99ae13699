/* SPDX-License-Identifier: Apache-2.0 */
/* One character after the other; most are ASCII and take a short cut. */
#include "words.h"

#include <utf8proc.h>

/* What a character is to a word. */
enum role { BETWEEN, PART, MARK, ALONE };

static bool is_within(utf8proc_int32_t c, utf8proc_int32_t from, utf8proc_int32_t to)
{
    return c >= from && c <= to;
}

/* Written without blanks between words. */
static bool is_alone(utf8proc_int32_t c)
{
    return is_within(c, 0x3040, 0x30ff) ||                                   /* kana */
           is_within(c, 0x3400, 0x4dbf) || is_within(c, 0x4e00, 0x9fff) ||   /* Han */
           is_within(c, 0xac00, 0xd7a3) || is_within(c, 0xf900, 0xfaff) ||   /* hangul, Han */
           is_within(c, 0x20000, 0x323af) || is_within(c, 0x0e00, 0x0eff) || /* Han; Thai, Lao */
           is_within(c, 0x1000, 0x109f) || is_within(c, 0x1780, 0x17ff);     /* Burmese, Khmer */
}

static enum role role_of(utf8proc_int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return is_alone(c) ? ALONE : PART;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return MARK;
    default:
        return BETWEEN;
    }
}

static void put(struct word *word, utf8proc_int32_t c)
{
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t n = utf8proc_encode_char(c, bytes);

    if (n <= 0 || word->len + (size_t)n > sizeof(word->text))
        return;
    memcpy(word->text + word->len, bytes, (size_t)n);
    word->len += (size_t)n;
}

static void put_folded(struct word *word, utf8proc_int32_t c)
{
    utf8proc_int32_t parts[8];
    int boundary = 0;
    utf8proc_ssize_t n =
        utf8proc_decompose_char(c, parts, 8, UTF8PROC_CASEFOLD | UTF8PROC_DECOMPOSE, &boundary);

    if (n <= 0 || n > 8) {
        put(word, c);
        return;
    }
    for (utf8proc_ssize_t i = 0; i < n; i++)
        if (role_of(parts[i]) != MARK)
            put(word, parts[i]);
}

/* The character at `at`; what is not UTF-8 is one byte and between words. */
static size_t read_char(obs_str text, size_t at, utf8proc_int32_t *ret_c, enum role *ret_role)
{
    unsigned char first = (unsigned char)text.ptr[at];
    utf8proc_ssize_t n;

    *ret_c = first;
    if (first < 0x80) {
        bool part = (first >= '0' && first <= '9') || (first >= 'a' && first <= 'z') ||
                    (first >= 'A' && first <= 'Z');
        *ret_role = part ? PART : BETWEEN;
        return 1;
    }
    n = utf8proc_iterate((const utf8proc_uint8_t *)text.ptr + at, (utf8proc_ssize_t)(text.len - at),
                         ret_c);
    *ret_role = n > 0 ? role_of(*ret_c) : BETWEEN;
    return n > 0 ? (size_t)n : 1;
}

static void take(struct word *word, utf8proc_int32_t c, enum role role)
{
    if (role == MARK)
        return;
    if (c >= 0x80 && role == PART)
        put_folded(word, c);
    else /* those that stand alone have no case, and hangul would fall apart */
        put(word, c >= 'A' && c <= 'Z' ? c | 32 : c);
}

bool word_next(obs_str text, size_t *at, struct word *word)
{
    word->len = 0;
    while (*at < text.len) {
        utf8proc_int32_t c;
        enum role role;
        size_t n = read_char(text, *at, &c, &role);

        if (word->len && role != PART && role != MARK)
            return true;
        *at += n;
        if (role != PART && role != ALONE)
            continue;
        if (word->len == 0)
            word->from = *at - n;
        take(word, c, role);
        word->to = *at;
        if (role == ALONE && word->len)
            return true;
    }
    return word->len > 0;
}
