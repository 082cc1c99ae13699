/* SPDX-License-Identifier: Apache-2.0 */
/* Budgets of the configuration: what may be spent in a day, week or month, by one
 * project or by all. A watch tells when a share of it is spent. */
#ifndef ANALYTICS_BUDGETS_H
#define ANALYTICS_BUDGETS_H

#include "analytics.h"
#include "timezone.h"

#include <stdbool.h>

#define BUDGETS_MAX 16
#define BUDGET_MAX_THRESHOLDS 8

struct budget {
    obs_str name, project; /* project empty: all */
    const char *period;    /* "day", "week", "month" */
    struct bucket_size size;
    obs_str zone_name;
    const struct zone *zone;
    int64_t limit;                            /* nano-dollars */
    double thresholds[BUDGET_MAX_THRESHOLDS]; /* ascending shares of it */
    size_t n_thresholds;

    /* Of the watch. */
    int64_t begin_ns; /* of the period that was looked at last */
    int64_t spent;
    size_t told; /* thresholds that were told in this period */
    obs_series *spent_usd, *limit_usd;
};

struct budgets {
    struct analytics *analytics;
    obs_arena *arena;
    struct budget items[BUDGETS_MAX];
    size_t n, at; /* at: the one that is asked about */
    bool busy;
    int64_t now_ns;
    obs_timer *timer;
};

/* Reads them; `ret` is NULL when there are none. On failure a sentence is in `error`.
 * Errors: OBS_E_INVALID, OBS_E_NOMEM. */
OBS_MUST_CHECK int budgets_read(struct analytics *analytics, const obs_conf *conf,
                                struct budgets **ret, char *error, size_t error_size);
void budgets_free(struct budgets *budgets);

/* When the period of a budget that holds a moment began, and ends. */
int64_t budget_begin(const struct budget *budget, int64_t ns);
int64_t budget_end(const struct budget *budget, int64_t ns);

/* Takes what was spent in the period up to `now_ns`; returns the highest threshold that
 * was passed and not told yet, -1: none. */
double budget_spent(struct budget *budget, int64_t spent, int64_t now_ns);

/* The watch; on one worker. */
OBS_MUST_CHECK int budgets_watch(struct budgets *budgets);
void budgets_end_watch(struct budgets *budgets);

#endif
