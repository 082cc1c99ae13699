/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars are taken as the parameter of that name; only filter, metrics and having
 * have a shape of their own. */
#include "question_body.h"
#include "alias.h"
#include "filter_json.h"

static int complain(struct question *q, const char *field, const char *text)
{
    q->params.wrong_field = field;
    q->params.wrong_text = obs_arena_printf(q->params.arena, "%s: %s", field, text);
    return OBS_E_INVALID;
}

static int take_filter(struct question *q, const obs_json *value)
{
    struct filter_reader reader = {.arena = q->params.arena,
                                   .now_ns = q->params.now_ns,
                                   .depth = (uint32_t)q->settings->filter_depth,
                                   .nodes = (uint32_t)q->settings->filter_nodes,
                                   .values = (uint32_t)q->settings->filter_values,
                                   .alias = alias_field};
    const obs_filter *filter = NULL;
    int rc = filter_json_read(&reader, "filter", value, &filter);

    if (rc == OBS_OK)
        return filter_params_add(&q->params, filter);
    q->params.wrong_field =
        reader.wrong_field.len
            ? obs_arena_printf(q->params.arena, "%.*s", OBS_STR_ARG(reader.wrong_field)).ptr
            : NULL;
    q->params.wrong_text = reader.wrong_text;
    return rc;
}

/* ["request_count"] or [{"metric", "aggregation", "alias"}] */
static int take_metrics(struct question *q, const obs_json *value)
{
    int rc = OBS_OK;

    if (obs_json_type(value) != OBS_JSON_ARRAY)
        return complain(q, "metrics", "expected a list");
    for (size_t i = 0; i < obs_json_count(value) && rc == OBS_OK; i++) {
        const obs_json *item = obs_json_at(value, i);
        bool object = obs_json_type(item) == OBS_JSON_OBJECT;

        if (!object && obs_json_type(item) != OBS_JSON_STRING)
            return complain(q, "metrics", "expected names or {\"metric\", \"aggregation\"}");
        rc = object
                 ? question_metric(q, obs_json_str(obs_json_get(item, "metric")),
                                   obs_json_str(obs_json_get(item, "aggregation")),
                                   obs_json_str(obs_json_get(item, "alias")))
                 : question_metric(q, obs_json_str(item), obs_str_n(NULL, 0), obs_str_n(NULL, 0));
    }
    return rc;
}

static int find_operator(obs_str name, uint32_t *ret)
{
    static const struct {
        const char *name;
        uint32_t op;
    } operators[] = {{"eq", OBS_OP_EQ},   {"ne", OBS_OP_NE}, {"gt", OBS_OP_GT},
                     {"gte", OBS_OP_GTE}, {"lt", OBS_OP_LT}, {"lte", OBS_OP_LTE}};

    for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++)
        if (obs_str_is(name, operators[i].name)) {
            *ret = operators[i].op;
            return OBS_OK;
        }
    return OBS_E_INVALID;
}

/* [{"metric": ALIAS, "operator": "gt", "value": 100}] */
static int take_having(struct question *q, const obs_json *value)
{
    if (obs_json_type(value) != OBS_JSON_ARRAY)
        return complain(q, "having", "expected a list");
    for (size_t i = 0; i < obs_json_count(value); i++) {
        const obs_json *item = obs_json_at(value, i), *bound = obs_json_get(item, "value");
        struct having_text *having = &q->having[q->n_having];

        if (q->n_having == sizeof(q->having) / sizeof(*q->having))
            return complain(q, "having", "expected up to eight conditions");
        having->alias = obs_json_str(obs_json_get(item, "metric"));
        having->value = obs_json_double(bound);
        if (!having->alias.len ||
            (obs_json_type(bound) != OBS_JSON_INT && obs_json_type(bound) != OBS_JSON_REAL) ||
            find_operator(obs_json_str(obs_json_get(item, "operator")), &having->op) < 0)
            return complain(q, "having",
                            "expected {\"metric\", \"operator\": \"eq\", \"ne\", \"gt\", \"gte\", "
                            "\"lt\" or \"lte\", \"value\": number}");
        q->n_having++;
    }
    return OBS_OK;
}

/* ["a", "b"] as "a,b"; a text as it is. */
static obs_str names_of(struct question *q, const obs_json *value)
{
    obs_buf *buf;

    if (obs_json_type(value) != OBS_JSON_ARRAY)
        return obs_json_str(value);
    buf = obs_buf_new(q->params.arena, /* limit_bytes= */ 0);
    for (size_t i = 0; buf && i < obs_json_count(value); i++)
        obs_buf_printf(buf, "%s%.*s", i ? "," : "",
                       OBS_STR_ARG(obs_json_str(obs_json_at(value, i))));
    return buf ? obs_buf_str(buf) : obs_str_n(NULL, 0);
}

static obs_str text_of(struct question *q, const obs_json *value)
{
    switch (obs_json_type(value)) {
    case OBS_JSON_INT:
        return obs_arena_printf(q->params.arena, "%lld", (long long)obs_json_int(value));
    case OBS_JSON_BOOL:
        return obs_str_of(obs_json_bool(value) ? "true" : "false");
    default:
        return names_of(q, value);
    }
}

static int take_member(obs_str key, const obs_json *value, void *user)
{
    struct question *q = user;

    if (obs_json_type(value) == OBS_JSON_NULL)
        return OBS_OK;
    if (obs_str_is(key, "filter") || obs_str_is(key, "filters"))
        return take_filter(q, value);
    if (obs_str_is(key, "metrics"))
        return take_metrics(q, value);
    if (obs_str_is(key, "having"))
        return take_having(q, value);
    return question_take(q, key, text_of(q, value));
}

int question_body_read(struct question *q, obs_str body)
{
    obs_json_error error = {.size = sizeof(error)};
    const obs_json *root;
    int rc = obs_json_parse(q->params.arena, body, &root, &error);

    if (rc == OBS_E_SYNTAX)
        q->params.wrong_text = obs_arena_printf(q->params.arena, "line %u, column %u: %s",
                                                error.line, error.column, error.text);
    if (rc < 0)
        return rc;
    if (obs_json_type(root) != OBS_JSON_OBJECT) {
        q->params.wrong_text = obs_str_of("expected an object");
        return OBS_E_SYNTAX;
    }
    return obs_json_each(root, take_member, q);
}
