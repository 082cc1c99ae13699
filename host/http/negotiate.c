/* SPDX-License-Identifier: Apache-2.0 */
/* Which coding: reading Content-Encoding, Accept-Encoding and Content-Type. */
#include "http/encoding.h"
#include "http/head.h"

static bool is(obs_str token, const char *lower)
{
    return ascii_equal_fold(token, obs_str_of(lower));
}

enum coding coding_of_content(obs_str field)
{
    obs_str token = ascii_trim(field);

    if (token.len == 0 || is(token, "identity"))
        return CODING_IDENTITY;
    if (is(token, "gzip") || is(token, "x-gzip"))
        return CODING_GZIP;
    return is(token, "zstd") ? CODING_ZSTD : CODING_UNKNOWN;
}

obs_str coding_name(enum coding coding)
{
    return coding == CODING_GZIP ? obs_str_n("gzip", 4) : obs_str_n("zstd", 4);
}

/* --- Accept-Encoding ------------------------------------------------------ */

/* A weight of RFC 9110 §12.4.2 in thousandths; 0 when it is malformed, so that
 * nothing is sent that the client may not have meant. */
static int weight(obs_str text)
{
    int value, scale = 100;

    if (text.len == 0 || text.len > 5 || (text.ptr[0] != '0' && text.ptr[0] != '1'))
        return 0;
    value = (text.ptr[0] - '0') * 1000;
    if (text.len > 1 && text.ptr[1] != '.')
        return 0;
    for (size_t i = 2; i < text.len; i++, scale /= 10) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return 0;
        value += (text.ptr[i] - '0') * scale;
    }
    return value > 1000 ? 0 : value;
}

/* Splits "gzip;q=0.5" into its token and weight. */
static obs_str element(obs_str text, int *ret_weight)
{
    const char *semicolon = memchr(text.ptr, ';', text.len);
    obs_str rest;

    *ret_weight = 1000;
    if (!semicolon)
        return ascii_trim(text);
    rest = ascii_trim(obs_str_n(semicolon + 1, (size_t)(text.ptr + text.len - semicolon - 1)));
    if (rest.len >= 2 && (rest.ptr[0] | 0x20) == 'q' && rest.ptr[1] == '=')
        *ret_weight = weight(obs_str_n(rest.ptr + 2, rest.len - 2));
    else
        *ret_weight = 0;
    return ascii_trim(obs_str_n(text.ptr, (size_t)(semicolon - text.ptr)));
}

enum coding coding_negotiate(obs_str field)
{
    int gzip = -1, zstd = -1, other = 0, identity = -1;

    while (field.len > 0) {
        const char *comma = memchr(field.ptr, ',', field.len);
        size_t len = comma ? (size_t)(comma - field.ptr) : field.len;
        int q;
        obs_str token = element(obs_str_n(field.ptr, len), &q);

        if (is(token, "gzip") || is(token, "x-gzip"))
            gzip = q;
        else if (is(token, "zstd"))
            zstd = q;
        else if (is(token, "identity"))
            identity = q;
        else if (is(token, "*"))
            other = q;
        len += comma ? 1 : 0;
        field = obs_str_n(field.ptr + len, field.len - len);
    }
    gzip = gzip < 0 ? other : gzip;
    zstd = zstd < 0 ? other : zstd;
    if (identity > gzip && identity > zstd)
        return CODING_IDENTITY;
    if (zstd > 0 && zstd >= gzip)
        return CODING_ZSTD;
    return gzip > 0 ? CODING_GZIP : CODING_IDENTITY;
}

/* --- Content-Type --------------------------------------------------------- */

static bool ends(obs_str text, const char *lower)
{
    size_t len = strlen(lower);

    return text.len > len &&
           ascii_equal_fold(obs_str_n(text.ptr + text.len - len, len), obs_str_of(lower));
}

bool content_compressible(obs_str content_type)
{
    static const char *const types[] = {
        "application/json",         "application/javascript",       "application/xml",
        "application/x-ndjson",     "application/openmetrics-text", "application/jsonl",
        "application/manifest+json"};
    const char *semicolon = memchr(content_type.ptr, ';', content_type.len);
    obs_str type = content_type;

    if (semicolon)
        type.len = (size_t)(semicolon - content_type.ptr);
    type = ascii_trim(type);
    if (type.len > 5 && is(obs_str_n(type.ptr, 5), "text/"))
        return !is(type, "text/event-stream");
    if (ends(type, "+json") || ends(type, "+xml"))
        return true;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (is(type, types[i]))
            return true;
    return false;
}
