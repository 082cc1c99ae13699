/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of each span of an append. */
#include "append.h"
#include "merge.h"
#include "usage.h"

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

static int count_new(struct writing *writing, int64_t row, obs_span *span)
{
    int rc = usage_arrived(writing, row, span);

    if (rc == DB_OK)
        rc = text_arrived(&writing->text, row);

    return rc == DB_OK ? rollups_add(&writing->rollups, row, span) : rc;
}

/* What nobody has seen yet, the usual case, is only inserted. */
static int write_span(struct writing *writing, const obs_span *span, struct merge_call *call,
                      enum outcome *ret_outcome)
{
    obs_span own;
    int64_t row;
    int rc;

    if (span->flags & OBS_SPAN_FRAGMENT)
        return merge_into_stored(writing, span, call, ret_outcome);
    memcpy(&own, span, span->size < sizeof(own) ? span->size : sizeof(own));
    own.size = sizeof(own);
    own.flags &= ~(OBS_SPAN_OUTER_TOKENS | OBS_SPAN_OUTER_COST);
    rc = row_insert(&writing->rows, &own, &row);
    *ret_outcome = row ? OUTCOME_NEW : OUTCOME_SAME;
    if (rc == DB_OK && row)
        rc = count_new(writing, row, &own);
    if (rc != DB_OK || !call->merge)
        return rc;
    return row ? merge_waiting(writing, &own, row, call)
               : merge_into_stored(writing, span, call, ret_outcome);
}

static void count(obs_append_result *result, enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_NEW:
        result->n_stored++;
        break;
    case OUTCOME_SAME:
        result->n_repeated++;
        break;
    case OUTCOME_MERGED:
        result->n_merged++;
        break;
    case OUTCOME_WAITS:
        result->n_waiting++;
        break;
    }
}

static int write(struct write_job *job, struct writing *writing)
{
    struct append *a = (struct append *)job;
    struct merge_call call = {a->merge, a->user, OBS_OK};
    int rc = DB_OK;

    a->result = (obs_append_result){.size = sizeof(a->result)};
    for (size_t i = 0; i < a->n && rc == DB_OK; i++) {
        enum outcome outcome = OUTCOME_SAME;

        rc = write_span(writing, obs_span_at(a->spans, i), &call, &outcome);
        count(&a->result, outcome);
    }
    job->error = call.error;
    return rc;
}

/* A fragment does not say when its span was, and what is merged may move. */
static void tell_changes(const struct append *a)
{
    if (a->result.n_merged > 0 || a->result.n_waiting > 0)
        changes_all(a->job.changes);
    else
        changes_spans(a->job.changes, a->spans, a->n);
}

static void done(struct write_job *job)
{
    struct append *a = (struct append *)job;

    tell_changes(a);
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
        .job = {.worker = worker,
                .n_spans = n,
                .write = write,
                .done = done,
                .touches = TOUCHES_SPANS},
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
