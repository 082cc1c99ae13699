/* SPDX-License-Identifier: Apache-2.0 */
/* Random filter trees over random spans: the store must find exactly what a
 * naive evaluator finds. */
#include "probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <stdio.h>
#include <cmocka.h>

#define N_SPANS 250
#define N_TREES 3000
#define PROJECT "filters"

static obs_span spans[N_SPANS];

static uint64_t seed = 7;

static size_t below(size_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)((seed >> 33) % n);
}

static const char *const texts[] = {"a",    "A",     "b%",      "_",   "",
                                    "世界", "مرحبا", "o'clock", "a b", "🚀"};
static const char *const tag_lists[] = {"[]", "[\"a\"]", "[\"a\",\"b%\"]", "[\"世界\",\"a\"]",
                                        NULL};
static const int64_t numbers[] = {OBS_ABSENT, 0, 1, 2, 1000, INT64_C(4000000000), INT64_MAX / 8};

static obs_str any_text(void)
{
    return obs_str_of(texts[below(10)]);
}

static void make_spans(void)
{
    for (size_t i = 0; i < N_SPANS; i++) {
        obs_span *s = &spans[i];
        *s = span_of(100000 + i);
        s->project_id = obs_str_of(PROJECT);
        s->end_ns = s->start_ns + (int64_t)below(5);
        s->status = (uint32_t)below(3);
        s->flags = (uint32_t)below(2);
        s->model = any_text();
        s->provider = any_text();
        s->session_id = any_text();
        s->input_text = any_text();
        s->tags = obs_str_of(tag_lists[below(5)]);
        s->input_tokens = numbers[below(7)];
        s->cache_read_tokens = numbers[below(7)];
        s->output_tokens = numbers[below(7)];
        s->reasoning_tokens = numbers[below(7)];
        s->cache_write_tokens = numbers[below(7)];
        s->total_cost = numbers[below(7)];
        s->ttft_ns = (int64_t)below(6) - 1;
        s->attributes = obs_str_of(below(2) ? "{}" : NULL);
        s->output_messages = obs_str_of(below(2) ? "[]" : NULL);
        s->sample_rate = (double)below(3) / 2;
        if (below(2))
            memset(s->parent_span_id, 3, 8);
    }
}

static const uint32_t fields[] = {
    OBS_FIELD_TS,           OBS_FIELD_SPAN_ID,       OBS_FIELD_PARENT_SPAN_ID,
    OBS_FIELD_MODEL,        OBS_FIELD_PROVIDER,      OBS_FIELD_SESSION_ID,
    OBS_FIELD_INPUT_TEXT,   OBS_FIELD_PROMPT_TOKENS, OBS_FIELD_COMPLETION_TOKENS,
    OBS_FIELD_TOTAL_TOKENS, OBS_FIELD_CACHED_TOKENS, OBS_FIELD_TOTAL_COST,
    OBS_FIELD_DURATION,     OBS_FIELD_STATUS,        OBS_FIELD_SAMPLED,
    OBS_FIELD_SAMPLE_RATE,  OBS_FIELD_TAGS,          OBS_FIELD_TOKENS_PER_SECOND,
    OBS_FIELD_TTFT,         OBS_FIELD_ATTRIBUTES,    OBS_FIELD_OUTPUT_MESSAGES,
    OBS_FIELD_TRACE_ID,     OBS_FIELD_PROJECT_ID,    OBS_FIELD_CACHE_WRITE_TOKENS,
};

static int is_json(uint32_t field)
{
    return field == OBS_FIELD_TAGS || field == OBS_FIELD_ATTRIBUTES ||
           field == OBS_FIELD_OUTPUT_MESSAGES;
}

/* --- the naive evaluator --------------------------------------------------------- */

/* 0: absent; else the value in `ret`. */
static int value_of(const obs_span *s, uint32_t field, obs_value *ret)
{
    static const uint8_t none[8];

    *ret = (obs_value){0};
    switch (field) {
    case OBS_FIELD_TS:
        ret->i = s->start_ns;
        return 1;
    case OBS_FIELD_SPAN_ID:
        ret->s = obs_str_n((const char *)s->span_id, 8);
        return 1;
    case OBS_FIELD_PARENT_SPAN_ID:
        ret->s = obs_str_n((const char *)s->parent_span_id, 8);
        return memcmp(s->parent_span_id, none, 8) != 0;
    case OBS_FIELD_MODEL:
        ret->s = s->model;
        return s->model.len > 0;
    case OBS_FIELD_PROVIDER:
        ret->s = s->provider;
        return s->provider.len > 0;
    case OBS_FIELD_SESSION_ID:
        ret->s = s->session_id;
        return s->session_id.len > 0;
    case OBS_FIELD_INPUT_TEXT:
        ret->s = s->input_text;
        return s->input_text.len > 0;
    case OBS_FIELD_TAGS:
        ret->s = s->tags;
        return s->tags.len > 0;
    case OBS_FIELD_PROMPT_TOKENS:
        ret->i = obs_span_prompt_tokens(s);
        return ret->i >= 0;
    case OBS_FIELD_COMPLETION_TOKENS:
        ret->i = obs_span_completion_tokens(s);
        return ret->i >= 0;
    case OBS_FIELD_TOTAL_TOKENS:
        ret->i = obs_span_total_tokens(s);
        return ret->i >= 0;
    case OBS_FIELD_CACHED_TOKENS:
        ret->i = s->cache_read_tokens;
        return ret->i >= 0;
    case OBS_FIELD_TOTAL_COST:
        ret->i = s->total_cost;
        return ret->i >= 0;
    case OBS_FIELD_CACHE_WRITE_TOKENS:
        ret->i = s->cache_write_tokens;
        return ret->i >= 0;
    case OBS_FIELD_TTFT:
        ret->i = s->ttft_ns;
        return ret->i >= 0;
    case OBS_FIELD_TOKENS_PER_SECOND:
        ret->d = obs_span_tokens_per_second(s);
        return ret->d >= 0;
    case OBS_FIELD_ATTRIBUTES:
        return s->attributes.len > 0;
    case OBS_FIELD_OUTPUT_MESSAGES:
        return s->output_messages.len > 0;
    case OBS_FIELD_TRACE_ID:
        ret->s = obs_str_n((const char *)s->trace_id, 16);
        return 1;
    case OBS_FIELD_PROJECT_ID:
        ret->s = s->project_id;
        return 1;
    case OBS_FIELD_DURATION:
        ret->i = s->end_ns - s->start_ns;
        return 1;
    case OBS_FIELD_STATUS:
        ret->i = s->status;
        return 1;
    case OBS_FIELD_SAMPLED:
        ret->i = s->flags & OBS_SPAN_SAMPLED;
        return 1;
    default:
        ret->d = s->sample_rate;
        return 1;
    }
}

static int is_text(uint32_t field)
{
    return field == OBS_FIELD_SPAN_ID || field == OBS_FIELD_TRACE_ID ||
           field == OBS_FIELD_PROJECT_ID || field == OBS_FIELD_PARENT_SPAN_ID ||
           field == OBS_FIELD_MODEL || field == OBS_FIELD_PROVIDER ||
           field == OBS_FIELD_SESSION_ID || field == OBS_FIELD_INPUT_TEXT;
}

/* Bytes compare as unsigned, shorter first: SQL's BINARY collation. */
static int order(uint32_t field, const obs_value *a, const obs_value *b)
{
    size_t n = a->s.len < b->s.len ? a->s.len : b->s.len;
    int c;

    if (field == OBS_FIELD_SAMPLE_RATE || field == OBS_FIELD_TOKENS_PER_SECOND)
        return (a->d > b->d) - (a->d < b->d);
    if (!is_text(field))
        return (a->i > b->i) - (a->i < b->i);
    c = n ? memcmp(a->s.ptr, b->s.ptr, n) : 0;
    return c ? c : (a->s.len > b->s.len) - (a->s.len < b->s.len);
}

static int has_tag(obs_str list, obs_str tag)
{
    char quoted[64];
    int len = snprintf(quoted, sizeof(quoted), "\"%.*s\"", OBS_STR_ARG(tag));

    return memmem(list.ptr, list.len, quoted, (size_t)len) != NULL;
}

static int holds_leaf(const obs_filter *f, const obs_span *s)
{
    obs_value v;
    int c;

    if (!value_of(s, f->field, &v))
        return 0;
    if (f->op == OBS_OP_EXISTS)
        return 1;
    if (f->op == OBS_OP_HAS)
        return has_tag(v.s, f->values[0].s);
    if (f->op == OBS_OP_IN || f->op == OBS_OP_NOT_IN) {
        for (size_t i = 0; i < f->n_values; i++)
            if (order(f->field, &v, &f->values[i]) == 0)
                return f->op == OBS_OP_IN;
        return f->op == OBS_OP_NOT_IN;
    }
    c = order(f->field, &v, &f->values[0]);
    switch (f->op) {
    case OBS_OP_EQ:
        return c == 0;
    case OBS_OP_NE:
        return c != 0;
    case OBS_OP_GT:
        return c > 0;
    case OBS_OP_GTE:
        return c >= 0;
    case OBS_OP_LT:
        return c < 0;
    default:
        return c <= 0;
    }
}

static int holds(const obs_filter *f, const obs_span *s)
{
    if (f->kind == OBS_FILTER_LEAF)
        return holds_leaf(f, s);
    if (f->kind == OBS_FILTER_NOT)
        return !holds(f->children[0], s);
    for (size_t i = 0; i < f->n_children; i++)
        if (holds(f->children[i], s) != (f->kind == OBS_FILTER_AND))
            return f->kind == OBS_FILTER_OR;
    return f->kind == OBS_FILTER_AND;
}

/* --- random trees ------------------------------------------------------------------ */

static obs_value random_value(uint32_t field)
{
    obs_value v;

    /* mostly a value that is there */
    if (!value_of(&spans[below(N_SPANS)], field, &v) || below(8) == 0) {
        v.i = numbers[1 + below(6)];
        v.d = (double)below(4) / 4;
        if (field == OBS_FIELD_TAGS || is_text(field))
            v.s = any_text();
    }
    if (field == OBS_FIELD_TAGS)
        v.s = obs_str_of(below(2) ? "a" : "世界");
    return v;
}

static const obs_filter *random_leaf(obs_arena *arena)
{
    obs_filter *f = obs_arena_calloc(arena, 1, sizeof(*f));
    obs_value *values = obs_arena_calloc(arena, 4, sizeof(*values));

    f->size = sizeof(*f);
    f->kind = OBS_FILTER_LEAF;
    f->field = fields[below(sizeof(fields) / sizeof(*fields))];
    f->op = 1 + (uint32_t)below(OBS_OP_EXISTS);
    f->n_values = 1;
    if (is_json(f->field))
        f->op = f->field == OBS_FIELD_TAGS && below(3) ? OBS_OP_HAS : OBS_OP_EXISTS;
    else if (f->op == OBS_OP_IN || f->op == OBS_OP_NOT_IN)
        f->n_values = below(4);
    for (size_t i = 0; i < 4; i++)
        values[i] = random_value(f->field);
    f->values = values;
    return f;
}

static const obs_filter *random_tree(obs_arena *arena, unsigned depth)
{
    const obs_filter **children;
    obs_filter *f;

    if (depth == 0 || below(3) == 0)
        return random_leaf(arena);
    f = obs_arena_calloc(arena, 1, sizeof(*f));
    f->size = sizeof(*f);
    f->kind = 1 + (uint32_t)below(3);
    f->n_children = f->kind == OBS_FILTER_NOT ? 1 : below(4);
    children = obs_arena_calloc(arena, 4, sizeof(*children));
    for (size_t i = 0; i < f->n_children; i++)
        children[i] = random_tree(arena, depth - 1);
    f->children = children;
    return f;
}

static int mark(const obs_span *span, void *user)
{
    uint64_t n = 0;

    memcpy(&n, span->span_id, 7);
    ((uint8_t *)user)[n - 100000]++;
    return 0;
}

static void finds_what_a_naive_evaluator_finds(void **unused)
{
    const obs_str project[] = {OBS_STR(PROJECT)};
    const obs_scope scope = {.size = sizeof(scope), .projects = project, .n_projects = 1};
    size_t hits = 0;
    (void)unused;

    make_spans();
    append(spans, N_SPANS);
    for (int t = 0; t < N_TREES; t++) {
        obs_arena *arena = obs_arena_create(0);
        obs_span_query q = query_all();
        uint8_t found[N_SPANS] = {0};
        q.filter = random_tree(arena, 4);
        q.fields = OBS_FIELD_BIT(OBS_FIELD_SPAN_ID);
        search(&scope, &q, mark, found);
        for (size_t i = 0; i < N_SPANS; i++) {
            if (found[i] != holds(q.filter, &spans[i]))
                fail_msg("tree %d, span %zu: found %d times", t, i, found[i]);
            hits += found[i];
        }
        obs_arena_destroy(arena);
    }
    assert_true(hits > N_TREES); /* the trees are not all empty */
}

static void too_large_trees_are_refused(void **unused)
{
    obs_arena *arena = obs_arena_create(0);
    obs_value many[1001] = {{0}};
    obs_filter wide = {.size = sizeof(wide),
                       .kind = OBS_FILTER_LEAF,
                       .field = OBS_FIELD_TOTAL_COST,
                       .op = OBS_OP_IN,
                       .values = many,
                       .n_values = 1001};
    const obs_filter *deep = &wide;
    obs_span_query q = query_all();
    (void)unused;

    q.filter = &wide;
    assert_int_equal(search_error(&q), OBS_E_COMPLEX);
    wide.n_values = 1;
    for (int i = 0; i < 20; i++) {
        const obs_filter **child = obs_arena_calloc(arena, 1, sizeof(*child));
        obs_filter *f = obs_arena_calloc(arena, 1, sizeof(*f));
        *child = deep;
        *f = (obs_filter){
            .size = sizeof(*f), .kind = OBS_FILTER_NOT, .children = child, .n_children = 1};
        deep = f;
    }
    q.filter = deep;
    assert_int_equal(search_error(&q), OBS_E_COMPLEX);
    obs_arena_destroy(arena);
}

static void what_cannot_be_filtered_is_said(void **unused)
{
    obs_value v = {.s = OBS_STR("x")};
    obs_filter leaf = {.size = sizeof(leaf),
                       .kind = OBS_FILTER_LEAF,
                       .field = OBS_FIELD_ATTRIBUTES,
                       .op = OBS_OP_EQ,
                       .values = &v,
                       .n_values = 1};
    obs_span_query q = query_all();
    (void)unused;

    q.filter = &leaf;
    assert_int_equal(search_error(&q), OBS_E_UNSUPPORTED);
    leaf.field = 999;
    assert_int_equal(search_error(&q), OBS_E_INVALID);
    q.filter = NULL;
    q.sort_field = OBS_FIELD_MODEL;
    assert_int_equal(search_error(&q), OBS_E_UNSUPPORTED);
}

int test_filters(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_a_naive_evaluator_finds),
        cmocka_unit_test(too_large_trees_are_refused),
        cmocka_unit_test(what_cannot_be_filtered_is_said),
    };
    return cmocka_run_group_tests_name("filters", tests, NULL, NULL);
}
