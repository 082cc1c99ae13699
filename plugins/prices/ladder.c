/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting by tables of words and by shapes of numbers. */
#include "ladder.h"

static bool starts_with(obs_str text, obs_str with)
{
    return text.len >= with.len && memcmp(text.ptr, with.ptr, with.len) == 0;
}

static bool ends_with(obs_str text, obs_str with)
{
    return text.len >= with.len && memcmp(text.ptr + text.len - with.len, with.ptr, with.len) == 0;
}

/* --- before ---------------------------------------------------------------------- */

/* Of Bedrock: geographies of inference profiles, then vendors. */
static const obs_str words[] = {
    OBS_STR("us."),       OBS_STR("us-gov."),   OBS_STR("eu."),         OBS_STR("apac."),
    OBS_STR("jp."),       OBS_STR("au."),       OBS_STR("ca."),         OBS_STR("global."),
    OBS_STR("ai21."),     OBS_STR("amazon."),   OBS_STR("anthropic."),  OBS_STR("cohere."),
    OBS_STR("deepseek."), OBS_STR("google."),   OBS_STR("meta."),       OBS_STR("minimax."),
    OBS_STR("mistral."),  OBS_STR("moonshot."), OBS_STR("moonshotai."), OBS_STR("nvidia."),
    OBS_STR("openai."),   OBS_STR("qwen."),     OBS_STR("stability."),  OBS_STR("twelvelabs."),
    OBS_STR("writer."),   OBS_STR("zai."),
};

static bool cut(obs_str *name, size_t len)
{
    if (len == 0 || len >= name->len)
        return false;
    *name = obs_str_n(name->ptr + len, name->len - len);
    return true;
}

/* Length of one of the words at the beginning, 0 when there is none. */
static size_t word_before(obs_str name)
{
    const char *dot = memchr(name.ptr, '.', name.len);
    size_t len = dot ? (size_t)(dot - name.ptr) + 1 : 0;

    for (size_t i = 0; len && i < sizeof(words) / sizeof(*words); i++)
        if (obs_str_eq(obs_str_n(name.ptr, len), words[i]))
            return len;
    return 0;
}

/* ARNs of what somebody trained, bought or named end in an id that names no model. */
static bool is_arn_of_model(obs_str before_slash)
{
    return ends_with(before_slash, (obs_str)OBS_STR(":foundation-model")) ||
           ends_with(before_slash, (obs_str)OBS_STR(":inference-profile"));
}

bool ladder_cut_prefix(obs_str *name)
{
    const char *slash = memchr(name->ptr, '/', name->len);
    size_t len = slash ? (size_t)(slash - name->ptr) : 0;

    if (starts_with(*name, (obs_str)OBS_STR("ft:"))) /* a model of its own */
        return false;
    if (starts_with(*name, (obs_str)OBS_STR("arn:")) &&
        (!slash || !is_arn_of_model(obs_str_n(name->ptr, len))))
        return false;
    if (slash)
        return cut(name, len + 1);
    return cut(name, word_before(*name));
}

/* --- behind ---------------------------------------------------------------------- */

static bool all_digits(const char *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] < '0' || p[i] > '9')
            return false;
    return len > 0;
}

static unsigned two_digits(const char *p)
{
    return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

/* YYYY, MM, DD as they stand in names, of this century. */
static bool is_date(const char *year, const char *month, const char *day)
{
    return all_digits(year, 4) && all_digits(month, 2) && all_digits(day, 2) &&
           two_digits(year) == 20 && two_digits(month) >= 1 && two_digits(month) <= 12 &&
           two_digits(day) >= 1 && two_digits(day) <= 31;
}

/* Length of "-2024-08-06" or "-20250929" at the end, 0 when it has none. */
static size_t date_len(obs_str name)
{
    const char *end = name.ptr + name.len;

    if (name.len > 11 && end[-11] == '-' && end[-6] == '-' && end[-3] == '-' &&
        is_date(end - 10, end - 5, end - 2))
        return 11;
    if (name.len > 9 && end[-9] == '-' && is_date(end - 8, end - 4, end - 2))
        return 9;
    return 0;
}

/* ":0" and ":200k" of Bedrock; "@20250929", "@001", "@default" of Vertex AI. */
static bool is_revision(char mark, obs_str word)
{
    if (mark == '@')
        return all_digits(word.ptr, word.len) || obs_str_is(word, "default") ||
               obs_str_is(word, "latest");
    if (word.len > 1 && word.len < 5 && word.ptr[word.len - 1] == 'k')
        return all_digits(word.ptr, word.len - 1);
    return word.len <= 2 && all_digits(word.ptr, word.len);
}

/* Length of the revision at the end with its mark, 0 when it has none. */
static size_t revision_len(obs_str name)
{
    size_t word = 0;

    while (word < name.len && name.ptr[name.len - 1 - word] != ':' &&
           name.ptr[name.len - 1 - word] != '@')
        word++;
    if (word == 0 || word == name.len ||
        !is_revision(name.ptr[name.len - 1 - word], obs_str_n(name.ptr + name.len - word, word)))
        return 0;
    return word + 1;
}

/* "-latest"; "-001" of Google; "-v1" where a revision stood behind it. */
static size_t word_len(obs_str name, bool revised)
{
    const char *end = name.ptr + name.len;

    if (ends_with(name, (obs_str)OBS_STR("-latest")))
        return 7;
    if (name.len > 4 && end[-4] == '-' && all_digits(end - 3, 3))
        return 4;
    if (revised && name.len > 3 && end[-3] == '-' && end[-2] == 'v' && all_digits(end - 1, 1))
        return 3;
    return 0;
}

bool ladder_cut_suffix(struct ladder *ladder)
{
    size_t len = revision_len(ladder->name);

    ladder->revised = ladder->revised || len > 0;
    if (!len)
        len = date_len(ladder->name);
    if (!len)
        len = word_len(ladder->name, ladder->revised);
    if (len == 0 || len >= ladder->name.len)
        return false;
    ladder->name.len -= len;
    return true;
}
