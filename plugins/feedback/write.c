/* SPDX-License-Identifier: Apache-2.0 */
/* POST, PATCH and DELETE. Bodies are read off the loop when they are long; the answer
 * comes after the commit. Feedback belongs to the project of its trace, which need not
 * be there yet. */
#include "body.h"
#include "feedback_json.h"
#include "find.h"
#include "job_arena.h"
#include "media_type.h"
#include "scope.h"

#include <stdbool.h>

#define INLINE_BYTES (16u << 10) /* reading this much takes a fraction of a millisecond */

struct write {
    struct find find; /* first: a find is cast to a write. PATCH: what is to be changed */
    const struct feedback *feedback;
    obs_request *req;
    obs_arena *arena;
    obs_scope scope;
    obs_str asked;   /* project of the query, which `scope` borrows */
    obs_str project; /* of new feedback */
    bool changing;
    obs_feedback target;
    struct body body;
    bool trace_known;
    int error;
    obs_value value; /* of the filter */
    obs_filter filter;
};

/* --- answers --------------------------------------------------------------- */

static void refuse(struct write *w, int error)
{
    const struct body *body = &w->body;

    if (body->text.ptr)
        (void)obs_respond_error(w->req, error, body->field, "%.*s", OBS_STR_ARG(body->text));
    else
        (void)obs_respond_error(w->req, error, NULL, NULL);
}

static void put_data(obs_jw *jw, const struct write *w)
{
    obs_jw_object(jw);
    obs_jw_key(jw, "data");
    if (w->body.list)
        obs_jw_array(jw);
    for (size_t i = 0; i < w->body.n_items; i++)
        feedback_json(jw, &w->body.items[i]);
    if (w->body.list)
        obs_jw_end_array(jw);
    if (w->changing || w->target.session_id.len)
        return;
    obs_jw_key(jw, "trace");
    obs_jw_cstr(jw, w->trace_known ? "known" : "unknown");
}

static void answer(struct write *w)
{
    obs_buf *buf = obs_buf_new(w->arena, /* limit_bytes= */ 0);
    obs_jw *jw = buf ? obs_jw_new(w->arena, buf) : NULL;

    if (!jw) {
        refuse(w, OBS_E_NOMEM);
        return;
    }
    put_data(jw, w);
    answer_json(w->req, w->changing ? 200 : 201, buf, jw);
}

/* --- storing --------------------------------------------------------------- */

static void stored(const obs_append_result *result, void *user)
{
    struct write *w = user;

    feedback_count(&w->feedback->counters, w->body.items, w->body.n_items,
                   result->error < 0 ? FEEDBACK_FAILED : FEEDBACK_STORED);
    if (result->error < 0)
        refuse(w, result->error);
    else
        answer(w);
}

static void store(struct write *w)
{
    const struct feedback *feedback = w->feedback;
    int rc = feedback->store->feedback_put(feedback->store_self, &w->scope, w->body.items,
                                           w->body.n_items, obs_worker_current(), stored, w);

    if (rc < 0)
        stored(&(obs_append_result){.size = sizeof(obs_append_result), .error = rc}, w);
}

/* --- the project ----------------------------------------------------------- */

/* Of feedback whose trace says none: the only one that the caller may write to, or the
 * default of whoever may write to all. */
static int guess_project(struct write *w)
{
    if (!w->scope.all && w->scope.n_projects == 1)
        w->project = w->scope.projects[0];
    else if (w->scope.all)
        w->project = obs_str_of(w->feedback->settings->default_project);
    else
        return OBS_E_MISSING;
    return OBS_OK;
}

static void assign(struct write *w)
{
    if (!w->trace_known && guess_project(w) < 0) {
        (void)obs_respond_error(w->req, OBS_E_MISSING, "project_id",
                                "project_id: nothing tells to which of your projects this belongs");
        return;
    }
    for (size_t i = 0; i < w->body.n_items; i++)
        w->body.items[i].project_id = w->project;
    store(w);
}

/* On a thread of the store. */
static int take_span(const obs_span *span, void *user)
{
    struct write *w = user;

    w->project = obs_arena_dup(w->arena, span->project_id);
    w->trace_known = true;
    if (!w->project.ptr)
        w->error = OBS_E_NOMEM;
    return 1;
}

static void looked_up(const obs_search_result *result, void *user)
{
    struct write *w = user;
    int rc = result->error < 0 ? result->error : w->error;

    if (rc < 0)
        refuse(w, rc);
    else
        assign(w);
}

/* Any span of the trace. */
static void look_up(struct write *w)
{
    const struct feedback *feedback = w->feedback;
    obs_span_query query = {
        .size = sizeof(query),
        .fields = OBS_FIELD_BIT(OBS_FIELD_PROJECT_ID),
        .from_ns = INT64_MIN,
        .to_ns = INT64_MAX,
        .filter = &w->filter,
        .sort_field = OBS_FIELD_TS,
        .limit = 1,
    };
    int rc;

    w->value.s = obs_str_n((const char *)w->target.trace_id, sizeof(w->target.trace_id));
    w->filter = (obs_filter){
        .size = sizeof(w->filter),
        .kind = OBS_FILTER_LEAF,
        .field = OBS_FIELD_TRACE_ID,
        .op = OBS_OP_EQ,
        .values = &w->value,
        .n_values = 1,
    };
    rc = feedback->store->search(feedback->store_self, &w->scope, &query, take_span, looked_up, w);
    if (rc < 0)
        refuse(w, rc);
}

/* --- reading --------------------------------------------------------------- */

/* On the worker or on the pool. */
static void decode(void *arg)
{
    struct write *w = arg;
    obs_str json = obs_request_body(w->req);

    w->error = w->changing ? body_change(&w->body, json, &w->find.found)
                           : body_read(&w->body, json, &w->target);
}

static void decoded(void *arg)
{
    struct write *w = arg;

    if (w->error < 0)
        refuse(w, w->error);
    else if (w->changing)
        store(w);
    else if (w->target.session_id.len)
        assign(w);
    else
        look_up(w);
}

static void start_decoding(struct write *w)
{
    int rc;

    if (obs_request_body(w->req).len <= INLINE_BYTES) {
        decode(w);
        decoded(w);
        return;
    }
    rc = obs_offload(w->feedback->instance, decode, decoded, w);
    if (rc < 0)
        refuse(w, rc);
}

/* NULL when out of memory, or when that was answered: `*ret_rc` is what the handler
 * returns then. */
static struct write *write_new(const struct feedback *feedback, obs_request *req, int *ret_rc)
{
    obs_arena *arena = job_arena(req, /* limit_bytes= */ 0);
    struct write *w = arena ? obs_arena_calloc(arena, 1, sizeof(*w)) : NULL;

    *ret_rc = OBS_E_NOMEM;
    if (!w)
        return NULL;
    if (!request_is(req, "application/json")) {
        *ret_rc =
            obs_respond_error(req, OBS_E_MEDIA_TYPE, "Content-Type", "expected application/json");
        return NULL;
    }
    w->feedback = feedback;
    w->req = req;
    w->arena = arena;
    w->body = (struct body){
        .arena = arena,
        .now_ns = obs_request_time_ns(req),
        .max_items = (size_t)feedback->settings->max_items,
    };
    *ret_rc = request_scope(req, &w->asked, &w->scope) == OBS_RESPONDED ? OBS_OK : OBS_PENDING;
    return *ret_rc == OBS_PENDING ? w : NULL;
}

/* --- handlers -------------------------------------------------------------- */

int handle_post(obs_request *req, void *self)
{
    int rc;
    struct write *w = write_new(self, req, &rc);

    if (!w)
        return rc;
    feedback_init(&w->target);
    w->target.ts_ns = w->body.now_ns;
    if (path_target(req, w->target.trace_id, &w->target.session_id) == OBS_RESPONDED)
        return OBS_OK;
    start_decoding(w);
    return OBS_PENDING;
}

static void found(struct find *find)
{
    start_decoding((struct write *)find);
}

int handle_patch(obs_request *req, void *self)
{
    int rc;
    struct write *w = write_new(self, req, &rc);

    if (!w)
        return rc;
    w->changing = true;
    w->find = (struct find){.req = req, .arena = w->arena, .done = found};
    return find_start(&w->find, w->feedback, &w->scope);
}

static void removed(const obs_append_result *result, void *user)
{
    obs_request *req = user;

    if (result->error < 0)
        (void)obs_respond_error(req, result->error, NULL, NULL);
    else if (result->n_merged == 0)
        (void)obs_respond_error(req, OBS_E_NOT_FOUND, "id", "no such feedback");
    else
        (void)obs_respond(req, 204, NULL, obs_str_n(NULL, 0));
}

int handle_delete(obs_request *req, void *self)
{
    const struct feedback *feedback = self;
    obs_str project;
    obs_scope scope;
    int rc;

    if (request_scope(req, &project, &scope) == OBS_RESPONDED)
        return OBS_OK;
    rc =
        feedback->store->feedback_remove(feedback->store_self, &scope, obs_request_param(req, "id"),
                                         obs_worker_current(), removed, req);
    return rc < 0 ? rc : OBS_PENDING;
}
