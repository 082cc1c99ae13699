/* SPDX-License-Identifier: Apache-2.0 */
/* What a plugin may ask of a request (observatory/request.h). Nothing here
 * needs the connection but the peer's address, which a detached request has
 * kept. */
#include "http/body.h"
#include "http/connection.h"
#include "http/request.h"
#include "http/request_misuse.h"
#include "http/server.h"

obs_arena *obs_request_arena(obs_request *req)
{
    REQUEST_CHECK_OFF_LOOP(req);
    return &req->arena;
}

uint32_t obs_request_method(const obs_request *req)
{
    REQUEST_CHECK(req);
    return req->method_bit;
}

obs_str obs_request_method_name(const obs_request *req)
{
    REQUEST_CHECK(req);
    return req->method;
}

obs_str obs_request_path(const obs_request *req)
{
    REQUEST_CHECK(req);
    return req->path;
}

obs_str obs_request_target(const obs_request *req)
{
    REQUEST_CHECK(req);
    return head_target(&req->head);
}

obs_str obs_request_route(const obs_request *req)
{
    REQUEST_CHECK(req);
    return req->endpoint ? req->endpoint->pattern : obs_str_n("none", 4);
}

const obs_route *obs_request_route_decl(const obs_request *req)
{
    REQUEST_CHECK(req);
    return req->endpoint ? req->endpoint->decl : NULL;
}

obs_str obs_request_param(const obs_request *req, const char *name)
{
    REQUEST_CHECK(req);
    for (uint32_t i = 0; i < req->match.n_params; i++)
        if (obs_str_is(req->match.params[i].name, name))
            return req->match.params[i].value;
    return obs_str_n(NULL, 0);
}

obs_str obs_request_query(obs_request *req, const char *name)
{
    REQUEST_CHECK(req);
    for (uint32_t i = 0; i < req->n_query; i++)
        if (obs_str_is(req->query[i].name, name))
            return req->query[i].value;
    return obs_str_n(NULL, 0);
}

int obs_request_each_query(obs_request *req, int (*fn)(obs_str name, obs_str value, void *user),
                           void *user)
{
    int rc = 0;

    REQUEST_CHECK(req);
    for (uint32_t i = 0; i < req->n_query && rc == 0; i++)
        rc = fn(req->query[i].name, req->query[i].value, user);
    return rc;
}

/* --- header --------------------------------------------------------------- */

static obs_str join(obs_request *req, obs_str name, size_t len)
{
    char *out = arena_alloc(&req->arena, len);
    size_t at = 0;

    if (!out)
        return obs_str_n(NULL, 0);
    for (uint32_t i = 0; i < req->head.n_fields; i++) {
        const struct field *field = &req->head.fields[i];

        if (!ascii_equal_fold(field_name(&req->head, field), name))
            continue;
        if (at > 0) {
            memcpy(out + at, ", ", 2);
            at += 2;
        }
        memcpy(out + at, req->head.bytes + field->value, field->value_len);
        at += field->value_len;
    }
    return obs_str_n(out, at);
}

obs_str obs_request_header(obs_request *req, const char *name)
{
    obs_str wanted = obs_str_of(name);
    obs_str first = obs_str_n(NULL, 0);
    size_t n = 0, len = 0;

    REQUEST_CHECK(req);
    for (uint32_t i = 0; i < req->head.n_fields; i++) {
        const struct field *field = &req->head.fields[i];

        if (!ascii_equal_fold(field_name(&req->head, field), wanted))
            continue;
        if (n++ == 0)
            first = field_value(&req->head, field);
        len += field->value_len + 2;
    }
    return n > 1 ? join(req, wanted, len) : first;
}

int obs_request_each_header(obs_request *req, int (*fn)(obs_str name, obs_str value, void *user),
                            void *user)
{
    int rc = 0;

    REQUEST_CHECK(req);
    for (uint32_t i = 0; i < req->head.n_fields && rc == 0; i++) {
        const struct field *field = &req->head.fields[i];

        rc = fn(field_name(&req->head, field), field_value(&req->head, field), user);
    }
    return rc;
}

obs_str obs_request_id(obs_request *req)
{
    REQUEST_CHECK(req);
    return req->id;
}

/* `len` lower-case hexadecimal digits, not all of them 0. */
static bool hex_not_zero(const char *p, size_t len)
{
    bool zero = true;

    for (size_t i = 0; i < len; i++) {
        if ((p[i] < '0' || p[i] > '9') && (p[i] < 'a' || p[i] > 'f'))
            return false;
        zero = zero && p[i] == '0';
    }
    return !zero;
}

static bool hex(const char *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((p[i] < '0' || p[i] > '9') && (p[i] < 'a' || p[i] > 'f'))
            return false;
    return true;
}

obs_str obs_request_traceparent(obs_request *req)
{
    obs_str t = head_known(&req->head, FIELD_TRACEPARENT);

    REQUEST_CHECK(req);
    if (req->head.count[FIELD_TRACEPARENT] != 1 || t.len < 55 || t.ptr[2] != '-' ||
        t.ptr[35] != '-' || t.ptr[52] != '-')
        return obs_str_n(NULL, 0);
    if (!hex(t.ptr, 2) || memcmp(t.ptr, "ff", 2) == 0 || !hex_not_zero(t.ptr + 3, 32) ||
        !hex_not_zero(t.ptr + 36, 16) || !hex(t.ptr + 53, 2))
        return obs_str_n(NULL, 0);
    /* version 00 has nothing behind the flags, later ones may */
    if (t.len > 55 && (memcmp(t.ptr, "00", 2) == 0 || t.ptr[55] != '-'))
        return obs_str_n(NULL, 0);
    return t;
}

obs_str obs_request_peer(obs_request *req)
{
    REQUEST_CHECK(req);
    if (req->peer_len == 0 && req->conn)
        req->peer_len = conn_peer(req->conn, req->peer, sizeof(req->peer));
    return obs_str_n(req->peer, req->peer_len);
}

int64_t obs_request_time_ns(const obs_request *req)
{
    REQUEST_CHECK(req);
    return req->start_wall_ns;
}

int64_t obs_request_age_ns(const obs_request *req)
{
    REQUEST_CHECK(req);
    return obs_clock_mono_ns() - req->start_mono_ns;
}

/* --- body ----------------------------------------------------------------- */

obs_str obs_request_body(const obs_request *req)
{
    REQUEST_CHECK_OFF_LOOP(req);
    if (!req->endpoint || req->endpoint->decl->body != OBS_BODY_BUFFER)
        return obs_str_n(NULL, 0);
    return obs_str_n(req->in.ptr, req->in.len);
}

void obs_request_pause_body(obs_request *req)
{
    REQUEST_CHECK(req);
    req->in.paused = true;
}

void obs_request_resume_body(obs_request *req)
{
    REQUEST_CHECK(req);
    req->in.paused = false;
    if (req->conn)
        conn_schedule(req->conn);
}

/* --- life ----------------------------------------------------------------- */

int obs_request_aborted(const obs_request *req)
{
    REQUEST_CHECK(req);
    return req->aborted;
}

int obs_request_on_abort(obs_request *req, void (*fn)(void *data), void *data)
{
    struct abort_call *call;

    REQUEST_CHECK(req);
    call = arena_alloc(&req->arena, sizeof(*call));
    if (!call)
        return OBS_E_NOMEM;
    *call = (struct abort_call){.next = req->aborts, .fn = fn, .data = data};
    req->aborts = call;
    return OBS_OK;
}

int obs_request_set(obs_request *req, const void *key, void *value)
{
    struct slot *slot;

    REQUEST_CHECK(req);
    for (slot = req->slots; slot; slot = slot->next)
        if (slot->key == key) {
            slot->value = value;
            return OBS_OK;
        }
    slot = arena_alloc(&req->arena, sizeof(*slot));
    if (!slot)
        return OBS_E_NOMEM;
    *slot = (struct slot){.next = req->slots, .key = key, .value = value};
    req->slots = slot;
    return OBS_OK;
}

void *obs_request_get(const obs_request *req, const void *key)
{
    REQUEST_CHECK(req);
    for (const struct slot *slot = req->slots; slot; slot = slot->next)
        if (slot->key == key)
            return slot->value;
    return NULL;
}

void *obs_request_worker_context(const obs_request *req)
{
    REQUEST_CHECK(req);
    if (!req->running || !req->running->contexts)
        return NULL;
    return req->running->contexts[req->worker->worker->index];
}
