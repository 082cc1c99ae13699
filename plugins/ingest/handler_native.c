/* SPDX-License-Identifier: Apache-2.0 */
/* POST /api/v1/traces: spans in the API's own names. 200 when anything was
 * stored (or nothing was sent), with the refused items by index; 400 with the
 * first complaint when no item was acceptable. */
#include "job.h"

static void write_error(obs_jw *jw, const struct native_error *e)
{
    obs_jw_object(jw);
    obs_jw_key(jw, "index");
    obs_jw_uint(jw, e->index);
    obs_jw_key(jw, "field");
    if (e->unknown.ptr)
        obs_jw_str(jw, e->unknown);
    else
        obs_jw_cstr(jw, e->field);
    obs_jw_key(jw, "code");
    obs_jw_int(jw, obs_error(e->error)->api_code);
    obs_jw_key(jw, "error_code");
    obs_jw_cstr(jw, obs_error(e->error)->name);
    obs_jw_key(jw, "message");
    obs_jw_cstr(jw, e->text);
    obs_jw_end_object(jw);
}

static void write_data(obs_jw *jw, const struct job *job)
{
    const struct native_batch *batch = &job->native;

    obs_jw_key(jw, "data");
    obs_jw_object(jw);
    obs_jw_key(jw, "accepted");
    obs_jw_uint(jw, batch->n_spans);
    obs_jw_key(jw, "rejected");
    obs_jw_uint(jw, batch->n_rejected);
    obs_jw_key(jw, "repeated");
    obs_jw_uint(jw, job->n_repeated);
    obs_jw_key(jw, "errors");
    obs_jw_array(jw);
    for (size_t i = 0; i < batch->n_errors; i++)
        write_error(jw, &batch->errors[i]);
    obs_jw_end_array(jw);
    obs_jw_end_object(jw);
}

static void write_meta(obs_jw *jw, obs_request *req)
{
    obs_jw_key(jw, "meta");
    obs_jw_object(jw);
    obs_jw_key(jw, "request_id");
    obs_jw_str(jw, obs_request_id(req));
    obs_jw_key(jw, "timestamp");
    obs_jw_time(jw, obs_clock_wall_ns());
    obs_jw_key(jw, "execution_time_ms");
    obs_jw_fixed(jw, obs_request_age_ns(req) / 1000, /* decimals= */ 3);
    obs_jw_end_object(jw);
}

/* Nothing was acceptable: the first complaint is the answer. */
static void refuse_all(struct job *job)
{
    const struct native_error *e = &job->native.errors[0];
    obs_str field = e->unknown.ptr ? obs_arena_dup(job->arena, e->unknown) : obs_str_of(e->field);

    obs_respond_error(job->req, e->error, field.ptr, "no span was accepted; item %zu: %s", e->index,
                      e->text);
}

static int decode(struct job *job)
{
    struct native_batch *batch = &job->native;
    int rc;

    *batch = (struct native_batch){
        .arena = job->arena,
        .max_spans = NATIVE_MAX_ITEMS,
        .project = job->ingest->project,
    };
    rc = native_json_decode(job->body, batch, &job->failure);
    job->mapped = (struct mapped){
        .spans = batch->spans,
        .n_spans = batch->n_spans,
        .n_rejected = batch->n_rejected,
    };
    job->n_rejected = batch->n_rejected;
    return rc;
}

static void answer(struct job *job)
{
    obs_buf *buf;
    obs_jw *jw;

    if (job->native.n_items && job->native.n_rejected == job->native.n_items &&
        job->native.n_errors) {
        refuse_all(job);
        return;
    }
    buf = obs_buf_new(job->arena, /* limit_bytes= */ 0);
    jw = buf ? obs_jw_new(job->arena, buf) : NULL;
    if (!jw) {
        obs_respond_error(job->req, OBS_E_NOMEM, /* field= */ NULL, NULL);
        return;
    }
    obs_jw_object(jw);
    write_data(jw, job);
    write_meta(jw, job->req);
    obs_jw_end_object(jw);
    obs_respond_json(job->req, 200, buf);
}

int handle_native(obs_request *req, void *self)
{
    return job_run_json(self, req, PROTOCOL_NATIVE, ENCODING_NATIVE, decode, answer);
}
