/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a body and parameters of a query go the same way. Unless it is said which
 * kinds of spans are meant, calls of models are: an average over tools and agents as
 * well would be of nothing in particular. */
#include "question.h"
#include "question_body.h"
#include "scope.h"
#include "span_fields.h"
#include "span_value.h"

#define S_NS INT64_C(1000000000)

/* --- complaints -------------------------------------------------------------------------- */

static int answer_complaint(struct question *q, obs_request *req, int error)
{
    if (error == OBS_E_NOMEM)
        return error;
    if (q->params.wrong_text.len)
        (void)obs_respond_error(req, error, q->params.wrong_field, "%.*s",
                                OBS_STR_ARG(q->params.wrong_text));
    else
        (void)obs_respond_error(req, error, NULL, NULL);
    return OBS_RESPONDED;
}

int question_complain(struct question *q, obs_request *req, int error, const char *field,
                      const char *expected, obs_str found)
{
    return answer_complaint(q, req,
                            filter_params_complain(&q->params, error, field, expected, found));
}

/* --- parameters ----------------------------------------------------------------------------- */

/* Takes the next of a comma list; false at its end. */
static bool next_item(obs_str *list, obs_str *ret_item)
{
    const char *comma;
    size_t len;

    if (!list->ptr || list->len == 0)
        return false;
    comma = memchr(list->ptr, ',', list->len);
    len = comma ? (size_t)(comma - list->ptr) : list->len;
    *ret_item = obs_str_n(list->ptr, len);
    *list = obs_str_n(list->ptr + len + (comma != NULL), list->len - len - (comma != NULL));
    return true;
}

/* "attributes.KEY" and the like. */
static bool read_member(obs_str name, obs_dimension *ret)
{
    static const struct {
        const char *prefix;
        uint32_t field;
    } objects[] = {{"attributes.", OBS_FIELD_ATTRIBUTES},
                   {"resource_attributes.", OBS_FIELD_RESOURCE_ATTRIBUTES},
                   {"model_parameters.", OBS_FIELD_MODEL_PARAMETERS}};

    for (size_t i = 0; i < 3; i++) {
        size_t len = strlen(objects[i].prefix);

        if (name.len > len && memcmp(name.ptr, objects[i].prefix, len) == 0) {
            *ret = (obs_dimension){.field = objects[i].field,
                                   .key = obs_str_n(name.ptr + len, name.len - len)};
            return true;
        }
    }
    return false;
}

static bool read_dimension(obs_str name, obs_dimension *ret)
{
    static const char *const others[][2] = {
        {"service", "service_name"},    {"status", "status_code"},
        {"project", "project_id"},      {"user", "user_id"},
        {"session", "session_id"},      {"tag", "tags"},
        {"operation", "operation_type"}};
    int field;

    if (read_member(name, ret))
        return true;
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (obs_str_is(name, others[i][0]))
            name = obs_str_of(others[i][1]);
    field = field_find(name);
    *ret = (obs_dimension){.field = (uint32_t)field};
    return field >= 0 && (span_is_text((uint32_t)field) || field == OBS_FIELD_TAGS);
}

int question_group_by(struct question *q, obs_str list)
{
    obs_str item;

    while (next_item(&list, &item)) {
        if (item.len == 0)
            continue;
        if (q->n_dimensions == QUESTION_MAX_DIMENSIONS)
            return filter_params_complain(&q->params, OBS_E_COMPLEX, "group_by",
                                          "up to four fields", item);
        if (!read_dimension(item, &q->dimensions[q->n_dimensions]))
            return filter_params_complain(
                &q->params, OBS_E_INVALID, "group_by",
                "fields of text, tags, or attributes.KEY: model, provider, environment, "
                "service_name, user_id, session_id, project_id, operation_type, status_code …",
                item);
        q->dimension_names[q->n_dimensions++] = item;
    }
    return OBS_OK;
}

static int take_fill(struct question *q, obs_str value)
{
    static const char *const names[] = {"null", "zero", "none"};

    for (size_t i = 0; i < 3; i++)
        if (obs_str_is(value, names[i])) {
            q->fill = (enum fill)i;
            return OBS_OK;
        }
    return filter_params_complain(&q->params, OBS_E_INVALID, "fill", "null, zero or none", value);
}

static int take_limit(struct question *q, obs_str value)
{
    int64_t limit;

    if (!filter_params_number(value, 0, &limit) || limit < 1 || limit > q->settings->max_groups)
        return filter_params_complain(&q->params, OBS_E_INVALID, "limit",
                                      obs_arena_printf(q->params.arena, "a number from 1 to %lld",
                                                       (long long)q->settings->max_groups)
                                          .ptr,
                                      value);
    q->limit = (uint32_t)limit;
    return OBS_OK;
}

static int take_order(struct question *q, obs_str value)
{
    q->ascending = obs_str_is(value, "asc");
    return q->ascending || obs_str_is(value, "desc")
               ? OBS_OK
               : filter_params_complain(&q->params, OBS_E_INVALID, "sort_order", "asc or desc",
                                        value);
}

int question_take(struct question *q, obs_str name, obs_str value)
{
    int rc;

    if (q->extra_name && obs_str_is(name, q->extra_name)) {
        q->extra = value;
        return OBS_OK;
    }
    if (obs_str_is(name, "interval"))
        q->interval_text = value;
    else if (obs_str_is(name, "tz") || obs_str_is(name, "timezone"))
        q->period.zone_name = value;
    else if (obs_str_is(name, "group_by"))
        return question_group_by(q, value);
    else if (obs_str_is(name, "metrics"))
        q->metrics_text = value;
    else if (obs_str_is(name, "aggregation"))
        q->aggregation_text = value;
    else if (obs_str_is(name, "models"))
        q->models = value;
    else if (obs_str_is(name, "sort_by"))
        q->sort_by = value;
    else if (obs_str_is(name, "sort_order"))
        return take_order(q, value);
    else if (obs_str_is(name, "limit"))
        return take_limit(q, value);
    else if (obs_str_is(name, "fill"))
        return take_fill(q, value);
    else {
        rc = filter_params_take(&q->params, name, value);
        return rc == OBS_E_UNKNOWN
                   ? filter_params_complain(&q->params, rc, "query", "a known parameter", name)
                   : rc;
    }
    return OBS_OK;
}

/* --- the metrics of a GET --------------------------------------------------------------------- */

static int add_metric(struct question *q, const struct metric_def *def, int aggregation,
                      obs_str alias)
{
    if (q->n_metrics == QUESTION_MAX_METRICS)
        return filter_params_complain(&q->params, OBS_E_COMPLEX, "metrics", "up to 24 of them",
                                      alias);
    q->metrics[q->n_metrics++] =
        (struct metric){.def = def,
                        .aggregation = aggregation < 0 ? def->aggregation : (uint32_t)aggregation,
                        .alias = alias};
    return alias.ptr ? OBS_OK : OBS_E_NOMEM;
}

int question_metric(struct question *q, obs_str name, obs_str aggregation, obs_str alias)
{
    const struct metric_def *def = metric_find(name);
    int kind = aggregation.len ? aggregation_find(aggregation) : -1;

    if (!def)
        return filter_params_complain(&q->params, OBS_E_INVALID, "metrics",
                                      obs_arena_printf(q->params.arena, "one of %.*s",
                                                       OBS_STR_ARG(metric_names(q->params.arena)))
                                          .ptr,
                                      name);
    if (aggregation.len && kind < 0)
        return filter_params_complain(
            &q->params, OBS_E_INVALID, "aggregation",
            "avg, sum, min, max, count, p50, p75, p90, p95, p99, p99.9 or stddev", aggregation);
    if (def->kind != METRIC_FIELD)
        kind = -1; /* there is only one way */
    if (!alias.len)
        alias = kind < 0 ? name
                         : obs_arena_printf(q->params.arena, "%.*s_%.*s", OBS_STR_ARG(name),
                                            OBS_STR_ARG(aggregation));
    return add_metric(q, def, kind, alias);
}

/* Each metric in each aggregation. */
static int read_metrics(struct question *q)
{
    obs_str names = q->metrics_text, name, kinds, kind;
    int rc = OBS_OK;

    while (rc == OBS_OK && next_item(&names, &name)) {
        const struct metric_def *def = metric_find(name);

        kinds = q->aggregation_text;
        if (!kinds.len || (def && def->kind != METRIC_FIELD))
            rc = question_metric(q, name, obs_str_n(NULL, 0), obs_str_n(NULL, 0));
        else
            while (rc == OBS_OK && next_item(&kinds, &kind))
                rc = question_metric(q, name, kind, obs_str_n(NULL, 0));
    }
    return rc;
}

/* --- the filter ---------------------------------------------------------------------------------
 */

static bool is_about(const obs_filter *filter, uint32_t field)
{
    if (filter->kind == OBS_FILTER_LEAF)
        return filter->field == field;
    for (size_t i = 0; i < filter->n_children; i++)
        if (is_about(filter->children[i], field))
            return true;
    return false;
}

static int add_calls(struct question *q)
{
    static const obs_value calls[] = {{.s = OBS_STR("chat")},
                                      {.s = OBS_STR("completion")},
                                      {.s = OBS_STR("embedding")},
                                      {.s = OBS_STR("rerank")}};
    static const obs_filter leaf = {.size = sizeof(leaf),
                                    .kind = OBS_FILTER_LEAF,
                                    .field = OBS_FIELD_OPERATION_TYPE,
                                    .op = OBS_OP_IN,
                                    .values = calls,
                                    .n_values = sizeof(calls) / sizeof(*calls)};

    for (size_t i = 0; i < q->params.n_filters; i++)
        if (is_about(q->params.filters[i], OBS_FIELD_OPERATION_TYPE))
            return OBS_OK;
    return filter_params_add(&q->params, &leaf);
}

/* --- the period ----------------------------------------------------------------------------------
 */

static int read_zone(struct question *q)
{
    struct period *p = &q->period;
    int rc;

    if (!p->zone_name.len)
        p->zone_name = obs_str_of("UTC");
    rc = zone_load(q->params.arena, p->zone_name, &p->zone);
    return rc == OBS_E_NOT_FOUND || rc == OBS_E_SYNTAX
               ? filter_params_complain(&q->params, OBS_E_INVALID, "tz",
                                        "a time zone such as Europe/Berlin or UTC", p->zone_name)
               : rc;
}

static int read_interval(struct question *q, const char *usual)
{
    struct period *p = &q->period;

    if (!q->interval_text.len && usual)
        q->interval_text = obs_str_of(usual);
    if (!q->interval_text.len)
        return OBS_OK;
    if (obs_str_is(q->interval_text, "auto"))
        p->interval = interval_choose(p->from_ns, p->to_ns);
    else
        p->interval = interval_find(q->interval_text);
    if (!p->interval)
        return filter_params_complain(&q->params, OBS_E_INVALID, "interval",
                                      obs_arena_printf(q->params.arena, "one of %.*s",
                                                       OBS_STR_ARG(interval_names(q->params.arena)))
                                          .ptr,
                                      q->interval_text);
    return OBS_OK;
}

static int read_period(struct question *q, const char *usual_interval, int64_t usual_s)
{
    struct period *p = &q->period;
    int rc;

    p->to_ns = q->params.to_ns != INT64_MAX ? q->params.to_ns : q->params.now_ns;
    p->from_ns = q->params.from_ns != INT64_MIN ? q->params.from_ns : p->to_ns - usual_s * S_NS;
    if (p->from_ns >= p->to_ns) {
        q->params.wrong_field = "from";
        q->params.wrong_text = obs_str_of("from must be before to");
        return OBS_E_RANGE;
    }
    rc = read_zone(q);
    if (rc == OBS_OK)
        rc = read_interval(q, usual_interval);
    if (rc == OBS_OK)
        rc = period_cut(p, (size_t)q->settings->max_points, q->params.arena);
    return rc == OBS_E_RANGE
               ? filter_params_complain(&q->params, rc, "interval",
                                        obs_arena_printf(q->params.arena,
                                                         "no more than %lld buckets in the range",
                                                         (long long)q->settings->max_points)
                                            .ptr,
                                        q->interval_text)
               : rc;
}

/* --- the whole -----------------------------------------------------------------------------------
 */

static int take_param(obs_str name, obs_str value, void *user)
{
    return question_take(user, name, value);
}

static int read_all(struct question *q, obs_request *req, const char *usual_interval,
                    int64_t usual_s)
{
    int rc = obs_request_method(req) == OBS_POST ? question_body_read(q, obs_request_body(req))
                                                 : obs_request_each_query(req, take_param, q);

    if (rc == OBS_OK)
        rc = read_metrics(q);
    if (rc == OBS_OK)
        rc = read_period(q, usual_interval, usual_s);
    if (rc == OBS_OK)
        rc = add_calls(q);
    return rc == OBS_OK ? filter_params_finish(&q->params, &q->filter) : rc;
}

/* The scope of the caller, narrowed to the project of the question. */
static int narrow_scope(const struct question *q, struct ask *ask)
{
    int rc = OBS_OK;

    ask->scope = scope_of(ask->req);
    if (q->params.project.len)
        rc = scope_narrow(&ask->scope, &q->params.project);
    if (rc == OBS_OK)
        return rc;
    (void)obs_respond_error(ask->req, rc, "project_id", NULL);
    return OBS_RESPONDED;
}

int question_read(struct question *q, struct ask *ask, const char *usual_interval, int64_t usual_s,
                  const char *extra_name)
{
    const struct settings *settings = ask->analytics->settings;
    int rc;

    memset(q, 0, sizeof(*q));
    q->settings = settings;
    q->extra_name = extra_name;
    q->limit = settings->max_groups < 100 ? (uint32_t)settings->max_groups : 100;
    filter_params_init(&q->params, ask->arena, obs_request_time_ns(ask->req));
    rc = read_all(q, ask->req, usual_interval, usual_s);
    return rc < 0 ? answer_complaint(q, ask->req, rc) : narrow_scope(q, ask);
}
