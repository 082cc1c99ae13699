/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to OTLP requests. */
#include "otlp_answer.h"
#include "media_type.h"

#define TYPE_PROTOBUF "application/x-protobuf"

/* --- protobuf answers ------------------------------------------------------ */

static char *put_varint(char *p, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *p++ = (char)(value | 0x80);
    *p++ = (char)value;
    return p;
}

/* Field 1 as varint, field 2 as text: google.rpc.Status {code, message} and
 * Export…PartialSuccess {rejected_…, error_message} look alike. */
static obs_str number_and_text(obs_arena *arena, uint64_t number, obs_str text)
{
    char *begin = obs_arena_alloc(arena, text.len + 32);
    char *p = begin;

    if (!begin)
        return obs_str_n(NULL, 0);
    *p++ = 1 << 3;
    p = put_varint(p, number);
    *p++ = 2 << 3 | 2;
    p = put_varint(p, text.len);
    if (text.len)
        memcpy(p, text.ptr, text.len);
    return obs_str_n(begin, (size_t)(p - begin) + text.len);
}

static obs_str partial_proto(struct job *job, size_t n_rejected, obs_str text)
{
    obs_str inner = number_and_text(job->arena, n_rejected, text);
    char *begin = inner.ptr ? obs_arena_alloc(job->arena, inner.len + 16) : NULL;
    char *p = begin;

    if (!begin)
        return obs_str_n(NULL, 0);
    *p++ = 1 << 3 | 2; /* Export…ServiceResponse.partial_success */
    p = put_varint(p, inner.len);
    memcpy(p, inner.ptr, inner.len);
    return obs_str_n(begin, (size_t)(p - begin) + inner.len);
}

/* The code of google.rpc.Code for an error. */
static uint64_t rpc_code(int error)
{
    switch (obs_error(error)->http_status) {
    case 400:
    case 415:
        return 3; /* INVALID_ARGUMENT */
    case 413:
    case 429:
        return 8; /* RESOURCE_EXHAUSTED */
    case 503:
        return 14; /* UNAVAILABLE */
    case 504:
        return 4; /* DEADLINE_EXCEEDED */
    default:
        return 13; /* INTERNAL */
    }
}

/* --- answers --------------------------------------------------------------- */

static void answer_json(struct job *job, const char *rejected_name, size_t n_rejected, obs_str text)
{
    obs_buf *buf = obs_buf_new(job->arena, /* limit_bytes= */ 0);
    obs_jw *jw = buf ? obs_jw_new(job->arena, buf) : NULL;

    if (!jw) {
        obs_respond_error(job->req, OBS_E_NOMEM, /* field= */ NULL, NULL);
        return;
    }
    obs_jw_object(jw);
    if (text.len) {
        obs_jw_key(jw, "partialSuccess");
        obs_jw_object(jw);
        obs_jw_key(jw, rejected_name); /* 64-bit numbers are strings in protobuf's JSON */
        obs_jw_str(jw, obs_arena_printf(job->arena, "%zu", n_rejected));
        obs_jw_key(jw, "errorMessage");
        obs_jw_str(jw, text);
        obs_jw_end_object(jw);
    }
    obs_jw_end_object(jw);
    obs_respond_json(job->req, 200, buf);
}

void otlp_answer(struct job *job, const char *rejected_name, size_t n_rejected, obs_str text)
{
    obs_str body = obs_str_n("", 0);

    if (job->encoding == ENCODING_JSON) {
        answer_json(job, rejected_name, n_rejected, text);
        return;
    }
    if (text.len)
        body = partial_proto(job, n_rejected, text);
    obs_respond(job->req, 200, TYPE_PROTOBUF, body);
}

void otlp_fail(struct job *job, int error)
{
    const obs_error_info *info = obs_error(error);
    obs_str text = obs_str_of(job->failure.text[0] ? job->failure.text : info->text);

    if (job->encoding == ENCODING_JSON) {
        obs_respond_error(job->req, error, /* field= */ NULL, "%.*s", OBS_STR_ARG(text));
        return;
    }
    obs_respond(job->req, info->http_status, TYPE_PROTOBUF,
                number_and_text(job->arena, rpc_code(error), text));
}

bool otlp_encoding(obs_request *req, enum ingest_encoding *ret)
{
    bool protobuf = request_is(req, TYPE_PROTOBUF) || request_is(req, "application/protobuf");

    *ret = protobuf ? ENCODING_PROTOBUF : ENCODING_JSON;
    return protobuf || request_is(req, "application/json");
}
