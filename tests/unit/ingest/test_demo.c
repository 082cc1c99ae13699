/* SPDX-License-Identifier: Apache-2.0 */
/* What the generated traces promise: whole trees in the past, the shape of real
 * traffic, the same for the same seed. All of it with the book that is shipped. */
#include "demo.h"
#include "price.h"

#include <observatory/json.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#define SPANS 24000
#define DAYS 6
#define HOUR_NS INT64_C(3600000000000)
#define DAY_NS (24 * HOUR_NS)
#define END_NS INT64_C(1767268800000000000) /* 2026-01-01T12:00:00Z */

struct made {
    obs_arena *arena;
    obs_span *spans;
    size_t n, n_traces;
    size_t *starts; /* of the traces in `spans`, and one past the last */
};

static struct price_books books; /* of the file alone */
static obs_arena *book_arena;
static struct made all; /* SPANS of them with seed 1 */

static void make(struct made *m, const struct demo_settings *settings)
{
    struct demo *demo = malloc(sizeof(*demo));
    size_t n;

    assert_non_null(demo);
    *m = (struct made){.arena = obs_arena_create(0)};
    m->spans = calloc(settings->spans + DEMO_MAX_TRACE, sizeof(*m->spans));
    m->starts = calloc(settings->spans + 1, sizeof(*m->starts));
    assert_true(m->arena && m->spans && m->starts);
    demo_init(demo, settings);
    while ((n = demo_trace(demo, m->arena, m->spans + m->n)) > 0) {
        assert_true(n <= DEMO_MAX_TRACE);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(price_apply(&books, &m->spans[m->n + i], m->arena), OBS_OK);
        m->n += n;
        m->starts[++m->n_traces] = m->n;
        assert_true(m->n <= settings->spans);
    }
    free(demo);
}

static void unmake(struct made *m)
{
    obs_arena_destroy(m->arena);
    free(m->spans);
    free(m->starts);
}

static struct demo_settings settings_of(uint64_t seed, uint64_t spans, double days)
{
    return (struct demo_settings){
        .seed = seed,
        .spans = spans,
        .days = days,
        .end_ns = END_NS,
        .project = OBS_STR("demo"),
    };
}

static int make_all(void **unused)
{
    struct demo_settings settings;
    char error[256] = "";
    (void)unused;

    book_arena = obs_arena_create(0);
    if (price_book_load(book_arena, PRICES_YAML, &books.layers[PRICE_LAYER_FILE], error,
                        sizeof(error)) < 0) {
        print_error("%s\n", error);
        return 1;
    }
    settings = settings_of(1, SPANS, DAYS);
    make(&all, &settings);
    return 0;
}

static int drop_all(void **unused)
{
    (void)unused;
    unmake(&all);
    obs_arena_destroy(book_arena);
    return 0;
}

static bool is_chat(const obs_span *s)
{
    return obs_str_is(s->operation_type, "chat");
}

/* --- the same again -------------------------------------------------------------------- */

static bool same_texts(const obs_span *a, const obs_span *b)
{
    return obs_str_eq(a->span_name, b->span_name) && obs_str_eq(a->model, b->model) &&
           obs_str_eq(a->user_id, b->user_id) && obs_str_eq(a->session_id, b->session_id) &&
           obs_str_eq(a->input_text, b->input_text) && obs_str_eq(a->output_text, b->output_text) &&
           obs_str_eq(a->output_messages, b->output_messages) && obs_str_eq(a->tags, b->tags) &&
           obs_str_eq(a->tool_calls, b->tool_calls) && obs_str_eq(a->error_type, b->error_type) &&
           obs_str_eq(a->attributes, b->attributes) && obs_str_eq(a->release, b->release);
}

static bool same_span(const obs_span *a, const obs_span *b)
{
    return memcmp(a->trace_id, b->trace_id, sizeof(a->trace_id)) == 0 &&
           memcmp(a->span_id, b->span_id, sizeof(a->span_id)) == 0 &&
           memcmp(a->parent_span_id, b->parent_span_id, sizeof(a->parent_span_id)) == 0 &&
           a->start_ns == b->start_ns && a->end_ns == b->end_ns && a->status == b->status &&
           a->input_tokens == b->input_tokens && a->output_tokens == b->output_tokens &&
           a->cache_read_tokens == b->cache_read_tokens && a->total_cost == b->total_cost &&
           same_texts(a, b);
}

static void the_same_seed_gives_the_same_spans(void **unused)
{
    struct demo_settings settings = settings_of(1, SPANS, DAYS);
    struct made again, other;
    size_t n_same = 0;
    (void)unused;

    make(&again, &settings);
    assert_int_equal(again.n, all.n);
    for (size_t i = 0; i < all.n; i++)
        if (!same_span(&all.spans[i], &again.spans[i]))
            fail_msg("span %zu differs", i);
    settings.seed = 2;
    make(&other, &settings);
    for (size_t i = 0; i < all.n; i++)
        n_same += memcmp(all.spans[i].span_id, other.spans[i].span_id, 8) == 0;
    assert_int_equal(n_same, 0);
    unmake(&other);
    unmake(&again);
}

static void exactly_as_many_spans_as_asked_for(void **unused)
{
    static const uint64_t counts[] = {0, 1, 2, 3, 4, 5, 47, 48, 49, 100, 777, 2000};
    (void)unused;

    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        const struct demo_settings settings = settings_of(7, counts[i], 1);
        struct made m;
        make(&m, &settings);
        assert_int_equal(m.n, counts[i]);
        unmake(&m);
    }
    assert_int_equal(all.n, SPANS);
}

/* --- trees ------------------------------------------------------------------------------- */

static bool has_parent(const obs_span *s)
{
    static const uint8_t none[8];

    return memcmp(s->parent_span_id, none, sizeof(none)) != 0;
}

static void check_trace(const obs_span *spans, size_t n)
{
    const obs_span *root = &spans[0];

    assert_false(has_parent(root));
    for (size_t i = 0; i < n; i++) {
        const obs_span *s = &spans[i];
        size_t parent = 0;
        assert_memory_equal(s->trace_id, root->trace_id, sizeof(s->trace_id));
        assert_true(s->end_ns >= s->start_ns);
        assert_true(s->start_ns >= root->start_ns && s->end_ns <= root->end_ns);
        assert_true(obs_str_eq(s->session_id, root->session_id));
        assert_true(obs_str_is(s->project_id, "demo"));
        assert_true(s->span_name.len > 0);
        if (i == 0)
            continue;
        assert_true(has_parent(s));
        while (parent < i && memcmp(spans[parent].span_id, s->parent_span_id, 8) != 0)
            parent++;
        assert_true(parent < i); /* before its children */
    }
}

static void every_trace_is_a_whole_tree(void **unused)
{
    (void)unused;

    for (size_t t = 0; t < all.n_traces; t++)
        check_trace(all.spans + all.starts[t], all.starts[t + 1] - all.starts[t]);
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

static void no_id_is_used_twice(void **unused)
{
    uint8_t(*ids)[16] = calloc(all.n + all.n_traces, sizeof(*ids));
    size_t n = 0;
    (void)unused;

    assert_non_null(ids);
    for (size_t i = 0; i < all.n; i++)
        memcpy(ids[n++], all.spans[i].span_id, 8);
    for (size_t t = 0; t < all.n_traces; t++)
        memcpy(ids[n++], all.spans[all.starts[t]].trace_id, 16);
    qsort(ids, n, sizeof(*ids), by_bytes);
    for (size_t i = 1; i < n; i++)
        assert_memory_not_equal(ids[i - 1], ids[i], 16);
    free(ids);
}

/* --- times --------------------------------------------------------------------------------- */

static void check_range(const struct made *m, int64_t begin_ns)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->spans[i].start_ns < begin_ns || m->spans[i].end_ns > END_NS)
            fail_msg("span %zu of %zu begins %lld ns late and ends %lld ns early", i, m->n,
                     (long long)(m->spans[i].start_ns - begin_ns),
                     (long long)(END_NS - m->spans[i].end_ns));
}

static void everything_is_between_begin_and_end(void **unused)
{
    static const double days[] = {0.1, 1, 7, 30};
    (void)unused;

    check_range(&all, END_NS - DAYS * DAY_NS);
    for (uint64_t k = 0; k < 40; k++) {
        const struct demo_settings settings = settings_of(k, 700, days[k % 4]);
        struct made m;
        make(&m, &settings);
        check_range(&m, END_NS - (int64_t)(days[k % 4] * DAY_NS));
        unmake(&m);
    }
}

/* Traces that take longer than all the days. */
static void nothing_ends_in_the_future(void **unused)
{
    const struct demo_settings settings = settings_of(3, 100000, 0.0001);
    struct made m;
    (void)unused;

    make(&m, &settings);
    check_range(&m, INT64_MIN / 2);
    unmake(&m);
}

static size_t traces_between(const struct made *m, int64_t from_ns, int64_t to_ns)
{
    size_t n = 0;

    for (size_t t = 0; t < m->n_traces; t++) {
        int64_t at_ns = m->spans[m->starts[t]].start_ns;
        n += at_ns >= from_ns && at_ns < to_ns;
    }
    return n;
}

static void traces_are_spread_over_all_days(void **unused)
{
    (void)unused;

    for (int day = 0; day < DAYS; day++) {
        int64_t from_ns = END_NS - (DAYS - day) * DAY_NS;
        size_t n = traces_between(&all, from_ns, from_ns + DAY_NS);
        assert_in_range(n, all.n_traces / DAYS * 8 / 10, all.n_traces / DAYS * 12 / 10);
    }
    assert_int_equal(traces_between(&all, INT64_MIN, END_NS - DAYS * DAY_NS), 0);
}

/* Whoever looks at what happened just now finds something, in a small demo too. */
static void the_last_hour_is_never_empty(void **unused)
{
    static const uint64_t counts[] = {1, 20, 300, 2000};
    (void)unused;

    for (uint64_t seed = 0; seed < 60; seed++) {
        const struct demo_settings settings = settings_of(seed, counts[seed % 4], 7);
        struct made m;
        int64_t last_ns = 0;
        make(&m, &settings);
        for (size_t t = 0; t < m.n_traces; t++)
            if (m.spans[m.starts[t]].end_ns > last_ns)
                last_ns = m.spans[m.starts[t]].end_ns;
        if (last_ns < END_NS - HOUR_NS)
            fail_msg("seed %d: the last trace ended %lld s before the end", (int)seed,
                     (long long)((END_NS - last_ns) / 1000000000));
        unmake(&m);
    }
}

static void the_afternoon_is_busier_than_the_night(void **unused)
{
    size_t afternoon = 0, night = 0;
    (void)unused;

    for (size_t t = 0; t < all.n_traces; t++) {
        int64_t hour = all.spans[all.starts[t]].start_ns / HOUR_NS % 24;
        afternoon += hour >= 13 && hour < 16;
        night += hour >= 1 && hour < 4;
    }
    assert_true(night > 0);
    assert_true(afternoon > 2 * night); /* three times, but for chance */
    assert_true(afternoon < 4 * night);
}

/* --- the shape ------------------------------------------------------------------------------- */

/* Conversations ask with a temperature, code without. */
static bool is_conversation(const obs_span *s)
{
    return is_chat(s) && s->input_tokens >= 0 &&
           memmem(s->model_parameters.ptr, s->model_parameters.len, "0.7", 3);
}

struct moments {
    double sum, squares;
    size_t n;
};

static void add_log(struct moments *m, double value)
{
    double v = log(value);

    m->sum += v;
    m->squares += v * v;
    m->n++;
}

static void check_moments(const struct moments *m, double mu, double sigma)
{
    double mean = m->sum / (double)m->n;
    double deviation = sqrt(m->squares / (double)m->n - mean * mean);
    double error = sigma / sqrt((double)m->n);

    if (fabs(mean - mu) > 4 * error + 0.01 || fabs(deviation - sigma) > 4 * error + 0.01)
        fail_msg("mean %.3f, deviation %.3f of %zu; expected %.3f and %.3f", mean, deviation, m->n,
                 mu, sigma);
}

static int64_t known(int64_t n)
{
    return n > 0 ? n : 0;
}

static void conversations_have_the_token_counts_of_the_fit(void **unused)
{
    struct moments prompt = {0}, completion = {0};
    (void)unused;

    for (size_t i = 0; i < all.n; i++) {
        const obs_span *s = &all.spans[i];
        if (!is_conversation(s))
            continue;
        add_log(&prompt, (double)(s->input_tokens + known(s->cache_read_tokens)));
        add_log(&completion, (double)(s->output_tokens + known(s->reasoning_tokens)));
    }
    assert_true(prompt.n > SPANS / 4);
    check_moments(&prompt, 6.633, 0.985);
    check_moments(&completion, 5.019, 0.859); /* but for the few that max_tokens cuts */
}

/* gpt-4o-mini: the first token after exp(5.7) ms, then 110 tokens a second. */
static void calls_take_the_time_of_their_model(void **unused)
{
    struct moments first = {0};
    (void)unused;

    for (size_t i = 0; i < all.n; i++) {
        const obs_span *s = &all.spans[i];
        double speed;
        if (!obs_str_is(s->model, "gpt-4o-mini-2024-07-18"))
            continue;
        add_log(&first, (double)s->ttft_ns / 1e6);
        speed = (double)s->output_tokens * 1e9 / (double)(s->end_ns - s->start_ns - s->ttft_ns);
        if (speed < 110 * 0.79 || speed > 110 * 1.21)
            fail_msg("%.1f tokens a second", speed);
    }
    assert_true(first.n > SPANS / 20);
    check_moments(&first, 5.7, 0.35);
}

static void a_few_spans_fail_and_say_why(void **unused)
{
    size_t n = 0;
    (void)unused;

    for (size_t i = 0; i < all.n; i++) {
        const obs_span *s = &all.spans[i];
        if (s->status == OBS_STATUS_ERROR) {
            assert_true(s->error_type.len > 0 && s->error_message.len > 0);
            n++;
        } else {
            assert_int_equal(s->error_type.len, 0);
        }
    }
    assert_in_range(n, SPANS / 100, SPANS * 6 / 100);
}

static bool is_one_of(obs_str text, const char *const *words)
{
    while (*words && !obs_str_is(text, *words))
        words++;
    return *words != NULL;
}

static void a_call_that_worked_has_tokens_time_and_cost(void **unused)
{
    static const char *const sources[] = {"price_book", "free", "unpriced", NULL};
    size_t n_priced = 0, n_unpriced = 0;
    (void)unused;

    for (size_t i = 0; i < all.n; i++) {
        const obs_span *s = &all.spans[i];
        if (!is_chat(s) || s->status == OBS_STATUS_ERROR)
            continue;
        assert_true(s->input_tokens + known(s->cache_read_tokens) > 0);
        assert_true(s->output_tokens > 0 && obs_span_total_tokens(s) > 0);
        assert_true(s->ttft_ns > 0 && s->ttft_ns <= s->end_ns - s->start_ns);
        assert_true(s->model.len && s->provider.len && s->finish_reason.len);
        if (!is_one_of(s->cost_source, sources))
            fail_msg("cost source %.*s", OBS_STR_ARG(s->cost_source));
        n_priced += s->total_cost > 0;
        n_unpriced += s->total_cost < 0;
        assert_true((s->total_cost < 0) == obs_str_is(s->model, "acme-house-7b"));
    }
    assert_true(n_priced > 0 && n_unpriced > 0);
}

static void check_json(obs_arena *arena, obs_str text, uint32_t type)
{
    obs_json_error error = {.size = sizeof(error)};
    const obs_json *value;

    if (text.len == 0)
        return;
    if (obs_json_parse(arena, text, &value, &error) < 0)
        fail_msg("%s in %.*s", error.text, OBS_STR_ARG(text));
    assert_int_equal(obs_json_type(value), type);
}

static void fields_of_json_are_json(void **unused)
{
    (void)unused;

    for (size_t i = 0; i < all.n; i++) {
        const obs_span *s = &all.spans[i];
        obs_arena *arena = obs_arena_create(0);
        check_json(arena, s->input_messages, OBS_JSON_ARRAY);
        check_json(arena, s->output_messages, OBS_JSON_ARRAY);
        check_json(arena, s->tool_calls, OBS_JSON_ARRAY);
        check_json(arena, s->tags, OBS_JSON_ARRAY);
        check_json(arena, s->attributes, OBS_JSON_OBJECT);
        check_json(arena, s->resource_attributes, OBS_JSON_OBJECT);
        check_json(arena, s->model_parameters, OBS_JSON_OBJECT);
        obs_arena_destroy(arena);
    }
}

static void an_answer_keeps_to_the_limit_that_was_asked_for(void **unused)
{
    size_t n = 0;
    (void)unused;

    for (size_t i = 0; i < all.n; i++) {
        const obs_span *s = &all.spans[i];
        const obs_json *parameters;
        int64_t limit, made = s->output_tokens + known(s->reasoning_tokens);
        obs_arena *arena;
        if (!is_chat(s) || s->output_tokens < 0)
            continue;
        arena = obs_arena_create(0);
        assert_int_equal(obs_json_parse(arena, s->model_parameters, &parameters, NULL), OBS_OK);
        limit = obs_json_int(obs_json_get(parameters, "max_tokens"));
        if (made > limit)
            fail_msg("%lld tokens, asked for %lld at most", (long long)made, (long long)limit);
        n++;
        obs_arena_destroy(arena);
    }
    assert_true(n > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_spans),
        cmocka_unit_test(exactly_as_many_spans_as_asked_for),
        cmocka_unit_test(every_trace_is_a_whole_tree),
        cmocka_unit_test(no_id_is_used_twice),
        cmocka_unit_test(everything_is_between_begin_and_end),
        cmocka_unit_test(nothing_ends_in_the_future),
        cmocka_unit_test(traces_are_spread_over_all_days),
        cmocka_unit_test(the_last_hour_is_never_empty),
        cmocka_unit_test(the_afternoon_is_busier_than_the_night),
        cmocka_unit_test(conversations_have_the_token_counts_of_the_fit),
        cmocka_unit_test(calls_take_the_time_of_their_model),
        cmocka_unit_test(a_few_spans_fail_and_say_why),
        cmocka_unit_test(a_call_that_worked_has_tokens_time_and_cost),
        cmocka_unit_test(fields_of_json_are_json),
        cmocka_unit_test(an_answer_keeps_to_the_limit_that_was_asked_for),
    };

    return cmocka_run_group_tests_name("demo", tests, make_all, drop_all);
}
