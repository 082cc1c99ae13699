/* SPDX-License-Identifier: Apache-2.0 */
/* Rows come on a thread of the store, while the worker leaves the arena alone; what
 * follows is the worker's. */
#include "ask.h"
#include "job_arena.h"
#include "meta.h"

struct ask *ask_new(obs_request *req, struct analytics *analytics, int (*write)(struct ask *ask),
                    void *user)
{
    obs_arena *arena = job_arena(req, /* limit_bytes= */ 0);
    struct ask *ask = arena ? obs_arena_calloc(arena, 1, sizeof(*ask)) : NULL;

    if (!ask)
        return NULL;
    ask->analytics = analytics;
    ask->req = req;
    ask->arena = arena;
    ask->write = write;
    ask->user = user;
    ask->buf = obs_buf_new(arena, /* limit_bytes= */ 0);
    ask->jw = ask->buf ? obs_jw_new(arena, ask->buf) : NULL;
    return ask->jw ? ask : NULL;
}

size_t ask_add(struct ask *ask, const struct period *period, const obs_filter *filter,
               const obs_dimension *dimensions, size_t n_dimensions, const obs_measure *measures,
               size_t n_measures)
{
    ask->queries[ask->n] = (obs_aggregate_query){
        .size = sizeof(obs_aggregate_query),
        .flags = OBS_QUERY_DESCENDING,
        .from_ns = period->from_ns,
        .to_ns = period->to_ns,
        .filter = filter,
        .dimensions = dimensions,
        .n_dimensions = n_dimensions,
        .measures = measures,
        .n_measures = n_measures,
        .edges = period->edges,
        .n_edges = period->n_edges,
        .limit = (uint32_t)ask->analytics->settings->max_groups,
        .timeout_ns = ask->analytics->settings->query_timeout_ns,
    };
    return ask->n++;
}

/* --- rows ------------------------------------------------------------------------------- */

static bool copy_row(struct ask *ask, const struct ask_answer *answer, const obs_group *group,
                     struct ask_row *to)
{
    size_t bytes = answer->n_measures * sizeof(*to->numbers);

    to->numbers = obs_arena_alloc(ask->arena, bytes);
    if (!to->numbers)
        return false;
    memcpy(to->numbers, group->measures, bytes);
    for (size_t i = 0; i < answer->n_dimensions && group->kind == OBS_GROUP_TOTAL; i++) {
        to->dimensions[i] = obs_arena_dup(ask->arena, group->dimensions[i]);
        if (!to->dimensions[i].ptr)
            return false;
    }
    return true;
}

static struct ask_row *new_group(struct ask *ask, struct ask_answer *answer)
{
    struct ask_row *row = obs_arena_calloc(ask->arena, 1, sizeof(*row));

    if (row && answer->n_buckets)
        row->buckets = obs_arena_calloc(ask->arena, answer->n_buckets, sizeof(struct ask_row *));
    if (!row || (answer->n_buckets && !row->buckets))
        return NULL;
    *answer->last = row;
    answer->last = &row->next;
    return row;
}

static struct ask_row *new_bucket(struct ask *ask, struct ask_answer *answer, uint32_t bucket)
{
    struct ask_row *group = answer->groups, *row = obs_arena_calloc(ask->arena, 1, sizeof(*row));

    if (!row)
        return NULL;
    group =
        (struct ask_row *)(void *)((char *)(void *)answer->last - offsetof(struct ask_row, next));
    group->buckets[bucket] = row;
    return row;
}

/* On a thread of the store. */
static int take_row(const obs_group *group, void *user)
{
    struct ask *ask = user;
    struct ask_answer *answer = &ask->answers[ask->at];
    struct ask_row *row = group->kind == OBS_GROUP_ALL     ? &answer->all
                          : group->kind == OBS_GROUP_TOTAL ? new_group(ask, answer)
                                                           : new_bucket(ask, answer, group->bucket);

    if (row && copy_row(ask, answer, group, row))
        return 0;
    answer->result.error = OBS_E_NOMEM;
    return 1;
}

/* --- running ------------------------------------------------------------------------------ */

const char *ask_source(const struct ask *ask)
{
    const char *source = "rollup";

    for (size_t i = 0; i < ask->n; i++) {
        if (ask->answers[i].result.source == OBS_SOURCE_RAW)
            return "raw";
        if (ask->answers[i].result.source == OBS_SOURCE_ROLLUP_DAYS)
            source = "rollup, edges at days of UTC";
    }
    return source;
}

static void finish(struct ask *ask)
{
    int rc;

    obs_jw_object(ask->jw);
    rc = ask->write(ask);
    if (rc == OBS_OK) {
        meta_json(ask->jw, ask->req, ask_source(ask));
        obs_jw_end_object(ask->jw);
        (void)obs_respond_json(ask->req, 200, ask->buf);
    } else if (rc < 0) {
        (void)obs_respond_error(ask->req, rc, NULL, NULL);
    }
}

static int next(struct ask *ask);

static void done(const obs_search_result *result, void *user)
{
    struct ask *ask = user;
    struct ask_answer *answer = &ask->answers[ask->at];
    int rc = answer->result.error < 0 ? answer->result.error : result->error;

    answer->result = *result;
    ask->at++;
    if (rc == OBS_OK)
        rc = next(ask);
    if (rc < 0)
        (void)obs_respond_error(ask->req, rc, NULL, NULL);
}

/* Asks the next question; after the last one answers. */
static int next(struct ask *ask)
{
    const obs_aggregate_query *q = &ask->queries[ask->at];
    struct ask_answer *answer = &ask->answers[ask->at];

    if (ask->at == ask->n) {
        finish(ask);
        return OBS_OK;
    }
    answer->last = &answer->groups;
    answer->n_dimensions = (uint32_t)q->n_dimensions;
    answer->n_measures = (uint32_t)q->n_measures;
    answer->n_buckets = q->n_edges ? q->n_edges - 1 : 0;
    return ask->analytics->store->aggregate(ask->analytics->store_self, &ask->scope, q, take_row,
                                            done, ask);
}

int ask_run(struct ask *ask)
{
    int rc = next(ask);

    return rc < 0 ? rc : OBS_PENDING;
}
