/* SPDX-License-Identifier: Apache-2.0 */
/* Rendering of log lines. Values are escaped so that a line cannot be forged:
 * control characters, those of C1 included (some terminals obey U+009B), and in
 * JSON the quote and the backslash; what is no UTF-8 becomes U+FFFD. */
#include "core/log_line.h"
#include "core/rfc3339.h"
#include "core/utf8.h"

#include <stdio.h>

#define ELLIPSIS "\xe2\x80\xa6"
#define MAX_COMPONENT_BYTES 512
/* kept free for what follows the text: ellipsis, quote, brace, newline */
#define TAIL_BYTES 8

static const char *const json_levels[] = {"error", "warn", "info", "debug"};
static const char *const text_levels[] = {"ERROR", "WARN ", "INFO ", "DEBUG"};

/* The caller has made sure that it fits. */
static void put(struct log_line *l, const char *text, size_t len)
{
    memcpy(l->text + l->len, text, len);
    l->len += len;
}

static void put_str(struct log_line *l, const char *text)
{
    put(l, text, strlen(text));
}

/* The character at `p` as it may stand in a line; returns the bytes it takes in
 * the source. `to` holds at least 8 bytes. */
static size_t escape(const char *p, size_t left, bool json, char *to, size_t *ret_len)
{
    size_t n = utf8_sequence(p, left);
    unsigned char c = (unsigned char)p[0];
    unsigned code = c;
    int len;

    if (n == 2 && c == 0xc2)
        code = (unsigned char)p[1]; /* U+0080 to U+00BF */
    if (n == 0) {
        memcpy(to, "\xef\xbf\xbd", 3);
        *ret_len = 3;
        return 1;
    }
    if (n <= 2 && (code < 0x20 || (code >= 0x7f && code < 0xa0))) {
        len = snprintf(to, 8, json ? "\\u%04x" : "\\x%02x", code);
        *ret_len = len > 0 ? (size_t)len : 0;
        return n;
    }
    *ret_len = 0;
    if (json && (c == '"' || c == '\\'))
        to[(*ret_len)++] = '\\';
    memcpy(to + *ret_len, p, n);
    *ret_len += n;
    return n;
}

/* Escaped text, at most up to `end` of the line; cut text ends with an ellipsis. */
static void put_escaped(struct log_line *l, obs_str s, bool json, size_t end)
{
    size_t left = s.len, n, len;
    const char *p = s.ptr;
    char piece[8];

    for (; left > 0; p += n, left -= n) {
        n = escape(p, left, json, piece, &len);
        if (l->len + len > end) {
            put_str(l, ELLIPSIS);
            return;
        }
        put(l, piece, len);
    }
}

void log_line_render(struct log_line *line, bool json, int64_t unix_ns, uint32_t level,
                     obs_str component, obs_str text)
{
    char when[RFC3339_BYTES];
    size_t end = sizeof(line->text) - TAIL_BYTES;

    if (level > OBS_LOG_DEBUG)
        level = OBS_LOG_DEBUG;
    line->len = 0;
    rfc3339_format_ms(when, unix_ns);
    if (json) {
        put_str(line, "{\"ts\":\"");
        put_str(line, when);
        put_str(line, "\",\"level\":\"");
        put_str(line, json_levels[level]);
        put_str(line, "\",\"component\":\"");
        put_escaped(line, component, json, MAX_COMPONENT_BYTES);
        put_str(line, "\",\"msg\":\"");
        put_escaped(line, text, json, end);
        put_str(line, "\"}\n");
    } else {
        put_str(line, when);
        put_str(line, " ");
        put_str(line, text_levels[level]);
        put_str(line, " ");
        put_escaped(line, component, json, MAX_COMPONENT_BYTES);
        put_str(line, ": ");
        put_escaped(line, text, json, end);
        put_str(line, "\n");
    }
}
