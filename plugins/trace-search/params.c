/* SPDX-License-Identifier: Apache-2.0 */
/* One row a parameter: what it is compared with and how its value reads. Numbers
 * become exact integers - nanoseconds, nano-dollars - without a detour through
 * binary fractions. */
#include "params.h"
#include "hex_id.h"
#include "span_fields.h"
#include "timeparse.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <strings.h>

enum kind {
    KIND_TEXTS, /* a comma list: any of them */
    KIND_TEXT,
    KIND_TRACE_ID,
    KIND_STATUS,
    KIND_TAGS, /* a comma list: all of them */
    KIND_MIN,
    KIND_MAX,
    KIND_ROOTS,
    KIND_FROM,
    KIND_TO,
    KIND_PROJECT,
    KIND_SORT_BY,
    KIND_SORT_ORDER,
    KIND_CURSOR, /* from here on: of no account for what a cursor is bound to */
    KIND_LIMIT,
    KIND_FIELDS,
    KIND_INCLUDE,
};

struct row {
    const char *name;
    enum kind kind;
    uint32_t field;
    unsigned decimals; /* MIN, MAX: of the integer that the store compares */
};

static const struct row rows[] = {
    {"from", KIND_FROM, 0, 0},
    {"start_time", KIND_FROM, 0, 0},
    {"to", KIND_TO, 0, 0},
    {"end_time", KIND_TO, 0, 0},
    {"project_id", KIND_PROJECT, 0, 0},
    {"trace_id", KIND_TRACE_ID, OBS_FIELD_TRACE_ID, 0},
    {"session_id", KIND_TEXTS, OBS_FIELD_SESSION_ID, 0},
    {"user_id", KIND_TEXTS, OBS_FIELD_USER_ID, 0},
    {"provider", KIND_TEXTS, OBS_FIELD_PROVIDER, 0},
    {"model", KIND_TEXTS, OBS_FIELD_MODEL, 0},
    {"operation_type", KIND_TEXTS, OBS_FIELD_OPERATION_TYPE, 0},
    {"service", KIND_TEXTS, OBS_FIELD_SERVICE_NAME, 0},
    {"environment", KIND_TEXTS, OBS_FIELD_ENVIRONMENT, 0},
    {"span_name", KIND_TEXT, OBS_FIELD_SPAN_NAME, 0},
    {"status", KIND_STATUS, OBS_FIELD_STATUS, 0},
    {"tags", KIND_TAGS, OBS_FIELD_TAGS, 0},
    {"min_duration_ms", KIND_MIN, OBS_FIELD_DURATION, 6},
    {"max_duration_ms", KIND_MAX, OBS_FIELD_DURATION, 6},
    {"min_cost", KIND_MIN, OBS_FIELD_TOTAL_COST, 9},
    {"max_cost", KIND_MAX, OBS_FIELD_TOTAL_COST, 9},
    {"min_tokens", KIND_MIN, OBS_FIELD_TOTAL_TOKENS, 0},
    {"max_tokens", KIND_MAX, OBS_FIELD_TOTAL_TOKENS, 0},
    {"roots_only", KIND_ROOTS, OBS_FIELD_PARENT_SPAN_ID, 0},
    {"sort_by", KIND_SORT_BY, 0, 0},
    {"sort_order", KIND_SORT_ORDER, 0, 0},
    {"cursor", KIND_CURSOR, 0, 0},
    {"limit", KIND_LIMIT, 0, 0},
    {"fields", KIND_FIELDS, 0, 0},
    {"include", KIND_INCLUDE, 0, 0},
};
#define N_ROWS (sizeof(rows) / sizeof(*rows))
_Static_assert(N_ROWS == N_PARAMS_DECLARED, "a parameter that is not documented");

const obs_param params_declared[N_PARAMS_DECLARED] = {
    {"from", "query", "time", "start of the range, inclusive: RFC 3339, Unix time, now-1d"},
    {"start_time", "query", "time", "another name of from"},
    {"to", "query", "time", "end of the range, exclusive"},
    {"end_time", "query", "time", "another name of to"},
    {"project_id", "query", "string", "only spans of this project"},
    {"trace_id", "query", "string", "only spans of this trace: 32 hexadecimal digits"},
    {"session_id", "query", "list", "any of these sessions"},
    {"user_id", "query", "list", "any of these users"},
    {"provider", "query", "list", "any of these providers"},
    {"model", "query", "list", "any of these models"},
    {"operation_type", "query", "list", "any of chat, completion, embedding, tool, agent, …"},
    {"service", "query", "list", "any of these services"},
    {"environment", "query", "list", "any of these environments"},
    {"span_name", "query", "string", "exactly this name"},
    {"status", "query", "string", "OK, ERROR or UNSET"},
    {"tags", "query", "list", "all of these tags"},
    {"min_duration_ms", "query", "number", "least duration in milliseconds"},
    {"max_duration_ms", "query", "number", "greatest duration in milliseconds"},
    {"min_cost", "query", "number", "least total cost in USD"},
    {"max_cost", "query", "number", "greatest total cost in USD"},
    {"min_tokens", "query", "integer", "least total tokens"},
    {"max_tokens", "query", "integer", "greatest total tokens"},
    {"roots_only", "query", "boolean", "only spans without a parent"},
    {"sort_by", "query", "string",
     "ts, duration_ms, ttft_ms, total_cost_usd, prompt_tokens, completion_tokens or total_tokens"},
    {"sort_order", "query", "string", "asc or desc; desc when absent"},
    {"cursor", "query", "string", "the cursor of the page before"},
    {"limit", "query", "integer", "spans a page, 1 to 1000; 50 when absent"},
    {"fields", "query", "list", "the fields wanted, separated by commas; all when absent"},
    {"include", "query", "list", "total: count all matches too"},
};

/* --- complaints ------------------------------------------------------------------ */

static int complain(struct params *p, int error, const char *field, const char *expected,
                    obs_str found)
{
    p->wrong_field = field;
    p->wrong_text =
        obs_arena_printf(p->arena, "%s: expected %s, found \"%.*s\"", field, expected,
                         (int)(found.len < 100 ? found.len : 100), found.len ? found.ptr : "");
    return error;
}

/* --- filters ---------------------------------------------------------------------- */

static int add_filter(struct params *p, const obs_filter *filter)
{
    if (!filter)
        return OBS_E_NOMEM;
    if (p->n_filters == PARAMS_MAX_FILTERS) {
        p->wrong_text = obs_str_of("too many conditions");
        return OBS_E_COMPLEX;
    }
    p->filters[p->n_filters++] = filter;
    return OBS_OK;
}

static obs_filter *new_leaf(struct params *p, uint32_t field, uint32_t op, size_t n_values,
                            obs_value **ret_values)
{
    obs_filter *f = obs_arena_calloc(p->arena, 1, sizeof(*f));
    obs_value *values = obs_arena_calloc(p->arena, n_values ? n_values : 1, sizeof(*values));

    if (!f || !values)
        return NULL;
    *f = (obs_filter){.size = sizeof(*f),
                      .kind = OBS_FILTER_LEAF,
                      .field = field,
                      .op = op,
                      .values = values,
                      .n_values = n_values};
    *ret_values = values;
    return f;
}

/* Takes the next of a comma list; false at its end. */
static bool next_item(obs_str *list, obs_str *ret_item)
{
    const char *comma;
    size_t len;

    if (!list->ptr || list->len == 0)
        return false;
    comma = memchr(list->ptr, ',', list->len);
    len = comma ? (size_t)(comma - list->ptr) : list->len;
    *ret_item = obs_str_n(list->ptr, len);
    *list = obs_str_n(list->ptr + len + (comma != NULL), list->len - len - (comma != NULL));
    return true;
}

static int take_texts(struct params *p, const struct row *row, obs_str value)
{
    size_t n = 1, at = 0;
    obs_value *values;
    obs_filter *f;
    obs_str item;

    for (size_t i = 0; i < value.len; i++)
        n += value.ptr[i] == ',';
    f = new_leaf(p, row->field, OBS_OP_IN, n, &values);
    if (!f)
        return OBS_E_NOMEM;
    while (next_item(&value, &item))
        if (item.len)
            values[at++].s = item;
    if (at == 0)
        return complain(p, OBS_E_INVALID, row->name, "at least one value", value);
    f->n_values = at;
    if (at == 1)
        f->op = OBS_OP_EQ;
    return add_filter(p, f);
}

static int take_one(struct params *p, const struct row *row, uint32_t op, obs_value value)
{
    obs_value *values;
    obs_filter *f = new_leaf(p, row->field, op, 1, &values);

    if (f)
        values[0] = value;
    return add_filter(p, f);
}

static int take_tags(struct params *p, const struct row *row, obs_str value)
{
    obs_str item;
    int rc = value.len ? OBS_OK : complain(p, OBS_E_INVALID, row->name, "a tag", value);

    while (rc == OBS_OK && next_item(&value, &item))
        if (item.len)
            rc = take_one(p, row, OBS_OP_HAS, (obs_value){.s = item});
    return rc;
}

static int take_roots(struct params *p, const struct row *row, obs_str value)
{
    bool yes = obs_str_is(value, "true") || obs_str_is(value, "1");
    const obs_filter **child;
    obs_filter *roots;
    obs_value *values;

    if (!yes && !obs_str_is(value, "false") && !obs_str_is(value, "0"))
        return complain(p, OBS_E_INVALID, row->name, "true or false", value);
    if (!yes)
        return OBS_OK;
    child = obs_arena_calloc(p->arena, 1, sizeof(*child));
    roots = obs_arena_calloc(p->arena, 1, sizeof(*roots));
    if (!child || !roots)
        return OBS_E_NOMEM;
    *child = new_leaf(p, row->field, OBS_OP_EXISTS, 0, &values);
    *roots = (obs_filter){
        .size = sizeof(*roots), .kind = OBS_FILTER_NOT, .children = child, .n_children = 1};
    return *child ? add_filter(p, roots) : OBS_E_NOMEM;
}

/* --- values ------------------------------------------------------------------------- */

/* "12.5" as an integer of 10^-decimals; more decimals than that are refused. */
static bool read_decimal(obs_str text, unsigned decimals, int64_t *ret_value)
{
    bool point = false, any = false;
    int64_t v = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9' || (point && decimals-- == 0) || __builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, c - '0', &v))
            return false;
        any = true;
    }
    for (; decimals > 0; decimals--)
        if (__builtin_mul_overflow(v, 10, &v))
            return false;
    *ret_value = v;
    return any;
}

static int take_bound(struct params *p, const struct row *row, obs_str value)
{
    obs_value v = {0};

    if (!read_decimal(value, row->decimals, &v.i))
        return complain(p, OBS_E_INVALID, row->name,
                        row->decimals == 0   ? "a whole number"
                        : row->decimals == 6 ? "a number of milliseconds with up to 6 decimals"
                                             : "a number of dollars with up to 9 decimals",
                        value);
    return take_one(p, row, row->kind == KIND_MIN ? OBS_OP_GTE : OBS_OP_LTE, v);
}

static int take_status(struct params *p, const struct row *row, obs_str value)
{
    static const char *const names[] = {"UNSET", "OK", "ERROR", "SUCCESS"};
    static const uint32_t codes[] = {OBS_STATUS_UNSET, OBS_STATUS_OK, OBS_STATUS_ERROR,
                                     OBS_STATUS_OK};

    for (size_t i = 0; i < 4; i++)
        if (strlen(names[i]) == value.len && strncasecmp(names[i], value.ptr, value.len) == 0)
            return take_one(p, row, OBS_OP_EQ, (obs_value){.i = codes[i]});
    return complain(p, OBS_E_INVALID, row->name, "OK, ERROR or UNSET", value);
}

static int take_trace_id(struct params *p, const struct row *row, obs_str value)
{
    uint8_t *id = obs_arena_alloc(p->arena, 16);

    if (!id)
        return OBS_E_NOMEM;
    if (hex_trace_id(value, id) < 0)
        return complain(p, OBS_E_INVALID, row->name, "32 hexadecimal digits, not all zero", value);
    return take_one(p, row, OBS_OP_EQ, (obs_value){.s = obs_str_n((const char *)id, 16)});
}

static int take_time(struct params *p, const struct row *row, obs_str value)
{
    int64_t *target = row->kind == KIND_FROM ? &p->from_ns : &p->to_ns;
    int rc = time_parse(value, p->now_ns, target);

    if (rc == OBS_E_RANGE)
        return complain(p, OBS_E_INVALID, row->name, "a time between 1678 and 2261", value);
    return rc < 0 ? complain(p, OBS_E_INVALID, row->name,
                             "a time such as 2026-11-23T07:00:00Z, 1790000000 or now-1d", value)
                  : OBS_OK;
}

static int take_sort(struct params *p, const struct row *row, obs_str value)
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
    return complain(p, OBS_E_INVALID, row->name,
                    "ts, duration_ms, ttft_ms, total_cost_usd, prompt_tokens, completion_tokens or "
                    "total_tokens",
                    value);
}

static int take_limit(struct params *p, const struct row *row, obs_str value)
{
    char expected[48] = "a number from 1 to ";
    int64_t v;

    if (read_decimal(value, 0, &v) && v >= 1 && v <= p->max_limit) {
        p->limit = (uint32_t)v;
        return OBS_OK;
    }
    snprintf(expected, sizeof(expected), "a number from 1 to %u", p->max_limit);
    return complain(p, OBS_E_INVALID, row->name, expected, value);
}

static int take_fields(struct params *p, const struct row *row, obs_str value)
{
    obs_str wrong;
    int rc = fields_parse(value, &p->fields, &wrong);

    if (rc == OBS_E_INVALID)
        return complain(p, rc, row->name, "names of fields separated by commas", value);
    if (rc < 0) {
        p->wrong_field = row->name;
        p->wrong_text = fields_complaint(p->arena, wrong);
    }
    return rc;
}

static int take_other(struct params *p, const struct row *row, obs_str value)
{
    switch (row->kind) {
    case KIND_PROJECT:
        p->project = value;
        return value.len ? OBS_OK
                         : complain(p, OBS_E_INVALID, row->name, "the id of a project", value);
    case KIND_SORT_ORDER:
        p->ascending = obs_str_is(value, "asc") ? 1 : 0;
        return p->ascending || obs_str_is(value, "desc")
                   ? OBS_OK
                   : complain(p, OBS_E_INVALID, row->name, "asc or desc", value);
    case KIND_CURSOR:
        p->cursor = value;
        return OBS_OK;
    default: /* KIND_INCLUDE */
        p->total = 1;
        return obs_str_is(value, "total") ? OBS_OK
                                          : complain(p, OBS_E_INVALID, row->name, "total", value);
    }
}

static int take_value(struct params *p, const struct row *row, obs_str value)
{
    switch (row->kind) {
    case KIND_TEXTS:
        return take_texts(p, row, value);
    case KIND_TEXT:
        return value.len ? take_one(p, row, OBS_OP_EQ, (obs_value){.s = value})
                         : complain(p, OBS_E_INVALID, row->name, "a text", value);
    case KIND_TRACE_ID:
        return take_trace_id(p, row, value);
    case KIND_STATUS:
        return take_status(p, row, value);
    case KIND_TAGS:
        return take_tags(p, row, value);
    case KIND_MIN:
    case KIND_MAX:
        return take_bound(p, row, value);
    case KIND_ROOTS:
        return take_roots(p, row, value);
    case KIND_FROM:
    case KIND_TO:
        return take_time(p, row, value);
    case KIND_SORT_BY:
        return take_sort(p, row, value);
    case KIND_LIMIT:
        return take_limit(p, row, value);
    case KIND_FIELDS:
        return take_fields(p, row, value);
    default:
        return take_other(p, row, value);
    }
}

/* --- the whole ------------------------------------------------------------------------ */

void params_init(struct params *params, obs_arena *arena, int64_t now_ns, uint32_t max_limit)
{
    *params = (struct params){
        .arena = arena,
        .now_ns = now_ns,
        .max_limit = max_limit,
        .from_ns = INT64_MIN,
        .to_ns = INT64_MAX,
        .sort_field = OBS_FIELD_TS,
        .limit = max_limit < 50 ? max_limit : 50,
        .fields = OBS_FIELDS_ALL,
    };
}

/* Notes that a parameter was given; the second of its kind is refused rather than
 * guessed about. Other names of it count. */
static int note(struct params *p, size_t at, obs_str value)
{
    obs_str *given = &p->given[at];

    for (size_t i = 0; i < N_ROWS; i++)
        if (p->given[i].ptr && rows[i].kind == rows[at].kind && rows[i].field == rows[at].field &&
            rows[i].kind != KIND_TAGS) {
            p->wrong_field = rows[at].name;
            p->wrong_text = obs_arena_printf(p->arena, "%s: given twice%s%s", rows[at].name,
                                             i == at ? "" : ", the other time as ",
                                             i == at ? "" : rows[i].name);
            return OBS_E_INVALID;
        }
    *given = given->ptr
                 ? obs_arena_printf(p->arena, "%.*s,%.*s", OBS_STR_ARG(*given), OBS_STR_ARG(value))
                 : obs_str_n(value.ptr ? value.ptr : "", value.len);
    return given->ptr ? OBS_OK : OBS_E_NOMEM;
}

int params_take(struct params *params, obs_str name, obs_str value)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (obs_str_is(name, rows[i].name)) {
            int rc = note(params, i, value);
            return rc < 0 ? rc : take_value(params, &rows[i], value);
        }
    return complain(params, OBS_E_UNKNOWN, "query", "a known parameter", name);
}

int params_finish(struct params *params, obs_span_query *ret_query)
{
    obs_filter *all;

    if (params->from_ns != INT64_MIN && params->to_ns != INT64_MAX &&
        params->from_ns >= params->to_ns) {
        params->wrong_field = "from";
        params->wrong_text = obs_str_of("from must be before to");
        return OBS_E_RANGE;
    }
    *ret_query = (obs_span_query){
        .size = sizeof(*ret_query),
        .flags =
            (params->ascending ? 0 : OBS_QUERY_DESCENDING) | (params->total ? OBS_QUERY_TOTAL : 0),
        .fields = params->fields,
        .from_ns = params->from_ns,
        .to_ns = params->to_ns,
        .sort_field = params->sort_field,
        .limit = params->limit,
    };
    if (params->n_filters == 0)
        return OBS_OK;
    all = obs_arena_calloc(params->arena, 1, sizeof(*all));
    if (!all)
        return OBS_E_NOMEM;
    *all = (obs_filter){.size = sizeof(*all),
                        .kind = OBS_FILTER_AND,
                        .children = params->filters,
                        .n_children = params->n_filters};
    ret_query->filter = all;
    return OBS_OK;
}

void params_digest(const struct params *params, uint8_t ret_digest[PARAMS_DIGEST_BYTES])
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, PARAMS_DIGEST_BYTES);
    for (size_t i = 0; i < N_ROWS; i++) {
        uint64_t head[2] = {(uint64_t)rows[i].kind << 32 | rows[i].field, params->given[i].len};
        if (rows[i].kind >= KIND_CURSOR || !params->given[i].ptr)
            continue;
        crypto_generichash_update(&state, (const uint8_t *)head, sizeof(head));
        crypto_generichash_update(&state, (const uint8_t *)params->given[i].ptr,
                                  params->given[i].len);
    }
    crypto_generichash_update(&state, params->filter_digest, sizeof(params->filter_digest));
    crypto_generichash_final(&state, ret_digest, PARAMS_DIGEST_BYTES);
}
