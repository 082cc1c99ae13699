/* SPDX-License-Identifier: Apache-2.0 */
/* Pricing a span: whether it is a call that costs, what the book says, which of
 * the candidates counts. */
#include "price.h"
#include "details.h"
#include "money.h"
#include "rates.h"

/* What a span is about to get. */
struct bill {
    int64_t prompt, completion, book;
    const char *source;
    obs_str details;
};

/* --- money ----------------------------------------------------------------------- */

/* Fills both parts of the cost; false when tokens of a part have no price, which
 * is noted in `choice`. */
static bool add_parts(const obs_span *span, struct price_choice *choice, struct bill *bill)
{
    const struct price_rates *rates = choice->rates;

    bill->prompt = rates->request_nano;
    bill->completion = 0;
    for (enum price_part part = 0; part < PRICE_N_PARTS; part++) {
        int64_t tokens = price_part_tokens(span, part), *cost;
        if (tokens <= 0)
            continue;
        if (rates->femto[part] < 0) {
            choice->finding = PRICE_UNKNOWN_PART;
            choice->part = part;
            return false;
        }
        cost = price_parts[part].completion ? &bill->completion : &bill->prompt;
        *cost = obs_tokens_sum(*cost, price_product(tokens, rates->femto[part]));
    }
    return true;
}

/* --- the call -------------------------------------------------------------------- */

/* Agents, tools and the like may repeat the usage of the calls below them. */
static bool is_model_call(const obs_span *span)
{
    static const obs_str calls[] = {OBS_STR("chat"), OBS_STR("completion"), OBS_STR("embedding"),
                                    OBS_STR("rerank"), OBS_STR("guardrail")};

    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
        if (obs_str_eq(span->operation_type, calls[i]))
            return true;
    return false;
}

static bool is_reported(const obs_span *span)
{
    return span->provider_cost >= 0 || span->emitter_cost >= 0;
}

/* A call whose tokens are not known costs what the book says of the call alone; one
 * that failed is not paid for. */
static bool has_usage(const obs_span *span, const struct price_choice *choice)
{
    if (obs_span_total_tokens(span) >= 0)
        return true;
    return choice->rates && choice->rates->by_request && span->status != OBS_STATUS_ERROR;
}

/* The price book's word on a model call. */
static int reckon(const struct price_books *books, const obs_span *span, obs_arena *arena,
                  struct bill *bill)
{
    struct price_choice choice = price_choose(books, span);

    if (!has_usage(span, &choice))
        return details_clear(span, arena, &bill->details);
    bill->source = "unpriced";
    if (choice.finding == PRICE_FOUND && add_parts(span, &choice, bill)) {
        bill->source = choice.rates->free ? "free" : "price_book";
        bill->book = obs_tokens_sum(bill->prompt, bill->completion);
    }
    return details_write(&choice, span, arena, &bill->details);
}

static int reckon_other(const obs_span *span, obs_arena *arena, struct bill *bill)
{
    if (is_reported(span))
        return details_write(/* choice= */ NULL, span, arena, &bill->details);
    return details_clear(span, arena, &bill->details);
}

/* What was reported keeps its parts. */
static void choose_reported(obs_span *span)
{
    bool provider = span->provider_cost >= 0;

    span->total_cost = provider ? span->provider_cost : span->emitter_cost;
    span->cost_source = obs_str_of(provider ? "provider" : "emitter");
}

int price_apply(const struct price_books *books, obs_span *span, obs_arena *arena)
{
    struct bill bill = {.book = OBS_ABSENT, .source = "no_usage"};
    bool call = is_model_call(span);
    int rc = call ? reckon(books, span, arena, &bill) : reckon_other(span, arena, &bill);

    if (rc < 0)
        return rc;
    span->book_cost = bill.book;
    span->cost_details = bill.details;
    if (call && is_reported(span)) {
        choose_reported(span);
        return OBS_OK;
    }
    span->total_cost = bill.book;
    span->prompt_cost = bill.book < 0 ? OBS_ABSENT : bill.prompt;
    span->completion_cost = bill.book < 0 ? OBS_ABSENT : bill.completion;
    span->cost_source = obs_str_of(bill.source);
    return OBS_OK;
}
