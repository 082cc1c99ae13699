/* SPDX-License-Identifier: Apache-2.0 */
/* A comparison with an absent field must be false, and its negation true. SQL
 * gives NULL for both; at the top that is as good as false and lets indexes
 * work, below a NOT each leaf is made two-valued by IS TRUE. */
#include "filter_sql.h"

#include <math.h>
#include <stdbool.h>

struct walk {
    struct sql *sql;
    struct sql_limits left;
    bool negated;
};

static const uint32_t kinds[] = {
#define ROW(id, number, name, kind) [number] = OBS_KIND_##kind,
    OBS_SPAN_FIELD_MAP(ROW)
#undef ROW
};

int sql_init(struct sql *sql, obs_arena *arena, const struct sql_dialect *dialect)
{
    *sql = (struct sql){.arena = arena, .dialect = dialect, .text = obs_buf_new(arena, 1 << 20)};
    return sql->text ? OBS_OK : OBS_E_NOMEM;
}

static struct sql_bind *new_bind(struct sql *sql)
{
    if (sql->n_binds == sql->capacity) {
        size_t capacity = sql->capacity ? 2 * sql->capacity : 16;
        struct sql_bind *binds = obs_arena_calloc(sql->arena, capacity, sizeof(*binds));
        if (!binds)
            return NULL;
        if (sql->n_binds)
            memcpy(binds, sql->binds, sql->n_binds * sizeof(*binds));
        sql->binds = binds;
        sql->capacity = capacity;
    }
    return &sql->binds[sql->n_binds++];
}

int sql_bind_value(struct sql *sql, uint32_t kind, const obs_value *value)
{
    struct sql_bind *bind;

    if (sql->n_binds >= sql->dialect->max_parameters)
        return OBS_E_COMPLEX;
    if (kind == BIND_REAL && isnan(value->d))
        return OBS_E_INVALID;
    bind = new_bind(sql);
    if (!bind)
        return OBS_E_NOMEM;
    *bind = (struct sql_bind){.kind = kind, .value = *value};
    if (kind == BIND_TEXT || kind == BIND_BLOB || kind == BIND_SEARCH) {
        bind->value.s = obs_arena_dup(sql->arena, value->s);
        if (!bind->value.s.ptr)
            return OBS_E_NOMEM;
    }
    sql->dialect->placeholder(sql->text, sql->n_binds);
    return OBS_OK;
}

int sql_bind_int(struct sql *sql, int64_t value)
{
    return sql_bind_value(sql, BIND_INT, &(obs_value){.i = value});
}

int sql_bind_text(struct sql *sql, obs_str value)
{
    return sql_bind_value(sql, BIND_TEXT, &(obs_value){.s = value});
}

/* Binds a value and returns its placeholder instead of writing it. */
static int bind_aside(struct sql *sql, uint32_t kind, const obs_value *value, obs_str *ret)
{
    obs_buf *text = sql->text;
    int rc = OBS_E_NOMEM;

    sql->text = obs_buf_new(sql->arena, /* limit_bytes= */ 0);
    if (sql->text) {
        rc = sql_bind_value(sql, kind, value);
        obs_buf_append(sql->text, "", 1); /* for formats */
        *ret = obs_buf_str(sql->text);
    }
    sql->text = text;
    return rc;
}

/* --- leaves ------------------------------------------------------------------- */

static uint32_t kind_of(const obs_filter *leaf)
{
    return leaf->key.len ? leaf->value_kind : kinds[leaf->field];
}

static uint32_t bind_kind(const obs_filter *leaf)
{
    switch (kind_of(leaf)) {
    case OBS_KIND_REAL:
        return BIND_REAL;
    case OBS_KIND_ID:
        return BIND_BLOB;
    case OBS_KIND_TEXT:
    case OBS_KIND_JSON:
        return BIND_TEXT;
    default:
        return BIND_INT;
    }
}

static int put_list(struct walk *w, const obs_filter *leaf, const char *column, const char *word)
{
    int rc = OBS_OK;

    if (leaf->n_values == 0) { /* in nothing: never; not in nothing: whenever present */
        obs_buf_printf(w->sql->text, leaf->op == OBS_OP_IN ? "1=0" : "%s IS NOT NULL", column);
        return OBS_OK;
    }
    if (leaf->n_values > w->left.values)
        return OBS_E_COMPLEX;
    obs_buf_printf(w->sql->text, "%s %s(", column, word);
    for (size_t i = 0; i < leaf->n_values && rc == OBS_OK; i++) {
        if (i)
            obs_buf_append(w->sql->text, ",", 1);
        rc = sql_bind_value(w->sql, bind_kind(leaf), &leaf->values[i]);
    }
    obs_buf_append(w->sql->text, ")", 1);
    return rc;
}

/* The format of a dialect around a placeholder that is bound on the way. */
static int put_has(struct walk *w, const obs_filter *leaf, const char *column)
{
    const char *format = w->sql->dialect->has, *first = strstr(format, "%s"), *second;
    int rc;

    second = strstr(first + 2, "%s");
    obs_buf_printf(w->sql->text, "%.*s%s%.*s", (int)(first - format), format, column,
                   (int)(second - first - 2), first + 2);
    rc = sql_bind_value(w->sql, BIND_TEXT, &leaf->values[0]);
    obs_buf_append(w->sql->text, second + 2, strlen(second + 2));
    return rc;
}

static int put_comparison(struct walk *w, const obs_filter *leaf, const char *column)
{
    static const char *const words[] = {
        [OBS_OP_EQ] = "=",   [OBS_OP_NE] = "<>", [OBS_OP_GT] = ">",
        [OBS_OP_GTE] = ">=", [OBS_OP_LT] = "<",  [OBS_OP_LTE] = "<=",
    };

    obs_buf_printf(w->sql->text, "%s%s", column, words[leaf->op]);
    return sql_bind_value(w->sql, bind_kind(leaf), &leaf->values[0]);
}

/* A format of the dialect with a column and a value. */
static int put_text_test(struct walk *w, const obs_filter *leaf, const char *column)
{
    bool negative = leaf->op == OBS_OP_NOT_CONTAINS;
    const char *format = w->sql->dialect->texts[negative ? OBS_OP_CONTAINS : leaf->op];
    obs_value operand = leaf->values[0];
    obs_str value;
    int rc;

    if (!format || kind_of(leaf) != OBS_KIND_TEXT)
        return OBS_E_UNSUPPORTED;
    if (leaf->op == OBS_OP_REGEX && w->sql->dialect->regex) {
        operand.s = w->sql->dialect->regex(w->sql->arena, operand.s);
        if (!operand.s.ptr)
            return OBS_E_NOMEM;
    }
    rc = bind_aside(w->sql, BIND_TEXT, &operand, &value);
    if (rc < 0)
        return rc;
    if (negative)
        obs_buf_printf(w->sql->text, "NOT ");
    obs_buf_printf(w->sql->text, format, column, value.ptr);
    return OBS_OK;
}

static int put_test(struct walk *w, const obs_filter *leaf, const char *column)
{
    if (leaf->op == OBS_OP_EXISTS) {
        obs_buf_printf(w->sql->text, "%s IS NOT NULL", column);
        return OBS_OK;
    }
    if (leaf->op == OBS_OP_HAS ? leaf->field != OBS_FIELD_TAGS || leaf->key.len
                               : kind_of(leaf) == OBS_KIND_JSON)
        return OBS_E_UNSUPPORTED;
    if (leaf->op == OBS_OP_IN)
        return put_list(w, leaf, column, "IN ");
    if (leaf->op == OBS_OP_NOT_IN)
        return put_list(w, leaf, column, "NOT IN ");
    if (leaf->n_values != 1)
        return OBS_E_INVALID;
    if (leaf->op >= OBS_OP_CONTAINS)
        return put_text_test(w, leaf, column);
    return leaf->op == OBS_OP_HAS ? put_has(w, leaf, column) : put_comparison(w, leaf, column);
}

/* The member under the key, as an expression. */
static int member_column(struct walk *w, const obs_filter *leaf, const char **ret_column)
{
    uint32_t kind = leaf->op == OBS_OP_EXISTS ? 0 : leaf->value_kind;
    const char *column = w->sql->dialect->column(leaf->field);
    const char *format = kind <= OBS_KIND_JSON ? w->sql->dialect->members[kind] : NULL;
    obs_str key;
    int rc;

    if (!column || !format || kinds[leaf->field] != OBS_KIND_JSON)
        return OBS_E_UNSUPPORTED;
    rc = bind_aside(w->sql, BIND_TEXT, &(obs_value){.s = leaf->key}, &key);
    if (rc < 0)
        return rc;
    *ret_column = obs_arena_printf(w->sql->arena, format, column, key.ptr).ptr;
    return *ret_column ? OBS_OK : OBS_E_NOMEM;
}

/* "EXISTS(… WHERE name=? AND (condition))" */
static int put_feedback(struct walk *w, const obs_filter *leaf)
{
    uint32_t kind = leaf->op == OBS_OP_EXISTS ? 0 : leaf->value_kind;
    const struct sql_dialect *dialect = w->sql->dialect;
    const char *column = kind <= OBS_KIND_JSON ? dialect->feedback_values[kind] : NULL;
    obs_buf *text = w->sql->text;
    obs_str name, condition;
    int rc;

    if (!column || !dialect->feedback || leaf->op == OBS_OP_HAS)
        return OBS_E_UNSUPPORTED;
    rc = bind_aside(w->sql, BIND_TEXT, &(obs_value){.s = leaf->key}, &name);
    if (rc < 0)
        return rc;
    w->sql->text = obs_buf_new(w->sql->arena, /* limit_bytes= */ 0);
    if (!w->sql->text) {
        w->sql->text = text;
        return OBS_E_NOMEM;
    }
    rc = put_test(w, leaf, column);
    obs_buf_append(w->sql->text, "", 1);
    condition = obs_buf_str(w->sql->text);
    w->sql->text = text;
    if (rc == OBS_OK)
        obs_buf_printf(text, dialect->feedback, name.ptr, condition.ptr);
    return rc;
}

static int put_search(struct walk *w, const obs_filter *leaf)
{
    if (!w->sql->dialect->put_search || leaf->key.len)
        return OBS_E_UNSUPPORTED;
    return leaf->n_values == 1 ? w->sql->dialect->put_search(w->sql, leaf->field, leaf->values[0].s)
                               : OBS_E_INVALID;
}

static int put_subject(struct walk *w, const obs_filter *leaf)
{
    const char *column = NULL;
    int rc = OBS_OK;

    if (leaf->op == OBS_OP_SEARCH)
        return put_search(w, leaf);
    if (leaf->field == OBS_FIELD_FEEDBACK)
        return put_feedback(w, leaf);
    if (leaf->key.len)
        rc = member_column(w, leaf, &column);
    else
        column = w->sql->dialect->column(leaf->field);
    if (rc < 0)
        return rc;
    return column ? put_test(w, leaf, column) : OBS_E_UNSUPPORTED;
}

static bool is_leaf(const obs_filter *leaf)
{
    bool field =
        leaf->field < OBS_N_SPAN_FIELDS || (leaf->field == OBS_FIELD_FEEDBACK && leaf->key.len > 0);

    if (leaf->op == OBS_OP_SEARCH)
        return leaf->field == OBS_FIELD_INPUT_TEXT || leaf->field == OBS_FIELD_OUTPUT_TEXT ||
               leaf->field == OBS_FIELD_ANY_TEXT;
    return field && leaf->op >= OBS_OP_EQ && leaf->op <= OBS_OP_REGEX;
}

static int put_leaf(struct walk *w, const obs_filter *leaf)
{
    int rc;

    if (!is_leaf(leaf))
        return OBS_E_INVALID;
    obs_buf_append(w->sql->text, "(", 1);
    rc = put_subject(w, leaf);
    obs_buf_append(w->sql->text, ")", 1);
    if (w->negated)
        obs_buf_append(w->sql->text, " IS TRUE", 8);
    return rc;
}

/* --- branches ----------------------------------------------------------------- */

static int put_node(struct walk *w, const obs_filter *node, uint32_t depth);

static int put_children(struct walk *w, const obs_filter *node, uint32_t depth)
{
    int rc = OBS_OK;

    if (node->n_children == 0) { /* of nothing, all hold and none does */
        obs_buf_printf(w->sql->text, node->kind == OBS_FILTER_AND ? "1=1" : "1=0");
        return OBS_OK;
    }
    obs_buf_append(w->sql->text, "(", 1);
    for (size_t i = 0; i < node->n_children && rc == OBS_OK; i++) {
        if (i)
            obs_buf_printf(w->sql->text, node->kind == OBS_FILTER_AND ? " AND " : " OR ");
        rc = put_node(w, node->children[i], depth + 1);
    }
    obs_buf_append(w->sql->text, ")", 1);
    return rc;
}

static int put_not(struct walk *w, const obs_filter *node, uint32_t depth)
{
    bool before = w->negated;
    int rc;

    if (node->n_children != 1)
        return OBS_E_INVALID;
    w->negated = true;
    obs_buf_append(w->sql->text, "NOT (", 5);
    rc = put_node(w, node->children[0], depth + 1);
    obs_buf_append(w->sql->text, ")", 1);
    w->negated = before;
    return rc;
}

static int put_node(struct walk *w, const obs_filter *node, uint32_t depth)
{
    if (depth >= w->left.depth || w->left.nodes == 0)
        return OBS_E_COMPLEX;
    w->left.nodes--;
    switch (node->kind) {
    case OBS_FILTER_LEAF:
        return put_leaf(w, node);
    case OBS_FILTER_NOT:
        return put_not(w, node, depth);
    case OBS_FILTER_AND:
    case OBS_FILTER_OR:
        return put_children(w, node, depth);
    default:
        return OBS_E_INVALID;
    }
}

int sql_filter(struct sql *sql, const obs_filter *filter, const struct sql_limits *limits)
{
    struct walk w = {.sql = sql, .left = *limits};
    int rc = put_node(&w, filter, 0);

    return rc < 0 ? rc : obs_buf_error(sql->text);
}
