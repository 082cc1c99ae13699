/* SPDX-License-Identifier: Apache-2.0 */
/* Most routes know their parameters, so the host refuses the others with a
 * suggestion; a plugin sees only what it declared. */
#include "http/query.h"
#include "core/suggest.h"
#include "http/request.h"
#include "plugin/descriptor.h"

#include <stdio.h>

/* --- parsing -------------------------------------------------------------- */

static int add_pair(obs_request *req, obs_str raw, char **out)
{
    const char *mark = memchr(raw.ptr, '=', raw.len);
    size_t name_len = mark ? (size_t)(mark - raw.ptr) : raw.len;
    struct query_pair *pair = &req->query[req->n_query];
    size_t len;

    if (query_decode(obs_str_n(raw.ptr, name_len), *out, &len) < 0)
        return OBS_E_INVALID;
    pair->name = obs_str_n(*out, len);
    *out += len;
    len = 0;
    if (mark && query_decode(obs_str_n(mark + 1, raw.len - name_len - 1), *out, &len) < 0)
        return OBS_E_INVALID;
    pair->value = obs_str_n(*out, len);
    *out += len;
    req->n_query++;
    return OBS_OK;
}

int query_parse(obs_request *req)
{
    obs_str raw = req->target.query;
    const char *p, *end;
    size_t n = 1;
    char *out;

    if (raw.len == 0)
        return OBS_OK;
    p = raw.ptr;
    end = p + raw.len;
    for (size_t i = 0; i < raw.len; i++)
        n += raw.ptr[i] == '&';
    req->query = obs_arena_calloc(&req->arena, n, sizeof(*req->query));
    out = arena_alloc(&req->arena, raw.len);
    if (!req->query || !out)
        return OBS_E_NOMEM;
    while (p < end) {
        const char *amp = memchr(p, '&', (size_t)(end - p));
        obs_str pair = obs_str_n(p, (size_t)((amp ? amp : end) - p));

        if (pair.len > 0 && add_pair(req, pair, &out) < 0)
            return OBS_E_INVALID;
        p = amp ? amp + 1 : end;
    }
    return OBS_OK;
}

/* --- checking ------------------------------------------------------------- */

/* Query parameter `index` of the route; NULL when that one stands elsewhere. */
static const obs_param *query_param(const struct endpoint *endpoint, size_t index)
{
    const obs_param *param = descriptor_param(endpoint->instance->plugin, endpoint->decl, index);

    return strcmp(param->in, "query") == 0 ? param : NULL;
}

static const obs_param *declared(const struct endpoint *endpoint, obs_str name)
{
    for (size_t i = 0; i < endpoint->decl->n_params; i++) {
        const obs_param *param = query_param(endpoint, i);

        if (param && obs_str_is(name, param->name))
            return param;
    }
    return NULL;
}

static int refuse_unknown(obs_request *req, obs_str name)
{
    struct suggest s;
    char field[65];

    snprintf(field, sizeof(field), "%.*s", OBS_STR_ARG(name));
    suggest_init(&s, name);
    for (size_t i = 0; i < req->endpoint->decl->n_params; i++) {
        const obs_param *param = query_param(req->endpoint, i);

        if (param)
            suggest_offer(&s, obs_str_of(param->name));
    }
    req->stage = STAGE_ANSWER;
    if (s.best.ptr)
        (void)obs_respond_error(req, OBS_E_UNKNOWN, field,
                                "unknown query parameter \"%s\"; did you mean \"%.*s\"?", field,
                                OBS_STR_ARG(s.best));
    else
        (void)obs_respond_error(req, OBS_E_UNKNOWN, field, "unknown query parameter \"%s\"", field);
    return OBS_E_UNKNOWN;
}

static int refuse_duplicate(obs_request *req, const obs_param *param)
{
    req->stage = STAGE_ANSWER;
    (void)obs_respond_error(req, OBS_E_INVALID, param->name,
                            "query parameter \"%s\" is given more than once", param->name);
    return OBS_E_INVALID;
}

int query_check(obs_request *req)
{
    const obs_route *route = req->endpoint->decl;

    for (uint32_t i = 0; i < req->n_query; i++) {
        const obs_param *param = declared(req->endpoint, req->query[i].name);

        if (!param && !(route->flags & OBS_ROUTE_ANY_QUERY))
            return refuse_unknown(req, req->query[i].name);
        if (!param || strcmp(param->schema, "list") == 0)
            continue;
        for (uint32_t k = 0; k < i; k++)
            if (obs_str_eq(req->query[k].name, req->query[i].name))
                return refuse_duplicate(req, param);
    }
    return OBS_OK;
}
