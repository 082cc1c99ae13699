/* SPDX-License-Identifier: Apache-2.0 */
/* One price. Factors are applied here, once: what a call is priced with are
 * always whole femto-dollars. */
#include "price_read.h"
#include "decimal.h"
#include "rates.h"
#include "timeparse.h"

#include <stdlib.h>

#define MAX_LEVELS 16
#define MAX_MOMENT 40   /* bytes of a time */
#define MAX_VARIANTS 32 /* tiers, and regions, of one price */

/* A tier or a region: a factor, or a price of its own. */
struct variant {
    obs_str name;
    const obs_conf *node;
    bool by_factor;
    struct decimal factor;
    struct price_levels own;
};

struct variants {
    struct variant *items; /* [0] changes nothing */
    size_t n;
};

/* --- parts ----------------------------------------------------------------------- */

/* What is not given costs what the plain part costs; what costs nothing to read
 * costs nothing to write. */
static void fill_absent(struct price_rates *rates)
{
    int64_t *femto = rates->femto;

    rates->free = rates->request_nano == 0;
    if (femto[PRICE_OUTPUT] < 0 && femto[PRICE_INPUT] == 0)
        femto[PRICE_OUTPUT] = 0;
    for (size_t i = 0; i < PRICE_N_PARTS; i++) {
        if (femto[i] < 0)
            femto[i] = femto[price_parts[i].like];
        rates->free = rates->free && femto[i] <= 0;
    }
}

/* `request_nano` is what a call costs when `node` does not say. */
static int read_rates(struct reader *r, const obs_conf *node, int64_t request_nano,
                      struct price_rates *rates)
{
    const obs_conf *value;
    int rc = OBS_OK;

    *rates = (struct price_rates){.above_tokens = -1, .request_nano = request_nano};
    for (size_t i = 0; i < PRICE_N_PARTS && rc == OBS_OK; i++) {
        value = obs_conf_get(node, price_parts[i].name.ptr);
        rates->femto[i] = -1;
        if (value)
            rc = reader_money(r, value, "USD for a million tokens such as 2.50", &rates->femto[i]);
    }
    value = obs_conf_get(node, "request");
    if (value && rc == OBS_OK)
        rc = reader_money(r, value, "USD for a call such as 0.005", &rates->request_nano);
    if (rc < 0)
        return rc;
    if (rates->femto[PRICE_INPUT] < 0) {
        if (!value)
            return reader_complain(r, node, "input is missing, or request");
        rates->femto[PRICE_INPUT] = 0;
        rates->by_request = true;
    }
    fill_absent(rates);
    return OBS_OK;
}

/* --- levels ---------------------------------------------------------------------- */

static int read_tokens(struct reader *r, const obs_conf *entry, int64_t *ret_tokens)
{
    const obs_conf *node = obs_conf_get(entry, "tokens");
    struct decimal value;

    if (!node || !decimal_read(obs_conf_str(node), &value) || value.negative ||
        value.exponent != 0 || !decimal_scaled(&value, 0, ret_tokens))
        return reader_complain(r, node ? node : entry,
                               "expected the `tokens` of a prompt above which the price holds, "
                               "such as 200000");
    return OBS_OK;
}

static int read_above(struct reader *r, const obs_conf *entry, struct price_levels *levels)
{
    static const char *const keys[] = {"tokens", NULL};
    struct price_rates *rates = &levels->rates[levels->n];
    int64_t tokens;
    int rc;

    if (obs_conf_type(entry) != OBS_CONF_MAPPING)
        return reader_complain(r, entry, "expected a price such as {tokens: 200000, input: 2.50}");
    rc = reader_check_keys(r, entry, keys, /* parts= */ true);
    if (rc == OBS_OK)
        rc = read_tokens(r, entry, &tokens);
    if (rc == OBS_OK)
        rc = read_rates(r, entry, levels->rates[0].request_nano, rates);
    if (rc < 0)
        return rc;
    for (size_t i = 1; i < levels->n; i++)
        if (levels->rates[i].above_tokens == tokens)
            return reader_complain(r, entry, "another price has the same `tokens`");
    rates->above_tokens = tokens;
    levels->n++;
    return OBS_OK;
}

static int by_tokens(const void *a, const void *b)
{
    const struct price_rates *x = a, *y = b;

    return (x->above_tokens > y->above_tokens) - (x->above_tokens < y->above_tokens);
}

/* The parts of `node` and its `above`. */
static int read_levels(struct reader *r, const obs_conf *node, int64_t request_nano,
                       struct price_levels *levels)
{
    const obs_conf *above = obs_conf_get(node, "above"), *entry;
    int rc;

    if (above && (obs_conf_type(above) != OBS_CONF_SEQUENCE || obs_conf_count(above) >= MAX_LEVELS))
        return reader_complain(r, above, "expected a list of up to %d prices, each with `tokens`",
                               MAX_LEVELS - 1);
    levels->rates = obs_arena_calloc(r->arena, obs_conf_count(above) + 1, sizeof(*levels->rates));
    if (!levels->rates)
        return OBS_E_NOMEM;
    levels->n = 1;
    rc = read_rates(r, node, request_nano, &levels->rates[0]);
    for (size_t i = 0; rc == OBS_OK && (entry = obs_conf_at(above, i, NULL)); i++)
        rc = read_above(r, entry, levels);
    qsort(levels->rates, levels->n, sizeof(*levels->rates), by_tokens);
    return rc;
}

/* --- factors --------------------------------------------------------------------- */

/* False when `value` × `factor` is no whole number, or too large. */
static bool multiply(int64_t value, const struct decimal *factor, int64_t *ret)
{
    __int128 product = (__int128)value * factor->digits;
    int64_t exponent = factor->exponent;

    for (; product && exponent < 0; exponent++, product /= 10)
        if (product % 10)
            return false;
    for (; product && exponent > 0 && product <= INT64_MAX; exponent--)
        product *= 10;
    if (product > INT64_MAX)
        return false;
    *ret = (int64_t)product;
    return true;
}

static int complain_factor(struct reader *r, const struct variant *variant, const char *part)
{
    return reader_complain(r, variant->node,
                           "expected `times` to give exact prices of up to nine decimals, which "
                           "that of %s would not be",
                           part);
}

static int scale_rates(struct reader *r, const struct variant *variant,
                       const struct price_rates *from, struct price_rates *to)
{
    const struct decimal *factor = &variant->factor;

    *to = *from;
    for (size_t i = 0; i < PRICE_N_PARTS; i++)
        if (from->femto[i] >= 0 && !multiply(from->femto[i], factor, &to->femto[i]))
            return complain_factor(r, variant, price_parts[i].name.ptr);
    if (!multiply(from->request_nano, factor, &to->request_nano))
        return complain_factor(r, variant, "request");
    to->free = from->free || factor->digits == 0;
    return OBS_OK;
}

static int scale_levels(struct reader *r, const struct variant *variant,
                        const struct price_levels *from, struct price_levels *to)
{
    int rc = OBS_OK;

    to->rates = obs_arena_calloc(r->arena, from->n + 1, sizeof(*to->rates));
    if (!to->rates)
        return OBS_E_NOMEM;
    for (to->n = 0; to->n < from->n && rc == OBS_OK; to->n++)
        rc = scale_rates(r, variant, &from->rates[to->n], &to->rates[to->n]);
    return rc;
}

/* --- tiers and regions ----------------------------------------------------------- */

static int read_variant(struct reader *r, const obs_conf *node, int64_t request_nano,
                        struct variant *variant)
{
    static const char *const factor_keys[] = {"times", NULL}, *const price_keys[] = {"above", NULL};
    const obs_conf *times = obs_conf_get(node, "times");
    int rc;

    if (obs_conf_type(node) != OBS_CONF_MAPPING)
        return reader_complain(r, node, "expected {times: 0.5}, or a price such as {input: 2.50}");
    rc = reader_check_keys(r, node, times ? factor_keys : price_keys, /* parts= */ !times);
    if (rc < 0)
        return rc;
    if (!times)
        return read_levels(r, node, request_nano, &variant->own);
    variant->by_factor = true;
    variant->node = times;
    if (!decimal_read(obs_conf_str(times), &variant->factor) || variant->factor.negative)
        return reader_complain(r, times, "expected a factor such as 0.5");
    return OBS_OK;
}

static bool has_variant(const struct variants *list, obs_str name)
{
    for (size_t i = 1; i < list->n; i++)
        if (obs_str_eq(list->items[i].name, name))
            return true;
    return false;
}

/* A name that would never be looked for is a mistake. */
static int check_tier(struct reader *r, const obs_conf *node, obs_str name)
{
    if (price_is_usual_tier(name))
        return reader_complain(r, node, "\"%.*s\" is the usual tier, it has the plain price",
                               OBS_STR_ARG(name));
    return OBS_OK;
}

static int check_region(struct reader *r, const obs_conf *node, obs_str name)
{
    const char *star = memchr(name.ptr, '*', name.len);

    if (star && star != name.ptr + name.len - 1)
        return reader_complain(r, node, "expected `*` at the end of a region only");
    return OBS_OK;
}

/* `map` is `tiers:` or `regions:`, and may be NULL. */
static int read_variants(struct reader *r, const obs_conf *map, const char *what,
                         int (*check)(struct reader *r, const obs_conf *node, obs_str name),
                         int64_t request_nano, struct variants *ret)
{
    const obs_conf *node;
    obs_str key;
    int rc = OBS_OK;

    if (map && (obs_conf_type(map) != OBS_CONF_MAPPING || obs_conf_count(map) >= MAX_VARIANTS))
        return reader_complain(r, map, "expected a mapping of up to %d %ss to prices",
                               MAX_VARIANTS - 1, what);
    ret->items = obs_arena_calloc(r->arena, obs_conf_count(map) + 1, sizeof(*ret->items));
    if (!ret->items)
        return OBS_E_NOMEM;
    ret->n = 1;
    for (size_t i = 0; rc == OBS_OK && (node = obs_conf_at(map, i, &key)); i++) {
        struct variant *variant = &ret->items[ret->n];
        rc = reader_name(r, node, key, what, &variant->name);
        if (rc == OBS_OK)
            rc = check(r, node, variant->name);
        if (rc == OBS_OK && has_variant(ret, variant->name))
            rc = reader_complain(r, node, "the %s \"%.*s\" stands here twice", what,
                                 OBS_STR_ARG(variant->name));
        if (rc == OBS_OK)
            rc = read_variant(r, node, request_nano, variant);
        ret->n++;
    }
    return rc;
}

/* What `base` becomes in a variant; a price of its own takes the place of it. */
static int apply_variant(struct reader *r, const struct variant *variant,
                         const struct price_levels *base, struct price_levels *ret)
{
    if (variant->by_factor)
        return scale_levels(r, variant, base, ret);
    *ret = variant->own.n ? variant->own : *base;
    return OBS_OK;
}

/* A region with a price of its own knows those tiers that are factors; one that is
 * a factor knows all, and applies on top of them. */
static int combine(struct reader *r, const struct price_levels *plain, const struct variant *tier,
                   const struct variant *region, struct price_levels *ret)
{
    struct price_levels base;
    int rc;

    if (region->own.n)
        return tier->own.n ? OBS_OK : apply_variant(r, tier, &region->own, ret);
    rc = apply_variant(r, tier, plain, &base);
    return rc < 0 ? rc : apply_variant(r, region, &base, ret);
}

static obs_str *names_of(struct reader *r, const struct variants *variants)
{
    obs_str *names = obs_arena_calloc(r->arena, variants->n, sizeof(*names));

    for (size_t i = 0; names && i < variants->n; i++)
        names[i] = variants->items[i].name;
    return names;
}

static int build_grid(struct reader *r, const struct price_levels *plain,
                      const struct variants *tiers, const struct variants *regions,
                      struct price *price)
{
    struct price_levels *at;
    int rc = OBS_OK;

    price->n_tiers = tiers->n;
    price->n_regions = regions->n;
    price->tiers = names_of(r, tiers);
    price->regions = names_of(r, regions);
    at = price->levels = obs_arena_calloc(r->arena, tiers->n * regions->n, sizeof(*at));
    if (!price->tiers || !price->regions || !at)
        return OBS_E_NOMEM;
    for (size_t k = 0; k < regions->n; k++)
        for (size_t i = 0; i < tiers->n && rc == OBS_OK; i++)
            rc = combine(r, plain, &tiers->items[i], &regions->items[k], at++);
    return rc;
}

/* --- public ---------------------------------------------------------------------- */

int price_moment(obs_str from, int64_t *ret_ns)
{
    *ret_ns = INT64_MIN;
    if (from.len == 0)
        return OBS_OK;
    if (from.len <= MAX_MOMENT &&
        (time_date(from, ret_ns) == OBS_OK || time_rfc3339(from, ret_ns) == OBS_OK))
        return OBS_OK;
    return OBS_E_INVALID;
}

static int read_from(struct reader *r, const obs_conf *node, struct price *price)
{
    obs_str text = obs_conf_str(node);

    if (price_moment(text, &price->from_ns) < 0 || (node && text.len == 0))
        return reader_complain(r, node, "expected a date such as 2025-03-01, found \"%.*s\"",
                               OBS_STR_ARG(text));
    price->from = text;
    return OBS_OK;
}

int price_read(struct reader *r, const obs_conf *node, const char *const *beside,
               struct price *ret_price)
{
    struct price_levels plain;
    struct variants tiers = {0}, regions = {0};
    int rc = reader_check_keys(r, node, beside, /* parts= */ true);

    ret_price->node = node;
    if (rc == OBS_OK)
        rc = read_from(r, obs_conf_get(node, "from"), ret_price);
    if (rc == OBS_OK)
        rc = read_levels(r, node, /* request_nano= */ 0, &plain);
    if (rc == OBS_OK)
        rc = read_variants(r, obs_conf_get(node, "tiers"), "tier", check_tier,
                           plain.rates[0].request_nano, &tiers);
    if (rc == OBS_OK)
        rc = read_variants(r, obs_conf_get(node, "regions"), "region", check_region,
                           plain.rates[0].request_nano, &regions);
    return rc < 0 ? rc : build_grid(r, &plain, &tiers, &regions, ret_price);
}
