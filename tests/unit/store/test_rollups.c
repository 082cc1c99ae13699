/* SPDX-License-Identifier: Apache-2.0 */
/* Random traces, sent in random order, again, and changed; random questions. Rollups
 * and spans must give the same answer to the last digit, and both that of a naive
 * loop. */
#include "drift.h"
#include "fixture.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define S_NS INT64_C(1000000000)
#define MINUTE_NS (60 * S_NS)
#define DAY_NS (86400 * S_NS)
#define BASE_NS (INT64_C(1767225600) * S_NS + 41 * MINUTE_NS) /* not a whole day */
#define N 900
#define SPREAD_NS (3 * DAY_NS)

static uint64_t seed = 42;

static uint64_t roll(uint64_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 33) % n;
}

static obs_str pick(const char *const *of, size_t n)
{
    return obs_str_of(of[roll(n)]);
}

#define PICK(array) pick(array, sizeof(array) / sizeof(*(array)))

static const char *const projects[] = {"p", "q"};
static const char *const models[] = {"gpt-4o", "claude", "", "glm-5"};
static const char *const providers[] = {"openai", "anthropic"};
static const char *const environments[] = {"", "production", "staging"};
static const char *const operations[] = {"chat", "agent", "embedding", ""};
static const char *const users[] = {"", "ann", "bob", "cem", "dee"};

/* --- spans ---------------------------------------------------------------------------- */

static void use(obs_span *s)
{
    bool call = obs_str_is(s->operation_type, "chat") || obs_str_is(s->operation_type, "embedding");

    s->status = (uint32_t)roll(3);
    s->end_ns = s->start_ns + (int64_t)roll(5000) * 1000003;
    s->ttft_ns = roll(2) ? (int64_t)roll(900) * 1000001 : OBS_ABSENT;
    s->cost_source = obs_str_of(!call ? "" : roll(8) ? "price_book" : "no_usage");
    if (roll(5) && (call || roll(2))) {
        s->input_tokens = (int64_t)roll(4000);
        s->output_tokens = roll(9) ? (int64_t)roll(900) : OBS_ABSENT;
        s->cache_read_tokens = roll(4) ? OBS_ABSENT : (int64_t)roll(3000);
    }
    if (call && s->cost_source.len == 10)
        s->total_cost = s->prompt_cost = (int64_t)roll(90000000);
}

/* Traces of up to 16 spans; a parent may come from later in the list. */
static obs_span span_number(uint64_t i)
{
    uint64_t trace = i / 16, parent = trace * 16 + roll(16);
    obs_span s = span_make(i + 1, projects[trace % 2], BASE_NS + (int64_t)roll(SPREAD_NS));

    memset(s.trace_id, 7, sizeof(s.trace_id));
    memcpy(s.trace_id, &trace, sizeof(trace));
    if (i % 16 && parent < N && parent != i) {
        obs_span other = span_make((i % 16 < 8 && parent > i ? trace * 16 : parent) + 1, "p", 0);
        memcpy(s.parent_span_id, other.span_id, sizeof(other.span_id));
    }
    s.model = PICK(models);
    s.provider = PICK(providers);
    s.environment = PICK(environments);
    s.operation_type = PICK(operations);
    s.user_id = PICK(users);
    use(&s);
    return s;
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

static void shuffle(size_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t i = n; i > 1; i--) {
        size_t j = roll(i), t = order[i - 1];
        order[i - 1] = order[j];
        order[j] = t;
    }
}

static uint32_t usage_of(const obs_span *s)
{
    bool call = s->cost_source.len && !obs_str_is(s->cost_source, "no_usage");

    return (call && obs_span_total_tokens(s) > 0 ? OBS_SPAN_OUTER_TOKENS : 0) |
           (call && s->total_cost > 0 ? OBS_SPAN_OUTER_COST : 0);
}

/* What a call was seen to use does not become nothing again. */
static void change(obs_span *s)
{
    obs_span before = *s;

    s->model = PICK(models);
    s->user_id = PICK(users);
    use(s);
    if (usage_of(&before) & ~usage_of(s))
        *s = before;
}

/* Sends all in random order and portions; some again; some changed. */
static void send_all(struct fixture *f, obs_span *spans)
{
    size_t *order = calloc(N, sizeof(*order)), at = 0;

    shuffle(order, N);
    while (at < N) {
        obs_span portion[64];
        size_t n = 1 + roll(64);

        n = n > N - at ? N - at : n;
        for (size_t i = 0; i < n; i++)
            portion[i] = spans[order[at + i]];
        assert_int_equal(append_merging(f, &scope_all, portion, n, take_added, NULL), OBS_OK);
        at += n;
    }
    for (size_t i = 0; i < N / 4; i++) {
        obs_span *s = &spans[order[i]];

        if (roll(2))
            change(s);
        assert_int_equal(append_merging(f, &scope_all, s, 1, take_added, NULL), OBS_OK);
    }
    free(order);
}

/* Marks the spans around each call that has something. */
static void mark(obs_span *spans)
{
    for (size_t i = 0; i < N; i++) {
        const obs_span *s = &spans[i];
        uint32_t flags = usage_of(s);
        const uint8_t *id = s->parent_span_id;

        for (size_t depth = 0; depth < 40 && flags; depth++)
            for (size_t k = 0; k < N; k++)
                if (memcmp(spans[k].span_id, id, 8) == 0 &&
                    memcmp(spans[k].trace_id, s->trace_id, 16) == 0) {
                    spans[k].flags |= flags;
                    id = spans[k].parent_span_id;
                    break;
                }
    }
}

/* --- answers ------------------------------------------------------------------------------ */

#define MAX_ROWS 8192
#define N_MEASURES 12

struct row {
    uint32_t kind, bucket;
    char key[160];
    obs_number values[N_MEASURES];
};

struct rows {
    struct row *items;
    size_t n, n_dimensions, n_measures;
    obs_search_result result;
    int done;
};

static const obs_measure measures[N_MEASURES] = {
    {OBS_MEASURE_COUNT, 0, 0},
    {OBS_MEASURE_ERRORS, 0, 0},
    {OBS_MEASURE_SUM, OBS_FIELD_TOTAL_TOKENS, 0},
    {OBS_MEASURE_SUM, OBS_FIELD_TOTAL_COST, 0},
    {OBS_MEASURE_AVG, OBS_FIELD_DURATION, 0},
    {OBS_MEASURE_STDDEV, OBS_FIELD_TTFT, 0},
    {OBS_MEASURE_QUANTILE, OBS_FIELD_DURATION, 0.95},
    {OBS_MEASURE_QUANTILE, OBS_FIELD_TTFT, 0.5},
    {OBS_MEASURE_PRESENT, OBS_FIELD_CACHED_TOKENS, 0},
    {OBS_MEASURE_MAX, OBS_FIELD_DURATION, 0},
    {OBS_MEASURE_MIN, OBS_FIELD_TOTAL_TOKENS, 0},
    {OBS_MEASURE_DISTINCT, OBS_FIELD_USER_ID, 0},
};

static int on_group(const obs_group *group, void *user)
{
    struct rows *rows = user;
    struct row *row = &rows->items[rows->n++];

    assert_true(rows->n < MAX_ROWS);
    *row = (struct row){.kind = group->kind, .bucket = group->bucket};
    for (size_t i = 0; i < rows->n_dimensions && group->kind != OBS_GROUP_ALL; i++)
        snprintf(row->key + strlen(row->key), sizeof(row->key) - strlen(row->key), "%.*s|",
                 OBS_STR_ARG(group->dimensions[i]));
    memcpy(row->values, group->measures, rows->n_measures * sizeof(row->values[0]));
    return 0;
}

static void on_done(const obs_search_result *result, void *user)
{
    struct rows *rows = user;

    rows->result = *result;
    rows->done = 1;
}

static void ask(struct fixture *f, const obs_scope *scope, const obs_aggregate_query *q,
                struct rows *rows)
{
    rows->n = 0;
    rows->done = 0;
    rows->n_dimensions = q->n_dimensions;
    rows->n_measures = q->n_measures;
    assert_int_equal(f->store->aggregate(f->self, scope, q, on_group, on_done, rows), OBS_OK);
    fake_worker_wait(f->worker, &rows->done);
    assert_int_equal(rows->result.error, OBS_OK);
}

static void same_numbers(const obs_number *a, const obs_number *b, size_t measure, const char *key)
{
    if (a->i != b->i || !(a->d == b->d || (isnan(a->d) && isnan(b->d))))
        fail_msg("measure %zu of \"%s\": %lld (%.17g), and %lld (%.17g)", measure, key,
                 (long long)a->i, a->d, (long long)b->i, b->d);
}

static void same_rows(const struct rows *a, const struct rows *b)
{
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->result.total, b->result.total);
    for (size_t i = 0; i < a->n; i++) {
        assert_int_equal(a->items[i].kind, b->items[i].kind);
        assert_int_equal(a->items[i].bucket, b->items[i].bucket);
        assert_string_equal(a->items[i].key, b->items[i].key);
        for (size_t m = 0; m < N_MEASURES; m++)
            same_numbers(&a->items[i].values[m], &b->items[i].values[m], m, a->items[i].key);
    }
}

/* --- questions ----------------------------------------------------------------------------- */

struct question {
    obs_aggregate_query query;
    obs_dimension dimensions[3];
    int64_t edges[200];
    obs_value value;
    obs_filter filter;
    obs_str model; /* that is asked for */
};

static const uint32_t fields[] = {OBS_FIELD_PROJECT_ID,     OBS_FIELD_MODEL,
                                  OBS_FIELD_PROVIDER,       OBS_FIELD_ENVIRONMENT,
                                  OBS_FIELD_OPERATION_TYPE, OBS_FIELD_STATUS};

static void put_range(struct question *x)
{
    static const int64_t steps[] = {MINUTE_NS, 15 * MINUTE_NS, 60 * MINUTE_NS, DAY_NS, 5 * S_NS};
    int64_t step = steps[roll(5)], from = BASE_NS - DAY_NS + (int64_t)roll(3 * DAY_NS);
    size_t n = 1 + roll(60);

    if (roll(4) == 0) {
        x->query.from_ns = INT64_MIN;
        x->query.to_ns = INT64_MAX;
        return;
    }
    if (roll(4))
        from -= from % step;
    x->query.from_ns = from;
    x->query.to_ns = from + step * (int64_t)n;
    if (roll(3) == 0)
        return;
    for (size_t i = 0; i <= n; i++)
        x->edges[i] = from + step * (int64_t)i;
    x->query.edges = x->edges;
    x->query.n_edges = n + 1;
}

static void make_question(struct question *x, bool with_distinct)
{
    *x = (struct question){0};
    x->query = (obs_aggregate_query){.size = sizeof(x->query),
                                     .flags = roll(2) ? OBS_QUERY_DESCENDING : 0,
                                     .dimensions = x->dimensions,
                                     .n_dimensions = roll(3),
                                     .measures = measures,
                                     .n_measures = with_distinct ? N_MEASURES : N_MEASURES - 1,
                                     .sort_measure = (uint32_t)roll(N_MEASURES - 1),
                                     .limit = 1000};
    put_range(x);
    for (size_t i = 0; i < x->query.n_dimensions; i++)
        x->dimensions[i].field = fields[roll(6)];
    if (roll(2)) {
        x->model = obs_str_of(models[roll(2)]);
        x->value.s = x->model;
        x->filter = (obs_filter){.size = sizeof(x->filter),
                                 .kind = OBS_FILTER_LEAF,
                                 .field = OBS_FIELD_MODEL,
                                 .op = OBS_OP_EQ,
                                 .values = &x->value,
                                 .n_values = 1};
        x->query.filter = &x->filter;
    }
}

/* --- the naive loop --------------------------------------------------------------------------- */

struct sums {
    int64_t count, errors, tokens, cost;
};

static struct sums naive(const obs_span *spans, const struct question *x, bool only_p)
{
    struct sums sums = {0};

    for (size_t i = 0; i < N; i++) {
        const obs_span *s = &spans[i];

        if (s->start_ns < x->query.from_ns || s->start_ns >= x->query.to_ns ||
            (x->model.len && !obs_str_eq(s->model, x->model)) ||
            (only_p && !obs_str_is(s->project_id, "p")))
            continue;
        sums.count++;
        sums.errors += s->status == OBS_STATUS_ERROR;
        if (!(s->flags & OBS_SPAN_OUTER_TOKENS) && obs_span_total_tokens(s) > 0)
            sums.tokens += obs_span_total_tokens(s);
        if (!(s->flags & OBS_SPAN_OUTER_COST) && s->total_cost > 0)
            sums.cost += s->total_cost;
    }
    return sums;
}

static void check_naive(const struct rows *rows, const struct sums *sums)
{
    const struct row *all = &rows->items[0];
    int64_t groups = 0, buckets = 0;
    bool any = false;

    assert_int_equal(all->kind, OBS_GROUP_ALL);
    assert_int_equal(all->values[0].i, sums->count);
    assert_int_equal(all->values[1].i, sums->errors);
    assert_int_equal(all->values[2].i, sums->tokens);
    assert_int_equal(all->values[3].i, sums->cost);
    for (size_t i = 1; i < rows->n; i++) {
        groups += rows->items[i].kind == OBS_GROUP_TOTAL ? rows->items[i].values[3].i : 0;
        buckets += rows->items[i].kind == OBS_GROUP_BUCKET ? rows->items[i].values[3].i : 0;
        any |= rows->items[i].kind == OBS_GROUP_BUCKET;
    }
    assert_int_equal(groups, sums->cost);
    if (any)
        assert_int_equal(buckets, sums->cost);
}

/* --- tests -------------------------------------------------------------------------------------
 */

static void ask_both(struct fixture *f, const obs_span *spans, size_t n, size_t *ret_rollups)
{
    static const obs_str p = OBS_STR("p");
    const obs_scope mine = {.size = sizeof(mine), .projects = &p, .n_projects = 1};
    struct rows some = {.items = calloc(MAX_ROWS, sizeof(struct row))};
    struct rows raw = {.items = calloc(MAX_ROWS, sizeof(struct row))};

    *ret_rollups = 0;
    for (size_t i = 0; i < n; i++) {
        bool only_p = roll(3) == 0;
        struct question x;
        struct sums sums;

        make_question(&x, i % 2);
        ask(f, only_p ? &mine : &scope_all, &x.query, &some);
        *ret_rollups += some.result.source == OBS_SOURCE_ROLLUP;
        x.query.flags |= OBS_QUERY_RAW;
        ask(f, only_p ? &mine : &scope_all, &x.query, &raw);
        assert_int_equal(raw.result.source, OBS_SOURCE_RAW);
        same_rows(&some, &raw);
        sums = naive(spans, &x, only_p);
        check_naive(&some, &sums);
    }
    free(some.items);
    free(raw.items);
}

static void rollups_spans_and_a_naive_loop_agree(void **state)
{
    struct fixture *f = *state;
    obs_span *spans = calloc(N, sizeof(*spans));
    size_t rollups;

    for (uint64_t i = 0; i < N; i++)
        spans[i] = span_number(i);
    send_all(f, spans);
    mark(spans);
    ask_both(f, spans, 400, &rollups);
    assert_in_range(rollups, 50, 400);
    free(spans);
}

static void wait_for(const struct fixture *f, const char *sql)
{
    for (int i = 0; i < 3000 && file_number(f, sql) == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    assert_true(file_number(f, sql) != 0);
}

/* As if the file were from before there were rollups. */
static void forget_rollups(const struct fixture *f)
{
    change_file(f, "DELETE FROM rollups; DELETE FROM rollup_series; DELETE FROM rollup_projects;"
                   "DELETE FROM usage_below; UPDATE spans SET flags=flags&7;"
                   "UPDATE rollup_state SET counted=0, last=(SELECT max(id) FROM spans)");
}

static void what_was_there_before_is_counted_later(void **state)
{
    struct fixture *f = *state;
    obs_span *spans = calloc(N, sizeof(*spans));
    size_t rollups;

    for (uint64_t i = 0; i < N; i++)
        spans[i] = span_number(i);
    for (size_t i = 0; i < N - 100; i += 50)
        assert_int_equal(append_wait(f, &scope_all, spans + i, 50, NULL), OBS_OK);
    fixture_close(f);
    forget_rollups(f);
    assert_int_equal(fixture_open(f), OBS_OK);
    assert_int_equal(append_wait(f, &scope_all, spans + N - 100, 100, NULL), OBS_OK);
    wait_for(f, "SELECT counted>=last FROM rollup_state");
    mark(spans);
    ask_both(f, spans, 200, &rollups);
    assert_in_range(rollups, 20, 200);
    free(spans);
}

/* Nothing is made of half of the spans. */
static void until_all_is_counted_spans_answer(void **state)
{
    struct fixture *f = *state;
    obs_span *spans = calloc(N, sizeof(*spans));
    size_t rollups;

    for (uint64_t i = 0; i < N; i++)
        spans[i] = span_number(i);
    assert_int_equal(append_wait(f, &scope_all, spans, N, NULL), OBS_OK);
    change_file(f, "UPDATE rollup_state SET counted=0, last=1000000000");
    mark(spans);
    ask_both(f, spans, 20, &rollups);
    assert_int_equal(rollups, 0);
    free(spans);
}

static bool look(const struct fixture *f)
{
    struct statements statements = {0};
    struct db *db = NULL;
    int64_t minute_ns = 0;
    bool same = false;
    char error[256];

    assert_int_equal(db_open(&f->settings.store, /* read_only= */ true, &db, error, sizeof(error)),
                     OBS_OK);
    statements.db = db;
    assert_int_equal(drift_look(&statements, &f->settings.store, &same, &minute_ns), OBS_OK);
    statements_finish(&statements);
    db_close(db);
    return same;
}

static void a_cell_that_drifts_is_found(void **state)
{
    struct fixture *f = *state;
    obs_span *spans = calloc(N, sizeof(*spans));

    for (uint64_t i = 0; i < N; i++)
        spans[i] = span_number(i);
    send_all(f, spans);
    for (int i = 0; i < 50; i++)
        assert_true(look(f));
    change_file(f, "UPDATE rollups SET sums=(SELECT sums FROM rollups ORDER BY length(sums) DESC"
                   " LIMIT 1)");
    assert_false(look(f));
    free(spans);
}

static int64_t tokens_of(struct fixture *f, uint32_t flags, uint32_t *ret_source)
{
    const obs_aggregate_query q = {.size = sizeof(q),
                                   .flags = flags,
                                   .from_ns = INT64_MIN,
                                   .to_ns = INT64_MAX,
                                   .measures = measures,
                                   .n_measures = 4,
                                   .limit = 1};
    struct rows rows = {.items = calloc(MAX_ROWS, sizeof(struct row))};
    int64_t tokens;

    ask(f, &scope_all, &q, &rows);
    tokens = rows.items[0].values[2].i;
    *ret_source = rows.result.source;
    free(rows.items);
    return tokens;
}

static void old_spans_go_and_what_they_used_stays(void **state)
{
    struct fixture *f = *state;
    obs_span *spans = calloc(N, sizeof(*spans));
    uint32_t source;
    int64_t tokens;

    for (uint64_t i = 0; i < N; i++)
        spans[i] = span_number(i);
    send_all(f, spans);
    tokens = tokens_of(f, 0, &source);
    assert_true(tokens > 0);
    fixture_close(f);
    f->settings.store.retention_spans_ns = DAY_NS;
    for (int i = 0; i < 3; i++)
        f->settings.store.retention_cells_ns[i] = DAY_NS;
    assert_int_equal(fixture_open(f), OBS_OK);
    wait_for(f, "SELECT NOT EXISTS(SELECT 1 FROM spans)");
    wait_for(f, "SELECT NOT EXISTS(SELECT 1 FROM rollups WHERE level%4<3)");
    assert_int_equal(tokens_of(f, 0, &source), tokens);
    assert_int_equal(source, OBS_SOURCE_ROLLUP);
    assert_int_equal(tokens_of(f, OBS_QUERY_RAW, &source), 0);
    free(spans);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rollups_spans_and_a_naive_loop_agree),  TEST(what_was_there_before_is_counted_later),
        TEST(until_all_is_counted_spans_answer),     TEST(a_cell_that_drifts_is_found),
        TEST(old_spans_go_and_what_they_used_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
