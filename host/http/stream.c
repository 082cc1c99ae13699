/* SPDX-License-Identifier: Apache-2.0 */
/* Streamed answers: pieces as they come, in chunks, to a length, or until the
 * connection closes, with back-pressure from the client. */
#include "http/connection.h"
#include "http/phases.h"
#include "http/request.h"
#include "http/request_misuse.h"
#include "http/response.h"
#include "http/server.h"

#include <errno.h>
#include <stdlib.h>

static void choose_coding(obs_request *req, struct response_head *head)
{
    enum coding coding = (enum coding)response_coding(req, head->content_type, &head->vary);

    if (coding == CODING_IDENTITY)
        return;
    req->out.encoder = encoder_create(coding, (int)req->worker->settings.compress_level);
    if (req->out.encoder)
        head->coding = coding_name(coding);
}

int obs_response_begin(obs_request *req, int status, const char *content_type, int64_t length)
{
    struct response_head head = {
        .status = status, .content_type = obs_str_of(content_type), .length = length};

    REQUEST_CHECK(req);
    response_expect(req, ANSWER_NONE, __func__);
    req->answer = ANSWER_STREAM;
    if (!req->conn) /* it stays owed until obs_response_end() */
        return OBS_OK;
    phases_respond(req);
    req->out.length = length;
    req->out.no_body = response_bodiless(req, status);
    if (status == 204 || status == 304)
        head.length = -1;
    else if (length < 0 && content_type)
        choose_coding(req, &head);
    if (length < 0 && status != 204 && status != 304) {
        if (req->http10)
            req->out.close = true; /* the end of the connection is the end of the body */
        else
            req->out.chunked = head.chunked = true;
    }
    response_head(req, &head);
    conn_schedule(req->conn);
    return OBS_OK;
}

/* --- pieces --------------------------------------------------------------- */

void response_put(obs_request *req, const char *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    struct conn *c = req->conn;
    char size[18];
    size_t at = sizeof(size);
    size_t rest = len;

    req->out.sent += len;
    if (!req->out.chunked) {
        conn_put(c, bytes, len);
        return;
    }
    size[--at] = '\n';
    size[--at] = '\r';
    do {
        size[--at] = digits[rest & 15];
        rest >>= 4;
    } while (rest > 0);
    conn_put(c, size + at, sizeof(size) - at);
    conn_put(c, bytes, len);
    conn_put(c, "\r\n", 2);
}

static int sink(void *user, const char *bytes, size_t len)
{
    response_put(user, bytes, len);
    return OBS_OK;
}

void response_flush(obs_request *req)
{
    req->out.unflushed = false;
    if (req->out.encoder &&
        encoder_run(req->out.encoder, obs_str_n("", 0), ENCODE_FLUSH, sink, req) < 0)
        req->conn->broken = -ENOMEM;
}

int obs_response_write(obs_request *req, obs_str piece)
{
    struct conn *c;
    uint64_t high;

    REQUEST_CHECK(req);
    response_expect(req, ANSWER_STREAM, __func__);
    c = req->conn;
    high = req->worker->settings.send_high_water_bytes;
    if (!c || c->broken)
        return OBS_E_CLOSED;
    if (piece.len == 0)
        return OBS_OK;
    if (req->out.length >= 0 && req->out.written + piece.len > (uint64_t)req->out.length)
        request_misuse(req, __func__, "with more than the length that was announced",
                       "announce -1 where the length is not known");
    req->out.written += piece.len;
    if (req->out.no_body)
        return OBS_OK;
    if (!req->out.encoder) {
        response_put(req, piece.ptr, piece.len);
    } else {
        if (encoder_run(req->out.encoder, piece, ENCODE_MORE, sink, req) < 0) {
            c->broken = -ENOMEM;
            conn_schedule(c);
            return OBS_E_CLOSED;
        }
        req->out.unflushed = true;
    }
    conn_schedule(c);
    if (conn_pending_bytes(c) > high)
        (void)conn_flush(c); /* the socket may take it all */
    if (c->broken)
        return OBS_E_CLOSED;
    if (conn_pending_bytes(c) <= high)
        return OBS_OK;
    req->out.wants_drain = true;
    return OBS_PENDING;
}

void obs_response_on_drain(obs_request *req, void (*fn)(obs_request *req, void *user), void *user)
{
    REQUEST_CHECK(req);
    req->out.drain = fn;
    req->out.drain_user = user;
}

void obs_response_end(obs_request *req, int failed)
{
    struct outbound *out = &req->out;

    REQUEST_CHECK(req);
    response_expect(req, ANSWER_STREAM, __func__);
    out->drain = NULL;
    out->wants_drain = false;
    if (!req->conn) {
        req->answer = ANSWER_DONE;
        req->owed = req->hook_waits;
        request_settle(req);
        return;
    }
    if (!out->no_body && out->length >= 0 && out->written < (uint64_t)out->length)
        failed = 1;
    if (!failed && out->encoder &&
        encoder_run(out->encoder, obs_str_n("", 0), ENCODE_END, sink, req) < 0)
        failed = 1;
    out->unflushed = false;
    if (failed) {
        out->close = true;
        req->conn->reset = !out->chunked && out->length < 0; /* an end would look right */
    } else if (out->chunked && !out->no_body) {
        conn_put(req->conn, "0\r\n\r\n", 5);
    }
    response_done(req);
}
