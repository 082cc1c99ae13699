/* SPDX-License-Identifier: Apache-2.0 */
/* The limit counts decoded bytes and is checked before more room is made, so a
 * bomb of any ratio costs at most the limit. */
#include "http/body.h"
#include "http/connection.h"
#include "http/request.h"
#include "http/request_misuse.h"
#include "http/response.h"
#include "http/server.h"
#include "runtime/blame.h"

#include <stdlib.h>

enum {
    GROW_BYTES = 4096,
    PIECE_BYTES = 32768,       /* decoded at a time for a streamed body */
    DIRECT_BYTES = 16384,      /* least room that is worth a read of its own */
    ANNOUNCED_BYTES = 1 << 20, /* announced length up to which room is made at once */
};

/* --- begin ---------------------------------------------------------------- */

static uint32_t mode(const obs_request *req)
{
    return req->endpoint ? req->endpoint->decl->body : OBS_BODY_IGNORE;
}

static bool make_room(struct inbound *in, size_t cap)
{
    char *more = realloc(in->ptr, cap);

    if (!more)
        return false;
    in->ptr = more;
    in->cap = cap;
    return true;
}

int body_begin(obs_request *req)
{
    enum coding coding = CODING_IDENTITY;

    if (mode(req) != OBS_BODY_IGNORE && !(req->endpoint->decl->flags & OBS_ROUTE_NO_DECODE)) {
        if (req->head.count[FIELD_CONTENT_ENCODING] > 1)
            return OBS_E_MEDIA_TYPE;
        coding = coding_of_content(head_known(&req->head, FIELD_CONTENT_ENCODING));
    }
    if (coding == CODING_UNKNOWN)
        return OBS_E_MEDIA_TYPE;
    /* a coded body longer than the limit cannot decode to less: it could, but
     * only by padding, and nobody needs that */
    if (req->content_length > request_body_limit(req))
        return OBS_E_TOO_LARGE;
    if (coding != CODING_IDENTITY) {
        req->in.decoder = decoder_create(coding);
        return req->in.decoder ? OBS_OK : OBS_E_NOMEM;
    }
    if (mode(req) == OBS_BODY_BUFFER && req->content_length > 0) {
        uint64_t cap = req->content_length;

        /* a client that only announces shall not make us reserve: the room for
         * more comes when the first megabyte has arrived */
        if (!make_room(&req->in, cap < ANNOUNCED_BYTES ? (size_t)cap : ANNOUNCED_BYTES))
            return OBS_E_NOMEM;
    }
    return OBS_OK;
}

/* --- gathering ------------------------------------------------------------ */

/* Room for at least one more byte, at most up to the limit and one byte, which
 * is how going over it is noticed. */
static int grow(obs_request *req, size_t want)
{
    struct inbound *in = &req->in;
    uint64_t limit = request_body_limit(req);
    uint64_t cap = (uint64_t)in->cap * 2;

    if (cap < GROW_BYTES)
        cap = GROW_BYTES;
    if (cap < in->len + want)
        cap = in->len + want;
    if (req->content_length > in->cap && !in->decoder)
        cap = req->content_length;
    if (cap > limit + 1)
        cap = limit + 1;
    if (cap <= in->len)
        return OBS_E_TOO_LARGE;
    return make_room(in, (size_t)cap) ? OBS_OK : OBS_E_NOMEM;
}

static int gather_plain(obs_request *req, obs_str bytes)
{
    struct inbound *in = &req->in;
    int rc;

    if (in->len + bytes.len > request_body_limit(req))
        return OBS_E_TOO_LARGE;
    if (in->ptr && bytes.ptr == in->ptr + in->len) { /* read to its place */
        in->len += bytes.len;
        return OBS_OK;
    }
    if (in->cap - in->len < bytes.len) {
        rc = grow(req, bytes.len);
        if (rc < 0)
            return rc;
    }
    memcpy(in->ptr + in->len, bytes.ptr, bytes.len);
    in->len += bytes.len;
    return OBS_OK;
}

static int gather_decoded(obs_request *req, obs_str bytes)
{
    struct inbound *in = &req->in;
    size_t len, room;
    int rc;

    do {
        if (in->len == in->cap) {
            rc = grow(req, 1);
            if (rc < 0)
                return rc;
        }
        room = in->cap - in->len;
        rc = decoder_step(in->decoder, &bytes, in->ptr + in->len, room, &len);
        if (rc < 0)
            return rc;
        in->len += len;
        if (in->len > request_body_limit(req))
            return OBS_E_TOO_LARGE;
    } while (bytes.len > 0 || len == room);
    return OBS_OK;
}

int body_gather(obs_request *req, obs_str bytes)
{
    if (mode(req) == OBS_BODY_BUFFER)
        return req->in.decoder ? gather_decoded(req, bytes) : gather_plain(req, bytes);
    req->in.seen += bytes.len;
    return req->in.seen > request_body_limit(req) ? OBS_E_TOO_LARGE : OBS_OK;
}

int body_gather_end(obs_request *req)
{
    if (req->in.decoder && !decoder_complete(req->in.decoder))
        return OBS_E_SYNTAX;
    return OBS_OK;
}

bool body_direct(obs_request *req, char **ret_ptr, size_t *ret_room)
{
    struct inbound *in = &req->in;
    uint64_t left = req->content_length - in->len;

    if (req->stage != STAGE_BODY || mode(req) != OBS_BODY_BUFFER || in->decoder ||
        req->content_length < in->len)
        return false;
    if (in->cap == in->len && left > 0 && grow(req, 1) < 0)
        return false;
    if (left > in->cap - in->len)
        left = in->cap - in->len;
    if (left < DIRECT_BYTES)
        return false;
    *ret_ptr = in->ptr + in->len;
    *ret_room = (size_t)left;
    return true;
}

/* --- streaming ------------------------------------------------------------ */

bool body_wanted(const obs_request *req)
{
    return req->in.fn && !req->in.paused && !req->in.ended;
}

static void call_reader(obs_request *req, int status, obs_str piece)
{
    struct blame outer = blame_enter(req->running, CALLBACK_BODY);

    req->in.fn(req, status, piece, req->in.user);
    blame_leave(outer);
}

void obs_request_read_body(obs_request *req, obs_body_fn fn, void *user)
{
    REQUEST_CHECK(req);
    if (req->in.fn)
        return;
    req->in.fn = fn;
    req->in.user = user;
    if (!req->conn) {
        body_finish(req, OBS_E_CLOSED);
        return;
    }
    if (mode(req) != OBS_BODY_STREAM) { /* it was gathered or dropped before */
        req->in.ended = true;
        call_reader(req, OBS_BODY_END, obs_str_n(NULL, 0));
        return;
    }
    if (!req->complete)
        response_continue(req);
    conn_schedule(req->conn);
}

void body_finish(obs_request *req, int status)
{
    req->in.ended = true;
    call_reader(req, status, obs_str_n(NULL, 0));
}

static void deliver_error(obs_request *req, int error)
{
    struct conn *c = req->conn;

    req->keep_alive = false;
    req->out.close = true;
    c->deaf = true;
    c->in = c->in_end;
    c->span = obs_str_n(NULL, 0);
    c->kick = false;
    body_finish(req, error);
}

static void deliver_piece(obs_request *req, obs_str piece)
{
    req->in.seen += piece.len;
    if (req->in.seen > request_body_limit(req)) {
        deliver_error(req, OBS_E_TOO_LARGE);
        return;
    }
    call_reader(req, OBS_OK, piece);
}

static void deliver_decoded(obs_request *req)
{
    struct conn *c = req->conn;
    struct inbound *in = &req->in;
    size_t len;
    int rc;

    if (!in->ptr && !make_room(in, PIECE_BYTES)) {
        deliver_error(req, OBS_E_NOMEM);
        return;
    }
    rc = decoder_step(in->decoder, &c->span, in->ptr, in->cap, &len);
    /* a full piece may have more behind it that needs no input: in->len says so */
    in->len = rc == OBS_OK && len == in->cap;
    if (rc < 0)
        deliver_error(req, rc);
    else if (len > 0)
        deliver_piece(req, obs_str_n(in->ptr, len));
}

bool body_has_more(const obs_request *req)
{
    return req->conn->span.len > 0 || (req->in.decoder && req->in.len > 0);
}

void body_deliver(obs_request *req)
{
    struct conn *c = req->conn;
    obs_str piece = c->span;

    if (req->in.decoder) {
        deliver_decoded(req);
        return;
    }
    c->span = obs_str_n(NULL, 0);
    deliver_piece(req, piece);
}

void body_free(obs_request *req)
{
    free(req->in.ptr);
    decoder_destroy(req->in.decoder);
    req->in.ptr = NULL;
    req->in.decoder = NULL;
}
