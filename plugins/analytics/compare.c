/* SPDX-License-Identifier: Apache-2.0 */
/* POST /api/v1/models/compare and GET /api/v1/analytics/models/compare: which of some
 * models is better at what, and whether the difference may be chance. A model is one
 * whoever provides it; `provider=` looks at one of them. */
#include "groups.h"
#include "preset.h"
#include "stats.h"

#include <math.h>

#define MAX_MODELS 10
#define SIGNIFICANT 0.05

static const struct preset presets[] = {
    {"request_count", NULL, "request_count"},
    {"duration", "avg", "avg_duration_ms"},
    {"duration", "stddev", "stddev_duration_ms"},
    {"duration", "p50", "p50_duration_ms"},
    {"duration", "p95", "p95_duration_ms"},
    {"duration", "p99", "p99_duration_ms"},
    {"ttft", "avg", "avg_ttft_ms"},
    {"ttft", "stddev", "stddev_ttft_ms"},
    {"ttft", "count", "ttft_count"},
    {"tokens_per_second", "avg", "avg_tokens_per_second"},
    {"tokens_per_second", "stddev", "stddev_tokens_per_second"},
    {"tokens_per_second", "count", "tokens_per_second_count"},
    {"total_cost", "avg", "avg_cost_usd"},
    {"total_cost", "stddev", "stddev_cost_usd"},
    {"total_cost", "count", "priced_count"},
    {"total_cost", NULL, "total_cost_usd"},
    {"total_tokens", NULL, "total_tokens"},
    {"error_count", NULL, "error_count"},
    {"error_rate", NULL, "error_rate"},
};

/* What models are compared in. */
static const struct contest {
    const char *name, *value, *stddev, *count; /* aliases of presets; stddev NULL: no test */
    bool greater;                              /* is better */
    const char *title;                         /* in the summary; NULL: not there */
} contests[] = {
    {"duration", "avg_duration_ms", "stddev_duration_ms", "request_count", false, "fastest"},
    {"p95_duration", "p95_duration_ms", NULL, "request_count", false, NULL},
    {"ttft", "avg_ttft_ms", "stddev_ttft_ms", "ttft_count", false, NULL},
    {"tokens_per_second", "avg_tokens_per_second", "stddev_tokens_per_second",
     "tokens_per_second_count", true, NULL},
    {"cost", "avg_cost_usd", "stddev_cost_usd", "priced_count", false, "cheapest"},
    {"error_rate", "error_count", NULL, "request_count", false, "most_reliable"},
};
#define N_CONTESTS (sizeof(contests) / sizeof(*contests))

struct comparison {
    struct question q;
    struct measures measures;
    obs_str names[MAX_MODELS];
    size_t n;
    obs_dimension by_model;
    obs_value values[MAX_MODELS];
    obs_filter leaf, both;
    const obs_filter *children[2];
};

/* --- one contest ----------------------------------------------------------------------------- */

/* A model in a contest. */
struct runner {
    const struct ask_row *row;
    double value; /* NaN: it does not take part */
};

static bool is_rate(const struct contest *c)
{
    return strcmp(c->name, "error_rate") == 0;
}

static double of(const struct comparison *x, const struct ask_row *row, const char *alias)
{
    return preset_value(&x->q, alias, row->numbers);
}

static double score(const struct comparison *x, const struct contest *c, const struct ask_row *row)
{
    double value = of(x, row, c->value), n = of(x, row, c->count);

    if (!(n > 0))
        return NAN;
    return is_rate(c) ? value / n : value;
}

static bool beats(const struct contest *c, double a, double b)
{
    return c->greater ? a > b : a < b;
}

static struct test_result test(const struct comparison *x, const struct contest *c,
                               const struct ask_row *a, const struct ask_row *b)
{
    if (is_rate(c))
        return proportion_test(of(x, a, c->value), of(x, a, c->count), of(x, b, c->value),
                               of(x, b, c->count));
    if (!c->stddev)
        return (struct test_result){0};
    return welch_test((struct sample){of(x, a, c->count), of(x, a, c->value), of(x, a, c->stddev)},
                      (struct sample){of(x, b, c->count), of(x, b, c->value), of(x, b, c->stddev)});
}

static void write_test(const struct contest *c, struct test_result t, obs_jw *jw)
{
    obs_jw_key(jw, "test");
    if (!t.valid) {
        obs_jw_null(jw);
        return;
    }
    obs_jw_object(jw);
    obs_jw_key(jw, "name");
    obs_jw_cstr(jw, is_rate(c) ? "two-proportion z" : "Welch t");
    obs_jw_key(jw, "statistic");
    obs_jw_double(jw, t.statistic);
    if (t.df > 0) {
        obs_jw_key(jw, "degrees_of_freedom");
        obs_jw_double(jw, t.df);
    }
    obs_jw_key(jw, "p_value");
    obs_jw_double(jw, t.p);
    obs_jw_key(jw, "significant");
    obs_jw_bool(jw, t.p < SIGNIFICANT);
    obs_jw_end_object(jw);
}

/* The best and the one after it; rows are NULL when there is none. */
static void find_best(const struct ask *ask, const struct contest *c, struct runner best[2])
{
    const struct comparison *x = ask->user;

    best[0] = best[1] = (struct runner){NULL, NAN};
    for (const struct ask_row *row = ask->answers[0].groups; row; row = row->next) {
        struct runner r = {row, score(x, c, row)};

        if (isnan(r.value))
            continue;
        if (!best[0].row || beats(c, r.value, best[0].value)) {
            best[1] = best[0];
            best[0] = r;
        } else if (!best[1].row || beats(c, r.value, best[1].value)) {
            best[1] = r;
        }
    }
}

static void write_contest(struct ask *ask, const struct contest *c)
{
    const struct comparison *x = ask->user;
    struct runner best[2];
    obs_jw *jw = ask->jw;

    find_best(ask, c, best);
    obs_jw_object(jw);
    obs_jw_key(jw, "metric");
    obs_jw_cstr(jw, c->name);
    obs_jw_key(jw, "better");
    obs_jw_cstr(jw, c->greater ? "higher" : "lower");
    obs_jw_key(jw, "winner");
    if (best[1].row && !beats(c, best[0].value, best[1].value))
        obs_jw_null(jw); /* a draw */
    else if (best[0].row)
        obs_jw_str(jw, best[0].row->dimensions[0]);
    else
        obs_jw_null(jw);
    obs_jw_key(jw, "runner_up");
    if (best[1].row)
        obs_jw_str(jw, best[1].row->dimensions[0]);
    else
        obs_jw_null(jw);
    obs_jw_key(jw, "difference_percent"); /* of the winner from the runner-up */
    change_write(best[0].value, best[1].value, jw);
    write_test(c, best[1].row ? test(x, c, best[0].row, best[1].row) : (struct test_result){0}, jw);
    obs_jw_end_object(jw);
}

/* --- the answer ---------------------------------------------------------------------------------
 */

static void write_models(struct ask *ask, const struct comparison *x)
{
    obs_jw *jw = ask->jw;

    obs_jw_key(jw, "models");
    obs_jw_array(jw);
    for (const struct ask_row *row = ask->answers[0].groups; row; row = row->next) {
        double count = of(x, row, "request_count"), tokens = of(x, row, "total_tokens");

        obs_jw_object(jw);
        obs_jw_key(jw, "model");
        obs_jw_str(jw, row->dimensions[0]);
        metrics_write(ask, &x->q, row->numbers, period_s(&x->q.period));
        obs_jw_key(jw, "cost_per_1k_tokens_usd");
        ratio_write(of(x, row, "total_cost_usd") / 1e6, tokens, jw);
        obs_jw_key(jw, "few_samples");
        obs_jw_bool(jw, count < (double)ask->analytics->settings->min_samples);
        obs_jw_end_object(jw);
    }
    obs_jw_end_array(jw);
}

static void write_missing(const struct ask *ask, const struct comparison *x)
{
    obs_jw *jw = ask->jw;

    obs_jw_key(jw, "missing_models"); /* without spans in the range */
    obs_jw_array(jw);
    for (size_t i = 0; i < x->n; i++) {
        const struct ask_row *row = ask->answers[0].groups;

        while (row && !obs_str_eq(row->dimensions[0], x->names[i]))
            row = row->next;
        if (!row)
            obs_jw_str(jw, x->names[i]);
    }
    obs_jw_end_array(jw);
}

static void write_summary(struct ask *ask)
{
    obs_jw_key(ask->jw, "summary");
    obs_jw_object(ask->jw);
    for (size_t i = 0; i < N_CONTESTS; i++) {
        struct runner best[2];

        if (!contests[i].title)
            continue;
        find_best(ask, &contests[i], best);
        obs_jw_key(ask->jw, contests[i].title);
        if (best[0].row && !(best[1].row && !beats(&contests[i], best[0].value, best[1].value)))
            obs_jw_str(ask->jw, best[0].row->dimensions[0]);
        else
            obs_jw_null(ask->jw);
    }
    obs_jw_end_object(ask->jw);
}

static int write(struct ask *ask)
{
    const struct comparison *x = ask->user;

    obs_jw_key(ask->jw, "data");
    obs_jw_object(ask->jw);
    write_models(ask, x);
    obs_jw_key(ask->jw, "comparisons");
    obs_jw_array(ask->jw);
    for (size_t i = 0; i < N_CONTESTS; i++)
        write_contest(ask, &contests[i]);
    obs_jw_end_array(ask->jw);
    write_summary(ask);
    write_missing(ask, x);
    obs_jw_key(ask->jw, "min_samples");
    obs_jw_int(ask->jw, ask->analytics->settings->min_samples);
    obs_jw_end_object(ask->jw);
    period_write(&x->q.period, ask->jw);
    return OBS_OK;
}

/* --- the question
 * --------------------------------------------------------------------------------- */

static int read_models(struct comparison *x, obs_request *req)
{
    obs_str rest = x->q.models;

    while (rest.len) {
        const char *comma = memchr(rest.ptr, ',', rest.len);
        size_t len = comma ? (size_t)(comma - rest.ptr) : rest.len;

        if (len && x->n == MAX_MODELS)
            return question_complain(&x->q, req, OBS_E_COMPLEX, "models", "up to ten", rest);
        if (len)
            x->names[x->n++] = obs_str_n(rest.ptr, len);
        rest = obs_str_n(rest.ptr + len + (comma != NULL), rest.len - len - (comma != NULL));
    }
    if (x->n >= 2)
        return OBS_OK;
    return question_complain(&x->q, req, x->q.models.ptr ? OBS_E_INVALID : OBS_E_MISSING, "models",
                             "two to ten names of models", x->q.models);
}

static void narrow(struct comparison *x)
{
    for (size_t i = 0; i < x->n; i++)
        x->values[i].s = x->names[i];
    x->leaf = (obs_filter){.size = sizeof(x->leaf),
                           .kind = OBS_FILTER_LEAF,
                           .field = OBS_FIELD_MODEL,
                           .op = OBS_OP_IN,
                           .values = x->values,
                           .n_values = x->n};
    x->children[0] = &x->leaf;
    x->children[1] = x->q.filter;
    x->both = (obs_filter){.size = sizeof(x->both),
                           .kind = OBS_FILTER_AND,
                           .children = x->children,
                           .n_children = x->q.filter ? 2 : 1};
}

int handle_compare(obs_request *req, void *self)
{
    struct analytics *analytics = self;
    struct ask *ask = ask_new(req, analytics, write, NULL);
    struct comparison *x = ask ? obs_arena_calloc(ask->arena, 1, sizeof(*x)) : NULL;
    int rc;

    if (!x)
        return OBS_E_NOMEM;
    ask->user = x;
    rc = question_read(&x->q, ask, NULL, 7 * 86400, NULL);
    if (rc == OBS_OK)
        rc = read_models(x, req);
    if (rc != OBS_OK)
        return rc == OBS_RESPONDED ? OBS_OK : rc;
    narrow(x);
    x->q.period.edges = NULL;
    x->q.period.n_edges = 0;
    x->by_model = (obs_dimension){.field = OBS_FIELD_MODEL};
    preset_take(&x->q, presets, sizeof(presets) / sizeof(*presets), &x->measures);
    (void)ask_add(ask, &x->q.period, &x->both, &x->by_model, 1, x->measures.items, x->measures.n);
    return ask_run(ask);
}
