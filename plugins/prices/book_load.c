/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a book: providers, their models, the prices of these. Every complaint
 * names file, line and column and what was expected. */
#include "book.h"
#include "names.h"
#include "price_read.h"
#include "reader.h"
#include "timeparse.h"

#include <stdio.h>
#include <stdlib.h>

struct loader {
    struct reader reader;
    struct price_book *book;
    struct price_model **last_model;
    struct price_names names;
    struct price_reseller **last_reseller;
    size_t n_resales;
};

/* Where the prices of a model, or of all of a provider, were read. */
struct origin {
    obs_str source, read;
};

/* --- values ---------------------------------------------------------------------- */

static int read_day(struct reader *r, const obs_conf *node, obs_str *ret_day, int64_t *ret_ns)
{
    if (!node)
        return OBS_OK;
    if (time_date(obs_conf_str(node), ret_ns) < 0)
        return reader_complain(r, node, "expected a day such as 2026-11-20, found \"%.*s\"",
                               OBS_STR_ARG(obs_conf_str(node)));
    *ret_day = obs_conf_str(node);
    return OBS_OK;
}

/* What `node` does not say stays. */
static int read_origin(struct reader *r, const obs_conf *node, struct origin *origin)
{
    const obs_conf *source = obs_conf_get(node, "source");
    int64_t day_ns;

    if (source && obs_conf_type(source) != OBS_CONF_SCALAR)
        return reader_complain(r, source, "expected where the prices were read, such as a URL");
    if (source)
        origin->source = obs_conf_str(source);
    return read_day(r, obs_conf_get(node, "read"), &origin->read, &day_ns);
}

static int expect_mapping(struct reader *r, const obs_conf *node, const char *expected)
{
    obs_str found = obs_conf_str(node);

    if (obs_conf_type(node) == OBS_CONF_MAPPING)
        return OBS_OK;
    return reader_complain(r, node, found.len ? "expected %s, found \"%.*s\"" : "expected %s",
                           expected, OBS_STR_ARG(found));
}

/* --- models ---------------------------------------------------------------------- */

static const char *const beside_price[] = {"from", "above", "tiers", "regions", NULL};
static const char *const beside_only_price[] = {"from",    "above",  "tiers", "regions",
                                                "aliases", "source", "read",  NULL};

static int by_from(const void *a, const void *b)
{
    const struct price *x = a, *y = b;
    int order = (x->from_ns > y->from_ns) - (x->from_ns < y->from_ns);

    return order ? order : (int)obs_conf_line(x->node) - (int)obs_conf_line(y->node);
}

/* The entries of a list of prices. */
static int read_entries(struct reader *r, const obs_conf *list, struct price_model *model)
{
    struct price *prices = model->prices;
    const obs_conf *node;
    int rc;

    for (size_t i = 0; (node = obs_conf_at(list, i, NULL)); i++) {
        rc = expect_mapping(r, node, "a price such as {from: 2025-03-01, input: 2.50}");
        if (rc == OBS_OK)
            rc = price_read(r, node, beside_price, &prices[i]);
        if (rc < 0)
            return rc;
    }
    qsort(prices, model->n_prices, sizeof(*prices), by_from);
    for (size_t i = 1; i < model->n_prices; i++)
        if (prices[i - 1].from_ns == prices[i].from_ns)
            return reader_complain(r, prices[i].node, "another price has the same `from`");
    return OBS_OK;
}

/* `prices:` is one price or a list of them; without it the model is its price. */
static int read_prices(struct reader *r, const obs_conf *node, struct price_model *model)
{
    static const char *const beside_list[] = {"prices", "aliases", "source", "read", NULL};
    const obs_conf *prices = obs_conf_get(node, "prices");
    bool list = obs_conf_type(prices) == OBS_CONF_SEQUENCE;
    int rc = prices ? reader_check_keys(r, node, beside_list, /* parts= */ false) : OBS_OK;

    if (rc < 0)
        return rc;
    if (prices && obs_conf_count(prices) == 0)
        return reader_complain(r, prices, "expected a price, or a list of them by `from`");
    model->n_prices = list ? obs_conf_count(prices) : 1;
    model->prices = obs_arena_calloc(r->arena, model->n_prices, sizeof(*model->prices));
    if (!model->prices)
        return OBS_E_NOMEM;
    if (list)
        return read_entries(r, prices, model);
    return prices ? price_read(r, prices, beside_price, model->prices)
                  : price_read(r, node, beside_only_price, model->prices);
}

static int read_names(struct loader *l, obs_str name, const obs_conf *node,
                      const struct price_model *model)
{
    const obs_conf *aliases = obs_conf_get(node, "aliases"), *alias;
    int rc;

    if (aliases && obs_conf_type(aliases) != OBS_CONF_SEQUENCE)
        return reader_complain(&l->reader, aliases, "expected a list of names");
    rc = price_names_add(&l->reader, &l->names, name, node, model);
    for (size_t i = 0; rc == OBS_OK && (alias = obs_conf_at(aliases, i, NULL)); i++)
        rc = price_names_add(&l->reader, &l->names, obs_conf_str(alias), alias, model);
    return rc;
}

static int read_model(struct loader *l, obs_str provider, struct origin origin, obs_str name,
                      const obs_conf *node)
{
    struct reader *r = &l->reader;
    struct price_model *model = obs_arena_calloc(r->arena, 1, sizeof(*model));
    int rc;

    if (!model)
        return OBS_E_NOMEM;
    *model = (struct price_model){.provider = provider, .node = node};
    rc = expect_mapping(r, node, "the prices of a model such as {input: 2.50, output: 10}");
    if (rc == OBS_OK)
        rc = reader_name(r, node, name, "model", &model->name);
    if (rc == OBS_OK)
        rc = read_origin(r, node, &origin);
    if (rc == OBS_OK)
        rc = read_prices(r, node, model);
    if (rc == OBS_OK)
        rc = read_names(l, name, node, model);
    model->source = origin.source;
    model->read = origin.read;
    *l->last_model = model;
    l->last_model = &model->next;
    l->book->n_models++;
    return rc;
}

/* --- providers ------------------------------------------------------------------- */

static bool is_provider(const struct price_book *book, obs_str name)
{
    for (size_t i = 0; i < book->n_providers; i++)
        if (obs_str_eq(book->providers[i], name))
            return true;
    return false;
}

static int read_provider(struct loader *l, obs_str name, const obs_conf *node)
{
    static const char *const keys[] = {"source", "read", "models", NULL};
    struct reader *r = &l->reader;
    const obs_conf *models = obs_conf_get(node, "models"), *model;
    struct origin origin = {.read = obs_str_n(NULL, 0)};
    obs_str provider;
    int rc = reader_name(r, node, name, "provider", &provider);

    if (rc == OBS_OK)
        rc = expect_mapping(r, node, "`source`, `read` and `models` of a provider");
    if (rc == OBS_OK)
        rc = reader_check_keys(r, node, keys, /* parts= */ false);
    if (rc == OBS_OK)
        rc = read_origin(r, node, &origin);
    if (rc == OBS_OK)
        rc = expect_mapping(r, models ? models : node, "`models` with the models of a provider");
    if (rc < 0)
        return rc;
    if (!models)
        return reader_complain(r, node, "models is missing");
    if (is_provider(l->book, provider))
        return reader_complain(r, node, "the provider \"%.*s\" stands here twice",
                               OBS_STR_ARG(provider));
    l->book->providers[l->book->n_providers++] = provider;
    for (size_t i = 0; rc == OBS_OK && (model = obs_conf_at(models, i, &name)); i++)
        rc = read_model(l, provider, origin, name, model);
    return rc;
}

static int read_providers(struct loader *l, const obs_conf *providers)
{
    const obs_conf *provider;
    obs_str name;
    int rc = expect_mapping(&l->reader, providers, "`providers:` with a mapping");

    if (rc < 0)
        return rc;
    if (obs_conf_count(providers) > PRICE_MAX_PROVIDERS)
        return reader_complain(&l->reader, providers, "expected at most %d providers",
                               PRICE_MAX_PROVIDERS);
    l->book->providers = obs_arena_calloc(l->reader.arena, obs_conf_count(providers) + 1,
                                          sizeof(*l->book->providers));
    if (!l->book->providers)
        return OBS_E_NOMEM;
    for (size_t i = 0; rc == OBS_OK && (provider = obs_conf_at(providers, i, &name)); i++)
        rc = read_provider(l, name, provider);
    return rc;
}

static int add_reseller(struct loader *l, obs_str provider, const obs_conf *of)
{
    struct reader *r = &l->reader;
    struct price_reseller *reseller = obs_arena_calloc(r->arena, 1, sizeof(*reseller));
    int rc;

    if (!reseller)
        return OBS_E_NOMEM;
    rc = reader_name(r, of, provider, "provider", &reseller->provider);
    if (rc == OBS_OK)
        rc = reader_name(r, of, obs_conf_str(of), "provider", &reseller->of);
    if (rc < 0)
        return rc;
    if (!is_provider(l->book, reseller->of))
        return reader_complain(r, of, "expected a provider of this book, found \"%.*s\"",
                               OBS_STR_ARG(obs_conf_str(of)));
    if (++l->n_resales > PRICE_MAX_RESALES)
        return reader_complain(r, of, "expected at most %d resales", PRICE_MAX_RESALES);
    *l->last_reseller = reseller;
    l->last_reseller = &reseller->next;
    return OBS_OK;
}

/* `resellers:` is a mapping of a provider to a list of others; it may be NULL. */
static int read_resellers(struct loader *l, const obs_conf *resellers)
{
    const obs_conf *list, *of;
    obs_str provider;
    int rc = OBS_OK;

    if (resellers)
        rc = expect_mapping(&l->reader, resellers, "a mapping of resellers to providers");
    for (size_t i = 0; rc == OBS_OK && (list = obs_conf_at(resellers, i, &provider)); i++) {
        if (obs_conf_type(list) != OBS_CONF_SEQUENCE)
            return reader_complain(&l->reader, list, "expected a list of providers");
        for (size_t k = 0; rc == OBS_OK && (of = obs_conf_at(list, k, NULL)); k++)
            rc = add_reseller(l, provider, of);
    }
    return rc;
}

/* --- public ---------------------------------------------------------------------- */

/* `document` is NULL when there are only providers. */
static int read_book(obs_arena *arena, const obs_conf *document, const obs_conf *providers,
                     enum price_layer layer, const struct price_book **ret_book,
                     struct reader reader)
{
    struct price_book *book = obs_arena_calloc(arena, 1, sizeof(*book));
    struct loader l = {.reader = reader, .book = book};
    int rc;

    snprintf(reader.error, reader.error_size, "out of memory");
    if (!book)
        return OBS_E_NOMEM;
    *book = (struct price_book){.layer = layer, .updated_ns = OBS_ABSENT};
    l.last_model = &book->models;
    l.last_reseller = &book->resellers;
    rc = read_day(&reader, obs_conf_get(document, "updated"), &book->updated, &book->updated_ns);
    if (rc == OBS_OK)
        rc = read_providers(&l, providers);
    if (rc == OBS_OK)
        rc = read_resellers(&l, obs_conf_get(document, "resellers"));
    if (rc == OBS_OK)
        rc = price_names_build(&l.reader, &l.names, book);
    if (rc == OBS_OK)
        *ret_book = book;
    return rc;
}

int price_book_read(obs_arena *arena, const obs_conf *document, enum price_layer layer,
                    const struct price_book **ret_book, char *error, size_t error_size)
{
    static const char *const keys[] = {"updated", "resellers", "providers", NULL};
    struct reader r = {.arena = arena, .error = error, .error_size = error_size};
    const obs_conf *providers = obs_conf_get(document, "providers");
    int rc = expect_mapping(&r, providers ? providers : document, "`providers:` with a mapping");

    if (rc == OBS_OK)
        rc = reader_check_keys(&r, document, keys, /* parts= */ false);
    if (rc == OBS_OK && !providers)
        rc = reader_complain(&r, document, "providers is missing");
    return rc < 0 ? rc : read_book(arena, document, providers, layer, ret_book, r);
}

int price_book_read_providers(obs_arena *arena, const obs_conf *providers, enum price_layer layer,
                              const struct price_book **ret_book, char *error, size_t error_size)
{
    struct reader r = {.arena = arena, .error = error, .error_size = error_size};

    return read_book(arena, /* document= */ NULL, providers, layer, ret_book, r);
}

int price_book_load(obs_arena *arena, const char *path, const struct price_book **ret_book,
                    char *error, size_t error_size)
{
    const obs_conf *document;
    int rc = obs_conf_load(arena, path, &document, error, error_size);

    return rc < 0 ? rc
                  : price_book_read(arena, document, PRICE_LAYER_FILE, ret_book, error, error_size);
}

size_t price_book_models(const struct price_book *book)
{
    return book ? book->n_models : 0;
}
