/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/traces/{trace_id}: all spans of a trace. Rows become JSON and nodes
 * on a thread of the store; the worker links and sums them up. */
#include "search.h"

#include "meta.h"
#include "span_fields.h"
#include "span_json.h"
#include "tree.h"

/* What the totals need, whatever fields are shown. */
#define NEEDED                                                                                     \
    (OBS_FIELD_BIT(OBS_FIELD_PROMPT_TOKENS) | OBS_FIELD_BIT(OBS_FIELD_COMPLETION_TOKENS) |         \
     OBS_FIELD_BIT(OBS_FIELD_TOTAL_COST) | OBS_FIELD_BIT(OBS_FIELD_STATUS) |                       \
     OBS_FIELD_BIT(OBS_FIELD_MODEL) | OBS_FIELD_BIT(OBS_FIELD_PROVIDER) |                          \
     OBS_FIELD_BIT(OBS_FIELD_SERVICE_NAME))

struct trace {
    struct search *search;
    obs_request *req;
    obs_arena *arena;
    uint8_t id[16], top_id[8];
    bool flat, below;
    uint64_t fields;
    obs_value value;
    obs_filter filter;
    struct node *nodes;
    size_t n, capacity;
    obs_buf *row;
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

/* On a thread of the store; the span is borrowed for the call. */
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
    node->status = span->status;
    node->json = obs_arena_dup(t->arena, obs_buf_str(t->row));
    node->model = obs_arena_dup(t->arena, span->model);
    node->provider = obs_arena_dup(t->arena, span->provider);
    node->service = obs_arena_dup(t->arena, span->service_name);
    t->error = obs_buf_error(t->row);
    if (!node->json.ptr || !node->service.ptr)
        t->error = OBS_E_NOMEM;
    return t->error < 0;
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
    put_number(jw, "duration_ms", totals->end_ns - totals->start_ns, 6);
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

static void put_flat(const struct trace *t, const struct tree *tree, size_t top, obs_buf *buf)
{
    bool first = true;

    for (size_t k = 0; k < t->n; k++) {
        size_t up = k;
        while (top != TREE_NONE && up != TREE_NONE && up != top)
            up = tree->nodes[up].parent;
        if (top != TREE_NONE && up == TREE_NONE)
            continue;
        if (!first)
            obs_buf_append(buf, ",", 1);
        first = false;
        obs_buf_append(buf, tree->nodes[k].json.ptr, tree->nodes[k].json.len);
    }
}

static int answer(struct trace *t, bool truncated)
{
    obs_buf *buf = obs_buf_new(t->arena, 0), *spans = obs_buf_new(t->arena, 0);
    obs_jw *jw = buf ? obs_jw_new(t->arena, buf) : NULL;
    size_t top = TREE_NONE, tagged;
    struct totals totals;
    struct tree tree;
    int rc;

    if (!jw || !spans)
        return OBS_E_NOMEM;
    rc = tree_build(t->arena, t->nodes, t->n, &tree);
    if (rc < 0)
        return rc;
    if (t->below && (top = tree_find(&tree, t->top_id)) == TREE_NONE)
        return OBS_E_NOT_FOUND;
    tree_totals(&tree, &totals);
    obs_buf_append(spans, "[", 1);
    if (t->flat)
        put_flat(t, &tree, top, spans);
    else
        tree_write(&tree, top, spans);
    obs_buf_append(spans, "]", 1);
    if (obs_buf_error(spans) < 0)
        return obs_buf_error(spans);
    obs_jw_object(jw);
    obs_jw_key(jw, "data");
    obs_jw_object(jw);
    put_totals(jw, t, &totals);
    obs_jw_key(jw, "truncated");
    obs_jw_bool(jw, truncated);
    obs_jw_key(jw, "spans");
    obs_jw_raw(jw, obs_buf_str(spans));
    obs_jw_end_object(jw);
    tagged = obs_buf_str(buf).len;
    meta_json(jw, t->req, "raw");
    obs_jw_end_object(jw);
    answer_json(t->req, buf, tagged);
    return OBS_OK;
}

static void found(const obs_search_result *result, void *user)
{
    struct trace *t = user;
    int rc = result->error < 0 ? result->error : t->error;

    if (rc == OBS_OK)
        rc = t->n ? answer(t, result->has_more != 0) : OBS_E_NOT_FOUND;
    if (rc == OBS_E_NOT_FOUND) /* the same words whoever else may have it */
        (void)obs_respond_error(t->req, rc, NULL,
                                t->n ? "no such span in this trace" : "no such trace");
    else if (rc < 0)
        (void)obs_respond_error(t->req, rc, NULL, NULL);
}

/* --- the request -------------------------------------------------------------------------- */

static int read_query(struct trace *t)
{
    obs_str flat = obs_request_query(t->req, "flat"), span = obs_request_query(t->req, "span_id"),
            fields = obs_request_query(t->req, "fields"), wrong = {0}, known;
    int rc;

    t->fields = OBS_FIELDS_ALL;
    t->flat = obs_str_is(flat, "1") || obs_str_is(flat, "true");
    t->below = span.ptr != NULL;
    if (flat.ptr && !t->flat && !obs_str_is(flat, "0") && !obs_str_is(flat, "false"))
        return obs_respond_error(t->req, OBS_E_INVALID, "flat",
                                 "flat: expected true or false, found \"%.*s\"", OBS_STR_ARG(flat)),
               OBS_RESPONDED;
    if (t->below && params_span_id(span, t->top_id) < 0)
        return obs_respond_error(t->req, OBS_E_INVALID, "span_id",
                                 "span_id: expected 16 hexadecimal digits"),
               OBS_RESPONDED;
    rc = fields.ptr ? fields_parse(fields, &t->fields, &wrong) : OBS_OK;
    if (rc == OBS_OK)
        return rc;
    known = fields_known(t->arena);
    return obs_respond_error(t->req, rc, "fields",
                             "fields: unknown field \"%.*s\"; there are: %.*s", OBS_STR_ARG(wrong),
                             OBS_STR_ARG(known)),
           OBS_RESPONDED;
}

static int search(struct trace *t)
{
    obs_scope scope = request_scope(t->req);
    obs_span_query query = {
        .size = sizeof(query),
        .fields = t->fields | NEEDED,
        .from_ns = INT64_MIN,
        .to_ns = INT64_MAX,
        .filter = &t->filter,
        .sort_field = OBS_FIELD_TS,
        .limit = (uint32_t)t->search->settings->max_spans,
    };

    t->value.s = obs_str_n((const char *)t->id, sizeof(t->id));
    t->filter = (obs_filter){.size = sizeof(t->filter),
                             .kind = OBS_FILTER_LEAF,
                             .field = OBS_FIELD_TRACE_ID,
                             .op = OBS_OP_EQ,
                             .values = &t->value,
                             .n_values = 1};
    return t->search->store->search(t->search->store_self, &scope, &query, take_row, found, t);
}

int handle_trace(obs_request *req, void *self)
{
    obs_arena *arena = job_arena(req);
    struct trace *t = arena ? obs_arena_calloc(arena, 1, sizeof(*t)) : NULL;
    int rc;

    if (!t)
        return OBS_E_NOMEM;
    t->search = self;
    t->req = req;
    t->arena = arena;
    t->row = obs_buf_new(arena, 0);
    if (!t->row)
        return OBS_E_NOMEM;
    if (params_trace_id(obs_request_param(req, "trace_id"), t->id) < 0)
        return obs_respond_error(req, OBS_E_INVALID, "trace_id",
                                 "trace_id: expected 32 hexadecimal digits, not all zero");
    rc = read_query(t);
    if (rc == OBS_OK)
        rc = search(t);
    if (rc == OBS_RESPONDED)
        return OBS_OK;
    return rc < 0 ? rc : OBS_PENDING;
}
