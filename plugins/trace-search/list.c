/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/traces and POST /api/v1/traces/search: a page of spans. The store hands out rows on a
 * thread of its own, where they become JSON at once; the worker only adds the end. */
#include "search.h"

#include "job_arena.h"
#include "search_body.h"
#include "scope.h"
#include "span_json.h"
#include "text_query.h"

struct list {
    struct key_wait wait; /* first: a key_wait is cast to a list */
    struct answer answer;
    struct key *key;
    obs_arena *arena;
    struct params params;
    obs_span_query query;
    obs_scope scope;
    uint8_t digest[PARAMS_DIGEST_BYTES];
    struct text_query highlight; /* n 0: nothing is marked */
    obs_buf *snippet;
};

static void fail(struct list *list, int error)
{
    obs_str text = list->params.filter.wrong_text;

    if (text.len)
        (void)obs_respond_error(list->answer.req, error, list->params.filter.wrong_field, "%.*s",
                                OBS_STR_ARG(text));
    else
        (void)obs_respond_error(list->answer.req, error, NULL, NULL);
}

/* --- rows ------------------------------------------------------------------------ */

static void put_highlight(struct list *list, const char *key, obs_str text)
{
    obs_buf_truncate(list->snippet, 0);
    if (!text_query_snippet(&list->highlight, text, list->snippet))
        return;
    obs_jw_key(list->answer.jw, key);
    obs_jw_str(list->answer.jw, obs_buf_str(list->snippet));
}

static void put_highlights(struct list *list, const obs_span *span)
{
    obs_jw_key(list->answer.jw, "highlights");
    obs_jw_object(list->answer.jw);
    put_highlight(list, "input_text", span->input_text);
    put_highlight(list, "output_text", span->output_text);
    obs_jw_end_object(list->answer.jw);
}

/* On a thread of the store. A page ends early, after a whole span, when the
 * answer grows too large: the cursor goes on from there. */
static int put_row(const obs_span *span, void *user)
{
    struct list *list = user;

    obs_jw_object(list->answer.jw);
    span_json_members(list->answer.jw, span, list->params.fields);
    if (list->highlight.n)
        put_highlights(list, span);
    obs_jw_end_object(list->answer.jw);
    return obs_buf_error(list->answer.buf) != OBS_OK ||
           obs_buf_str(list->answer.buf).len > list->answer.search->settings->max_response_bytes;
}

static void put_pagination(struct list *list, const obs_search_result *result)
{
    obs_jw *jw = list->answer.jw;
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

    if (result->error < 0) {
        fail(list, result->error == OBS_E_INVALID && list->params.cursor.ptr ? OBS_E_CURSOR
                                                                             : result->error);
        return;
    }
    obs_jw_end_array(list->answer.jw);
    put_pagination(list, result);
    list->answer.data_bytes = obs_buf_str(list->answer.buf).len;
    answer_finish(&list->answer, list->answer.data_bytes);
}

/* Only the tag is left to be made. */
static int nothing(struct answer *answer)
{
    (void)answer;
    return OBS_OK;
}

/* --- the query --------------------------------------------------------------------- */

static int search(struct list *list)
{
    struct search *s = list->answer.search;
    int rc = OBS_OK;

    if (list->params.cursor.ptr)
        rc = cursor_read(list->arena, list->key->bytes, list->digest, list->params.cursor,
                         &list->query.after);
    if (rc == OBS_E_CURSOR) {
        list->params.filter.wrong_field = "cursor";
        list->params.filter.wrong_text =
            obs_str_of("cursor: expected that of a page of this very query; "
                       "leave it out to begin again");
    }
    if (rc < 0)
        return rc;
    obs_jw_object(list->answer.jw);
    obs_jw_key(list->answer.jw, "data");
    obs_jw_array(list->answer.jw);
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

/* From the query of GET, or from the body of POST. */
static int read_question(struct list *list)
{
    const struct settings *settings = list->answer.search->settings;
    const struct search_limits limits = {(uint32_t)settings->filter_depth,
                                         (uint32_t)settings->filter_nodes,
                                         (uint32_t)settings->filter_values};
    obs_request *req = list->answer.req;

    params_init(&list->params, list->arena, obs_clock_wall_ns(), (uint32_t)settings->max_limit);
    if (obs_request_method(req) == OBS_POST)
        return search_body_read(&list->params, &limits, obs_request_body(req));
    return obs_request_each_query(req, take_param, list);
}

/* The first search of a filter that is not below a NOT. */
static const obs_filter *find_search(const obs_filter *filter)
{
    const obs_filter *found = NULL;

    if (!filter || filter->kind == OBS_FILTER_NOT)
        return NULL;
    if (filter->kind == OBS_FILTER_LEAF)
        return filter->op == OBS_OP_SEARCH ? filter : NULL;
    for (size_t i = 0; i < filter->n_children && !found; i++)
        found = find_search(filter->children[i]);
    return found;
}

static int prepare_highlight(struct list *list)
{
    const obs_filter *search = list->params.highlight ? find_search(list->query.filter) : NULL;
    const char *wrong;

    if (!search)
        return OBS_OK;
    list->query.fields |=
        OBS_FIELD_BIT(OBS_FIELD_INPUT_TEXT) | OBS_FIELD_BIT(OBS_FIELD_OUTPUT_TEXT);
    list->snippet = obs_buf_new(list->arena, /* limit_bytes= */ 0);
    if (!list->snippet)
        return OBS_E_NOMEM;
    return text_query_parse(list->arena, search->values[0].s, &list->highlight, &wrong);
}

static int prepare(struct list *list)
{
    int rc = read_question(list);

    if (rc == OBS_OK)
        rc = params_finish(&list->params, &list->query);
    if (rc == OBS_OK)
        rc = prepare_highlight(list);
    list->scope = scope_of(list->answer.req);
    if (rc == OBS_OK && list->params.filter.project.len)
        rc = scope_narrow(&list->scope, &list->params.filter.project);
    if (rc < 0)
        return rc;
    params_digest(&list->params, list->digest);
    list->answer.buf = obs_buf_new(list->arena, /* limit_bytes= */ 0);
    list->answer.jw = list->answer.buf ? obs_jw_new(list->arena, list->answer.buf) : NULL;
    return list->answer.jw ? OBS_OK : OBS_E_NOMEM;
}

int handle_list(obs_request *req, void *self)
{
    obs_arena *arena = job_arena(req, /* limit_bytes= */ 0);
    struct list *list = arena ? obs_arena_calloc(arena, 1, sizeof(*list)) : NULL;
    int rc;

    if (!list)
        return OBS_E_NOMEM;
    list->wait.ready = have_key;
    list->answer.search = self;
    list->answer.work = nothing;
    list->key = obs_request_worker_context(req);
    list->answer.req = req;
    list->arena = arena;
    rc = prepare(list);
    if (rc < 0)
        fail(list, rc);
    else
        key_need(list->key, &list->wait);
    return OBS_PENDING;
}
