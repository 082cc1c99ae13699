/* SPDX-License-Identifier: Apache-2.0 */
/* One ingest request on its way: decode and map (off the loop when the body is
 * large), store, answer after the commit. The job and everything its spans
 * point to live in an arena of its own, which ends with the request. */
#ifndef INGEST_JOB_H
#define INGEST_JOB_H

#include "ingest.h"
#include "native_json.h"

struct job {
    const struct ingest *ingest;
    obs_request *req;
    obs_arena *arena;
    obs_str body;
    enum ingest_protocol protocol;
    enum ingest_encoding encoding;
    int (*decode)(struct job *job);           /* fills `mapped`; on the worker or on the pool */
    void (*answer)(struct job *job);          /* the spans are stored, or there were none */
    void (*fail)(struct job *job, int error); /* `error` is described in failure.text, or not */

    int rc; /* of decoding and mapping */
    struct decode_error failure;
    struct mapped mapped;       /* the spans to store */
    struct native_batch native; /* PROTOCOL_NATIVE: item errors */
    void *state;                /* between decode() and answer() of other protocols */
    size_t n_rejected;          /* items of the request, spans or not */
    uint64_t n_replaced;
    uint64_t n_stored;
    uint64_t n_repeated;
    uint64_t n_merged;
    uint64_t n_waiting;
};

/* Makes a job, without its functions, for `req`; NULL when out of memory. */
struct job *job_new(const struct ingest *ingest, obs_request *req, enum ingest_protocol protocol,
                    enum ingest_encoding encoding);

/* Runs it; what a handler returns. decode() describes its error in `failure`, or
 * leaves that empty. answer() or fail() is called exactly once,
 * at once or later on the same worker. */
int job_run(struct job *job);

/* Makes and runs a job for a body of JSON whose errors are answered as the API's
 * own; what a handler returns. */
int job_run_json(const struct ingest *ingest, obs_request *req, enum ingest_protocol protocol,
                 enum ingest_encoding encoding, int (*decode)(struct job *job),
                 void (*answer)(struct job *job));

/* Counts the request's outcome. */
void job_count(const struct job *job, enum ingest_outcome outcome);

/* The outcome that `error` means, and whether a client should come again. */
enum ingest_outcome job_outcome_of(int error);

/* Adds Retry-After when `error` passes by itself. */
void job_retry_after(obs_request *req, int error);

/* The handlers. Thread: [worker]. */
int handle_traces(obs_request *req, void *self);
int handle_logs(obs_request *req, void *self);
int handle_metrics(obs_request *req, void *self);
int handle_native(obs_request *req, void *self);
int handle_langfuse(obs_request *req, void *self);
int handle_langfuse_health(obs_request *req, void *self);
int handle_langfuse_projects(obs_request *req, void *self);
int handle_langfuse_other(obs_request *req, void *self);

#endif
