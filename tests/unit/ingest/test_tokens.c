/* SPDX-License-Identifier: Apache-2.0 */
/* How token counts are read, rule by rule. */
#include "fixture_span.h"
#include "random.h"
#include "tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define NO OBS_ABSENT

struct parts {
    int64_t input, read, write, output, reasoning;
};

struct token_case {
    const char *what;
    struct token_counts sent; /* input, output, total, read, write, reasoning */
    struct parts want;
    bool ambiguous;
};

#define SENT(i, o, t, r, w, n)                                                                     \
    .input = (i), .output = (o), .total = (t), .cache_read = (r), .cache_write = (w),              \
    .reasoning = (n), .input_uncached = NO, .input_text = NO, .input_audio = NO,                   \
    .input_image = NO, .cache_read_text = NO, .cache_read_audio = NO, .cache_read_image = NO,      \
    .cache_write_5m = NO, .cache_write_1h = NO, .output_text = NO, .output_audio = NO,             \
    .output_image = NO

static const struct token_case cases[] = {
    {"nothing", {SENT(NO, NO, NO, NO, NO, NO)}, {NO, NO, NO, NO, NO}, false},
    {"no details", {SENT(10, 5, NO, NO, NO, NO)}, {10, NO, NO, 5, NO}, false},
    {"inside by default", {SENT(100, 50, NO, 30, 20, 10)}, {50, 30, 20, 40, 10}, false},
    {"cache larger than input", {SENT(10, 5, NO, 30, NO, NO)}, {10, 30, NO, 5, NO}, false},
    {"reasoning larger than output", {SENT(10, 5, NO, NO, NO, 8)}, {10, NO, NO, 5, 8}, false},
    {"total says inside",
     {SENT(100, 50, 150, 30, NO, NO), .habit = CACHE_BESIDE},
     {70, 30, NO, 50, NO},
     false},
    {"total says beside", {SENT(100, 50, 180, 30, NO, NO)}, {100, 30, NO, 50, NO}, false},
    {"total says reasoning beside", {SENT(100, 50, 160, NO, NO, 10)}, {100, NO, NO, 50, 10}, false},
    {"total says both beside", {SENT(100, 50, 190, 30, NO, 10)}, {100, 30, NO, 50, 10}, false},
    {"habit decides",
     {SENT(100, 50, NO, 30, NO, NO), .habit = CACHE_BESIDE},
     {100, 30, NO, 50, NO},
     false},
    {"habit is doubtful",
     {SENT(100, 50, NO, 30, NO, NO), .habit = CACHE_BESIDE, .doubtful = true},
     {100, 30, NO, 50, NO},
     true},
    {"doubt without details",
     {SENT(100, 50, NO, 0, NO, NO), .doubtful = true},
     {100, 0, NO, 50, NO},
     false},
    {"details are never added",
     {SENT(10, 5, NO, 30, NO, 8), .cache_info = true, .reason_info = true},
     {10, NO, NO, 5, NO},
     false},
    {"details inside are used",
     {SENT(100, 50, NO, 30, NO, 8), .cache_info = true, .reason_info = true},
     {70, 30, NO, 42, 8},
     false},
    {"output from the total", {SENT(100, NO, 150, NO, NO, NO)}, {100, NO, NO, 50, NO}, false},
    {"input from the total", {SENT(NO, 50, 150, NO, NO, NO)}, {100, NO, NO, 50, NO}, false},
    {"total alone", {SENT(NO, NO, 150, NO, NO, NO)}, {150, NO, NO, NO, NO}, true},
    {"total of an embedding",
     {SENT(NO, NO, 150, NO, NO, NO), .embedding = true},
     {150, NO, NO, NO, NO},
     false},
    {"total below the parts", {SENT(100, 50, 20, 30, NO, NO)}, {70, 30, NO, 50, NO}, false},
    {"cache alone", {SENT(NO, NO, NO, 30, NO, NO)}, {NO, 30, NO, NO, NO}, false},
};

static void each_rule_splits_as_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct parts *want = &cases[i].want;
        obs_span span;
        bool ambiguous;

        obs_span_init(&span);
        ambiguous = tokens_split(&cases[i].sent, &span);
        if (span.input_tokens != want->input || span.cache_read_tokens != want->read ||
            span.cache_write_tokens != want->write || span.output_tokens != want->output ||
            span.reasoning_tokens != want->reasoning || ambiguous != cases[i].ambiguous)
            fail_msg("%s: %lld %lld %lld %lld %lld %d", cases[i].what, (long long)span.input_tokens,
                     (long long)span.cache_read_tokens, (long long)span.cache_write_tokens,
                     (long long)span.output_tokens, (long long)span.reasoning_tokens, ambiguous);
    }
}

static obs_span usage(const char *provider, const char *input, const char *cache)
{
    static const char note[] = "\"observatory.tokens\":\"ambiguous\"";
    struct one *one = one_create();
    obs_span span;

    one_text(one, "gen_ai.provider.name", provider);
    one_int(one, input, 100);
    one_int(one, cache, 30);
    span = one_map(one);
    if (memmem(span.attributes.ptr, span.attributes.len, note, sizeof(note) - 1))
        span.reserved = 1;
    one_destroy(one);
    return span;
}

static void the_senders_habit_follows_from_names_and_provider(void **state)
{
    (void)state;
    /* the conventions count the cache inside, whoever answers */
    assert_int_equal(
        usage("anthropic", "gen_ai.usage.input_tokens", "gen_ai.usage.cache_read.input_tokens")
            .input_tokens,
        70);
    /* the raw field names of Anthropic mean its raw numbers */
    assert_int_equal(
        usage("anthropic", "gen_ai.usage.input_tokens", "gen_ai.usage.cache_read_input_tokens")
            .input_tokens,
        100);
    assert_int_equal(usage("aws.bedrock", "gen_ai.usage.input_tokens",
                           "gen_ai.usage.cache_creation_input_tokens")
                         .input_tokens,
                     100);
    assert_int_equal(
        usage("openai", "gen_ai.usage.input_tokens", "gen_ai.usage.cache_read_input_tokens")
            .input_tokens,
        70);
    assert_int_equal(
        usage("openai", "llm.token_count.prompt", "llm.token_count.prompt_details.cache_read")
            .input_tokens,
        70);
    assert_int_equal(
        usage("aws.bedrock", "llm.token_count.prompt", "llm.token_count.prompt_details.cache_read")
            .input_tokens,
        100);
}

static void a_reading_by_habit_alone_is_flagged(void **state)
{
    (void)state;
    assert_int_equal(
        usage("anthropic", "gen_ai.usage.input_tokens", "gen_ai.usage.cache_read_input_tokens")
            .reserved,
        1);
    assert_int_equal(
        usage("anthropic", "gen_ai.usage.input_tokens", "gen_ai.usage.cache_read.input_tokens")
            .reserved,
        0);
    assert_int_equal(
        usage("openai", "llm.token_count.prompt", "llm.token_count.prompt_details.cache_read")
            .reserved,
        0);
}

/* 30 of the tokens came from a cache, and the emitter says how many did not. */
static int64_t input_of(int64_t input, int64_t uncached, int64_t total, uint32_t habit)
{
    struct token_counts c = {SENT(input, 50, total, 30, NO, NO), .habit = habit, .doubtful = true};
    obs_span span;

    c.input_uncached = uncached;
    obs_span_init(&span);
    assert_int_equal(tokens_split(&c, &span), uncached != 100 && uncached != 70);
    assert_int_equal(span.cache_read_tokens, 30);
    return span.input_tokens;
}

static void the_uncached_input_says_where_the_cache_is(void **state)
{
    (void)state;
    assert_int_equal(input_of(100, 100, NO, 0), 100);
    assert_int_equal(input_of(100, 70, NO, CACHE_BESIDE), 70);
    /* before the total: that of the AI SDK 5 leaves Anthropic's cache out */
    assert_int_equal(input_of(100, 100, 150, 0), 100);
    /* of another call: it says nothing */
    assert_int_equal(input_of(100, 33, NO, 0), 70);
    assert_int_equal(input_of(NO, 100, NO, 0), 100);
}

/* Of media and lifetimes; 0: not sent. */
struct media {
    int64_t text, audio, image, read_audio, write_5m, write_1h, out_text, out_audio, out_image;
};

struct media_case {
    const char *what;
    struct token_counts sent;
    struct media media;
    /* input, audio, image, read, read audio, write, write 1h, output, audio, image, reasoning */
    int64_t want[11];
    bool ambiguous;
};

#define ALL_ABSENT SENT(NO, NO, NO, NO, NO, NO)

static const struct media_case media_cases[] = {
    /* OpenAI: audio is inside prompt and completion */
    {"audio inside",
     {SENT(100, 60, NO, NO, NO, NO)},
     {.audio = 40, .out_audio = 50},
     {60, 40, NO, NO, NO, NO, NO, 10, 50, NO, NO},
     false},
    /* Realtime: 30 of the 80 audio tokens were cached; 100 - 50 cached - 50 audio = 0 text */
    {"cached audio",
     {SENT(100, 0, NO, 50, NO, NO)},
     {.audio = 80, .read_audio = 30},
     {0, 50, NO, 20, 30, NO, NO, 0, NO, NO, NO},
     false},
    /* 80 + 60 > 100: at least 40 are both, which nobody said */
    {"media and cache overlap",
     {SENT(100, 0, NO, 60, NO, NO)},
     {.audio = 80},
     {0, 40, NO, 60, NO, NO, NO, 0, NO, NO, NO},
     true},
    {"the total says audio beside",
     {SENT(100, 20, 160, NO, NO, NO)},
     {.audio = 40},
     {100, 40, NO, NO, NO, NO, NO, 20, NO, NO, NO},
     false},
    {"audio larger than the input",
     {SENT(10, 5, NO, NO, NO, NO)},
     {.audio = 40},
     {10, 40, NO, NO, NO, NO, NO, 5, NO, NO, NO},
     false},
    {"wholes from modalities",
     {ALL_ABSENT},
     {.text = 10, .audio = 20, .image = 30, .out_text = 4, .out_image = 6},
     {10, 20, 30, NO, NO, NO, NO, 4, NO, 6, NO},
     false},
    {"cache writes for an hour",
     {SENT(100, 1, NO, NO, 70, NO)},
     {.write_5m = 50, .write_1h = 20},
     {30, NO, NO, NO, NO, 50, 20, 1, NO, NO, NO},
     false},
    {"cache writes from their parts",
     {SENT(100, 1, NO, NO, NO, NO)},
     {.write_5m = 50, .write_1h = 20},
     {30, NO, NO, NO, NO, 50, 20, 1, NO, NO, NO},
     false},
    {"reasoning and audio of one output",
     {SENT(1, 100, NO, NO, NO, 30)},
     {.out_audio = 60},
     {1, NO, NO, NO, NO, NO, NO, 10, 60, NO, 30},
     false},
    {"Langfuse adds everything up",
     {SENT(100, 50, NO, 30, NO, 20), .doubtful = true,
      .habit = CACHE_BESIDE | REASONING_BESIDE | MEDIA_BESIDE},
     {.audio = 40},
     {100, 40, NO, 30, NO, NO, NO, 50, NO, NO, 20},
     true},
};

static void read_parts(const obs_span *s, int64_t *ret)
{
    const int64_t parts[] = {
        s->input_tokens,          s->input_audio_tokens,      s->input_image_tokens,
        s->cache_read_tokens,     s->cache_read_audio_tokens, s->cache_write_tokens,
        s->cache_write_1h_tokens, s->output_tokens,           s->output_audio_tokens,
        s->output_image_tokens,   s->reasoning_tokens};

    memcpy(ret, parts, sizeof(parts));
}

static struct token_counts with_media(struct token_counts c, const struct media *m)
{
    int64_t *const to[] = {&c.input_text,       &c.input_audio,    &c.input_image,
                           &c.cache_read_audio, &c.cache_write_5m, &c.cache_write_1h,
                           &c.output_text,      &c.output_audio,   &c.output_image};
    const int64_t from[] = {m->text,     m->audio,    m->image,     m->read_audio, m->write_5m,
                            m->write_1h, m->out_text, m->out_audio, m->out_image};

    for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++)
        if (from[i])
            *to[i] = from[i];
    return c;
}

static void media_are_parts_too(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(media_cases) / sizeof(media_cases[0]); i++) {
        const struct media_case *c = &media_cases[i];
        struct token_counts sent = with_media(c->sent, &c->media);
        int64_t parts[11];
        obs_span span;
        bool ambiguous;

        obs_span_init(&span);
        ambiguous = tokens_split(&sent, &span);
        read_parts(&span, parts);
        for (size_t k = 0; k < 11; k++)
            if (parts[k] != c->want[k])
                fail_msg("%s: part %zu is %lld", c->what, k, (long long)parts[k]);
        if (ambiguous != c->ambiguous)
            fail_msg("%s: ambiguous %d", c->what, ambiguous);
    }
}

/* Whatever is sent, no part is negative; and when the total that is sent is that
 * of a possible reading, the parts add up to it. */
static void parts_add_up_to_the_total(void **state)
{
    struct random r = {.state = 1};

    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        int64_t text = (int64_t)random_below(&r, 50), audio = (int64_t)random_below(&r, 20),
                cache = (int64_t)random_below(&r, 30), out = (int64_t)random_below(&r, 50),
                spoken = (int64_t)random_below(&r, 20), thought = (int64_t)random_below(&r, 20);
        uint32_t beside = (uint32_t)random_below(&r, 8);
        int64_t total = text + audio + cache + out + spoken + thought, parts[11];
        struct token_counts c = {
            SENT(text + (beside & CACHE_BESIDE ? 0 : cache) + (beside & MEDIA_BESIDE ? 0 : audio),
                 out + (beside & REASONING_BESIDE ? 0 : thought) +
                     (beside & MEDIA_BESIDE ? 0 : spoken),
                 total, cache, NO, thought),
            .habit = (uint32_t)random_below(&r, 8),
        };
        obs_span span;

        c.input_audio = audio;
        c.output_audio = spoken;
        obs_span_init(&span);
        (void)tokens_split(&c, &span);
        assert_int_equal(obs_span_total_tokens(&span), total);
        c.total = random_chance(&r, 0.5) ? NO : (int64_t)random_below(&r, 300);
        obs_span_init(&span);
        (void)tokens_split(&c, &span);
        read_parts(&span, parts);
        for (size_t k = 0; k < 11; k++)
            assert_true(parts[k] >= NO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_splits_as_it_says),
        cmocka_unit_test(the_senders_habit_follows_from_names_and_provider),
        cmocka_unit_test(a_reading_by_habit_alone_is_flagged),
        cmocka_unit_test(the_uncached_input_says_where_the_cache_is),
        cmocka_unit_test(media_are_parts_too),
        cmocka_unit_test(parts_add_up_to_the_total),
    };

    return cmocka_run_group_tests_name("tokens", tests, NULL, NULL);
}
