/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of prices that only look: what is in force, and what a name leads to. */
#include "prices_routes.h"
#include "model_json.h"
#include "rates.h"

#include "meta.h"
#include "timeparse.h"

/* What is asked for. */
struct view {
    int64_t at_ns;
    bool history;
};

/* OBS_RESPONDED when something is wrong. */
static int read_view(obs_request *req, struct view *ret)
{
    obs_str at = obs_request_query(req, "at"), history = obs_request_query(req, "history");

    *ret = (struct view){.at_ns = obs_request_time_ns(req), .history = obs_str_is(history, "true")};
    if (at.ptr && time_parse(at, ret->at_ns, &ret->at_ns) < 0) {
        (void)obs_respond_error(req, OBS_E_INVALID, "at",
                                "at: expected a time such as 2026-11-23T07:00:00Z or now-30d");
        return OBS_RESPONDED;
    }
    if (!history.ptr || ret->history || obs_str_is(history, "false"))
        return OBS_OK;
    (void)obs_respond_error(req, OBS_E_INVALID, "history", "history: expected true or false");
    return OBS_RESPONDED;
}

/* --- all ---------------------------------------------------------------------------- */

static void put_book(obs_jw *jw, const struct price_books *books, int64_t now_ns)
{
    const struct price_book *file = books->layers[PRICE_LAYER_FILE];
    bool known = file && file->updated_ns != OBS_ABSENT;

    obs_jw_key(jw, "book");
    obs_jw_object(jw);
    obs_jw_key(jw, "updated");
    if (known)
        obs_jw_str(jw, file->updated);
    else
        obs_jw_null(jw);
    obs_jw_key(jw, "age_days");
    if (known)
        obs_jw_int(jw, (now_ns - file->updated_ns) / INT64_C(86400000000000));
    else
        obs_jw_null(jw);
    obs_jw_end_object(jw);
}

static bool is_wanted(obs_str wanted, obs_str name)
{
    return !wanted.ptr || obs_str_eq(wanted, name);
}

static void put_models(obs_jw *jw, const struct price_books *books, obs_str provider, obs_str model,
                       struct view view)
{
    for (int layer = PRICE_N_LAYERS; layer-- > 0;) {
        const struct price_book *book = books->layers[layer];

        for (const struct price_model *m = book ? book->models : NULL; m; m = m->next)
            if (is_wanted(provider, m->provider) && is_wanted(model, m->name))
                model_json(jw, book, m, view.at_ns, view.history);
    }
}

int handle_prices_list(obs_request *req, void *self)
{
    struct prices *prices = self;
    obs_arena *arena = obs_request_arena(req);
    obs_str provider = obs_request_query(req, "provider"), model = obs_request_query(req, "model");
    obs_buf *buf = obs_buf_new(arena, /* limit_bytes= */ 0);
    obs_jw *jw = buf ? obs_jw_new(arena, buf) : NULL;
    const struct price_books *books;
    struct view view;

    if (!jw)
        return OBS_E_NOMEM;
    if (read_view(req, &view) == OBS_RESPONDED)
        return OBS_OK;
    obs_jw_object(jw);
    obs_jw_key(jw, "data");
    obs_jw_array(jw);
    books = shelf_open(prices->shelf);
    put_models(jw, books, provider, model, view);
    obs_jw_end_array(jw);
    put_book(jw, books, obs_request_time_ns(req));
    shelf_close(prices->shelf);
    meta_json(jw, req, "raw");
    obs_jw_end_object(jw);
    return obs_respond_json(req, 200, buf);
}

/* --- one ---------------------------------------------------------------------------- */

obs_str prices_lower(obs_arena *arena, obs_str text)
{
    obs_str copy = obs_arena_dup(arena, text);

    for (size_t i = 0; copy.ptr && i < copy.len; i++)
        if (copy.ptr[i] >= 'A' && copy.ptr[i] <= 'Z')
            ((char *)(uintptr_t)copy.ptr)[i] = (char)(copy.ptr[i] | 32);
    return copy;
}

static int answer_unknown(obs_request *req, obs_str provider, obs_str name,
                          enum price_finding finding)
{
    if (finding == PRICE_UNKNOWN_PROVIDER)
        return obs_respond_error(req, OBS_E_NOT_FOUND, "provider",
                                 "no book has the provider \"%.*s\"; GET /api/v1/prices lists all, "
                                 "PUT to this path sets a price",
                                 OBS_STR_ARG(provider));
    return obs_respond_error(req, OBS_E_NOT_FOUND, "model",
                             "no book has the model \"%.*s\" of \"%.*s\"; GET "
                             "/api/v1/prices?provider=%.*s lists those it has, PUT to this path "
                             "sets a price",
                             OBS_STR_ARG(name), OBS_STR_ARG(provider), OBS_STR_ARG(provider));
}

/* Looked for as for a call of that name; in the layers up to the highest, from
 * `lowest` on. */
static int answer_model(struct prices *prices, obs_request *req, struct view view,
                        enum price_layer lowest)
{
    obs_arena *arena = obs_request_arena(req);
    obs_buf *buf = obs_buf_new(arena, /* limit_bytes= */ 0);
    obs_jw *jw = buf ? obs_jw_new(arena, buf) : NULL;
    struct price_choice choice;
    struct price_books books;
    obs_span call;

    obs_span_init(&call);
    call.start_ns = call.end_ns = view.at_ns;
    call.provider = prices_lower(arena, obs_request_param(req, "provider"));
    call.model = obs_request_param(req, "model");
    if (!jw || !call.provider.ptr)
        return OBS_E_NOMEM;
    books = *shelf_open(prices->shelf);
    for (int layer = 0; layer < (int)lowest; layer++)
        books.layers[layer] = NULL;
    choice = price_choose(&books, &call);
    if (choice.model) {
        obs_jw_object(jw);
        obs_jw_key(jw, "data");
        model_json(jw, choice.book, choice.model, view.at_ns, view.history);
    }
    shelf_close(prices->shelf);
    if (!choice.model)
        return answer_unknown(req, call.provider, call.model, choice.finding);
    meta_json(jw, req, "raw");
    obs_jw_end_object(jw);
    return obs_respond_json(req, 200, buf);
}

int handle_prices_show(obs_request *req, void *self)
{
    struct view view;

    if (read_view(req, &view) == OBS_RESPONDED)
        return OBS_OK;
    return answer_model(self, req, view, PRICE_LAYER_FILE);
}

int prices_answer_own(struct prices *prices, obs_request *req)
{
    struct view view = {.at_ns = obs_request_time_ns(req), .history = true};

    return answer_model(prices, req, view, PRICE_LAYER_API);
}
