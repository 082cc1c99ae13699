/* SPDX-License-Identifier: Apache-2.0 */
/* The watch, and GET /api/v1/costs/budgets. What was told is known to this process
 * only: after a restart a threshold that is passed is told once more. */
#include "budgets.h"
#include "ask.h"
#include "metric.h"
#include "scope.h"

static const obs_measure cost = {.kind = OBS_MEASURE_SUM, .field = OBS_FIELD_TOTAL_COST};

/* --- the watch ------------------------------------------------------------------------- */

static void tell(struct budgets *b, const struct budget *budget, double threshold)
{
    obs_log(b->analytics->instance, OBS_LOG_WARN,
            "budget \"%.*s\": %.0f %% of $%.2f for the %s are spent ($%.2f)",
            OBS_STR_ARG(budget->name), 100 * threshold, (double)budget->limit / 1e9, budget->period,
            (double)budget->spent / 1e9);
}

static void ask_next(struct budgets *b);

static int take_sum(const obs_group *group, void *user)
{
    struct budgets *b = user;

    if (group->kind == OBS_GROUP_TOTAL)
        b->items[b->at].spent = group->measures[0].i;
    return 0;
}

static void done(const obs_search_result *result, void *user)
{
    struct budgets *b = user;
    struct budget *budget = &b->items[b->at++];

    if (result->error == OBS_OK) {
        double passed = budget_spent(budget, budget->spent, b->now_ns);

        obs_series_set(budget->spent_usd, (double)budget->spent / 1e9);
        if (passed > 0)
            tell(b, budget, passed);
    }
    ask_next(b);
    obs_instance_release(b->analytics->instance);
}

/* One after the other; what fails is asked again in the next round. */
static void ask_next(struct budgets *b)
{
    const struct analytics *a = b->analytics;

    while (b->at < b->n) {
        const struct budget *budget = &b->items[b->at];
        const obs_scope scope = {.size = sizeof(scope),
                                 .all = budget->project.len == 0,
                                 .projects = &budget->project,
                                 .n_projects = budget->project.len ? 1 : 0};
        const obs_aggregate_query q = {.size = sizeof(q),
                                       .from_ns = budget_begin(budget, b->now_ns),
                                       .to_ns = b->now_ns + 1,
                                       .measures = &cost,
                                       .n_measures = 1,
                                       .limit = 1,
                                       .timeout_ns = a->settings->query_timeout_ns};

        obs_instance_hold(a->instance);
        if (a->store->aggregate(a->store_self, &scope, &q, take_sum, done, b) == OBS_OK)
            return;
        obs_instance_release(a->instance);
        b->at++;
    }
    b->busy = false;
}

static void look(void *user)
{
    struct budgets *b = user;

    if (b->busy)
        return;
    b->busy = true;
    b->at = 0;
    b->now_ns = obs_clock_wall_ns();
    ask_next(b);
}

static int register_metrics(struct budgets *b)
{
    static const char *const label[] = {"budget"};
    obs_metric *spent, *limit;
    int rc = obs_metric_register(b->analytics->instance,
                                 &(obs_metric_spec){.size = sizeof(obs_metric_spec),
                                                    .kind = OBS_METRIC_GAUGE,
                                                    .name = "budget_spent_usd",
                                                    .help = "Cost in the period of a budget.",
                                                    .labels = label,
                                                    .n_labels = 1},
                                 &spent);

    if (rc == OBS_OK)
        rc = obs_metric_register(b->analytics->instance,
                                 &(obs_metric_spec){.size = sizeof(obs_metric_spec),
                                                    .kind = OBS_METRIC_GAUGE,
                                                    .name = "budget_limit_usd",
                                                    .help = "What may be spent in it.",
                                                    .labels = label,
                                                    .n_labels = 1},
                                 &limit);
    for (size_t i = 0; i < b->n && rc == OBS_OK; i++) {
        b->items[i].spent_usd = obs_metric_series(spent, &b->items[i].name);
        b->items[i].limit_usd = obs_metric_series(limit, &b->items[i].name);
        obs_series_set(b->items[i].limit_usd, (double)b->items[i].limit / 1e9);
    }
    return rc;
}

int budgets_watch(struct budgets *b)
{
    uint64_t every_ms = (uint64_t)b->analytics->settings->budget_interval_ns / 1000000;
    int rc = register_metrics(b);

    if (rc < 0)
        return rc;
    return obs_timer_start(b->analytics->instance, /* delay_ms= */ 100, every_ms ? every_ms : 1,
                           look, b, &b->timer);
}

void budgets_end_watch(struct budgets *b)
{
    obs_timer_stop(b->timer);
    b->timer = NULL;
}

/* --- the route ------------------------------------------------------------------------------ */

/* The budgets that the caller may see, each with its question. */
struct view {
    const struct budget *budgets[BUDGETS_MAX];
    struct period periods[BUDGETS_MAX];
    obs_value projects[BUDGETS_MAX];
    obs_filter filters[BUDGETS_MAX];
    int64_t now_ns;
    size_t n;
};

static void write_budget(struct ask *ask, const struct view *v, size_t i)
{
    const struct budget *b = v->budgets[i];
    const obs_number *numbers = ask->answers[i].all.numbers;
    int64_t spent = numbers ? numbers[0].i : 0, begin_ns = v->periods[i].from_ns;
    int64_t end_ns = budget_end(b, v->now_ns);
    obs_jw *jw = ask->jw;

    obs_jw_object(jw);
    obs_jw_key(jw, "name");
    obs_jw_str(jw, b->name);
    obs_jw_key(jw, "project_id");
    if (b->project.len)
        obs_jw_str(jw, b->project);
    else
        obs_jw_null(jw);
    obs_jw_key(jw, "period");
    obs_jw_cstr(jw, b->period);
    obs_jw_key(jw, "from");
    obs_jw_time(jw, begin_ns);
    obs_jw_key(jw, "to");
    obs_jw_time(jw, end_ns);
    obs_jw_key(jw, "limit_usd");
    obs_jw_fixed(jw, b->limit, 9);
    obs_jw_key(jw, "spent_usd");
    obs_jw_fixed(jw, spent, 9);
    obs_jw_key(jw, "spent_share");
    ratio_write((double)spent, (double)b->limit, jw);
    obs_jw_key(jw, "time_share");
    ratio_write((double)(v->now_ns - begin_ns), (double)(end_ns - begin_ns), jw);
    obs_jw_key(jw, "thresholds");
    obs_jw_array(jw);
    for (size_t k = 0; k < b->n_thresholds; k++)
        obs_jw_double(jw, b->thresholds[k]);
    obs_jw_end_array(jw);
    obs_jw_end_object(jw);
}

static int write(struct ask *ask)
{
    const struct view *v = ask->user;

    obs_jw_key(ask->jw, "data");
    obs_jw_array(ask->jw);
    for (size_t i = 0; i < v->n; i++)
        write_budget(ask, v, i);
    obs_jw_end_array(ask->jw);
    return OBS_OK;
}

static void add_budget(struct ask *ask, struct view *v, const struct budget *b)
{
    size_t i = v->n++;

    v->budgets[i] = b;
    v->periods[i] = (struct period){.from_ns = budget_begin(b, v->now_ns), .to_ns = v->now_ns + 1};
    v->projects[i].s = b->project;
    v->filters[i] = (obs_filter){.size = sizeof(v->filters[i]),
                                 .kind = OBS_FILTER_LEAF,
                                 .field = OBS_FIELD_PROJECT_ID,
                                 .op = OBS_OP_EQ,
                                 .values = &v->projects[i],
                                 .n_values = 1};
    (void)ask_add(ask, &v->periods[i], b->project.len ? &v->filters[i] : NULL, NULL, 0, &cost, 1);
}

int handle_budgets(obs_request *req, void *self)
{
    struct analytics *a = self;
    struct ask *ask = ask_new(req, a, write, NULL);
    struct view *v = ask ? obs_arena_calloc(ask->arena, 1, sizeof(*v)) : NULL;

    if (!v)
        return OBS_E_NOMEM;
    ask->user = v;
    ask->scope = scope_of(req);
    v->now_ns = obs_request_time_ns(req);
    for (size_t i = 0; a->budgets && i < a->budgets->n; i++) {
        const struct budget *b = &a->budgets->items[i];
        obs_scope scope = ask->scope;

        if (b->project.len ? scope_narrow(&scope, &b->project) == OBS_OK : scope.all != 0)
            add_budget(ask, v, b);
    }
    return ask_run(ask);
}
