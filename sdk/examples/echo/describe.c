/* SPDX-License-Identifier: Apache-2.0 */
/* The parsed request as JSON: method, target, path, query and header pairs in
 * their order, body. Lists of pairs, because both may repeat a name. */
#include "describe.h"

#include "payload.h"

static int write_pair(obs_str name, obs_str value, void *user)
{
    obs_jw *jw = user;

    obs_jw_array(jw);
    obs_jw_str(jw, name);
    obs_jw_str(jw, value);
    obs_jw_end_array(jw);
    return 0;
}

static int write_request(obs_request *req, obs_str body, obs_buf *out)
{
    obs_arena *arena = obs_request_arena(req);
    obs_jw *jw = obs_jw_new(arena, out);
    int rc;

    if (!jw)
        return OBS_E_NOMEM;
    obs_jw_object(jw);
    obs_jw_key(jw, "method");
    obs_jw_str(jw, obs_request_method_name(req));
    obs_jw_key(jw, "target");
    obs_jw_str(jw, obs_request_target(req));
    obs_jw_key(jw, "path");
    obs_jw_str(jw, obs_request_path(req));
    obs_jw_key(jw, "query");
    obs_jw_array(jw);
    obs_request_each_query(req, write_pair, jw);
    obs_jw_end_array(jw);
    obs_jw_key(jw, "headers");
    obs_jw_array(jw);
    obs_request_each_header(req, write_pair, jw);
    obs_jw_end_array(jw);
    rc = payload_write(arena, jw, body);
    obs_jw_end_object(jw);
    return rc < 0 ? rc : obs_buf_error(out);
}

static void answer(obs_request *req, obs_str body)
{
    obs_buf *out = obs_buf_new(obs_request_arena(req), /* limit_bytes= */ 0);
    int rc = out ? write_request(req, body, out) : OBS_E_NOMEM;

    if (rc < 0)
        obs_respond_error(req, rc, /* field= */ NULL, NULL);
    else
        obs_respond_json(req, 200, out);
}

static void on_body(obs_request *req, int status, obs_str piece, void *user)
{
    obs_buf *body = user;

    if (status == OBS_OK) {
        obs_buf_append(body, piece.ptr, piece.len);
        return; /* past the limit it keeps the error, and we read on to the end */
    }
    if (status == OBS_BODY_END)
        status = obs_buf_error(body);
    if (status == OBS_E_TOO_LARGE)
        obs_respond_error(req, status, /* field= */ NULL, "the body is too large for as=json");
    else if (status < 0)
        obs_respond_error(req, status, /* field= */ NULL, NULL);
    else
        answer(req, obs_buf_str(body));
}

int describe_back(obs_request *req, uint64_t limit_bytes)
{
    obs_buf *body = obs_buf_new(obs_request_arena(req), (size_t)limit_bytes);

    if (!body)
        return OBS_E_NOMEM;
    obs_request_read_body(req, on_body, body);
    return OBS_PENDING;
}
