/* SPDX-License-Identifier: Apache-2.0 */
/* POST /v1/traces, /v1/logs, /v1/metrics after the OTLP/HTTP specification. Spans
 * are stored; of log records those that tell of a span are joined to it; metrics
 * are counted. What is refused is said in a partial success, and what is not kept
 * in its message, which is a warning when nothing was refused. */
#include "otlp_answer.h"
#include "otlp_metrics.h"
#include "records.h"

struct signal {
    enum ingest_protocol protocol;
    int (*decode)(struct job *job);
    void (*answer)(struct job *job);
};

static int handle(obs_request *req, void *self, const struct signal *signal)
{
    enum ingest_encoding encoding;
    struct job *job;

    if (!otlp_encoding(req, &encoding))
        return obs_respond_error(req, OBS_E_MEDIA_TYPE, "Content-Type",
                                 "expected application/x-protobuf or application/json");
    job = job_new(self, req, signal->protocol, encoding);
    if (!job)
        return OBS_E_NOMEM;
    job->decode = signal->decode;
    job->answer = signal->answer;
    job->fail = otlp_fail;
    return job_run(job);
}

/* --- traces ---------------------------------------------------------------- */

static int decode_traces(struct job *job)
{
    const struct ingest *ingest = job->ingest;
    struct otlp_batch batch = {
        .arena = job->arena,
        .max_spans = (size_t)ingest->config->max_spans,
        .max_parts = (uint32_t)ingest->config->max_message_parts,
    };
    int rc;

    rc = job->encoding == ENCODING_PROTOBUF ? otlp_proto_decode(job->body, &batch, &job->failure)
                                            : otlp_json_decode(job->body, &batch, &job->failure);
    job->n_replaced = batch.n_replaced;
    if (rc < 0)
        return rc;
    rc = map_batch(ingest->index, ingest->project, &batch, &job->mapped);
    job->n_rejected = job->mapped.n_rejected;
    return rc;
}

static void answer_traces(struct job *job)
{
    const struct mapped *mapped = &job->mapped;
    obs_str text = obs_str_n("", 0);

    if (mapped->n_rejected)
        text = map_reject_text(job->arena, mapped->rejects, "spans",
                               mapped->n_spans + mapped->n_rejected);
    otlp_answer(job, "rejectedSpans", mapped->n_rejected, text);
}

int handle_traces(obs_request *req, void *self)
{
    return handle(req, self, &(struct signal){PROTOCOL_OTLP, decode_traces, answer_traces});
}

/* --- logs ------------------------------------------------------------------ */

static int decode_logs(struct job *job)
{
    const struct ingest_config *config = job->ingest->config;
    struct records *records = obs_arena_calloc(job->arena, 1, sizeof(*records));
    struct otlp_logs logs = {.arena = job->arena, .max_records = (size_t)config->max_spans};
    int rc = OBS_E_NOMEM;

    if (!records)
        return rc;
    job->state = records;
    rc = job->encoding == ENCODING_PROTOBUF
             ? otlp_logs_proto_decode(job->body, &logs, &job->failure)
             : otlp_logs_json_decode(job->body, &logs, &job->failure);
    job->n_replaced = logs.n_replaced;
    if (rc < 0)
        return rc;
    rc = records_map(job->ingest->index, job->ingest->project, (uint32_t)config->max_message_parts,
                     &logs, &job->mapped, records);
    job->n_rejected = records->n_rejected;
    return rc;
}

static void answer_logs(struct job *job)
{
    const struct ingest_metrics *m = &job->ingest->metrics;
    const struct records *records = job->state;

    obs_series_add(m->records_joined, (double)records->n_joined);
    obs_series_add(m->records_feedback, (double)records->n_feedback);
    obs_series_add(m->records_rejected, (double)records->n_rejected);
    obs_series_add(m->records_discarded, (double)records->n_discarded);
    otlp_answer(job, "rejectedLogRecords", records->n_rejected, records_text(job->arena, records));
}

int handle_logs(obs_request *req, void *self)
{
    return handle(req, self, &(struct signal){PROTOCOL_OTLP_LOGS, decode_logs, answer_logs});
}

/* --- metrics --------------------------------------------------------------- */

static int decode_metrics(struct job *job)
{
    struct otlp_metrics *metrics = obs_arena_calloc(job->arena, 1, sizeof(*metrics));
    int rc;

    if (!metrics)
        return OBS_E_NOMEM;
    job->state = metrics;
    metrics->arena = job->arena;
    rc = job->encoding == ENCODING_PROTOBUF
             ? otlp_metrics_proto_read(job->body, metrics, &job->failure)
             : otlp_metrics_json_read(job->body, metrics, &job->failure);
    job->n_replaced = metrics->n_replaced;
    return rc;
}

static void answer_metrics(struct job *job)
{
    const struct otlp_metrics *metrics = job->state;
    obs_str text = obs_str_n("", 0);

    obs_series_add(job->ingest->metrics.points_genai, (double)metrics->n_genai);
    obs_series_add(job->ingest->metrics.points_other, (double)metrics->n_other);
    if (metrics->n_other)
        text = obs_arena_printf(job->arena,
                                "%llu data points discarded: metrics are not kept, what they say "
                                "of model calls is reckoned from spans",
                                (unsigned long long)metrics->n_other);
    otlp_answer(job, "rejectedDataPoints", /* n_rejected= */ 0, text);
}

int handle_metrics(obs_request *req, void *self)
{
    return handle(req, self,
                  &(struct signal){PROTOCOL_OTLP_METRICS, decode_metrics, answer_metrics});
}
