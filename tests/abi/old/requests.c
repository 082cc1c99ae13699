/* SPDX-License-Identifier: Apache-2.0 */
/* The request as the host shows it, bodies whole and streamed, errors. */
#include "client.h"

static int write_pair(obs_str name, obs_str value, void *user)
{
    obs_jw_key_str(user, name);
    obs_jw_str(user, value);
    return 0;
}

static void write_head(obs_request *req, struct answer *answer)
{
    answer_uint(answer, "method", obs_request_method(req));
    answer_text(answer, "method_name", obs_request_method_name(req));
    answer_text(answer, "path", obs_request_path(req));
    answer_text(answer, "target", obs_request_target(req));
    answer_text(answer, "route", obs_request_route(req));
    answer_text(answer, "declared", obs_str_of(obs_request_route_decl(req)->path));
    answer_text(answer, "name", obs_request_param(req, "name"));
    answer_text(answer, "color", obs_request_query(req, "color"));
    answer_text(answer, "x_test", obs_request_header(req, "X-Test"));
    answer_text(answer, "id", obs_request_id(req));
    answer_text(answer, "traceparent", obs_request_traceparent(req));
    answer_text(answer, "peer", obs_request_peer(req));
}

int request_show(obs_request *req, void *self)
{
    struct answer answer;
    int rc = answer_begin(req, &answer);

    (void)self;
    if (rc < 0)
        return rc;
    write_head(req, &answer);
    obs_jw_key(answer.jw, "query");
    obs_jw_object(answer.jw);
    obs_request_each_query(req, write_pair, answer.jw);
    obs_jw_end_object(answer.jw);
    obs_jw_key(answer.jw, "headers");
    obs_jw_object(answer.jw);
    obs_request_each_header(req, write_pair, answer.jw);
    obs_jw_end_object(answer.jw);
    obs_jw_key(answer.jw, "time");
    obs_jw_time(answer.jw, obs_request_time_ns(req));
    obs_jw_key(answer.jw, "age_ns");
    obs_jw_int(answer.jw, obs_request_age_ns(req));
    obs_jw_key(answer.jw, "aborted");
    obs_jw_bool(answer.jw, obs_request_aborted(req));
    return answer_end(req, &answer);
}

static void write_json(obs_jw *jw, const obs_json *value);

static int write_member(obs_str key, const obs_json *value, void *user)
{
    obs_jw_key_str(user, key);
    write_json(user, value);
    return 0;
}

static void write_json(obs_jw *jw, const obs_json *value)
{
    switch (obs_json_type(value)) {
    case OBS_JSON_BOOL:
        obs_jw_bool(jw, obs_json_bool(value));
        break;
    case OBS_JSON_INT:
        obs_jw_int(jw, obs_json_int(value));
        break;
    case OBS_JSON_REAL:
        obs_jw_double(jw, obs_json_double(value));
        break;
    case OBS_JSON_STRING:
        obs_jw_str(jw, obs_json_str(value));
        break;
    case OBS_JSON_ARRAY:
        obs_jw_array(jw);
        for (size_t i = 0; i < obs_json_count(value); i++)
            write_json(jw, obs_json_at(value, i));
        obs_jw_end_array(jw);
        break;
    case OBS_JSON_OBJECT:
        obs_jw_object(jw);
        obs_json_each(value, write_member, jw);
        obs_jw_end_object(jw);
        break;
    default:
        obs_jw_null(jw);
    }
}

int request_json(obs_request *req, void *self)
{
    const obs_json *value = NULL;
    obs_json_error error = {.size = sizeof(error)};
    struct answer answer;
    int rc = obs_json_parse(obs_request_arena(req), obs_request_body(req), &value, &error);

    (void)self;
    if (rc == OBS_E_SYNTAX)
        return obs_respond_error(req, rc, "body", "line %u, column %u, byte %llu: %s", error.line,
                                 error.column, (unsigned long long)error.offset, error.text);
    if (rc == OBS_OK)
        rc = answer_begin(req, &answer);
    if (rc < 0)
        return rc;
    obs_jw_key(answer.jw, "body");
    write_json(answer.jw, value);
    obs_jw_key(answer.jw, "raw");
    obs_jw_raw(answer.jw, obs_request_body(req));
    obs_jw_key(answer.jw, "first");
    obs_jw_hex(answer.jw, (const uint8_t *)obs_request_body(req).ptr, 1);
    return answer_end(req, &answer);
}

static void drained(obs_request *req, void *user)
{
    (void)user;
    obs_request_resume_body(req);
}

static void on_body(obs_request *req, int status, obs_str piece, void *user)
{
    (void)user;
    if (status != OBS_OK)
        obs_response_end(req, /* failed= */ status < 0);
    else if (obs_response_write(req, piece) == OBS_PENDING)
        obs_request_pause_body(req);
}

int request_stream(obs_request *req, void *self)
{
    (void)self;
    obs_response_on_drain(req, drained, /* user= */ NULL);
    obs_response_header(req, "X-Streamed", obs_str_of("yes"));
    obs_response_begin(req, 200, "application/octet-stream", /* length= */ -1);
    obs_request_read_body(req, on_body, /* user= */ NULL);
    return OBS_PENDING;
}

int request_error(obs_request *req, void *self)
{
    (void)self;
    return obs_respond_error(req, OBS_E_CONFLICT, "old", "%s stands in the way of %d", "this", 42);
}
