/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of each span of an append. */
#include "append.h"

#include <stdlib.h>

struct append {
    struct write_job job; /* first: a write_job is cast to an append */
    const obs_span *spans;
    size_t n;
    obs_merge_fn merge; /* NULL: what is there stays */
    obs_append_fn done;
    void *user;
    obs_append_result result;
};

static size_t span_bytes(const obs_span *s)
{
    return sizeof(*s) + s->input_text.len + s->output_text.len + s->input_messages.len +
           s->output_messages.len + s->attributes.len + s->resource_attributes.len + s->events.len +
           s->links.len;
}

static void count(obs_append_result *result, enum merged merged)
{
    switch (merged) {
    case MERGED_NEW:
        result->n_stored++;
        break;
    case MERGED_CHANGED:
        result->n_merged++;
        break;
    case MERGED_WAITS:
        result->n_waiting++;
        break;
    default:
        result->n_repeated++;
    }
}

static int write_span(struct append *a, struct writing *writing, const obs_span *span)
{
    struct merge_call call = {a->merge, a->user, OBS_OK};
    enum merged merged = MERGED_SAME;
    int rc, is_new = 0;

    if (!(span->flags & (OBS_SPAN_FRAGMENT | OBS_SPAN_UPDATE)) &&
        !merging_has_fragments(&writing->merging)) {
        rc = insert_span(&writing->insert, span, &is_new);
        if (rc == SQLITE_OK && (is_new || !a->merge)) {
            count(&a->result, is_new ? MERGED_NEW : MERGED_SAME);
            return SQLITE_OK;
        }
    }
    rc = merging_span(&writing->merging, &writing->insert, span, &call, &merged);
    if (call.error < 0)
        a->job.error = call.error;
    count(&a->result, merged);
    return rc;
}

static int write(struct write_job *job, struct writing *writing)
{
    struct append *a = (struct append *)job;
    int rc = SQLITE_OK;

    a->result = (obs_append_result){.size = sizeof(a->result)};
    for (size_t i = 0; i < a->n && rc == SQLITE_OK; i++)
        rc = write_span(a, writing, obs_span_at(a->spans, i));
    return rc;
}

static void done(struct write_job *job)
{
    struct append *a = (struct append *)job;

    if (job->error < 0)
        a->result = (obs_append_result){.size = sizeof(a->result)};
    a->result.error = job->error;
    a->done(&a->result, a->user);
    free(a);
}

int append_submit(struct writer *writer, const obs_span *spans, size_t n, obs_merge_fn merge,
                  obs_worker *worker, obs_append_fn ready, void *user)
{
    struct append *a = calloc(1, sizeof(*a));
    int rc;

    if (!a)
        return OBS_E_NOMEM;
    *a = (struct append){
        .job = {.worker = worker, .n_spans = n, .write = write, .done = done},
        .spans = spans,
        .n = n,
        .merge = merge,
        .done = ready,
        .user = user,
    };
    for (size_t i = 0; i < n; i++)
        a->job.bytes += span_bytes(obs_span_at(spans, i));
    rc = writer_submit(writer, &a->job);
    if (rc < 0)
        free(a);
    return rc;
}
