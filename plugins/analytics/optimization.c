/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/analytics/optimization: what could be better, reckoned from what happened,
 * with the numbers behind each advice. What cannot be reckoned has no saving. */
#include "groups.h"
#include "preset.h"
#include "stats.h"

#include <math.h>

#define CHEAPER 0.7        /* a model is worth changing to below this share of the cost */
#define SLOWER 1.5         /* and if it is no slower than this */
#define CERTAIN 0.01       /* p below which a difference is not chance */
#define LONG_PROMPT 1024.0 /* tokens from which providers cache */
#define LITTLE_CACHED 0.2
#define OUTLIERS 8.0 /* p99 over p50 */
#define HOT 2.0      /* times the error rate of everything */

static const struct preset presets[] = {
    {"request_count", NULL, "request_count"}, {"error_count", NULL, "error_count"},
    {"error_rate", NULL, "error_rate"},       {"total_cost", NULL, "total_cost_usd"},
    {"prompt_cost", NULL, "prompt_cost_usd"}, {"total_tokens", NULL, "total_tokens"},
    {"prompt_tokens", NULL, "prompt_tokens"}, {"cached_tokens", NULL, "cached_tokens"},
    {"duration", "p50", "p50_duration_ms"},   {"duration", "p95", "p95_duration_ms"},
    {"duration", "p99", "p99_duration_ms"},
};

static const obs_dimension by_model[] = {
    {.field = OBS_FIELD_PROVIDER}, {.field = OBS_FIELD_MODEL}, {.field = OBS_FIELD_OPERATION_TYPE}};
static const obs_dimension by_service[] = {{.field = OBS_FIELD_SERVICE_NAME},
                                           {.field = OBS_FIELD_MODEL}};
static const obs_dimension by_status[] = {{.field = OBS_FIELD_STATUS}};

enum { MODELS, SERVICES, STATES };

struct advice {
    struct question q;
    struct measures measures;
    double least; /* requests below which nothing is said */
};

static double of(const struct advice *x, const struct ask_row *row, const char *alias)
{
    return preset_value(&x->q, alias, row->numbers);
}

static void begin(obs_jw *jw, const char *kind, const char *text, double saving)
{
    obs_jw_object(jw);
    obs_jw_key(jw, "kind");
    obs_jw_cstr(jw, kind);
    obs_jw_key(jw, "advice");
    obs_jw_cstr(jw, text);
    obs_jw_key(jw, "saving_usd"); /* in a period like this one */
    if (isnan(saving))
        obs_jw_null(jw);
    else
        obs_jw_fixed(jw, llround(saving / 1e3), 6);
    obs_jw_key(jw, "numbers");
    obs_jw_object(jw);
}

static void end(obs_jw *jw)
{
    obs_jw_end_object(jw);
    obs_jw_end_object(jw);
}

static void write_model(struct ask *ask, const struct advice *x, const char *key,
                        const struct ask_row *row)
{
    obs_jw_key(ask->jw, key);
    obs_jw_object(ask->jw);
    obs_jw_key(ask->jw, "provider");
    dimension_write(ask->jw, &by_model[0], row->dimensions[0]);
    obs_jw_key(ask->jw, "model");
    dimension_write(ask->jw, &by_model[1], row->dimensions[1]);
    metrics_write(ask, &x->q, row->numbers, period_s(&x->q.period));
    obs_jw_end_object(ask->jw);
}

/* --- cheaper models ------------------------------------------------------------------------ */

static double cost_per_token(const struct advice *x, const struct ask_row *row)
{
    double tokens = of(x, row, "total_tokens");

    return tokens > 0 ? of(x, row, "total_cost_usd") / tokens : NAN;
}

static bool fails_more(const struct advice *x, const struct ask_row *a, const struct ask_row *b)
{
    struct test_result t = proportion_test(of(x, a, "error_count"), of(x, a, "request_count"),
                                           of(x, b, "error_count"), of(x, b, "request_count"));

    return t.valid && t.statistic > 0 && t.p < CERTAIN;
}

/* Of the same kind of call, seen often enough, as reliable and about as fast. */
static bool could_replace(const struct advice *x, const struct ask_row *cheap,
                          const struct ask_row *dear)
{
    return obs_str_eq(cheap->dimensions[2], dear->dimensions[2]) &&
           of(x, cheap, "request_count") >= x->least && cost_per_token(x, cheap) > 0 &&
           cost_per_token(x, cheap) < CHEAPER * cost_per_token(x, dear) &&
           of(x, cheap, "p95_duration_ms") <= SLOWER * of(x, dear, "p95_duration_ms") &&
           !fails_more(x, cheap, dear);
}

static void advise_models(struct ask *ask, const struct advice *x)
{
    for (const struct ask_row *dear = ask->answers[MODELS].groups; dear; dear = dear->next) {
        const struct ask_row *best = NULL;

        if (of(x, dear, "request_count") < x->least)
            continue;
        for (const struct ask_row *r = ask->answers[MODELS].groups; r; r = r->next)
            if (could_replace(x, r, dear) &&
                (!best || cost_per_token(x, r) < cost_per_token(x, best)))
                best = r;
        if (!best)
            continue;
        begin(ask->jw, "cheaper_model",
              "a cheaper model that is in use fails no more often and is about as fast: try it "
              "for these calls, and judge its answers",
              of(x, dear, "total_cost_usd") -
                  of(x, dear, "total_tokens") * cost_per_token(x, best));
        write_model(ask, x, "from", dear);
        write_model(ask, x, "to", best);
        end(ask->jw);
    }
}

/* --- prompts that could be cached --------------------------------------------------------------
 */

static void advise_cache(struct ask *ask, const struct advice *x)
{
    for (const struct ask_row *r = ask->answers[MODELS].groups; r; r = r->next) {
        double count = of(x, r, "request_count"), prompt = of(x, r, "prompt_tokens");
        double cached = of(x, r, "cached_tokens");

        if (count < x->least || prompt / count < LONG_PROMPT || cached > LITTLE_CACHED * prompt)
            continue;
        begin(ask->jw, "prompt_cache",
              "prompts are long and seldom read from a cache: put what is the same in all of them "
              "first. What it saves depends on how much that is",
              NAN);
        write_model(ask, x, "model", r);
        obs_jw_key(ask->jw, "average_prompt_tokens");
        ratio_write(prompt, count, ask->jw);
        obs_jw_key(ask->jw, "cached_share");
        ratio_write(cached, prompt, ask->jw);
        end(ask->jw);
    }
}

/* --- slow outliers
 * -------------------------------------------------------------------------------- */

static void advise_outliers(struct ask *ask, const struct advice *x)
{
    for (const struct ask_row *r = ask->answers[MODELS].groups; r; r = r->next) {
        double p50 = of(x, r, "p50_duration_ms"), p99 = of(x, r, "p99_duration_ms");

        if (of(x, r, "request_count") < x->least || !(p50 > 0) || p99 < OUTLIERS * p50)
            continue;
        begin(ask->jw, "slow_outliers",
              "one call in a hundred takes many times as long as usual: a time limit with one "
              "more try would help those who wait",
              NAN);
        write_model(ask, x, "model", r);
        obs_jw_key(ask->jw, "p99_over_p50");
        ratio_write(p99, p50, ask->jw);
        end(ask->jw);
    }
}

/* --- where errors gather
 * ---------------------------------------------------------------------------- */

static void advise_errors(struct ask *ask, const struct advice *x)
{
    const struct ask_row *all = &ask->answers[SERVICES].all;
    double errors = of(x, all, "error_count"), count = of(x, all, "request_count");

    for (const struct ask_row *r = ask->answers[SERVICES].groups; r; r = r->next) {
        double own = of(x, r, "error_count"), n = of(x, r, "request_count");
        struct test_result t = proportion_test(own, n, errors - own, count - n);

        if (n < x->least || own / n < HOT * errors / count || !t.valid || t.p > CERTAIN)
            continue;
        begin(ask->jw, "error_hot_spot",
              "these calls fail much more often than the others: look at their errors", NAN);
        obs_jw_key(ask->jw, "service");
        dimension_write(ask->jw, &by_service[0], r->dimensions[0]);
        obs_jw_key(ask->jw, "model");
        dimension_write(ask->jw, &by_service[1], r->dimensions[1]);
        obs_jw_key(ask->jw, "request_count");
        obs_jw_int(ask->jw, llround(n));
        obs_jw_key(ask->jw, "error_rate");
        ratio_write(own, n, ask->jw);
        obs_jw_key(ask->jw, "error_rate_elsewhere");
        ratio_write(errors - own, count - n, ask->jw);
        obs_jw_key(ask->jw, "p_value");
        obs_jw_double(ask->jw, t.p);
        end(ask->jw);
    }
}

static void advise_waste(struct ask *ask, const struct advice *x)
{
    for (const struct ask_row *r = ask->answers[STATES].groups; r; r = r->next) {
        double cost = of(x, r, "total_cost_usd");

        if (!obs_str_is(r->dimensions[0], "ERROR") || !(cost > 0))
            continue;
        begin(ask->jw, "paid_failures", "calls that failed were paid for", cost);
        obs_jw_key(ask->jw, "error_count");
        obs_jw_int(ask->jw, llround(of(x, r, "request_count")));
        end(ask->jw);
    }
}

/* --- the answer
 * ---------------------------------------------------------------------------------------- */

static int write(struct ask *ask)
{
    const struct advice *x = ask->user;

    obs_jw_key(ask->jw, "data");
    obs_jw_array(ask->jw);
    if (ask->answers[MODELS].all.numbers) {
        advise_models(ask, x);
        advise_waste(ask, x);
        advise_errors(ask, x);
        advise_cache(ask, x);
        advise_outliers(ask, x);
    }
    obs_jw_end_array(ask->jw);
    obs_jw_key(ask->jw, "min_samples");
    obs_jw_int(ask->jw, llround(x->least));
    period_write(&x->q.period, ask->jw);
    return OBS_OK;
}

int handle_optimization(obs_request *req, void *self)
{
    struct analytics *analytics = self;
    struct ask *ask = ask_new(req, analytics, write, NULL);
    struct advice *x = ask ? obs_arena_calloc(ask->arena, 1, sizeof(*x)) : NULL;
    int rc;

    if (!x)
        return OBS_E_NOMEM;
    ask->user = x;
    rc = question_read(&x->q, ask, NULL, 7 * 86400, NULL);
    if (rc != OBS_OK)
        return rc == OBS_RESPONDED ? OBS_OK : rc;
    x->least = (double)analytics->settings->min_samples;
    x->q.period.edges = NULL;
    x->q.period.n_edges = 0;
    preset_take(&x->q, presets, sizeof(presets) / sizeof(*presets), &x->measures);
    (void)ask_add(ask, &x->q.period, x->q.filter, by_model, 3, x->measures.items, x->measures.n);
    (void)ask_add(ask, &x->q.period, x->q.filter, by_service, 2, x->measures.items, x->measures.n);
    (void)ask_add(ask, &x->q.period, x->q.filter, by_status, 1, x->measures.items, x->measures.n);
    return ask_run(ask);
}
