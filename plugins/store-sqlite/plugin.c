/* SPDX-License-Identifier: Apache-2.0 */
/* store-sqlite: obs.store/1 on one SQLite file. One thread writes with group
 * commit, a few read; see writer.c and reader.c. */
#include "aggregate.h"
#include "append.h"
#include "catch_up.h"
#include "drift.h"
#include "feedback.h"
#include "reader.h"
#include "record.h"
#include "remove.h"
#include "search.h"
#include "writer.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#define MAX_RECORD_BYTES ((size_t)1 << 20)

struct store {
    obs_instance *instance;
    const struct settings *settings;
    struct changes *changes;
    struct writer *writer;
    struct readers *readers;
    struct drift_check *check;
    obs_series *connections[2]; /* reading, writing */
};

#define AT(member) offsetof(struct settings, member)
/* name, type, flags, offset, default, min, max, choices, help */
static const obs_option options[] = {
    {"path", OBS_OPT_PATH, 0, AT(path), "observatory.db", NULL, NULL, NULL,
     "the database file; its folder is made when missing"},
    {"synchronous", OBS_OPT_CHOICE, 0, AT(synchronous), "full", NULL, NULL, "full|normal",
     "full survives a power cut, normal only the end of the process"},
    {"readers", OBS_OPT_INT, 0, AT(readers), "2", "1", "64", NULL, "threads that read"},
    {"queue_spans", OBS_OPT_INT, 0, AT(queue_spans), "100000", "1", "10000000", NULL,
     "spans that may wait for the writer before more are refused as busy"},
    {"queue_bytes", OBS_OPT_SIZE, 0, AT(queue_bytes), "256MiB", "1MiB", "64GiB", NULL,
     "bytes that may wait for the writer before more are refused as busy"},
    {"read_queue", OBS_OPT_INT, 0, AT(read_queue), "1000", "1", "1000000", NULL,
     "queries that may wait for a reader before more are refused as busy"},
    {"commit_max_spans", OBS_OPT_INT, 0, AT(commit_max_spans), "8192", "1", "1000000", NULL,
     "spans in one transaction at most, so that none waits long"},
    {"cache_size", OBS_OPT_SIZE, 0, AT(cache_bytes), "64MiB", "1MiB", "64GiB", NULL,
     "page cache of each connection at most; memory is used as needed"},
    {"mmap_size", OBS_OPT_SIZE, 0, AT(mmap_bytes), "1GiB", "0", "64GiB", NULL,
     "part of the file that is read through memory mapping"},
    {"checkpoint_size", OBS_OPT_SIZE, 0, AT(checkpoint_bytes), "64MiB", "64KiB", "16GiB", NULL,
     "size of the write-ahead log at which it is written back"},
    {"busy_timeout", OBS_OPT_DURATION, 0, AT(busy_timeout_ns), "10s", "1ms", "10m", NULL,
     "how long to wait for another process that writes"},
    {"query_timeout", OBS_OPT_DURATION, 0, AT(query_timeout_ns), "10s", "1ms", "1h", NULL,
     "how long a query may run"},
    {"keep_fragments", OBS_OPT_DURATION, 0, AT(keep_fragments_ns), "7d", "1m", "3650d", NULL,
     "how long a part of a span waits for its span before it is removed"},
    {"filter_depth", OBS_OPT_INT, 0, AT(filter_depth), "16", "1", "200", NULL,
     "levels of a filter at most"},
    {"filter_nodes", OBS_OPT_INT, 0, AT(filter_nodes), "256", "1", "10000", NULL,
     "conditions of a filter at most"},
    {"filter_values", OBS_OPT_INT, 0, AT(filter_values), "1000", "1", "30000", NULL,
     "values of one list in a filter at most"},
    {"aggregate_groups", OBS_OPT_INT, 0, AT(aggregate_groups), "200000", "1", "100000000", NULL,
     "groups and buckets of one aggregate at most, which it holds in memory"},
    {"text_index", OBS_OPT_CHOICE, 0, AT(text_index), "words", NULL, NULL, "words|none",
     "words: prompts and completions are indexed behind the commit; none: searches read them"},
    {"text_lag", OBS_OPT_INT, 0, AT(text_lag), "20000", "0", "100000000", NULL,
     "spans that may wait for the text index before it is built while others wait to write"},
    {"retention_spans", OBS_OPT_DURATION, 0, AT(retention_spans_ns), "90d", "0s", "36500d", NULL,
     "how long spans are kept; 0: for ever. Rollups stay"},
    {"retention_content", OBS_OPT_DURATION, 0, AT(retention_content_ns), "0s", "0s", "36500d", NULL,
     "how long prompts and completions are kept; 0: as long as their spans"},
    {"retention_minutes", OBS_OPT_DURATION, 0, AT(retention_cells_ns[ROLLUP_MINUTE]), "37d", "0s",
     "36500d", NULL, "how long rollups of minutes are kept; 0: for ever"},
    {"retention_quarter_hours", OBS_OPT_DURATION, 0, AT(retention_cells_ns[ROLLUP_QUARTER]), "210d",
     "0s", "36500d", NULL, "how long rollups of quarter hours are kept; 0: for ever"},
    {"retention_hours", OBS_OPT_DURATION, 0, AT(retention_cells_ns[ROLLUP_HOUR]), "1095d", "0s",
     "36500d", NULL, "how long rollups of hours are kept; 0: for ever"},
    {"retention_days", OBS_OPT_DURATION, 0, AT(retention_cells_ns[ROLLUP_DAY]), "1095d", "0s",
     "36500d", NULL, "how long rollups of days are kept; 0: for ever"},
    {"rollup_check", OBS_OPT_DURATION, 0, AT(rollup_check_ns), "10m", "0s", "365d", NULL,
     "how often a stretch of the rollups is held against its spans; 0: never"},
};

/* --- the service ------------------------------------------------------------------ */

static int in_scope(const obs_scope *scope, obs_str project)
{
    for (size_t i = 0; i < scope->n_projects; i++)
        if (obs_str_eq(scope->projects[i], project))
            return 1;
    return scope->all != 0;
}

/* Up to here a span of every caller goes: the obs_span of ABI 1.0. */
#define LEAST_SPAN (offsetof(obs_span, sample_rate) + sizeof(double))

static int check_span(const obs_scope *scope, const obs_span *span, uint32_t size,
                      obs_merge_fn merge)
{
    static const uint8_t none[16];
    int64_t duration_ns;

    if (size < LEAST_SPAN || span->size != size || (span->flags & OBS_SPAN_FRAGMENT && !merge))
        return OBS_E_INVALID;
    if (__builtin_sub_overflow(span->end_ns, span->start_ns, &duration_ns) ||
        (duration_ns < 0 && !(span->flags & OBS_SPAN_FRAGMENT)) || span->project_id.len == 0 ||
        !isfinite(span->sample_rate) || memcmp(span->trace_id, none, 16) == 0 ||
        memcmp(span->span_id, none, 8) == 0)
        return OBS_E_INVALID;
    return in_scope(scope, span->project_id) ? OBS_OK : OBS_E_FORBIDDEN_PROJECT;
}

static int append(void *self, const obs_scope *scope, const obs_span *spans, size_t n,
                  obs_merge_fn merge, obs_worker *worker, obs_append_fn done, void *user)
{
    struct store *store = self;

    if (n == 0)
        return OBS_E_INVALID;
    for (size_t i = 0; i < n; i++) {
        int rc = check_span(scope, obs_span_at(spans, i), spans->size, merge);
        if (rc < 0)
            return rc;
    }
    return append_submit(store->writer, spans, n, merge, worker, done, user);
}

static int search(void *self, const obs_scope *scope, const obs_span_query *query, obs_row_fn row,
                  obs_search_fn done, void *user)
{
    struct store *store = self;

    return search_submit(store->readers, store->settings, scope, query, row, done, user);
}

static int aggregate(void *self, const obs_scope *scope, const obs_aggregate_query *query,
                     obs_group_fn group, obs_search_fn done, void *user)
{
    struct store *store = self;

    return aggregate_submit(store->readers, store->settings, scope, query, group, done, user);
}

static int remove_spans(void *self, const obs_scope *scope, const obs_span_set *spans,
                        uint32_t flags, obs_append_fn done, void *user)
{
    struct store *store = self;

    return remove_submit(store->writer, store->settings, scope, spans, flags, done, user);
}

static int feedback_put(void *self, const obs_scope *scope, const obs_feedback *feedback, size_t n,
                        obs_worker *worker, obs_append_fn done, void *user)
{
    struct store *store = self;

    for (size_t i = 0; i < n; i++)
        if (!in_scope(scope, feedback_at(feedback, i)->project_id))
            return OBS_E_FORBIDDEN_PROJECT;
    return feedback_submit_put(store->writer, feedback, n, worker, done, user);
}

static int feedback_get(void *self, const obs_scope *scope, const obs_feedback_query *query,
                        obs_feedback_fn row, obs_search_fn done, void *user)
{
    struct store *store = self;

    return feedback_submit_get(store->readers, scope, query, row, done, user);
}

static int feedback_sums(void *self, const obs_scope *scope, const obs_span_set *spans,
                         obs_feedback_sum_fn row, obs_search_fn done, void *user)
{
    struct store *store = self;

    return feedback_submit_sums(store->readers, store->settings, scope, spans, row, done, user);
}

static int feedback_remove(void *self, const obs_scope *scope, obs_str id, obs_worker *worker,
                           obs_append_fn done, void *user)
{
    struct store *store = self;

    return feedback_submit_remove(store->writer, scope, id, worker, done, user);
}

static int record_get(void *self, obs_str space, obs_str key, obs_record_fn done, void *user)
{
    struct store *store = self;

    return record_submit_get(store->readers, space, key, done, user);
}

static int record_put(void *self, obs_str space, obs_str key, obs_str value, uint32_t flags,
                      obs_record_fn done, void *user)
{
    struct store *store = self;

    if (value.len > MAX_RECORD_BYTES)
        return OBS_E_TOO_LARGE;
    return record_submit_put(store->writer, space, key,
                             flags & OBS_RECORD_NEW ? RECORD_IF_NEW : RECORD_ALWAYS,
                             /* old= */ obs_str_n(NULL, 0), value, done, user);
}

static int record_swap(void *self, obs_str space, obs_str key, obs_str old, obs_str value,
                       obs_record_fn done, void *user)
{
    struct store *store = self;

    if (value.len > MAX_RECORD_BYTES)
        return OBS_E_TOO_LARGE;
    return record_submit_put(store->writer, space, key, old.ptr ? RECORD_IF_SAME : RECORD_IF_NEW,
                             old, value, done, user);
}

static uint64_t changes(void *self, const obs_scope *scope, const uint8_t *trace_id, int64_t to_ns)
{
    const struct store *store = self;

    return changes_count(store->changes, scope, trace_id, to_ns);
}

static const obs_store service = {
    .size = sizeof(obs_store),
    .append = append,
    .search = search,
    .aggregate = aggregate,
    .remove = remove_spans,
    .feedback_put = feedback_put,
    .feedback_get = feedback_get,
    .feedback_sums = feedback_sums,
    .feedback_remove = feedback_remove,
    .record_get = record_get,
    .record_put = record_put,
    .record_swap = record_swap,
    .changes = changes,
};

/* --- life --------------------------------------------------------------------------- */

static int register_metrics(struct store *store)
{
    static const char *const state[] = {"state"};
    const obs_str reading = OBS_STR("reading"), writing = OBS_STR("writing");
    obs_metric *connections;
    int rc = obs_metric_register(store->instance,
                                 &(obs_metric_spec){.size = sizeof(obs_metric_spec),
                                                    .kind = OBS_METRIC_GAUGE,
                                                    .name = "db_connections",
                                                    .help = "Connections to the database.",
                                                    .labels = state,
                                                    .n_labels = 1},
                                 &connections);

    if (rc < 0)
        return rc;
    store->connections[0] = obs_metric_series(connections, &reading);
    store->connections[1] = obs_metric_series(connections, &writing);
    return OBS_OK;
}

static void destroy(void *self)
{
    struct store *store = self;

    changes_destroy(store->changes);
    free(store);
}

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    struct store *store = calloc(1, sizeof(*store));
    int rc;

    if (!store)
        return OBS_E_NOMEM;
    store->instance = instance;
    store->settings = config;
    store->changes = changes_create();
    rc = store->changes ? register_metrics(store) : OBS_E_NOMEM;
    if (rc == OBS_OK)
        rc = obs_service_provide(instance, OBS_STORE_ID, &service, store);
    if (rc < 0) {
        obs_log(instance, OBS_LOG_ERROR, "cannot be created: %s", obs_error(rc)->text);
        destroy(store);
        return rc;
    }
    *ret_self = store;
    return OBS_OK;
}

static int start(void *self)
{
    struct store *store = self;
    char error[512];
    int rc = writer_start(store->instance, store->settings, store->changes, &store->writer, error,
                          sizeof(error));

    if (rc == OBS_OK)
        rc = readers_start(store->instance, store->settings, &store->readers, error, sizeof(error));
    if (rc == OBS_OK)
        rc = drift_check_start(store->instance, store->settings, &store->check, error,
                               sizeof(error));
    if (rc < 0) {
        obs_log(store->instance, OBS_LOG_ERROR, "%s", error);
        return rc;
    }
    obs_series_set(store->connections[0], (double)store->settings->readers);
    obs_series_set(store->connections[1], 1);
    obs_health_report(store->instance, "database", OBS_HEALTHY, "open");
    return OBS_OK;
}

static void stop(void *self)
{
    struct store *store = self;

    drift_check_stop(store->check);
    readers_stop(store->readers);
    writer_stop(store->writer); /* last: its closing writes the log back */
    obs_series_set(store->connections[0], 0);
    obs_series_set(store->connections[1], 0);
    store->check = NULL;
    store->readers = NULL;
    store->writer = NULL;
}

static int run_catch_up(obs_command_call *call, void *self)
{
    const struct store *store = self;

    return catch_up(call, store->instance, store->settings);
}

static const obs_command commands[] = {
    {
        .name = "catch-up",
        .usage = "",
        .summary = "counts spans that the rollups lack, indexes texts that the index lacks",
        .run = run_catch_up,
    },
};

static const char *const provides[] = {OBS_STORE_ID};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "store-sqlite",
    .version = OBS_VERSION,
    .license = "Apache-2.0",
    .summary = "keeps spans in an embedded SQLite database",
    .provides = provides,
    .n_provides = 1,
    .options = options,
    .n_options = sizeof(options) / sizeof(*options),
    .config_size = sizeof(struct settings),
    .commands = commands,
    .n_commands = sizeof(commands) / sizeof(*commands),
    .create = create,
    .start = start,
    .stop = stop,
    .destroy = destroy,
};
OBS_PLUGIN_NOTE("store-sqlite", OBS_VERSION);
