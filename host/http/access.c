/* SPDX-License-Identifier: Apache-2.0 */
/* The line is built on the stack; a target or user agent that is too long is
 * cut, so that one request is always one whole line. */
#include "http/access.h"
#include "core/log.h"
#include "http/error_body.h"
#include "http/request.h"

enum { LINE_BYTES = 8192, SHOWN_BYTES = 1024 };

static const char *const secrets[] = {"token", "access_token", "api_key", "key"};

/* --- redaction ------------------------------------------------------------ */

static bool is_secret(obs_str name)
{
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
        if (ascii_equal_fold(name, obs_str_of(secrets[i])))
            return true;
    return false;
}

/* A name may hide behind escapes ("%74oken"), so it is compared decoded. */
static bool names_secret(obs_str raw)
{
    char name[64];
    size_t len;

    if (raw.len > sizeof(name))
        return false; /* at least three times as long as any of them */
    return query_decode(raw, name, &len) == OBS_OK && is_secret(obs_str_n(name, len));
}

static size_t add(char *out, size_t at, size_t room, const char *bytes, size_t len)
{
    if (len > room - at)
        len = room - at;
    memcpy(out + at, bytes, len);
    return at + len;
}

size_t access_redact(obs_str target, char *out, size_t room)
{
    const char *p = target.ptr, *end = p + target.len;
    const char *query = target.len ? memchr(p, '?', target.len) : NULL;
    size_t at = 0;

    if (!query)
        return target.len ? add(out, 0, room, p, target.len) : 0;
    at = add(out, at, room, p, (size_t)(query + 1 - p));
    for (p = query + 1; p < end;) {
        const char *amp = memchr(p, '&', (size_t)(end - p));
        const char *stop = amp ? amp : end;
        const char *mark = memchr(p, '=', (size_t)(stop - p));

        if (mark && names_secret(obs_str_n(p, (size_t)(mark - p)))) {
            at = add(out, at, room, p, (size_t)(mark + 1 - p));
            at = add(out, at, room, "***", 3);
        } else {
            at = add(out, at, room, p, (size_t)(stop - p));
        }
        if (amp)
            at = add(out, at, room, "&", 1);
        p = amp ? amp + 1 : end;
    }
    return at;
}

/* --- values --------------------------------------------------------------- */

static obs_str shown(obs_str value)
{
    if (value.len > SHOWN_BYTES)
        value.len = SHOWN_BYTES;
    return value;
}

/* `value` / `unit`, a power of ten, with all its decimals. */
static void fraction(struct text *t, int64_t value, int64_t unit)
{
    text_int(t, value / unit);
    text_cstr(t, ".");
    for (unit /= 10; unit > 0; unit /= 10) {
        char digit = (char)('0' + value / unit % 10);

        text_raw(t, &digit, 1);
    }
}

static int64_t began_ns(const obs_request *req)
{
    return req->start_wall_ns ? req->start_wall_ns : obs_clock_wall_ns();
}

/* --- JSON ----------------------------------------------------------------- */

static void member(struct text *t, const char *name, obs_str value)
{
    text_cstr(t, ",\"");
    text_cstr(t, name);
    text_cstr(t, "\":\"");
    text_json(t, shown(value));
    text_cstr(t, "\"");
}

static void number(struct text *t, const char *name, int64_t value)
{
    text_cstr(t, ",\"");
    text_cstr(t, name);
    text_cstr(t, "\":");
    text_int(t, value);
}

static void put_json(struct text *t, obs_request *req, obs_str target, int status, int64_t us)
{
    text_cstr(t, "{\"ts\":\"");
    text_time(t, began_ns(req));
    text_cstr(t, "\"");
    member(t, "peer", obs_request_peer(req));
    member(t, "method", req->method);
    member(t, "target", target);
    number(t, "status", status);
    number(t, "bytes", (int64_t)req->out.sent);
    text_cstr(t, ",\"duration_ms\":");
    fraction(t, us, 1000);
    member(t, "request_id", req->id);
    member(t, "route", obs_request_route(req));
    member(t, "user_agent", head_known(&req->head, FIELD_USER_AGENT));
    text_cstr(t, "}");
}

/* --- text ----------------------------------------------------------------- */

/* "-" for what is not known. HTTP lets no blank in; the rest is escaped as in JSON. */
static void word(struct text *t, obs_str value)
{
    text_cstr(t, " ");
    if (value.len == 0)
        text_cstr(t, "-");
    text_json(t, shown(value));
}

static void put_text(struct text *t, obs_request *req, obs_str target, int status, int64_t us)
{
    text_time(t, began_ns(req));
    word(t, obs_request_peer(req));
    word(t, req->method);
    word(t, target);
    text_cstr(t, " ");
    text_int(t, status);
    text_cstr(t, " ");
    fraction(t, (us + 50) / 100, 10);
    text_cstr(t, " ms ");
    text_int(t, (int64_t)req->out.sent);
    text_cstr(t, " B id=");
    text_json(t, shown(req->id));
}

void access_write(obs_request *req, int status, int64_t duration_ns)
{
    char line[LINE_BYTES], target[SHOWN_BYTES];
    struct text t = {.ptr = line, .room = sizeof(line)};
    size_t target_len = 0;

    /* before the head was complete its bytes may not all be there */
    if (req->head.target + req->head.target_len <= req->head.len)
        target_len = access_redact(head_target(&req->head), target, sizeof(target));
    if (log_is_json())
        put_json(&t, req, obs_str_n(target, target_len), status, duration_ns / 1000);
    else
        put_text(&t, req, obs_str_n(target, target_len), status, duration_ns / 1000);
    log_access(obs_str_n(line, t.len));
}
