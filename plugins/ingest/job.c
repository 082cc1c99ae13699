/* SPDX-License-Identifier: Apache-2.0 */
/* The stages of an ingest request. Between them the request is pending, so it
 * and the job stay valid even when the client goes away. */
#include "job.h"
#include "job_arena.h"
#include "media_type.h"
#include "merge.h"

struct job *job_new(const struct ingest *ingest, obs_request *req, enum ingest_protocol protocol,
                    enum ingest_encoding encoding)
{
    obs_arena *arena = job_arena(req, (size_t)ingest->config->max_job_bytes);
    struct job *job = arena ? obs_arena_calloc(arena, 1, sizeof(*job)) : NULL;

    if (!job)
        return NULL;
    job->ingest = ingest;
    job->req = req;
    job->arena = arena;
    job->body = obs_request_body(req);
    job->protocol = protocol;
    job->encoding = encoding;
    return job;
}

/* --- answers --------------------------------------------------------------- */

void job_count(const struct job *job, enum ingest_outcome outcome)
{
    obs_series_add(job->ingest->metrics.requests[job->protocol][outcome], 1);
}

enum ingest_outcome job_outcome_of(int error)
{
    switch (error) {
    case OBS_E_BUSY:
    case OBS_E_CLOSED:
        return OUTCOME_BUSY;
    case OBS_E_SYNTAX:
    case OBS_E_TOO_LARGE:
    case OBS_E_MEDIA_TYPE:
    case OBS_E_INVALID:
        return OUTCOME_INVALID;
    default:
        return OUTCOME_FAILED;
    }
}

void job_retry_after(obs_request *req, int error)
{
    int status = obs_error(error)->http_status;

    if (status == 503 || status == 429)
        obs_response_header(req, "Retry-After", obs_str_of(error == OBS_E_STORE_FULL ? "30" : "1"));
}

static void failed(struct job *job, int error)
{
    job_count(job, job_outcome_of(error));
    job_retry_after(job->req, error);
    job->fail(job, error);
}

static void answered(struct job *job)
{
    const struct ingest_metrics *m = &job->ingest->metrics;

    obs_series_add(m->stored, (double)job->n_stored);
    obs_series_add(m->repeated, (double)job->n_repeated);
    obs_series_add(m->merged, (double)job->n_merged);
    obs_series_add(m->waiting, (double)job->n_waiting);
    obs_series_add(m->rejected, (double)job->mapped.n_rejected);
    if (job->n_rejected == 0)
        job_count(job, OUTCOME_OK);
    else if (job->protocol == PROTOCOL_NATIVE && !job->mapped.n_spans)
        job_count(job, OUTCOME_INVALID); /* it answers 400 when nothing was acceptable */
    else
        job_count(job, OUTCOME_PARTIAL);
    job->answer(job);
}

/* --- stages ---------------------------------------------------------------- */

/* On the worker, after its commit. */
static void feedback_stored(const obs_append_result *result, void *user)
{
    struct job *job = user;

    feedback_count(&job->ingest->metrics.feedback, job->mapped.feedback, job->mapped.n_feedback,
                   result->error < 0 ? FEEDBACK_FAILED : FEEDBACK_STORED);
    if (result->error < 0)
        failed(job, result->error);
    else
        answered(job);
}

/* After the spans, so that who fails here and comes again repeats both: neither is
 * stored twice. */
static void store_feedback(struct job *job)
{
    const struct ingest *ingest = job->ingest;
    const struct mapped *mapped = &job->mapped;
    const obs_scope everything = {.size = sizeof(everything), .all = 1};
    int rc;

    if (mapped->n_feedback == 0) {
        answered(job);
        return;
    }
    rc =
        ingest->store->feedback_put(ingest->store_self, &everything, mapped->feedback,
                                    mapped->n_feedback, obs_worker_current(), feedback_stored, job);
    if (rc < 0)
        feedback_stored(&(obs_append_result){.size = sizeof(obs_append_result), .error = rc}, job);
}

/* On the worker, after the commit. */
static void appended(const obs_append_result *result, void *user)
{
    struct job *job = user;

    if (result->error < 0) {
        failed(job, result->error);
        return;
    }
    job->n_stored = result->n_stored;
    job->n_repeated = result->n_repeated;
    job->n_merged = result->n_merged;
    job->n_waiting = result->n_waiting;
    store_feedback(job);
}

/* On a thread of the store. */
static int merge(const obs_span *stored, const obs_span *added, obs_arena *arena,
                 obs_span *ret_span, void *user)
{
    const struct job *job = user;

    return span_merge(stored, added, arena, ret_span, job->ingest);
}

/* On the worker, after decoding. */
static void store(void *arg)
{
    struct job *job = arg;
    const struct ingest *ingest = job->ingest;
    const obs_scope everything = {.size = sizeof(everything), .all = 1};
    int rc = job->rc;

    if (job->n_replaced)
        obs_series_add(ingest->metrics.replaced, (double)job->n_replaced);
    if (rc == OBS_OK && job->mapped.n_spans == 0) {
        store_feedback(job);
        return;
    }
    if (rc == OBS_OK)
        rc = ingest->store->append(ingest->store_self, &everything, job->mapped.spans,
                                   job->mapped.n_spans, merge, obs_worker_current(), appended, job);
    if (rc < 0)
        failed(job, rc);
}

/* On the worker or on the pool. A fragment has its price when it is merged. */
static void decode(void *arg)
{
    struct job *job = arg;

    job->rc = job->decode(job);
    for (size_t i = 0; job->rc == OBS_OK && i < job->mapped.n_spans; i++)
        if (!(job->mapped.spans[i].flags & OBS_SPAN_FRAGMENT))
            job->rc = ingest_price(job->ingest, &job->mapped.spans[i], job->arena);
}

int job_run(struct job *job)
{
    int rc;

    obs_series_add(job->ingest->metrics.bytes[job->encoding], (double)job->body.len);
    if (job->body.len <= job->ingest->config->inline_bytes) {
        decode(job);
        store(job);
        return OBS_PENDING;
    }
    rc = obs_offload(job->ingest->instance, decode, store, job);
    if (rc < 0)
        failed(job, rc);
    return OBS_PENDING;
}

static void fail_json(struct job *job, int error)
{
    const char *text = job->failure.text[0] ? job->failure.text : obs_error(error)->text;

    obs_respond_error(job->req, error, /* field= */ NULL, "%s", text);
}

int job_run_json(const struct ingest *ingest, obs_request *req, enum ingest_protocol protocol,
                 enum ingest_encoding encoding, int (*decode_body)(struct job *job),
                 void (*answer)(struct job *job))
{
    struct job *job;

    if (!request_is(req, "application/json"))
        return obs_respond_error(req, OBS_E_MEDIA_TYPE, "Content-Type",
                                 "expected application/json");
    job = job_new(ingest, req, protocol, encoding);
    if (!job)
        return OBS_E_NOMEM;
    job->decode = decode_body;
    job->answer = answer;
    job->fail = fail_json;
    return job_run(job);
}
