/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/prices/unpriced: which models have no price, how much they are used,
 * and why. A reason is asked of today's book, which may know them meanwhile. */
#include "prices.h"

#include "meta.h"
#include "scope.h"
#include "timeparse.h"

#include <stdbool.h>

#define DEFAULT_LIMIT 100
#define MAX_LIMIT 1000

struct unpriced {
    struct prices *prices;
    obs_request *req;
    obs_arena *arena;
    obs_buf *buf;
    obs_jw *jw;
    int error;
};

enum { BY_PROVIDER, BY_MODEL, BY_REQUEST_MODEL, BY_OPERATION, BY_TIER, N_DIMENSIONS };
enum { SPANS, TOKENS, FIRST, LAST, N_MEASURES };

/* --- rows --------------------------------------------------------------------- */

/* What a call of the group would say now: its cost_details, {"reason": …} or a price. */
static obs_str say_why(struct unpriced *u, const obs_str *dimensions, int64_t at_ns)
{
    obs_span span;

    obs_span_init(&span);
    span.start_ns = span.end_ns = at_ns;
    span.provider = dimensions[BY_PROVIDER];
    span.model = dimensions[BY_MODEL];
    span.request_model = dimensions[BY_REQUEST_MODEL];
    span.operation_type = dimensions[BY_OPERATION];
    span.service_tier = dimensions[BY_TIER];
    span.input_tokens = 1;
    u->error = prices_price(u->prices, &span, u->arena);
    return span.cost_details;
}

static void put_text(obs_jw *jw, const char *key, obs_str text)
{
    obs_jw_key(jw, key);
    if (text.len)
        obs_jw_str(jw, text);
    else
        obs_jw_null(jw);
}

/* On a thread of the store. */
static int take_group(const obs_group *group, void *user)
{
    struct unpriced *u = user;
    const obs_str *dimensions = group->dimensions;
    const obs_number *measures = group->measures;
    obs_str details;

    if (group->kind != OBS_GROUP_TOTAL)
        return 0;
    details = say_why(u, dimensions, measures[LAST].i);
    if (u->error < 0)
        return 1;
    obs_jw_object(u->jw);
    put_text(u->jw, "provider", dimensions[BY_PROVIDER]);
    put_text(u->jw, "model", dimensions[BY_MODEL]);
    put_text(u->jw, "request_model", dimensions[BY_REQUEST_MODEL]);
    put_text(u->jw, "operation_type", dimensions[BY_OPERATION]);
    put_text(u->jw, "service_tier", dimensions[BY_TIER]);
    obs_jw_key(u->jw, "spans");
    obs_jw_int(u->jw, measures[SPANS].i);
    obs_jw_key(u->jw, "total_tokens");
    obs_jw_int(u->jw, measures[TOKENS].i);
    obs_jw_key(u->jw, "first_seen");
    obs_jw_time(u->jw, measures[FIRST].i);
    obs_jw_key(u->jw, "last_seen");
    obs_jw_time(u->jw, measures[LAST].i);
    obs_jw_key(u->jw, "now");
    obs_jw_raw(u->jw, details.len ? details : obs_str_of("null"));
    obs_jw_end_object(u->jw);
    return 0;
}

static void done(const obs_search_result *result, void *user)
{
    struct unpriced *u = user;
    int rc = u->error < 0 ? u->error : result->error;

    if (rc < 0) {
        (void)obs_respond_error(u->req, rc, NULL, NULL);
        return;
    }
    obs_jw_end_array(u->jw);
    obs_jw_key(u->jw, "has_more");
    obs_jw_bool(u->jw, result->has_more != 0);
    meta_json(u->jw, u->req, "raw");
    obs_jw_end_object(u->jw);
    (void)obs_respond_json(u->req, 200, u->buf);
}

/* --- the request ----------------------------------------------------------------- */

static bool read_time(obs_request *req, const char *name, int64_t *ret_ns)
{
    obs_str text = obs_request_query(req, name);

    return !text.ptr || time_parse(text, obs_request_time_ns(req), ret_ns) == OBS_OK;
}

static bool read_limit(obs_request *req, uint32_t *ret_limit)
{
    obs_str text = obs_request_query(req, "limit");
    uint64_t limit = 0;

    if (!text.ptr)
        return true;
    for (size_t i = 0; i < text.len && limit <= MAX_LIMIT; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        limit = 10 * limit + (uint64_t)(text.ptr[i] - '0');
    }
    *ret_limit = (uint32_t)limit;
    return limit >= 1 && limit <= MAX_LIMIT;
}

/* OBS_RESPONDED when something is wrong. */
static int read_query(obs_request *req, obs_aggregate_query *q)
{
    static const char *const times[] = {"from", "to"};

    q->from_ns = INT64_MIN;
    q->to_ns = INT64_MAX;
    q->limit = DEFAULT_LIMIT;
    for (int i = 0; i < 2; i++)
        if (!read_time(req, times[i], i ? &q->to_ns : &q->from_ns)) {
            (void)obs_respond_error(req, OBS_E_INVALID, times[i],
                                    "%s: expected a time such as 2026-11-23T07:00:00Z or now-7d",
                                    times[i]);
            return OBS_RESPONDED;
        }
    if (!read_limit(req, &q->limit)) {
        (void)obs_respond_error(req, OBS_E_INVALID, "limit",
                                "limit: expected a whole number from 1 to %d", MAX_LIMIT);
        return OBS_RESPONDED;
    }
    if (q->from_ns <= q->to_ns)
        return OBS_OK;
    (void)obs_respond_error(req, OBS_E_RANGE, "from", "from: expected a time before `to`");
    return OBS_RESPONDED;
}

static struct unpriced *unpriced_new(struct prices *prices, obs_request *req)
{
    obs_arena *arena = obs_request_arena(req);
    struct unpriced *u = obs_arena_calloc(arena, 1, sizeof(*u));

    if (!u)
        return NULL;
    *u = (struct unpriced){.prices = prices, .req = req, .arena = arena};
    u->buf = obs_buf_new(arena, /* limit_bytes= */ 0);
    u->jw = u->buf ? obs_jw_new(arena, u->buf) : NULL;
    return u->jw ? u : NULL;
}

int handle_unpriced(obs_request *req, void *self)
{
    static const obs_dimension dimensions[N_DIMENSIONS] = {
        [BY_PROVIDER] = {.field = OBS_FIELD_PROVIDER},
        [BY_MODEL] = {.field = OBS_FIELD_MODEL},
        [BY_REQUEST_MODEL] = {.field = OBS_FIELD_REQUEST_MODEL},
        [BY_OPERATION] = {.field = OBS_FIELD_OPERATION_TYPE},
        [BY_TIER] = {.field = OBS_FIELD_SERVICE_TIER}};
    static const obs_measure measures[N_MEASURES] = {
        [SPANS] = {.kind = OBS_MEASURE_COUNT},
        [TOKENS] = {.kind = OBS_MEASURE_SUM, .field = OBS_FIELD_TOTAL_TOKENS},
        [FIRST] = {.kind = OBS_MEASURE_MIN, .field = OBS_FIELD_TS},
        [LAST] = {.kind = OBS_MEASURE_MAX, .field = OBS_FIELD_TS}};
    static const obs_value unpriced = {.s = OBS_STR("unpriced")};
    static const obs_filter filter = {.size = sizeof(filter),
                                      .kind = OBS_FILTER_LEAF,
                                      .field = OBS_FIELD_COST_SOURCE,
                                      .op = OBS_OP_EQ,
                                      .values = &unpriced,
                                      .n_values = 1};
    struct prices *prices = self;
    struct unpriced *u = unpriced_new(prices, req);
    obs_scope scope = scope_of(req);
    obs_aggregate_query query = {.size = sizeof(query),
                                 .flags = OBS_QUERY_DESCENDING,
                                 .filter = &filter,
                                 .dimensions = dimensions,
                                 .n_dimensions = N_DIMENSIONS,
                                 .measures = measures,
                                 .n_measures = N_MEASURES,
                                 .sort_measure = SPANS};
    int rc;

    if (!u)
        return OBS_E_NOMEM;
    rc = read_query(req, &query);
    if (rc == OBS_RESPONDED)
        return OBS_OK;
    obs_jw_object(u->jw);
    obs_jw_key(u->jw, "data");
    obs_jw_array(u->jw);
    rc = prices->store->aggregate(prices->store_self, &scope, &query, take_group, done, u);
    return rc < 0 ? rc : OBS_PENDING;
}
