/* SPDX-License-Identifier: Apache-2.0 */
/* Text as words, for indexes and for searches: the same for both, or they would not
 * find each other. A word is a run of letters and digits, in lower case and without
 * accents (Unicode's case folding and canonical decomposition, marks left out). Scripts
 * that are written without blanks - Han, kana, hangul - have each character as a word,
 * and are found as phrases. */
#ifndef PLUGINS_LIB_WORDS_H
#define PLUGINS_LIB_WORDS_H

#include <observatory/base.h>

#include <stdbool.h>

#define WORD_MAX_BYTES 128u /* what is longer is cut off */

struct word {
    char text[WORD_MAX_BYTES];
    size_t len;
    size_t from, to; /* where it stands, in bytes */
};

/* The next word of `text` from byte `*at` on, which moves behind it; false: there is
 * none. Bytes that are not UTF-8 are between words. */
bool word_next(obs_str text, size_t *at, struct word *ret);

#endif
