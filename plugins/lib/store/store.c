/* SPDX-License-Identifier: Apache-2.0 */
/* One thread writes with group commit, a few read; see writer.c and reader.c. */
#include "store.h"
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

void store_destroy(void *self)
{
    struct store *store = self;

    changes_destroy(store->changes);
    free(store);
}

int store_create(obs_instance *instance, const void *config, void **ret_self)
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
        store_destroy(store);
        return rc;
    }
    *ret_self = store;
    return OBS_OK;
}

int store_start(void *self)
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

void store_stop(void *self)
{
    struct store *store = self;

    drift_check_stop(store->check);
    readers_stop(store->readers);
    writer_stop(store->writer); /* last: closing may write a log back */
    obs_series_set(store->connections[0], 0);
    obs_series_set(store->connections[1], 0);
    store->check = NULL;
    store->readers = NULL;
    store->writer = NULL;
}

const struct settings *store_settings(const void *self)
{
    return ((const struct store *)self)->settings;
}

obs_instance *store_instance(const void *self)
{
    return ((const struct store *)self)->instance;
}

int store_catch_up(obs_command_call *call, void *self)
{
    const struct store *store = self;

    return catch_up(call, store->instance, store->settings);
}
