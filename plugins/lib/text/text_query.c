/* SPDX-License-Identifier: Apache-2.0 */
/* Matching splits a text into words once and looks for each term among them: texts are
 * some thousand words at most, and terms are few. */
#include "text_query.h"
#include "words.h"

#include <stdlib.h>

#define SNIPPET_BEFORE 60 /* bytes of text around what was found first */
#define SNIPPET_BYTES 240

/* --- reading ----------------------------------------------------------------------------- */

struct reading {
    obs_arena *arena;
    struct text_term *terms;
    struct text_choice *choices;
    size_t n_terms, n_choices, first; /* of the choice at hand */
    const char *wrong;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int fail(struct reading *r, const char *wrong)
{
    r->wrong = wrong;
    return OBS_E_INVALID;
}

/* The words of a chunk as one term; nothing when there are none. */
static int take_term(struct reading *r, obs_str chunk, bool negative, bool prefix)
{
    obs_str words[TEXT_QUERY_MAX_WORDS];
    struct word word;
    size_t n = 0, at = 0;
    obs_str copy;

    while (word_next(chunk, &at, &word)) {
        if (n == TEXT_QUERY_MAX_WORDS)
            return fail(r, "phrases of up to 32 words");
        words[n] = obs_arena_dup(r->arena, obs_str_n(word.text, word.len));
        if (!words[n++].ptr)
            return OBS_E_NOMEM;
    }
    if (n == 0)
        return OBS_OK;
    if (r->n_terms == TEXT_QUERY_MAX_TERMS)
        return fail(r, "up to 32 words and phrases");
    copy = obs_arena_dup(r->arena, obs_str_n((const char *)words, n * sizeof(words[0])));
    if (!copy.ptr)
        return OBS_E_NOMEM;
    r->terms[r->n_terms++] = (struct text_term){
        .negative = negative, .prefix = prefix, .words = (const void *)copy.ptr, .n = n};
    return OBS_OK;
}

/* What only excludes would find nearly everything. */
static int end_choice(struct reading *r)
{
    bool positive = false;

    for (size_t i = r->first; i < r->n_terms; i++)
        positive |= !r->terms[i].negative;
    if (!positive)
        return fail(r, "at least one word or phrase that is looked for, on each side of OR");
    r->choices[r->n_choices++] = (struct text_choice){r->terms + r->first, r->n_terms - r->first};
    r->first = r->n_terms;
    return OBS_OK;
}

/* A phrase, a word or OR from `at` on; returns where it ends. */
static int take_chunk(struct reading *r, obs_str text, size_t *at)
{
    bool negative = text.ptr[*at] == '-', quoted;
    size_t from, to;

    *at += negative;
    quoted = *at < text.len && text.ptr[*at] == '"';
    from = *at + quoted;
    for (to = from; to < text.len && (quoted ? text.ptr[to] != '"' : !is_blank(text.ptr[to]));)
        to++;
    if (quoted && to == text.len)
        return fail(r, "a quotation mark at the end of the phrase");
    *at = to + quoted;
    if (!quoted && !negative && to - from == 2 && memcmp(text.ptr + from, "OR", 2) == 0)
        return end_choice(r);
    return take_term(r, obs_str_n(text.ptr + from, to - from), negative,
                     !quoted && to > from && text.ptr[to - 1] == '*');
}

int text_query_parse(obs_arena *arena, obs_str text, struct text_query *ret, const char **ret_wrong)
{
    struct reading r = {.arena = arena};
    int rc = OBS_OK;

    r.terms = obs_arena_calloc(arena, TEXT_QUERY_MAX_TERMS, sizeof(*r.terms));
    r.choices = obs_arena_calloc(arena, TEXT_QUERY_MAX_TERMS + 1, sizeof(*r.choices));
    if (!r.terms || !r.choices)
        return OBS_E_NOMEM;
    if (text.len > TEXT_QUERY_MAX_BYTES)
        rc = fail(&r, "a search of up to 1,024 bytes");
    for (size_t at = 0; at < text.len && rc == OBS_OK;) {
        if (is_blank(text.ptr[at]))
            at++;
        else
            rc = take_chunk(&r, text, &at);
    }
    if (rc == OBS_OK)
        rc = end_choice(&r);
    *ret = (struct text_query){r.choices, r.n_choices};
    *ret_wrong = r.wrong;
    return rc;
}

/* --- a text as words ------------------------------------------------------------------------ */

/* Where a word stands, and its folded text in a common buffer. */
struct token {
    uint32_t begin, len;
    size_t from, to;
};

struct tokens {
    struct token *items;
    size_t n, capacity;
    char *text;
    size_t len, size;
};

static void tokens_free(struct tokens *t)
{
    free(t->items);
    free(t->text);
}

static bool add_token(struct tokens *t, const struct word *word)
{
    if (t->n == t->capacity) {
        size_t capacity = t->capacity ? 2 * t->capacity : 256;
        struct token *items = realloc(t->items, capacity * sizeof(*items));

        if (!items)
            return false;
        t->items = items;
        t->capacity = capacity;
    }
    if (t->len + word->len > t->size) {
        size_t size = t->size ? 2 * t->size : 2048;
        char *text = realloc(t->text, size);

        if (!text)
            return false;
        t->text = text;
        t->size = size;
    }
    memcpy(t->text + t->len, word->text, word->len);
    t->items[t->n++] = (struct token){(uint32_t)t->len, (uint32_t)word->len, word->from, word->to};
    t->len += word->len;
    return true;
}

static bool tokens_of(obs_str text, struct tokens *ret)
{
    struct word word;
    size_t at = 0;

    *ret = (struct tokens){0};
    while (word_next(text, &at, &word))
        if (!add_token(ret, &word)) {
            tokens_free(ret);
            return false;
        }
    return true;
}

/* --- matching --------------------------------------------------------------------------------- */

static bool is_word(const struct tokens *t, size_t at, obs_str word, bool prefix)
{
    const struct token *token = &t->items[at];

    return (prefix ? token->len >= word.len : token->len == word.len) &&
           memcmp(t->text + token->begin, word.ptr, word.len) == 0;
}

static bool is_at(const struct text_term *term, const struct tokens *t, size_t at)
{
    if (at + term->n > t->n)
        return false;
    for (size_t i = 0; i < term->n; i++)
        if (!is_word(t, at + i, term->words[i], term->prefix && i + 1 == term->n))
            return false;
    return true;
}

static bool has(const struct text_term *term, const struct tokens *tokens, size_t n)
{
    for (size_t k = 0; k < n; k++)
        for (size_t at = 0; at < tokens[k].n; at++)
            if (is_at(term, &tokens[k], at))
                return true;
    return false;
}

static bool matches(const struct text_query *query, const struct tokens *tokens, size_t n)
{
    for (size_t c = 0; c < query->n; c++) {
        const struct text_choice *choice = &query->choices[c];
        size_t i = 0;

        while (i < choice->n && has(&choice->terms[i], tokens, n) != choice->terms[i].negative)
            i++;
        if (i == choice->n)
            return true;
    }
    return false;
}

#define MAX_TEXTS 4

int text_query_match(const struct text_query *query, const obs_str *texts, size_t n)
{
    struct tokens tokens[MAX_TEXTS];
    size_t read = 0;
    int result = OBS_E_NOMEM;

    while (read < n && read < MAX_TEXTS && tokens_of(texts[read], &tokens[read]))
        read++;
    if (read == n || read == MAX_TEXTS)
        result = matches(query, tokens, read);
    for (size_t i = 0; i < read; i++)
        tokens_free(&tokens[i]);
    return result;
}

/* --- snippets ------------------------------------------------------------------------------------
 */

/* How many words from `at` on are something that is looked for; 0: none. */
static size_t found_at(const struct text_query *query, const struct tokens *t, size_t at)
{
    size_t longest = 0;

    for (size_t c = 0; c < query->n; c++)
        for (size_t i = 0; i < query->choices[c].n; i++) {
            const struct text_term *term = &query->choices[c].terms[i];

            if (!term->negative && term->n > longest && is_at(term, t, at))
                longest = term->n;
        }
    return longest;
}

static void put_escaped(obs_str text, size_t from, size_t to, obs_buf *buf)
{
    for (size_t i = from; i < to; i++) {
        char c = text.ptr[i];

        if (c == '&')
            obs_buf_append(buf, "&amp;", 5);
        else if (c == '<')
            obs_buf_append(buf, "&lt;", 4);
        else if (c == '>')
            obs_buf_append(buf, "&gt;", 4);
        else
            obs_buf_append(buf, &c, 1);
    }
}

/* A place just before `at` where a character begins; what is not UTF-8 is not searched
 * for one. */
static size_t whole(obs_str text, size_t at)
{
    for (int i = 0; i < 3 && at > 0 && at < text.len; i++, at--)
        if (((unsigned char)text.ptr[at] & 0xc0) != 0x80)
            break;
    return at;
}

/* From a little before token `first`, with all marks in it. */
static void put_snippet(const struct text_query *query, const struct tokens *t, obs_str text,
                        size_t first, obs_buf *buf)
{
    size_t begin = t->items[first].from, from, to, at;

    from = begin > SNIPPET_BEFORE ? whole(text, begin - SNIPPET_BEFORE) : 0;
    to = whole(text, from + SNIPPET_BYTES < text.len ? from + SNIPPET_BYTES : text.len);
    at = from;
    if (from > 0)
        obs_buf_printf(buf, "…");
    for (size_t i = first; i < t->n && t->items[i].from < to;) {
        size_t n = found_at(query, t, i);

        if (n == 0) {
            i++;
            continue;
        }
        put_escaped(text, at, t->items[i].from, buf);
        obs_buf_printf(buf, "<mark>");
        put_escaped(text, t->items[i].from, t->items[i + n - 1].to, buf);
        obs_buf_printf(buf, "</mark>");
        at = t->items[i + n - 1].to;
        i += n;
    }
    if (at < to)
        put_escaped(text, at, to, buf);
    if ((at > to ? at : to) < text.len)
        obs_buf_printf(buf, "…");
}

bool text_query_snippet(const struct text_query *query, obs_str text, obs_buf *to)
{
    struct tokens t;
    size_t first = 0;
    bool found;

    if (!tokens_of(text, &t))
        return false;
    while (first < t.n && found_at(query, &t, first) == 0)
        first++;
    found = first < t.n;
    if (found)
        put_snippet(query, &t, text, first, to);
    tokens_free(&t);
    return found;
}
