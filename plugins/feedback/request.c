/* SPDX-License-Identifier: Apache-2.0 */
/* What handlers read from a request in the same way, and how their answers end. */
#include "feedback.h"
#include "hex_id.h"
#include "meta.h"
#include "scope.h"

int path_target(obs_request *req, uint8_t ret_trace_id[16], obs_str *ret_session_id)
{
    obs_str trace_id = obs_request_param(req, "trace_id");

    *ret_session_id = obs_request_param(req, "session_id");
    if (!trace_id.ptr || hex_trace_id(trace_id, ret_trace_id) == OBS_OK)
        return OBS_OK;
    (void)obs_respond_error(req, OBS_E_INVALID, "trace_id",
                            "trace_id: expected 32 hexadecimal digits, not all zero");
    return OBS_RESPONDED;
}

int request_scope(obs_request *req, obs_str *project, obs_scope *ret_scope)
{
    *project = obs_request_query(req, "project_id");
    *ret_scope = scope_of(req);
    if (!project->ptr || scope_narrow(ret_scope, project) == OBS_OK)
        return OBS_OK;
    (void)obs_respond_error(req, OBS_E_FORBIDDEN_PROJECT, "project_id", NULL);
    return OBS_RESPONDED;
}

void answer_json(obs_request *req, int status, obs_buf *buf, obs_jw *jw)
{
    meta_json(jw, req, "raw");
    obs_jw_end_object(jw);
    (void)obs_respond_json(req, status, buf);
}
