/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of prices: what is in force, and what a user sets. */
#include "model_json.h"
#include "names.h"
#include "prices.h"
#include "sync.h"

#include "meta.h"
#include "timeparse.h"

#include <stdio.h>

#define MAX_TRIES 20u /* to be the next version */

/* A request on its way; lives in the request's arena. */
struct call {
    struct prices *prices;
    obs_request *req;
    obs_arena *arena;
    bool remove;
    struct own_price price; /* to set */
    obs_str from;           /* to remove; ptr NULL: all moments */
    obs_str record;
    uint64_t version;
    unsigned tries;
};

/* --- looking ---------------------------------------------------------------------- */

static obs_str lower(obs_arena *arena, obs_str text)
{
    obs_str copy = obs_arena_dup(arena, text);

    for (size_t i = 0; copy.ptr && i < copy.len; i++)
        if (copy.ptr[i] >= 'A' && copy.ptr[i] <= 'Z')
            ((char *)(uintptr_t)copy.ptr)[i] = (char)(copy.ptr[i] | 32);
    return copy;
}

/* OBS_RESPONDED when it is none. */
static int read_moment(obs_request *req, int64_t *ret_ns)
{
    obs_str text = obs_request_query(req, "at");

    *ret_ns = obs_request_time_ns(req);
    if (!text.ptr || time_parse(text, *ret_ns, ret_ns) == OBS_OK)
        return OBS_OK;
    (void)obs_respond_error(req, OBS_E_INVALID, "at",
                            "at: expected a time such as 2026-11-23T07:00:00Z or now-30d");
    return OBS_RESPONDED;
}

/* What a model is called is looked for in all layers, the highest first. */
static const struct price_model *find(const struct price_books *books, obs_str provider,
                                      obs_str model, const struct price_book **ret_book)
{
    for (int layer = PRICE_N_LAYERS; layer-- > 0;) {
        const struct price_model *found =
            books->layers[layer] ? price_find(books->layers[layer], provider, model) : NULL;
        *ret_book = books->layers[layer];
        if (found)
            return found;
    }
    return NULL;
}

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
                       int64_t at_ns)
{
    for (int layer = PRICE_N_LAYERS; layer-- > 0;) {
        const struct price_book *book = books->layers[layer];
        for (const struct price_model *m = book ? book->models : NULL; m; m = m->next)
            if (is_wanted(provider, m->provider) && is_wanted(model, m->name))
                model_json(jw, book, m, at_ns);
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
    int64_t at_ns;

    if (!jw)
        return OBS_E_NOMEM;
    if (read_moment(req, &at_ns) == OBS_RESPONDED)
        return OBS_OK;
    obs_jw_object(jw);
    obs_jw_key(jw, "data");
    obs_jw_array(jw);
    books = shelf_open(prices->shelf);
    put_models(jw, books, provider, model, at_ns);
    obs_jw_end_array(jw);
    put_book(jw, books, obs_request_time_ns(req));
    shelf_close(prices->shelf);
    meta_json(jw, req, "raw");
    obs_jw_end_object(jw);
    return obs_respond_json(req, 200, buf);
}

static int answer_model(struct prices *prices, obs_request *req, int64_t at_ns)
{
    obs_arena *arena = obs_request_arena(req);
    obs_str provider = lower(arena, obs_request_param(req, "provider"));
    obs_str name = obs_request_param(req, "model");
    obs_buf *buf = obs_buf_new(arena, /* limit_bytes= */ 0);
    obs_jw *jw = buf ? obs_jw_new(arena, buf) : NULL;
    const struct price_model *model;
    const struct price_book *book;

    if (!jw || !provider.ptr)
        return OBS_E_NOMEM;
    model = find(shelf_open(prices->shelf), provider, name, &book);
    if (model) {
        obs_jw_object(jw);
        obs_jw_key(jw, "data");
        model_json(jw, book, model, at_ns);
    }
    shelf_close(prices->shelf);
    if (!model)
        return obs_respond_error(req, OBS_E_NOT_FOUND, "model",
                                 "no book has a price for the model \"%.*s\" of \"%.*s\"",
                                 OBS_STR_ARG(name), OBS_STR_ARG(provider));
    meta_json(jw, req, "raw");
    obs_jw_end_object(jw);
    return obs_respond_json(req, 200, buf);
}

int handle_prices_show(obs_request *req, void *self)
{
    int64_t at_ns;

    if (read_moment(req, &at_ns) == OBS_RESPONDED)
        return OBS_OK;
    return answer_model(self, req, at_ns);
}

/* --- setting ------------------------------------------------------------------------- */

static void try_next(struct call *call);

static void fail(struct call *call, int error)
{
    if (error == OBS_E_NOT_FOUND)
        (void)obs_respond_error(call->req, error, "model", "no price of this model was set here");
    else
        (void)obs_respond_error(call->req, error, NULL, NULL);
}

static void answer_call(int error, obs_str value, void *user)
{
    struct call *call = user;

    (void)error; /* the prices are kept: what else could not be written is only of use */
    (void)value;
    if (call->remove)
        (void)obs_respond(call->req, 204, NULL, obs_str_n(NULL, 0));
    else if (answer_model(call->prices, call->req, obs_request_time_ns(call->req)) < 0)
        fail(call, OBS_E_NOMEM);
}

/* Each version holds all prices, so old ones are not kept. */
static void hint_written(int error, obs_str value, void *user)
{
    struct call *call = user;
    const struct prices *p = call->prices;
    char key[40];

    if (call->version <= SYNC_KEPT ||
        p->store->record_put(p->store_self, obs_str_of(SYNC_SPACE),
                             sync_key(call->version - SYNC_KEPT, key), obs_str_of(SYNC_SUPERSEDED),
                             0, answer_call, call) < 0)
        answer_call(error, value, call);
}

static void write_hint(struct call *call)
{
    const struct prices *p = call->prices;
    obs_str number = obs_arena_printf(call->arena, "%llu", (unsigned long long)call->version);

    if (!number.ptr ||
        p->store->record_put(p->store_self, obs_str_of(SYNC_SPACE), obs_str_of(SYNC_HINT), number,
                             0, hint_written, call) < 0)
        hint_written(OBS_OK, number, call);
}

/* A conflict: somebody was faster, and `value` is what is in force now. */
static void written(int error, obs_str value, void *user)
{
    struct call *call = user;
    char text[512];

    if (error == OBS_E_CONFLICT && obs_str_is(value, SYNC_SUPERSEDED))
        error = OBS_E_BUSY; /* far behind: until sync.c has caught up */
    if (error < 0 && error != OBS_E_CONFLICT) {
        fail(call, error);
        return;
    }
    error = shelf_replace(call->prices->shelf, error == OBS_E_CONFLICT ? value : call->record, text,
                          sizeof(text)) < 0
                ? OBS_E_INTERNAL
                : error;
    if (error == OBS_E_CONFLICT)
        try_next(call);
    else if (error < 0)
        fail(call, error);
    else
        write_hint(call);
}

/* The sentence of a loader without its place in a text that nobody wrote. */
static const char *sentence(const char *error)
{
    const char *space = strncmp(error, "price:", 6) == 0 ? strchr(error, ' ') : NULL;

    return space ? space + 1 : error;
}

static int make_record(struct call *call)
{
    struct own_prices before, after;
    const struct price_book *book;
    char error[512];
    int rc = shelf_own(call->prices->shelf, call->arena, &before);

    if (rc == OBS_OK)
        rc = call->remove ? own_prices_remove(call->arena, &before, call->price.provider,
                                              call->price.model, call->from, &after)
                          : own_prices_set(call->arena, &before, &call->price, &after);
    if (rc < 0)
        return rc;
    rc = own_prices_book(call->arena, &after, &book, error, sizeof(error));
    if (rc == OBS_E_SYNTAX) {
        (void)obs_respond_error(call->req, OBS_E_INVALID, "price", "%s", sentence(error));
        return OBS_RESPONDED;
    }
    call->version = after.version;
    call->record = own_prices_write(call->arena, &after);
    return rc < 0 ? rc : call->record.ptr ? OBS_OK : OBS_E_NOMEM;
}

static void try_next(struct call *call)
{
    const struct prices *p = call->prices;
    char key[40];
    int rc = call->tries++ < MAX_TRIES ? make_record(call) : OBS_E_BUSY;

    if (rc == OBS_RESPONDED)
        return;
    if (rc == OBS_OK)
        rc = p->store->record_put(p->store_self, obs_str_of(SYNC_SPACE),
                                  sync_key(call->version, key), call->record, OBS_RECORD_NEW,
                                  written, call);
    if (rc < 0)
        fail(call, rc);
}

static struct call *call_new(struct prices *prices, obs_request *req, bool remove)
{
    obs_arena *arena = obs_request_arena(req);
    struct call *call = obs_arena_calloc(arena, 1, sizeof(*call));

    if (!call)
        return NULL;
    *call = (struct call){.prices = prices, .req = req, .arena = arena, .remove = remove};
    call->price.provider = lower(arena, obs_request_param(req, "provider"));
    call->price.model = lower(arena, obs_request_param(req, "model"));
    return call->price.provider.ptr && call->price.model.ptr ? call : NULL;
}

/* OBS_RESPONDED when something is wrong. */
static int read_body(struct call *call)
{
    obs_str body = obs_request_body(call->req);
    obs_json_error error = {.size = sizeof(error)};
    const obs_json *root;
    obs_buf *now = obs_buf_new(call->arena, /* limit_bytes= */ 0);
    obs_jw *jw = now ? obs_jw_new(call->arena, now) : NULL;
    int rc = jw ? obs_json_parse(call->arena, body, &root, &error) : OBS_E_NOMEM;

    if (rc == OBS_E_SYNTAX || (rc == OBS_OK && obs_json_type(root) != OBS_JSON_OBJECT)) {
        (void)obs_respond_error(call->req, OBS_E_SYNTAX, NULL,
                                rc < 0 ? "line %u, column %u: %s" : "expected an object",
                                error.line, error.column, error.text);
        return OBS_RESPONDED;
    }
    if (rc < 0)
        return rc;
    obs_jw_time(jw, obs_request_time_ns(call->req));
    call->price.price = body;
    call->price.from = obs_json_str(obs_json_get(root, "from"));
    call->price.set_at = obs_buf_str(now);
    call->price.set_at.ptr++; /* without its quotes */
    call->price.set_at.len -= 2;
    return OBS_OK;
}

int handle_prices_put(obs_request *req, void *self)
{
    struct call *call = call_new(self, req, /* remove= */ false);
    int rc;

    if (!call)
        return OBS_E_NOMEM;
    rc = read_body(call);
    if (rc == OBS_RESPONDED)
        return OBS_OK;
    if (rc < 0)
        return rc;
    try_next(call);
    return OBS_PENDING;
}

int handle_prices_delete(obs_request *req, void *self)
{
    struct call *call = call_new(self, req, /* remove= */ true);

    if (!call)
        return OBS_E_NOMEM;
    call->from = obs_request_query(req, "from");
    try_next(call);
    return OBS_PENDING;
}
