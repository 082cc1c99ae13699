/* SPDX-License-Identifier: Apache-2.0 */
/* POST /api/public/ingestion: 207 with what became of each event, as Langfuse
 * answers. 201 is said of an event when its span or its score is durable. */
#include "job.h"
#include "langfuse.h"

#define REFUSED 400
#define TAKEN 201

static int decode(struct job *job)
{
    const struct ingest *ingest = job->ingest;
    struct langfuse_batch *batch = obs_arena_calloc(job->arena, 1, sizeof(*batch));
    struct otlp_batch spans = {
        .arena = job->arena,
        .max_parts = (uint32_t)ingest->config->max_message_parts,
    };
    int rc;

    if (!batch)
        return OBS_E_NOMEM;
    job->state = batch;
    batch->arena = job->arena;
    batch->max_events = (size_t)ingest->config->max_spans;
    rc = langfuse_decode(job->body, batch, &job->failure);
    job->n_replaced = batch->n_replaced;
    job->n_rejected = batch->n_refused;
    if (rc == OBS_OK)
        rc = langfuse_fold(batch);
    if (rc == OBS_OK)
        rc = langfuse_spans(batch, &spans);
    if (rc == OBS_OK)
        rc = map_batch(ingest->index, ingest->project, &spans, &job->mapped);
    return rc < 0 ? rc : langfuse_scores(batch, ingest->project, &job->mapped);
}

static void write_result(obs_jw *jw, const struct langfuse_result *result)
{
    obs_jw_object(jw);
    obs_jw_key(jw, "id");
    obs_jw_str(jw, result->id);
    obs_jw_key(jw, "status");
    obs_jw_int(jw, result->error.len ? REFUSED : TAKEN);
    if (result->error.len) {
        obs_jw_key(jw, "message");
        obs_jw_cstr(jw, "Invalid request data");
        obs_jw_key(jw, "error");
        obs_jw_str(jw, result->error);
    }
    obs_jw_end_object(jw);
}

static void write_results(obs_jw *jw, const struct langfuse_batch *batch, const char *name,
                          bool refused)
{
    obs_jw_key(jw, name);
    obs_jw_array(jw);
    for (size_t i = 0; i < batch->n_results; i++)
        if ((batch->results[i].error.len > 0) == refused)
            write_result(jw, &batch->results[i]);
    obs_jw_end_array(jw);
}

static void answer(struct job *job)
{
    obs_buf *buf = obs_buf_new(job->arena, /* limit_bytes= */ 0);
    obs_jw *jw = buf ? obs_jw_new(job->arena, buf) : NULL;

    if (!jw) {
        obs_respond_error(job->req, OBS_E_NOMEM, /* field= */ NULL, NULL);
        return;
    }
    obs_jw_object(jw);
    write_results(jw, job->state, "successes", /* refused= */ false);
    write_results(jw, job->state, "errors", /* refused= */ true);
    obs_jw_end_object(jw);
    obs_respond_json(job->req, 207, buf);
}

int handle_langfuse(obs_request *req, void *self)
{
    return job_run_json(self, req, PROTOCOL_LANGFUSE, ENCODING_LANGFUSE, decode, answer);
}
