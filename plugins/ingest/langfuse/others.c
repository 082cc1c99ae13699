/* SPDX-License-Identifier: Apache-2.0 */
/* What Langfuse's SDKs ask for besides: whether the server is there, and whose the
 * key is. Everything else of that API is not here, and says so. */
#include "job.h"

/* GET /api/public/health */
int handle_langfuse_health(obs_request *req, void *self)
{
    (void)self;
    return obs_respond(req, 200, "application/json",
                       (obs_str)OBS_STR("{\"status\":\"OK\",\"version\":\"" OBS_VERSION "\"}"));
}

/* GET /api/public/projects: where spans go that name no project, which those of
 * these SDKs never do. */
int handle_langfuse_projects(obs_request *req, void *self)
{
    const struct ingest *ingest = self;
    obs_buf *buf = obs_buf_new(obs_request_arena(req), /* limit_bytes= */ 0);
    obs_jw *jw = buf ? obs_jw_new(obs_request_arena(req), buf) : NULL;

    if (!jw)
        return OBS_E_NOMEM;
    obs_jw_object(jw);
    obs_jw_key(jw, "data");
    obs_jw_array(jw);
    obs_jw_object(jw);
    obs_jw_key(jw, "id");
    obs_jw_str(jw, ingest->project);
    obs_jw_key(jw, "name");
    obs_jw_str(jw, ingest->project);
    obs_jw_key(jw, "metadata");
    obs_jw_object(jw);
    obs_jw_end_object(jw);
    obs_jw_end_object(jw);
    obs_jw_end_array(jw);
    obs_jw_end_object(jw);
    return obs_respond_json(req, 200, buf);
}

/* Prompts, datasets, media and the rest. */
int handle_langfuse_other(obs_request *req, void *self)
{
    (void)self;
    return obs_respond_error(req, OBS_E_NOT_FOUND, /* field= */ NULL,
                             "of Langfuse's API only ingestion, otel/v1/traces, health and "
                             "projects are here; prompts, datasets and media are not");
}
