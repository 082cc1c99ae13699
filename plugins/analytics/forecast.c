/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/costs/forecast: what the days to come will probably cost. The day at hand
 * is not over and teaches nothing. */
#include "forecast_model.h"
#include "costs.h"
#include "groups.h"

#include <math.h>

#define DAY_S 86400

struct view {
    struct question q;
    obs_measure cost;
    size_t horizon;
    double days[FORECAST_MAX_DAYS];
};

static void write_money(obs_jw *jw, const char *key, double nano_dollars)
{
    obs_jw_key(jw, key);
    obs_jw_fixed(jw, llround(nano_dollars / 1e3), 6);
}

static void write_days(const struct view *x, const struct forecast *f, obs_jw *jw)
{
    int64_t at_s = x->q.period.to_ns / 1000000000;

    obs_jw_key(jw, "forecast");
    obs_jw_array(jw);
    for (size_t h = 0; h < x->horizon; h++) {
        obs_jw_object(jw);
        obs_jw_key(jw, "timestamp");
        obs_jw_time(jw, at_s * 1000000000);
        write_money(jw, "cost_usd", f->days[h].mean);
        write_money(jw, "low_usd", f->days[h].low);
        write_money(jw, "high_usd", f->days[h].high);
        write_money(jw, "cumulative_usd", f->days[h].sum);
        obs_jw_end_object(jw);
        at_s = bucket_next(x->q.period.zone, x->q.period.interval->size, at_s);
    }
    obs_jw_end_array(jw);
}

static void write_method(const struct forecast *f, obs_jw *jw)
{
    obs_jw_key(jw, "method");
    obs_jw_object(jw);
    obs_jw_key(jw, "name");
    obs_jw_cstr(jw, forecast_names[f->method]);
    obs_jw_key(jw, "interval");
    obs_jw_cstr(jw, "80 % of the errors of the back-test");
    obs_jw_key(jw, "back_test");
    obs_jw_object(jw);
    obs_jw_key(jw, "held_back_days");
    obs_jw_uint(jw, f->tested);
    write_money(jw, "mean_absolute_error_usd", f->mae);
    write_money(jw, "last_week_error_usd", f->naive_mae);
    obs_jw_key(jw, "interval_coverage");
    ratio_write(f->coverage, 1, jw);
    obs_jw_end_object(jw);
    obs_jw_end_object(jw);
}

/* The history, oldest first; days without spans cost nothing. */
static size_t read_days(const struct ask_answer *answer, struct view *x)
{
    size_t n = answer->n_buckets, first = 0;

    for (size_t i = 0; i < n && i < FORECAST_MAX_DAYS; i++) {
        const struct ask_row *bucket = answer->groups ? answer->groups->buckets[i] : NULL;

        x->days[i] = bucket ? bucket->numbers[0].d : 0;
    }
    while (first < n && x->days[first] <= 0) /* before the first spans there is no history */
        first++;
    for (size_t i = first; i < n; i++)
        x->days[i - first] = x->days[i];
    return n - first;
}

static int write(struct ask *ask)
{
    struct view *x = ask->user;
    size_t n = read_days(&ask->answers[0], x), last = x->horizon - 1;
    struct forecast *f = obs_arena_calloc(ask->arena, 1, sizeof(*f));
    obs_jw *jw = ask->jw;

    if (!f)
        return OBS_E_NOMEM;
    if (!forecast_make(x->days, n, x->horizon, f)) {
        (void)obs_respond_error(ask->req, OBS_E_RANGE, "from",
                                "from: expected at least %d whole days since the first span, and "
                                "cost in seven of them, found %zu days",
                                FORECAST_MIN_DAYS, n);
        return OBS_RESPONDED;
    }
    obs_jw_key(jw, "data");
    obs_jw_object(jw);
    obs_jw_key(jw, "history_days");
    obs_jw_uint(jw, n);
    obs_jw_key(jw, "total");
    obs_jw_object(jw);
    write_money(jw, "cost_usd", f->days[last].sum);
    write_money(jw, "low_usd", f->days[last].sum_low);
    write_money(jw, "high_usd", f->days[last].sum_high);
    obs_jw_end_object(jw);
    write_days(x, f, jw);
    write_method(f, jw);
    obs_jw_end_object(jw);
    period_write(&x->q.period, jw);
    return OBS_OK;
}

/* Whole days of the zone, up to the beginning of the day at hand. */
static int cut_days(struct view *x, obs_arena *arena)
{
    struct period *p = &x->q.period;

    p->interval = interval_find(obs_str_of("1d"));
    p->to_ns = bucket_begin(p->zone, p->interval->size, p->to_ns / 1000000000) * 1000000000;
    p->from_ns = bucket_begin(p->zone, p->interval->size, p->from_ns / 1000000000) * 1000000000;
    return p->from_ns < p->to_ns ? period_cut(p, FORECAST_MAX_DAYS - 8, arena) : OBS_E_RANGE;
}

static int read_horizon(struct view *x, obs_request *req)
{
    int64_t days = 30;

    if (x->q.extra.ptr &&
        (!filter_params_number(x->q.extra, 0, &days) || days < 1 || days > FORECAST_MAX_HORIZON))
        return question_complain(&x->q, req, OBS_E_INVALID, "horizon", "1 to 90 days", x->q.extra);
    x->horizon = (size_t)days;
    return OBS_OK;
}

int handle_forecast(obs_request *req, void *self)
{
    struct analytics *analytics = self;
    struct ask *ask = ask_new(req, analytics, write, NULL);
    struct view *x = ask ? obs_arena_calloc(ask->arena, 1, sizeof(*x)) : NULL;
    int rc;

    if (!x)
        return OBS_E_NOMEM;
    ask->user = x;
    rc = question_read(&x->q, ask, NULL, 120 * DAY_S, "horizon");
    if (rc == OBS_OK)
        rc = read_horizon(x, req);
    if (rc == OBS_OK && (rc = cut_days(x, ask->arena)) == OBS_E_RANGE)
        rc = question_complain(&x->q, req, OBS_E_RANGE, "from", "up to 392 whole days before today",
                               obs_str_of("another range"));
    if (rc != OBS_OK)
        return rc == OBS_RESPONDED ? OBS_OK : rc;
    x->cost = (obs_measure){.kind = OBS_MEASURE_SUM, .field = OBS_FIELD_TOTAL_COST};
    (void)ask_add(ask, &x->q.period, x->q.filter, NULL, 0, &x->cost, 1);
    return ask_run(ask);
}
