/* SPDX-License-Identifier: Apache-2.0 */
/* Complaints, keys, numbers and names of a price book. */
#include "reader.h"
#include "book.h"
#include "decimal.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#define MAX_DECIMALS 9 /* USD to nano-dollars; a million tokens' to femto-dollars a token */

int reader_complain(struct reader *r, const obs_conf *node, const char *format, ...)
{
    const char *source = obs_conf_source(node);
    uint32_t line = obs_conf_line(node);
    va_list ap;
    int at;

    if (line)
        at = snprintf(r->error, r->error_size, "%s:%u:%u: ", source, line, obs_conf_column(node));
    else
        at = snprintf(r->error, r->error_size, "%s: ", source);
    if (at < 0 || (size_t)at >= r->error_size)
        return OBS_E_SYNTAX;
    va_start(ap, format);
    vsnprintf(r->error + at, r->error_size - (size_t)at, format, ap);
    va_end(ap);
    return OBS_E_SYNTAX;
}

static bool is_part(obs_str key)
{
    for (size_t i = 0; i < PRICE_N_PARTS; i++)
        if (obs_str_eq(key, price_parts[i].name))
            return true;
    return obs_str_is(key, "request");
}

static bool is_known(obs_str key, const char *const *known)
{
    for (; *known; known++)
        if (obs_str_is(key, *known))
            return true;
    return false;
}

static int complain_key(struct reader *r, const obs_conf *value, obs_str key,
                        const char *const *known, bool parts)
{
    char list[256];
    size_t at = 0;

    for (; *known && at < sizeof(list); known++)
        at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s", at ? ", " : "", *known);
    for (size_t i = 0; parts && i < PRICE_N_PARTS && at < sizeof(list); i++)
        at += (size_t)snprintf(list + at, sizeof(list) - at, ", %.*s",
                               OBS_STR_ARG(price_parts[i].name));
    return reader_complain(r, value, "unknown key \"%.*s\"; expected %s%s", OBS_STR_ARG(key), list,
                           parts ? ", request" : "");
}

int reader_check_keys(struct reader *r, const obs_conf *map, const char *const *known, bool parts)
{
    const obs_conf *value;
    obs_str key;

    for (size_t i = 0; (value = obs_conf_at(map, i, &key)); i++)
        if (!is_known(key, known) && !(parts && is_part(key)))
            return complain_key(r, value, key, known, parts);
    return OBS_OK;
}

int reader_money(struct reader *r, const obs_conf *node, const char *expected, int64_t *ret)
{
    obs_str text = obs_conf_str(node);
    struct decimal value;

    if (!decimal_read(text, &value) || value.negative || value.exponent < -MAX_DECIMALS ||
        !decimal_scaled(&value, MAX_DECIMALS, ret))
        return reader_complain(r, node, "expected %s, with up to nine decimals, found \"%.*s\"",
                               expected, OBS_STR_ARG(text));
    return OBS_OK;
}

int reader_name(struct reader *r, const obs_conf *node, obs_str name, const char *what,
                obs_str *ret_name)
{
    char *copy;

    if (name.len == 0 || name.len > PRICE_MAX_NAME)
        return reader_complain(r, node, "expected the name of a %s, of up to %d bytes", what,
                               PRICE_MAX_NAME);
    copy = obs_arena_alloc(r->arena, name.len);
    if (!copy)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c < ' ' || c == '"' || c == '\\' || c == 0x7f)
            return reader_complain(r, node,
                                   "expected the name of a %s without quotes, backslashes and "
                                   "control characters",
                                   what);
        copy[i] = (char)tolower(c);
    }
    *ret_name = obs_str_n(copy, name.len);
    return OBS_OK;
}
