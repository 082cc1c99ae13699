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

/* Spans of an append as they are to be stored. */
struct arriving {
    obs_span *spans; /* without fragments */
    int64_t *rows;   /* 0: it is there already */
    size_t n;
};

static bool is_fragment(const obs_span *span)
{
    return (span->flags & OBS_SPAN_FRAGMENT) != 0;
}

static void take(struct arriving *a, const obs_span *span)
{
    obs_span *own = &a->spans[a->n++];

    memset(own, 0, sizeof(*own));
    memcpy(own, span, span->size < sizeof(*own) ? span->size : sizeof(*own));
    own->size = sizeof(*own);
    own->flags &= ~(OBS_SPAN_OUTER_TOKENS | OBS_SPAN_OUTER_COST);
}

/* What nobody has seen yet, the usual case, is inserted and counted. */
static int write_new(struct writing *w, struct arriving *a, struct merge_call *call)
{
    int rc = rows_insert(&w->rows, &w->statements, a->spans, a->n, a->rows);

    if (rc == DB_OK)
        rc = usage_arrived(w, a->rows, a->spans, a->n);
    for (size_t i = 0; i < a->n && rc == DB_OK; i++) {
        if (a->rows[i] == 0)
            continue;
        rc = text_arrived(&w->text, a->rows[i]);
        if (rc == DB_OK)
            rc = rollups_add(&w->rollups, a->rows[i], &a->spans[i]);
        if (rc == DB_OK && call->merge)
            rc = merge_waiting(w, &a->spans[i], a->rows[i], call);
    }
    return rc;
}

/* What is there already, and fragments, in the order in which they came. */
static int write_others(struct append *a, struct writing *w, const struct arriving *arriving,
                        struct merge_call *call)
{
    int rc = DB_OK;

    for (size_t i = 0, at = 0; i < a->n && rc == DB_OK; i++) {
        const obs_span *span = obs_span_at(a->spans, i);
        bool fragment = is_fragment(span), fresh = !fragment && arriving->rows[at++] != 0;
        enum outcome outcome = fresh ? OUTCOME_NEW : OUTCOME_SAME;

        if (!fresh && call->merge)
            rc = merge_into_stored(w, span, call, &outcome);
        count(&a->result, outcome);
    }
    return rc;
}

static int write(struct write_job *job, struct writing *writing)
{
    struct append *a = (struct append *)job;
    struct merge_call call = {a->merge, a->user, OBS_OK};
    struct arriving arriving = {.spans = malloc(a->n * sizeof(obs_span)),
                                .rows = calloc(a->n, sizeof(int64_t))};
    int rc = arriving.spans && arriving.rows ? DB_OK : DB_NOMEM;

    a->result = (obs_append_result){.size = sizeof(a->result)};
    for (size_t i = 0; i < a->n && rc == DB_OK; i++)
        if (!is_fragment(obs_span_at(a->spans, i)))
            take(&arriving, obs_span_at(a->spans, i));
    if (rc == DB_OK && arriving.n)
        rc = write_new(writing, &arriving, &call);
    if (rc == DB_OK)
        rc = write_others(a, writing, &arriving, &call);
    job->error = call.error;
    free(arriving.spans);
    free(arriving.rows);
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
