/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/costs/attribution: whose cost it is, by any dimensions; and
 * GET /api/v1/costs/breakdown: by each of the usual ones. Shares are of all that was
 * spent, not of what is shown. */
#include "costs.h"
#include "groups.h"

static const struct preset presets[] = COST_PRESETS;

struct attribution {
    struct question q;
    struct measures measures;
    obs_having having;
};

static void write_row(struct ask *ask, const struct question *q, const struct ask_row *row,
                      double total)
{
    metrics_write(ask, q, row->numbers, period_s(&q->period));
    obs_jw_key(ask->jw, "share");
    ratio_write(preset_value(q, "total_cost_usd", row->numbers), total, ask->jw);
}

static double total_of(const struct ask *ask, size_t at, const struct question *q)
{
    return preset_value(q, "total_cost_usd", ask->answers[at].all.numbers);
}

/* --- attribution ------------------------------------------------------------------------- */

static int write_attribution(struct ask *ask)
{
    struct attribution *x = ask->user;
    obs_jw *jw = ask->jw;

    obs_jw_key(jw, "data");
    obs_jw_array(jw);
    for (const struct ask_row *row = ask->answers[0].groups; row; row = row->next) {
        obs_jw_object(jw);
        obs_jw_key(jw, "group");
        group_key_write(jw, &x->q, row);
        write_row(ask, &x->q, row, total_of(ask, 0, &x->q));
        obs_jw_end_object(jw);
    }
    obs_jw_end_array(jw);
    obs_jw_key(jw, "total");
    obs_jw_object(jw);
    metrics_write(ask, &x->q, ask->answers[0].all.numbers, period_s(&x->q.period));
    obs_jw_end_object(jw);
    obs_jw_key(jw, "total_groups");
    obs_jw_int(jw, ask->answers[0].result.total);
    obs_jw_key(jw, "has_more");
    obs_jw_bool(jw, ask->answers[0].result.has_more != 0);
    period_write(&x->q.period, jw);
    return OBS_OK;
}

/* min_group_cost: only groups that cost at least so much. */
static int read_least(struct attribution *x, obs_request *req, obs_aggregate_query *query)
{
    int64_t least;

    if (!x->q.extra.ptr)
        return OBS_OK;
    if (!filter_params_number(x->q.extra, 9, &least))
        return question_complain(&x->q, req, OBS_E_INVALID, "min_group_cost",
                                 "a number of dollars with up to 9 decimals", x->q.extra);
    x->having =
        (obs_having){.measure = query->sort_measure, .op = OBS_OP_GTE, .value = (double)least};
    query->having = &x->having;
    query->n_having = 1;
    return OBS_OK;
}

static int prepare(struct ask *ask, struct attribution *x, const char *extra)
{
    int rc = question_read(&x->q, ask, NULL, 30 * 86400, extra);
    if (rc != OBS_OK)
        return rc;
    x->q.period.edges = NULL;
    x->q.period.n_edges = 0;
    preset_take(&x->q, presets, sizeof(presets) / sizeof(*presets), &x->measures);
    return OBS_OK;
}

int handle_attribution(obs_request *req, void *self)
{
    struct ask *ask = ask_new(req, self, write_attribution, NULL);
    struct attribution *x = ask ? obs_arena_calloc(ask->arena, 1, sizeof(*x)) : NULL;
    size_t at;
    int rc;

    if (!x)
        return OBS_E_NOMEM;
    ask->user = x;
    rc = prepare(ask, x, "min_group_cost");
    if (rc != OBS_OK)
        return rc == OBS_RESPONDED ? OBS_OK : rc;
    if (x->q.n_dimensions == 0) {
        x->q.dimensions[0] = (obs_dimension){.field = OBS_FIELD_USER_ID};
        x->q.dimension_names[x->q.n_dimensions++] = obs_str_of("user_id");
    }
    at = ask_add(ask, &x->q.period, x->q.filter, x->q.dimensions, x->q.n_dimensions,
                 x->measures.items, x->measures.n);
    ask->queries[at].sort_measure = COST_SORT;
    ask->queries[at].limit = x->q.limit;
    rc = read_least(x, req, &ask->queries[at]);
    if (rc != OBS_OK)
        return rc == OBS_RESPONDED ? OBS_OK : rc;
    return ask_run(ask);
}

/* --- breakdown ----------------------------------------------------------------------------- */

static const struct {
    const char *name, *key;
    obs_dimension dimension;
} parts[] = {
    {"by_provider", "provider", {.field = OBS_FIELD_PROVIDER}},
    {"by_model", "model", {.field = OBS_FIELD_MODEL}},
    {"by_environment", "environment", {.field = OBS_FIELD_ENVIRONMENT}},
    {"by_service", "service", {.field = OBS_FIELD_SERVICE_NAME}},
    {"by_operation", "operation_type", {.field = OBS_FIELD_OPERATION_TYPE}},
};
#define N_PARTS (sizeof(parts) / sizeof(*parts))

static int write_breakdown(struct ask *ask)
{
    struct attribution *x = ask->user;
    obs_jw *jw = ask->jw;

    obs_jw_key(jw, "data");
    obs_jw_object(jw);
    obs_jw_key(jw, "total");
    obs_jw_object(jw);
    metrics_write(ask, &x->q, ask->answers[0].all.numbers, period_s(&x->q.period));
    obs_jw_end_object(jw);
    for (size_t i = 0; i < N_PARTS; i++) {
        obs_jw_key(jw, parts[i].name);
        obs_jw_array(jw);
        for (const struct ask_row *row = ask->answers[i].groups; row; row = row->next) {
            obs_jw_object(jw);
            obs_jw_key(jw, parts[i].key);
            dimension_write(jw, &parts[i].dimension, row->dimensions[0]);
            write_row(ask, &x->q, row, total_of(ask, i, &x->q));
            obs_jw_end_object(jw);
        }
        obs_jw_end_array(jw);
    }
    obs_jw_end_object(jw);
    period_write(&x->q.period, jw);
    return OBS_OK;
}

int handle_breakdown(obs_request *req, void *self)
{
    struct ask *ask = ask_new(req, self, write_breakdown, NULL);
    struct attribution *x = ask ? obs_arena_calloc(ask->arena, 1, sizeof(*x)) : NULL;
    int rc;

    if (!x)
        return OBS_E_NOMEM;
    ask->user = x;
    rc = prepare(ask, x, NULL);
    if (rc != OBS_OK)
        return rc == OBS_RESPONDED ? OBS_OK : rc;
    for (size_t i = 0; i < N_PARTS; i++) {
        size_t at = ask_add(ask, &x->q.period, x->q.filter, &parts[i].dimension, 1,
                            x->measures.items, x->measures.n);
        ask->queries[at].sort_measure = COST_SORT;
        ask->queries[at].limit = x->q.limit;
    }
    return ask_run(ask);
}
