/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/metrics/quality: what fails, how, and what people and evaluators think of
 * it. */
#include "groups.h"
#include "preset.h"

#define MAX_ERRORS 500 /* kinds of messages that are looked at */
#define MAX_TYPES 50   /* that are shown */

static const struct preset presets[] = {
    {"request_count", NULL, "request_count"}, {"success_count", NULL, "success_count"},
    {"error_count", NULL, "error_count"},     {"success_rate", NULL, "success_rate"},
    {"error_rate", NULL, "error_rate"},
};

static const obs_dimension by_error[] = {{.field = OBS_FIELD_ERROR_TYPE},
                                         {.field = OBS_FIELD_ERROR_MESSAGE}};
static const obs_measure of_errors[] = {{.kind = OBS_MEASURE_COUNT},
                                        {.kind = OBS_MEASURE_MAX, .field = OBS_FIELD_TS}};

struct quality {
    struct question q;
    struct measures measures;
    struct feedback_total *feedback, **last;
};

/* What was said under one name. */
struct feedback_total {
    struct feedback_total *next;
    obs_str name;
    obs_feedback_sum sum;
};

/* --- errors ------------------------------------------------------------------------------ */

struct error_type {
    obs_str type, message; /* of the most frequent */
    int64_t count, last_ns;
};

/* Messages of one type are one: the first seen is the most frequent. */
static size_t gather(const struct ask_row *rows, struct error_type *types)
{
    size_t n = 0;

    for (const struct ask_row *row = rows; row; row = row->next) {
        size_t i = 0;

        while (i < n && !obs_str_eq(types[i].type, row->dimensions[0]))
            i++;
        if (i == MAX_TYPES)
            continue;
        if (i == n)
            types[n++] = (struct error_type){
                .type = row->dimensions[0], .message = row->dimensions[1], .last_ns = INT64_MIN};
        types[i].count += row->numbers[0].i;
        types[i].last_ns =
            row->numbers[1].i > types[i].last_ns ? row->numbers[1].i : types[i].last_ns;
    }
    return n;
}

static void text_or_null(obs_jw *jw, obs_str text)
{
    if (text.len)
        obs_jw_str(jw, text);
    else
        obs_jw_null(jw);
}

static void write_errors(struct ask *ask)
{
    struct error_type types[MAX_TYPES];
    size_t n = gather(ask->answers[1].groups, types);
    double all = ask->answers[1].all.numbers ? ask->answers[1].all.numbers[0].d : 0;
    obs_jw *jw = ask->jw;

    obs_jw_key(jw, "error_breakdown");
    obs_jw_array(jw);
    for (size_t i = 0; i < n; i++) {
        obs_jw_object(jw);
        obs_jw_key(jw, "error_type");
        text_or_null(jw, types[i].type);
        obs_jw_key(jw, "count");
        obs_jw_int(jw, types[i].count);
        obs_jw_key(jw, "share");
        ratio_write((double)types[i].count, all, jw);
        obs_jw_key(jw, "sample_message");
        text_or_null(jw, types[i].message);
        obs_jw_key(jw, "last_seen");
        obs_jw_time(jw, types[i].last_ns);
        obs_jw_end_object(jw);
    }
    obs_jw_end_array(jw);
}

/* --- feedback ---------------------------------------------------------------------------- */

static void write_sum(obs_jw *jw, const obs_feedback_sum *sum)
{
    obs_jw_key(jw, "count");
    obs_jw_int(jw, sum->count);
    obs_jw_key(jw, "average_score");
    ratio_write(sum->values ? sum->sum : 0, (double)sum->values, jw);
    obs_jw_key(jw, "resolution_rate");
    ratio_write((double)sum->resolved, (double)(sum->resolved + sum->unresolved), jw);
}

static void write_feedback(struct ask *ask, const struct quality *x)
{
    obs_jw *jw = ask->jw;
    int64_t count = 0;

    for (const struct feedback_total *t = x->feedback; t; t = t->next)
        count += t->sum.count;
    obs_jw_key(jw, "feedback");
    obs_jw_object(jw);
    obs_jw_key(jw, "count");
    obs_jw_int(jw, count);
    obs_jw_key(jw, "by_name");
    obs_jw_array(jw);
    for (const struct feedback_total *t = x->feedback; t; t = t->next) {
        obs_jw_object(jw);
        obs_jw_key(jw, "name");
        obs_jw_str(jw, t->name);
        write_sum(jw, &t->sum);
        obs_jw_end_object(jw);
    }
    obs_jw_end_array(jw);
    obs_jw_end_object(jw);
}

/* On a thread of the store. */
static int take_feedback(const obs_feedback_sum *sum, void *user)
{
    struct ask *ask = user;
    struct quality *x = ask->user;
    struct feedback_total *total = obs_arena_calloc(ask->arena, 1, sizeof(*total));

    if (!total)
        return 1;
    total->sum = *sum;
    total->name = obs_arena_dup(ask->arena, sum->name);
    *x->last = total;
    x->last = &total->next;
    return 0;
}

static void have_feedback(const obs_search_result *result, void *user)
{
    struct ask *ask = user;
    int rc = result->error < 0 ? result->error : ask_run(ask);

    if (rc < 0)
        (void)obs_respond_error(ask->req, rc, NULL, NULL);
}

/* --- the answer --------------------------------------------------------------------------- */

static int write(struct ask *ask)
{
    struct quality *x = ask->user;
    obs_jw *jw = ask->jw;

    obs_jw_key(jw, "data");
    obs_jw_object(jw);
    obs_jw_key(jw, "summary");
    obs_jw_object(jw);
    metrics_write(ask, &x->q, ask->answers[0].all.numbers, period_s(&x->q.period));
    write_feedback(ask, x);
    obs_jw_end_object(jw);
    write_errors(ask);
    obs_jw_key(jw, "time_series");
    if (ask->answers[0].groups)
        series_write(ask, &x->q, ask->answers[0].groups);
    else
        obs_jw_null(jw);
    obs_jw_end_object(jw);
    period_write(&x->q.period, jw);
    return OBS_OK;
}

/* The question's filter, and status = ERROR. */
static const obs_filter *only_errors(struct ask *ask, const obs_filter *filter)
{
    static const obs_value error = {.i = OBS_STATUS_ERROR};
    static const obs_filter leaf = {.size = sizeof(leaf),
                                    .kind = OBS_FILTER_LEAF,
                                    .field = OBS_FIELD_STATUS,
                                    .op = OBS_OP_EQ,
                                    .values = &error,
                                    .n_values = 1};
    obs_filter *both = obs_arena_calloc(ask->arena, 1, sizeof(*both));
    const obs_filter **children = obs_arena_calloc(ask->arena, 2, sizeof(*children));

    if (!both || !children)
        return NULL;
    children[0] = &leaf;
    children[1] = filter;
    *both = (obs_filter){.size = sizeof(*both),
                         .kind = OBS_FILTER_AND,
                         .children = children,
                         .n_children = filter ? 2 : 1};
    return both;
}

static int ask_all(struct ask *ask, struct quality *x)
{
    struct period whole = x->q.period;
    const obs_filter *errors = only_errors(ask, x->q.filter);
    const obs_span_set about = {.size = sizeof(about),
                                .from_ns = whole.from_ns,
                                .to_ns = whole.to_ns,
                                .filter = x->q.filter};
    size_t at;
    int rc;

    if (!errors)
        return OBS_E_NOMEM;
    (void)ask_add(ask, &x->q.period, x->q.filter, NULL, 0, x->measures.items, x->measures.n);
    whole.edges = NULL;
    whole.n_edges = 0;
    at = ask_add(ask, &whole, errors, by_error, 2, of_errors, 2);
    ask->queries[at].limit = MAX_ERRORS;
    x->last = &x->feedback;
    rc = ask->analytics->store->feedback_sums(ask->analytics->store_self, &ask->scope, &about,
                                              take_feedback, have_feedback, ask);
    return rc < 0 ? rc : OBS_PENDING;
}

int handle_quality(obs_request *req, void *self)
{
    struct analytics *analytics = self;
    struct ask *ask = ask_new(req, analytics, write, NULL);
    struct quality *x = ask ? obs_arena_calloc(ask->arena, 1, sizeof(*x)) : NULL;
    int rc;

    if (!x)
        return OBS_E_NOMEM;
    ask->user = x;
    rc = question_read(&x->q, ask, "auto", 86400, NULL);
    if (rc != OBS_OK)
        return rc == OBS_RESPONDED ? OBS_OK : rc;
    preset_take(&x->q, presets, sizeof(presets) / sizeof(*presets), &x->measures);
    return ask_all(ask, x);
}
