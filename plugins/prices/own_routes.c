/* SPDX-License-Identifier: Apache-2.0 */
/* PUT and DELETE of prices. A change is made to what this process has in force, off
 * the loop since there may be thousands, and takes the place of that record only;
 * whoever comes too late makes it to what is there by now. */
#include "prices_routes.h"

#include "price_read.h"

#define MAX_TRIES 100u /* each time somebody else was faster */

/* A request on its way; lives in the request's arena. */
struct call {
    struct prices *prices;
    obs_request *req;
    obs_arena *arena;
    bool remove;
    struct own_price price; /* to set */
    obs_str from;           /* to remove; ptr NULL: all moments */
    obs_str before, after;  /* records */
    bool is_written;
    unsigned tries;
    int error;
    char text[512];
};

static void answer_error(struct call *call)
{
    const char *colon = strchr(call->text, ':');

    if (call->error == OBS_E_NOT_FOUND) {
        (void)obs_respond_error(call->req, OBS_E_NOT_FOUND, "model",
                                "no price of this model was set here");
    } else if (call->error == OBS_E_TOO_LARGE) {
        (void)obs_respond_error(call->req, OBS_E_CONFLICT, NULL,
                                "there are as many prices as can be set: %u, or 1 MiB; put the "
                                "others into the price book",
                                OWN_PRICES_MAX);
    } else if (call->error == OBS_E_SYNTAX && colon) {
        const char *field =
            obs_arena_printf(call->arena, "%.*s", (int)(colon - call->text), call->text).ptr;
        (void)obs_respond_error(call->req, OBS_E_INVALID, field, "%s", call->text);
    } else {
        (void)obs_respond_error(call->req, call->error, NULL, NULL);
    }
}

/* --- off the loop --------------------------------------------------------------------- */

static int change(const struct call *call, obs_arena *arena, struct own_prices *ret)
{
    struct own_prices before = {0};
    int rc = call->before.ptr ? own_prices_read(arena, call->before, &before) : OBS_OK;

    if (rc < 0)
        return rc == OBS_E_SYNTAX ? OBS_E_INTERNAL : rc; /* not the request's */
    if (call->remove)
        return own_prices_remove(arena, &before, call->price.provider, call->price.model,
                                 call->from, ret);
    return own_prices_set(arena, &before, &call->price, ret);
}

/* The record that is to be, if a book can be made of it. */
static int make_record(struct call *call, obs_arena *arena)
{
    const struct price_book *book;
    struct own_prices after;
    int rc = change(call, arena, &after);

    if (rc == OBS_OK)
        rc = own_prices_book(arena, &after, &book, call->text, sizeof(call->text));
    if (rc < 0)
        return rc;
    call->after = own_prices_write(call->arena, &after);
    return call->after.ptr ? OBS_OK : OBS_E_NOMEM;
}

static void prepare(void *arg)
{
    struct call *call = arg;
    obs_arena *arena = obs_arena_create(/* limit_bytes= */ 0); /* of this try */

    call->error = arena ? make_record(call, arena) : OBS_E_NOMEM;
    if (arena)
        obs_arena_destroy(arena);
}

static void put_in_force(void *arg)
{
    struct call *call = arg;

    call->error = shelf_replace(call->prices->shelf, call->is_written ? call->after : call->before,
                                call->text, sizeof(call->text));
}

/* --- on the loop ---------------------------------------------------------------------- */

static void begin(struct call *call);

static void is_in_force(void *arg)
{
    struct call *call = arg;

    if (!call->is_written)
        begin(call); /* also when that record is broken: it is told when it is changed */
    else if (call->error < 0)
        (void)obs_respond_error(call->req, OBS_E_INTERNAL, NULL, NULL);
    else if (call->remove)
        (void)obs_respond(call->req, 204, NULL, obs_str_n(NULL, 0));
    else if (prices_answer_own(call->prices, call->req) < 0)
        (void)obs_respond_error(call->req, OBS_E_NOMEM, NULL, NULL);
}

static void offload(struct call *call, void (*work)(void *arg), void (*done)(void *arg))
{
    if (obs_offload(call->prices->instance, work, done, call) < 0)
        (void)obs_respond_error(call->req, OBS_E_BUSY, NULL, NULL);
}

static void written(int error, obs_str value, void *user)
{
    struct call *call = user;

    call->is_written = error == OBS_OK;
    call->error = error;
    if (error == OBS_E_CONFLICT) {
        call->before = obs_arena_dup(call->arena, value);
        call->error = call->before.ptr ? OBS_OK : OBS_E_NOMEM;
        if (call->tries++ >= MAX_TRIES)
            call->error = OBS_E_BUSY;
    }
    if (call->error < 0)
        answer_error(call);
    else
        offload(call, put_in_force, is_in_force);
}

static void prepared(void *arg)
{
    struct call *call = arg;
    const struct prices *p = call->prices;

    if (call->error == OBS_OK)
        call->error = p->store->record_swap(p->store_self, obs_str_of(OWN_PRICES_SPACE),
                                            obs_str_of(OWN_PRICES_KEY), call->before, call->after,
                                            written, call);
    if (call->error < 0)
        answer_error(call);
}

static void begin(struct call *call)
{
    offload(call, prepare, prepared);
}

/* --- the request ----------------------------------------------------------------------- */

static struct call *call_new(struct prices *prices, obs_request *req, bool remove)
{
    obs_arena *arena = obs_request_arena(req);
    struct call *call = obs_arena_calloc(arena, 1, sizeof(*call));

    if (!call)
        return NULL;
    call->prices = prices;
    call->req = req;
    call->arena = arena;
    call->remove = remove;
    call->price.provider = prices_lower(arena, obs_request_param(req, "provider"));
    call->price.model = prices_lower(arena, obs_request_param(req, "model"));
    if (!call->price.provider.ptr || !call->price.model.ptr ||
        shelf_record(prices->shelf, arena, &call->before) < 0)
        return NULL;
    return call;
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
                                rc < 0 ? "line %u, column %u: %s"
                                       : "expected an object such as {\"input\": 2.5}",
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
    begin(call);
    return OBS_PENDING;
}

int handle_prices_delete(obs_request *req, void *self)
{
    struct call *call = call_new(self, req, /* remove= */ true);
    int64_t from_ns;

    if (!call)
        return OBS_E_NOMEM;
    call->from = obs_request_query(req, "from");
    if (price_moment(call->from, &from_ns) < 0)
        return obs_respond_error(req, OBS_E_INVALID, "from",
                                 "from: expected a date such as 2025-03-01, as it was set");
    begin(call);
    return OBS_PENDING;
}
