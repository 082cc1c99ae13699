/* SPDX-License-Identifier: Apache-2.0 */
/* Both answers come from one snapshot and are compared byte by byte. Users and
 * sessions are left out: they are counted on when a span's are changed. */
#include "drift.h"
#include "aggregate.h"
#include "rollup_plan.h"
#include "cell.h"

#include <observatory/worker.h>

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define S_NS INT64_C(1000000000)
#define MAX_MEASURES 64
#define LOOK_AT_MOST_NS (60 * S_NS)

struct drift_check {
    obs_instance *instance;
    const struct settings *settings;
    obs_thread *thread;
    struct db *db;
    struct statements statements;
    obs_series *results[2]; /* same, drift */

    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool ending;
};

/* --- a look --------------------------------------------------------------------------- */

/* Everything that cells keep exactly. */
static size_t all_measures(obs_measure *measures)
{
    size_t n = 0;

    measures[n++] = (obs_measure){.kind = OBS_MEASURE_COUNT};
    for (int i = 0; i < CELL_N_NUMBERS; i++) {
        measures[n++] = (obs_measure){OBS_MEASURE_SUM, cell_kinds[i].field, 0};
        measures[n++] = (obs_measure){OBS_MEASURE_PRESENT, cell_kinds[i].field, 0};
        if (cell_kinds[i].squares)
            measures[n++] = (obs_measure){OBS_MEASURE_STDDEV, cell_kinds[i].field, 0};
        if (i < CELL_N_SKETCHES)
            measures[n++] = (obs_measure){OBS_MEASURE_QUANTILE, cell_kinds[i].field, 0.95};
    }
    return n;
}

struct record {
    obs_buf *bytes;
    size_t n_measures;
};

static int record_group(const obs_group *group, void *user)
{
    struct record *r = user;

    for (size_t i = 0; i < ROLLUP_N_DIMENSIONS; i++) {
        obs_str text = group->kind == OBS_GROUP_ALL ? obs_str_n(NULL, 0) : group->dimensions[i];

        obs_buf_append(r->bytes, &text.len, sizeof(text.len));
        obs_buf_append(r->bytes, text.ptr, text.len);
    }
    for (size_t i = 0; i < r->n_measures; i++)
        obs_buf_append(r->bytes, &group->measures[i].i, sizeof(group->measures[i].i));
    return 0;
}

static int compare(struct statements *statements, const struct settings *settings, obs_arena *arena,
                   int64_t minute_ns, bool *ret_same)
{
    static const obs_scope all = {.size = sizeof(all), .all = 1};
    obs_measure measures[MAX_MEASURES];
    obs_dimension dimensions[ROLLUP_N_DIMENSIONS] = {{0}};
    obs_aggregate_query q = {.size = sizeof(q),
                             .from_ns = minute_ns,
                             .to_ns = minute_ns + rollup_ns[ROLLUP_MINUTE],
                             .dimensions = dimensions,
                             .n_dimensions = ROLLUP_N_DIMENSIONS,
                             .measures = measures,
                             .n_measures = all_measures(measures),
                             .limit = UINT32_MAX};
    struct record records[2];
    obs_search_result results[2];

    for (size_t i = 0; i < ROLLUP_N_DIMENSIONS; i++)
        dimensions[i].field = rollup_dimensions[i];
    for (size_t i = 0; i < 2; i++) {
        records[i] = (struct record){obs_buf_new(arena, /* limit_bytes= */ 0), q.n_measures};
        if (!records[i].bytes)
            return OBS_E_NOMEM;
        q.flags = i ? OBS_QUERY_RAW : 0;
        aggregate_now(statements, settings, &all, &q, record_group, &records[i], &results[i]);
        if (results[i].error < 0)
            return results[i].error;
    }
    *ret_same = obs_str_eq(obs_buf_str(records[0].bytes), obs_buf_str(records[1].bytes));
    return OBS_OK;
}

/* A number between those of the first and the last span. */
static bool choose_row(struct statements *statements, int64_t *ret_row)
{
    static const obs_str sql = OBS_STR("SELECT min(id),max(id) FROM spans");
    struct statement *stmt = NULL;
    bool found = statement_get(statements, sql, &stmt) == DB_OK && statement_step(stmt) == DB_ROW &&
                 !statement_is_null(stmt, 0);
    uint64_t rows;

    if (found) {
        rows = (uint64_t)(statement_int(stmt, 1) - statement_int(stmt, 0)) + 1;
        *ret_row = statement_int(stmt, 0) +
                   (int64_t)(((uint64_t)randombytes_random() << 32 | randombytes_random()) % rows);
    }
    statement_release(stmt);
    return found;
}

/* The minute of a span from anywhere in the table; false: there is none. */
static bool choose_minute(struct statements *statements, int64_t *ret_ns)
{
    static const obs_str sql =
        OBS_STR("SELECT start_ns FROM spans WHERE id>=?1 ORDER BY id LIMIT 1");
    int64_t step = rollup_ns[ROLLUP_MINUTE], rest, row;
    struct statement *stmt = NULL;
    bool found = choose_row(statements, &row) && statement_get(statements, sql, &stmt) == DB_OK &&
                 statement_bind_int(stmt, 1, row) == DB_OK && statement_step(stmt) == DB_ROW;

    if (found) {
        *ret_ns = statement_int(stmt, 0);
        rest = *ret_ns % step;
        *ret_ns -= rest + (rest < 0 ? step : 0);
    }
    statement_release(stmt);
    return found;
}

int drift_look(struct statements *statements, const struct settings *settings, bool *ret_same,
               int64_t *ret_minute_ns)
{
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0);
    int rc = arena && db_begin(statements->db, /* writes= */ false) == DB_OK ? OBS_OK : OBS_E_STORE;

    *ret_same = true;
    if (rc == OBS_OK && choose_minute(statements, ret_minute_ns))
        rc = compare(statements, settings, arena, *ret_minute_ns, ret_same);
    if (arena)
        db_rollback(statements->db); /* nothing was written */
    obs_arena_destroy(arena);
    return rc;
}

/* --- the thread ---------------------------------------------------------------------- */

static void look(struct drift_check *c)
{
    int64_t minute_ns = 0;
    bool same;
    int rc;

    db_set_deadline(c->db, obs_clock_mono_ns() + LOOK_AT_MOST_NS);
    rc = drift_look(&c->statements, c->settings, &same, &minute_ns);

    if (rc < 0)
        return; /* the store is in trouble, and tells it elsewhere */
    obs_series_add(c->results[same ? 0 : 1], 1);
    if (same)
        return;
    obs_log(c->instance, OBS_LOG_ERROR,
            "the rollups of the minute %lld (seconds since 1970) differ from its spans",
            (long long)(minute_ns / S_NS));
    obs_health_report(c->instance, "rollups", OBS_DEGRADED,
                      "a minute differs from its spans; the log says which");
}

static void run(void *arg)
{
    struct drift_check *c = arg;
    int64_t due_ns = obs_clock_mono_ns() + c->settings->rollup_check_ns;

    pthread_mutex_lock(&c->lock);
    while (!c->ending) {
        struct timespec until = {.tv_sec = due_ns / S_NS, .tv_nsec = due_ns % S_NS};

        if (pthread_cond_timedwait(&c->ended, &c->lock, &until) == 0 || c->ending)
            continue;
        pthread_mutex_unlock(&c->lock);
        look(c);
        due_ns = obs_clock_mono_ns() + c->settings->rollup_check_ns;
        pthread_mutex_lock(&c->lock);
    }
    pthread_mutex_unlock(&c->lock);
}

static int register_metric(struct drift_check *c)
{
    static const char *const result[] = {"result"};
    const obs_str same = OBS_STR("same"), drift = OBS_STR("drift");
    obs_metric *checks;
    int rc = obs_metric_register(
        c->instance,
        &(obs_metric_spec){.size = sizeof(obs_metric_spec),
                           .kind = OBS_METRIC_COUNTER,
                           .name = "store_rollup_checks_total",
                           .help = "Minutes of the rollups that were held against their spans.",
                           .labels = result,
                           .n_labels = 1},
        &checks);

    if (rc < 0)
        return rc;
    c->results[0] = obs_metric_series(checks, &same);
    c->results[1] = obs_metric_series(checks, &drift);
    return OBS_OK;
}

int drift_check_start(obs_instance *instance, const struct settings *settings,
                      struct drift_check **ret_check, char *error, size_t error_size)
{
    pthread_condattr_t attributes;
    struct drift_check *c;
    int rc;

    if (settings->rollup_check_ns == 0)
        return OBS_OK;
    snprintf(error, error_size, "out of memory");
    c = calloc(1, sizeof(*c));
    if (!c)
        return OBS_E_NOMEM;
    c->instance = instance;
    c->settings = settings;
    pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&c->ended, &attributes);
    pthread_condattr_destroy(&attributes);
    rc = register_metric(c);
    if (rc == OBS_OK)
        rc = db_open(settings, /* read_only= */ true, &c->db, error, error_size);
    c->statements.db = c->db;
    if (rc == OBS_OK)
        rc = obs_thread_start(instance, "store-checker", run, c, &c->thread);
    if (rc < 0) {
        drift_check_stop(c);
        return rc;
    }
    *ret_check = c;
    return OBS_OK;
}

void drift_check_stop(struct drift_check *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->ending = true;
    pthread_cond_signal(&c->ended);
    pthread_mutex_unlock(&c->lock);
    if (c->thread)
        obs_thread_join(c->thread);
    statements_finish(&c->statements);
    db_close(c->db);
    pthread_cond_destroy(&c->ended);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
