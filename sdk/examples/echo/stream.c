/* SPDX-License-Identifier: Apache-2.0 */
/* Body in, body out, with back-pressure: when the client does not read as fast
 * as it writes, obs_response_write() says OBS_PENDING, we stop reading, TCP
 * slows the sender down, and drained() goes on. Everything runs on the worker
 * of the request, and it is answered exactly once: `done` is for what still
 * arrives when the client has gone. */
#include "stream.h"

#include "length.h"

#include <stdbool.h>

/* One echo under way, in the request's arena. */
struct stream {
    const char *content_type;
    int64_t length_bytes; /* -1: unknown */
    bool begun;           /* the head of the answer is out */
    bool done;            /* answered */
};

static const char *content_type(obs_request *req)
{
    obs_str type = obs_request_header(req, "Content-Type");

    if (type.len == 0)
        return "application/octet-stream";
    return obs_arena_dup(obs_request_arena(req), type).ptr; /* NUL-terminated */
}

/* Until something is sent, a broken body can still be answered properly. */
static void finish(obs_request *req, struct stream *stream, int status)
{
    stream->done = true;
    if (stream->begun)
        obs_response_end(req, /* failed= */ status < 0);
    else if (status < 0)
        obs_respond_error(req, status, /* field= */ NULL, NULL);
    else
        obs_respond(req, 200, stream->content_type, obs_str_n(NULL, 0));
}

static void drained(obs_request *req, void *user)
{
    struct stream *stream = user;

    if (stream->done)
        return;
    if (obs_request_aborted(req))
        finish(req, stream, OBS_E_CLOSED);
    else
        obs_request_resume_body(req);
}

static void begin(obs_request *req, struct stream *stream)
{
    stream->begun = true;
    obs_response_on_drain(req, drained, stream);
    obs_response_begin(req, 200, stream->content_type, stream->length_bytes);
}

static void on_body(obs_request *req, int status, obs_str piece, void *user)
{
    struct stream *stream = user;
    int rc;

    if (stream->done)
        return;
    if (status != OBS_OK) {
        finish(req, stream, status);
        return;
    }
    if (!stream->begun)
        begin(req, stream);
    rc = obs_response_write(req, piece);
    if (rc == OBS_PENDING)
        obs_request_pause_body(req);
    else if (rc < 0)
        finish(req, stream, rc);
}

int stream_back(obs_request *req)
{
    struct stream *stream = obs_arena_calloc(obs_request_arena(req), 1, sizeof(*stream));

    if (!stream)
        return OBS_E_NOMEM;
    stream->content_type = content_type(req);
    if (!stream->content_type)
        return OBS_E_NOMEM;
    stream->length_bytes = length_of_body(obs_request_header(req, "Content-Length"),
                                          obs_request_header(req, "Transfer-Encoding"),
                                          obs_request_header(req, "Content-Encoding"));
    if (stream->length_bytes == 0 || obs_request_method(req) == OBS_HEAD)
        return obs_respond(req, 200, stream->content_type, obs_str_n(NULL, 0));
    obs_request_read_body(req, on_body, stream);
    return OBS_PENDING;
}
