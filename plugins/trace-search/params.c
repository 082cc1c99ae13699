/* SPDX-License-Identifier: Apache-2.0 */
/* What is not a condition on spans (plugins/lib/filter_params.c): order, page, look. */
#include "params.h"
#include "span_fields.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>

enum kind {
    KIND_SORT_BY,
    KIND_SORT_ORDER,
    KIND_CURSOR,
    KIND_LIMIT,
    KIND_FIELDS,
    KIND_INCLUDE,
    KIND_HIGHLIGHT
};

static const char *const names[] = {"sort_by", "sort_order", "cursor",   "limit",
                                    "fields",  "include",    "highlight"};
#define N_NAMES (sizeof(names) / sizeof(*names))
_Static_assert(FILTER_PARAMS_COUNT + N_NAMES == N_PARAMS_DECLARED,
               "a parameter that is not documented");

const obs_param params_declared[N_PARAMS_DECLARED] = {
    FILTER_PARAMS,
    {"sort_by", "query", "string",
     "ts, duration_ms, ttft_ms, total_cost_usd, prompt_tokens, completion_tokens or total_tokens"},
    {"sort_order", "query", "string", "asc or desc; desc when absent"},
    {"cursor", "query", "string", "the cursor of the page before"},
    {"limit", "query", "integer", "spans a page, 1 to 1000; 50 when absent"},
    {"fields", "query", "list", "the fields wanted, separated by commas; all when absent"},
    {"include", "query", "list", "total: count all matches too"},
    {"highlight", "query", "boolean",
     "with search: parts of the texts, with <mark>what was found</mark>"},
};

/* --- values --------------------------------------------------------------------------- */

static int complain(struct params *p, enum kind kind, const char *expected, obs_str found)
{
    return filter_params_complain(&p->filter, OBS_E_INVALID, names[kind], expected, found);
}

static int take_sort(struct params *p, obs_str value)
{
    static const uint32_t sortable[] = {
        OBS_FIELD_TS,           OBS_FIELD_DURATION,      OBS_FIELD_TTFT,
        OBS_FIELD_TOTAL_COST,   OBS_FIELD_PROMPT_TOKENS, OBS_FIELD_COMPLETION_TOKENS,
        OBS_FIELD_TOTAL_TOKENS,
    };

    for (size_t i = 0; i < sizeof(sortable) / sizeof(*sortable); i++)
        if (obs_str_is(value, field_name(sortable[i]))) {
            p->sort_field = sortable[i];
            return OBS_OK;
        }
    return complain(p, KIND_SORT_BY,
                    "ts, duration_ms, ttft_ms, total_cost_usd, prompt_tokens, completion_tokens or "
                    "total_tokens",
                    value);
}

static int take_limit(struct params *p, obs_str value)
{
    char expected[48] = "a number from 1 to ";
    int64_t v;

    if (filter_params_number(value, 0, &v) && v >= 1 && v <= p->max_limit) {
        p->limit = (uint32_t)v;
        return OBS_OK;
    }
    snprintf(expected, sizeof(expected), "a number from 1 to %u", p->max_limit);
    return complain(p, KIND_LIMIT, expected, value);
}

static int take_fields(struct params *p, obs_str value)
{
    obs_str wrong;
    int rc = fields_parse(value, &p->fields, &wrong);

    if (rc == OBS_E_INVALID)
        return complain(p, KIND_FIELDS, "names of fields separated by commas", value);
    if (rc < 0) {
        p->filter.wrong_field = names[KIND_FIELDS];
        p->filter.wrong_text = fields_complaint(p->filter.arena, wrong);
    }
    return rc;
}

static int take_value(struct params *p, enum kind kind, obs_str value)
{
    switch (kind) {
    case KIND_SORT_BY:
        return take_sort(p, value);
    case KIND_SORT_ORDER:
        p->ascending = obs_str_is(value, "asc") ? 1 : 0;
        return p->ascending || obs_str_is(value, "desc") ? OBS_OK
                                                         : complain(p, kind, "asc or desc", value);
    case KIND_CURSOR:
        p->cursor = value;
        return OBS_OK;
    case KIND_LIMIT:
        return take_limit(p, value);
    case KIND_FIELDS:
        return take_fields(p, value);
    case KIND_HIGHLIGHT:
        p->highlight = obs_str_is(value, "true") || obs_str_is(value, "1");
        return p->highlight || obs_str_is(value, "false") || obs_str_is(value, "0")
                   ? OBS_OK
                   : complain(p, kind, "true or false", value);
    default: /* KIND_INCLUDE */
        p->total = 1;
        return obs_str_is(value, "total") ? OBS_OK : complain(p, kind, "total", value);
    }
}

/* --- the whole ------------------------------------------------------------------------ */

void params_init(struct params *params, obs_arena *arena, int64_t now_ns, uint32_t max_limit)
{
    *params = (struct params){
        .max_limit = max_limit,
        .sort_field = OBS_FIELD_TS,
        .limit = max_limit < 50 ? max_limit : 50,
        .fields = OBS_FIELDS_ALL,
    };
    filter_params_init(&params->filter, arena, now_ns);
}

static int take_own(struct params *p, enum kind kind, obs_str value)
{
    if (p->given[kind].ptr) {
        p->filter.wrong_field = names[kind];
        p->filter.wrong_text = obs_arena_printf(p->filter.arena, "%s: given twice", names[kind]);
        return OBS_E_INVALID;
    }
    p->given[kind] = obs_str_n(value.ptr ? value.ptr : "", value.len);
    return take_value(p, kind, value);
}

int params_take(struct params *params, obs_str name, obs_str value)
{
    int rc;

    for (size_t i = 0; i < N_NAMES; i++)
        if (obs_str_is(name, names[i]))
            return take_own(params, (enum kind)i, value);
    rc = filter_params_take(&params->filter, name, value);
    return rc == OBS_E_UNKNOWN
               ? filter_params_complain(&params->filter, rc, "query", "a known parameter", name)
               : rc;
}

int params_finish(struct params *params, obs_span_query *ret_query)
{
    const obs_filter *filter;
    int rc = filter_params_finish(&params->filter, &filter);

    if (rc < 0)
        return rc;
    *ret_query = (obs_span_query){
        .size = sizeof(*ret_query),
        .flags =
            (params->ascending ? 0 : OBS_QUERY_DESCENDING) | (params->total ? OBS_QUERY_TOTAL : 0),
        .fields = params->fields,
        .from_ns = params->filter.from_ns,
        .to_ns = params->filter.to_ns,
        .filter = filter,
        .sort_field = params->sort_field,
        .limit = params->limit,
    };
    return OBS_OK;
}

static void digest_one(crypto_generichash_state *state, uint64_t key, obs_str given)
{
    uint64_t head[2] = {key, given.len};

    if (!given.ptr)
        return;
    crypto_generichash_update(state, (const uint8_t *)head, sizeof(head));
    crypto_generichash_update(state, (const uint8_t *)given.ptr, given.len);
}

void params_digest(const struct params *params, uint8_t ret_digest[PARAMS_DIGEST_BYTES])
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, PARAMS_DIGEST_BYTES);
    for (size_t i = 0; i < FILTER_PARAMS_COUNT; i++)
        digest_one(&state, filter_params_key(i), params->filter.given[i]);
    for (uint64_t i = KIND_SORT_BY; i <= KIND_SORT_ORDER; i++)
        digest_one(&state, UINT64_MAX - i, params->given[i]);
    crypto_generichash_update(&state, params->filter_digest, sizeof(params->filter_digest));
    crypto_generichash_final(&state, ret_digest, PARAMS_DIGEST_BYTES);
}
