/* SPDX-License-Identifier: Apache-2.0 */
/* Whole answers and the head of every answer. */
#include "http/response.h"
#include "http/connection.h"
#include "http/error_body.h"
#include "http/phases.h"
#include "http/request.h"
#include "http/request_misuse.h"
#include "http/server.h"
#include "http/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    COPY_BYTES = 16384,   /* bodies up to this go through the output buffer */
    DRAIN_BYTES = 65536,  /* unread body that is read out of the way */
    FAST_BYTES = 1 << 20, /* bodies over this are compressed at level 1 */
    HEAD_BYTES = 512,     /* bound of all that the host itself writes */
    FIELDS_BYTES = 32768, /* bound of what plugins may add */
};

/* --- claims --------------------------------------------------------------- */

void response_expect(const obs_request *req, uint8_t answer, const char *function)
{
    if (req->answer == answer)
        return;
    if (answer == ANSWER_NONE)
        request_misuse(req, function, "on a request that was already answered",
                       "answer each request exactly once");
    request_misuse(req, function, "on an answer that is not being streamed",
                   "it belongs between obs_response_begin() and obs_response_end()");
}

/* False when nobody is there to read an answer: it is then discarded. */
static bool claim(obs_request *req, const char *function)
{
    response_expect(req, ANSWER_NONE, function);
    if (req->conn)
        return true;
    req->answer = ANSWER_DONE;
    req->owed = req->hook_waits;
    request_settle(req);
    return false;
}

bool response_bodiless(const obs_request *req, int status)
{
    return req->method_bit == OBS_HEAD || status == 204 || status == 304;
}

bool response_must_close(const obs_request *req)
{
    const struct conn *c = req->conn;
    const struct http_worker *w = req->worker;
    int64_t max = w->settings.max_requests;

    if (!req->keep_alive || w->draining || c->deaf)
        return true;
    if (max > 0 && (int64_t)c->n_requests + 1 >= max)
        return true;
    if (req->complete)
        return false;
    if (req->answer == ANSWER_STREAM)
        return false; /* the body may yet be read; asked again at the end */
    return req->expects || req->content_length == 0 || c->parser.content_length > DRAIN_BYTES;
}

void response_continue(obs_request *req)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

    /* once a final answer has begun, 100 would come too late */
    if (req->expects && req->answer == ANSWER_NONE)
        conn_put(req->conn, text, sizeof(text) - 1);
    req->expects = false;
}

/* --- head ----------------------------------------------------------------- */

static inline char *put(char *p, const char *bytes, size_t len)
{
    memcpy(p, bytes, len);
    return p + len;
}

#define PUT(p, literal) put((p), (literal), sizeof(literal) - 1)

static char *put_uint(char *p, uint64_t value)
{
    char digits[20];
    size_t n = sizeof(digits);

    do {
        digits[--n] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return put(p, digits + n, sizeof(digits) - n);
}

static char *put_line(char *p, int status)
{
    obs_str line = status_line(status);

    if (line.ptr)
        return put(p, line.ptr, line.len);
    p = PUT(p, "HTTP/1.1 ");
    p = put_uint(p, (uint64_t)status);
    return PUT(p, " \r\n");
}

/* Fields that the host adds where a plugin has not. */
static char *put_defaults(char *p, const obs_request *req, int status)
{
    int32_t max_age_s = req->endpoint ? req->endpoint->decl->max_age_s : 0;

    if ((status == 200 || status == 304) && max_age_s != 0 && !(req->out.own & OWN_CACHE_CONTROL)) {
        if (max_age_s < 0) {
            p = PUT(p, "Cache-Control: no-store\r\n");
        } else {
            p = PUT(p, "Cache-Control: private, max-age=");
            p = put_uint(p, (uint64_t)max_age_s);
            p = PUT(p, "\r\n");
        }
    }
    if (status == 401 && !(req->out.own & OWN_AUTHENTICATE))
        p = PUT(p, "WWW-Authenticate: Bearer\r\n");
    if ((status == 429 || status == 503) && !(req->out.own & OWN_RETRY_AFTER))
        p = PUT(p, "Retry-After: 1\r\n");
    return p;
}

/* How the body ends and what becomes of the connection (RFC 9112 §6, §9). */
static char *put_framing(char *p, const obs_request *req, const struct response_head *head)
{
    if (head->length >= 0) {
        p = PUT(p, "Content-Length: ");
        p = put_uint(p, (uint64_t)head->length);
        p = PUT(p, "\r\n");
    } else if (head->chunked) {
        p = PUT(p, "Transfer-Encoding: chunked\r\n");
    }
    if (req->out.close)
        p = PUT(p, "Connection: close\r\n");
    else if (req->http10)
        p = PUT(p, "Connection: keep-alive\r\n");
    return p;
}

void response_head(obs_request *req, const struct response_head *head)
{
    struct conn *c = req->conn;
    struct http_worker *w = req->worker;
    char *start, *p;

    req->out.status = head->status;
    req->out.close = req->out.close || response_must_close(req);
    start = p =
        conn_out(c, HEAD_BYTES + req->id.len + head->content_type.len + req->out.fields_len);
    if (!p)
        return;
    http_worker_date(w, http_worker_wall_ns(w, worker_now_ms(w) * 1000000));
    p = put_line(p, head->status);
    p = PUT(p, "Date: ");
    p = put(p, w->date, 29);
    p = PUT(p, "\r\nX-Request-Id: ");
    p = put(p, req->id.ptr, req->id.len);
    p = PUT(p, "\r\n");
    if (head->content_type.ptr) {
        p = PUT(p, "Content-Type: ");
        p = put(p, head->content_type.ptr, head->content_type.len);
        p = PUT(p, "\r\n");
    }
    if (head->coding.ptr) {
        p = PUT(p, "Content-Encoding: ");
        p = put(p, head->coding.ptr, head->coding.len);
        p = PUT(p, "\r\n");
    }
    if (head->vary)
        p = PUT(p, "Vary: Accept-Encoding\r\n");
    p = put_defaults(p, req, head->status);
    if (req->out.fields_len > 0)
        p = put(p, req->out.fields, req->out.fields_len);
    p = put_framing(p, req, head);
    p = PUT(p, "\r\n");
    c->out_len += (size_t)(p - start);
}

/* --- added fields --------------------------------------------------------- */

static bool is(obs_str name, const char *lower)
{
    return ascii_equal_fold(name, obs_str_of(lower));
}

static bool token(obs_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if ((c < '0' || c > '9') && ((c | 0x20) < 'a' || (c | 0x20) > 'z') &&
            (c == 0 || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return name.len > 0;
}

static bool value_sane(obs_str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (((unsigned char)value.ptr[i] < 0x20 && value.ptr[i] != '\t') || value.ptr[i] == 0x7f)
            return false;
    return true;
}

/* Fields that the host alone writes. */
static bool reserved(obs_str name, obs_str value)
{
    return is(name, "date") || is(name, "content-length") || is(name, "transfer-encoding") ||
           is(name, "connection") || is(name, "x-request-id") || is(name, "content-type") ||
           (is(name, "vary") && is(value, "accept-encoding"));
}

static uint32_t owns(obs_str name)
{
    return is(name, "cache-control")      ? OWN_CACHE_CONTROL
           : is(name, "content-encoding") ? OWN_ENCODING
           : is(name, "retry-after")      ? OWN_RETRY_AFTER
           : is(name, "www-authenticate") ? OWN_AUTHENTICATE
                                          : 0;
}

static bool fields_room(struct outbound *out, size_t len)
{
    size_t cap = out->fields_cap ? out->fields_cap : 256;
    char *more;

    while (cap < out->fields_len + len)
        cap *= 2;
    if (cap == out->fields_cap)
        return true;
    more = realloc(out->fields, cap);
    if (!more)
        return false;
    out->fields = more;
    out->fields_cap = cap;
    return true;
}

int obs_response_header(obs_request *req, const char *name, obs_str value)
{
    obs_str n = obs_str_of(name);
    struct outbound *out = &req->out;
    size_t len = n.len + value.len + 4;
    char *p;

    REQUEST_CHECK(req);
    if (out->status != 0 || !token(n) || !value_sane(value) || reserved(n, value))
        return OBS_E_INVALID;
    /* two bytes of slack: an ETag may have to become a weak one */
    if (out->fields_len + len > FIELDS_BYTES || !fields_room(out, len + 2))
        return OBS_E_NOMEM;
    p = out->fields + out->fields_len;
    p = put(p, n.ptr, n.len);
    p = PUT(p, ": ");
    if (is(n, "etag")) {
        out->etag = (uint32_t)(p - out->fields);
        out->etag_len = (uint32_t)value.len;
    }
    if (value.len > 0)
        p = put(p, value.ptr, value.len);
    (void)PUT(p, "\r\n");
    out->fields_len += len;
    out->own |= owns(n);
    return OBS_OK;
}

/* --- conditional ---------------------------------------------------------- */

static obs_str opaque_tag(obs_str tag)
{
    if (tag.len >= 2 && tag.ptr[0] == 'W' && tag.ptr[1] == '/')
        return obs_str_n(tag.ptr + 2, tag.len - 2);
    return tag;
}

/* RFC 9110 §13.1.2, by weak comparison. Entity tags may hold commas. */
static bool none_match(obs_str list, obs_str etag)
{
    const char *p = list.ptr, *end = p + list.len;

    etag = opaque_tag(etag);
    if (obs_str_is(ascii_trim(list), "*"))
        return true;
    while (p < end) {
        const char *open = memchr(p, '"', (size_t)(end - p));
        const char *close = open ? memchr(open + 1, '"', (size_t)(end - open - 1)) : NULL;

        if (!close)
            return false;
        if (obs_str_eq(obs_str_n(open, (size_t)(close - open) + 1), etag))
            return true;
        p = close + 1;
    }
    return false;
}

static bool not_modified(const obs_request *req, int status)
{
    if (status != 200 || req->out.etag_len == 0 || !req->head.count[FIELD_IF_NONE_MATCH] ||
        !(req->method_bit & (OBS_GET | OBS_HEAD)))
        return false;
    return none_match(head_known(&req->head, FIELD_IF_NONE_MATCH),
                      obs_str_n(req->out.fields + req->out.etag, req->out.etag_len));
}

/* What is compressed on the way is not the same bytes: a strong tag becomes a
 * weak one (RFC 9110 §8.8.3.3). */
static void weaken_etag(struct outbound *out)
{
    char *tag;

    if (out->etag_len == 0 || out->fields[out->etag] == 'W')
        return;
    tag = out->fields + out->etag;
    memmove(tag + 2, tag, out->fields_len - out->etag);
    memcpy(tag, "W/", 2);
    out->fields_len += 2;
    out->etag_len += 2;
}

/* --- compression ---------------------------------------------------------- */

int response_coding(obs_request *req, obs_str content_type, bool *ret_vary)
{
    enum coding coding;

    *ret_vary = false;
    if (!req->worker->settings.compress || (req->out.own & OWN_ENCODING) ||
        !content_compressible(content_type))
        return CODING_IDENTITY;
    *ret_vary = true;
    if (!req->head.count[FIELD_ACCEPT_ENCODING])
        return CODING_IDENTITY;
    coding = coding_negotiate(obs_request_header(req, "accept-encoding"));
    if (coding != CODING_IDENTITY)
        weaken_etag(&req->out);
    return (int)coding;
}

static int collect(void *user, const char *bytes, size_t len)
{
    struct outbound *out = user;

    if (out->encoded_cap - out->encoded_len < len) {
        size_t cap = out->encoded_cap ? out->encoded_cap * 2 : 4096;
        char *more;

        while (cap < out->encoded_len + len)
            cap *= 2;
        more = realloc(out->encoded, cap);
        if (!more)
            return OBS_E_NOMEM;
        out->encoded = more;
        out->encoded_cap = cap;
    }
    memcpy(out->encoded + out->encoded_len, bytes, len);
    out->encoded_len += len;
    return OBS_OK;
}

/* Compresses a whole body with the worker's own encoder. */
static bool encode(obs_request *req, enum coding coding, obs_str body)
{
    struct http_worker *w = req->worker;
    int level = body.len > FAST_BYTES ? 1 : (int)w->settings.compress_level;

    if (!w->encoders[coding])
        w->encoders[coding] = encoder_create(coding, level);
    if (!w->encoders[coding] || encoder_reset(w->encoders[coding], level, body.len) < 0)
        return false;
    return encoder_run(w->encoders[coding], body, ENCODE_END, collect, &req->out) == OBS_OK;
}

/* --- whole answers -------------------------------------------------------- */

static void send_body(obs_request *req, obs_str body)
{
    req->out.sent = body.len;
    if (body.len <= COPY_BYTES)
        conn_put(req->conn, body.ptr, body.len);
    else
        req->conn->tail = body;
}

void response_done(obs_request *req)
{
    req->answer = ANSWER_DONE;
    req->owed = req->hook_waits;
    conn_schedule(req->conn);
}

static void whole(obs_request *req, int status, const char *content_type, obs_str body)
{
    struct response_head head = {.status = status, .content_type = obs_str_of(content_type)};

    if (not_modified(req, status))
        head.status = 304;
    if (head.status == 204 || head.status == 304) {
        head.content_type = obs_str_n(NULL, 0);
        head.length = -1;
        body.len = 0;
    } else {
        if (!content_type)
            body.len = 0;
        if (body.len >= req->worker->settings.compress_min_bytes) {
            enum coding coding = (enum coding)response_coding(req, head.content_type, &head.vary);

            if (coding != CODING_IDENTITY && encode(req, coding, body)) {
                body = obs_str_n(req->out.encoded, req->out.encoded_len);
                head.coding = coding_name(coding);
            }
        }
        head.length = (int64_t)body.len;
    }
    response_head(req, &head);
    if (!response_bodiless(req, head.status) && body.len > 0)
        send_body(req, body);
    response_done(req);
}

static void show_to_hooks(obs_request *req, int status, const char *content_type, obs_str body)
{
    obs_response_view view = {.size = sizeof(view),
                              .status = status,
                              .content_type = obs_str_of(content_type),
                              .body = body};

    req->out.view = &view;
    phases_respond(req);
    req->out.view = NULL;
}

int obs_response_describe(const obs_request *req, obs_response_view *view)
{
    uint32_t size = view->size;
    obs_response_view all;

    REQUEST_CHECK(req);
    if (!req->out.view)
        return OBS_E_NOT_FOUND;
    all = *req->out.view;
    all.size = size;
    if (req->out.etag_len > 0) /* a hook before may have added it */
        all.etag = obs_str_n(req->out.fields + req->out.etag, req->out.etag_len);
    memcpy(view, &all, size < sizeof(all) ? size : sizeof(all));
    return OBS_OK;
}

int obs_respond(obs_request *req, int status, const char *content_type, obs_str body)
{
    REQUEST_CHECK(req);
    if (!claim(req, __func__))
        return OBS_OK;
    show_to_hooks(req, status, content_type, body);
    if (status < 200 || status > 999) {
        obs_log(req->running, OBS_LOG_ERROR, "answered with status %d, sending 500", status);
        status = 500;
    }
    whole(req, status, content_type, body);
    return OBS_OK;
}

int obs_respond_json(obs_request *req, int status, obs_buf *buf)
{
    int rc;

    REQUEST_CHECK(req);
    rc = obs_buf_error(buf);
    if (rc < 0)
        return obs_respond_error(req, rc, NULL, NULL);
    return obs_respond(req, status, "application/json", obs_buf_str(buf));
}

static void send_error(obs_request *req, int error, const char *field, const char *message)
{
    const obs_error_info *info = obs_error(error);
    char body[ERROR_BODY_BYTES];
    int64_t now_ns = http_worker_wall_ns(req->worker, worker_now_ms(req->worker) * 1000000);
    size_t len = error_body_render(body, info, field, message, now_ns, req->id);

    whole(req, info->http_status, "application/json", obs_str_n(body, len));
}

int obs_respond_error(obs_request *req, int error, const char *field, const char *format, ...)
{
    char message[ERROR_MESSAGE_BYTES];
    va_list args;

    REQUEST_CHECK(req);
    if (!claim(req, __func__))
        return OBS_OK;
    phases_respond(req);
    if (format) {
        va_start(args, format);
        vsnprintf(message, sizeof(message), format, args);
        va_end(args);
    }
    send_error(req, error, field, format ? message : obs_error(error)->text);
    return OBS_OK;
}

void response_replace(obs_request *req, int error, const char *text)
{
    const obs_error_info *info = obs_error(error);
    char body[ERROR_BODY_BYTES];
    int64_t now_ns = http_worker_wall_ns(req->worker, worker_now_ms(req->worker) * 1000000);
    size_t len = error_body_render(body, info, NULL, text, now_ns, req->id);
    struct response_head head = {.status = info->http_status,
                                 .content_type = obs_str_of("application/json"),
                                 .length = (int64_t)len};

    req->out.fields_len = 0; /* of an answer that will not be given */
    req->out.own = 0;
    response_head(req, &head);
    if (req->method_bit != OBS_HEAD)
        conn_put(req->conn, body, len);
    req->out.sent = len;
}

int obs_response_status(const obs_request *req)
{
    REQUEST_CHECK(req);
    return req->out.status;
}

uint64_t obs_response_bytes(const obs_request *req)
{
    REQUEST_CHECK(req);
    return req->out.sent;
}

void response_free(obs_request *req)
{
    free(req->out.encoded);
    encoder_destroy(req->out.encoder);
    req->out.encoded = NULL;
    req->out.encoder = NULL;
}
