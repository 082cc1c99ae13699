/* SPDX-License-Identifier: Apache-2.0 */
/* One walk over the pattern, with a bound on nesting and on repetition. */
#include "regex_check.h"

#include <stdbool.h>

#define MAX_DEPTH 20u
#define MAX_REPEAT 255u /* of PostgreSQL */

struct walk {
    const char *p, *end;
    unsigned depth;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_punctuation(char c)
{
    return c >= ' ' && c < 127 && !is_digit(c) && !((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* After a backslash. */
static const char *check_escape(struct walk *w)
{
    if (w->p == w->end)
        return "a backslash at the end escapes nothing";
    if (strchr("dwsDWSbBnrt", *w->p) || is_punctuation(*w->p)) {
        w->p++;
        return NULL;
    }
    return is_digit(*w->p) ? "references to groups are not supported"
                           : "this escape is not supported";
}

/* After an opening bracket. */
static const char *check_class(struct walk *w)
{
    const char *wrong;

    if (w->p < w->end && *w->p == '^')
        w->p++;
    if (w->p < w->end && *w->p == ']')
        return "a class must not begin with ]; write \\]";
    while (w->p < w->end && *w->p != ']') {
        char c = *w->p++;
        if (c == '[')
            return "a [ inside of a class must be written \\[";
        if (c == '\\' && (wrong = check_escape(w)))
            return wrong;
    }
    if (w->p == w->end)
        return "the class is not closed";
    w->p++;
    return NULL;
}

static bool read_count(struct walk *w, unsigned *ret)
{
    unsigned value = 0;
    const char *begin = w->p;

    while (w->p < w->end && is_digit(*w->p) && value <= MAX_REPEAT)
        value = 10 * value + (unsigned)(*w->p++ - '0');
    *ret = value;
    return w->p > begin;
}

/* After an opening brace: {n}, {n,} or {n,m}. */
static const char *check_braces(struct walk *w)
{
    static const char expected[] = "expected {n}, {n,} or {n,m}; a plain brace is written \\{";
    unsigned least, most;

    if (!read_count(w, &least))
        return expected;
    most = least;
    if (w->p < w->end && *w->p == ',') {
        w->p++;
        if (!read_count(w, &most))
            most = MAX_REPEAT;
    }
    if (w->p == w->end || *w->p++ != '}')
        return expected;
    if (least > MAX_REPEAT || most > MAX_REPEAT || least > most)
        return "a repetition is from 0 to 255, the lesser number first";
    return NULL;
}

/* What may follow an atom. */
static const char *check_quantifier(struct walk *w)
{
    const char *wrong = NULL;

    if (w->p == w->end || !strchr("*+?{", *w->p))
        return NULL;
    if (*w->p++ == '{')
        wrong = check_braces(w);
    if (!wrong && w->p < w->end && *w->p == '?')
        w->p++;
    if (!wrong && w->p < w->end && strchr("*+?{", *w->p))
        return "nothing is left to repeat";
    return wrong;
}

static const char *check_group(struct walk *w)
{
    if (++w->depth > MAX_DEPTH)
        return "groups are nested too deeply";
    if (w->p < w->end && *w->p == '?') {
        if (w->end - w->p < 2 || w->p[1] != ':')
            return "only plain groups and (?: ) are supported";
        w->p += 2;
    }
    return NULL;
}

static const char *check_atom(struct walk *w)
{
    const char *wrong;

    switch (*w->p++) {
    case '\\':
        wrong = check_escape(w);
        break;
    case '[':
        wrong = check_class(w);
        break;
    case '(':
        return check_group(w);
    case ')':
        if (w->depth-- == 0)
            return "a closing parenthesis without an opening one";
        wrong = NULL;
        break;
    case '^':
    case '$':
    case '|':
        if (w->p < w->end && strchr("*+?{", *w->p))
            return "nothing is left to repeat";
        return NULL;
    case '*':
    case '+':
    case '?':
    case '{':
        w->p--;
        return "nothing is left to repeat";
    default:
        wrong = NULL;
    }
    return wrong ? wrong : check_quantifier(w);
}

const char *regex_check(obs_str pattern, size_t *ret_at)
{
    struct walk w = {.p = pattern.ptr, .end = pattern.ptr + pattern.len};
    const char *wrong = NULL;

    if (pattern.len >= 4 && memcmp(pattern.ptr, "(?i)", 4) == 0)
        w.p += 4;
    if (w.p == w.end)
        wrong = "it is empty";
    else if (memchr(pattern.ptr, '\0', pattern.len))
        wrong = "it holds a zero byte";
    while (!wrong && w.p < w.end)
        wrong = check_atom(&w);
    if (!wrong && w.depth)
        wrong = "a group is not closed";
    *ret_at = (size_t)(w.p - pattern.ptr);
    return wrong;
}
