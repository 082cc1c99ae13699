/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a request: what the test gave, and the fields without which it would
 * not be one. */
#include "test/response.h"

#include <strings.h>

/* The next line of `*rest` without its end; false after the last one. */
static bool next_line(const char **rest, obs_str *ret_line)
{
    const char *begin = *rest;
    size_t len;

    if (!begin || !*begin)
        return false;
    len = strcspn(begin, "\n");
    *rest = begin + len + (begin[len] == '\n');
    if (len > 0 && begin[len - 1] == '\r')
        len--;
    *ret_line = obs_str_n(begin, len);
    return true;
}

static bool has_field(const char *headers, const char *name)
{
    size_t len = strlen(name);
    obs_str line;

    while (next_line(&headers, &line))
        if (line.len > len && line.ptr[len] == ':' && strncasecmp(line.ptr, name, len) == 0)
            return true;
    return false;
}

/* RFC 9110 §8.6: a method that has a meaning for content says that there is none. */
static bool wants_length(const char *method, obs_str body)
{
    return body.len > 0 || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
           strcmp(method, "PATCH") == 0;
}

static void write_body(obs_buf *out, obs_str body, bool chunked)
{
    if (chunked && body.len > 0)
        obs_buf_printf(out, "%zx\r\n", body.len);
    obs_buf_append(out, body.ptr, body.len);
    if (chunked)
        obs_buf_printf(out, "%s0\r\n\r\n", body.len > 0 ? "\r\n" : "");
}

int request_write(obs_test_response *r, const char *method, const char *target, const char *headers,
                  obs_str body)
{
    obs_buf *out = obs_buf_new(r->arena, /* limit_bytes= */ 0);
    bool chunked = has_field(headers, "Transfer-Encoding");
    obs_str line;

    if (!out)
        return OBS_E_NOMEM;
    r->is_head = strcmp(method, "HEAD") == 0;
    obs_buf_printf(out, "%s %s HTTP/1.1\r\n", method, target);
    if (!has_field(headers, "Host"))
        obs_buf_printf(out, "Host: test\r\n");
    if (!chunked && wants_length(method, body) && !has_field(headers, "Content-Length"))
        obs_buf_printf(out, "Content-Length: %zu\r\n", body.len);
    while (next_line(&headers, &line))
        if (line.len > 0)
            obs_buf_printf(out, "%.*s\r\n", OBS_STR_ARG(line));
    obs_buf_printf(out, "\r\n");
    write_body(out, body, chunked);
    r->request = obs_buf_str(out);
    r->what = obs_arena_printf(r->arena, "%s %s", method, target).ptr;
    return r->what ? obs_buf_error(out) : OBS_E_NOMEM;
}
