/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/traces/{trace_id}: all spans of a trace. Rows become JSON and nodes
 * on a thread of the store; the worker links and sums them up. */
#include "search.h"

#include "hex_id.h"
#include "job_arena.h"
#include "remarks.h"
#include "scope.h"
#include "span_fields.h"
#include "span_json.h"
#include "tree.h"

/* What the totals need, whatever fields are shown. */
#define NEEDED                                                                                     \
    (OBS_FIELD_BIT(OBS_FIELD_PROMPT_TOKENS) | OBS_FIELD_BIT(OBS_FIELD_COMPLETION_TOKENS) |         \
     OBS_FIELD_BIT(OBS_FIELD_TOTAL_COST) | OBS_FIELD_BIT(OBS_FIELD_COST_SOURCE) |                  \
     OBS_FIELD_BIT(OBS_FIELD_STATUS) | OBS_FIELD_BIT(OBS_FIELD_MODEL) |                            \
     OBS_FIELD_BIT(OBS_FIELD_PROVIDER) | OBS_FIELD_BIT(OBS_FIELD_SERVICE_NAME))

struct trace {
    struct answer answer; /* first: an answer is cast to a trace */
    obs_arena *arena;
    uint8_t id[16], top_id[8];
    bool flat, below, truncated, with_feedback;
    uint64_t fields;
    obs_value value;
    obs_filter filter;
    struct node *nodes;
    size_t n, capacity;
    obs_buf *row;
    struct remarks remarks;
    size_t bytes; /* of JSON and nodes so far */
    int error;
};

/* --- rows ---------------------------------------------------------------------------- */

static struct node *new_node(struct trace *t)
{
    if (t->n == t->capacity) {
        size_t capacity = t->capacity ? 2 * t->capacity : 64;
        struct node *nodes = obs_arena_calloc(t->arena, capacity, sizeof(*nodes));
        if (!nodes)
            return NULL;
        if (t->n)
            memcpy(nodes, t->nodes, t->n * sizeof(*nodes));
        t->nodes = nodes;
        t->capacity = capacity;
    }
    return &t->nodes[t->n++];
}

/* Whatever was said of its cost, or not known of it. */
static bool is_call(const obs_span *span)
{
    return span->cost_source.len && !obs_str_is(span->cost_source, "no_usage");
}

/* On a thread of the store; the span is borrowed for the call. The span that makes
 * the answer too large is the last one. */
static int take_row(const obs_span *span, void *user)
{
    struct trace *t = user;
    struct node *node = new_node(t);
    obs_jw *jw;

    obs_buf_truncate(t->row, 0);
    jw = obs_jw_new(t->arena, t->row);
    if (!node || !jw) {
        t->error = OBS_E_NOMEM;
        return 1;
    }
    obs_jw_object(jw);
    span_json_members(jw, span, t->fields);
    obs_jw_end_object(jw);
    memcpy(node->id, span->span_id, sizeof(node->id));
    memcpy(node->parent_id, span->parent_span_id, sizeof(node->parent_id));
    node->start_ns = span->start_ns;
    node->end_ns = span->end_ns;
    node->prompt_tokens = obs_span_prompt_tokens(span);
    node->completion_tokens = obs_span_completion_tokens(span);
    node->cost = span->total_cost;
    node->is_call = is_call(span);
    node->status = span->status;
    node->json = obs_arena_dup(t->arena, obs_buf_str(t->row));
    node->model = obs_arena_dup(t->arena, span->model);
    node->provider = obs_arena_dup(t->arena, span->provider);
    node->service = obs_arena_dup(t->arena, span->service_name);
    t->error = obs_buf_error(t->row);
    if (!node->json.ptr || !node->model.ptr || !node->provider.ptr || !node->service.ptr)
        t->error = OBS_E_NOMEM;
    t->bytes += node->json.len + sizeof(*node);
    return t->error < 0 || t->bytes > t->answer.search->settings->max_response_bytes;
}

/* --- the answer ------------------------------------------------------------------------ */

static void put_number(obs_jw *jw, const char *key, int64_t value, unsigned decimals)
{
    obs_jw_key(jw, key);
    if (value < 0)
        obs_jw_null(jw);
    else
        obs_jw_fixed(jw, value, decimals);
}

static void put_names(obs_jw *jw, const char *key, const struct names *names)
{
    obs_jw_key(jw, key);
    obs_jw_array(jw);
    for (size_t i = 0; i < names->n; i++)
        obs_jw_str(jw, names->items[i]);
    obs_jw_end_array(jw);
}

static void put_totals(obs_jw *jw, const struct trace *t, const struct totals *totals)
{
    obs_jw_key(jw, "trace_id");
    obs_jw_hex(jw, t->id, sizeof(t->id));
    obs_jw_key(jw, "start");
    obs_jw_time(jw, totals->start_ns);
    obs_jw_key(jw, "end");
    obs_jw_time(jw, totals->end_ns);
    put_number(jw, "duration_ms", totals->duration_ns, 6);
    put_number(jw, "critical_path_ms", totals->critical_ns, 6);
    put_number(jw, "span_count", (int64_t)t->n, 0);
    put_number(jw, "error_count", (int64_t)totals->errors, 0);
    put_number(jw, "prompt_tokens", totals->prompt_tokens, 0);
    put_number(jw, "completion_tokens", totals->completion_tokens, 0);
    put_number(jw, "total_tokens", obs_tokens_sum(totals->prompt_tokens, totals->completion_tokens),
               0);
    put_number(jw, "total_cost_usd", totals->cost, 9);
    put_names(jw, "models", &totals->models);
    put_names(jw, "providers", &totals->providers);
    put_names(jw, "services", &totals->services);
}

static void put_flat(const struct trace *t, const struct tree *tree, obs_buf *buf)
{
    bool first = true;

    for (size_t k = 0; k < t->n; k++) {
        const struct node *node = &tree->nodes[k];
        if (t->below && !node->within)
            continue;
        if (!first)
            obs_buf_append(buf, ",", 1);
        first = false;
        obs_buf_append(buf, node->json.ptr, node->json.len);
    }
}

static int put_spans(const struct trace *t, const struct tree *tree, size_t top, obs_buf *buf)
{
    obs_buf_append(buf, "[", 1);
    if (t->flat)
        put_flat(t, tree, buf);
    else
        tree_write(tree, top, buf);
    obs_buf_append(buf, "]", 1);
    return obs_buf_error(buf);
}

/* The whole of `data`. On any thread. */
static int assemble(struct answer *answer)
{
    struct trace *t = (struct trace *)answer;
    obs_buf *spans = obs_buf_new(t->arena, /* limit_bytes= */ 0);
    obs_jw *jw = answer->jw;
    size_t top = TREE_NONE;
    struct totals totals;
    struct tree tree;
    int rc;

    if (!spans)
        return OBS_E_NOMEM;
    if (t->with_feedback && (rc = remarks_attach(&t->remarks, t->nodes, t->n)) < 0)
        return rc;
    rc = tree_build(t->arena, t->nodes, t->n, &tree);
    if (rc < 0)
        return rc;
    if (t->below) {
        top = tree_find(&tree, t->top_id); /* is there: found() looked */
        tree_mark(&tree, top);
    }
    tree_totals(&tree, &totals);
    rc = put_spans(t, &tree, top, spans);
    if (rc < 0)
        return rc;
    obs_jw_object(jw);
    obs_jw_key(jw, "data");
    obs_jw_object(jw);
    put_totals(jw, t, &totals);
    obs_jw_key(jw, "truncated");
    obs_jw_bool(jw, t->truncated);
    if (t->with_feedback) {
        obs_jw_key(jw, "feedback");
        remarks_write_rest(&t->remarks, jw);
    }
    obs_jw_key(jw, "spans");
    obs_jw_raw(jw, obs_buf_str(spans));
    obs_jw_end_object(jw);
    answer->data_bytes = obs_buf_str(answer->buf).len;
    return OBS_OK;
}

static bool has_top(const struct trace *t)
{
    return tree_find(&(struct tree){.nodes = t->nodes, .n = t->n}, t->top_id) != TREE_NONE;
}

/* On a thread of the store; the row is borrowed for the call. */
static int take_remark(const obs_feedback *feedback, void *user)
{
    struct trace *t = user;
    size_t bytes = 0;

    t->error = remarks_add(&t->remarks, feedback, &bytes);
    t->bytes += bytes;
    return t->error < 0 || t->bytes > t->answer.search->settings->max_response_bytes;
}

static void remarked(const obs_search_result *result, void *user)
{
    struct trace *t = user;
    int rc = result->error < 0 ? result->error : t->error;

    t->truncated |= result->has_more != 0;
    if (rc < 0)
        (void)obs_respond_error(t->answer.req, rc, NULL, NULL);
    else
        answer_finish(&t->answer, t->bytes);
}

static void get_feedback(struct trace *t)
{
    const struct search *search = t->answer.search;
    obs_scope scope = scope_of(t->answer.req);
    obs_feedback_query query = {
        .size = sizeof(query),
        .limit = (uint32_t)search->settings->max_feedback,
    };
    int rc;

    t->remarks.arena = t->arena;
    memcpy(query.trace_id, t->id, sizeof(query.trace_id));
    rc = search->store->feedback_get(search->store_self, &scope, &query, take_remark, remarked, t);
    if (rc < 0)
        (void)obs_respond_error(t->answer.req, rc, NULL, NULL);
}

/* What is not found is told in the same words whoever else may have it. */
static void found(const obs_search_result *result, void *user)
{
    struct trace *t = user;
    obs_request *req = t->answer.req;
    int rc = result->error < 0 ? result->error : t->error;

    t->truncated = result->has_more != 0;
    if (rc < 0)
        (void)obs_respond_error(req, rc, NULL, NULL);
    else if (t->n == 0)
        (void)obs_respond_error(req, OBS_E_NOT_FOUND, "trace_id", "no such trace");
    else if (t->below && !has_top(t))
        (void)obs_respond_error(req, OBS_E_NOT_FOUND, "span_id", "no such span in this trace");
    else if (t->with_feedback)
        get_feedback(t);
    else
        answer_finish(&t->answer, t->bytes);
}

/* --- the request -------------------------------------------------------------------------- */

/* Answers 400 and returns OBS_RESPONDED when something is wrong. */
static int read_query(struct trace *t)
{
    obs_request *req = t->answer.req;
    obs_str flat = obs_request_query(req, "flat"), span = obs_request_query(req, "span_id"),
            fields = obs_request_query(req, "fields"), include = obs_request_query(req, "include"),
            wrong = {0}, text;
    int rc = OBS_OK;

    t->fields = OBS_FIELDS_ALL;
    t->flat = obs_str_is(flat, "1") || obs_str_is(flat, "true");
    t->below = span.ptr != NULL;
    if (flat.ptr && !t->flat && !obs_str_is(flat, "0") && !obs_str_is(flat, "false")) {
        (void)obs_respond_error(req, OBS_E_INVALID, "flat",
                                "flat: expected true or false, found \"%.*s\"", OBS_STR_ARG(flat));
        return OBS_RESPONDED;
    }
    if (t->below && hex_span_id(span, t->top_id) < 0) {
        (void)obs_respond_error(req, OBS_E_INVALID, "span_id",
                                "span_id: expected 16 hexadecimal digits, not all zero");
        return OBS_RESPONDED;
    }
    t->with_feedback = include.ptr != NULL;
    if (include.ptr && !obs_str_is(include, "feedback")) {
        (void)obs_respond_error(req, OBS_E_INVALID, "include",
                                "include: expected feedback, found \"%.*s\"", OBS_STR_ARG(include));
        return OBS_RESPONDED;
    }
    if (fields.ptr)
        rc = fields_parse(fields, &t->fields, &wrong);
    if (rc == OBS_OK)
        return rc;
    text = rc == OBS_E_UNKNOWN ? fields_complaint(t->arena, wrong)
                               : obs_str_of("fields: expected names of fields separated by commas");
    (void)obs_respond_error(req, rc, "fields", "%.*s", OBS_STR_ARG(text));
    return OBS_RESPONDED;
}

static int search(struct trace *t)
{
    obs_scope scope = scope_of(t->answer.req);
    obs_span_query query = {
        .size = sizeof(query),
        .fields = t->fields | NEEDED,
        .from_ns = INT64_MIN,
        .to_ns = INT64_MAX,
        .filter = &t->filter,
        .sort_field = OBS_FIELD_TS,
        .limit = (uint32_t)t->answer.search->settings->max_spans,
    };

    t->value.s = obs_str_n((const char *)t->id, sizeof(t->id));
    t->filter = (obs_filter){.size = sizeof(t->filter),
                             .kind = OBS_FILTER_LEAF,
                             .field = OBS_FIELD_TRACE_ID,
                             .op = OBS_OP_EQ,
                             .values = &t->value,
                             .n_values = 1};
    return t->answer.search->store->search(t->answer.search->store_self, &scope, &query, take_row,
                                           found, t);
}

int handle_trace(obs_request *req, void *self)
{
    obs_arena *arena = job_arena(req, /* limit_bytes= */ 0);
    struct trace *t = arena ? obs_arena_calloc(arena, 1, sizeof(*t)) : NULL;
    int rc;

    if (!t)
        return OBS_E_NOMEM;
    t->answer = (struct answer){.search = self, .req = req, .work = assemble};
    t->arena = arena;
    t->row = obs_buf_new(arena, /* limit_bytes= */ 0);
    t->answer.buf = obs_buf_new(arena, /* limit_bytes= */ 0);
    t->answer.jw = t->answer.buf ? obs_jw_new(arena, t->answer.buf) : NULL;
    if (!t->row || !t->answer.jw)
        return OBS_E_NOMEM;
    if (hex_trace_id(obs_request_param(req, "trace_id"), t->id) < 0)
        return obs_respond_error(req, OBS_E_INVALID, "trace_id",
                                 "trace_id: expected 32 hexadecimal digits, not all zero");
    rc = read_query(t);
    if (rc == OBS_OK)
        rc = search(t);
    if (rc == OBS_RESPONDED)
        return OBS_OK;
    return rc < 0 ? rc : OBS_PENDING;
}
