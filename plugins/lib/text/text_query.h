/* SPDX-License-Identifier: Apache-2.0 */
/* What people write into a search box:
 *
 *     refund policy            both words, anywhere
 *     "refund policy"          one after the other
 *     refund -angry            and not this word (or phrase)
 *     refun*                   words that begin so
 *     refund OR return money   either the first, or both of the others
 *
 * Words are those of words.h: case and accents make no difference. */
#ifndef PLUGINS_LIB_TEXT_QUERY_H
#define PLUGINS_LIB_TEXT_QUERY_H

#include <observatory/memory.h>

#include <stdbool.h>

#define TEXT_QUERY_MAX_BYTES 1024u
#define TEXT_QUERY_MAX_TERMS 32u
#define TEXT_QUERY_MAX_WORDS 32u /* of a phrase */

struct text_term {
    bool negative, prefix; /* prefix: of its last word */
    const obs_str *words;
    size_t n;
};

/* All of its terms. */
struct text_choice {
    const struct text_term *terms;
    size_t n;
};

/* Any of its choices. */
struct text_query {
    const struct text_choice *choices;
    size_t n;
};

/* Reads a search into `arena`. OBS_E_INVALID, and `ret_wrong` says what was expected.
 * Otherwise OBS_E_NOMEM. */
OBS_MUST_CHECK int text_query_parse(obs_arena *arena, obs_str text, struct text_query *ret,
                                    const char **ret_wrong);

/* Whether some texts, which belong together, are found: a term may be in any of them, a
 * negative one in none. Errors: OBS_E_NOMEM; 1: yes, 0: no. */
OBS_MUST_CHECK int text_query_match(const struct text_query *query, const obs_str *texts, size_t n);

/* Appends a part of `text` with what was found between <mark> and </mark>; &, < and >
 * of the text are escaped, and … stands for what is left out. False, and nothing is
 * written: nothing of the search is in it. Errors are those of the buffer. */
bool text_query_snippet(const struct text_query *query, obs_str text, obs_buf *to);

#endif
