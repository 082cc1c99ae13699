/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding happens before dot segments are removed, so that "%2e%2e" is seen
 * for what it is; an encoded slash is marked first, so that it never makes a
 * segment. */
#include "http/path.h"
#include "core/utf8.h"

/* --- characters ----------------------------------------------------------- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that "%XY" at `p` stands for, -1 for a bad escape. */
static int escape_value(const char *p, const char *end)
{
    int high, low;

    if (end - p < 3)
        return -1;
    high = hex_value(p[1]);
    low = hex_value(p[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* --- target --------------------------------------------------------------- */

static void split_query(obs_str text, struct target *target)
{
    const char *mark = memchr(text.ptr, '?', text.len);
    size_t len = mark ? (size_t)(mark - text.ptr) : text.len;

    target->path = obs_str_n(text.ptr, len);
    target->query = mark ? obs_str_n(mark + 1, text.len - len - 1) : obs_str_n(NULL, 0);
}

static bool starts_fold(obs_str text, const char *lower, size_t len)
{
    if (text.len < len)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((text.ptr[i] | 0x20) != lower[i])
            return false;
    return true;
}

static int split_absolute(obs_str text, size_t scheme_len, struct target *target)
{
    obs_str rest = obs_str_n(text.ptr + scheme_len, text.len - scheme_len);
    size_t len = 0;

    while (len < rest.len && rest.ptr[len] != '/' && rest.ptr[len] != '?')
        len++;
    target->form = TARGET_ABSOLUTE;
    target->authority = obs_str_n(rest.ptr, len);
    split_query(obs_str_n(rest.ptr + len, rest.len - len), target);
    if (target->path.len == 0)
        target->path = obs_str_n("/", 1);
    return host_valid(target->authority) ? OBS_OK : OBS_E_INVALID;
}

int target_split(obs_str text, struct target *ret_target)
{
    struct target target = {0};
    int rc = OBS_OK;

    if (text.len == 0)
        return OBS_E_INVALID;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~' || text.ptr[i] == '#')
            return OBS_E_INVALID;
    if (text.ptr[0] == '/') {
        target.form = TARGET_ORIGIN;
        split_query(text, &target);
    } else if (text.len == 1 && text.ptr[0] == '*') {
        target.form = TARGET_ASTERISK;
        target.path = text;
    } else if (starts_fold(text, "http://", 7)) {
        rc = split_absolute(text, 7, &target);
    } else if (starts_fold(text, "https://", 8)) {
        rc = split_absolute(text, 8, &target);
    } else if (host_valid(text)) {
        target.form = TARGET_AUTHORITY;
        target.authority = text;
    } else {
        rc = OBS_E_INVALID;
    }
    if (rc == OBS_OK)
        *ret_target = target;
    return rc;
}

/* --- host ----------------------------------------------------------------- */

static bool port_valid(const char *p, const char *end)
{
    if (p == end)
        return true; /* "host:" is allowed by RFC 3986 §3.2.3 */
    if (*p++ != ':' || end - p > 5)
        return false;
    for (; p < end; p++)
        if (*p < '0' || *p > '9')
            return false;
    return true;
}

static bool literal_valid(obs_str host)
{
    const char *end = host.ptr + host.len;
    const char *close = memchr(host.ptr, ']', host.len);

    if (!close || close - host.ptr < 3)
        return false;
    for (const char *p = host.ptr + 1; p < close; p++)
        if (!is_alnum(*p) && *p != ':' && *p != '.' && *p != '%')
            return false;
    return port_valid(close + 1, end);
}

bool host_valid(obs_str host)
{
    const char *p = host.ptr;
    const char *end = p + host.len;

    if (host.len == 0)
        return false;
    if (*p == '[')
        return literal_valid(host);
    for (; p < end && *p != ':'; p++) {
        if (is_alnum(*p) || memchr("-._~!$&'()*+,;=", *p, 15))
            continue;
        if (*p != '%' || escape_value(p, end) < 0)
            return false;
        p += 2;
    }
    return p > host.ptr && port_valid(p, end);
}

/* --- path ----------------------------------------------------------------- */

bool path_is_plain(obs_str raw)
{
    const char *p = raw.ptr;
    const char *end = p + raw.len;

    for (; p < end; p++)
        if (*p == '%' || (*p == '.' && p > raw.ptr && p[-1] == '/'))
            return false;
    return true;
}

/* Undoes percent-encoding; `slash` is what "%2F" becomes. */
static int decode(obs_str raw, char slash, bool plus_is_space, char *out, size_t *ret_len,
                  bool *ret_slashes)
{
    const char *p = raw.ptr;
    const char *end = p + raw.len;
    char *o = out;

    while (p < end) {
        char c = *p++;

        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            int value = escape_value(p - 1, end);

            if (value <= 0)
                return OBS_E_INVALID;
            p += 2;
            c = (char)value;
            if (c == '/' && slash != '/') {
                c = slash;
                *ret_slashes = true;
            }
        }
        *o++ = c;
    }
    *ret_len = (size_t)(o - out);
    return OBS_OK;
}

/* RFC 3986 §5.2.4 in place: `path` starts with '/'. */
static size_t remove_dots(char *path, size_t len)
{
    size_t in = 0, out = 0;

    while (in < len) {
        size_t start = in + 1, end = start, n;

        while (end < len && path[end] != '/')
            end++;
        n = end - start;
        if (n == 1 && path[start] == '.') {
            if (end == len)
                path[out++] = '/';
        } else if (n == 2 && path[start] == '.' && path[start + 1] == '.') {
            while (out > 0 && path[--out] != '/')
                ;
            if (end == len)
                path[out++] = '/';
        } else {
            memmove(path + out, path + in, end - in);
            out += end - in;
        }
        in = end;
    }
    return out;
}

/* PATH_SLASH counts as text: it stands for a slash. */
static bool text_valid(const char *text, size_t len)
{
    return utf8_valid(obs_str_n(text, len));
}

int path_decode(obs_str raw, char *out, size_t *ret_len, bool *ret_slashes)
{
    bool slashes = false;
    size_t len;
    int rc = decode(raw, PATH_SLASH, false, out, &len, &slashes);

    if (rc < 0)
        return rc;
    if (!text_valid(out, len))
        return OBS_E_INVALID;
    *ret_len = remove_dots(out, len);
    *ret_slashes = slashes;
    return OBS_OK;
}

int query_decode(obs_str raw, char *out, size_t *ret_len)
{
    bool slashes;
    size_t len;
    int rc = decode(raw, '/', true, out, &len, &slashes);

    if (rc < 0)
        return rc;
    if (!text_valid(out, len))
        return OBS_E_INVALID;
    *ret_len = len;
    return OBS_OK;
}
