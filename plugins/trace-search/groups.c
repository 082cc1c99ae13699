/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/sessions and /users: who was there, last seen first; /sessions/{id}: the
 * traces of one; /facets: the values of a field and how often they occur. All take the
 * filters of GET /api/v1/traces, and are groups of spans. Rows become JSON on a thread
 * of the store. */
#include "search.h"

#include "filter_params.h"
#include "job_arena.h"
#include "meta.h"
#include "scope.h"
#include "span_fields.h"
#include "span_value.h"

#include <math.h>

#define DAY_NS INT64_C(86400000000000)

enum { SPANS, ERRORS, FIRST, LAST, TOKENS, COST, TRACES, SESSIONS, USERS, N_MEASURES };

static const obs_measure measures[N_MEASURES] = {
    [SPANS] = {.kind = OBS_MEASURE_COUNT},
    [ERRORS] = {.kind = OBS_MEASURE_ERRORS},
    [FIRST] = {.kind = OBS_MEASURE_MIN, .field = OBS_FIELD_TS},
    [LAST] = {.kind = OBS_MEASURE_MAX, .field = OBS_FIELD_TS},
    [TOKENS] = {.kind = OBS_MEASURE_SUM, .field = OBS_FIELD_TOTAL_TOKENS},
    [COST] = {.kind = OBS_MEASURE_SUM, .field = OBS_FIELD_TOTAL_COST},
    [TRACES] = {.kind = OBS_MEASURE_DISTINCT, .field = OBS_FIELD_TRACE_ID},
    [SESSIONS] = {.kind = OBS_MEASURE_DISTINCT, .field = OBS_FIELD_SESSION_ID},
    [USERS] = {.kind = OBS_MEASURE_DISTINCT, .field = OBS_FIELD_USER_ID},
};

/* What is listed. */
struct shape {
    const char *key;     /* of the group in the answer */
    uint32_t field;      /* of the group */
    uint32_t sort;       /* measure */
    const char *missing; /* told when there is nothing; NULL: an empty list */
};

struct groups {
    struct search *search;
    obs_request *req;
    obs_arena *arena;
    const struct shape *shape;
    struct filter_params params;
    obs_dimension dimension;
    obs_value session;
    obs_filter present;
    uint32_t limit;
    bool only_counts; /* a facet */
    obs_buf *buf;
    obs_jw *jw;
    obs_number all[N_MEASURES];
    int error;
};

/* --- rows ----------------------------------------------------------------------------- */

static void put_key(struct groups *g, obs_str value)
{
    obs_jw_key(g->jw, g->shape->key);
    if (value.len == 0)
        obs_jw_null(g->jw);
    else if (!g->dimension.key.len &&
             (g->dimension.field == OBS_FIELD_TRACE_ID || g->dimension.field == OBS_FIELD_SPAN_ID ||
              g->dimension.field == OBS_FIELD_PARENT_SPAN_ID))
        obs_jw_hex(g->jw, (const uint8_t *)value.ptr, value.len);
    else
        obs_jw_str(g->jw, value);
}

static void put_int(obs_jw *jw, const char *key, obs_number number)
{
    obs_jw_key(jw, key);
    obs_jw_int(jw, number.i);
}

static void put_time(obs_jw *jw, const char *key, obs_number number)
{
    obs_jw_key(jw, key);
    if (isnan(number.d))
        obs_jw_null(jw);
    else
        obs_jw_time(jw, number.i);
}

static void put_numbers(struct groups *g, const obs_number *n)
{
    put_time(g->jw, "first_seen", n[FIRST]);
    put_time(g->jw, "last_seen", n[LAST]);
    put_int(g->jw, "span_count", n[SPANS]);
    put_int(g->jw, "error_count", n[ERRORS]);
    if (g->dimension.field != OBS_FIELD_TRACE_ID)
        put_int(g->jw, "trace_count", n[TRACES]);
    if (g->dimension.field == OBS_FIELD_USER_ID)
        put_int(g->jw, "session_count", n[SESSIONS]);
    if (g->dimension.field == OBS_FIELD_SESSION_ID)
        put_int(g->jw, "user_count", n[USERS]);
    put_int(g->jw, "total_tokens", n[TOKENS]);
    obs_jw_key(g->jw, "total_cost_usd");
    obs_jw_fixed(g->jw, n[COST].i, 9);
}

/* On a thread of the store. */
static int take_group(const obs_group *group, void *user)
{
    struct groups *g = user;

    if (group->kind == OBS_GROUP_ALL)
        memcpy(g->all, group->measures, (g->only_counts ? 1 : N_MEASURES) * sizeof(g->all[0]));
    if (group->kind != OBS_GROUP_TOTAL)
        return 0;
    obs_jw_object(g->jw);
    put_key(g, group->dimensions[0]);
    if (g->only_counts)
        put_int(g->jw, "count", group->measures[SPANS]);
    else
        put_numbers(g, group->measures);
    obs_jw_end_object(g->jw);
    g->error = obs_buf_error(g->buf);
    return g->error < 0 || obs_buf_str(g->buf).len > g->search->settings->max_response_bytes;
}

/* --- the answer ------------------------------------------------------------------------- */

static void put_totals(struct groups *g)
{
    obs_jw_key(g->jw, "total");
    obs_jw_object(g->jw);
    if (g->only_counts)
        put_int(g->jw, "count", g->all[SPANS]);
    else
        put_numbers(g, g->all);
    obs_jw_end_object(g->jw);
}

static const char *source_of(const obs_search_result *result)
{
    return result->source == OBS_SOURCE_RAW ? "raw" : "rollup";
}

static void done(const obs_search_result *result, void *user)
{
    struct groups *g = user;
    int rc = g->error < 0 ? g->error : result->error;

    if (rc == OBS_OK && g->shape->missing && result->n_rows == 0) {
        (void)obs_respond_error(g->req, OBS_E_NOT_FOUND, NULL, "%s", g->shape->missing);
        return;
    }
    if (rc < 0) {
        (void)obs_respond_error(g->req, rc, NULL, NULL);
        return;
    }
    obs_jw_end_array(g->jw);
    put_totals(g);
    obs_jw_key(g->jw, "pagination");
    obs_jw_object(g->jw);
    obs_jw_key(g->jw, "has_more");
    obs_jw_bool(g->jw, result->has_more != 0);
    obs_jw_key(g->jw, "limit");
    obs_jw_uint(g->jw, g->limit);
    obs_jw_key(g->jw, "total");
    obs_jw_int(g->jw, result->total);
    obs_jw_end_object(g->jw);
    meta_json(g->jw, g->req, source_of(result));
    obs_jw_end_object(g->jw);
    (void)obs_respond_json(g->req, 200, g->buf);
}

/* --- the question --------------------------------------------------------------------------- */

static int complain(struct groups *g, int error)
{
    if (error == OBS_E_NOMEM)
        return error;
    (void)obs_respond_error(g->req, error, g->params.wrong_field, "%.*s",
                            OBS_STR_ARG(g->params.wrong_text));
    return OBS_RESPONDED;
}

static int take_limit(struct groups *g, obs_str value)
{
    int64_t limit;

    if (filter_params_number(value, 0, &limit) && limit >= 1 &&
        limit <= g->search->settings->max_limit) {
        g->limit = (uint32_t)limit;
        return OBS_OK;
    }
    return filter_params_complain(&g->params, OBS_E_INVALID, "limit",
                                  obs_arena_printf(g->arena, "a number from 1 to %lld",
                                                   (long long)g->search->settings->max_limit)
                                      .ptr,
                                  value);
}

/* A field of text, a status, tags, or attributes.KEY. */
static int take_field(struct groups *g, obs_str value)
{
    static const char prefix[] = "attributes.";
    int field = field_find(value);

    if (value.len > sizeof(prefix) - 1 && memcmp(value.ptr, prefix, sizeof(prefix) - 1) == 0) {
        g->dimension.field = OBS_FIELD_ATTRIBUTES;
        g->dimension.key =
            obs_str_n(value.ptr + sizeof(prefix) - 1, value.len - (sizeof(prefix) - 1));
        return OBS_OK;
    }
    if (field < 0 || (!span_is_text((uint32_t)field) && field != OBS_FIELD_TAGS))
        return filter_params_complain(&g->params, OBS_E_INVALID, "field",
                                      "a field of text such as model or status_code, tags, or "
                                      "attributes.KEY",
                                      value);
    g->dimension.field = (uint32_t)field;
    return OBS_OK;
}

static int take_param(obs_str name, obs_str value, void *user)
{
    struct groups *g = user;
    int rc;

    if (obs_str_is(name, "limit"))
        return take_limit(g, value);
    if (g->only_counts && obs_str_is(name, "field"))
        return take_field(g, value);
    rc = filter_params_take(&g->params, name, value);
    return rc == OBS_E_UNKNOWN
               ? filter_params_complain(&g->params, rc, "query", "a known parameter", name)
               : rc;
}

/* Who is nobody is not listed. */
static int need_field(struct groups *g)
{
    g->present = (obs_filter){.size = sizeof(g->present),
                              .kind = OBS_FILTER_LEAF,
                              .field = g->dimension.field,
                              .op = OBS_OP_EXISTS};
    return filter_params_add(&g->params, &g->present);
}

static int read_question(struct groups *g)
{
    int rc;

    rc = obs_request_each_query(g->req, take_param, g);
    if (rc == OBS_OK && g->only_counts && !g->dimension.field && !g->dimension.key.len)
        rc = filter_params_complain(&g->params, OBS_E_MISSING, "field", "the name of a field",
                                    obs_str_n(NULL, 0));
    if (rc == OBS_OK && !g->only_counts && g->shape->field != OBS_FIELD_TRACE_ID)
        rc = need_field(g);
    if (g->params.to_ns == INT64_MAX)
        g->params.to_ns = g->params.now_ns;
    if (g->params.from_ns == INT64_MIN && g->shape->field != OBS_FIELD_TRACE_ID)
        g->params.from_ns = g->params.to_ns - DAY_NS;
    return rc;
}

static int ask(struct groups *g, const obs_filter *filter)
{
    obs_scope scope = scope_of(g->req);
    const obs_aggregate_query query = {
        .size = sizeof(query),
        .flags = OBS_QUERY_DESCENDING,
        .from_ns = g->params.from_ns,
        .to_ns = g->params.to_ns,
        .filter = filter,
        .dimensions = &g->dimension,
        .n_dimensions = 1,
        .measures = measures,
        .n_measures = g->only_counts ? 1 : N_MEASURES,
        .sort_measure = g->shape->sort,
        .limit = g->limit,
    };
    int rc = g->params.project.len ? scope_narrow(&scope, &g->params.project) : OBS_OK;

    if (rc < 0)
        return rc;
    obs_jw_object(g->jw);
    obs_jw_key(g->jw, "data");
    obs_jw_array(g->jw);
    return g->search->store->aggregate(g->search->store_self, &scope, &query, take_group, done, g);
}

static struct groups *groups_new(obs_request *req, struct search *search, const struct shape *shape)
{
    obs_arena *arena = job_arena(req, /* limit_bytes= */ 0);
    struct groups *g = arena ? obs_arena_calloc(arena, 1, sizeof(*g)) : NULL;

    if (!g)
        return NULL;
    g->search = search;
    g->req = req;
    g->arena = arena;
    g->shape = shape;
    g->dimension.field = shape->field;
    filter_params_init(&g->params, arena, obs_clock_wall_ns());
    g->limit = search->settings->max_limit < 50 ? (uint32_t)search->settings->max_limit : 50;
    g->buf = obs_buf_new(arena, /* limit_bytes= */ 0);
    g->jw = g->buf ? obs_jw_new(arena, g->buf) : NULL;
    return g->jw ? g : NULL;
}

static int run(struct groups *g)
{
    const obs_filter *filter = NULL;
    int rc = read_question(g);

    if (rc == OBS_OK)
        rc = filter_params_finish(&g->params, &filter);
    if (rc < 0)
        rc = complain(g, rc);
    else
        rc = ask(g, filter);
    if (rc == OBS_RESPONDED)
        return OBS_OK;
    return rc < 0 ? rc : OBS_PENDING;
}

/* --- handlers ----------------------------------------------------------------------------------
 */

int handle_sessions(obs_request *req, void *self)
{
    static const struct shape shape = {"session_id", OBS_FIELD_SESSION_ID, LAST, NULL};
    struct groups *g = groups_new(req, self, &shape);

    return g ? run(g) : OBS_E_NOMEM;
}

int handle_users(obs_request *req, void *self)
{
    static const struct shape shape = {"user_id", OBS_FIELD_USER_ID, LAST, NULL};
    struct groups *g = groups_new(req, self, &shape);

    return g ? run(g) : OBS_E_NOMEM;
}

int handle_session(obs_request *req, void *self)
{
    static const struct shape shape = {"trace_id", OBS_FIELD_TRACE_ID, FIRST, "no such session"};
    struct groups *g = groups_new(req, self, &shape);
    int rc;

    if (!g)
        return OBS_E_NOMEM;
    g->session.s = obs_request_param(req, "session_id");
    g->present = (obs_filter){.size = sizeof(g->present),
                              .kind = OBS_FILTER_LEAF,
                              .field = OBS_FIELD_SESSION_ID,
                              .op = OBS_OP_EQ,
                              .values = &g->session,
                              .n_values = 1};
    rc = filter_params_add(&g->params, &g->present);
    return rc < 0 ? rc : run(g);
}

int handle_facets(obs_request *req, void *self)
{
    static const struct shape shape = {"value", 0, SPANS, NULL};
    struct groups *g = groups_new(req, self, &shape);

    if (!g)
        return OBS_E_NOMEM;
    g->only_counts = true;
    return run(g);
}
