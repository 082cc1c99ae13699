/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics by their names, what the store has to measure for them, and how they
 * are shown. */
#ifndef ANALYTICS_METRIC_H
#define ANALYTICS_METRIC_H

#include <observatory/json.h>
#include <observatory/store.h>

#include <stdbool.h>

enum unit { UNIT_COUNT, UNIT_MS, UNIT_USD, UNIT_SPEED, UNIT_RATIO };

/* How a metric follows from measures. */
enum metric_kind {
    METRIC_FIELD, /* an aggregation of a field */
    METRIC_REQUESTS,
    METRIC_ERRORS,
    METRIC_SUCCESSES, /* what is no error */
    METRIC_ERROR_RATE,
    METRIC_SUCCESS_RATE,
    METRIC_THROUGHPUT, /* requests a second */
    METRIC_DISTINCT,
};

struct metric_def {
    const char *name;
    enum metric_kind kind;
    uint32_t field;
    enum unit unit;
    uint32_t aggregation; /* index of the usual one */
};

extern const struct metric_def metric_defs[];
extern const size_t n_metric_defs;

struct aggregation {
    const char *name;
    uint32_t kind; /* OBS_MEASURE_* */
    double argument;
};

extern const struct aggregation aggregations[];
extern const size_t n_aggregations;

/* NULL, -1: there is none of that name. */
const struct metric_def *metric_find(obs_str name);
int aggregation_find(obs_str name);

/* All names, for complaints. In `arena`. */
obs_str metric_names(obs_arena *arena);

/* The measures of one query; each asked for once. */
struct measures {
    obs_measure items[64];
    size_t n;
};

/* The index of a measure; room is the caller's care. */
size_t measure_add(struct measures *measures, uint32_t kind, uint32_t field, double argument);

/* A metric of a query. */
struct metric {
    const struct metric_def *def;
    uint32_t aggregation; /* index */
    obs_str alias;        /* its name in the answer */
    size_t first, second; /* its measures */
};

/* Asks for what it takes; false: there are too many measures. */
bool metric_ask(struct metric *metric, struct measures *measures);

/* Its value, a JSON number or null, over `seconds`. */
void metric_write(const struct metric *metric, const obs_number *numbers, double seconds,
                  obs_jw *jw);

/* What `having` compares a value of the answer with, in the store's unit: the measure
 * and the value. False: the store cannot (a rate). */
bool metric_bound(const struct metric *metric, double shown, size_t *ret_measure,
                  double *ret_value);

/* A number of the store as it is shown: milliseconds, dollars. An average of counts has
 * up to six decimals. */
void number_write(enum unit unit, bool whole, obs_number number, obs_jw *jw);

/* part / whole with up to six decimals; null when there is no whole. */
void ratio_write(double part, double whole, obs_jw *jw);

/* By how much `now` differs from `before`, in per cent with two decimals; null when
 * there was nothing before. */
void change_write(double now, double before, obs_jw *jw);

#endif
