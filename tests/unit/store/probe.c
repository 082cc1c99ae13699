/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin whose commands are tests: it needs obs.store/1 and gets whichever
 * store the configuration loads, so the same tests hold for every store. */
#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

struct probe probe;

const obs_scope everything = {.size = sizeof(obs_scope), .all = 1};

obs_span span_of(uint64_t n)
{
    obs_span s;

    obs_span_init(&s);
    memcpy(s.trace_id, &n, sizeof(n));
    s.trace_id[15] = 1;
    memcpy(s.span_id, &n, sizeof(n));
    s.span_id[7] = 1;
    s.start_ns = INT64_C(1790000000000000000) + (int64_t)n;
    s.end_ns = s.start_ns + 1000000000;
    s.project_id = obs_str_of("p");
    return s;
}

obs_span_query query_all(void)
{
    return (obs_span_query){
        .size = sizeof(obs_span_query),
        .flags = OBS_QUERY_DESCENDING,
        .fields = OBS_FIELDS_ALL,
        .from_ns = INT64_MIN,
        .to_ns = INT64_MAX,
        .sort_field = OBS_FIELD_TS,
        .limit = 1000,
    };
}

struct answer {
    int done;
    obs_append_result appended;
    obs_search_result found;
    char position[64];
};

static void on_appended(const obs_append_result *result, void *user)
{
    struct answer *a = user;

    a->appended = *result;
    a->done = 1;
}

/* The position is borrowed for the call: kept for the caller's next search. */
static struct answer last;

static void on_found(const obs_search_result *result, void *user)
{
    struct answer *a = user;

    a->found = *result;
    assert_true(result->position.len <= sizeof(a->position));
    if (result->position.len)
        memcpy(a->position, result->position.ptr, result->position.len);
    a->found.position.ptr = a->position;
    a->done = 1;
}

static int append_any(const obs_scope *scope, const obs_span *spans, size_t n, obs_merge_fn merge)
{
    int rc;

    last.done = 0;
    rc = probe.store->append(probe.self, scope, spans, n, merge, obs_worker_current(), on_appended,
                             &last);
    if (rc < 0)
        return rc;
    assert_int_equal(obs_command_wait(probe.call, &last.done), OBS_OK);
    return last.appended.error;
}

int append_error(const obs_scope *scope, const obs_span *spans, size_t n)
{
    return append_any(scope, spans, n, NULL);
}

obs_append_result append(const obs_span *spans, size_t n)
{
    return append_merging(spans, n, NULL);
}

obs_append_result append_merging(const obs_span *spans, size_t n, obs_merge_fn merge)
{
    assert_int_equal(append_any(&everything, spans, n, merge), OBS_OK);
    return last.appended;
}

static int search_any(const obs_scope *scope, const obs_span_query *query, obs_row_fn row,
                      void *user)
{
    static struct answer found; /* `query->after` may point into `last` */
    int rc;

    found.done = 0;
    rc = probe.store->search(probe.self, scope, query, row, on_found, &found);
    /* for the row callback's benefit on a refused call */
    (void)user;
    if (rc < 0)
        return rc;
    assert_int_equal(obs_command_wait(probe.call, &found.done), OBS_OK);
    last = found;
    last.found.position.ptr = last.position;
    return found.found.error;
}

/* One `user` for both callbacks: rows go through a trampoline. */
static struct {
    obs_row_fn fn;
    void *user;
} rows;

static int on_row(const obs_span *span, void *user)
{
    (void)user;
    return rows.fn ? rows.fn(span, rows.user) : 0;
}

obs_search_result search(const obs_scope *scope, const obs_span_query *query, obs_row_fn row,
                         void *user)
{
    rows.fn = row;
    rows.user = user;
    assert_int_equal(search_any(scope, query, on_row, NULL), OBS_OK);
    return last.found;
}

int search_error(const obs_span_query *query)
{
    rows.fn = NULL;
    return search_any(&everything, query, on_row, NULL);
}

/* --- the plugin ------------------------------------------------------------------- */

static int create(obs_instance *instance, const void *config, void **ret_self)
{
    (void)config;
    probe.instance = instance;
    *ret_self = &probe;
    return OBS_OK;
}

static void destroy(void *self)
{
    (void)self; /* static */
}

static int start(void *self)
{
    obs_service service;
    int rc = obs_service_get(probe.instance, OBS_STORE_ID, &service);

    (void)self;
    if (rc == OBS_OK) {
        probe.store = service.table;
        probe.self = service.provider;
    }
    return rc;
}

static int run_conformance(obs_command_call *call, void *self)
{
    (void)self;
    probe.call = call;
    return test_basics() + test_filters() + test_pages() + test_calls() ? EXIT_FAILURE
                                                                        : EXIT_SUCCESS;
}

static int run_limits(obs_command_call *call, void *self)
{
    (void)self;
    probe.call = call;
    return test_limits() ? EXIT_FAILURE : EXIT_SUCCESS;
}

static const obs_command commands[] = {
    {.name = "conformance",
     .usage = "",
     .summary = "what a store promises",
     .run = run_conformance},
    {.name = "limits", .usage = "", .summary = "a small queue, a full disk", .run = run_limits},
};
static const obs_need needs[] = {{.service = OBS_STORE_ID}};

OBS_EXPORT const obs_plugin obs_plugin_entry = {
    OBS_PLUGIN_HEADER,
    .name = "probe",
    .version = "1.0.0",
    .license = "Apache-2.0",
    .summary = "tests of a store",
    .needs = needs,
    .n_needs = 1,
    .commands = commands,
    .n_commands = 2,
    .create = create,
    .start = start,
    .destroy = destroy,
};
OBS_PLUGIN_NOTE("probe", "1.0.0");
