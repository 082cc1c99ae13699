/* SPDX-License-Identifier: Apache-2.0 */
/* The order of a request's life: route, hooks, checks, body, handler. */
#include "http/phases.h"
#include "http/body.h"
#include "http/connection.h"
#include "http/query.h"
#include "http/request.h"
#include "http/request_misuse.h"
#include "http/response.h"
#include "http/server.h"
#include "runtime/blame.h"

#include <stdlib.h>

static void refuse(obs_request *req, int error, const char *text)
{
    req->stage = STAGE_ANSWER;
    (void)obs_respond_error(req, error, NULL, text ? "%s" : NULL, text);
}

/* --- handler -------------------------------------------------------------- */

/* The handler or hook is done with a request that it did not answer. */
static void unanswered(obs_request *req, const char *what)
{
    obs_log(req->running, OBS_LOG_ERROR, "%s of %s returned without an answer, answering 500", what,
            req->running->name);
    (void)obs_respond_error(req, OBS_E_INTERNAL, NULL, NULL);
}

static void result_of_handler(obs_request *req, int rc)
{
    if (rc == OBS_PENDING)
        return;
    if (rc >= 0) {
        if (req->answer == ANSWER_NONE && req->conn)
            unanswered(req, "the handler");
        return;
    }
    if (req->answer == ANSWER_NONE) {
        (void)obs_respond_error(req, rc, NULL, NULL);
    } else if (req->answer == ANSWER_STREAM) {
        obs_log(req->running, OBS_LOG_ERROR,
                "the handler failed within its answer (%s), cutting it", obs_error(rc)->name);
        obs_response_end(req, /* failed= */ 1);
    }
}

/* The clock is read once here: when the call began is known from the head, and
 * when it ended is also when most requests end. */
static void handle(obs_request *req)
{
    const struct endpoint *endpoint = req->endpoint;
    struct http_worker *w = req->worker;
    struct blame outer = blame_enter_at(endpoint->instance, CALLBACK_HANDLER, w->clock_ns);
    int rc;

    req->stage = STAGE_ANSWER;
    req->owed = true;
    req->running = endpoint->instance;
    rc = endpoint->decl->handler(req, endpoint->instance->self);
    w->clock_ns = obs_clock_mono_ns();
    blame_leave_at(outer, w->clock_ns);
    if (req->answer == ANSWER_DONE)
        req->end_mono_ns = w->clock_ns;
    result_of_handler(req, rc);
}

/* --- body ----------------------------------------------------------------- */

/* The request may be handled: what of its body comes first? */
static void enter_body(obs_request *req)
{
    int rc;

    if (query_check(req) < 0)
        return;
    if (!req->has_body) {
        req->stage = STAGE_HANDLE;
        return;
    }
    rc = body_begin(req);
    if (rc < 0) {
        refuse(req, rc, NULL);
        return;
    }
    if (req->endpoint->decl->body == OBS_BODY_STREAM) {
        req->stage = STAGE_HANDLE;
        return;
    }
    req->stage = STAGE_BODY;
    response_continue(req);
}

/* --- hooks ---------------------------------------------------------------- */

static int run_hook(obs_request *req, const struct bound_hook *hook)
{
    struct blame outer = blame_enter(hook->instance, CALLBACK_HOOK);
    int rc;

    req->running = hook->instance;
    rc = hook->fn(req, hook->instance->self);
    blame_leave(outer);
    return rc;
}

/* Acts on a hook's result; true when the next hook is due. */
static bool result_of_hook(obs_request *req, int rc)
{
    if (rc == OBS_CONTINUE && req->answer == ANSWER_NONE)
        return true;
    req->stage = STAGE_ANSWER;
    if (rc < 0) {
        if (req->answer == ANSWER_NONE)
            (void)obs_respond_error(req, rc, NULL, NULL);
    } else if (req->answer == ANSWER_NONE) {
        unanswered(req, "a hook");
    }
    return false;
}

/* True when the hook let the request pass. */
static bool call_hook(obs_request *req, const struct bound_hook *hook)
{
    int rc;

    req->in_hook = true;
    req->owed = true;
    rc = run_hook(req, hook);
    req->in_hook = false;
    if (rc == OBS_PENDING && req->resumed) { /* before the hook had returned */
        req->resumed = false;
        rc = req->resume_result;
    }
    if (rc == OBS_PENDING) {
        req->stage = STAGE_HOOKS;
        req->owed = req->hook_waits = true;
        return false;
    }
    if (req->answer != ANSWER_STREAM)
        req->owed = false;
    return result_of_hook(req, rc);
}

/* False when a hook answered, or waits. */
static bool run_phase(obs_request *req)
{
    const struct hook_list *list = &req->generation->hooks[req->phase];

    while (req->hook < list->count)
        if (!call_hook(req, &list->items[req->hook++]))
            return false;
    return true;
}

static void run_hooks(obs_request *req)
{
    for (; req->phase <= OBS_PHASE_LIMIT; req->phase++, req->hook = 0)
        if (!run_phase(req))
            return;
    enter_body(req);
}

void phases_handle(obs_request *req)
{
    if (req->phase != OBS_PHASE_HANDLE) {
        req->phase = OBS_PHASE_HANDLE;
        req->hook = 0;
    }
    if (run_phase(req))
        handle(req);
}

void phases_resume(obs_request *req)
{
    req->stage = STAGE_HOOKS;
    req->worker->clock_ns = obs_clock_mono_ns();
    if (!result_of_hook(req, req->resume_result))
        return;
    if (req->phase == OBS_PHASE_HANDLE)
        phases_handle(req);
    else
        run_hooks(req);
}

void obs_request_resume(obs_request *req, int result)
{
    bool waiting;

    REQUEST_CHECK(req);
    waiting = req->in_hook ? !req->resumed : req->hook_waits;
    if (!waiting)
        request_misuse(req, __func__, "on a request that waits for no hook",
                       "resume once for each OBS_PENDING that a hook returned");
    req->resume_result = result;
    if (req->in_hook) {
        req->resumed = true;
        return;
    }
    req->hook_waits = false;
    if (req->answer != ANSWER_STREAM)
        req->owed = false;
    if (!req->conn) {
        request_settle(req);
        return;
    }
    req->stage = STAGE_RESUME;
    conn_schedule(req->conn);
}

static void run_all(obs_request *req, uint32_t phase)
{
    const struct hook_list *list;
    obs_instance *running = req->running;

    if (!req->generation)
        return;
    list = &req->generation->hooks[phase];
    for (size_t i = 0; i < list->count; i++)
        (void)run_hook(req, &list->items[i]); /* its result has no say here */
    req->running = running;
}

void phases_respond(obs_request *req)
{
    run_all(req, OBS_PHASE_RESPOND);
}

void phases_log(obs_request *req)
{
    run_all(req, OBS_PHASE_LOG);
}

/* --- routing -------------------------------------------------------------- */

/* "GET, HEAD, OPTIONS": what a path answers to. */
static void add_allow(obs_request *req, uint32_t methods)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    char text[64];
    size_t len = 0;

    methods |= OBS_OPTIONS;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t n = strlen(names[i]);

        if (!(methods & (1u << i)))
            continue;
        if (len > 0) {
            memcpy(text + len, ", ", 2);
            len += 2;
        }
        memcpy(text + len, names[i], n);
        len += n;
    }
    (void)obs_response_header(req, "Allow", obs_str_n(text, len)); /* only worse without */
}

static void answer_options(obs_request *req, uint32_t allowed)
{
    req->stage = STAGE_ANSWER;
    add_allow(req, allowed);
    (void)obs_respond(req, 204, NULL, obs_str_n(NULL, 0));
}

/* A parameter's encoded slashes become slashes: as a value it is plain text. */
static void restore_slashes(obs_request *req)
{
    if (req->path.ptr == req->target.path.ptr)
        return; /* there were none */
    for (uint32_t i = 0; i < req->match.n_params; i++) {
        obs_str value = req->match.params[i].value;

        for (size_t k = 0; k < value.len; k++)
            if (value.ptr[k] == PATH_SLASH)
                ((char *)(uintptr_t)value.ptr)[k] = '/'; /* in the arena: set_path() */
    }
}

void phases_route(obs_request *req)
{
    req->generation = req->worker->worker->generation;
    if (!req->generation) {
        refuse(req, OBS_E_CLOSED, "not serving yet");
        return;
    }
    generation_pin(req->generation, req->worker->worker->index);
    if (req->target.form == TARGET_ASTERISK) {
        answer_options(req, OBS_ANY_METHOD);
        return;
    }
    if (query_parse(req) < 0) {
        refuse(req, OBS_E_INVALID, "the query has a malformed escape or is not UTF-8");
        return;
    }
    router_find(req->generation->router, req->method_bit, req->target.path, &req->match);
    req->endpoint = req->match.endpoint;
    if (req->endpoint) {
        restore_slashes(req);
        run_hooks(req);
    } else if (req->match.allowed == 0) {
        refuse(req, OBS_E_NO_ROUTE, NULL);
    } else if (req->method_bit == OBS_OPTIONS) {
        answer_options(req, req->match.allowed);
    } else {
        add_allow(req, req->match.allowed);
        refuse(req, OBS_E_METHOD, NULL);
    }
}
