/* SPDX-License-Identifier: Apache-2.0 */
/* Full-text search against a match of every text, however much of the index is built,
 * and whatever changed since. */
#include "fixture.h"
#include "text_query.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BASE_NS INT64_C(1767225600000000000)
#define N 600

static uint64_t seed = 5;

static uint64_t roll(uint64_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 33) % n;
}

static const char *const vocabulary[] = {"refund", "Policy", "käse",  "東京", "שלום",  "money",
                                         "back",   "angry",  "Don't", "a-b",  "order", "42"};
#define WORDS (sizeof(vocabulary) / sizeof(*vocabulary))

struct world {
    struct fixture f;
    obs_arena *arena;
    obs_span spans[N];
    bool gone[N];
};

static obs_str random_text(struct world *w)
{
    obs_buf *buf = obs_buf_new(w->arena, 0);

    if (roll(5) == 0)
        return obs_str_n(NULL, 0);
    for (uint64_t i = 0, n = 1 + roll(6); i < n; i++)
        obs_buf_printf(buf, "%s%s", i ? " " : "", vocabulary[roll(WORDS)]);
    return obs_buf_str(buf);
}

static int take_added(const obs_span *stored, const obs_span *added, obs_arena *arena,
                      obs_span *ret_span, void *user)
{
    (void)stored;
    (void)arena;
    (void)user;
    *ret_span = *added;
    return 1;
}

static void put(struct world *w, size_t i)
{
    w->spans[i].input_text = random_text(w);
    w->spans[i].output_text = random_text(w);
    w->gone[i] = false;
    assert_int_equal(append_merging(&w->f, &scope_all, &w->spans[i], 1, take_added, NULL), OBS_OK);
}

static void on_removed(const obs_append_result *result, void *user)
{
    assert_int_equal(result->error, OBS_OK);
    *(int *)user = 1;
}

static void take_away(struct world *w, size_t i, uint32_t flags)
{
    const obs_value id = {.s = obs_str_n((const char *)w->spans[i].span_id, 8)};
    const obs_filter filter = {.size = sizeof(filter),
                               .kind = OBS_FILTER_LEAF,
                               .field = OBS_FIELD_SPAN_ID,
                               .op = OBS_OP_EQ,
                               .values = &id,
                               .n_values = 1};
    const obs_span_set set = {
        .size = sizeof(set), .from_ns = INT64_MIN, .to_ns = INT64_MAX, .filter = &filter};
    int done = 0;

    assert_int_equal(w->f.store->remove(w->f.self, &scope_all, &set, flags, on_removed, &done),
                     OBS_OK);
    fake_worker_wait(w->f.worker, &done);
    w->spans[i].input_text = w->spans[i].output_text = obs_str_n(NULL, 0);
    w->gone[i] |= flags == 0;
}

/* --- questions ------------------------------------------------------------------------ */

static obs_str random_search(struct world *w)
{
    obs_buf *buf = obs_buf_new(w->arena, 0);

    for (uint64_t i = 0, n = 1 + roll(3); i < n; i++) {
        const char *word = vocabulary[roll(WORDS)];

        if (i)
            obs_buf_printf(buf, roll(4) ? " " : " OR ");
        switch (roll(i ? 5 : 4)) {
        case 0:
            obs_buf_printf(buf, "\"%s %s\"", word, vocabulary[roll(WORDS)]);
            break;
        case 1:
            obs_buf_printf(buf, "%.2s*", roll(2) ? "refund" : "mo");
            break;
        case 4:
            obs_buf_printf(buf, "-%s", word);
            break;
        default:
            obs_buf_printf(buf, "%s", word);
        }
    }
    return obs_buf_str(buf);
}

static bool matches(const obs_span *s, const struct text_query *q, uint32_t field)
{
    obs_str texts[2] = {s->input_text, s->output_text};

    if (field == OBS_FIELD_ANY_TEXT)
        return text_query_match(q, texts, 2) > 0;
    return text_query_match(q, texts + (field == OBS_FIELD_OUTPUT_TEXT), 1) > 0;
}

static void compare(struct world *w, size_t n_sent)
{
    static const uint32_t fields[] = {OBS_FIELD_ANY_TEXT, OBS_FIELD_INPUT_TEXT,
                                      OBS_FIELD_OUTPUT_TEXT};
    obs_value text = {.s = random_search(w)};
    uint32_t field = fields[roll(3)];
    obs_filter leaf = {.size = sizeof(leaf),
                       .kind = OBS_FILTER_LEAF,
                       .field = field,
                       .op = OBS_OP_SEARCH,
                       .values = &text,
                       .n_values = 1};
    const obs_filter *const child[] = {&leaf};
    obs_filter not = {
        .size = sizeof(not ), .kind = OBS_FILTER_NOT, .children = child, .n_children = 1};
    bool negative = roll(4) == 0;
    obs_span_query q = query_all();
    struct text_query query;
    struct found found = {0};
    const char *wrong = NULL;
    size_t expected = 0;

    if (text_query_parse(w->arena, text.s, &query, &wrong) != OBS_OK)
        return; /* OR with nothing but a negative term */
    q.filter = negative ? &not : &leaf;
    q.limit = N;
    assert_int_equal(search_wait(&w->f, &scope_all, &q, &found), OBS_OK);
    for (size_t i = 0; i < n_sent; i++)
        expected += !w->gone[i] && matches(&w->spans[i], &query, field) != negative;
    if (found.n != expected)
        fail_msg("%.*s in field %u, %d: %zu, not %zu", OBS_STR_ARG(text.s), field, negative,
                 found.n, expected);
    for (size_t i = 1; i < found.n; i++)
        assert_true(found.spans[i - 1].start_ns >= found.spans[i].start_ns);
    found_finish(&found);
}

/* --- tests ------------------------------------------------------------------------------ */

static void wait_for_index(const struct fixture *f)
{
    static const char sql[] = "SELECT (SELECT max(id) FROM contents)<=indexed AND NOT EXISTS"
                              "(SELECT 1 FROM text_dirty) FROM text_state";

    for (int i = 0; i < 1000 && !file_number(f, sql); i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    assert_true(file_number(f, sql) != 0);
}

static void a_search_finds_what_a_look_at_every_text_finds(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < N; i++) {
        put(w, i);
        if (i % 7 == 3)
            put(w, roll(i + 1)); /* changed, before or after it was indexed */
        if (i % 11 == 5)
            take_away(w, roll(i), roll(2) ? OBS_REMOVE_CONTENT : 0);
        if (i % 23 == 11)
            take_away(w, i, 0); /* its row's number comes again */
        if (i % 100 == 50)
            wait_for_index(&w->f);
        compare(w, i + 1);
    }
    wait_for_index(&w->f);
    for (size_t i = 0; i < 200; i++)
        compare(w, N);
}

/* Many changes at once, of what is indexed already. */
static void changes_of_what_is_indexed_are_found(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < N; i++)
        put(w, i);
    wait_for_index(&w->f);
    for (size_t i = 0; i < 100; i++)
        put(w, roll(N));
    for (size_t i = 0; i < 50; i++)
        take_away(w, roll(N), 0);
    wait_for_index(&w->f);
    for (size_t i = 0; i < 100; i++)
        compare(w, N);
}

/* So many that a store goes another way than by a list of them. */
static void what_is_frequent_is_found(void **state)
{
    enum { MANY = 6000, EACH = 1000 };
    static const obs_value words[] = {{.s = OBS_STR("frequent -seldom")},
                                      {.s = OBS_STR("\"more than frequent\"")}};
    struct world *w = *state;
    obs_span *spans = calloc(MANY, sizeof(*spans));

    for (size_t i = 0; i < MANY; i++) {
        spans[i] = span_make(i + 1, "p", BASE_NS + (int64_t)i);
        spans[i].input_text =
            obs_str_of(i % 100 == 7 ? "frequent, but seldom so" : "more than frequent");
    }
    for (size_t i = 0; i < MANY; i += EACH)
        assert_int_equal(append_wait(&w->f, &scope_all, spans + i, EACH, NULL), OBS_OK);
    for (int indexed = 0; indexed < 2; indexed++) {
        for (size_t k = 0; k < 2; k++) {
            const obs_filter leaf = {.size = sizeof(leaf),
                                     .kind = OBS_FILTER_LEAF,
                                     .field = OBS_FIELD_ANY_TEXT,
                                     .op = OBS_OP_SEARCH,
                                     .values = &words[k],
                                     .n_values = 1};
            obs_span_query q = query_all();
            struct found found = {0};

            q.filter = &leaf;
            q.flags |= OBS_QUERY_TOTAL;
            assert_int_equal(search_wait(&w->f, &scope_all, &q, &found), OBS_OK);
            assert_int_equal(found.result.total, MANY - MANY / 100);
            assert_int_equal(found.n, q.limit);
            for (size_t i = 1; i < found.n; i++)
                assert_true(found.spans[i - 1].start_ns > found.spans[i].start_ns);
            found_finish(&found);
        }
        wait_for_index(&w->f);
    }
    free(spans);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    fixture_init(&w->f);
    w->arena = obs_arena_create(0);
    for (size_t i = 0; i < N; i++)
        w->spans[i] = span_make(i + 1, "p", BASE_NS + (int64_t)roll(1000000));
    *state = w;
    return fixture_open(&w->f);
}

static int teardown(void **state)
{
    struct world *w = *state;

    fixture_finish(&w->f);
    obs_arena_destroy(w->arena);
    free(w);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_search_finds_what_a_look_at_every_text_finds),
        TEST(changes_of_what_is_indexed_are_found),
        TEST(what_is_frequent_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
