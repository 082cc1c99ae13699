/* SPDX-License-Identifier: Apache-2.0 */
/* No call is counted twice: in random traces whose agents repeat what the calls
 * below them used and cost, with calls around calls and with spans whose parents
 * are lost, the total of the trace is the sum over the innermost calls. Spans are
 * mapped, priced and put together as the server does it. */
#include "fixture_span.h"
#include "price.h"
#include "random.h"
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define ROUNDS 2000
#define MAX_SPANS 40
#define MAX_ATTRS 8
#define NO_PARENT (-1)

/* Of gpt-4o in the price book of the corpus, in nano-dollars a token. */
#define INPUT_PRICE 2500
#define OUTPUT_PRICE 10000

enum kind { KIND_CALL, KIND_AGENT, KIND_STEP, KIND_TOOL, KIND_FAILED };

struct made {
    enum kind kind;
    int parent;            /* its index, or NO_PARENT */
    bool lost;             /* what stood between it and its parent never arrived */
    int64_t input, output; /* that it tells */
};

struct trace {
    struct made spans[MAX_SPANS];
    int n;
    int64_t input, output; /* of the innermost calls */
};

struct fixture {
    struct map_index *index;
    struct price_books books;
    obs_arena *book_arena;
};

static int open_fixture(void **state)
{
    static struct fixture f;
    char error[256];

    f = (struct fixture){.index = map_index_create(), .book_arena = obs_arena_create(0)};
    *state = &f;
    if (price_book_load(f.book_arena, FIXTURES "/costs/prices.yaml",
                        &f.books.layers[PRICE_LAYER_FILE], error, sizeof(error)) < 0)
        fail_msg("%s", error);
    return f.index ? 0 : -1;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;

    map_index_destroy(f->index);
    obs_arena_destroy(f->book_arena);
    return 0;
}

/* --- making traces -------------------------------------------------------------------- */

static void make_spans(struct random *r, struct trace *t)
{
    static const enum kind kinds[] = {KIND_CALL,  KIND_CALL, KIND_CALL, KIND_AGENT,
                                      KIND_AGENT, KIND_STEP, KIND_TOOL, KIND_FAILED};
    int n = 1 + (int)random_below(r, MAX_SPANS);

    *t = (struct trace){0};
    for (; t->n < n; t->n++) {
        bool root = t->n == 0 || random_chance(r, 0.05);

        t->spans[t->n] = (struct made){
            .kind = kinds[random_below(r, sizeof(kinds) / sizeof(kinds[0]))],
            .parent = root ? NO_PARENT : (int)random_below(r, (size_t)t->n),
            .lost = !root && random_chance(r, 0.05),
        };
    }
}

/* What was used by a span and below it; `seen` is without what is lost. */
struct used {
    int64_t input, output, seen_input, seen_output;
};

static void add_used(struct used *to, const struct used *from, bool lost)
{
    to->input += from->input;
    to->output += from->output;
    to->seen_input += lost ? 0 : from->seen_input;
    to->seen_output += lost ? 0 : from->seen_output;
}

/* A call is around others when some are seen below it, and tells what they used;
 * else it is an innermost one. */
static void make_call(struct random *r, struct trace *t, struct made *m, struct used *used)
{
    if (used->seen_input == 0) {
        struct used own = {.input = 1 + (int64_t)random_below(r, 5000),
                           .output = 1 + (int64_t)random_below(r, 500)};

        own.seen_input = own.input;
        own.seen_output = own.output;
        add_used(used, &own, /* lost= */ false);
        t->input += own.input;
        t->output += own.output;
    }
    m->input = used->seen_input;
    m->output = used->seen_output;
}

/* From the last to the first: what is below a span is done before it. Agents and
 * their steps know of all that was used below them. */
static void make_usage(struct random *r, struct trace *t)
{
    struct used used[MAX_SPANS] = {0};

    for (int i = t->n; i-- > 0;) {
        struct made *m = &t->spans[i];

        if (m->kind == KIND_CALL) {
            make_call(r, t, m, &used[i]);
        } else if (m->kind == KIND_AGENT || m->kind == KIND_STEP) {
            m->input = used[i].input;
            m->output = used[i].output;
        }
        if (m->parent != NO_PARENT)
            add_used(&used[m->parent], &used[i], m->lost);
    }
}

/* --- sending them ---------------------------------------------------------------------- */

static obs_str id_of(obs_arena *arena, int number)
{
    uint8_t id[8] = {0x0a, 0, 0, 0, 0, 0, (uint8_t)(number >> 8), (uint8_t)number};

    return obs_arena_dup(arena, obs_str_n((const char *)id, sizeof(id)));
}

static void add(struct otlp_span *span, const char *key, struct otlp_value value)
{
    assert_true(span->attrs.n < MAX_ATTRS);
    span->attrs.items[span->attrs.n++] = (struct otlp_attr){.key = obs_str_of(key), .value = value};
}

static void add_usage(struct otlp_span *span, const struct made *m)
{
    add(span, "gen_ai.provider.name", string_value("openai"));
    add(span, "gen_ai.response.model", string_value("gpt-4o"));
    if (m->input == 0)
        return;
    add(span, "gen_ai.usage.input_tokens", int_value(m->input));
    add(span, "gen_ai.usage.output_tokens", int_value(m->output));
    if (m->kind == KIND_AGENT) /* it tells the cost of them, too */
        add(span, "gen_ai.usage.cost",
            double_value((double)(m->input * INPUT_PRICE + m->output * OUTPUT_PRICE) / 1e9));
}

static void send_span(struct otlp_batch *batch, const struct trace *t, int i)
{
    static const char *const operations[] = {[KIND_CALL] = "chat",
                                             [KIND_AGENT] = "invoke_agent",
                                             [KIND_STEP] = "agent_step",
                                             [KIND_TOOL] = "execute_tool",
                                             [KIND_FAILED] = "chat"};
    static const struct otlp_resource resource;
    static const struct otlp_scope scope;
    const struct made *m = &t->spans[i];
    struct otlp_span *span = otlp_batch_add(batch);
    uint64_t start_ns = UINT64_C(1790000000000000000) + (uint64_t)i * 1000;

    *span = (struct otlp_span){
        .resource = &resource,
        .scope = &scope,
        .trace_id = obs_str_n("0123456789abcdef", 16),
        .span_id = id_of(batch->arena, i),
        .name = obs_str_of(operations[m->kind]),
        .start_ns = start_ns,
        .end_ns = start_ns + 500,
        .status = m->kind == KIND_FAILED ? OBS_STATUS_ERROR : OBS_STATUS_UNSET,
        .attrs = {.items = obs_arena_calloc(batch->arena, MAX_ATTRS, sizeof(struct otlp_attr))},
    };
    if (m->parent != NO_PARENT)
        span->parent_span_id = id_of(batch->arena, m->lost ? 1000 + i : m->parent);
    add(span, "gen_ai.operation.name", string_value(operations[m->kind]));
    add_usage(span, m);
}

/* --- what the server makes of them ------------------------------------------------------- */

static struct node node_of(const obs_span *span)
{
    struct node node = {
        .start_ns = span->start_ns,
        .end_ns = span->end_ns,
        .prompt_tokens = obs_span_prompt_tokens(span),
        .completion_tokens = obs_span_completion_tokens(span),
        .cost = span->total_cost,
        .is_call = !obs_str_is(span->cost_source, "no_usage"),
        .status = span->status,
    };

    memcpy(node.id, span->span_id, sizeof(node.id));
    memcpy(node.parent_id, span->parent_span_id, sizeof(node.parent_id));
    return node;
}

static struct totals totals_of(struct fixture *f, struct otlp_batch *batch)
{
    struct mapped mapped;
    struct node *nodes = obs_arena_calloc(batch->arena, batch->n_spans, sizeof(*nodes));
    struct tree tree;
    struct totals totals;

    assert_int_equal(map_batch(f->index, obs_str_of("p"), batch, &mapped), OBS_OK);
    for (size_t i = 0; i < mapped.n_spans; i++) {
        assert_int_equal(price_apply(&f->books, &mapped.spans[i], batch->arena), OBS_OK);
        nodes[i] = node_of(&mapped.spans[i]);
    }
    assert_int_equal(tree_build(batch->arena, nodes, mapped.n_spans, &tree), OBS_OK);
    tree_totals(&tree, &totals);
    return totals;
}

static void a_trace_costs_what_its_innermost_calls_cost(void **state)
{
    struct random r = {.state = 7};
    struct trace t;

    for (unsigned round = 0; round < ROUNDS; round++) {
        obs_arena *arena = obs_arena_create(0);
        struct otlp_batch batch = {.arena = arena};
        struct totals totals;

        make_spans(&r, &t);
        make_usage(&r, &t);
        for (int i = 0; i < t.n; i++)
            send_span(&batch, &t, i);
        totals = totals_of(*state, &batch);
        assert_int_equal(totals.cost < 0 ? 0 : totals.cost,
                         t.input * INPUT_PRICE + t.output * OUTPUT_PRICE);
        assert_int_equal(totals.prompt_tokens < 0 ? 0 : totals.prompt_tokens, t.input);
        assert_int_equal(totals.completion_tokens < 0 ? 0 : totals.completion_tokens, t.output);
        obs_arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_costs_what_its_innermost_calls_cost),
    };

    return cmocka_run_group_tests_name("cost trees", tests, open_fixture, close_fixture);
}
