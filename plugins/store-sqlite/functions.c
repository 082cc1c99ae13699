/* SPDX-License-Identifier: Apache-2.0 */
/* Called for each row: patterns and parts are prepared once a statement and kept
 * with it. A regular expression that takes too many steps matches nothing and ends
 * the query with an error. */
#include "functions.h"
#include "json_member.h"

#include <observatory/span.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <utf8proc.h>

#define REGEX_STEPS 100000u
#define REGEX_DEPTH 1000u

static obs_str text_of(sqlite3_value *value)
{
    return obs_str_n((const char *)sqlite3_value_text(value), (size_t)sqlite3_value_bytes(value));
}

/* --- sums ------------------------------------------------------------------------- */

static void sum_step(sqlite3_context *context, int n, sqlite3_value **values)
{
    int64_t *sum = sqlite3_aggregate_context(context, sizeof(*sum));

    (void)n;
    if (!sum)
        sqlite3_result_error_nomem(context);
    else if (sqlite3_value_type(values[0]) != SQLITE_NULL)
        *sum = obs_tokens_sum(*sum, sqlite3_value_int64(values[0]));
}

static void sum_final(sqlite3_context *context)
{
    const int64_t *sum = sqlite3_aggregate_context(context, 0);

    sqlite3_result_int64(context, sum ? *sum : 0);
}

/* --- members of objects --------------------------------------------------------------- */

static void result_text(sqlite3_context *context, obs_str json)
{
    char *text = malloc(json.len);

    if (text)
        sqlite3_result_text64(context, text, json_unquote(json, text), free, SQLITE_UTF8);
    else
        sqlite3_result_error_nomem(context);
}

static void result_number(sqlite3_context *context, obs_str json)
{
    char text[64];

    if (json.len >= sizeof(text))
        return;
    memcpy(text, json.ptr, json.len);
    text[json.len] = '\0';
    sqlite3_result_double(context, strtod(text, NULL));
}

static void member(sqlite3_context *context, int n, sqlite3_value **values)
{
    obs_str json, kind = text_of(values[2]);
    char first;

    (void)n;
    if (sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    json = json_member(text_of(values[0]), text_of(values[1]));
    first = json.len ? json.ptr[0] : 'n';
    if (first == 'n') /* null is absent */
        return;
    if (obs_str_is(kind, "a"))
        sqlite3_result_int(context, 1);
    else if (obs_str_is(kind, "t") && first == '"')
        result_text(context, json);
    else if (obs_str_is(kind, "b") && (first == 't' || first == 'f'))
        sqlite3_result_int(context, first == 't');
    else if (obs_str_is(kind, "n") && (first == '-' || (first >= '0' && first <= '9')))
        result_number(context, json);
}

/* --- parts of texts ------------------------------------------------------------------------ */

/* The next character in lower case; what is not UTF-8 counts as it is. */
static int32_t next(const char **p, const char *end)
{
    unsigned char first = (unsigned char)**p;
    utf8proc_int32_t c;
    utf8proc_ssize_t len;

    if (first < 0x80) {
        ++*p;
        return first >= 'A' && first <= 'Z' ? first | 32 : first;
    }
    len = utf8proc_iterate((const utf8proc_uint8_t *)*p, end - *p, &c);
    if (len <= 0) {
        ++*p;
        return -(int32_t)first;
    }
    *p += len;
    return utf8proc_tolower(c);
}

/* A part, character by character. */
struct part {
    size_t n;
    int32_t characters[];
};

static struct part *part_new(obs_str text)
{
    struct part *part = malloc(sizeof(*part) + text.len * sizeof(part->characters[0]));
    const char *p = text.ptr, *end = p + text.len;

    if (!part)
        return NULL;
    for (part->n = 0; p < end;)
        part->characters[part->n++] = next(&p, end);
    return part;
}

/* Whether `part` stands at `p`; `ret_after` is what comes behind it. */
static bool stands_at(const struct part *part, const char *p, const char *end,
                      const char **ret_after)
{
    for (size_t i = 0; i < part->n; i++)
        if (p >= end || next(&p, end) != part->characters[i])
            return false;
    *ret_after = p;
    return true;
}

static bool has_part(const struct part *part, obs_str text, char how)
{
    const char *p = text.ptr, *end = p + text.len, *after;

    for (;;) {
        if (stands_at(part, p, end, &after) && (how != 'e' || after == end))
            return true;
        if (how == 's' || p >= end)
            return false;
        (void)next(&p, end);
    }
}

static void has_text(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct part *part = sqlite3_get_auxdata(context, 1);
    obs_str how = text_of(values[2]);
    bool fresh = !part;

    (void)n;
    if (sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    if (fresh)
        part = part_new(text_of(values[1]));
    if (!part) {
        sqlite3_result_error_nomem(context);
        return;
    }
    sqlite3_result_int(context, has_part(part, text_of(values[0]), how.len ? how.ptr[0] : 'c'));
    if (fresh)
        sqlite3_set_auxdata(context, 1, part, free); /* may end it at once */
}

/* --- regular expressions -------------------------------------------------------------------- */

struct regex {
    pcre2_code *code;
    pcre2_match_context *limits;
    pcre2_match_data *match;
};

static void regex_free(void *arg)
{
    struct regex *r = arg;

    pcre2_match_data_free(r->match);
    pcre2_match_context_free(r->limits);
    pcre2_code_free(r->code);
    free(r);
}

static struct regex *regex_new(obs_str pattern)
{
    struct regex *r = calloc(1, sizeof(*r));
    PCRE2_SIZE at;
    int error;

    if (!r)
        return NULL;
    r->code = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len,
                            PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &at, NULL);
    r->limits = pcre2_match_context_create(NULL);
    r->match = pcre2_match_data_create(1, NULL);
    if (!r->code || !r->limits || !r->match) {
        regex_free(r);
        return NULL;
    }
    (void)pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE); /* slower without */
    pcre2_set_match_limit(r->limits, REGEX_STEPS);
    pcre2_set_depth_limit(r->limits, REGEX_DEPTH);
    return r;
}

static void matches(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct regex *r = sqlite3_get_auxdata(context, 1);
    bool fresh = !r;
    obs_str text;
    int rc;

    (void)n;
    if (sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    if (fresh)
        r = regex_new(text_of(values[1]));
    if (!r) {
        sqlite3_result_error(context, "regular expression", -1);
        return;
    }
    text = text_of(values[0]);
    rc = pcre2_match(r->code, (PCRE2_SPTR)text.ptr, text.len, 0, 0, r->match, r->limits);
    if (rc >= 0 || rc == PCRE2_ERROR_NOMATCH)
        sqlite3_result_int(context, rc >= 0);
    else if (rc <= PCRE2_ERROR_UTF8_ERR1 && rc >= PCRE2_ERROR_UTF8_ERR21)
        sqlite3_result_int(context, 0);
    else
        sqlite3_result_error_code(context, SQLITE_INTERRUPT);
    if (fresh)
        sqlite3_set_auxdata(context, 1, r, regex_free); /* may end it at once */
}

/* --- public ------------------------------------------------------------------------------------
 */

int functions_add(sqlite3 *db)
{
    static const struct {
        const char *name;
        int n;
        void (*function)(sqlite3_context *, int, sqlite3_value **);
    } scalars[] = {{"obs_member", 3, member}, {"obs_text", 3, has_text}, {"obs_regex", 2, matches}};
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    int rc =
        sqlite3_create_function_v2(db, "obs_sum", 1, flags, NULL, NULL, sum_step, sum_final, NULL);

    for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]) && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function_v2(db, scalars[i].name, scalars[i].n, flags, NULL,
                                        scalars[i].function, NULL, NULL, NULL);
    return rc;
}
