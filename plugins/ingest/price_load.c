/* SPDX-License-Identifier: Apache-2.0 */
/* Reading prices.yaml: providers → models → prices. Every complaint names file,
 * line and column and what was expected. */
#include "price_book.h"

#include <observatory/conf.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MAX_DECIMALS 9 /* of USD a million tokens: 1e-15 USD a token */

struct loader {
    obs_arena *arena;
    const char *path;
    struct price_book *book;
    struct price_name **names; /* exact ones, until the table is built */
    size_t n_names, capacity;
    char *error;
    size_t error_size;
};

static int complain(struct loader *l, const obs_conf *node, const char *text, obs_str found)
{
    int at = snprintf(l->error, l->error_size, "%s:%u:%u: %s", l->path, obs_conf_line(node),
                      obs_conf_column(node), text);

    if (found.ptr && at > 0 && (size_t)at < l->error_size)
        snprintf(l->error + at, l->error_size - (size_t)at, ", found \"%.*s\"", OBS_STR_ARG(found));
    return OBS_E_SYNTAX;
}

static const obs_str nothing = {0};

/* --- values ----------------------------------------------------------------------- */

/* "2.50" as an integer of 1e-9; no sign, no exponent. */
static bool parse_decimal(obs_str text, int64_t *ret_value)
{
    int64_t v = 0;
    unsigned decimals = 0, digits = 0;
    bool point = false;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (!isdigit((unsigned char)text.ptr[i]) || v > INT64_MAX / 100 ||
            (point && ++decimals > MAX_DECIMALS))
            return false;
        v = 10 * v + (text.ptr[i] - '0');
        digits++;
    }
    for (; decimals < MAX_DECIMALS; decimals++)
        if (__builtin_mul_overflow(v, 10, &v))
            return false;
    *ret_value = v;
    return digits > 0;
}

/* "2025-03-01" or "2025-03-01T12:00:00Z" in UTC. */
static bool parse_from(obs_str text, int64_t *ret_ns)
{
    struct tm tm = {0};
    char buf[32], *end;

    if (text.len >= sizeof(buf))
        return false;
    memcpy(buf, text.ptr, text.len);
    buf[text.len] = '\0';
    end = strptime(buf, strchr(buf, 'T') ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d", &tm);
    if (!end || *end)
        return false;
    *ret_ns = (int64_t)timegm(&tm) * 1000000000;
    return true;
}

static obs_str lower(obs_arena *arena, obs_str text)
{
    obs_str copy = obs_arena_dup(arena, text);

    for (size_t i = 0; copy.ptr && i < copy.len; i++)
        ((char *)(uintptr_t)copy.ptr)[i] = (char)tolower((unsigned char)copy.ptr[i]);
    return copy;
}

/* --- one price ---------------------------------------------------------------------- */

struct price_key {
    const char *name;
    size_t offset;
};

static const struct price_key price_keys[] = {
    {"input", offsetof(struct price, input)},
    {"output", offsetof(struct price, output)},
    {"cache_read", offsetof(struct price, cache_read)},
    {"cache_write", offsetof(struct price, cache_write)},
    {"reasoning", offsetof(struct price, reasoning)},
};

static int set_price(struct loader *l, struct price *price, obs_str key, const obs_conf *value)
{
    int64_t femto;

    for (size_t i = 0; i < sizeof(price_keys) / sizeof(*price_keys); i++) {
        if (!obs_str_is(key, price_keys[i].name))
            continue;
        if (!parse_decimal(obs_conf_str(value), &femto))
            return complain(l, value, "expected USD per million tokens such as 2.50",
                            obs_conf_str(value));
        memcpy((char *)price + price_keys[i].offset, &femto, sizeof(femto));
        return OBS_OK;
    }
    return complain(l, value,
                    "unknown key; expected from, input, output, cache_read, cache_write, reasoning",
                    key);
}

/* What is not given costs what the plain part costs. */
static int read_price(struct loader *l, const obs_conf *node, struct price *price)
{
    const obs_conf *value;
    obs_str key;

    *price = (struct price){.from_ns = INT64_MIN,
                            .input = -1,
                            .output = -1,
                            .cache_read = -1,
                            .cache_write = -1,
                            .reasoning = -1};
    for (size_t i = 0; (value = obs_conf_at(node, i, &key)); i++) {
        int rc = OBS_OK;
        if (obs_str_is(key, "aliases") || obs_str_is(key, "source"))
            continue;
        if (!obs_str_is(key, "from"))
            rc = set_price(l, price, key, value);
        else if (!parse_from(obs_conf_str(value), &price->from_ns))
            rc = complain(l, value, "expected a date such as 2025-03-01", obs_conf_str(value));
        if (rc < 0)
            return rc;
    }
    if (price->input < 0)
        return complain(l, node, "input is missing", nothing);
    if (price->output < 0)
        price->output = 0; /* embeddings */
    if (price->cache_read < 0)
        price->cache_read = price->input;
    if (price->cache_write < 0)
        price->cache_write = price->input;
    if (price->reasoning < 0)
        price->reasoning = price->output;
    price->free =
        !(price->input | price->output | price->cache_read | price->cache_write | price->reasoning);
    return OBS_OK;
}

static int by_from(const void *a, const void *b)
{
    const struct price *x = a, *y = b;
    return (x->from_ns > y->from_ns) - (x->from_ns < y->from_ns);
}

/* --- names -------------------------------------------------------------------------- */

static int add_pattern(struct loader *l, struct price_name *name)
{
    struct price_name **at = &l->book->patterns;

    name->model.len--; /* the '*' */
    while (*at && (*at)->model.len >= name->model.len)
        at = &(*at)->next;
    name->next = *at;
    *at = name;
    return OBS_OK;
}

static int add_name(struct loader *l, obs_str provider, obs_str model,
                    const struct price_model *target)
{
    struct price_name *name = obs_arena_calloc(l->arena, 1, sizeof(*name));

    if (!name)
        return OBS_E_NOMEM;
    *name = (struct price_name){
        .provider = provider, .model = lower(l->arena, model), .target = target};
    if (!name->model.ptr)
        return OBS_E_NOMEM;
    if (model.len && model.ptr[model.len - 1] == '*')
        return add_pattern(l, name);
    if (l->n_names == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 256;
        struct price_name **names = obs_arena_calloc(l->arena, capacity, sizeof(*names));
        if (!names)
            return OBS_E_NOMEM;
        if (l->n_names)
            memcpy(names, l->names, l->n_names * sizeof(*names));
        l->names = names;
        l->capacity = capacity;
    }
    l->names[l->n_names++] = name;
    return OBS_OK;
}

/* Twice the same name is a mistake that would make one of them unreachable. */
static int build_table(struct loader *l)
{
    struct price_book *book = l->book;

    book->n_slots = 16;
    while (book->n_slots < 2 * l->n_names)
        book->n_slots *= 2;
    book->slots = obs_arena_calloc(l->arena, book->n_slots, sizeof(struct price_name *));
    if (!book->slots)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < l->n_names; i++) {
        struct price_name *name = l->names[i];
        uint64_t slot = price_hash(name->provider, name->model) & (book->n_slots - 1);
        for (; book->slots[slot]; slot = (slot + 1) & (book->n_slots - 1))
            if (obs_str_eq(book->slots[slot]->model, name->model) &&
                obs_str_eq(book->slots[slot]->provider, name->provider)) {
                snprintf(l->error, l->error_size, "%s: %.*s/%.*s has two prices", l->path,
                         OBS_STR_ARG(name->provider), OBS_STR_ARG(name->model));
                return OBS_E_SYNTAX;
            }
        book->slots[slot] = name;
    }
    return OBS_OK;
}

/* --- the file ------------------------------------------------------------------------ */

static int read_prices(struct loader *l, const obs_conf *node, struct price_model *model)
{
    const obs_conf *list = obs_conf_get(node, "prices");
    size_t n = list ? obs_conf_count(list) : 1;

    if (list && (obs_conf_type(list) != OBS_CONF_SEQUENCE || n == 0))
        return complain(l, list, "expected a list of prices, each with its `from`", nothing);
    model->prices = obs_arena_calloc(l->arena, n, sizeof(*model->prices));
    if (!model->prices)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        int rc = read_price(l, list ? obs_conf_at(list, i, NULL) : node, &model->prices[i]);
        if (rc < 0)
            return rc;
    }
    model->n_prices = n;
    qsort(model->prices, n, sizeof(*model->prices), by_from);
    return OBS_OK;
}

static int read_model(struct loader *l, obs_str provider, obs_str name, const obs_conf *node)
{
    struct price_model *model = obs_arena_calloc(l->arena, 1, sizeof(*model));
    const obs_conf *aliases = obs_conf_get(node, "aliases"), *alias;
    int rc;

    if (!model)
        return OBS_E_NOMEM;
    if (obs_conf_type(node) != OBS_CONF_MAPPING)
        return complain(l, node, "expected the prices of a model such as {input: 2.50, output: 10}",
                        obs_conf_str(node));
    rc = read_prices(l, node, model);
    if (rc == OBS_OK)
        rc = add_name(l, provider, name, model);
    for (size_t i = 0; rc == OBS_OK && (alias = obs_conf_at(aliases, i, NULL)); i++)
        rc = add_name(l, provider, obs_conf_str(alias), model);
    l->book->n_models++;
    return rc;
}

static int read_provider(struct loader *l, obs_str provider, const obs_conf *node)
{
    const obs_conf *model;
    obs_str name, lowered = lower(l->arena, provider);
    int rc = lowered.ptr ? OBS_OK : OBS_E_NOMEM;

    if (obs_conf_type(node) != OBS_CONF_MAPPING)
        return complain(l, node, "expected the models of a provider", nothing);
    l->book->providers[l->book->n_providers++] = lowered;
    for (size_t i = 0; rc == OBS_OK && (model = obs_conf_at(node, i, &name)); i++)
        rc = read_model(l, lowered, name, model);
    return rc;
}

/* `resellers:` is a mapping of a provider to a list of others. */
static int read_resellers(struct loader *l, const obs_conf *resellers)
{
    struct price_reseller **at = &l->book->resellers;
    const obs_conf *list, *of;
    obs_str provider;

    for (size_t i = 0; (list = obs_conf_at(resellers, i, &provider)); i++) {
        if (obs_conf_type(list) != OBS_CONF_SEQUENCE)
            return complain(l, list, "expected a list of providers", nothing);
        for (size_t k = 0; (of = obs_conf_at(list, k, NULL)); k++) {
            struct price_reseller *r = obs_arena_calloc(l->arena, 1, sizeof(*r));
            if (!r)
                return OBS_E_NOMEM;
            *r = (struct price_reseller){.provider = lower(l->arena, provider),
                                         .of = lower(l->arena, obs_conf_str(of))};
            if (!r->provider.ptr || !r->of.ptr)
                return OBS_E_NOMEM;
            *at = r;
            at = &r->next;
        }
    }
    return OBS_OK;
}

static int read_providers(struct loader *l, const obs_conf *providers)
{
    const obs_conf *provider;
    obs_str name;
    int rc = OBS_OK;

    l->book->providers =
        obs_arena_calloc(l->arena, obs_conf_count(providers) + 1, sizeof(*l->book->providers));
    if (!l->book->providers)
        return OBS_E_NOMEM;
    for (size_t i = 0; rc == OBS_OK && (provider = obs_conf_at(providers, i, &name)); i++)
        rc = read_provider(l, name, provider);
    return rc;
}

int price_book_load(obs_arena *arena, const char *path, const struct price_book **ret_book,
                    char *error, size_t error_size)
{
    struct loader l = {.arena = arena, .path = path, .error = error, .error_size = error_size};
    const obs_conf *root, *providers;
    int rc = obs_conf_load(arena, path, &root, error, error_size);

    if (rc < 0)
        return rc;
    snprintf(error, error_size, "%s: out of memory", path);
    l.book = obs_arena_calloc(arena, 1, sizeof(*l.book));
    if (!l.book)
        return OBS_E_NOMEM;
    providers = obs_conf_get(root, "providers");
    if (obs_conf_type(providers) != OBS_CONF_MAPPING)
        return complain(&l, root, "expected `providers:` with a mapping", nothing);
    rc = read_providers(&l, providers);
    if (rc == OBS_OK)
        rc = read_resellers(&l, obs_conf_get(root, "resellers"));
    if (rc == OBS_OK)
        rc = build_table(&l);
    if (rc == OBS_OK)
        *ret_book = l.book;
    return rc;
}
