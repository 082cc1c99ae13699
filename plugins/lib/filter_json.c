/* SPDX-License-Identifier: Apache-2.0 */
/* One table of operators: what each takes and on what it works. Complaints name the
 * place in the tree, which is kept as a chain on the stack. */
#include "filter_json.h"
#include "hex_id.h"
#include "regex_check.h"
#include "span_fields.h"
#include "text_query.h"
#include "timeparse.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

/* A node's place: its parent's and its index there. */
struct place {
    const struct place *above;
    const char *root;
    size_t index;
};

/* --- complaints --------------------------------------------------------------------- */

static void put_place(obs_buf *buf, const struct place *place)
{
    if (!place->above) {
        obs_buf_printf(buf, "%s", place->root);
        return;
    }
    put_place(buf, place->above);
    obs_buf_printf(buf, ".filters[%zu]", place->index);
}

static OBS_PRINTF(5, 6) int complain(struct filter_reader *r, const struct place *place,
                                     const char *member, int error, const char *format, ...)
{
    obs_buf *field = obs_buf_new(r->arena, /* limit_bytes= */ 0);
    char text[600];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (!field)
        return OBS_E_NOMEM;
    put_place(field, place);
    if (member)
        obs_buf_printf(field, ".%s", member);
    r->wrong_field = obs_buf_str(field);
    r->wrong_text = obs_arena_printf(r->arena, "%.*s: %s", OBS_STR_ARG(r->wrong_field), text);
    return r->wrong_text.ptr ? error : OBS_E_NOMEM;
}

/* --- operators ------------------------------------------------------------------------ */

enum takes { TAKES_ONE, TAKES_LIST, TAKES_PRESENCE };

#define BIT(kind) (1u << OBS_KIND_##kind)
#define ORDERED (BIT(TIME) | BIT(TEXT) | BIT(INT) | BIT(MONEY) | BIT(DURATION) | BIT(REAL))
#define SCALAR (ORDERED | BIT(ID) | BIT(STATUS) | BIT(BOOL))
#define ANY (SCALAR | BIT(JSON))

struct operation {
    const char *name;
    uint32_t op;
    enum takes takes;
    uint32_t kinds;
};

static const struct operation operators[] = {
    {"eq", OBS_OP_EQ, TAKES_ONE, SCALAR},
    {"ne", OBS_OP_NE, TAKES_ONE, SCALAR},
    {"gt", OBS_OP_GT, TAKES_ONE, ORDERED},
    {"gte", OBS_OP_GTE, TAKES_ONE, ORDERED},
    {"lt", OBS_OP_LT, TAKES_ONE, ORDERED},
    {"lte", OBS_OP_LTE, TAKES_ONE, ORDERED},
    {"in", OBS_OP_IN, TAKES_LIST, SCALAR},
    {"not_in", OBS_OP_NOT_IN, TAKES_LIST, SCALAR},
    {"contains", OBS_OP_CONTAINS, TAKES_ONE, BIT(TEXT)},
    {"not_contains", OBS_OP_NOT_CONTAINS, TAKES_ONE, BIT(TEXT)},
    {"starts_with", OBS_OP_STARTS_WITH, TAKES_ONE, BIT(TEXT)},
    {"ends_with", OBS_OP_ENDS_WITH, TAKES_ONE, BIT(TEXT)},
    {"regex", OBS_OP_REGEX, TAKES_ONE, BIT(TEXT)},
    {"search", OBS_OP_SEARCH, TAKES_ONE, BIT(TEXT)},
    {"exists", OBS_OP_EXISTS, TAKES_PRESENCE, ANY},
};

#define N_OPERATORS (sizeof(operators) / sizeof(operators[0]))

static bool same_word(obs_str text, const char *word)
{
    size_t i = 0;

    for (; i < text.len && word[i]; i++)
        if ((text.ptr[i] >= 'A' && text.ptr[i] <= 'Z' ? text.ptr[i] | 32 : text.ptr[i]) != word[i])
            return false;
    return i == text.len && !word[i];
}

/* The operators of a kind of value, for a complaint. */
static const char *list_operators(uint32_t kinds, char *text, size_t size)
{
    size_t at = 0;

    text[0] = '\0';
    for (size_t i = 0; i < N_OPERATORS && at < size; i++)
        if (operators[i].kinds & kinds)
            at += (size_t)snprintf(text + at, size - at, "%s%s", at ? ", " : "", operators[i].name);
    return text;
}

/* --- fields --------------------------------------------------------------------------- */

/* What a leaf is about. */
struct subject {
    uint32_t field;
    obs_str key;   /* empty: the field itself */
    uint32_t kind; /* OBS_KIND_*; of a key it follows from the value: 0 */
    obs_str name;  /* as it was written */
    int alias;     /* the field that an attribute is read into; -1: none */
};

static bool begins(obs_str text, const char *prefix, obs_str *ret_rest)
{
    size_t len = strlen(prefix);

    if (text.len <= len || memcmp(text.ptr, prefix, len) != 0)
        return false;
    *ret_rest = obs_str_n(text.ptr + len, text.len - len);
    return true;
}

#define KIND(id, number, name, kind) [number] = OBS_KIND_##kind,
static const uint8_t field_kinds[OBS_N_SPAN_FIELDS] = {OBS_SPAN_FIELD_MAP(KIND)};
#undef KIND

static int find_field(struct filter_reader *r, const struct place *place, obs_str name,
                      struct subject *ret)
{
    static const struct {
        const char *prefix;
        uint32_t field;
    } roots[] = {{"attributes.", OBS_FIELD_ATTRIBUTES},
                 {"resource_attributes.", OBS_FIELD_RESOURCE_ATTRIBUTES},
                 {"model_parameters.", OBS_FIELD_MODEL_PARAMETERS},
                 {"feedback.", OBS_FIELD_FEEDBACK}};
    const char *meant;
    int field = -1;

    *ret = (struct subject){.name = name, .alias = -1};
    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
        if (begins(name, roots[i].prefix, &ret->key)) {
            ret->field = roots[i].field;
            if (roots[i].field == OBS_FIELD_ATTRIBUTES && r->alias)
                ret->alias = r->alias(ret->key);
            return OBS_OK;
        }
    if (obs_str_is(name, "text")) {
        ret->field = OBS_FIELD_ANY_TEXT;
        ret->kind = OBS_KIND_TEXT;
        return OBS_OK;
    }
    field = field_find(name);
    if (field >= 0) {
        ret->field = (uint32_t)field;
        ret->kind = field_kinds[field];
        return OBS_OK;
    }
    meant = field_suggest(name);
    return complain(r, place, "field", OBS_E_UNKNOWN, "unknown field \"%.*s\"%s%s%s",
                    (int)(name.len < 64 ? name.len : 64), name.len ? name.ptr : "",
                    meant ? ", did you mean \"" : "", meant ? meant : "", meant ? "\"?" : "");
}

/* --- values ---------------------------------------------------------------------------- */

struct leaf {
    struct filter_reader *r;
    const struct place *place;
    struct subject subject;
    const struct operation *op;
    obs_filter *to;
};

static bool is_number(const obs_json *json)
{
    uint32_t type = obs_json_type(json);

    return type == OBS_JSON_INT || type == OBS_JSON_REAL;
}

static int expected(struct leaf *l, const char *what)
{
    return complain(l->r, l->place, "value", OBS_E_INVALID, "expected %s for %.*s", what,
                    OBS_STR_ARG(l->subject.name));
}

/* Numbers of JSON in the unit of the field: dollars to nano-dollars, milliseconds to
 * nanoseconds. */
static int read_scaled(struct leaf *l, const obs_json *json, double scale, obs_value *ret)
{
    double value = obs_json_double(json) * scale;

    if (!is_number(json) || !(fabs(value) < 9e18))
        return expected(l, "a number");
    ret->i = llround(value);
    return OBS_OK;
}

static int read_int(struct leaf *l, const obs_json *json, obs_value *ret)
{
    if (obs_json_type(json) != OBS_JSON_INT)
        return expected(l, "a whole number");
    ret->i = obs_json_int(json);
    return OBS_OK;
}

/* Unix times may be numbers; a number of JSON is given back as its text. */
static int read_time(struct leaf *l, const obs_json *json, obs_value *ret)
{
    char number[32];
    obs_str text = obs_json_str(json);

    if (obs_json_type(json) == OBS_JSON_INT) {
        snprintf(number, sizeof(number), "%lld", (long long)obs_json_int(json));
        text = obs_str_of(number);
    }
    if (!text.len || time_parse(text, l->r->now_ns, &ret->i) < 0)
        return expected(l, "a time such as \"2026-11-23T07:00:00Z\" or \"now-1d\"");
    return OBS_OK;
}

static int read_id(struct leaf *l, const obs_json *json, obs_value *ret)
{
    bool trace = l->subject.field == OBS_FIELD_TRACE_ID;
    uint8_t *id = obs_arena_alloc(l->r->arena, 16);
    obs_str text = obs_json_str(json);

    if (!id)
        return OBS_E_NOMEM;
    if ((trace ? hex_trace_id(text, id) : hex_span_id(text, id)) < 0)
        return expected(l, trace ? "32 hexadecimal digits, not all zero,"
                                 : "16 hexadecimal digits, not all zero,");
    ret->s = obs_str_n((const char *)id, trace ? 16 : 8);
    return OBS_OK;
}

static int read_status(struct leaf *l, const obs_json *json, obs_value *ret)
{
    static const struct {
        const char *word;
        uint32_t status;
    } words[] = {{"UNSET", OBS_STATUS_UNSET},
                 {"OK", OBS_STATUS_OK},
                 {"ERROR", OBS_STATUS_ERROR},
                 {"SUCCESS", OBS_STATUS_OK}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (obs_str_is(obs_json_str(json), words[i].word)) {
            ret->i = words[i].status;
            return OBS_OK;
        }
    return expected(l, "\"OK\", \"ERROR\" or \"UNSET\"");
}

static int check_search(struct leaf *l, obs_str text)
{
    struct text_query query;
    const char *wrong = NULL;
    int rc = text_query_parse(l->r->arena, text, &query, &wrong);

    return rc == OBS_E_INVALID ? expected(l, wrong) : rc;
}

static int read_text(struct leaf *l, const obs_json *json, obs_value *ret)
{
    const char *wrong;
    size_t at;

    ret->s = obs_json_str(json);
    if (obs_json_type(json) != OBS_JSON_STRING)
        return expected(l, "a text");
    if (memchr(ret->s.len ? ret->s.ptr : "", '\0', ret->s.len))
        return expected(l, "a text without zero bytes");
    if (l->op->op == OBS_OP_SEARCH)
        return check_search(l, ret->s);
    if (l->op->op != OBS_OP_REGEX)
        return OBS_OK;
    if (ret->s.len > FILTER_MAX_REGEX_BYTES)
        return complain(l->r, l->place, "value", OBS_E_COMPLEX,
                        "the regular expression is longer than %u bytes", FILTER_MAX_REGEX_BYTES);
    wrong = regex_check(ret->s, &at);
    if (!wrong)
        return OBS_OK;
    return complain(l->r, l->place, "value", OBS_E_INVALID,
                    "the regular expression at character %zu: %s", at + 1, wrong);
}

static int read_bool(struct leaf *l, const obs_json *json, obs_value *ret)
{
    if (obs_json_type(json) != OBS_JSON_BOOL)
        return expected(l, "true or false");
    ret->i = obs_json_bool(json) != 0;
    return OBS_OK;
}

static int read_value(struct leaf *l, const obs_json *json, obs_value *ret)
{
    *ret = (obs_value){0};
    switch (l->subject.kind) {
    case OBS_KIND_TIME:
        return read_time(l, json, ret);
    case OBS_KIND_ID:
        return read_id(l, json, ret);
    case OBS_KIND_INT:
        return read_int(l, json, ret);
    case OBS_KIND_MONEY:
        return read_scaled(l, json, 1e9, ret);
    case OBS_KIND_DURATION:
        return read_scaled(l, json, 1e6, ret);
    case OBS_KIND_STATUS:
        return read_status(l, json, ret);
    case OBS_KIND_BOOL:
        return read_bool(l, json, ret);
    case OBS_KIND_REAL:
        ret->d = obs_json_double(json);
        return is_number(json) && isfinite(ret->d) ? OBS_OK : expected(l, "a number");
    default:
        return read_text(l, json, ret);
    }
}

/* --- leaves ------------------------------------------------------------------------------- */

/* The kind of a value that has no field to give it one. */
static uint32_t kind_of(const obs_json *json)
{
    if (obs_json_type(json) == OBS_JSON_ARRAY)
        json = obs_json_at(json, 0);
    if (is_number(json))
        return OBS_KIND_REAL;
    return obs_json_type(json) == OBS_JSON_BOOL ? OBS_KIND_BOOL : OBS_KIND_TEXT;
}

static int read_list(struct leaf *l, const obs_json *json)
{
    size_t n = obs_json_count(json);
    obs_value *values;

    if (obs_json_type(json) != OBS_JSON_ARRAY)
        return expected(l, "a list");
    if (n > l->r->values)
        return complain(l->r, l->place, "value", OBS_E_COMPLEX, "more than %u values",
                        l->r->values);
    values = obs_arena_calloc(l->r->arena, n + 1, sizeof(*values));
    if (!values)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        int rc = read_value(l, obs_json_at(json, i), &values[i]);
        if (rc < 0)
            return rc;
    }
    l->to->values = values;
    l->to->n_values = n;
    return OBS_OK;
}

static int read_one(struct leaf *l, const obs_json *json)
{
    obs_value *value = obs_arena_calloc(l->r->arena, 1, sizeof(*value));

    if (!value)
        return OBS_E_NOMEM;
    l->to->values = value;
    l->to->n_values = 1;
    return read_value(l, json, value);
}

/* Lists of texts: what is said of a list is said of its items. */
static int read_tags(struct leaf *l, const obs_json *json, const obs_filter **ret)
{
    uint32_t op = l->op->op;
    obs_filter *either = l->to, *leaves;
    const obs_filter **children;
    int rc;

    l->subject.kind = OBS_KIND_TEXT;
    if (op == OBS_OP_EQ || op == OBS_OP_CONTAINS) {
        l->to->op = OBS_OP_HAS;
        return read_one(l, json);
    }
    if (op != OBS_OP_IN)
        return complain(l->r, l->place, "operator", OBS_E_INVALID,
                        "expected contains, eq, in or exists for tags");
    rc = read_list(l, json);
    if (rc < 0)
        return rc;
    leaves = obs_arena_calloc(l->r->arena, either->n_values + 1, sizeof(*leaves));
    children = obs_arena_calloc(l->r->arena, either->n_values + 1, sizeof(*children));
    if (!leaves || !children)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < either->n_values; i++) {
        leaves[i] = (obs_filter){.size = sizeof(*leaves),
                                 .kind = OBS_FILTER_LEAF,
                                 .field = OBS_FIELD_TAGS,
                                 .op = OBS_OP_HAS,
                                 .values = &either->values[i],
                                 .n_values = 1};
        children[i] = &leaves[i];
    }
    *either = (obs_filter){.size = sizeof(*either),
                           .kind = OBS_FILTER_OR,
                           .children = children,
                           .n_children = either->n_values};
    *ret = either;
    return OBS_OK;
}

/* {"operator": "exists", "value": false} is NOT. */
static int read_presence(struct leaf *l, const obs_json *json, const obs_filter **ret)
{
    const obs_filter **child;
    obs_filter *absent;
    obs_value value = {.i = 1};
    int rc = obs_json_type(json) == OBS_JSON_NULL ? OBS_OK : read_bool(l, json, &value);

    if (rc < 0 || value.i)
        return rc;
    child = obs_arena_calloc(l->r->arena, 1, sizeof(*child));
    absent = obs_arena_calloc(l->r->arena, 1, sizeof(*absent));
    if (!child || !absent)
        return OBS_E_NOMEM;
    *child = l->to;
    *absent = (obs_filter){
        .size = sizeof(*absent), .kind = OBS_FILTER_NOT, .children = child, .n_children = 1};
    *ret = absent;
    return OBS_OK;
}

static int find_operator(struct leaf *l, obs_str name)
{
    uint32_t kinds = 1u << (l->subject.kind ? l->subject.kind : OBS_KIND_TEXT);
    char text[256];

    if (l->subject.field == OBS_FIELD_TAGS)
        kinds = ANY;
    for (size_t i = 0; i < N_OPERATORS; i++)
        if (same_word(name, operators[i].name) && operators[i].kinds & kinds) {
            l->op = &operators[i];
            return OBS_OK;
        }
    return complain(l->r, l->place, "operator", OBS_E_INVALID, "expected one of %s for %.*s",
                    list_operators(kinds, text, sizeof(text)), OBS_STR_ARG(l->subject.name));
}

static bool is_searched(uint32_t field)
{
    return field == OBS_FIELD_ANY_TEXT || field == OBS_FIELD_INPUT_TEXT ||
           field == OBS_FIELD_OUTPUT_TEXT;
}

static int read_subject(struct leaf *l, const obs_json *value, const obs_filter **ret)
{
    if (l->op->op == OBS_OP_SEARCH && (l->subject.key.len || !is_searched(l->subject.field)))
        return complain(l->r, l->place, "field", OBS_E_INVALID,
                        "search looks into text, input_text and output_text, not into %.*s",
                        OBS_STR_ARG(l->subject.name));
    if (l->subject.field == OBS_FIELD_ANY_TEXT && l->op->op != OBS_OP_SEARCH)
        return complain(l->r, l->place, "operator", OBS_E_INVALID, "expected search for text");
    if (!l->subject.kind)
        l->subject.kind = kind_of(value);
    *l->to = (obs_filter){.size = sizeof(*l->to),
                          .kind = OBS_FILTER_LEAF,
                          .field = l->subject.field,
                          .op = l->op->op,
                          .key = l->subject.key,
                          .value_kind = l->subject.key.len ? l->subject.kind : 0};
    *ret = l->to;
    if (l->op->takes == TAKES_PRESENCE)
        return read_presence(l, value, ret);
    if (!value)
        return complain(l->r, l->place, "value", OBS_E_MISSING, "a value is required");
    if (l->subject.field == OBS_FIELD_TAGS)
        return read_tags(l, value, ret);
    if (l->op->kinds == BIT(TEXT) && l->subject.kind != OBS_KIND_TEXT)
        return expected(l, "a text");
    return l->op->takes == TAKES_LIST ? read_list(l, value) : read_one(l, value);
}

static bool is_negative(uint32_t op)
{
    return op == OBS_OP_NE || op == OBS_OP_NOT_IN || op == OBS_OP_NOT_CONTAINS;
}

/* The field that an attribute is read into, beside the attribute or in place of it.
 * A value that the field cannot have leaves the attribute alone. */
static int read_alias(struct leaf *l, const obs_json *value, const obs_filter **ret)
{
    struct leaf field = *l;
    const obs_filter *attribute = *ret, **children;
    obs_filter *either;
    int rc;

    field.subject = (struct subject){.field = (uint32_t)l->subject.alias,
                                     .kind = field_kinds[l->subject.alias],
                                     .name = l->subject.name,
                                     .alias = -1};
    field.to = obs_arena_calloc(l->r->arena, 1, sizeof(*field.to));
    either = obs_arena_calloc(l->r->arena, 1, sizeof(*either));
    children = obs_arena_calloc(l->r->arena, 2, sizeof(*children));
    if (!field.to || !either || !children)
        return OBS_E_NOMEM;
    if (!(l->op->kinds & 1u << field.subject.kind))
        return OBS_OK;
    rc = read_subject(&field, value, &children[0]);
    if (rc < 0)
        return rc == OBS_E_INVALID ? OBS_OK : rc;
    children[1] = attribute;
    *either = (obs_filter){.size = sizeof(*either),
                           .kind = OBS_FILTER_OR,
                           .children = children,
                           .n_children = is_negative(l->op->op) ? 1 : 2};
    *ret = either;
    return OBS_OK;
}

static int read_leaf(struct filter_reader *r, const struct place *place, const obs_json *json,
                     const obs_filter **ret)
{
    const obs_json *field = obs_json_get(json, "field"), *value = obs_json_get(json, "value");
    struct leaf l = {.r = r, .place = place, .to = obs_arena_calloc(r->arena, 1, sizeof(*l.to))};
    int rc = l.to ? find_field(r, place, obs_json_str(field), &l.subject) : OBS_E_NOMEM;

    if (rc == OBS_OK)
        rc = find_operator(&l, obs_json_str(obs_json_get(json, "operator")));
    if (rc == OBS_OK)
        rc = read_subject(&l, value, ret);
    return rc == OBS_OK && l.subject.alias >= 0 ? read_alias(&l, value, ret) : rc;
}

/* --- branches ------------------------------------------------------------------------------- */

static int read_node(struct filter_reader *r, const struct place *place, const obs_json *json,
                     uint32_t depth, const obs_filter **ret);

static int read_branch(struct filter_reader *r, const struct place *place, const obs_json *list,
                       uint32_t kind, uint32_t depth, const obs_filter **ret)
{
    size_t n = obs_json_count(list);
    obs_filter *node = obs_arena_calloc(r->arena, 1, sizeof(*node));
    const obs_filter **children;

    if (obs_json_type(list) != OBS_JSON_ARRAY)
        return complain(r, place, "filters", OBS_E_INVALID, "expected a list of filters");
    if (kind == OBS_FILTER_NOT && n != 1)
        return complain(r, place, "filters", OBS_E_INVALID, "NOT has exactly one filter");
    if (n > r->nodes)
        return complain(r, place, "filters", OBS_E_COMPLEX, "the filter has too many conditions");
    children = obs_arena_calloc(r->arena, n + 1, sizeof(*children));
    if (!node || !children)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        struct place below = {.above = place, .index = i};
        int rc = read_node(r, &below, obs_json_at(list, i), depth + 1, &children[i]);
        if (rc < 0)
            return rc;
    }
    *node =
        (obs_filter){.size = sizeof(*node), .kind = kind, .children = children, .n_children = n};
    *ret = node;
    return OBS_OK;
}

static int check_member(obs_str key, const obs_json *value, void *user)
{
    obs_str *unknown = user;

    (void)value;
    if (obs_str_is(key, "operator") || obs_str_is(key, "filters") || obs_str_is(key, "field") ||
        obs_str_is(key, "value"))
        return 0;
    *unknown = key;
    return 1;
}

static int read_node(struct filter_reader *r, const struct place *place, const obs_json *json,
                     uint32_t depth, const obs_filter **ret)
{
    obs_str op = obs_json_str(obs_json_get(json, "operator")), unknown;
    const obs_json *list = obs_json_get(json, "filters");

    if (obs_json_type(json) != OBS_JSON_OBJECT)
        return complain(r, place, NULL, OBS_E_INVALID,
                        "expected an object with field, operator and value, or with operator and "
                        "filters");
    if (depth >= r->depth)
        return complain(r, place, NULL, OBS_E_COMPLEX, "the filter is nested too deeply");
    if (r->nodes == 0)
        return complain(r, place, NULL, OBS_E_COMPLEX, "the filter has too many conditions");
    r->nodes--;
    if (obs_json_each(json, check_member, &unknown))
        return complain(r, place, NULL, OBS_E_UNKNOWN, "unknown member \"%.*s\"",
                        (int)(unknown.len < 64 ? unknown.len : 64), unknown.ptr);
    if (same_word(op, "and"))
        return read_branch(r, place, list, OBS_FILTER_AND, depth, ret);
    if (same_word(op, "or"))
        return read_branch(r, place, list, OBS_FILTER_OR, depth, ret);
    if (same_word(op, "not"))
        return read_branch(r, place, list, OBS_FILTER_NOT, depth, ret);
    if (!obs_json_get(json, "field"))
        return complain(r, place, "field", OBS_E_MISSING,
                        "a field is required, or an operator of AND, OR and NOT");
    return read_leaf(r, place, json, ret);
}

int filter_json_read(struct filter_reader *reader, const char *path, const obs_json *json,
                     const obs_filter **ret_filter)
{
    struct place root = {.root = path};

    return read_node(reader, &root, json, 0, ret_filter);
}
