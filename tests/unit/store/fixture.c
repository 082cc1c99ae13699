/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>

const obs_scope scope_all = {.size = sizeof(obs_scope), .all = 1};

void fixture_init(struct fixture *f)
{
    *f = (struct fixture){.worker = fake_worker_create()};
    f->settings.store = (struct settings){
        .readers = 2,
        .queue_spans = 100000,
        .queue_bytes = 256 << 20,
        .read_queue = 1000,
        .commit_max_spans = 8192,
        .query_timeout_ns = INT64_C(10000000000),
        .keep_fragments_ns = INT64_C(86400000000000),
        .filter_depth = 16,
        .filter_nodes = 256,
        .filter_values = 1000,
        .aggregate_groups = 100000,
    };
    database_init(f);
    fake_worker_adopt(f->worker);
}

int fixture_open(struct fixture *f)
{
    obs_service service;

    assert_null(f->self);
    assert_int_equal(obs_plugin_entry.create(fake_instance(), &f->settings, &f->self), OBS_OK);
    service = fake_service();
    f->store = service.table;
    assert_ptr_equal(service.provider, f->self);
    return obs_plugin_entry.start(f->self);
}

/* Answers that stop() leaves to the worker keep the instance, as in the host. */
void fixture_close(struct fixture *f)
{
    if (!f->self)
        return;
    obs_plugin_entry.stop(f->self);
    fake_worker_run(f->worker);
    obs_plugin_entry.destroy(f->self);
    f->self = NULL;
}

void fixture_finish(struct fixture *f)
{
    fixture_close(f);
    database_finish(f);
    fake_worker_adopt(NULL);
    fake_worker_destroy(f->worker);
}

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    fixture_init(f);
    *state = f;
    return fixture_open(f);
}

int fixture_teardown(void **state)
{
    fixture_finish(*state);
    free(*state);
    return 0;
}

/* --- appending ------------------------------------------------------------------ */

struct appended {
    obs_append_result result;
    int done;
};

static void on_appended(const obs_append_result *result, void *user)
{
    struct appended *appended = user;

    assert_int_equal(appended->done, 0);
    appended->result = *result;
    appended->done = 1;
}

int append_wait(struct fixture *f, const obs_scope *scope, const obs_span *spans, size_t n,
                obs_append_result *ret_result)
{
    return append_merging(f, scope, spans, n, NULL, ret_result);
}

int append_merging(struct fixture *f, const obs_scope *scope, const obs_span *spans, size_t n,
                   obs_merge_fn merge, obs_append_result *ret_result)
{
    struct appended appended = {0};
    int rc = f->store->append(f->self, scope, spans, n, merge, f->worker, on_appended, &appended);

    if (rc < 0)
        return rc;
    fake_worker_wait(f->worker, &appended.done);
    if (ret_result)
        *ret_result = appended.result;
    return appended.result.error;
}

/* --- searching ------------------------------------------------------------------ */

static int on_row(const obs_span *span, void *user)
{
    struct found *found = user;

    assert_int_equal(found->done, 0);
    found->spans = realloc(found->spans, (found->n + 1) * sizeof(*found->spans));
    assert_non_null(found->spans);
    found->spans[found->n++] = span_copy(found->arena, span);
    return found->n == found->stop_after;
}

static void on_searched(const obs_search_result *result, void *user)
{
    struct found *found = user;

    assert_int_equal(found->done, 0);
    found->result = *result;
    assert_true(result->position.len <= sizeof(found->position));
    if (result->position.len)
        memcpy(found->position, result->position.ptr, result->position.len);
    found->result.position = obs_str_n(found->position, result->position.len);
    found->done = 1;
}

int search_wait(struct fixture *f, const obs_scope *scope, const obs_span_query *query,
                struct found *found)
{
    int rc;

    *found = (struct found){.arena = obs_arena_create(0), .stop_after = found->stop_after};
    assert_non_null(found->arena);
    rc = f->store->search(f->self, scope, query, on_row, on_searched, found);
    if (rc < 0)
        return rc;
    fake_worker_wait(f->worker, &found->done);
    assert_int_equal(found->result.n_rows, found->n);
    return found->result.error;
}

void found_finish(struct found *found)
{
    obs_arena_destroy(found->arena);
    free(found->spans);
    *found = (struct found){0};
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
        .limit = 100,
    };
}

/* --- spans ------------------------------------------------------------------------ */

/* clang-format off */
#define TEXTS(X)                                                                                   \
    X(project_id) X(service_name) X(span_name) X(span_kind) X(operation_type) X(provider)          \
    X(model) X(request_model) X(finish_reason) X(error_type) X(error_message) X(user_id)           \
    X(session_id) X(environment) X(release) X(input_text) X(output_text) X(input_messages)         \
    X(output_messages) X(tags) X(attributes) X(resource_attributes) X(events) X(links)             \
    X(model_parameters) X(tool_calls) X(cost_source) X(cost_details) X(service_tier) X(region)
/* clang-format on */

obs_span span_copy(obs_arena *arena, const obs_span *span)
{
    obs_span copy = *span;

#define COPY(member)                                                                               \
    if (copy.member.len) {                                                                         \
        copy.member = obs_arena_dup(arena, copy.member);                                           \
        assert_non_null(copy.member.ptr);                                                          \
    }
    TEXTS(COPY)
#undef COPY
    return copy;
}

obs_span span_make(uint64_t number, const char *project, int64_t start_ns)
{
    obs_span span;

    obs_span_init(&span);
    span.start_ns = start_ns;
    span.end_ns = start_ns + 1000000;
    memcpy(span.trace_id, &number, sizeof(number));
    span.trace_id[15] = 1;
    memcpy(span.span_id, &number, sizeof(number));
    span.span_id[7] = 1;
    span.project_id = obs_str_of(project);
    return span;
}
