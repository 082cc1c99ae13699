/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parser and a request. llhttp runs strict: no lenient flag is
 * ever set. It stops after the head of a request with a body, after each piece
 * of a streamed body and after a request, so that everything that calls a
 * plugin happens outside of it. */
#include "http/body.h"
#include "http/connection.h"
#include "http/request.h"
#include "http/server.h"

#include <errno.h>

static int fail(struct conn *c, int error, const char *text)
{
    c->fault = error;
    c->fault_text = text;
    return HPE_USER;
}

static inline size_t offset_of(const struct conn *c, const char *at)
{
    return c->req->head.len + (size_t)(at - c->head_at);
}

/* --- callbacks ------------------------------------------------------------ */

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
    struct conn *c = parser->data;
    struct head *head = &c->req->head;

    if (head->target_len + len > c->worker->settings.max_target_bytes)
        return fail(c, OBS_E_URI_TOO_LONG, NULL);
    if (head_on_target(head, offset_of(c, at), len) < 0)
        return fail(c, OBS_E_INVALID, "malformed request target");
    return 0;
}

/* Trailers are read past, within the limit of a header (RFC 9110 §6.5.1). */
static int overhead(struct conn *c, size_t len, int error, const char *text)
{
    c->req->overhead_bytes += len;
    if (c->req->overhead_bytes > c->worker->settings.max_header_bytes)
        return fail(c, error, text);
    return 0;
}

static bool head_too_large(const struct conn *c, size_t end)
{
    return end - c->req->head.target_len > c->worker->settings.max_header_bytes;
}

static int on_header_field(llhttp_t *parser, const char *at, size_t len)
{
    struct conn *c = parser->data;
    size_t offset;
    int rc;

    if (c->req->stage != STAGE_HEAD)
        return overhead(c, len + 4, OBS_E_HEADERS_LARGE, "the trailer is too large");
    offset = offset_of(c, at);
    if (head_too_large(c, offset + len))
        return fail(c, OBS_E_HEADERS_LARGE, NULL);
    rc = head_on_name(&c->req->head, offset, len, c->worker->settings.max_headers);
    return rc < 0 ? fail(c, rc, NULL) : 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t len)
{
    struct conn *c = parser->data;
    size_t offset;

    if (c->req->stage != STAGE_HEAD)
        return overhead(c, len, OBS_E_HEADERS_LARGE, "the trailer is too large");
    offset = offset_of(c, at);
    if (head_too_large(c, offset + len))
        return fail(c, OBS_E_HEADERS_LARGE, NULL);
    if (head_on_value(&c->req->head, offset, len) < 0)
        return fail(c, OBS_E_INVALID, "a header field is folded over several lines");
    return 0;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct conn *c = parser->data;
    struct obs_request *req = c->req;

    parser->upgrade = 0; /* no upgrade is offered: the request is an ordinary one */
    req->keep_alive = llhttp_should_keep_alive(parser);
    req->http10 = parser->http_major == 1 && parser->http_minor == 0;
    req->content_length = parser->content_length;
    req->has_body = (parser->flags & F_TRANSFER_ENCODING) || parser->content_length > 0;
    return req->has_body ? HPE_PAUSED : 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    struct conn *c = parser->data;
    struct obs_request *req = c->req;
    int rc;

    req->expects = false; /* the client did not wait to be asked */
    if (req->answer == ANSWER_DONE || req->in.ended)
        return 0;
    if (req->stage == STAGE_ANSWER) {
        c->span = obs_str_n(at, len);
        return HPE_PAUSED;
    }
    rc = body_gather(req, obs_str_n(at, len));
    return rc < 0 ? fail(c, rc, NULL) : 0;
}

static int on_chunk_extension(llhttp_t *parser, const char *at, size_t len)
{
    struct conn *c = parser->data;

    (void)at;
    return overhead(c, len + 1, OBS_E_INVALID, "the chunk extensions are too long");
}

static int on_message_complete(llhttp_t *parser)
{
    struct conn *c = parser->data;

    c->req->complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t parser_settings = {
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
    .on_chunk_extension_name = on_chunk_extension,
    .on_chunk_extension_value = on_chunk_extension,
};

void conn_parser_init(struct conn *c)
{
    /* llhttp takes the settings without const and only reads them */
    llhttp_init(&c->parser, HTTP_REQUEST, (llhttp_settings_t *)(uintptr_t)&parser_settings);
    c->parser.data = c;
}

/* --- errors --------------------------------------------------------------- */

static bool token_char(char ch)
{
    return (ch >= '0' && ch <= '9') || ((ch | 0x20) >= 'a' && (ch | 0x20) <= 'z') ||
           (ch != 0 && strchr("!#$%&'*+-.^_`|~", ch));
}

/* A word that could be a method is one that this server does not know; what
 * cannot is no HTTP. `head` ends with the byte that the parser tripped over. */
static int method_fault(const struct head *head, const char **ret_text)
{
    for (size_t i = 0; i < head->len; i++) {
        if (token_char(head->bytes[i]))
            continue;
        *ret_text = "malformed request line";
        return OBS_E_INVALID;
    }
    *ret_text = "method not implemented";
    return OBS_E_UNSUPPORTED;
}

/* "HTTP/2.0" is a version, if not ours; "HTTP/x" is not. */
static int version_fault(const struct head *head, const char **ret_text)
{
    const char *end = head->bytes + head->len;
    const char *p = head->bytes + head->target + head->target_len;

    while (p < end && *p == ' ')
        p++;
    p += end - p >= 5 ? 5 : end - p;
    for (; p < end && *p != '\r' && *p != '\n'; p++)
        if ((*p < '0' || *p > '9') && *p != '.') {
            *ret_text = "malformed HTTP version";
            return OBS_E_INVALID;
        }
    if (p < end && *p == '\n') {
        *ret_text = "the request line does not end with CRLF";
        return OBS_E_INVALID;
    }
    return OBS_E_HTTP_VERSION;
}

static int fault_of(struct conn *c, int err, const char **ret_text)
{
    *ret_text = NULL;
    switch (err) {
    case HPE_USER:
        *ret_text = c->fault_text;
        return c->fault;
    case HPE_PAUSED_H2_UPGRADE:
        return OBS_E_HTTP_VERSION;
    case HPE_INVALID_METHOD:
        return method_fault(&c->req->head, ret_text);
    case HPE_INVALID_VERSION:
        return version_fault(&c->req->head, ret_text);
    case HPE_INVALID_TRANSFER_ENCODING:
    case HPE_UNEXPECTED_CONTENT_LENGTH:
    case HPE_INVALID_CONTENT_LENGTH:
    case HPE_INVALID_CHUNK_SIZE:
        *ret_text = "the length of the body is stated wrongly or twice";
        return OBS_E_INVALID;
    default:
        *ret_text = "malformed request";
        return OBS_E_INVALID;
    }
}

/* --- the turn ------------------------------------------------------------- */

/* Empty lines before a request are ignored (RFC 9112 §2.2). */
static bool begin(struct conn *c)
{
    while (c->in < c->in_end && (*c->in == '\r' || *c->in == '\n'))
        c->in++;
    if (c->in == c->in_end)
        return false;
    c->head_at = c->in;
    c->req = request_open(c);
    if (!c->req)
        c->broken = -ENOMEM;
    return c->req;
}

/* The bytes of the head up to `end` move to the request, where they stay. */
static bool take_head(struct conn *c, const char *end)
{
    if (head_append(&c->req->head, c->head_at, (size_t)(end - c->head_at)) < 0) {
        c->broken = -ENOMEM;
        return false;
    }
    c->head_at = end;
    return true;
}

static void head_done(struct conn *c)
{
    const char *text = NULL;
    int rc;

    rc = request_head_complete(c->req, &text);
    if (rc < 0)
        conn_input_failed(c, rc, text);
    else
        c->req->stage = STAGE_ROUTE;
}

static void body_done(struct conn *c)
{
    int rc = body_gather_end(c->req);

    if (rc < 0)
        conn_input_failed(c, rc, "the compressed body is cut short");
    else
        c->req->stage = STAGE_HANDLE;
    c->worker->clock_ns = obs_clock_mono_ns();
}

bool conn_parse(struct conn *c)
{
    const char *end, *text;
    int err, fault;

    if (!c->req && !begin(c))
        return false;
    c->kick = false;
    if (!c->in)
        c->in = c->in_end = ""; /* only an event is left */
    err = (int)llhttp_execute(&c->parser, c->in, (size_t)(c->in_end - c->in));
    end = err == HPE_OK ? c->in_end : llhttp_get_error_pos(&c->parser);
    if (c->req->stage == STAGE_HEAD) {
        /* a refused byte belongs to what the refusal is judged by */
        const char *upto = err != HPE_OK && err != HPE_PAUSED && end < c->in_end ? end + 1 : end;

        if (!take_head(c, upto))
            return true;
    }
    if (err != HPE_OK && err != HPE_PAUSED) {
        fault = fault_of(c, err, &text);
        conn_input_failed(c, fault, text);
        return true;
    }
    c->in = end;
    if (err == HPE_OK)
        return true;
    llhttp_resume(&c->parser);
    c->kick = c->span.len > 0;
    if (c->req->stage == STAGE_HEAD)
        head_done(c);
    else if (c->req->complete && c->req->stage == STAGE_BODY)
        body_done(c);
    return true;
}
