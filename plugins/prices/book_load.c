/* SPDX-License-Identifier: Apache-2.0 */
/* Reading prices.yaml: providers → models → prices. Every complaint names file,
 * line and column and what was expected. */
#include "book.h"
#include "decimal.h"
#include "timeparse.h"

#include <observatory/conf.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

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

/* Complains about the first key of `map` that is none of `known`. */
static int check_keys(struct loader *l, const obs_conf *map, const char *const *known,
                      const char *text)
{
    const obs_conf *value;
    obs_str key;

    for (size_t i = 0; (value = obs_conf_at(map, i, &key)); i++) {
        size_t k = 0;
        while (known[k] && !obs_str_is(key, known[k]))
            k++;
        if (!known[k])
            return complain(l, value, text, key);
    }
    return OBS_OK;
}

/* --- values ----------------------------------------------------------------------- */

/* "2.50" as an integer of 1e-9; more decimals would have to be rounded. */
static bool parse_price(obs_str text, int64_t *ret_femto)
{
    struct decimal value;

    return decimal_read(text, &value) && !value.negative && value.exponent >= -MAX_DECIMALS &&
           decimal_scaled(&value, MAX_DECIMALS, ret_femto);
}

/* "2025-03-01" or "2025-03-01T12:00:00Z". */
static bool parse_from(obs_str text, int64_t *ret_ns)
{
    return time_date(text, ret_ns) == OBS_OK || time_rfc3339(text, ret_ns) == OBS_OK;
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
        if (!parse_price(obs_conf_str(value), &femto))
            return complain(l, value, "expected USD per million tokens such as 2.50",
                            obs_conf_str(value));
        memcpy((char *)price + price_keys[i].offset, &femto, sizeof(femto));
        return OBS_OK;
    }
    return complain(l, value,
                    "unknown key; expected from, input, output, cache_read, cache_write, reasoning",
                    key);
}

/* What is not given costs what the plain part costs; what costs nothing to read
 * costs nothing to write. */
static void fill_absent(struct price *price)
{
    if (price->cache_read < 0)
        price->cache_read = price->input;
    if (price->cache_write < 0)
        price->cache_write = price->input;
    if (price->output < 0 && price->input == 0)
        price->output = 0;
    if (price->reasoning < 0)
        price->reasoning = price->output;
    price->free = price->input == 0 && price->cache_read == 0 && price->cache_write == 0 &&
                  price->output <= 0 && price->reasoning <= 0;
}

/* `in_list`: an entry of `prices:`; else the model's own mapping, which has other
 * keys too. */
static int read_price(struct loader *l, const obs_conf *node, bool in_list, struct price *price)
{
    const obs_conf *value;
    obs_str key;

    *price = (struct price){.from_ns = INT64_MIN,
                            .input = -1,
                            .output = -1,
                            .cache_read = -1,
                            .cache_write = -1,
                            .reasoning = -1};
    if (obs_conf_type(node) != OBS_CONF_MAPPING)
        return complain(l, node, "expected a price such as {from: 2025-03-01, input: 2.50}",
                        obs_conf_str(node));
    for (size_t i = 0; (value = obs_conf_at(node, i, &key)); i++) {
        int rc = OBS_OK;
        if (!in_list && (obs_str_is(key, "aliases") || obs_str_is(key, "source")))
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
    fill_absent(price);
    return OBS_OK;
}

static int by_from(const void *a, const void *b)
{
    const struct price *x = a, *y = b;
    return (x->from_ns > y->from_ns) - (x->from_ns < y->from_ns);
}

/* --- names -------------------------------------------------------------------------- */

static bool same_name(const struct price_name *a, const struct price_name *b)
{
    return obs_str_eq(a->model, b->model) && obs_str_eq(a->provider, b->provider);
}

/* Twice the same name is a mistake that would make one of them unreachable. */
static int complain_twice(struct loader *l, const struct price_name *first,
                          const struct price_name *second)
{
    char text[64];

    snprintf(text, sizeof(text), "the model has two prices, the other one is in line %u",
             obs_conf_line(first->node));
    return complain(l, second->node, text, second->model);
}

static int add_pattern(struct loader *l, struct price_name *name)
{
    struct price_name **at = &l->book->patterns;

    name->model.len--; /* the '*' */
    for (; *at && (*at)->model.len >= name->model.len; at = &(*at)->next)
        if (same_name(*at, name))
            return complain_twice(l, *at, name);
    name->next = *at;
    *at = name;
    return OBS_OK;
}

static int keep_name(struct loader *l, struct price_name *name)
{
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

/* `node` is the alias, or what the model's own name stands before. */
static int add_name(struct loader *l, obs_str provider, obs_str model, const obs_conf *node,
                    const struct price_model *target)
{
    struct price_name *name = obs_arena_calloc(l->arena, 1, sizeof(*name));
    const char *star = model.len ? memchr(model.ptr, '*', model.len) : NULL;

    if (!name)
        return OBS_E_NOMEM;
    if (model.len == 0 || model.len > PRICE_MAX_NAME)
        return complain(l, node, "expected the name of a model, of up to 256 bytes", model);
    if (star && star != model.ptr + model.len - 1)
        return complain(l, node, "expected `*` at the end of a name only", model);
    *name = (struct price_name){
        .provider = provider,
        .model = lower(l->arena, model),
        .target = target,
        .node = node,
    };
    if (!name->model.ptr)
        return OBS_E_NOMEM;
    return star ? add_pattern(l, name) : keep_name(l, name);
}

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
            if (same_name(book->slots[slot], name))
                return complain_twice(l, book->slots[slot], name);
        book->slots[slot] = name;
    }
    return OBS_OK;
}

/* --- the file ------------------------------------------------------------------------ */

static int check_list(struct loader *l, const obs_conf *node, const obs_conf *list)
{
    static const char *const known[] = {"prices", "aliases", "source", NULL};

    if (obs_conf_type(list) != OBS_CONF_SEQUENCE || obs_conf_count(list) == 0)
        return complain(l, list, "expected a list of prices, each with its `from`", nothing);
    return check_keys(l, node, known, "expected prices, aliases or source beside a list of prices");
}

static bool has_moment(const struct price *prices, size_t n, int64_t from_ns)
{
    for (size_t i = 0; i < n; i++)
        if (prices[i].from_ns == from_ns)
            return true;
    return false;
}

static int read_list(struct loader *l, const obs_conf *list, struct price_model *model)
{
    const obs_conf *node;

    for (size_t i = 0; (node = obs_conf_at(list, i, NULL)); i++) {
        int rc = read_price(l, node, /* in_list= */ true, &model->prices[i]);
        if (rc < 0)
            return rc;
        if (has_moment(model->prices, i, model->prices[i].from_ns))
            return complain(l, node, "another price has the same `from`", nothing);
    }
    qsort(model->prices, model->n_prices, sizeof(*model->prices), by_from);
    return OBS_OK;
}

static int read_prices(struct loader *l, const obs_conf *node, struct price_model *model)
{
    const obs_conf *list = obs_conf_get(node, "prices");
    int rc = list ? check_list(l, node, list) : OBS_OK;

    if (rc < 0)
        return rc;
    model->n_prices = list ? obs_conf_count(list) : 1;
    model->prices = obs_arena_calloc(l->arena, model->n_prices, sizeof(*model->prices));
    if (!model->prices)
        return OBS_E_NOMEM;
    return list ? read_list(l, list, model)
                : read_price(l, node, /* in_list= */ false, model->prices);
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
    if (aliases && obs_conf_type(aliases) != OBS_CONF_SEQUENCE)
        return complain(l, aliases, "expected a list of names", obs_conf_str(aliases));
    rc = read_prices(l, node, model);
    if (rc == OBS_OK)
        rc = add_name(l, provider, name, node, model);
    for (size_t i = 0; rc == OBS_OK && (alias = obs_conf_at(aliases, i, NULL)); i++)
        rc = add_name(l, provider, obs_conf_str(alias), alias, model);
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

static bool is_provider(const struct price_book *book, obs_str name)
{
    for (size_t i = 0; i < book->n_providers; i++)
        if (obs_str_eq(book->providers[i], name))
            return true;
    return false;
}

static int add_reseller(struct loader *l, obs_str provider, const obs_conf *of)
{
    struct price_reseller *r = obs_arena_calloc(l->arena, 1, sizeof(*r)), **at;

    if (!r)
        return OBS_E_NOMEM;
    *r = (struct price_reseller){
        .provider = lower(l->arena, provider),
        .of = lower(l->arena, obs_conf_str(of)),
    };
    if (!r->provider.ptr || !r->of.ptr)
        return OBS_E_NOMEM;
    if (!is_provider(l->book, r->of))
        return complain(l, of, "expected a provider of this file", obs_conf_str(of));
    for (at = &l->book->resellers; *at; at = &(*at)->next)
        ;
    *at = r;
    return OBS_OK;
}

/* `resellers:` is a mapping of a provider to a list of others. */
static int read_resellers(struct loader *l, const obs_conf *resellers)
{
    const obs_conf *list, *of;
    obs_str provider;
    int rc;

    if (resellers && obs_conf_type(resellers) != OBS_CONF_MAPPING)
        return complain(l, resellers, "expected a mapping of resellers to providers", nothing);
    for (size_t i = 0; (list = obs_conf_at(resellers, i, &provider)); i++) {
        if (obs_conf_type(list) != OBS_CONF_SEQUENCE)
            return complain(l, list, "expected a list of providers", nothing);
        for (size_t k = 0; (of = obs_conf_at(list, k, NULL)); k++) {
            rc = add_reseller(l, provider, of);
            if (rc < 0)
                return rc;
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
    static const char *const root_keys[] = {"providers", "resellers", NULL};
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
        return complain(&l, providers ? providers : root, "expected `providers:` with a mapping",
                        nothing);
    rc = check_keys(&l, root, root_keys, "unknown key; expected providers or resellers");
    if (rc == OBS_OK)
        rc = read_providers(&l, providers);
    if (rc == OBS_OK)
        rc = read_resellers(&l, obs_conf_get(root, "resellers"));
    if (rc == OBS_OK)
        rc = build_table(&l);
    if (rc == OBS_OK)
        *ret_book = l.book;
    return rc;
}
