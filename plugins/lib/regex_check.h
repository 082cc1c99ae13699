/* SPDX-License-Identifier: Apache-2.0 */
/* The regular expressions that every store understands alike: what PCRE2 and the
 * advanced expressions of PostgreSQL have in common. */
#ifndef PLUGINS_LIB_REGEX_CHECK_H
#define PLUGINS_LIB_REGEX_CHECK_H

#include <observatory/base.h>

/* NULL when `pattern` is one of them: literals, `.`, classes, \d \w \s \D \W \S,
 * \b \B, \n \r \t, escaped punctuation, ^ and $, groups ( ) and (?: ), alternatives,
 * * + ? {n,m} and their lazy forms, and (?i) in front. Else what is wrong: a clause
 * for a sentence; `ret_at` is the byte where. */
const char *regex_check(obs_str pattern, size_t *ret_at);

#endif
