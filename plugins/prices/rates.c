/* SPDX-License-Identifier: Apache-2.0 */
/* From a call to its rates. Nothing is guessed: a tier that is not in the book
 * has no price. */
#include "rates.h"
#include "names.h"

#include <strings.h>

static bool same_word(obs_str a, obs_str b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}

bool price_is_usual_tier(obs_str tier)
{
    static const obs_str usual[] = {OBS_STR("default"),       OBS_STR("standard"),
                                    OBS_STR("standard_only"), OBS_STR("auto"),
                                    OBS_STR("on_demand"),     OBS_STR("")};

    for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
        if (same_word(tier, usual[i]))
            return true;
    return false;
}

/* n_tiers: there is none. */
static size_t tier_of(const struct price *price, obs_str tier)
{
    size_t i;

    if (price_is_usual_tier(tier))
        return 0;
    for (i = 1; i < price->n_tiers; i++)
        if (same_word(price->tiers[i], tier))
            break;
    return i;
}

/* The region by its name, else the longest that it begins with, else everywhere. */
static size_t region_of(const struct price *price, obs_str region)
{
    size_t best = 0, best_len = 0;

    for (size_t i = 1; i < price->n_regions; i++) {
        obs_str name = price->regions[i];
        size_t len = name.len - 1;
        if (same_word(name, region))
            return i;
        if (name.ptr[len] == '*' && len >= best_len && region.len > 0 && region.len >= len &&
            strncasecmp(name.ptr, region.ptr, len) == 0) {
            best = i;
            best_len = len;
        }
    }
    return best;
}

const struct price *price_in_force(const struct price_model *model, int64_t at_ns)
{
    for (size_t i = model->n_prices; i > 0; i--) /* ascending by from_ns */
        if (model->prices[i - 1].from_ns <= at_ns)
            return &model->prices[i - 1];
    return NULL;
}

/* In the highest layer that has a price of the model at that time: one that begins
 * later leaves what was before as it is. */
static void find_price(const struct price_books *books, obs_str provider, obs_str model,
                       int64_t at_ns, struct price_choice *choice)
{
    for (size_t i = PRICE_N_LAYERS; i-- > 0 && model.len && !choice->price;) {
        const struct price_book *book = books->layers[i];
        const struct price_model *found = book ? price_find(book, provider, model) : NULL;
        if (!found)
            continue;
        choice->book = book;
        choice->model = found;
        choice->price = price_in_force(found, at_ns);
    }
}

static bool knows_provider(const struct price_books *books, obs_str provider)
{
    for (size_t i = 0; i < PRICE_N_LAYERS; i++)
        if (books->layers[i] && price_has_provider(books->layers[i], provider))
            return true;
    return false;
}

/* The model that answered counts; the one that was asked for stands in for one that
 * no book has (a deployment has any name). */
static void find_model(const struct price_books *books, const obs_span *span,
                       struct price_choice *choice)
{
    const obs_str names[] = {span->model, span->request_model};

    for (size_t i = 0; i < 2 && !choice->model; i++) {
        obs_str provider = span->provider;
        if (!provider.len)
            provider = price_provider_of(books, names[i]);
        if (provider.len)
            find_price(books, provider, names[i], span->start_ns, choice);
    }
    if (!choice->model && span->provider.len && !knows_provider(books, span->provider))
        choice->finding = PRICE_UNKNOWN_PROVIDER;
    else if (!choice->model)
        choice->finding = PRICE_UNKNOWN_MODEL;
    else if (!choice->price)
        choice->finding = PRICE_NOT_YET;
}

/* All of the prompt counts, read from a cache or not. */
static const struct price_rates *level_of(const struct price_levels *levels, const obs_span *span)
{
    int64_t tokens = levels->n > 1 ? obs_span_prompt_tokens(span) : 0;
    size_t i = levels->n - 1;

    while (i > 0 && levels->rates[i].above_tokens >= tokens)
        i--;
    return &levels->rates[i];
}

struct price_choice price_choose(const struct price_books *books, const obs_span *span)
{
    struct price_choice choice = {.finding = PRICE_FOUND};
    const struct price_levels *levels = NULL;
    size_t tier, region;

    find_model(books, span, &choice);
    if (choice.finding != PRICE_FOUND)
        return choice;
    tier = tier_of(choice.price, span->service_tier);
    region = region_of(choice.price, span->region);
    choice.region = choice.price->regions[region];
    if (tier < choice.price->n_tiers) {
        choice.tier = choice.price->tiers[tier];
        levels = &choice.price->levels[region * choice.price->n_tiers + tier];
    }
    if (levels && levels->n)
        choice.rates = level_of(levels, span);
    else
        choice.finding = PRICE_UNKNOWN_TIER;
    return choice;
}
