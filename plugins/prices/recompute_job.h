/* SPDX-License-Identifier: Apache-2.0 */
/* A job of pricing anew, and the record that it is kept in. */
#ifndef PRICES_RECOMPUTE_JOB_H
#define PRICES_RECOMPUTE_JOB_H

#include <observatory/json.h>
#include <observatory/memory.h>

#include <stdbool.h>

#define RECOMPUTE_SPACE "prices"
#define RECOMPUTE_JOBS "recompute"          /* key: the jobs, newest first */
#define RECOMPUTE_CANCEL "recompute/cancel" /* key: the id of one that is to end */
#define RECOMPUTE_MAX_JOBS 20
#define RECOMPUTE_STALE_NS INT64_C(10000000000) /* without a sign of life: abandoned */

enum recompute_state { RECOMPUTE_RUNNING, RECOMPUTE_DONE, RECOMPUTE_CANCELLED, RECOMPUTE_FAILED };

struct recompute_job {
    char id[40];
    enum recompute_state state;
    int64_t from_ns, to_ns;                          /* INT64_MIN, INT64_MAX: open */
    char provider[128], model[256], cost_source[32]; /* empty: any */
    bool dry_run;
    int64_t rate; /* spans a second */

    int64_t started_ns, updated_ns;
    uint64_t scanned, changed;
    int64_t before, after; /* nano-dollars of what changed */
    int64_t at_ns;         /* start of the last span that was looked at */
    char position[128];    /* after it, in hexadecimal; empty: nothing yet */
    char error[128];       /* why it failed */
};

/* The jobs of a record. Errors: OBS_E_SYNTAX, OBS_E_NOMEM. */
OBS_MUST_CHECK int recompute_jobs_read(obs_arena *arena, obs_str record,
                                       struct recompute_job **ret_jobs, size_t *ret_n);

/* The record of jobs; ptr NULL when out of memory. */
obs_str recompute_jobs_write(obs_arena *arena, const struct recompute_job *jobs, size_t n);

/* `job` as the API shows it. */
void recompute_job_json(obs_jw *jw, const struct recompute_job *job);

/* Whether someone works at it. */
bool recompute_job_alive(const struct recompute_job *job, int64_t now_ns);

#endif
