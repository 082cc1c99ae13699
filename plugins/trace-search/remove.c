/* SPDX-License-Identifier: Apache-2.0 */
/* DELETE /api/v1/traces/{trace_id}: its spans, prompts and feedback, at once and for
 * good. What it used stays in the rollups. */
#include "search.h"

#include "hex_id.h"
#include "scope.h"

struct removal {
    obs_request *req;
    uint8_t id[16];
    obs_value value;
    obs_filter filter;
};

static void removed(const obs_append_result *result, void *user)
{
    const struct removal *r = user;

    if (result->error < 0)
        (void)obs_respond_error(r->req, result->error, NULL, NULL);
    else if (result->n_merged == 0)
        (void)obs_respond_error(r->req, OBS_E_NOT_FOUND, "trace_id", "no such trace");
    else
        (void)obs_respond(r->req, 204, NULL, obs_str_n(NULL, 0));
}

int handle_remove(obs_request *req, void *self)
{
    const struct search *search = self;
    struct removal *r = obs_arena_calloc(obs_request_arena(req), 1, sizeof(*r));
    obs_span_set spans = {.size = sizeof(spans), .from_ns = INT64_MIN, .to_ns = INT64_MAX};
    obs_scope scope = scope_of(req);
    int rc;

    if (!r)
        return OBS_E_NOMEM;
    if (hex_trace_id(obs_request_param(req, "trace_id"), r->id) < 0)
        return obs_respond_error(req, OBS_E_INVALID, "trace_id",
                                 "trace_id: expected 32 hexadecimal digits, not all zero");
    r->req = req;
    r->value.s = obs_str_n((const char *)r->id, sizeof(r->id));
    r->filter = (obs_filter){.size = sizeof(r->filter),
                             .kind = OBS_FILTER_LEAF,
                             .field = OBS_FIELD_TRACE_ID,
                             .op = OBS_OP_EQ,
                             .values = &r->value,
                             .n_values = 1};
    spans.filter = &r->filter;
    rc = search->store->remove(search->store_self, &scope, &spans, 0, removed, r);
    return rc < 0 ? rc : OBS_PENDING;
}
