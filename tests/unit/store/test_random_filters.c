/* SPDX-License-Identifier: Apache-2.0 */
/* 10,000 random filters on random spans: the store finds what a naive evaluator
 * finds, with absent values, wildcards in values, empty lists, texts of many
 * scripts, negations at every level. */
#include "fixture.h"

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#define BASE_NS INT64_C(1767225600000000000)
#define N_SPANS 250u
#define N_CASES 10000u
#define MAX_DEPTH 4u

static uint64_t seed = 20261123;

static uint32_t below(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((seed >> 33) % n);
}

static const char *const texts[] = {
    "",         "gpt-4o",     "GPT-4O-mini", "100% sure",   "a_b",        "back\\slash", "it's",
    "Grüße",    "GRÜSSE",     "straße",      "世界",        "你好，世界", "שלום עולם",   "مرحبا",
    "İstanbul", "ﬁne",        "😀 smile",     "a",           "ab",         "abc",         "%",
    "_",        "'; DROP --", "\"quoted\"",  "line\nbreak", "K",          "k",           "x y z",
};
#define N_TEXTS (sizeof(texts) / sizeof(*texts))

static const char *const patterns[] = {"gpt", "^a", "o$",     "[a-c]+", "x|y",
                                       "a.c", "b?", "(ab)+c", "世"};
#define N_PATTERNS (sizeof(patterns) / sizeof(*patterns))

/* --- spans -------------------------------------------------------------------------- */

static obs_arena *arena;
static obs_span spans[N_SPANS];

static int64_t maybe(int64_t n)
{
    return below(4) ? n : OBS_ABSENT;
}

static obs_str text(void)
{
    return obs_str_of(texts[below(N_TEXTS)]);
}

/* {"k":…,"n":…,"b":…}, some of them absent, with a key that holds a dot. */
static obs_str attributes(void)
{
    obs_buf *buf = obs_buf_new(arena, 0);
    obs_jw *jw = obs_jw_new(arena, buf);

    if (!below(5))
        return obs_str_n(NULL, 0);
    obs_jw_object(jw);
    obs_jw_key(jw, "other.k");
    obs_jw_str(jw, obs_str_of("{\"k.x\":\"decoy\"}"));
    if (below(3)) {
        obs_jw_key(jw, "k.x");
        if (below(4))
            obs_jw_str(jw, text());
        else
            obs_jw_int(jw, below(5));
    }
    if (below(3)) {
        obs_jw_key(jw, "n");
        if (below(4))
            obs_jw_double(jw, (double)below(10) / 2);
        else
            obs_jw_null(jw);
    }
    if (below(3)) {
        obs_jw_key(jw, "b");
        obs_jw_bool(jw, (int)below(2));
    }
    obs_jw_end_object(jw);
    return obs_buf_str(buf);
}

static void make_spans(void)
{
    static const char *const tags[] = {"", "[\"a\"]", "[\"a\",\"b\"]", "[\"it's\",\"世界\"]"};

    for (uint32_t i = 0; i < N_SPANS; i++) {
        obs_span *s = &spans[i];

        *s = span_make(i + 1, "p", BASE_NS + below(1000));
        s->end_ns = s->start_ns + below(50) * 1000000;
        s->model = text();
        s->provider = text();
        s->input_text = text();
        s->input_tokens = maybe(below(20));
        s->cache_read_tokens = maybe(below(5));
        s->output_tokens = maybe(below(20));
        s->total_cost = maybe(below(1000));
        s->status = below(3);
        s->tags = obs_str_of(tags[below(4)]);
        s->attributes = attributes();
        s->sample_rate = below(2) ? 1 : 0.25;
    }
}

/* --- filters --------------------------------------------------------------------------- */

struct kind {
    uint32_t field, kind;
    const char *key;
};

static const struct kind kinds[] = {
    {OBS_FIELD_MODEL, OBS_KIND_TEXT, NULL},        {OBS_FIELD_PROVIDER, OBS_KIND_TEXT, NULL},
    {OBS_FIELD_INPUT_TEXT, OBS_KIND_TEXT, NULL},   {OBS_FIELD_PROMPT_TOKENS, OBS_KIND_INT, NULL},
    {OBS_FIELD_TOTAL_TOKENS, OBS_KIND_INT, NULL},  {OBS_FIELD_TOTAL_COST, OBS_KIND_MONEY, NULL},
    {OBS_FIELD_DURATION, OBS_KIND_DURATION, NULL}, {OBS_FIELD_TS, OBS_KIND_TIME, NULL},
    {OBS_FIELD_STATUS, OBS_KIND_STATUS, NULL},     {OBS_FIELD_SAMPLE_RATE, OBS_KIND_REAL, NULL},
    {OBS_FIELD_TAGS, OBS_KIND_JSON, NULL},         {OBS_FIELD_ATTRIBUTES, OBS_KIND_TEXT, "k.x"},
    {OBS_FIELD_ATTRIBUTES, OBS_KIND_REAL, "n"},    {OBS_FIELD_ATTRIBUTES, OBS_KIND_REAL, "k.x"},
    {OBS_FIELD_ATTRIBUTES, OBS_KIND_BOOL, "b"},    {OBS_FIELD_ATTRIBUTES, OBS_KIND_TEXT, "missing"},
};

static obs_value value_for(uint32_t kind, uint32_t op)
{
    static const char *const tags[] = {"a", "b", "世界", "it's", "z"};
    obs_value v = {0};

    switch (kind) {
    case OBS_KIND_TEXT:
        v.s = op == OBS_OP_REGEX ? obs_str_of(patterns[below(N_PATTERNS)]) : text();
        break;
    case OBS_KIND_JSON:
        v.s = obs_str_of(tags[below(5)]);
        break;
    case OBS_KIND_REAL:
        v.d = below(2) ? (double)below(10) / 2 : 0.25;
        break;
    case OBS_KIND_TIME:
        v.i = BASE_NS + below(1000);
        break;
    case OBS_KIND_DURATION:
        v.i = below(50) * 1000000;
        break;
    case OBS_KIND_STATUS:
        v.i = below(3);
        break;
    case OBS_KIND_BOOL:
        v.i = below(2);
        break;
    default:
        v.i = below(40) == 0 ? INT64_MAX : below(30);
    }
    return v;
}

static uint32_t operator_for(uint32_t kind)
{
    static const uint32_t all[] = {OBS_OP_EQ,  OBS_OP_NE, OBS_OP_GT,     OBS_OP_GTE,   OBS_OP_LT,
                                   OBS_OP_LTE, OBS_OP_IN, OBS_OP_NOT_IN, OBS_OP_EXISTS};
    static const uint32_t of_texts[] = {OBS_OP_CONTAINS, OBS_OP_NOT_CONTAINS, OBS_OP_STARTS_WITH,
                                        OBS_OP_ENDS_WITH, OBS_OP_REGEX};

    if (kind == OBS_KIND_JSON)
        return below(4) ? OBS_OP_HAS : OBS_OP_EXISTS;
    if (kind == OBS_KIND_TEXT && below(2))
        return of_texts[below(5)];
    return all[below(9)];
}

static obs_filter *node_new(void)
{
    obs_filter *f = obs_arena_calloc(arena, 1, sizeof(*f));

    f->size = sizeof(*f);
    return f;
}

static obs_filter *random_leaf(void)
{
    const struct kind *k = &kinds[below(sizeof(kinds) / sizeof(*kinds))];
    obs_filter *f = node_new();
    obs_value *values = obs_arena_calloc(arena, 5, sizeof(*values));

    f->kind = OBS_FILTER_LEAF;
    f->field = k->field;
    f->op = operator_for(k->kind);
    f->values = values;
    f->n_values = f->op == OBS_OP_IN || f->op == OBS_OP_NOT_IN ? below(5) : f->op != OBS_OP_EXISTS;
    for (size_t i = 0; i < f->n_values; i++)
        values[i] = value_for(k->kind, f->op);
    if (k->key) {
        f->key = obs_str_of(k->key);
        f->value_kind = k->kind;
    }
    return f;
}

static const obs_filter *random_filter(uint32_t depth)
{
    const obs_filter **children;
    obs_filter *f;

    if (depth == 0 || below(3) == 0)
        return random_leaf();
    f = node_new();
    f->kind = OBS_FILTER_AND + below(3);
    f->n_children = f->kind == OBS_FILTER_NOT ? 1 : below(4);
    children = obs_arena_calloc(arena, f->n_children + 1, sizeof(*children));
    for (size_t i = 0; i < f->n_children; i++)
        children[i] = random_filter(depth - 1);
    f->children = children;
    return f;
}

/* --- the naive evaluator ------------------------------------------------------------------ */

/* A value of a span; absent ones have present false. */
struct held {
    bool present;
    int64_t i;
    double d;
    obs_str s;
};

static struct held member_of(const obs_span *s, const obs_filter *f)
{
    const obs_json *root = NULL, *member;
    struct held h = {0};
    uint32_t type;

    if (s->attributes.len)
        assert_int_equal(obs_json_parse(arena, s->attributes, &root, NULL), OBS_OK);
    member = obs_json_get(root, obs_str_is(f->key, "k.x") ? "k.x" : f->key.ptr);
    type = obs_json_type(member);
    h.s = obs_json_str(member);
    h.d = obs_json_double(member);
    h.i = obs_json_bool(member);
    if (f->op == OBS_OP_EXISTS)
        h.present = type != OBS_JSON_NULL;
    else if (f->value_kind == OBS_KIND_TEXT)
        h.present = type == OBS_JSON_STRING;
    else if (f->value_kind == OBS_KIND_BOOL)
        h.present = type == OBS_JSON_BOOL;
    else
        h.present = type == OBS_JSON_INT || type == OBS_JSON_REAL;
    return h;
}

static struct held number(int64_t n)
{
    return (struct held){.present = n >= 0, .i = n};
}

static struct held held_of(const obs_span *s, const obs_filter *f)
{
    if (f->key.len)
        return member_of(s, f);
    switch (f->field) {
    case OBS_FIELD_MODEL:
        return (struct held){.present = s->model.len > 0, .s = s->model};
    case OBS_FIELD_PROVIDER:
        return (struct held){.present = s->provider.len > 0, .s = s->provider};
    case OBS_FIELD_INPUT_TEXT:
        return (struct held){.present = s->input_text.len > 0, .s = s->input_text};
    case OBS_FIELD_TAGS:
        return (struct held){.present = s->tags.len > 0, .s = s->tags};
    case OBS_FIELD_PROMPT_TOKENS:
        return number(obs_span_prompt_tokens(s));
    case OBS_FIELD_TOTAL_TOKENS:
        return number(obs_span_total_tokens(s));
    case OBS_FIELD_TOTAL_COST:
        return number(s->total_cost);
    case OBS_FIELD_DURATION:
        return number(s->end_ns - s->start_ns);
    case OBS_FIELD_TS:
        return number(s->start_ns);
    case OBS_FIELD_STATUS:
        return number(s->status);
    default:
        return (struct held){.present = true, .d = s->sample_rate};
    }
}

static size_t lower(obs_str text_, int32_t *to)
{
    size_t n = 0;

    for (size_t at = 0; at < text_.len;) {
        utf8proc_int32_t c;
        at += (size_t)utf8proc_iterate((const uint8_t *)text_.ptr + at,
                                       (utf8proc_ssize_t)(text_.len - at), &c);
        to[n++] = utf8proc_tolower(c);
    }
    return n;
}

static bool text_test(obs_str hay, obs_str needle, uint32_t op)
{
    int32_t h[128], n[128];
    size_t h_len = lower(hay, h), n_len = lower(needle, n);

    for (size_t at = 0; at + n_len <= h_len; at++) {
        if (memcmp(h + at, n, n_len * sizeof(*n)) != 0)
            continue;
        if ((op == OBS_OP_STARTS_WITH && at > 0) || (op == OBS_OP_ENDS_WITH && at + n_len != h_len))
            continue;
        return true;
    }
    return false;
}

static bool regex_test(obs_str hay, obs_str pattern)
{
    char copy[256];
    regex_t regex;
    bool found;

    snprintf(copy, sizeof(copy), "%.*s", OBS_STR_ARG(hay));
    assert_int_equal(regcomp(&regex, pattern.ptr, REG_EXTENDED | REG_NOSUB), 0);
    found = regexec(&regex, copy, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

static bool has_tag(obs_str tags, obs_str tag)
{
    const obs_json *list;

    assert_int_equal(obs_json_parse(arena, tags, &list, NULL), OBS_OK);
    for (size_t i = 0; i < obs_json_count(list); i++)
        if (obs_str_eq(obs_json_str(obs_json_at(list, i)), tag))
            return true;
    return false;
}

static int compare_texts(obs_str a, obs_str b)
{
    int order = memcmp(a.len ? a.ptr : "", b.len ? b.ptr : "", a.len < b.len ? a.len : b.len);

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare(const struct held *h, const obs_value *v, const obs_filter *f)
{
    bool is_text = f->key.len ? f->value_kind == OBS_KIND_TEXT
                              : f->field == OBS_FIELD_MODEL || f->field == OBS_FIELD_PROVIDER ||
                                    f->field == OBS_FIELD_INPUT_TEXT;
    bool is_real = f->key.len ? f->value_kind == OBS_KIND_REAL : f->field == OBS_FIELD_SAMPLE_RATE;

    if (is_text)
        return compare_texts(h->s, v->s);
    if (is_real)
        return (h->d > v->d) - (h->d < v->d);
    return (h->i > v->i) - (h->i < v->i);
}

static bool in_list(const struct held *h, const obs_filter *f)
{
    for (size_t i = 0; i < f->n_values; i++)
        if (compare(h, &f->values[i], f) == 0)
            return true;
    return false;
}

static bool leaf_holds(const obs_span *s, const obs_filter *f)
{
    struct held h = held_of(s, f);
    int order;

    if (!h.present || f->op == OBS_OP_EXISTS)
        return h.present;
    switch (f->op) {
    case OBS_OP_HAS:
        return has_tag(h.s, f->values[0].s);
    case OBS_OP_IN:
        return in_list(&h, f);
    case OBS_OP_NOT_IN:
        return !in_list(&h, f);
    case OBS_OP_CONTAINS:
    case OBS_OP_STARTS_WITH:
    case OBS_OP_ENDS_WITH:
        return text_test(h.s, f->values[0].s, f->op);
    case OBS_OP_NOT_CONTAINS:
        return !text_test(h.s, f->values[0].s, OBS_OP_CONTAINS);
    case OBS_OP_REGEX:
        return regex_test(h.s, f->values[0].s);
    default:
        order = compare(&h, &f->values[0], f);
        return f->op == OBS_OP_EQ    ? order == 0
               : f->op == OBS_OP_NE  ? order != 0
               : f->op == OBS_OP_GT  ? order > 0
               : f->op == OBS_OP_GTE ? order >= 0
               : f->op == OBS_OP_LT  ? order < 0
                                     : order <= 0;
    }
}

static bool holds(const obs_span *s, const obs_filter *f)
{
    if (f->kind == OBS_FILTER_LEAF)
        return leaf_holds(s, f);
    if (f->kind == OBS_FILTER_NOT)
        return !holds(s, f->children[0]);
    for (size_t i = 0; i < f->n_children; i++)
        if (holds(s, f->children[i]) == (f->kind == OBS_FILTER_OR))
            return f->kind == OBS_FILTER_OR;
    return f->kind == OBS_FILTER_AND;
}

/* --- the comparison ----------------------------------------------------------------------- */

static uint8_t matched[N_SPANS];

static int on_row(const obs_span *row, void *user)
{
    (void)user;
    for (uint32_t i = 0; i < N_SPANS; i++)
        if (memcmp(spans[i].span_id, row->span_id, sizeof(row->span_id)) == 0)
            matched[i]++;
    return 0;
}

static void on_done(const obs_search_result *result, void *user)
{
    assert_int_equal(result->error, OBS_OK);
    *(int *)user = 1;
}

static void search(struct fixture *f, const obs_filter *filter)
{
    obs_span_query query = query_all();
    int done = 0;

    query.filter = filter;
    query.limit = N_SPANS + 1;
    query.fields = 0;
    memset(matched, 0, sizeof(matched));
    assert_int_equal(f->store->search(f->self, &scope_all, &query, on_row, on_done, &done), OBS_OK);
    fake_worker_wait(f->worker, &done);
}

static void random_filters_find_what_a_naive_evaluator_finds(void **state)
{
    struct fixture f;
    uint64_t n_found = 0;

    (void)state;
    arena = obs_arena_create(0);
    fixture_init(&f);
    assert_int_equal(fixture_open(&f), OBS_OK);
    make_spans();
    assert_int_equal(append_wait(&f, &scope_all, spans, N_SPANS, NULL), OBS_OK);
    for (uint32_t i = 0; i < N_CASES; i++) {
        obs_arena *spans_arena = arena;
        const obs_filter *filter;

        arena = obs_arena_create(0);
        filter = random_filter(MAX_DEPTH);
        search(&f, filter);
        for (uint32_t k = 0; k < N_SPANS; k++) {
            bool expected = holds(&spans[k], filter);
            if (matched[k] != expected)
                fail_msg("case %u: span %u found %u times instead of %d", i, k, matched[k],
                         expected);
            n_found += expected;
        }
        obs_arena_destroy(arena);
        arena = spans_arena;
    }
    assert_in_range(n_found, N_CASES * N_SPANS / 10, N_CASES * N_SPANS / 10 * 9);
    fixture_finish(&f);
    obs_arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_filters_find_what_a_naive_evaluator_finds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
