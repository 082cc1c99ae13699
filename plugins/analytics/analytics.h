/* SPDX-License-Identifier: Apache-2.0 */
/* The instance, and what its handlers share. */
#ifndef ANALYTICS_H
#define ANALYTICS_H

#include <observatory/conf.h>
#include <observatory/plugin.h>
#include <observatory/request.h>
#include <observatory/store.h>

struct budgets;

/* The options, filled by the host. */
struct settings {
    int64_t max_groups;
    int64_t max_points;
    int64_t filter_depth, filter_nodes, filter_values;
    int64_t min_samples;
    int64_t query_timeout_ns;
    const obs_conf *budgets;
    int64_t budget_interval_ns;
};

struct analytics {
    obs_instance *instance;
    const struct settings *settings;
    const obs_store *store;
    void *store_self;
    struct budgets *budgets; /* NULL: none */
};

/* The handlers. Thread: worker. */
int handle_metrics(obs_request *req, void *self);      /* query.c */
int handle_summary(obs_request *req, void *self);      /* summary.c */
int handle_performance(obs_request *req, void *self);  /* performance.c */
int handle_quality(obs_request *req, void *self);      /* quality.c */
int handle_costs(obs_request *req, void *self);        /* costs.c */
int handle_attribution(obs_request *req, void *self);  /* attribution.c */
int handle_breakdown(obs_request *req, void *self);    /* attribution.c */
int handle_budgets(obs_request *req, void *self);      /* budgets.c */
int handle_forecast(obs_request *req, void *self);     /* forecast.c */
int handle_compare(obs_request *req, void *self);      /* compare.c */
int handle_optimization(obs_request *req, void *self); /* optimization.c */

#endif
