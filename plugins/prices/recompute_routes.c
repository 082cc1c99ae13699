/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of recompute: beginning, looking, ending. What there is to see is the
 * record, so that any process tells the same. */
#include "recompute.h"

#include "meta.h"
#include "timeparse.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_RATE 1000000

/* A request on its way; lives in the request's arena. */
struct call {
    struct prices *prices;
    obs_request *req;
    obs_arena *arena;
    struct recompute_job job;   /* to begin */
    struct recompute_job *jobs; /* that there are */
    size_t n;
    void (*go_on)(struct call *call);
};

static struct call *call_new(struct prices *prices, obs_request *req,
                             void (*go_on)(struct call *call))
{
    struct call *call = obs_arena_calloc(obs_request_arena(req), 1, sizeof(*call));

    if (call)
        *call = (struct call){
            .prices = prices, .req = req, .arena = obs_request_arena(req), .go_on = go_on};
    return call;
}

static void answer_error(struct call *call, int error)
{
    (void)obs_respond_error(call->req, error, NULL, NULL);
}

/* --- the record ---------------------------------------------------------------------- */

static void read_jobs(int error, obs_str value, void *user)
{
    struct call *call = user;
    int rc = error == OBS_E_NOT_FOUND ? OBS_OK : error;

    if (error == OBS_OK)
        rc = recompute_jobs_read(call->arena, value, &call->jobs, &call->n);
    if (rc < 0)
        answer_error(call, rc);
    else
        call->go_on(call);
}

static int with_jobs(struct call *call)
{
    const struct prices *p = call->prices;
    int rc = p->store->record_get(p->store_self, obs_str_of(RECOMPUTE_SPACE),
                                  obs_str_of(RECOMPUTE_JOBS), read_jobs, call);

    return rc < 0 ? rc : OBS_PENDING;
}

static struct recompute_job *find(struct call *call)
{
    obs_str id = obs_request_param(call->req, "id");

    for (size_t i = 0; i < call->n; i++)
        if (obs_str_is(id, call->jobs[i].id))
            return &call->jobs[i];
    (void)obs_respond_error(call->req, OBS_E_NOT_FOUND, "id", "no such job");
    return NULL;
}

static void answer_job(struct call *call, int status, const struct recompute_job *job)
{
    obs_buf *buf = obs_buf_new(call->arena, /* limit_bytes= */ 0);
    obs_jw *jw = buf ? obs_jw_new(call->arena, buf) : NULL;

    if (!jw) {
        answer_error(call, OBS_E_NOMEM);
        return;
    }
    obs_jw_object(jw);
    obs_jw_key(jw, "data");
    recompute_job_json(jw, job);
    meta_json(jw, call->req, "raw");
    obs_jw_end_object(jw);
    (void)obs_respond_json(call->req, status, buf);
}

/* --- looking -------------------------------------------------------------------------- */

static void show(struct call *call)
{
    const struct recompute_job *job = find(call);

    if (job)
        answer_job(call, 200, job);
}

int handle_recompute_show(obs_request *req, void *self)
{
    struct call *call = call_new(self, req, show);

    return call ? with_jobs(call) : OBS_E_NOMEM;
}

static void list(struct call *call)
{
    obs_buf *buf = obs_buf_new(call->arena, /* limit_bytes= */ 0);
    obs_jw *jw = buf ? obs_jw_new(call->arena, buf) : NULL;

    if (!jw) {
        answer_error(call, OBS_E_NOMEM);
        return;
    }
    obs_jw_object(jw);
    obs_jw_key(jw, "data");
    obs_jw_array(jw);
    for (size_t i = 0; i < call->n; i++)
        recompute_job_json(jw, &call->jobs[i]);
    obs_jw_end_array(jw);
    meta_json(jw, call->req, "raw");
    obs_jw_end_object(jw);
    (void)obs_respond_json(call->req, 200, buf);
}

int handle_recompute_list(obs_request *req, void *self)
{
    struct call *call = call_new(self, req, list);

    return call ? with_jobs(call) : OBS_E_NOMEM;
}

/* --- ending ----------------------------------------------------------------------------- */

static void wished(int error, obs_str value, void *user)
{
    struct call *call = user;

    (void)value;
    if (error < 0)
        answer_error(call, error);
    else
        answer_job(call, 202, find(call));
}

static void cancel(struct call *call)
{
    const struct prices *p = call->prices;
    const struct recompute_job *job = find(call);
    int rc;

    if (!job)
        return;
    if (job->state != RECOMPUTE_RUNNING) {
        (void)obs_respond_error(call->req, OBS_E_CONFLICT, "id", "the job has ended already");
        return;
    }
    rc = p->store->record_put(p->store_self, obs_str_of(RECOMPUTE_SPACE),
                              obs_str_of(RECOMPUTE_CANCEL), obs_str_of(job->id), 0, wished, call);
    if (rc < 0)
        answer_error(call, rc);
}

int handle_recompute_cancel(obs_request *req, void *self)
{
    struct call *call = call_new(self, req, cancel);

    return call ? with_jobs(call) : OBS_E_NOMEM;
}

/* --- beginning: the body ------------------------------------------------------------------ */

static bool complain(struct call *call, const char *field, const char *expected)
{
    (void)obs_respond_error(call->req, OBS_E_INVALID, field, "%s: expected %s", field, expected);
    return false;
}

static bool take_time(struct call *call, const char *name, const obs_json *value, int64_t *ret_ns)
{
    if (obs_json_type(value) == OBS_JSON_STRING &&
        time_parse(obs_json_str(value), obs_request_time_ns(call->req), ret_ns) == OBS_OK)
        return true;
    return complain(call, name, "a time such as 2026-11-23T07:00:00Z or now-30d");
}

static bool take_text(struct call *call, const char *name, const obs_json *value, char *to,
                      size_t size)
{
    obs_str text = obs_json_str(value);

    if (obs_json_type(value) != OBS_JSON_STRING || text.len == 0 || text.len >= size)
        return complain(call, name, "a text");
    memcpy(to, text.ptr, text.len);
    return true;
}

static bool take_rate(struct call *call, const obs_json *value)
{
    call->job.rate = obs_json_int(value);
    if (obs_json_type(value) == OBS_JSON_INT && call->job.rate >= 1 && call->job.rate <= MAX_RATE)
        return true;
    return complain(call, "max_spans_per_s", "a whole number from 1 to 1000000");
}

static int take_member(obs_str key, const obs_json *value, void *user)
{
    struct call *call = user;
    struct recompute_job *job = &call->job;
    bool good;

    if (obs_json_type(value) == OBS_JSON_NULL)
        return 0;
    if (obs_str_is(key, "from"))
        good = take_time(call, "from", value, &job->from_ns);
    else if (obs_str_is(key, "to"))
        good = take_time(call, "to", value, &job->to_ns);
    else if (obs_str_is(key, "provider"))
        good = take_text(call, "provider", value, job->provider, sizeof(job->provider));
    else if (obs_str_is(key, "model"))
        good = take_text(call, "model", value, job->model, sizeof(job->model));
    else if (obs_str_is(key, "cost_source"))
        good = take_text(call, "cost_source", value, job->cost_source, sizeof(job->cost_source));
    else if (obs_str_is(key, "max_spans_per_s"))
        good = take_rate(call, value);
    else if (obs_str_is(key, "dry_run")) {
        job->dry_run = obs_json_bool(value);
        good = obs_json_type(value) == OBS_JSON_BOOL || complain(call, "dry_run", "true or false");
    } else {
        (void)obs_respond_error(call->req, OBS_E_UNKNOWN, NULL,
                                "unknown field \"%.*s\"; there are: from, to, provider, model, "
                                "cost_source, dry_run, max_spans_per_s",
                                OBS_STR_ARG(key));
        good = false;
    }
    return !good;
}

/* OBS_RESPONDED when something is wrong. */
static int read_body(struct call *call)
{
    obs_str body = obs_request_body(call->req);
    obs_json_error error = {.size = sizeof(error)};
    const obs_json *root = NULL;
    int rc = body.len ? obs_json_parse(call->arena, body, &root, &error) : OBS_OK;

    if (rc == OBS_E_SYNTAX || (rc == OBS_OK && root && obs_json_type(root) != OBS_JSON_OBJECT)) {
        (void)obs_respond_error(call->req, OBS_E_SYNTAX, NULL,
                                rc < 0 ? "line %u, column %u: %s" : "expected an object",
                                error.line, error.column, error.text);
        return OBS_RESPONDED;
    }
    if (rc < 0)
        return rc;
    if (obs_json_each(root, take_member, call))
        return OBS_RESPONDED;
    if (call->job.from_ns < call->job.to_ns)
        return OBS_OK;
    (void)obs_respond_error(call->req, OBS_E_RANGE, "from", "from: expected a time before `to`");
    return OBS_RESPONDED;
}

/* --- beginning ----------------------------------------------------------------------------------
 */

static void begin(int error, obs_str value, void *user)
{
    struct call *call = user;
    int rc = error;

    (void)value;
    if (rc == OBS_OK)
        rc = recompute_begin(call->prices->recompute, &call->job);
    if (rc == OBS_E_CONFLICT)
        (void)obs_respond_error(call->req, rc, NULL, "another job is under way");
    else if (rc < 0)
        answer_error(call, rc);
    else
        answer_job(call, 202, &call->job);
}

/* Recorded first: what was accepted is not forgotten. */
static void accept(struct call *call)
{
    const struct prices *p = call->prices;
    int64_t now_ns = obs_clock_wall_ns();
    struct recompute_job *all;
    obs_str record;
    int rc;

    for (size_t i = 0; i < call->n; i++)
        if (call->jobs[i].state == RECOMPUTE_RUNNING) {
            (void)obs_respond_error(call->req, OBS_E_CONFLICT, NULL,
                                    "the job %s is under way; wait for it or cancel it",
                                    call->jobs[i].id);
            return;
        }
    snprintf(call->job.id, sizeof(call->job.id), "rc-%llx%08x", (unsigned long long)now_ns,
             randombytes_random());
    call->job.started_ns = call->job.updated_ns = now_ns;
    all = obs_arena_calloc(call->arena, call->n + 1, sizeof(*all));
    if (!all) {
        answer_error(call, OBS_E_NOMEM);
        return;
    }
    all[0] = call->job;
    if (call->n)
        memcpy(all + 1, call->jobs, call->n * sizeof(*all));
    record = recompute_jobs_write(call->arena, all, call->n + 1);
    rc = record.ptr ? p->store->record_put(p->store_self, obs_str_of(RECOMPUTE_SPACE),
                                           obs_str_of(RECOMPUTE_JOBS), record, 0, begin, call)
                    : OBS_E_NOMEM;
    if (rc < 0)
        answer_error(call, rc);
}

int handle_recompute_start(obs_request *req, void *self)
{
    struct prices *prices = self;
    struct call *call = call_new(prices, req, accept);
    int rc;

    if (!call)
        return OBS_E_NOMEM;
    call->job = (struct recompute_job){
        .from_ns = INT64_MIN, .to_ns = INT64_MAX, .rate = prices->config->recompute_rate};
    rc = read_body(call);
    if (rc == OBS_RESPONDED)
        return OBS_OK;
    return rc < 0 ? rc : with_jobs(call);
}
