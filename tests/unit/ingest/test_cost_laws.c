/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for the cost of any call: it is the sum of its parts, grows with its
 * tokens and in proportion to them, and does not depend on whose names the tokens
 * were sent by. Calls are random; prices are those of the cost corpus. */
#include "fixture_span.h"
#include "parts.h"
#include "price.h"
#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define ROUNDS 20000

struct fixture {
    obs_arena *arena;
    struct map_index *index;
    struct price_books books;
    struct random random;
};

static int open_fixture(void **state)
{
    static struct fixture f;
    char error[256];

    f = (struct fixture){
        .arena = obs_arena_create(0), .index = map_index_create(), .random = {.state = 42}};
    *state = &f;
    if (price_book_load(f.arena, FIXTURES "/costs/prices.yaml", &f.books.layers[PRICE_LAYER_FILE],
                        error, sizeof(error)) < 0)
        fail_msg("%s", error);
    return f.index ? 0 : -1;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;

    map_index_destroy(f->index);
    obs_arena_destroy(f->arena);
    return 0;
}

/* --- calls ------------------------------------------------------------------------- */

/* Models with every kind of price; of those that are `whole` each token costs whole
 * nano-dollars at any length of the prompt, so that nothing is rounded. */
static const struct model {
    const char *provider, *name, *tier;
    bool whole;
} models[] = {
    {"anthropic", "claude-opus-4-5", "", true},
    {"openai", "gpt-4o", "", true},
    {"openai", "gpt-realtime", "", true},
    {"openai", "gpt-4o", "priority", true},
    {"gcp.gemini", "gemini-2.5-flash", "", true},
    {"gcp.gemini", "gemini-2.5-pro", "", false},
    {"openai", "gpt-5.4", "priority", false},
    {"anthropic", "claude-sonnet-4-5", "batch", false},
    {"deepseek", "deepseek-v4-pro", "", false},
    {"openai", "gpt-5-nano", "flex", false},
};
#define N_MODELS (sizeof(models) / sizeof(models[0]))

static int64_t *part_of(obs_span *span, enum price_part part)
{
    return (int64_t *)(void *)((char *)span + price_parts[part].offset);
}

static obs_span call_of(const struct model *model)
{
    obs_span span;

    obs_span_init(&span);
    span.start_ns = INT64_C(1790000000000000000);
    span.operation_type = obs_str_of("chat");
    span.provider = obs_str_of(model->provider);
    span.model = obs_str_of(model->name);
    span.service_tier = obs_str_of(model->tier);
    return span;
}

/* Prompts end on both sides of where long ones begin. */
static void fill_tokens(struct fixture *f, obs_span *span)
{
    for (enum price_part part = 0; part < PRICE_N_PARTS; part++)
        if (random_chance(&f->random, 0.7))
            *part_of(span, part) = (int64_t)random_below(&f->random, 80000);
}

static int64_t cost_of(struct fixture *f, const obs_span *call)
{
    obs_arena *arena = obs_arena_create(0);
    obs_span span = *call;
    int64_t cost;

    assert_int_equal(price_apply(&f->books, &span, arena), OBS_OK);
    assert_int_equal(span.total_cost, span.prompt_cost + span.completion_cost);
    assert_int_equal(span.total_cost, span.book_cost);
    cost = span.total_cost;
    obs_arena_destroy(arena);
    return cost;
}

/* --- laws --------------------------------------------------------------------------- */

static void a_call_costs_the_sum_of_its_parts(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < ROUNDS; i++) {
        const struct model *model = &models[random_below(&f->random, N_MODELS)];
        obs_span span = call_of(model);
        int64_t sum = 0, tokens = 0;

        fill_tokens(f, &span);
        if (!model->whole && obs_span_prompt_tokens(&span) > 200000)
            continue; /* all at once it is a long prompt, part by part it is not */
        for (enum price_part part = 0; part < PRICE_N_PARTS; part++) {
            obs_span alone = call_of(model);

            if (price_part_tokens(&span, part) < 0)
                continue;
            *part_of(&alone, part) = price_part_tokens(&span, part);
            tokens += price_part_tokens(&span, part);
            sum += cost_of(f, &alone);
        }
        if (obs_span_total_tokens(&span) < 0)
            continue;
        assert_int_equal(tokens, obs_span_total_tokens(&span));
        assert_int_equal(cost_of(f, &span), sum);
    }
}

static void cost_is_in_proportion_to_tokens(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < ROUNDS; i++) {
        const struct model *model = &models[random_below(&f->random, N_MODELS)];
        int64_t times = 1 + (int64_t)random_below(&f->random, 9);
        obs_span once = call_of(model), often = call_of(model);

        if (!model->whole)
            continue;
        *part_of(&once, PRICE_INPUT) = 0;
        fill_tokens(f, &once);
        for (enum price_part part = 0; part < PRICE_N_PARTS; part++)
            if (price_part_tokens(&once, part) >= 0)
                *part_of(&often, part) = times * price_part_tokens(&once, part);
        assert_int_equal(cost_of(f, &often), times * cost_of(f, &once));
    }
}

static void more_tokens_never_cost_less(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < ROUNDS; i++) {
        const struct model *model = &models[random_below(&f->random, N_MODELS)];
        enum price_part part = (enum price_part)random_below(&f->random, PRICE_N_PARTS);
        obs_span less = call_of(model), more;

        *part_of(&less, PRICE_INPUT) = 0;
        fill_tokens(f, &less);
        more = less;
        *part_of(&more, part) = obs_tokens_sum(price_part_tokens(&more, part),
                                               (int64_t)random_below(&f->random, 100000));
        assert_true(cost_of(f, &more) >= cost_of(f, &less));
    }
}

/* --- dialects ------------------------------------------------------------------------ */

/* Parts that every dialect can tell of. */
struct usage_told {
    int64_t input, read, write, write_1h, output, reasoning;
};

static int64_t prompt_of(const struct usage_told *u)
{
    return u->input + u->read + u->write + u->write_1h;
}

static void send_genai(struct one *one, const struct usage_told *u)
{
    one_text(one, "gen_ai.operation.name", "chat");
    one_text(one, "gen_ai.provider.name", "anthropic");
    one_text(one, "gen_ai.response.model", "claude-opus-4-5");
    one_int(one, "gen_ai.usage.input_tokens", prompt_of(u));
    one_int(one, "gen_ai.usage.cache_read.input_tokens", u->read);
    one_int(one, "gen_ai.usage.cache_write.input_tokens", u->write + u->write_1h);
    one_int(one, "anthropic.usage.cache_creation.ephemeral_1h_input_tokens", u->write_1h);
    one_int(one, "gen_ai.usage.output_tokens", u->output + u->reasoning);
    one_int(one, "gen_ai.usage.reasoning.output_tokens", u->reasoning);
}

/* As Anthropic's API counts, with the library's total over everything. */
static void send_raw(struct one *one, const struct usage_told *u)
{
    one_text(one, "gen_ai.operation.name", "chat");
    one_text(one, "gen_ai.system", "Anthropic");
    one_text(one, "gen_ai.response.model", "claude-opus-4-5");
    one_int(one, "gen_ai.usage.input_tokens", u->input);
    one_int(one, "gen_ai.usage.cache_read_input_tokens", u->read);
    one_int(one, "gen_ai.usage.cache_creation_input_tokens", u->write + u->write_1h);
    one_int(one, "anthropic.usage.cache_creation.ephemeral_1h_input_tokens", u->write_1h);
    one_int(one, "gen_ai.usage.output_tokens", u->output + u->reasoning);
    one_int(one, "gen_ai.usage.reasoning_tokens", u->reasoning);
    one_int(one, "gen_ai.usage.total_tokens", prompt_of(u) + u->output + u->reasoning);
}

static void send_vercel(struct one *one, const struct usage_told *u)
{
    one_text(one, "ai.operationId", "ai.generateText.doGenerate");
    one_text(one, "ai.model.provider", "anthropic.messages");
    one_text(one, "ai.response.model", "claude-opus-4-5");
    one_int(one, "ai.usage.inputTokens", prompt_of(u));
    one_int(one, "ai.usage.inputTokenDetails.noCacheTokens", u->input);
    one_int(one, "ai.usage.inputTokenDetails.cacheReadTokens", u->read);
    one_int(one, "ai.usage.inputTokenDetails.cacheWriteTokens", u->write + u->write_1h);
    one_int(one, "ai.usage.outputTokens", u->output + u->reasoning);
    one_int(one, "ai.usage.outputTokenDetails.reasoningTokens", u->reasoning);
    one_int(one, "ai.usage.totalTokens", prompt_of(u) + u->output + u->reasoning);
    one_text(one, "ai.response.providerMetadata",
             obs_arena_printf(one->arena,
                              "{\"anthropic\":{\"usage\":{\"input_tokens\":%lld,"
                              "\"cache_creation\":{\"ephemeral_1h_input_tokens\":%lld}}}}",
                              (long long)u->input, (long long)u->write_1h)
                 .ptr);
}

static void send_langfuse(struct one *one, const struct usage_told *u)
{
    one_text(one, "langfuse.observation.type", "generation");
    one_text(one, "langfuse.observation.model.name", "claude-opus-4-5");
    one_text(one, "langfuse.observation.usage_details",
             obs_arena_printf(one->arena,
                              "{\"input\":%lld,\"input_cache_read\":%lld,"
                              "\"input_cache_creation_5m\":%lld,\"input_cache_creation_1h\":%lld,"
                              "\"output\":%lld,\"output_reasoning\":%lld}",
                              (long long)u->input, (long long)u->read, (long long)u->write,
                              (long long)u->write_1h, (long long)u->output, (long long)u->reasoning)
                 .ptr);
}

static void send_openinference(struct one *one, const struct usage_told *u)
{
    one_text(one, "openinference.span.kind", "LLM");
    one_text(one, "llm.provider", "anthropic");
    one_text(one, "llm.model_name", "claude-opus-4-5");
    one_int(one, "llm.token_count.prompt", prompt_of(u));
    one_int(one, "llm.token_count.prompt_details.cache_read", u->read);
    one_int(one, "llm.token_count.prompt_details.cache_write", u->write + u->write_1h);
    one_int(one, "anthropic.usage.cache_creation.ephemeral_1h_input_tokens", u->write_1h);
    one_int(one, "llm.token_count.completion", u->output + u->reasoning);
    one_int(one, "llm.token_count.completion_details.reasoning", u->reasoning);
    one_int(one, "llm.token_count.total", prompt_of(u) + u->output + u->reasoning);
}

static const struct dialect {
    const char *name;
    void (*send)(struct one *one, const struct usage_told *u);
} dialects[] = {
    {"genai", send_genai},
    {"raw counts", send_raw},
    {"vercel-ai", send_vercel},
    {"langfuse", send_langfuse},
    {"openinference", send_openinference},
};

static obs_span mapped_call(struct fixture *f, struct one *one)
{
    struct mapped mapped;

    assert_int_equal(map_batch(f->index, obs_str_of("p"), &one->batch, &mapped), OBS_OK);
    assert_int_equal(mapped.n_spans, 1);
    return mapped.spans[0];
}

static void check_dialect(struct fixture *f, const struct dialect *dialect,
                          const struct usage_told *u)
{
    int64_t want = u->input * 5000 + u->read * 500 + u->write * 6250 + u->write_1h * 10000 +
                   (u->output + u->reasoning) * 25000;
    struct one *one = one_create();
    obs_span span;

    dialect->send(one, u);
    span = mapped_call(f, one);
    if (span.input_tokens != u->input || obs_span_cached_tokens(&span) != u->read ||
        span.cache_write_tokens != u->write || span.cache_write_1h_tokens != u->write_1h ||
        span.output_tokens != u->output || span.reasoning_tokens != u->reasoning)
        fail_msg("%s: %lld %lld %lld %lld %lld %lld became %lld %lld %lld %lld %lld %lld",
                 dialect->name, (long long)u->input, (long long)u->read, (long long)u->write,
                 (long long)u->write_1h, (long long)u->output, (long long)u->reasoning,
                 (long long)span.input_tokens, (long long)span.cache_read_tokens,
                 (long long)span.cache_write_tokens, (long long)span.cache_write_1h_tokens,
                 (long long)span.output_tokens, (long long)span.reasoning_tokens);
    assert_int_equal(cost_of(f, &span), want);
    one_destroy(one);
}

static void every_dialect_tells_the_same_cost(void **state)
{
    struct fixture *f = *state;
    struct random *r = &f->random;

    for (unsigned i = 0; i < ROUNDS / 10; i++) {
        struct usage_told u = {
            .input = (int64_t)random_below(r, 3000),
            .read = (int64_t)random_below(r, 3000),
            .write = (int64_t)random_below(r, 300),
            .write_1h = (int64_t)random_below(r, 300),
            .output = (int64_t)random_below(r, 300),
            .reasoning = (int64_t)random_below(r, 300),
        };

        for (size_t k = 0; k < sizeof(dialects) / sizeof(dialects[0]); k++)
            check_dialect(f, &dialects[k], &u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_costs_the_sum_of_its_parts),
        cmocka_unit_test(cost_is_in_proportion_to_tokens),
        cmocka_unit_test(more_tokens_never_cost_less),
        cmocka_unit_test(every_dialect_tells_the_same_cost),
    };

    return cmocka_run_group_tests_name("cost laws", tests, open_fixture, close_fixture);
}
