/* SPDX-License-Identifier: Apache-2.0 */
/* Entries to records, and to a book: the book is read from the same shape that a
 * file has, so that it refuses the same. */
#include "own_prices.h"
#include "price_read.h"

#include <stdio.h>

/* --- records ---------------------------------------------------------------------- */

static bool read_entry(obs_arena *arena, const obs_json *json, struct own_price *ret)
{
    const struct {
        const char *name;
        obs_str *to;
    } members[] = {{"provider", &ret->provider},
                   {"model", &ret->model},
                   {"from", &ret->from},
                   {"price", &ret->price},
                   {"set_at", &ret->set_at}};

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        *members[i].to = obs_arena_dup(arena, obs_json_str(obs_json_get(json, members[i].name)));
        if (!members[i].to->ptr)
            return false;
    }
    return true;
}

int own_prices_read(obs_arena *arena, obs_str record, struct own_prices *ret)
{
    const obs_json *root, *list;
    int rc = obs_json_parse(arena, record, &root, NULL);

    if (rc < 0)
        return rc;
    list = obs_json_get(root, "prices");
    *ret = (struct own_prices){.version = (uint64_t)obs_json_int(obs_json_get(root, "version")),
                               .n = obs_json_count(list)};
    ret->items = obs_arena_calloc(arena, ret->n + 1, sizeof(*ret->items));
    if (!ret->items)
        return OBS_E_NOMEM;
    for (size_t i = 0; i < ret->n; i++)
        if (!read_entry(arena, obs_json_at(list, i), &ret->items[i]))
            return OBS_E_NOMEM;
    return ret->version ? OBS_OK : OBS_E_SYNTAX;
}

static void write_entry(obs_jw *jw, const struct own_price *price)
{
    obs_jw_object(jw);
    obs_jw_key(jw, "provider");
    obs_jw_str(jw, price->provider);
    obs_jw_key(jw, "model");
    obs_jw_str(jw, price->model);
    obs_jw_key(jw, "from");
    obs_jw_str(jw, price->from);
    obs_jw_key(jw, "price");
    obs_jw_str(jw, price->price);
    obs_jw_key(jw, "set_at");
    obs_jw_str(jw, price->set_at);
    obs_jw_end_object(jw);
}

obs_str own_prices_write(obs_arena *arena, const struct own_prices *prices)
{
    obs_buf *buf = obs_buf_new(arena, /* limit_bytes= */ 0);
    obs_jw *jw = buf ? obs_jw_new(arena, buf) : NULL;

    if (!jw)
        return obs_str_n(NULL, 0);
    obs_jw_object(jw);
    obs_jw_key(jw, "version");
    obs_jw_uint(jw, prices->version);
    obs_jw_key(jw, "prices");
    obs_jw_array(jw);
    for (size_t i = 0; i < prices->n; i++)
        write_entry(jw, &prices->items[i]);
    obs_jw_end_array(jw);
    obs_jw_end_object(jw);
    return obs_buf_error(buf) < 0 ? obs_str_n(NULL, 0) : obs_buf_str(buf);
}

/* --- changes ------------------------------------------------------------------------ */

static bool is_model(const struct own_price *price, obs_str provider, obs_str model)
{
    return obs_str_eq(price->provider, provider) && obs_str_eq(price->model, model);
}

/* A day and its first second are the same moment, however they are written. */
static bool is_moment(const struct own_price *price, obs_str from)
{
    int64_t a_ns, b_ns;

    if (obs_str_eq(price->from, from))
        return true;
    return price_moment(price->from, &a_ns) == OBS_OK && price_moment(from, &b_ns) == OBS_OK &&
           a_ns == b_ns;
}

/* A copy with room for one more. */
static int copy(obs_arena *arena, const struct own_prices *before, struct own_prices *ret)
{
    *ret = (struct own_prices){.version = before->version + 1};
    ret->items = obs_arena_calloc(arena, before->n + 1, sizeof(*ret->items));
    return ret->items ? OBS_OK : OBS_E_NOMEM;
}

int own_prices_set(obs_arena *arena, const struct own_prices *before, const struct own_price *price,
                   struct own_prices *ret)
{
    int rc = copy(arena, before, ret);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < before->n; i++)
        if (!is_model(&before->items[i], price->provider, price->model) ||
            !is_moment(&before->items[i], price->from))
            ret->items[ret->n++] = before->items[i];
    if (ret->n >= OWN_PRICES_MAX)
        return OBS_E_TOO_LARGE;
    ret->items[ret->n++] = *price;
    return OBS_OK;
}

int own_prices_remove(obs_arena *arena, const struct own_prices *before, obs_str provider,
                      obs_str model, obs_str from, struct own_prices *ret)
{
    int rc = copy(arena, before, ret);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < before->n; i++)
        if (!is_model(&before->items[i], provider, model) ||
            (from.ptr && !is_moment(&before->items[i], from)))
            ret->items[ret->n++] = before->items[i];
    return ret->n < before->n ? OBS_OK : OBS_E_NOT_FOUND;
}

/* --- the book ---------------------------------------------------------------------------- */

static bool seen_provider(const struct own_prices *prices, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (obs_str_eq(prices->items[i].provider, prices->items[at].provider))
            return true;
    return false;
}

static bool seen_model(const struct own_prices *prices, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (is_model(&prices->items[i], prices->items[at].provider, prices->items[at].model))
            return true;
    return false;
}

/* {"prices": [those of one model], "read": the day on which the last one was set} */
static void put_model(obs_jw *jw, const struct own_prices *prices, size_t first)
{
    const struct own_price *of = &prices->items[first];
    obs_str day = of->set_at;

    obs_jw_key_str(jw, of->model);
    obs_jw_object(jw);
    obs_jw_key(jw, "prices");
    obs_jw_array(jw);
    for (size_t i = first; i < prices->n; i++) {
        if (!is_model(&prices->items[i], of->provider, of->model))
            continue;
        obs_jw_raw(jw, prices->items[i].price);
        day = prices->items[i].set_at; /* who came last was set last */
    }
    obs_jw_end_array(jw);
    obs_jw_key(jw, "read");
    obs_jw_str(jw, obs_str_n(day.ptr, day.len < 10 ? day.len : 10));
    obs_jw_end_object(jw);
}

static void put_provider(obs_jw *jw, const struct own_prices *prices, size_t first)
{
    obs_str provider = prices->items[first].provider;

    obs_jw_key_str(jw, provider);
    obs_jw_object(jw);
    obs_jw_key(jw, "models");
    obs_jw_object(jw);
    for (size_t i = first; i < prices->n; i++)
        if (obs_str_eq(prices->items[i].provider, provider) && !seen_model(prices, i))
            put_model(jw, prices, i);
    obs_jw_end_object(jw);
    obs_jw_end_object(jw);
}

#define SOURCE "price"

/* Where PROVIDER.models.MODEL.prices.INDEX is over. */
#define PRICE_DEPTH 5

struct path {
    char text[160];
    size_t len;
};

/* The keys of a price that lead to the node in this place, joined by dots. */
static bool find_path(const obs_conf *node, unsigned depth, uint32_t line, uint32_t column,
                      struct path *path)
{
    const obs_conf *value;
    obs_str key = {0};
    size_t len = path->len;

    if (obs_conf_line(node) == line && obs_conf_column(node) == column)
        return true;
    for (size_t i = 0; (value = obs_conf_at(node, i, &key)); i++) {
        bool is_key = depth >= PRICE_DEPTH && obs_conf_type(node) == OBS_CONF_MAPPING;

        path->len = len;
        if (is_key && len + key.len + 2 < sizeof(path->text))
            path->len += (size_t)snprintf(path->text + len, sizeof(path->text) - len, "%s%.*s",
                                          len ? "." : "", OBS_STR_ARG(key));
        if (find_path(value, depth + 1, line, column, path))
            return true;
    }
    path->len = len;
    return false;
}

/* A place in a text that nobody wrote becomes the member that stands there. */
static void name_member(const obs_conf *providers, char *error, size_t error_size)
{
    struct path path = {.text = "price"};
    char sentence[512];
    unsigned line, column;
    int at = 0;

    if (sscanf(error, SOURCE ":%u:%u: %n", &line, &column, &at) < 2 || at == 0)
        return;
    (void)find_path(providers, /* depth= */ 0, line, column, &path);
    snprintf(sentence, sizeof(sentence), "%s", error + at);
    snprintf(error, error_size, "%s: %s", path.text, sentence);
}

int own_prices_book(obs_arena *arena, const struct own_prices *prices,
                    const struct price_book **ret_book, char *error, size_t error_size)
{
    obs_buf *buf = obs_buf_new(arena, /* limit_bytes= */ 0);
    obs_jw *jw = buf ? obs_jw_new(arena, buf) : NULL;
    const obs_conf *providers;
    int rc;

    snprintf(error, error_size, "out of memory");
    if (!jw)
        return OBS_E_NOMEM;
    obs_jw_object(jw);
    for (size_t i = 0; i < prices->n; i++)
        if (!seen_provider(prices, i))
            put_provider(jw, prices, i);
    obs_jw_end_object(jw);
    if (obs_buf_error(buf) < 0)
        return OBS_E_NOMEM;
    rc = obs_conf_parse(arena, obs_buf_str(buf), SOURCE, &providers, error, error_size);
    if (rc < 0)
        return rc;
    rc = price_book_read_providers(arena, providers, PRICE_LAYER_API, ret_book, error, error_size);
    if (rc == OBS_E_SYNTAX)
        name_member(providers, error, error_size);
    return rc;
}
