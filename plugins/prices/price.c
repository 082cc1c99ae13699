/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the price of a model and applying it.
 *
 * Names are looked for in this order, first as they are, then without what
 * clouds put around them (a region or vendor before, a date or revision after):
 * exactly, then by the longest pattern that ends in '*'. Arithmetic is exact: a
 * product of tokens and femto-dollars is taken in 128 bits and rounded once. */
#include "price.h"
#include "book.h"

#include <ctype.h>
#include <stdbool.h>

#define FEMTO_PER_NANO 1000000

/* --- names ---------------------------------------------------------------------- */

uint64_t price_hash(obs_str provider, obs_str model)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

    for (size_t i = 0; i < provider.len; i++)
        h = (h ^ (uint8_t)provider.ptr[i]) * UINT64_C(0x100000001b3);
    h = (h ^ '/') * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < model.len; i++)
        h = (h ^ (uint8_t)model.ptr[i]) * UINT64_C(0x100000001b3);
    return h;
}

static const struct price_model *find_exact(const struct price_book *book, obs_str provider,
                                            obs_str model)
{
    uint64_t mask = book->n_slots - 1;

    for (uint64_t i = price_hash(provider, model) & mask;; i = (i + 1) & mask) {
        const struct price_name *name = book->slots[i];
        if (!name)
            return NULL;
        if (obs_str_eq(name->model, model) && obs_str_eq(name->provider, provider))
            return name->target;
    }
}

static const struct price_model *find_pattern(const struct price_book *book, obs_str provider,
                                              obs_str model)
{
    for (const struct price_name *p = book->patterns; p; p = p->next) /* longest first */
        if (model.len >= p->model.len && memcmp(model.ptr, p->model.ptr, p->model.len) == 0 &&
            obs_str_eq(p->provider, provider))
            return p->target;
    return NULL;
}

/* Cuts one of the words that clouds put before a model's name. */
static bool cut_prefix(obs_str *model)
{
    static const char *const prefixes[] = {
        "us-gov.", "us.",   "eu.",      "global.", "apac.",     "jp.",   "au.",    "anthropic.",
        "amazon.", "meta.", "mistral.", "cohere.", "deepseek.", "ai21.", "models/"};
    const char *slash = memrchr(model->ptr, '/', model->len);

    if (slash && slash + 1 < model->ptr + model->len) { /* publishers/x/models/NAME, vendor/NAME */
        size_t cut = (size_t)(slash + 1 - model->ptr);
        *model = obs_str_n(model->ptr + cut, model->len - cut);
        return true;
    }
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
        size_t len = strlen(prefixes[i]);
        if (model->len > len && memcmp(model->ptr, prefixes[i], len) == 0) {
            *model = obs_str_n(model->ptr + len, model->len - len);
            return true;
        }
    }
    return false;
}

static bool all_digits(const char *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isdigit((unsigned char)p[i]))
            return false;
    return len > 0;
}

/* What follows a ':' or '@' and is a revision; a variant (":free", ":batch")
 * may have another price. */
static bool is_revision(obs_str word)
{
    if (obs_str_is(word, "default"))
        return true;
    if (word.len > 1 && word.ptr[word.len - 1] == 'k') /* Bedrock's context: ":200k" */
        word.len--;
    return all_digits(word.ptr, word.len);
}

/* Cuts a revision after a model's name: ":0", "-v1", "@20250929", "-latest",
 * "-20250929", "-2024-08-06", "-001". */
static bool cut_suffix(obs_str *model)
{
    const char *p = model->ptr, *cut = NULL;
    size_t len = model->len, word = len;
    obs_str last;

    while (word > 0 && p[word - 1] != '-' && p[word - 1] != ':' && p[word - 1] != '@')
        word--;
    if (word < 2 || word == len)
        return false;
    last = obs_str_n(p + word, len - word);
    if (len > 11 && p[len - 11] == '-' && p[len - 6] == '-' && p[len - 3] == '-' &&
        all_digits(p + len - 10, 4) && all_digits(p + len - 5, 2) && all_digits(p + len - 2, 2))
        cut = p + len - 11;
    else if (obs_str_is(last, "latest") || obs_str_is(last, "preview") ||
             (p[word - 1] != '-' && is_revision(last)) ||
             (p[word] == 'v' && all_digits(last.ptr + 1, last.len - 1)) ||
             ((last.len == 8 || last.len == 3) && all_digits(last.ptr, last.len)))
        cut = p + word - 1;
    if (!cut || cut == p)
        return false;
    model->len = (size_t)(cut - p);
    return true;
}

static const struct price_model *find_named(const struct price_book *book, obs_str provider,
                                            obs_str model)
{
    const struct price_model *found = find_exact(book, provider, model);

    return found ? found : find_pattern(book, provider, model);
}

/* `model` in lower case. */
static const struct price_model *find_stripped(const struct price_book *book, obs_str provider,
                                               obs_str model)
{
    const struct price_model *found = find_named(book, provider, model);

    while (!found && cut_prefix(&model))
        found = find_named(book, provider, model);
    while (!found && cut_suffix(&model))
        found = find_named(book, provider, model);
    return found;
}

const struct price_model *price_find(const struct price_book *book, obs_str provider, obs_str model)
{
    const struct price_model *found = NULL;
    char lower[PRICE_MAX_NAME];

    if (model.len == 0 || model.len > sizeof(lower))
        return NULL;
    for (size_t i = 0; i < model.len; i++)
        lower[i] = (char)tolower((unsigned char)model.ptr[i]);
    model.ptr = lower;
    if (provider.len)
        found = find_stripped(book, provider, model);
    for (const struct price_reseller *r = book->resellers; r && !found; r = r->next)
        if (obs_str_eq(r->provider, provider))
            found = find_stripped(book, r->of, model);
    for (size_t i = 0; i < book->n_providers && !found && provider.len == 0; i++)
        found = find_stripped(book, book->providers[i], model);
    return found;
}

/* --- money ----------------------------------------------------------------------- */

/* tokens × price in nano-dollars, half to even. */
int64_t price_product(int64_t tokens, int64_t femto_per_token)
{
    __int128 femto = (__int128)tokens * femto_per_token;
    __int128 nano = femto / FEMTO_PER_NANO, rest = femto % FEMTO_PER_NANO;

    if (rest * 2 > FEMTO_PER_NANO || (rest * 2 == FEMTO_PER_NANO && (nano & 1)))
        nano++;
    return nano > INT64_MAX ? INT64_MAX : (int64_t)nano;
}

/* Adds a part to a cost; false when its tokens have no price. */
static bool add_part(int64_t *cost, int64_t tokens, int64_t femto_per_token)
{
    if (tokens <= 0)
        return true;
    if (femto_per_token < 0)
        return false;
    *cost = obs_tokens_sum(*cost, price_product(tokens, femto_per_token));
    return true;
}

static const struct price *in_force(const struct price_model *model, int64_t at_ns)
{
    for (size_t i = model->n_prices; i > 0; i--) /* ascending by from_ns */
        if (model->prices[i - 1].from_ns <= at_ns)
            return &model->prices[i - 1];
    return NULL;
}

/* Agents, tools and the like may repeat the usage of the calls below them. */
static bool is_model_call(const obs_span *span)
{
    static const char *const calls[] = {"chat", "completion", "embedding", "rerank", "guardrail"};

    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
        if (obs_str_is(span->operation_type, calls[i]))
            return true;
    return false;
}

/* The price of the model that answered, else of the one that was asked for. */
static const struct price *price_of(const struct price_book *book, const obs_span *span)
{
    const struct price_model *model =
        price_find(book, span->provider, span->model.len ? span->model : span->request_model);

    if (!model && span->model.len)
        model = price_find(book, span->provider, span->request_model);
    return model ? in_force(model, span->start_ns) : NULL;
}

/* Sets the price book's candidate and returns its source. */
static const char *apply_book(const struct price_book *book, obs_span *span, int64_t *ret_prompt,
                              int64_t *ret_completion)
{
    const struct price *price;

    *ret_prompt = *ret_completion = 0;
    if (!is_model_call(span) || obs_span_total_tokens(span) < 0)
        return "no_usage";
    price = book ? price_of(book, span) : NULL;
    if (!price || !add_part(ret_prompt, span->input_tokens, price->input) ||
        !add_part(ret_prompt, span->input_audio_tokens, price->input) ||
        !add_part(ret_prompt, span->input_image_tokens, price->input) ||
        !add_part(ret_prompt, obs_span_cached_tokens(span), price->cache_read) ||
        !add_part(ret_prompt, obs_span_cache_write_tokens(span), price->cache_write) ||
        !add_part(ret_completion, span->output_tokens, price->output) ||
        !add_part(ret_completion, span->output_audio_tokens, price->output) ||
        !add_part(ret_completion, span->output_image_tokens, price->output) ||
        !add_part(ret_completion, span->reasoning_tokens, price->reasoning))
        return "unpriced";
    span->book_cost = obs_tokens_sum(*ret_prompt, *ret_completion);
    return price->free ? "free" : "price_book";
}

void price_apply(const struct price_book *book, obs_span *span)
{
    int64_t prompt, completion;
    const char *source;

    span->book_cost = OBS_ABSENT;
    source = apply_book(book, span, &prompt, &completion);
    if (span->provider_cost >= 0) {
        source = "provider";
        span->total_cost = span->provider_cost;
    } else if (span->emitter_cost >= 0) {
        source = "emitter";
        span->total_cost = span->emitter_cost;
    } else {
        span->total_cost = span->book_cost;
        span->prompt_cost = span->book_cost < 0 ? OBS_ABSENT : prompt;
        span->completion_cost = span->book_cost < 0 ? OBS_ABSENT : completion;
    }
    span->cost_source = obs_str_of(source);
}

size_t price_book_models(const struct price_book *book)
{
    return book ? book->n_models : 0;
}
