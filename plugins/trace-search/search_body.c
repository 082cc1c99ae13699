/* SPDX-License-Identifier: Apache-2.0 */
/* Members become the text of the parameter of that name, so that both routes take
 * and refuse the same; only the filter is a tree. */
#include "search_body.h"
#include "alias.h"
#include "filter_json.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>

struct reading {
    struct params *params;
    const struct search_limits *limits;
};

static int complain(struct params *p, const char *field, int error, const char *text)
{
    p->filter.wrong_field = field;
    p->filter.wrong_text = obs_arena_printf(p->filter.arena, "%s: %s", field, text);
    return error;
}

/* --- the digest of a filter -------------------------------------------------------------- */

/* A cursor is bound to the filter as it was written, so that "now-1h" of a later
 * page is the same. */
static void digest(const obs_json *json, crypto_generichash_state *state);

static int digest_member(obs_str key, const obs_json *value, void *user)
{
    uint64_t len = key.len;

    crypto_generichash_update(user, (const uint8_t *)&len, sizeof(len));
    crypto_generichash_update(user, (const uint8_t *)key.ptr, key.len);
    digest(value, user);
    return 0;
}

static void digest(const obs_json *json, crypto_generichash_state *state)
{
    uint32_t type = obs_json_type(json);
    double number = obs_json_double(json);
    int64_t whole = type == OBS_JSON_BOOL ? obs_json_bool(json) : obs_json_int(json);
    obs_str text = obs_json_str(json);
    uint64_t head[3] = {type, obs_json_count(json), text.len};

    crypto_generichash_update(state, (const uint8_t *)head, sizeof(head));
    crypto_generichash_update(state, (const uint8_t *)&number, sizeof(number));
    crypto_generichash_update(state, (const uint8_t *)&whole, sizeof(whole));
    if (text.len)
        crypto_generichash_update(state, (const uint8_t *)text.ptr, text.len);
    for (size_t i = 0; type == OBS_JSON_ARRAY && i < obs_json_count(json); i++)
        digest(obs_json_at(json, i), state);
    if (type == OBS_JSON_OBJECT)
        (void)obs_json_each(json, digest_member, state);
}

/* --- members --------------------------------------------------------------------------------- */

static int take_filter(struct reading *r, const obs_json *value)
{
    struct params *p = r->params;
    struct filter_reader reader = {.arena = p->filter.arena,
                                   .now_ns = p->filter.now_ns,
                                   .depth = r->limits->depth,
                                   .nodes = r->limits->nodes,
                                   .values = r->limits->values,
                                   .alias = alias_field};
    crypto_generichash_state state;
    const obs_filter *filter;
    int rc = filter_json_read(&reader, "filter", value, &filter);

    if (rc < 0) {
        p->filter.wrong_field =
            reader.wrong_field.len
                ? obs_arena_printf(p->filter.arena, "%.*s", OBS_STR_ARG(reader.wrong_field)).ptr
                : NULL;
        p->filter.wrong_text = reader.wrong_text;
        return rc;
    }
    rc = filter_params_add(&p->filter, filter);
    if (rc < 0)
        return rc;
    crypto_generichash_init(&state, NULL, 0, sizeof(p->filter_digest));
    digest(value, &state);
    crypto_generichash_final(&state, p->filter_digest, sizeof(p->filter_digest));
    return OBS_OK;
}

/* A scalar as the text that the parameter has. */
static obs_str text_of(struct params *p, const obs_json *value)
{
    switch (obs_json_type(value)) {
    case OBS_JSON_STRING:
        return obs_json_str(value);
    case OBS_JSON_INT:
        return obs_arena_printf(p->filter.arena, "%lld", (long long)obs_json_int(value));
    case OBS_JSON_BOOL:
        return obs_str_of(obs_json_bool(value) ? "true" : "false");
    default:
        return obs_str_n(NULL, 0);
    }
}

/* ["ts", "model"] as "ts,model". */
static int take_names(struct params *p, const char *name, const obs_json *value)
{
    obs_buf *buf = obs_buf_new(p->filter.arena, /* limit_bytes= */ 0);

    if (!buf)
        return OBS_E_NOMEM;
    if (obs_json_type(value) == OBS_JSON_STRING)
        return params_take(p, obs_str_of(name), obs_json_str(value));
    if (obs_json_type(value) != OBS_JSON_ARRAY)
        return complain(p, name, OBS_E_INVALID, "expected a list of names");
    for (size_t i = 0; i < obs_json_count(value); i++)
        obs_buf_printf(buf, "%s%.*s", i ? "," : "",
                       OBS_STR_ARG(obs_json_str(obs_json_at(value, i))));
    return params_take(p, obs_str_of(name), obs_buf_str(buf));
}

static int take_descending(struct params *p, const char *field, const obs_json *value)
{
    if (obs_json_type(value) != OBS_JSON_BOOL)
        return complain(p, field, OBS_E_INVALID, "expected true or false");
    return params_take(p, obs_str_of("sort_order"),
                       obs_str_of(obs_json_bool(value) ? "desc" : "asc"));
}

/* [{"field": "ts", "desc": true}]: one, since a position is in one order. */
static int take_sort(struct params *p, const obs_json *value)
{
    const obs_json *first = obs_json_at(value, 0), *desc = obs_json_get(first, "desc");
    int rc;

    if (obs_json_type(value) != OBS_JSON_ARRAY || obs_json_count(value) != 1)
        return complain(p, "sort", OBS_E_INVALID, "expected a list of one {\"field\", \"desc\"}");
    rc = params_take(p, obs_str_of("sort_by"), obs_json_str(obs_json_get(first, "field")));
    return rc < 0 || !desc ? rc : take_descending(p, "sort", desc);
}

static const char *const scalars[] = {"from",       "to",      "start_time", "end_time",
                                      "project_id", "sort_by", "cursor",     "limit",
                                      "sort_order", "search",  "highlight"};

static int take_scalar(struct params *p, obs_str key, const obs_json *value)
{
    obs_str text = text_of(p, value);

    for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++)
        if (obs_str_is(key, scalars[i]))
            return text.ptr ? params_take(p, obs_str_of(scalars[i]), text)
                            : complain(p, scalars[i], OBS_E_INVALID, "expected a text or a number");
    p->filter.wrong_text = obs_arena_printf(p->filter.arena,
                                            "unknown member \"%.*s\"; there are: filter, from, to, "
                                            "project_id, sort_by, sort_desc, sort, "
                                            "limit, cursor, fields, include, search, highlight",
                                            (int)(key.len < 64 ? key.len : 64), key.ptr);
    return OBS_E_UNKNOWN;
}

static int take_member(obs_str key, const obs_json *value, void *user)
{
    struct reading *r = user;
    struct params *p = r->params;

    if (obs_json_type(value) == OBS_JSON_NULL)
        return OBS_OK;
    if (obs_str_is(key, "filter"))
        return take_filter(r, value);
    if (obs_str_is(key, "fields"))
        return take_names(p, "fields", value);
    if (obs_str_is(key, "include"))
        return take_names(p, "include", value);
    if (obs_str_is(key, "sort_desc"))
        return take_descending(p, "sort_desc", value);
    if (obs_str_is(key, "sort"))
        return take_sort(p, value);
    return take_scalar(p, key, value);
}

int search_body_read(struct params *params, const struct search_limits *limits, obs_str body)
{
    struct reading reading = {params, limits};
    obs_json_error error = {.size = sizeof(error)};
    const obs_json *root;
    int rc = obs_json_parse(params->filter.arena, body, &root, &error);

    if (rc == OBS_E_SYNTAX)
        params->filter.wrong_text = obs_arena_printf(params->filter.arena, "line %u, column %u: %s",
                                                     error.line, error.column, error.text);
    if (rc < 0)
        return rc;
    if (obs_json_type(root) != OBS_JSON_OBJECT) {
        params->filter.wrong_text = obs_str_of("expected an object");
        return OBS_E_SYNTAX;
    }
    return obs_json_each(root, take_member, &reading);
}
