/* SPDX-License-Identifier: Apache-2.0 */
/* What all questions of analytics have in common: which spans, when, in which buckets
 * and groups. From the parameters of a GET or the body of a POST. */
#ifndef ANALYTICS_QUESTION_H
#define ANALYTICS_QUESTION_H

#include "ask.h"
#include "filter_params.h"
#include "metric.h"
#include "period.h"

#define QUESTION_MAX_METRICS 24
#define QUESTION_MAX_DIMENSIONS 4

/* The parameters that GET routes declare beside FILTER_PARAMS. */
#define QUESTION_PARAMS                                                                            \
    {"interval", "query", "string", "1m, 5m, 15m, 1h, 6h, 1d, 1w, 1mo or auto"},                   \
        {"tz", "query", "string", "time zone of the buckets: Europe/Berlin; UTC when absent"},     \
        {"group_by", "query", "list", "fields, tags or attributes.KEY; up to four"},               \
        {"limit", "query", "integer", "groups at most"},                                           \
    {                                                                                              \
        "fill", "query", "string", "what a bucket without spans shows: null, zero, none"           \
    }
enum { QUESTION_N_PARAMS = 5 };

enum fill { FILL_NULL, FILL_ZERO, FILL_NONE };

struct having_text { /* before the metrics are known */
    obs_str alias;
    uint32_t op;
    double value;
};

struct question {
    struct filter_params params; /* which spans; and what was wrong, after an error */
    const struct settings *settings;
    const obs_filter *filter; /* after question_finish() */
    struct period period;
    obs_str interval_text;
    bool about_operations; /* the filter says which kinds of spans it means */

    obs_dimension dimensions[QUESTION_MAX_DIMENSIONS];
    obs_str dimension_names[QUESTION_MAX_DIMENSIONS];
    size_t n_dimensions;

    struct metric metrics[QUESTION_MAX_METRICS];
    size_t n_metrics;
    obs_str metrics_text, aggregation_text; /* of a GET */
    struct having_text having[8];
    size_t n_having;
    obs_str sort_by;
    bool ascending;
    uint32_t limit;
    enum fill fill;
    obs_str models; /* of a comparison: names separated by commas */
    obs_str extra;  /* a value of the handler's own parameter, by `extra_name` */
    const char *extra_name;
};

/* Reads the request, and whose spans it may see. `usual` are the interval (NULL: no
 * buckets) and the length of the range in seconds when nothing is said. On errors the
 * request is answered and the result is OBS_RESPONDED; or OBS_E_NOMEM. */
OBS_MUST_CHECK int question_read(struct question *question, struct ask *ask,
                                 const char *usual_interval, int64_t usual_s,
                                 const char *extra_name);

/* Answers a complaint about a parameter; returns OBS_RESPONDED. */
int question_complain(struct question *question, obs_request *req, int error, const char *field,
                      const char *expected, obs_str found);

#endif
