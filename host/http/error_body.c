/* SPDX-License-Identifier: Apache-2.0 */
/* Written without the arena and the JSON writer, because an error answer must
 * also work when memory is what ran out, and while other threads use the
 * request's arena. */
#include "http/error_body.h"
#include "core/rfc3339.h"
#include "core/utf8.h"

#include <stdio.h>

void text_raw(struct text *t, const char *bytes, size_t len)
{
    if (t->full || t->room - t->len < len) {
        t->full = 1;
        return;
    }
    if (len > 0)
        memcpy(t->ptr + t->len, bytes, len);
    t->len += len;
}

void text_cstr(struct text *t, const char *s)
{
    text_raw(t, s, strlen(s));
}

void text_int(struct text *t, int64_t value)
{
    char digits[24];
    int n = snprintf(digits, sizeof(digits), "%lld", (long long)value);

    text_raw(t, digits, (size_t)n);
}

static void escape(struct text *t, unsigned char c)
{
    char code[8];

    switch (c) {
    case '"':
        text_raw(t, "\\\"", 2);
        break;
    case '\\':
        text_raw(t, "\\\\", 2);
        break;
    case '\n':
        text_raw(t, "\\n", 2);
        break;
    case '\r':
        text_raw(t, "\\r", 2);
        break;
    case '\t':
        text_raw(t, "\\t", 2);
        break;
    default:
        snprintf(code, sizeof(code), "\\u%04x", (unsigned)c);
        text_raw(t, code, 6);
    }
}

void text_json(struct text *t, obs_str s)
{
    size_t from = 0;

    for (size_t i = 0; i < s.len;) {
        unsigned char c = (unsigned char)s.ptr[i];
        size_t n = 1;

        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            i++;
            continue;
        }
        if (c >= 0x80) {
            n = utf8_sequence(s.ptr + i, s.len - i);
            if (n > 0) {
                i += n;
                continue;
            }
        }
        text_raw(t, s.ptr + from, i - from);
        if (c >= 0x80)
            text_cstr(t, "\xef\xbf\xbd");
        else
            escape(t, c);
        from = ++i;
    }
    text_raw(t, s.ptr ? s.ptr + from : "", s.len - from);
}

void text_time(struct text *t, int64_t unix_ns)
{
    char text[RFC3339_BYTES];

    text_raw(t, text, rfc3339_format_ms(text, unix_ns));
}

static void member(struct text *t, const char *name, obs_str value)
{
    text_cstr(t, ",\"");
    text_cstr(t, name);
    text_cstr(t, "\":\"");
    text_json(t, value);
    text_cstr(t, "\"");
}

size_t error_body_render(char *out, const obs_error_info *error, const char *field,
                         const char *message, int64_t time_ns, obs_str request_id)
{
    /* a message of ERROR_MESSAGE_BYTES fits even when every byte is escaped */
    struct text t = {.ptr = out, .room = ERROR_BODY_BYTES};
    obs_str shown_field = obs_str_of(field);

    if (shown_field.len > 128)
        shown_field.len = 128;
    text_cstr(&t, "{\"error\":{\"code\":");
    text_int(&t, error->api_code);
    member(&t, "error_code", obs_str_of(error->name));
    member(&t, "category", obs_str_of(error->category));
    member(&t, "message", obs_str_of(message));
    if (field)
        member(&t, "field", shown_field);
    text_cstr(&t, "},\"meta\":{\"timestamp\":\"");
    text_time(&t, time_ns);
    text_cstr(&t, "\"");
    member(&t, "request_id", request_id);
    text_cstr(&t, ",\"documentation_url\":\"/docs/errors#");
    text_int(&t, error->api_code);
    text_cstr(&t, "\"}}");
    return t.len;
}
