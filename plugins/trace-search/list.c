/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/traces: a page of spans. The store hands out rows on a thread of
 * its own, where they become JSON at once; the worker only adds the end. */
#include "search.h"

#include "meta.h"
#include "span_json.h"

struct list {
    struct key_wait wait; /* first: a key_wait is cast to a list */
    struct search *search;
    struct key *key;
    obs_request *req;
    obs_arena *arena;
    struct params params;
    obs_span_query query;
    obs_str projects[1];
    obs_scope scope;
    uint8_t digest[PARAMS_DIGEST_BYTES];
    obs_buf *buf;
    obs_jw *jw;
};

static void fail(struct list *list, int error)
{
    obs_str text = list->params.wrong_text;

    if (text.len)
        (void)obs_respond_error(list->req, error, list->params.wrong_field, "%.*s",
                                OBS_STR_ARG(text));
    else
        (void)obs_respond_error(list->req, error, NULL, NULL);
}

/* --- rows ------------------------------------------------------------------------ */

/* On a thread of the store. A page ends early, after a whole span, when the
 * answer grows too large: the cursor goes on from there. */
static int put_row(const obs_span *span, void *user)
{
    struct list *list = user;

    obs_jw_object(list->jw);
    span_json_members(list->jw, span, list->params.fields);
    obs_jw_end_object(list->jw);
    return obs_buf_error(list->buf) != OBS_OK ||
           obs_buf_str(list->buf).len > list->search->settings->max_response_bytes;
}

static void put_pagination(struct list *list, const obs_search_result *result)
{
    obs_jw *jw = list->jw;
    obs_str cursor = {0};

    if (result->has_more)
        cursor = cursor_write(list->arena, list->key->bytes, list->digest, result->position);
    obs_jw_key(jw, "pagination");
    obs_jw_object(jw);
    obs_jw_key(jw, "cursor");
    if (cursor.ptr)
        obs_jw_str(jw, cursor);
    else
        obs_jw_null(jw);
    obs_jw_key(jw, "has_more");
    obs_jw_bool(jw, result->has_more != 0);
    obs_jw_key(jw, "limit");
    obs_jw_uint(jw, list->params.limit);
    obs_jw_key(jw, "total");
    if (result->total >= 0)
        obs_jw_int(jw, result->total);
    else
        obs_jw_null(jw);
    obs_jw_end_object(jw);
}

static void found(const obs_search_result *result, void *user)
{
    struct list *list = user;
    size_t tagged;

    if (result->error < 0) {
        fail(list, result->error == OBS_E_INVALID ? OBS_E_CURSOR : result->error);
        return;
    }
    obs_jw_end_array(list->jw);
    put_pagination(list, result);
    tagged = obs_buf_str(list->buf).len;
    meta_json(list->jw, list->req, "raw");
    obs_jw_end_object(list->jw);
    answer_json(list->req, list->buf, tagged);
}

/* --- the query --------------------------------------------------------------------- */

static int search(struct list *list)
{
    struct search *s = list->search;
    int rc = OBS_OK;

    if (list->params.cursor.ptr) {
        rc = cursor_read(list->arena, list->key->bytes, list->digest, list->params.cursor,
                         &list->query.after);
        list->params.wrong_field = "cursor";
        list->params.wrong_text = obs_str_of("cursor: not one of this query's pages");
    }
    if (rc < 0)
        return rc;
    list->params.wrong_text = obs_str_n(NULL, 0);
    obs_jw_object(list->jw);
    obs_jw_key(list->jw, "data");
    obs_jw_array(list->jw);
    return s->store->search(s->store_self, &list->scope, &list->query, put_row, found, list);
}

static void have_key(struct key_wait *wait, int error)
{
    struct list *list = (struct list *)wait;
    int rc = error < 0 ? error : search(list);

    if (rc < 0)
        fail(list, rc);
}

static int take_param(obs_str name, obs_str value, void *user)
{
    struct list *list = user;

    return params_take(&list->params, name, value);
}

static int prepare(struct list *list)
{
    int rc = params_init(&list->params, list->arena, obs_clock_wall_ns(),
                         (uint32_t)list->search->settings->max_limit);

    if (rc == OBS_OK)
        rc = obs_request_each_query(list->req, take_param, list);
    if (rc == OBS_OK)
        rc = params_finish(&list->params, &list->query);
    if (rc < 0)
        return rc;
    params_digest(&list->params, list->digest);
    list->scope = request_scope(list->req);
    if (list->params.project.len) {
        list->projects[0] = list->params.project;
        list->scope =
            (obs_scope){.size = sizeof(obs_scope), .projects = list->projects, .n_projects = 1};
    }
    list->buf = obs_buf_new(list->arena, /* limit_bytes= */ 0);
    list->jw = list->buf ? obs_jw_new(list->arena, list->buf) : NULL;
    return list->jw ? OBS_OK : OBS_E_NOMEM;
}

int handle_list(obs_request *req, void *self)
{
    obs_arena *arena = job_arena(req);
    struct list *list = arena ? obs_arena_calloc(arena, 1, sizeof(*list)) : NULL;
    int rc;

    if (!list)
        return OBS_E_NOMEM;
    list->wait.ready = have_key;
    list->search = self;
    list->key = obs_request_worker_context(req);
    list->req = req;
    list->arena = arena;
    rc = prepare(list);
    if (rc < 0)
        fail(list, rc);
    else
        key_need(list->key, &list->wait);
    return OBS_PENDING;
}
