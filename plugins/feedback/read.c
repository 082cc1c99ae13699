/* SPDX-License-Identifier: Apache-2.0 */
/* GET: the feedback of a trace, a span or a session, oldest first, and one by its
 * id. Rows become JSON on a thread of the store. */
#include "feedback_json.h"
#include "find.h"
#include "hex_id.h"
#include "job_arena.h"

/* Begins {"data": in a new buffer. */
static obs_jw *begin(obs_arena *arena, obs_buf **ret_buf)
{
    obs_jw *jw;

    *ret_buf = obs_buf_new(arena, /* limit_bytes= */ 0);
    jw = *ret_buf ? obs_jw_new(arena, *ret_buf) : NULL;
    if (!jw)
        return NULL;
    obs_jw_object(jw);
    obs_jw_key(jw, "data");
    return jw;
}

/* --- lists ----------------------------------------------------------------- */

struct list {
    const struct feedback *feedback;
    obs_request *req;
    obs_buf *buf;
    obs_jw *jw;
};

/* On a thread of the store. A list ends early, after the row that makes it too large. */
static int put_row(const obs_feedback *row, void *user)
{
    struct list *list = user;

    feedback_json(list->jw, row);
    return obs_buf_error(list->buf) < 0 ||
           obs_buf_str(list->buf).len > list->feedback->settings->max_response_bytes;
}

static void listed(const obs_search_result *result, void *user)
{
    struct list *list = user;

    if (result->error < 0) {
        (void)obs_respond_error(list->req, result->error, NULL, NULL);
        return;
    }
    obs_jw_end_array(list->jw);
    obs_jw_key(list->jw, "pagination");
    obs_jw_object(list->jw);
    obs_jw_key(list->jw, "has_more");
    obs_jw_bool(list->jw, result->has_more != 0);
    obs_jw_key(list->jw, "limit");
    obs_jw_int(list->jw, list->feedback->settings->max_results);
    obs_jw_end_object(list->jw);
    answer_json(list->req, 200, list->buf, list->jw);
}

/* Answers and returns OBS_RESPONDED when something is wrong. */
static int read_query(obs_request *req, obs_feedback_query *query)
{
    obs_str span_id = obs_request_query(req, "span_id");

    if (!span_id.ptr || hex_span_id(span_id, query->span_id) == OBS_OK)
        return path_target(req, query->trace_id, &query->session_id);
    (void)obs_respond_error(req, OBS_E_INVALID, "span_id",
                            "span_id: expected 16 hexadecimal digits, not all zero");
    return OBS_RESPONDED;
}

int handle_list(obs_request *req, void *self)
{
    const struct feedback *feedback = self;
    obs_arena *arena = job_arena(req, /* limit_bytes= */ 0);
    struct list *list = arena ? obs_arena_calloc(arena, 1, sizeof(*list)) : NULL;
    obs_feedback_query query = {
        .size = sizeof(query),
        .limit = (uint32_t)feedback->settings->max_results,
    };
    obs_str project;
    obs_scope scope;
    int rc;

    if (!list)
        return OBS_E_NOMEM;
    rc = request_scope(req, &project, &scope);
    if (rc == OBS_OK)
        rc = read_query(req, &query);
    if (rc == OBS_RESPONDED)
        return OBS_OK;
    list->feedback = feedback;
    list->req = req;
    list->jw = begin(arena, &list->buf);
    if (!list->jw)
        return OBS_E_NOMEM;
    obs_jw_array(list->jw);
    rc = feedback->store->feedback_get(feedback->store_self, &scope, &query, put_row, listed, list);
    return rc < 0 ? rc : OBS_PENDING;
}

/* --- one ------------------------------------------------------------------- */

static void found(struct find *find)
{
    obs_buf *buf;
    obs_jw *jw = begin(find->arena, &buf);

    if (!jw) {
        (void)obs_respond_error(find->req, OBS_E_NOMEM, NULL, NULL);
        return;
    }
    feedback_json(jw, &find->found);
    answer_json(find->req, 200, buf, jw);
}

int handle_one(obs_request *req, void *self)
{
    obs_arena *arena = job_arena(req, /* limit_bytes= */ 0);
    struct find *find = arena ? obs_arena_calloc(arena, 1, sizeof(*find)) : NULL;
    obs_str project;
    obs_scope scope;

    if (!find)
        return OBS_E_NOMEM;
    if (request_scope(req, &project, &scope) == OBS_RESPONDED)
        return OBS_OK;
    find->req = req;
    find->arena = arena;
    find->done = found;
    return find_start(find, self, &scope);
}
