/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/metrics and POST /api/v1/metrics/query: any metrics by any dimensions in
 * any buckets. */
#include "ask.h"
#include "groups.h"
#include "job_arena.h"

struct query {
    struct question q;
    struct measures measures;
    obs_having having[8];
};

static int write(struct ask *ask)
{
    struct query *x = ask->user;

    groups_write(ask, 0, &x->q, "data");
    period_write(&x->q.period, ask->jw);
    obs_jw_key(ask->jw, "total_groups");
    obs_jw_int(ask->jw, ask->answers[0].result.total);
    obs_jw_key(ask->jw, "has_more");
    obs_jw_bool(ask->jw, ask->answers[0].result.has_more != 0);
    return OBS_OK;
}

static const struct metric *find_alias(const struct question *q, obs_str alias)
{
    for (size_t i = 0; i < q->n_metrics; i++)
        if (obs_str_eq(q->metrics[i].alias, alias))
            return &q->metrics[i];
    return NULL;
}

/* What to sort by is one of the metrics, and one that the store reckons itself. */
static int find_sort(struct query *x, obs_request *req, uint32_t *ret_measure)
{
    const struct metric *metric =
        x->q.sort_by.len ? find_alias(&x->q, x->q.sort_by) : &x->q.metrics[0];
    size_t measure;
    double unused;

    if (!metric)
        return question_complain(&x->q, req, OBS_E_INVALID, "sort_by",
                                 "the name or alias of one of the metrics", x->q.sort_by);
    *ret_measure = (uint32_t)(metric_bound(metric, 0, &measure, &unused) ? measure : metric->first);
    return OBS_OK;
}

static int find_having(struct query *x, obs_request *req)
{
    for (size_t i = 0; i < x->q.n_having; i++) {
        const struct having_text *text = &x->q.having[i];
        const struct metric *metric = find_alias(&x->q, text->alias);
        size_t measure = 0;

        if (!metric || !metric_bound(metric, text->value, &measure, &x->having[i].value))
            return question_complain(&x->q, req, OBS_E_INVALID, "having",
                                     "the name or alias of one of the metrics, which is no rate",
                                     text->alias);
        x->having[i].measure = (uint32_t)measure;
        x->having[i].op = text->op;
    }
    return OBS_OK;
}

static int ask_metrics(struct query *x)
{
    int rc = OBS_OK;

    if (x->q.n_metrics == 0)
        x->q.metrics[x->q.n_metrics++] = (struct metric){
            .def = metric_find(obs_str_of("request_count")), .alias = obs_str_of("request_count")};
    for (size_t i = 0; i < x->q.n_metrics && rc == OBS_OK; i++)
        rc = metric_ask(&x->q.metrics[i], &x->measures) ? OBS_OK : OBS_E_COMPLEX;
    return rc;
}

int handle_metrics(obs_request *req, void *self)
{
    struct analytics *analytics = self;
    struct ask *ask = ask_new(req, analytics, write, NULL);
    struct query *x = ask ? obs_arena_calloc(ask->arena, 1, sizeof(*x)) : NULL;
    uint32_t sort_measure = 0;
    size_t at;
    int rc;

    if (!x)
        return OBS_E_NOMEM;
    ask->user = x;
    rc = question_read(&x->q, ask, NULL, 86400, NULL);
    if (rc == OBS_OK)
        rc = ask_metrics(x);
    if (rc == OBS_OK)
        rc = find_sort(x, req, &sort_measure);
    if (rc == OBS_OK)
        rc = find_having(x, req);
    if (rc != OBS_OK)
        return rc == OBS_RESPONDED ? OBS_OK : rc;
    at = ask_add(ask, &x->q.period, x->q.filter, x->q.dimensions, x->q.n_dimensions,
                 x->measures.items, x->measures.n);
    ask->queries[at].sort_measure = sort_measure;
    ask->queries[at].flags = x->q.ascending ? 0 : OBS_QUERY_DESCENDING;
    ask->queries[at].limit = x->q.limit;
    ask->queries[at].having = x->having;
    ask->queries[at].n_having = x->q.n_having;
    return ask_run(ask);
}
