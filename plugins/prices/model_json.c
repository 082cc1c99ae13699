/* SPDX-License-Identifier: Apache-2.0 */
/* What was written is shown as it was written; what follows from it beside it. */
#include "model_json.h"
#include "rates.h"

static void put_text(obs_jw *jw, const char *key, obs_str text)
{
    obs_jw_key(jw, key);
    if (text.len)
        obs_jw_str(jw, text);
    else
        obs_jw_null(jw);
}

/* Whether a scalar is a number in JSON's grammar, as prices are. */
static bool is_number(obs_str text)
{
    bool point = false;

    if (!text.len || text.len > 24 || text.ptr[0] == '.' || text.ptr[text.len - 1] == '.' ||
        (text.len > 1 && text.ptr[0] == '0' && text.ptr[1] != '.'))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '.' && !point)
            point = true;
        else if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    }
    return true;
}

static void put_node(obs_jw *jw, const obs_conf *node)
{
    const obs_conf *value;
    obs_str key;

    switch (obs_conf_type(node)) {
    case OBS_CONF_MAPPING:
        obs_jw_object(jw);
        for (size_t i = 0; (value = obs_conf_at(node, i, &key)); i++) {
            obs_jw_key_str(jw, key);
            put_node(jw, value);
        }
        obs_jw_end_object(jw);
        break;
    case OBS_CONF_SEQUENCE:
        obs_jw_array(jw);
        for (size_t i = 0; (value = obs_conf_at(node, i, NULL)); i++)
            put_node(jw, value);
        obs_jw_end_array(jw);
        break;
    default:
        if (is_number(obs_conf_str(node)))
            obs_jw_raw(jw, obs_conf_str(node));
        else
            obs_jw_str(jw, obs_conf_str(node));
    }
}

/* One price without what its model has beside it. */
static void put_price(obs_jw *jw, const struct price *price)
{
    const obs_conf *value;
    obs_str key;

    obs_jw_object(jw);
    for (size_t i = 0; (value = obs_conf_at(price->node, i, &key)); i++) {
        if (obs_str_is(key, "aliases") || obs_str_is(key, "source") || obs_str_is(key, "read"))
            continue;
        obs_jw_key_str(jw, key);
        put_node(jw, value);
    }
    obs_jw_end_object(jw);
}

static void put_history(obs_jw *jw, const struct price_model *model)
{
    obs_jw_key(jw, "history");
    obs_jw_array(jw);
    for (size_t i = 0; i < model->n_prices; i++)
        put_price(jw, &model->prices[i]);
    obs_jw_end_array(jw);
}

static void put_aliases(obs_jw *jw, const struct price_model *model)
{
    const obs_conf *aliases = obs_conf_get(model->node, "aliases"), *alias;

    obs_jw_key(jw, "aliases");
    obs_jw_array(jw);
    for (size_t i = 0; (alias = obs_conf_at(aliases, i, NULL)); i++)
        obs_jw_str(jw, obs_conf_str(alias));
    obs_jw_end_array(jw);
}

/* The usual tier, everywhere, of short prompts. */
static void put_rates(obs_jw *jw, const struct price *price)
{
    const struct price_rates *rates = price->levels[0].n ? &price->levels[0].rates[0] : NULL;

    obs_jw_object(jw);
    for (unsigned part = 0; rates && part < PRICE_N_PARTS; part++) {
        if (rates->femto[part] < 0)
            continue;
        obs_jw_key_str(jw, price_parts[part].name);
        obs_jw_fixed(jw, rates->femto[part], 9);
    }
    if (rates && rates->request_nano) {
        obs_jw_key(jw, "request");
        obs_jw_fixed(jw, rates->request_nano, 9);
    }
    obs_jw_end_object(jw);
}

void model_json(obs_jw *jw, const struct price_book *book, const struct price_model *model,
                int64_t at_ns, bool history)
{
    static const char *const layers[] = {
        [PRICE_LAYER_FILE] = "file", [PRICE_LAYER_CONFIG] = "config", [PRICE_LAYER_API] = "api"};
    const struct price *price = price_in_force(model, at_ns);

    obs_jw_object(jw);
    put_text(jw, "provider", model->provider);
    put_text(jw, "model", model->name);
    put_aliases(jw, model);
    put_text(jw, "book", obs_str_of(layers[book->layer]));
    put_text(jw, "source", model->source);
    put_text(jw, "read", model->read);
    put_text(jw, "from", price ? price->from : obs_str_n(NULL, 0));
    obs_jw_key(jw, "usd_per_million");
    if (price)
        put_rates(jw, price);
    else
        obs_jw_null(jw);
    obs_jw_key(jw, "price");
    if (price)
        put_price(jw, price);
    else
        obs_jw_null(jw);
    if (history)
        put_history(jw, model);
    obs_jw_end_object(jw);
}
