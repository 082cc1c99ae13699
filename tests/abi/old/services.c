/* SPDX-License-Identifier: Apache-2.0 */
/* Services: one of another old plugin, and the store of today. */
#include "client.h"
#include "tally.h"

#include <stdlib.h>

#define NS_PER_S INT64_C(1000000000)

int services_tally(obs_request *req, void *self)
{
    const struct client *client = self;
    const struct tally *tally = client->tally.table;
    struct answer answer;
    int rc = answer_begin(req, &answer);

    if (rc < 0)
        return rc;
    if (!OBS_HAS(struct tally, tally, add))
        return OBS_E_UNSUPPORTED;
    answer_uint(&answer, "total",
                tally->add(client->tally.provider, obs_request_query(req, "add").len));
    return answer_end(req, &answer);
}

/* Spans are written, found again, and a record beside them is kept: one step
 * after the other, in the request's arena. */
struct steps {
    obs_request *req;
    const struct client *client;
    struct answer answer;
    obs_str project;
    obs_scope scope;
    obs_span spans[2];
    obs_value value;
    obs_filter filter;
};

static const obs_store *store_of(const struct steps *steps)
{
    return steps->client->store.table;
}

static void fail(struct steps *steps, int error)
{
    obs_respond_error(steps->req, error, /* field= */ NULL, NULL);
}

static void have_record(int error, obs_str value, void *user)
{
    struct steps *steps = user;

    if (error < 0) {
        fail(steps, error);
        return;
    }
    answer_text(&steps->answer, "record", value);
    answer_end(steps->req, &steps->answer);
}

static void put_record(int error, obs_str value, void *user)
{
    struct steps *steps = user;

    (void)value;
    if (error == OBS_OK)
        error = store_of(steps)->record_get(steps->client->store.provider, obs_str_of("old"),
                                            obs_str_of("key"), have_record, steps);
    if (error < 0)
        fail(steps, error);
}

static int have_row(const obs_span *span, void *user)
{
    struct steps *steps = user;

    obs_jw_object(steps->answer.jw);
    answer_text(&steps->answer, "model", span->model);
    answer_text(&steps->answer, "output", span->output_text);
    answer_uint(&steps->answer, "tokens", (uint64_t)obs_span_total_tokens(span));
    obs_jw_key(steps->answer.jw, "cost");
    obs_jw_fixed(steps->answer.jw, span->total_cost, /* decimals= */ 9);
    obs_jw_key(steps->answer.jw, "speed");
    obs_jw_double(steps->answer.jw, obs_span_tokens_per_second(span));
    obs_jw_end_object(steps->answer.jw);
    return 0;
}

static void found(const obs_search_result *result, void *user)
{
    struct steps *steps = user;
    int rc = result->error;

    obs_jw_end_array(steps->answer.jw);
    answer_uint(&steps->answer, "rows", result->n_rows);
    answer_uint(&steps->answer, "total", (uint64_t)result->total);
    if (rc == OBS_OK)
        rc = store_of(steps)->record_put(steps->client->store.provider, obs_str_of("old"),
                                         obs_str_of("key"), obs_str_of("kept"), /* flags= */ 0,
                                         put_record, steps);
    if (rc < 0)
        fail(steps, rc);
}

static void appended(const obs_append_result *result, void *user)
{
    struct steps *steps = user;
    obs_span_query query = {
        .size = sizeof(query),
        .flags = OBS_QUERY_DESCENDING | OBS_QUERY_TOTAL,
        .fields = OBS_FIELDS_ALL,
        .from_ns = INT64_MIN,
        .to_ns = INT64_MAX,
        .filter = &steps->filter,
        .sort_field = OBS_FIELD_TS,
        .limit = 10,
    };
    int rc = result->error;

    answer_uint(&steps->answer, "stored", result->n_stored);
    obs_jw_key(steps->answer.jw, "found");
    obs_jw_array(steps->answer.jw);
    steps->value.s = obs_str_of("model-1");
    steps->filter = (obs_filter){.size = sizeof(steps->filter),
                                 .kind = OBS_FILTER_LEAF,
                                 .field = OBS_FIELD_MODEL,
                                 .op = OBS_OP_EQ,
                                 .values = &steps->value,
                                 .n_values = 1};
    if (rc == OBS_OK)
        rc = store_of(steps)->search(steps->client->store.provider, &steps->scope, &query, have_row,
                                     found, steps);
    if (rc < 0)
        fail(steps, rc);
}

static void fill_span(struct steps *steps, unsigned i)
{
    obs_span *span = &steps->spans[i];

    obs_span_init(span);
    span->start_ns = obs_request_time_ns(steps->req);
    span->end_ns = span->start_ns + 3 * NS_PER_S;
    span->ttft_ns = NS_PER_S;
    memset(span->trace_id, 0x11, sizeof(span->trace_id));
    memset(span->span_id, (int)i + 1, sizeof(span->span_id));
    span->status = OBS_STATUS_OK;
    span->project_id = steps->project;
    span->span_name = obs_str_of("old");
    span->model = obs_arena_printf(obs_request_arena(steps->req), "model-%u", i);
    span->output_text = obs_request_body(steps->req);
    span->input_tokens = 10;
    span->output_tokens = 20;
    span->total_cost = 1500000;
}

int services_spans(obs_request *req, void *self)
{
    const struct client *client = self;
    const obs_store *store = client->store.table;
    struct steps *steps = obs_arena_calloc(obs_request_arena(req), 1, sizeof(*steps));
    int rc = steps ? answer_begin(req, &steps->answer) : OBS_E_NOMEM;

    if (rc < 0)
        return rc;
    steps->req = req;
    steps->client = client;
    steps->project = obs_str_of("old-project");
    steps->scope =
        (obs_scope){.size = sizeof(steps->scope), .projects = &steps->project, .n_projects = 1};
    for (unsigned i = 0; i < 2; i++)
        fill_span(steps, i);
    rc = store->append(client->store.provider, &steps->scope, steps->spans, 2, NULL,
                       obs_worker_current(), appended, steps);
    return rc < 0 ? rc : OBS_PENDING;
}
