/* SPDX-License-Identifier: Apache-2.0 */
/* Traces of every shape - whole, broken, in rings, deeper than any stack - as
 * trees, their totals and their JSON. */
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static int setup(void **state)
{
    *state = obs_arena_create(0);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    obs_arena_destroy(*state);
    return 0;
}

static void put_id(uint8_t id[8], size_t number)
{
    for (size_t i = 8; i-- > 0; number >>= 8)
        id[i] = (uint8_t)number;
}

/* Span `id` below `parent`, 0 for none; its JSON is {"i":id}. */
static struct node span(obs_arena *arena, size_t id, size_t parent)
{
    struct node node = {
        .prompt_tokens = OBS_ABSENT, .completion_tokens = OBS_ABSENT, .cost = OBS_ABSENT};

    put_id(node.id, id);
    put_id(node.parent_id, parent);
    node.json = obs_arena_printf(arena, "{\"i\":%zu}", id);
    return node;
}

/* Spans from pairs of id and parent. */
static struct node *spans(obs_arena *arena, const size_t (*pairs)[2], size_t n)
{
    struct node *nodes = obs_arena_calloc(arena, n, sizeof(*nodes));

    assert_non_null(nodes);
    for (size_t i = 0; i < n; i++) {
        nodes[i] = span(arena, pairs[i][0], pairs[i][1]);
        nodes[i].start_ns = (int64_t)i;
        nodes[i].end_ns = (int64_t)i + 1;
    }
    return nodes;
}

static struct tree build(obs_arena *arena, struct node *nodes, size_t n)
{
    struct tree tree;
    size_t *places = obs_arena_calloc(arena, n + 1, sizeof(*places));

    assert_int_equal(tree_build(arena, nodes, n, &tree), OBS_OK);
    for (size_t i = 0; i < n; i++) /* everything once, parents first */
        places[tree.order[i]] = i + 1;
    for (size_t k = 0; k < n; k++) {
        assert_int_not_equal(places[k], 0);
        if (nodes[k].parent != TREE_NONE)
            assert_true(places[nodes[k].parent] < places[k]);
    }
    return tree;
}

static obs_str write_below(obs_arena *arena, const struct tree *tree, size_t top)
{
    obs_buf *buf = obs_buf_new(arena, 0);

    obs_buf_append(buf, "[", 1);
    tree_write(tree, top, buf);
    obs_buf_append(buf, "]", 1);
    assert_int_equal(obs_buf_error(buf), OBS_OK);
    return obs_buf_str(buf);
}

static void assert_json(obs_arena *arena, const struct tree *tree, size_t top, const char *expected)
{
    obs_str found = write_below(arena, tree, top);
    const obs_json *value;

    if (!obs_str_is(found, expected))
        fail_msg("expected\n%s\nfound\n%.*s", expected, OBS_STR_ARG(found));
    assert_int_equal(obs_json_parse(arena, found, &value, NULL), OBS_OK);
}

/* The deepest nesting of a text whose brackets must match. No string in it has
 * brackets or quotes. */
static size_t depth_of(obs_arena *arena, obs_str text)
{
    char *open = obs_arena_alloc(arena, text.len + 1);
    size_t depth = 0, deepest = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '[' || c == '{') {
            open[depth++] = c;
            deepest = depth > deepest ? depth : deepest;
        } else if (c == ']' || c == '}') {
            assert_true(depth > 0);
            assert_int_equal(open[--depth], c == ']' ? '[' : '{');
        }
        if (i > 0 && (c == '{' || c == ']')) /* commas: between objects, and only there */
            assert_true(text.ptr[i - 1] != (c == '{' ? '}' : ','));
    }
    assert_int_equal(depth, 0);
    return deepest;
}

static size_t count(obs_str text, const char *word)
{
    size_t n = 0, len = strlen(word);

    for (size_t i = 0; i + len <= text.len; i++)
        n += memcmp(text.ptr + i, word, len) == 0;
    return n;
}

/* --- shapes ----------------------------------------------------------------------- */

static void no_spans_make_an_empty_list(void **state)
{
    struct tree tree = build(*state, NULL, 0);

    assert_int_equal(tree.n_roots, 0);
    assert_json(*state, &tree, TREE_NONE, "[]");
}

static void children_are_below_their_parents_in_order_of_time(void **state)
{
    /* the child 5 starts before its parent 2 */
    static const size_t pairs[][2] = {{1, 0}, {5, 2}, {3, 1}, {2, 1}, {4, 2}};
    struct tree tree = build(*state, spans(*state, pairs, 5), 5);

    assert_int_equal(tree.n_roots, 1);
    assert_json(*state, &tree, TREE_NONE,
                "[{\"i\":1,\"children\":[{\"i\":3,\"children\":[]},"
                "{\"i\":2,\"children\":[{\"i\":5,\"children\":[]},{\"i\":4,\"children\":[]}]}]}]");
}

static void several_roots_stand_beside_each_other(void **state)
{
    static const size_t pairs[][2] = {{1, 0}, {2, 0}, {3, 1}};
    struct tree tree = build(*state, spans(*state, pairs, 3), 3);

    assert_json(*state, &tree, TREE_NONE,
                "[{\"i\":1,\"children\":[{\"i\":3,\"children\":[]}]},{\"i\":2,\"children\":[]}]");
}

static void spans_without_their_parent_are_orphans_at_the_top(void **state)
{
    static const size_t pairs[][2] = {{1, 0}, {2, 99}, {3, 2}};
    struct tree tree = build(*state, spans(*state, pairs, 3), 3);

    assert_int_equal(tree.n_roots, 2);
    assert_json(*state, &tree, TREE_NONE,
                "[{\"i\":1,\"children\":[]},"
                "{\"i\":2,\"orphan\":true,\"children\":[{\"i\":3,\"children\":[]}]}]");
}

static void a_span_that_is_its_own_parent_is_an_orphan_in_its_place(void **state)
{
    static const size_t pairs[][2] = {{1, 1}, {2, 1}, {3, 0}};
    struct tree tree = build(*state, spans(*state, pairs, 3), 3);

    assert_json(*state, &tree, TREE_NONE,
                "[{\"i\":1,\"orphan\":true,\"children\":[{\"i\":2,\"children\":[]}]},"
                "{\"i\":3,\"children\":[]}]");
}

static void a_ring_begins_with_its_earliest_span(void **state)
{
    static const size_t pairs[][2] = {{1, 3}, {2, 1}, {3, 2}};
    struct tree tree = build(*state, spans(*state, pairs, 3), 3);

    assert_json(*state, &tree, TREE_NONE,
                "[{\"i\":1,\"orphan\":true,\"children\":[{\"i\":2,\"children\":"
                "[{\"i\":3,\"children\":[]}]}]}]");
}

static void what_hangs_on_a_ring_is_below_it_even_when_it_is_earlier(void **state)
{
    static const size_t pairs[][2] = {{9, 2}, {1, 2}, {2, 1}, {8, 9}, {7, 0}};
    struct tree tree = build(*state, spans(*state, pairs, 5), 5);

    assert_json(*state, &tree, TREE_NONE,
                "[{\"i\":7,\"children\":[]},"
                "{\"i\":1,\"orphan\":true,\"children\":[{\"i\":2,\"children\":"
                "[{\"i\":9,\"children\":[{\"i\":8,\"children\":[]}]}]}]}]");
}

static void rings_beside_each_other_are_cut_each_once(void **state)
{
    static const size_t pairs[][2] = {{1, 2}, {3, 4}, {2, 1}, {4, 3}, {5, 5}};
    struct tree tree = build(*state, spans(*state, pairs, 5), 5);

    assert_int_equal(tree.n_roots, 3);
    assert_int_equal(count(write_below(*state, &tree, TREE_NONE), "orphan"), 3);
}

static void a_span_of_the_same_id_is_shown_too(void **state)
{
    static const size_t pairs[][2] = {{1, 0}, {1, 0}, {2, 1}};
    struct tree tree = build(*state, spans(*state, pairs, 3), 3);

    assert_int_equal(tree.n_roots, 2);
    assert_int_equal(count(write_below(*state, &tree, TREE_NONE), "\"i\":1,"), 2);
    assert_int_equal(count(write_below(*state, &tree, TREE_NONE), "\"i\":2,"), 1);
}

static void children_of_a_repeated_id_are_below_the_earliest(void **state)
{
    enum { N = 100000 };
    struct node *nodes = obs_arena_calloc(*state, N, sizeof(*nodes));
    struct tree tree;

    for (size_t i = 0; i < N - 1; i++)
        nodes[i] = span(*state, 1, 0);
    nodes[N - 1] = span(*state, 2, 1);
    tree = build(*state, nodes, N);
    assert_int_equal(tree.n_roots, N - 1);
    assert_int_equal(nodes[N - 1].parent, 0);
}

static void members_of_a_span_come_before_its_children(void **state)
{
    struct node *nodes = obs_arena_calloc(*state, 1, sizeof(*nodes));
    struct tree tree;

    nodes[0] = span(*state, 1, 0);
    nodes[0].json = obs_str_of("{\"tags\":[],\"events\":[{}]}");
    tree = build(*state, nodes, 1);
    assert_json(*state, &tree, TREE_NONE, "[{\"tags\":[],\"events\":[{}],\"children\":[]}]");
}

/* Random parents make all of the above at once. */
static void any_links_make_a_forest_with_every_span_once(void **state)
{
    uint32_t seed = 1;

    for (size_t round = 0; round < 300; round++) {
        size_t n = 1 + round % 40, pairs[40][2];
        struct tree tree;
        obs_str text;
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525 + 1013904223;
            pairs[i][0] = i + 1;
            pairs[i][1] = (seed >> 16) % (n + 3);
        }
        tree = build(*state, spans(*state, pairs, n), n);
        text = write_below(*state, &tree, TREE_NONE);
        (void)depth_of(*state, text);
        assert_int_equal(count(text, "\"i\":"), n);
    }
}

/* --- depth ------------------------------------------------------------------------- */

static struct tree chain(obs_arena *arena, size_t n)
{
    struct node *nodes = obs_arena_calloc(arena, n, sizeof(*nodes));

    assert_non_null(nodes);
    for (size_t i = 0; i < n; i++) {
        nodes[i] = span(arena, i + 1, i);
        nodes[i].start_ns = (int64_t)i;
        nodes[i].end_ns = (int64_t)n;
    }
    return build(arena, nodes, n);
}

static void spans_down_to_the_greatest_depth_are_nested(void **state)
{
    struct tree tree = chain(*state, TREE_MAX_DEPTH + 1);
    obs_str text = write_below(*state, &tree, TREE_NONE);

    assert_int_equal(depth_of(*state, text), 2 * (TREE_MAX_DEPTH + 1) + 1);
    assert_int_equal(count(text, "truncated_depth"), 0);
}

static void deeper_spans_are_listed_beside_their_ancestor(void **state)
{
    struct tree tree = chain(*state, TREE_MAX_DEPTH + 3);
    obs_str text = write_below(*state, &tree, TREE_NONE);
    obs_str tail = obs_arena_printf(*state,
                                    "{\"i\":%d,\"truncated_depth\":true,\"children\":[]},"
                                    "{\"i\":%d,\"truncated_depth\":true,\"children\":[]},"
                                    "{\"i\":%d,\"children\":[]}]}",
                                    TREE_MAX_DEPTH + 1, TREE_MAX_DEPTH + 2, TREE_MAX_DEPTH + 3);

    assert_int_equal(depth_of(*state, text), 2 * (TREE_MAX_DEPTH + 1) + 1);
    assert_int_equal(count(text, "\"i\":"), TREE_MAX_DEPTH + 3);
    assert_int_equal(count(text, tail.ptr), 1);
}

/* Below the greatest depth a bush, and above it spans that come after it. */
static void lists_end_where_they_should_around_what_was_flattened(void **state)
{
    enum { N = TREE_MAX_DEPTH + 12 };
    struct node *nodes = obs_arena_calloc(*state, N, sizeof(*nodes));
    struct tree tree;
    obs_str text;

    for (size_t i = 0; i < N - 2; i++) /* a chain with pairs of leaves at its end */
        nodes[i] = span(*state, i + 1, i < TREE_MAX_DEPTH + 4 ? i : i - i % 2 - 4);
    nodes[N - 2] = span(*state, N - 1, TREE_MAX_DEPTH); /* of the last nested span */
    nodes[N - 1] = span(*state, N, 1);                  /* of the root */
    tree = build(*state, nodes, N);
    text = write_below(*state, &tree, TREE_NONE);
    assert_int_equal(depth_of(*state, text), 2 * (TREE_MAX_DEPTH + 1) + 1);
    assert_int_equal(count(text, "\"i\":"), N);
    text.ptr += text.len - 40; /* the last is a child of the root */
    text.len = 40;
    assert_int_equal(count(text, obs_arena_printf(*state, ",{\"i\":%d,\"children\":[]}]}]", N).ptr),
                     1);
}

static void a_chain_of_a_hundred_thousand_spans_needs_no_deeper_stack(void **state)
{
    enum { N = 100000 };
    struct tree tree = chain(*state, N);
    struct totals totals;
    obs_str text;

    tree.nodes[N - 1].cost = 7;
    tree.nodes[0].cost = 9;
    tree_totals(&tree, &totals);
    assert_int_equal(totals.cost, 7);
    assert_int_equal(totals.critical_ns, N);
    text = write_below(*state, &tree, TREE_NONE);
    assert_int_equal(depth_of(*state, text), 2 * (TREE_MAX_DEPTH + 1) + 1);
    assert_int_equal(count(text, "\"i\":"), N);
    tree_mark(&tree, 50000);
    assert_false(tree.nodes[49999].within);
    assert_true(tree.nodes[N - 1].within);
}

static void a_ring_of_a_hundred_thousand_spans_is_cut_once(void **state)
{
    enum { N = 100000 };
    struct node *nodes = obs_arena_calloc(*state, N, sizeof(*nodes));
    struct tree tree;

    for (size_t i = 0; i < N; i++)
        nodes[i] = span(*state, i + 1, i ? i : N);
    tree = build(*state, nodes, N);
    assert_int_equal(tree.n_roots, 1);
    assert_int_equal(tree.roots[0], 0);
    assert_true(nodes[0].orphan);
    assert_false(nodes[1].orphan);
}

/* --- a part of a trace --------------------------------------------------------------- */

static void a_span_is_shown_with_what_is_below_it(void **state)
{
    static const size_t pairs[][2] = {{1, 0}, {2, 1}, {3, 2}, {4, 1}, {5, 0}};
    struct tree tree = build(*state, spans(*state, pairs, 5), 5);
    uint8_t id[8];
    size_t top;

    put_id(id, 2);
    top = tree_find(&tree, id);
    assert_int_equal(top, 1);
    assert_json(*state, &tree, top, "[{\"i\":2,\"children\":[{\"i\":3,\"children\":[]}]}]");
    tree_mark(&tree, top);
    for (size_t k = 0; k < 5; k++)
        assert_int_equal(tree.nodes[k].within, k == 1 || k == 2);
    tree_mark(&tree, 3); /* marks anew */
    for (size_t k = 0; k < 5; k++)
        assert_int_equal(tree.nodes[k].within, k == 3);
    put_id(id, 99);
    assert_true(tree_find(&tree, id) == TREE_NONE);
}

static void depth_counts_from_the_span_that_was_asked_for(void **state)
{
    struct tree tree = chain(*state, TREE_MAX_DEPTH + 3);

    assert_int_equal(count(write_below(*state, &tree, 2), "truncated_depth"), 0);
    assert_int_equal(count(write_below(*state, &tree, 1), "truncated_depth"), 1);
}

/* --- totals ---------------------------------------------------------------------------- */

static struct totals totals_of(struct tree tree)
{
    struct totals totals;

    tree_totals(&tree, &totals);
    return totals;
}

static void what_agents_repeat_is_counted_once(void **state)
{
    /* 1 is an agent over the calls 2 and 4; 3 is a tool without usage in between */
    static const size_t pairs[][2] = {{1, 0}, {2, 1}, {3, 1}, {4, 3}, {5, 0}};
    struct node *nodes = spans(*state, pairs, 5);
    struct totals totals;

    nodes[0].cost = 30;
    nodes[0].prompt_tokens = 300;
    nodes[0].completion_tokens = 100;
    nodes[1].cost = 10;
    nodes[1].prompt_tokens = 100;
    nodes[1].completion_tokens = 40;
    nodes[3].cost = 20;
    nodes[3].prompt_tokens = 200;
    nodes[3].completion_tokens = 60;
    nodes[4].cost = 5; /* another root */
    totals = totals_of(build(*state, nodes, 5));
    assert_int_equal(totals.cost, 35);
    assert_int_equal(totals.prompt_tokens, 300);
    assert_int_equal(totals.completion_tokens, 100);
}

static void cost_and_tokens_are_counted_apart(void **state)
{
    static const size_t pairs[][2] = {{1, 0}, {2, 1}};
    struct node *nodes = spans(*state, pairs, 2);
    struct totals totals;

    nodes[0].cost = 30; /* only the agent knows the cost, only the call its tokens */
    nodes[0].prompt_tokens = 11;
    nodes[1].prompt_tokens = 10;
    totals = totals_of(build(*state, nodes, 2));
    assert_int_equal(totals.cost, 30);
    assert_int_equal(totals.prompt_tokens, 10);
    assert_int_equal(totals.completion_tokens, OBS_ABSENT);
}

static void where_calls_tell_tokens_only_theirs_count(void **state)
{
    /* 1 is an agent over the call 2 and, through a span that is missing, over 3 */
    static const size_t pairs[][2] = {{1, 0}, {2, 1}, {3, 9}};
    struct node *nodes = spans(*state, pairs, 3);
    struct totals totals;

    nodes[0].prompt_tokens = 30;
    nodes[1].is_call = nodes[2].is_call = true;
    nodes[2].prompt_tokens = 20;
    totals = totals_of(build(*state, nodes, 3));
    assert_int_equal(totals.prompt_tokens, 20);
    nodes = spans(*state, pairs, 3); /* nobody but the agent knows */
    nodes[0].prompt_tokens = 30;
    nodes[1].is_call = nodes[2].is_call = true;
    totals = totals_of(build(*state, nodes, 3));
    assert_int_equal(totals.prompt_tokens, 30);
}

static void a_zero_below_hides_nothing(void **state)
{
    static const size_t pairs[][2] = {{1, 0}, {2, 1}};
    struct node *nodes = spans(*state, pairs, 2);
    struct totals totals;

    nodes[0].cost = 30;
    nodes[0].prompt_tokens = 11;
    nodes[1].cost = nodes[1].prompt_tokens = nodes[1].completion_tokens = 0;
    totals = totals_of(build(*state, nodes, 2));
    assert_int_equal(totals.cost, 30);
    assert_int_equal(totals.prompt_tokens, 11);
    assert_int_equal(totals.completion_tokens, 0);
}

static void nothing_known_stays_unknown(void **state)
{
    static const size_t pairs[][2] = {{1, 0}, {2, 1}};
    struct totals totals = totals_of(build(*state, spans(*state, pairs, 2), 2));

    assert_int_equal(totals.cost, OBS_ABSENT);
    assert_int_equal(totals.prompt_tokens, OBS_ABSENT);
    assert_int_equal(totals.completion_tokens, OBS_ABSENT);
    assert_int_equal(totals.errors, 0);
}

static void sums_that_do_not_fit_stay_at_the_greatest(void **state)
{
    static const size_t pairs[][2] = {{1, 0}, {2, 0}};
    struct node *nodes = spans(*state, pairs, 2);

    nodes[0].cost = nodes[1].cost = INT64_MAX - 1;
    assert_true(totals_of(build(*state, nodes, 2)).cost == INT64_MAX);
}

static void set_times(struct node *nodes, const int64_t (*times)[2], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        nodes[i].start_ns = times[i][0];
        nodes[i].end_ns = times[i][1];
    }
}

static void the_critical_path_is_as_long_as_any_span_runs(void **state)
{
    static const size_t pairs[][2] = {{1, 0}, {2, 1}, {3, 1}, {4, 0}, {5, 0}, {6, 5}};
    /* overlapping children, one that outlives its parent, a gap, a span of no time */
    static const int64_t times[][2] = {{100, 200}, {110, 150}, {140, 230},
                                       {220, 220}, {300, 350}, {310, 340}};
    struct node *nodes = spans(*state, pairs, 6);
    struct totals totals;

    set_times(nodes, times, 6);
    totals = totals_of(build(*state, nodes, 6));
    assert_int_equal(totals.start_ns, 100);
    assert_int_equal(totals.end_ns, 350);
    assert_int_equal(totals.duration_ns, 250);
    assert_int_equal(totals.critical_ns, 130 + 50);
}

static void the_longest_times_there_are_do_not_overflow(void **state)
{
    static const size_t pairs[][2] = {{1, 0}, {2, 1}};
    static const int64_t times[][2] = {{INT64_MIN, INT64_MAX}, {0, INT64_MAX}};
    struct node *nodes = spans(*state, pairs, 2);
    struct totals totals;

    set_times(nodes, times, 2);
    totals = totals_of(build(*state, nodes, 2));
    assert_true(totals.duration_ns == INT64_MAX);
    assert_true(totals.critical_ns == INT64_MAX);
}

static void errors_and_names_are_gathered(void **state)
{
    static const size_t pairs[][2] = {{1, 0}, {2, 1}, {3, 1}, {4, 1}};
    struct node *nodes = spans(*state, pairs, 4);
    struct totals totals;

    nodes[1].status = nodes[3].status = OBS_STATUS_ERROR;
    nodes[2].status = OBS_STATUS_OK;
    nodes[1].model = obs_str_of("b");
    nodes[2].model = obs_str_of("a");
    nodes[3].model = obs_str_of("b");
    nodes[1].provider = obs_str_of("openai");
    nodes[0].service = obs_str_of("api");
    totals = totals_of(build(*state, nodes, 4));
    assert_int_equal(totals.errors, 2);
    assert_int_equal(totals.models.n, 2); /* each once, in order of time */
    assert_true(obs_str_is(totals.models.items[0], "b"));
    assert_true(obs_str_is(totals.models.items[1], "a"));
    assert_int_equal(totals.providers.n, 1);
    assert_int_equal(totals.services.n, 1);
}

static void names_beyond_the_limit_are_left_out(void **state)
{
    enum { N = TREE_MAX_NAMES + 10 };
    struct node *nodes = obs_arena_calloc(*state, N, sizeof(*nodes));
    struct totals totals;

    for (size_t i = 0; i < N; i++) {
        nodes[i] = span(*state, i + 1, 0);
        nodes[i].model = obs_arena_printf(*state, "m%zu", i);
    }
    totals = totals_of(build(*state, nodes, N));
    assert_int_equal(totals.models.n, TREE_MAX_NAMES);
}

static void running_out_of_memory_is_told(void **state)
{
    static const size_t pairs[][2] = {{1, 0}, {2, 1}};
    obs_arena *small = obs_arena_create(/* limit_bytes= */ 1);
    struct tree tree;

    assert_int_equal(tree_build(small, spans(*state, pairs, 2), 2, &tree), OBS_E_NOMEM);
    obs_arena_destroy(small);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(no_spans_make_an_empty_list),
        TEST(children_are_below_their_parents_in_order_of_time),
        TEST(several_roots_stand_beside_each_other),
        TEST(spans_without_their_parent_are_orphans_at_the_top),
        TEST(a_span_that_is_its_own_parent_is_an_orphan_in_its_place),
        TEST(a_ring_begins_with_its_earliest_span),
        TEST(what_hangs_on_a_ring_is_below_it_even_when_it_is_earlier),
        TEST(rings_beside_each_other_are_cut_each_once),
        TEST(a_span_of_the_same_id_is_shown_too),
        TEST(children_of_a_repeated_id_are_below_the_earliest),
        TEST(members_of_a_span_come_before_its_children),
        TEST(any_links_make_a_forest_with_every_span_once),
        TEST(spans_down_to_the_greatest_depth_are_nested),
        TEST(deeper_spans_are_listed_beside_their_ancestor),
        TEST(lists_end_where_they_should_around_what_was_flattened),
        TEST(a_chain_of_a_hundred_thousand_spans_needs_no_deeper_stack),
        TEST(a_ring_of_a_hundred_thousand_spans_is_cut_once),
        TEST(a_span_is_shown_with_what_is_below_it),
        TEST(depth_counts_from_the_span_that_was_asked_for),
        TEST(what_agents_repeat_is_counted_once),
        TEST(cost_and_tokens_are_counted_apart),
        TEST(where_calls_tell_tokens_only_theirs_count),
        TEST(a_zero_below_hides_nothing),
        TEST(nothing_known_stays_unknown),
        TEST(sums_that_do_not_fit_stay_at_the_greatest),
        TEST(the_critical_path_is_as_long_as_any_span_runs),
        TEST(the_longest_times_there_are_do_not_overflow),
        TEST(errors_and_names_are_gathered),
        TEST(names_beyond_the_limit_are_left_out),
        TEST(running_out_of_memory_is_told),
    };
    return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
