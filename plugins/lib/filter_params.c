/* SPDX-License-Identifier: Apache-2.0 */
/* One row a parameter: what it is compared with and how its value reads. Numbers
 * become exact integers - nanoseconds, nano-dollars - without a detour through
 * binary fractions. */
#include "filter_params.h"
#include "hex_id.h"
#include "text_query.h"
#include "timeparse.h"

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
    KIND_SEARCH,
    KIND_FROM,
    KIND_TO,
    KIND_PROJECT,
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
    {"search", KIND_SEARCH, OBS_FIELD_ANY_TEXT, 0},
};
#define N_ROWS (sizeof(rows) / sizeof(*rows))
_Static_assert(N_ROWS == FILTER_PARAMS_COUNT, "a parameter that is not documented");

/* --- complaints ------------------------------------------------------------------ */

int filter_params_complain(struct filter_params *p, int error, const char *field,
                           const char *expected, obs_str found)
{
    p->wrong_field = field;
    p->wrong_text =
        obs_arena_printf(p->arena, "%s: expected %s, found \"%.*s\"", field, expected,
                         (int)(found.len < 100 ? found.len : 100), found.len ? found.ptr : "");
    return error;
}

/* --- filters ---------------------------------------------------------------------- */

int filter_params_add(struct filter_params *p, const obs_filter *filter)
{
    if (!filter)
        return OBS_E_NOMEM;
    if (p->n_filters == FILTER_PARAMS_MAX) {
        p->wrong_text = obs_str_of("too many conditions");
        return OBS_E_COMPLEX;
    }
    p->filters[p->n_filters++] = filter;
    return OBS_OK;
}

static obs_filter *new_leaf(struct filter_params *p, uint32_t field, uint32_t op, size_t n_values,
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

static int take_texts(struct filter_params *p, const struct row *row, obs_str value)
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
        return filter_params_complain(p, OBS_E_INVALID, row->name, "at least one value", value);
    f->n_values = at;
    if (at == 1)
        f->op = OBS_OP_EQ;
    return filter_params_add(p, f);
}

static int take_one(struct filter_params *p, const struct row *row, uint32_t op, obs_value value)
{
    obs_value *values;
    obs_filter *f = new_leaf(p, row->field, op, 1, &values);

    if (f)
        values[0] = value;
    return filter_params_add(p, f);
}

static int take_tags(struct filter_params *p, const struct row *row, obs_str value)
{
    obs_str item;
    int rc =
        value.len ? OBS_OK : filter_params_complain(p, OBS_E_INVALID, row->name, "a tag", value);

    while (rc == OBS_OK && next_item(&value, &item))
        if (item.len)
            rc = take_one(p, row, OBS_OP_HAS, (obs_value){.s = item});
    return rc;
}

static int take_roots(struct filter_params *p, const struct row *row, obs_str value)
{
    bool yes = obs_str_is(value, "true") || obs_str_is(value, "1");
    const obs_filter **child;
    obs_filter *roots;
    obs_value *values;

    if (!yes && !obs_str_is(value, "false") && !obs_str_is(value, "0"))
        return filter_params_complain(p, OBS_E_INVALID, row->name, "true or false", value);
    if (!yes)
        return OBS_OK;
    child = obs_arena_calloc(p->arena, 1, sizeof(*child));
    roots = obs_arena_calloc(p->arena, 1, sizeof(*roots));
    if (!child || !roots)
        return OBS_E_NOMEM;
    *child = new_leaf(p, row->field, OBS_OP_EXISTS, 0, &values);
    *roots = (obs_filter){
        .size = sizeof(*roots), .kind = OBS_FILTER_NOT, .children = child, .n_children = 1};
    return *child ? filter_params_add(p, roots) : OBS_E_NOMEM;
}

/* --- values ------------------------------------------------------------------------- */

/* "12.5" as an integer of 10^-decimals; more decimals than that are refused. */
bool filter_params_number(obs_str text, unsigned decimals, int64_t *ret_value)
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

static int take_bound(struct filter_params *p, const struct row *row, obs_str value)
{
    obs_value v = {0};

    if (!filter_params_number(value, row->decimals, &v.i))
        return filter_params_complain(p, OBS_E_INVALID, row->name,
                                      row->decimals == 0 ? "a whole number"
                                      : row->decimals == 6
                                          ? "a number of milliseconds with up to 6 decimals"
                                          : "a number of dollars with up to 9 decimals",
                                      value);
    return take_one(p, row, row->kind == KIND_MIN ? OBS_OP_GTE : OBS_OP_LTE, v);
}

static int take_status(struct filter_params *p, const struct row *row, obs_str value)
{
    static const char *const names[] = {"UNSET", "OK", "ERROR", "SUCCESS"};
    static const uint32_t codes[] = {OBS_STATUS_UNSET, OBS_STATUS_OK, OBS_STATUS_ERROR,
                                     OBS_STATUS_OK};

    for (size_t i = 0; i < 4; i++)
        if (strlen(names[i]) == value.len && strncasecmp(names[i], value.ptr, value.len) == 0)
            return take_one(p, row, OBS_OP_EQ, (obs_value){.i = codes[i]});
    return filter_params_complain(p, OBS_E_INVALID, row->name, "OK, ERROR or UNSET", value);
}

static int take_trace_id(struct filter_params *p, const struct row *row, obs_str value)
{
    uint8_t *id = obs_arena_alloc(p->arena, 16);

    if (!id)
        return OBS_E_NOMEM;
    if (hex_trace_id(value, id) < 0)
        return filter_params_complain(p, OBS_E_INVALID, row->name,
                                      "32 hexadecimal digits, not all zero", value);
    return take_one(p, row, OBS_OP_EQ, (obs_value){.s = obs_str_n((const char *)id, 16)});
}

static int take_time(struct filter_params *p, const struct row *row, obs_str value)
{
    int64_t *target = row->kind == KIND_FROM ? &p->from_ns : &p->to_ns;
    int rc = time_parse(value, p->now_ns, target);

    if (rc == OBS_E_RANGE)
        return filter_params_complain(p, OBS_E_INVALID, row->name, "a time between 1678 and 2261",
                                      value);
    return rc < 0
               ? filter_params_complain(p, OBS_E_INVALID, row->name,
                                        "a time such as 2026-11-23T07:00:00Z, 1790000000 or now-1d",
                                        value)
               : OBS_OK;
}

static int take_search(struct filter_params *p, const struct row *row, obs_str value)
{
    struct text_query query;
    const char *wrong = NULL;
    int rc = text_query_parse(p->arena, value, &query, &wrong);

    if (rc == OBS_E_INVALID)
        return filter_params_complain(p, rc, row->name, wrong, value);
    return rc < 0 ? rc : take_one(p, row, OBS_OP_SEARCH, (obs_value){.s = value});
}

static int take_project(struct filter_params *p, const struct row *row, obs_str value)
{
    p->project = value;
    return value.len
               ? OBS_OK
               : filter_params_complain(p, OBS_E_INVALID, row->name, "the id of a project", value);
}

static int take_value(struct filter_params *p, const struct row *row, obs_str value)
{
    switch (row->kind) {
    case KIND_TEXTS:
        return take_texts(p, row, value);
    case KIND_TEXT:
        return value.len ? take_one(p, row, OBS_OP_EQ, (obs_value){.s = value})
                         : filter_params_complain(p, OBS_E_INVALID, row->name, "a text", value);
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
    case KIND_SEARCH:
        return take_search(p, row, value);
    case KIND_FROM:
    case KIND_TO:
        return take_time(p, row, value);
    default: /* KIND_PROJECT */
        return take_project(p, row, value);
    }
}

/* --- the whole ------------------------------------------------------------------------ */

void filter_params_init(struct filter_params *p, obs_arena *arena, int64_t now_ns)
{
    *p = (struct filter_params){
        .arena = arena, .now_ns = now_ns, .from_ns = INT64_MIN, .to_ns = INT64_MAX};
}

/* Notes that a parameter was given; the second of its kind is refused rather than
 * guessed about. Other names of it count. */
static int note(struct filter_params *p, size_t at, obs_str value)
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

int filter_params_take(struct filter_params *p, obs_str name, obs_str value)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (obs_str_is(name, rows[i].name)) {
            int rc = note(p, i, value);
            return rc < 0 ? rc : take_value(p, &rows[i], value);
        }
    return OBS_E_UNKNOWN;
}

int filter_params_finish(struct filter_params *p, const obs_filter **ret_filter)
{
    obs_filter *all;

    *ret_filter = NULL;
    if (p->from_ns != INT64_MIN && p->to_ns != INT64_MAX && p->from_ns >= p->to_ns) {
        p->wrong_field = "from";
        p->wrong_text = obs_str_of("from must be before to");
        return OBS_E_RANGE;
    }
    if (p->n_filters == 0)
        return OBS_OK;
    all = obs_arena_calloc(p->arena, 1, sizeof(*all));
    if (!all)
        return OBS_E_NOMEM;
    *all = (obs_filter){.size = sizeof(*all),
                        .kind = OBS_FILTER_AND,
                        .children = p->filters,
                        .n_children = p->n_filters};
    *ret_filter = all;
    return OBS_OK;
}

bool filter_params_about(const struct filter_params *p, uint32_t field)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (p->given[i].ptr && rows[i].kind <= KIND_ROOTS && rows[i].field == field)
            return true;
    return false;
}

uint64_t filter_params_key(size_t row)
{
    return (uint64_t)rows[row].kind << 32 | rows[row].field;
}
