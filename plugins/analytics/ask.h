/* SPDX-License-Identifier: Apache-2.0 */
/* A request that is answered from several aggregates: they are asked one after the
 * other, their rows kept, and then the answer is written. */
#ifndef ANALYTICS_ASK_H
#define ANALYTICS_ASK_H

#include "analytics.h"
#include "period.h"

#include <stdbool.h>

#define ASK_MAX 16

/* A row of an aggregate, copied. */
struct ask_row {
    obs_str dimensions[8];
    obs_number *numbers;
    struct ask_row *next;     /* the next group */
    struct ask_row **buckets; /* by index; NULL: nothing there */
};

struct ask_answer {
    struct ask_row all; /* numbers NULL: not answered */
    struct ask_row *groups, **last;
    obs_search_result result;
    uint32_t n_dimensions, n_measures;
    size_t n_buckets;
};

struct ask {
    struct analytics *analytics;
    obs_request *req;
    obs_arena *arena; /* everything here; one thread at a time */
    obs_scope scope;
    obs_aggregate_query queries[ASK_MAX];
    struct ask_answer answers[ASK_MAX];
    size_t n, at;
    obs_jw *jw;
    obs_buf *buf;

    /* Writes the members of the answer before `meta`; an error is answered instead. */
    int (*write)(struct ask *ask);
    void *user;
};

/* NULL: out of memory. */
struct ask *ask_new(obs_request *req, struct analytics *analytics, int (*write)(struct ask *ask),
                    void *user);

/* Adds a query with the parts of it that are the same everywhere filled in; its
 * measures, dimensions and edges are borrowed until the answer is written. Returns its
 * number. */
size_t ask_add(struct ask *ask, const struct period *period, const obs_filter *filter,
               const obs_dimension *dimensions, size_t n_dimensions, const obs_measure *measures,
               size_t n_measures);

/* Runs them all; returns what the handler returns. */
int ask_run(struct ask *ask);

/* Where the answer came from: "rollup" only if all of it did. */
const char *ask_source(const struct ask *ask);

#endif
