/* SPDX-License-Identifier: Apache-2.0 */
/* Parses Accept: media ranges with parameters and a weight. Weights are kept in
 * thousandths, all that the grammar can say. */
#include "accept.h"

#include <stdbool.h>
#include <strings.h>

#define FULL_WEIGHT 1000

/* How exactly a range names a format; a more exact one overrides the others. */
enum exactness { NO_MATCH, ANY_TYPE, ANY_SUBTYPE, NAMED, VERSIONED };

static const struct {
    const char *major, *type, *version, *content_type;
} formats[N_FORMATS] = {
    [FORMAT_TEXT] = {"text/*", "text/plain", "0.0.4", "text/plain; version=0.0.4; charset=utf-8"},
    [FORMAT_OPENMETRICS] = {"application/*", "application/openmetrics-text", "1.0.0",
                            "application/openmetrics-text; version=1.0.0; charset=utf-8"},
};

struct range {
    obs_str type;
    obs_str version; /* ptr NULL: not given */
    int weight;      /* 0 .. FULL_WEIGHT */
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static obs_str trim(obs_str s)
{
    while (s.len > 0 && is_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

static bool is_word(obs_str s, const char *word)
{
    return s.len == strlen(word) && strncasecmp(s.ptr, word, s.len) == 0;
}

/* Cuts the part before `separator` off `rest`; false at the end. A separator
 * inside a quoted string does not count. */
static bool next_part(obs_str *rest, char separator, obs_str *ret_part)
{
    bool quoted = false;
    size_t i = 0;

    if (!rest->ptr)
        return false;
    for (; i < rest->len && (quoted || rest->ptr[i] != separator); i++) {
        if (rest->ptr[i] == '"')
            quoted = !quoted;
        else if (quoted && rest->ptr[i] == '\\' && i + 1 < rest->len)
            i++;
    }
    *ret_part = trim(obs_str_n(rest->ptr, i));
    *rest = i < rest->len ? obs_str_n(rest->ptr + i + 1, rest->len - i - 1) : obs_str_n(NULL, 0);
    return true;
}

static obs_str unquote(obs_str s)
{
    return s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"'
               ? obs_str_n(s.ptr + 1, s.len - 2)
               : s;
}

/* "0.25" as 250; what is no weight counts as 0, so that it loses. */
static int parse_weight(obs_str s)
{
    int weight = 0;
    int unit = FULL_WEIGHT;

    if (s.len == 0 || s.len > 5 || (s.ptr[0] != '0' && s.ptr[0] != '1'))
        return 0;
    weight = (s.ptr[0] - '0') * unit;
    if (s.len > 1 && s.ptr[1] != '.')
        return 0;
    for (size_t i = 2; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return 0;
        unit /= 10;
        weight += (s.ptr[i] - '0') * unit;
    }
    return weight <= FULL_WEIGHT ? weight : 0;
}

static void parse_parameter(obs_str text, struct range *range)
{
    obs_str rest = text;
    obs_str name;
    obs_str value = obs_str_n(NULL, 0);

    if (!next_part(&rest, '=', &name) || !rest.ptr)
        return;
    value = unquote(trim(rest));
    if (is_word(name, "q"))
        range->weight = parse_weight(value);
    else if (is_word(name, "version"))
        range->version = value;
}

static struct range parse_range(obs_str text)
{
    struct range range = {.weight = FULL_WEIGHT};
    obs_str part;

    if (next_part(&text, ';', &part))
        range.type = part;
    while (next_part(&text, ';', &part))
        parse_parameter(part, &range);
    return range;
}

static enum exactness match(const struct range *range, enum format format)
{
    if (is_word(range->type, "*/*"))
        return ANY_TYPE;
    if (is_word(range->type, formats[format].major))
        return ANY_SUBTYPE;
    if (!is_word(range->type, formats[format].type))
        return NO_MATCH;
    if (!range->version.ptr)
        return NAMED;
    return obs_str_is(range->version, formats[format].version) ? VERSIONED : NO_MATCH;
}

enum format accept_choose(obs_str header)
{
    enum exactness exact[N_FORMATS] = {NO_MATCH, NO_MATCH};
    int weight[N_FORMATS] = {0, 0};
    obs_str text;

    while (next_part(&header, ',', &text)) {
        struct range range = parse_range(text);

        for (int f = 0; f < N_FORMATS; f++) {
            enum exactness found = match(&range, (enum format)f);

            if (found > exact[f]) {
                exact[f] = found;
                weight[f] = range.weight;
            }
        }
    }
    if (weight[FORMAT_OPENMETRICS] != weight[FORMAT_TEXT])
        return weight[FORMAT_OPENMETRICS] > weight[FORMAT_TEXT] ? FORMAT_OPENMETRICS : FORMAT_TEXT;
    if (weight[FORMAT_TEXT] > 0 && exact[FORMAT_OPENMETRICS] > exact[FORMAT_TEXT])
        return FORMAT_OPENMETRICS;
    return FORMAT_TEXT;
}

const char *accept_content_type(enum format format)
{
    return formats[format].content_type;
}
