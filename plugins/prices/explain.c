/* SPDX-License-Identifier: Apache-2.0 */
/* GET …/spans/{span_id}/cost: how a figure came to be. Everything is taken from
 * what was stored with the span, so that it explains that figure and not the one
 * of today's book; that one is shown beside it when it differs. */
#include "prices.h"

#include "decimal.h"
#include "hex_id.h"
#include "job_arena.h"
#include "meta.h"
#include "money.h"
#include "parts.h"
#include "scope.h"
#include "span_json.h"

#include <stdbool.h>
#include <stdio.h>

struct explain {
    struct prices *prices;
    obs_request *req;
    obs_arena *arena; /* of its own: used off the loop */
    uint8_t trace_id[16], span_id[8];
    obs_value ids[2];
    obs_filter leaves[2], both;
    const obs_filter *children[2];
    obs_span span;
    bool found;
    int error;
    obs_buf *buf;
    obs_jw *jw;
    const obs_json *attributes, *details;
};

#define NEEDED                                                                                     \
    (OBS_FIELDS_ALL &                                                                              \
     ~(OBS_FIELD_BIT(OBS_FIELD_INPUT_TEXT) | OBS_FIELD_BIT(OBS_FIELD_INPUT_MESSAGES) |             \
       OBS_FIELD_BIT(OBS_FIELD_OUTPUT_TEXT) | OBS_FIELD_BIT(OBS_FIELD_OUTPUT_MESSAGES) |           \
       OBS_FIELD_BIT(OBS_FIELD_EVENTS) | OBS_FIELD_BIT(OBS_FIELD_LINKS)))

/* The attribute by which the conventions call a part, behind "gen_ai.usage.". */
static const char *const conventions[PRICE_N_PARTS] = {
    [PRICE_INPUT] = "input_tokens",
    [PRICE_INPUT_AUDIO] = "audio.input_tokens",
    [PRICE_INPUT_IMAGE] = "image.input_tokens",
    [PRICE_CACHE_READ] = "cache_read.input_tokens",
    [PRICE_CACHE_READ_AUDIO] = "audio.cache_read.input_tokens",
    [PRICE_CACHE_WRITE] = "cache_write.input_tokens",
    [PRICE_CACHE_WRITE_1H] = "cache_write.input_tokens",
    [PRICE_OUTPUT] = "output_tokens",
    [PRICE_OUTPUT_AUDIO] = "audio.output_tokens",
    [PRICE_OUTPUT_IMAGE] = "image.output_tokens",
    [PRICE_REASONING] = "reasoning.output_tokens",
};

/* --- where a count came from --------------------------------------------------- */

struct source {
    const char *field;
    obs_str dialect, attribute;
};

/* One dialect of {dialect: {field: attribute}}. */
static int look_in(obs_str dialect, const obs_json *fields, void *user)
{
    struct source *s = user;
    const obs_json *attribute = obs_json_get(fields, s->field);

    if (!attribute)
        return 0;
    s->dialect = dialect;
    s->attribute = obs_json_str(attribute);
    return 1;
}

/* What is not in the notes came by the name of the conventions, if that is there. */
static void put_source(struct explain *e, enum price_part part)
{
    char field[32], convention[64];
    struct source s = {.field = field};
    const obs_json *notes = obs_json_get(e->attributes, "observatory.sources");

    snprintf(field, sizeof(field), "usage.%.*s", OBS_STR_ARG(price_parts[part].name));
    snprintf(convention, sizeof(convention), "gen_ai.usage.%s", conventions[part]);
    (void)obs_json_each(notes, look_in, &s);
    if (!s.dialect.len && obs_json_get(e->attributes, convention)) {
        s.dialect = obs_str_of("genai");
        s.attribute = obs_str_of(convention);
    }
    obs_jw_key(e->jw, "from");
    if (!s.dialect.len) {
        obs_jw_null(e->jw);
        return;
    }
    obs_jw_object(e->jw);
    obs_jw_key(e->jw, "dialect");
    obs_jw_str(e->jw, s.dialect);
    obs_jw_key(e->jw, "attribute");
    obs_jw_str(e->jw, s.attribute);
    obs_jw_end_object(e->jw);
}

/* --- the arithmetic --------------------------------------------------------------- */

/* A price as it was stored, in billionths: femto-dollars a token, nano-dollars a
 * call; false when there is none. */
static bool rate_of(const obs_json *rates, const char *name, int64_t *ret_femto, char *text,
                    size_t size)
{
    const obs_json *rate = obs_json_get(rates, name);
    struct decimal value;

    if (!rate)
        return false;
    snprintf(text, size, "%.15g", obs_json_double(rate));
    return decimal_read(obs_str_of(text), &value) && decimal_scaled(&value, 9, ret_femto);
}

/* Nano-dollars as dollars without zeros at the end. */
static const char *dollars(int64_t nano, char *text, size_t size)
{
    int len = snprintf(text, size, "%lld.%09lld", (long long)(nano / 1000000000),
                       (long long)(nano % 1000000000));

    while (len > 0 && text[len - 1] == '0')
        text[--len] = '\0';
    if (len > 0 && text[len - 1] == '.')
        text[--len] = '\0';
    return text;
}

static void put_money(obs_jw *jw, const char *key, int64_t nano)
{
    obs_jw_key(jw, key);
    if (nano < 0)
        obs_jw_null(jw);
    else
        obs_jw_fixed(jw, nano, 9);
}

static void put_part(struct explain *e, enum price_part part, const obs_json *rates)
{
    const struct price_part_info *info = &price_parts[part];
    int64_t tokens = price_part_tokens(&e->span, part), femto = 0, nano;
    char rate[32], sum[48], formula[128];

    if (tokens < 0)
        return;
    obs_jw_object(e->jw);
    obs_jw_key(e->jw, "part");
    obs_jw_str(e->jw, info->name);
    obs_jw_key(e->jw, "of");
    obs_jw_cstr(e->jw, info->completion ? "completion" : "prompt");
    obs_jw_key(e->jw, "tokens");
    obs_jw_int(e->jw, tokens);
    put_source(e, part);
    if (rate_of(rates, info->name.ptr, &femto, rate, sizeof(rate))) {
        nano = price_product(tokens, femto);
        snprintf(formula, sizeof(formula), "%lld × %s USD / 1,000,000 = %s USD", (long long)tokens,
                 rate, dollars(nano, sum, sizeof(sum)));
        obs_jw_key(e->jw, "usd_per_million");
        obs_jw_fixed(e->jw, femto, 9);
        put_money(e->jw, "cost_usd", nano);
        obs_jw_key(e->jw, "formula");
        obs_jw_cstr(e->jw, formula);
    }
    obs_jw_end_object(e->jw);
}

/* What each call costs beside its tokens, when it does. */
static void put_request(struct explain *e, const obs_json *price)
{
    int64_t nano;
    char text[32];

    if (!rate_of(price, "request", &nano, text, sizeof(text)))
        return;
    obs_jw_object(e->jw);
    obs_jw_key(e->jw, "part");
    obs_jw_cstr(e->jw, "request");
    obs_jw_key(e->jw, "of");
    obs_jw_cstr(e->jw, "prompt");
    put_money(e->jw, "cost_usd", nano);
    obs_jw_end_object(e->jw);
}

static void put_parts(struct explain *e)
{
    const obs_json *price = obs_json_get(e->details, "price");
    const obs_json *rates = obs_json_get(price, "rates");
    obs_str ambiguous = obs_json_str(obs_json_get(e->attributes, "observatory.tokens"));

    obs_jw_key(e->jw, "parts");
    obs_jw_array(e->jw);
    for (enum price_part part = 0; part < PRICE_N_PARTS; part++)
        put_part(e, part, rates);
    put_request(e, price);
    obs_jw_end_array(e->jw);
    obs_jw_key(e->jw, "tokens_ambiguous");
    obs_jw_bool(e->jw, obs_str_is(ambiguous, "ambiguous"));
}

/* --- candidates --------------------------------------------------------------------- */

static void put_candidate(struct explain *e, const char *source, int64_t nano, bool chosen)
{
    if (nano < 0)
        return;
    obs_jw_object(e->jw);
    obs_jw_key(e->jw, "source");
    obs_jw_cstr(e->jw, source);
    put_money(e->jw, "total_cost_usd", nano);
    obs_jw_key(e->jw, "chosen");
    obs_jw_bool(e->jw, chosen);
    obs_jw_end_object(e->jw);
}

static void put_candidates(struct explain *e)
{
    const obs_span *s = &e->span;
    bool book = obs_str_is(s->cost_source, "price_book") || obs_str_is(s->cost_source, "free");

    obs_jw_key(e->jw, "candidates");
    obs_jw_array(e->jw);
    put_candidate(e, "provider", s->provider_cost, obs_str_is(s->cost_source, "provider"));
    put_candidate(e, "emitter", s->emitter_cost, obs_str_is(s->cost_source, "emitter"));
    put_candidate(e, "price_book", s->book_cost, book);
    obs_jw_end_array(e->jw);
}

static const char *why(obs_str source)
{
    static const struct {
        const char *source, *why;
    } reasons[] = {
        {"provider", "the provider itself said what it cost, which comes before all else"},
        {"emitter", "whoever sent the span said what it cost, which comes before the price book"},
        {"price_book", "nobody said what it cost, so the tokens have the prices of the book"},
        {"free", "the price book says that the model costs nothing"},
        {"unpriced", "the price book has no price for it; a price is never guessed"},
        {"no_usage", "no call of a model, or none whose tokens are known: what its calls cost is "
                     "counted with them"},
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (obs_str_is(source, reasons[i].source))
            return reasons[i].why;
    return NULL;
}

/* What the book of today says, when that is something else. */
static int put_now(struct explain *e)
{
    obs_span now = e->span;
    int rc = prices_price(e->prices, &now, e->arena);

    if (rc < 0)
        return rc;
    obs_jw_key(e->jw, "now");
    if (now.total_cost == e->span.total_cost && obs_str_eq(now.cost_source, e->span.cost_source)) {
        obs_jw_null(e->jw);
        return OBS_OK;
    }
    obs_jw_object(e->jw);
    obs_jw_key(e->jw, "cost_source");
    obs_jw_str(e->jw, now.cost_source);
    put_money(e->jw, "total_cost_usd", now.total_cost);
    obs_jw_key(e->jw, "cost_details");
    obs_jw_raw(e->jw, now.cost_details.len ? now.cost_details : obs_str_of("{}"));
    obs_jw_end_object(e->jw);
    return OBS_OK;
}

/* --- the answer ------------------------------------------------------------------------ */

#define SHOWN                                                                                      \
    (OBS_FIELD_BIT(OBS_FIELD_TS) | OBS_FIELD_BIT(OBS_FIELD_TRACE_ID) |                             \
     OBS_FIELD_BIT(OBS_FIELD_SPAN_ID) | OBS_FIELD_BIT(OBS_FIELD_OPERATION_TYPE) |                  \
     OBS_FIELD_BIT(OBS_FIELD_PROVIDER) | OBS_FIELD_BIT(OBS_FIELD_MODEL) |                          \
     OBS_FIELD_BIT(OBS_FIELD_REQUEST_MODEL) | OBS_FIELD_BIT(OBS_FIELD_SERVICE_TIER) |              \
     OBS_FIELD_BIT(OBS_FIELD_REGION) | OBS_FIELD_BIT(OBS_FIELD_COST_SOURCE) |                      \
     OBS_FIELD_BIT(OBS_FIELD_PROMPT_COST) | OBS_FIELD_BIT(OBS_FIELD_COMPLETION_COST) |             \
     OBS_FIELD_BIT(OBS_FIELD_TOTAL_COST) | OBS_FIELD_BIT(OBS_FIELD_COST_DETAILS))

/* Off the loop: attributes may be long. */
static void compose(void *arg)
{
    struct explain *e = arg;

    e->error = OBS_OK;
    if (e->span.attributes.len)
        e->error = obs_json_parse(e->arena, e->span.attributes, &e->attributes, NULL);
    if (e->error == OBS_OK && e->span.cost_details.len)
        e->error = obs_json_parse(e->arena, e->span.cost_details, &e->details, NULL);
    if (e->error < 0)
        return;
    obs_jw_object(e->jw);
    obs_jw_key(e->jw, "data");
    obs_jw_object(e->jw);
    span_json_members(e->jw, &e->span, SHOWN);
    obs_jw_key(e->jw, "why");
    obs_jw_cstr(e->jw, why(e->span.cost_source));
    put_parts(e);
    put_candidates(e);
    e->error = put_now(e);
    obs_jw_end_object(e->jw);
}

static void answer(void *arg)
{
    struct explain *e = arg;

    if (e->error < 0) {
        (void)obs_respond_error(e->req, e->error, NULL, NULL);
        return;
    }
    meta_json(e->jw, e->req, "raw");
    obs_jw_end_object(e->jw);
    (void)obs_respond_json(e->req, 200, e->buf);
}

/* On a thread of the store: the row's texts are gone after the call. */
static int take_row(const obs_span *row, void *user)
{
    static const size_t texts[] = {
        offsetof(obs_span, provider),      offsetof(obs_span, model),
        offsetof(obs_span, request_model), offsetof(obs_span, operation_type),
        offsetof(obs_span, service_tier),  offsetof(obs_span, region),
        offsetof(obs_span, cost_source),   offsetof(obs_span, cost_details),
        offsetof(obs_span, attributes),
    };
    struct explain *e = user;

    e->span = *row;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        obs_str text;

        memcpy(&text, (char *)&e->span + texts[i], sizeof(text));
        text = obs_arena_dup(e->arena, text);
        if (!text.ptr)
            e->error = OBS_E_NOMEM;
        memcpy((char *)&e->span + texts[i], &text, sizeof(text));
    }
    e->found = true;
    return 0;
}

static void searched(const obs_search_result *result, void *user)
{
    struct explain *e = user;
    int rc = result->error < 0 ? result->error : e->error;

    if (rc == OBS_OK && !e->found)
        (void)obs_respond_error(e->req, OBS_E_NOT_FOUND, "span_id", "no such span in this trace");
    else if (rc < 0)
        (void)obs_respond_error(e->req, rc, NULL, NULL);
    else if (obs_offload(e->prices->instance, compose, answer, e) < 0)
        (void)obs_respond_error(e->req, OBS_E_BUSY, NULL, NULL);
}

/* --- the request -------------------------------------------------------------------------- */

static struct explain *explain_new(struct prices *prices, obs_request *req)
{
    obs_arena *arena = job_arena(req, /* limit_bytes= */ 0);
    struct explain *e = arena ? obs_arena_calloc(arena, 1, sizeof(*e)) : NULL;

    if (!e)
        return NULL;
    e->prices = prices;
    e->req = req;
    e->arena = arena;
    e->buf = obs_buf_new(arena, /* limit_bytes= */ 0);
    e->jw = e->buf ? obs_jw_new(arena, e->buf) : NULL;
    return e->jw ? e : NULL;
}

static int search(struct explain *e)
{
    const struct prices *prices = e->prices;
    obs_scope scope = scope_of(e->req);
    obs_span_query query = {.size = sizeof(query),
                            .fields = NEEDED,
                            .from_ns = INT64_MIN,
                            .to_ns = INT64_MAX,
                            .filter = &e->both,
                            .sort_field = OBS_FIELD_TS,
                            .limit = 1};

    e->ids[0].s = obs_str_n((const char *)e->trace_id, sizeof(e->trace_id));
    e->ids[1].s = obs_str_n((const char *)e->span_id, sizeof(e->span_id));
    for (size_t i = 0; i < 2; i++) {
        e->leaves[i] = (obs_filter){.size = sizeof(obs_filter),
                                    .kind = OBS_FILTER_LEAF,
                                    .field = i ? OBS_FIELD_SPAN_ID : OBS_FIELD_TRACE_ID,
                                    .op = OBS_OP_EQ,
                                    .values = &e->ids[i],
                                    .n_values = 1};
        e->children[i] = &e->leaves[i];
    }
    e->both = (obs_filter){.size = sizeof(obs_filter),
                           .kind = OBS_FILTER_AND,
                           .children = e->children,
                           .n_children = 2};
    return prices->store->search(prices->store_self, &scope, &query, take_row, searched, e);
}

int handle_explain(obs_request *req, void *self)
{
    struct explain *e = explain_new(self, req);
    int rc;

    if (!e)
        return OBS_E_NOMEM;
    if (hex_trace_id(obs_request_param(req, "trace_id"), e->trace_id) < 0)
        return obs_respond_error(req, OBS_E_INVALID, "trace_id",
                                 "trace_id: expected 32 hexadecimal digits, not all zero");
    if (hex_span_id(obs_request_param(req, "span_id"), e->span_id) < 0)
        return obs_respond_error(req, OBS_E_INVALID, "span_id",
                                 "span_id: expected 16 hexadecimal digits, not all zero");
    rc = search(e);
    return rc < 0 ? rc : OBS_PENDING;
}
